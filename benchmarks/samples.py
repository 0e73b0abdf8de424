"""What decoding a video leaves in the cache, pictures and sound, part by part, and what it costs beside decoding alone.

``python benchmarks/samples.py --video clip.mp4``; or ``--noise 600`` for ten minutes of the worst there is: white
noise, 640 x 360 at 10 frames a second, with white noise as sound.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
from in_memory import stored_samples, stored_sound

from workers.video.container import opened_video
from workers.video.decode import decoded

NOISE_SIZE = (360, 640, 3)
NOISE_RATE = 10
SOUND_RATE = 16_000


def main() -> None:
    """Print the bytes of each part, the processor time and the peak of memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--video", type=Path, help="a video file")
    source.add_argument("--noise", type=int, metavar="SECONDS", help="make so much noise instead")
    options = parser.parse_args()
    with _noise(options.noise) if options.noise else _as_it_is(options.video) as video:
        started = time.process_time()
        with opened_video(video) as opened:
            frames = sum(1 for _ in decoded(opened, max_seconds=1e6))
        alone_s = time.process_time() - started
        started = time.process_time()
        stored = stored_samples(video)
        pictures_s = time.process_time() - started
        started = time.process_time()
        heard = stored_sound(video)
        sound_s = time.process_time() - started
    sizes = {name: len(part) for kept in (stored, heard) for name, part in kept.parts.items()}
    print(f"{stored.value['duration']:.1f} s, {frames} frames")
    print(" + ".join(f"{name} {size / 1e6:.2f}" for name, size in sizes.items()), end="")
    print(f" = {sum(sizes.values()) / 1e6:.2f} MB")
    print(
        f"processor time: decoding the pictures alone {alone_s:.2f} s, with all that is kept {pictures_s:.2f} s;",
        end="",
    )
    print(f" the sound {sound_s:.2f} s")
    print(f"peak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


@contextmanager
def _as_it_is(video: Path) -> Iterator[Path]:
    yield video


@contextmanager
def _noise(seconds: int) -> Iterator[Path]:
    dice = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "noise.mkv"
        with av.open(str(path), "w") as out:
            pictures = out.add_stream("mjpeg", rate=NOISE_RATE, options={"q:v": "3", "threads": "1"})
            pictures.height, pictures.width = NOISE_SIZE[:2]
            pictures.pix_fmt = "yuvj420p"
            sound = out.add_stream("flac", rate=SOUND_RATE, layout="mono")
            for second in range(seconds):
                for _ in range(NOISE_RATE):
                    picture = dice.integers(0, 256, NOISE_SIZE, dtype=np.uint8)
                    out.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
                heard = dice.integers(-20_000, 20_000, (1, SOUND_RATE), dtype=np.int16)
                frame = av.AudioFrame.from_ndarray(heard, format="s16", layout="mono")
                frame.sample_rate, frame.pts = SOUND_RATE, second * SOUND_RATE
                out.mux(sound.encode(frame))
            out.mux(pictures.encode())
            out.mux(sound.encode())
        yield path


if __name__ == "__main__":
    main()
