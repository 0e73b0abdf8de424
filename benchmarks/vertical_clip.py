"""A 1080x1920 H.264 clip of any length, made of the project's own by enlarging and repeating it."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, repeat
from pathlib import Path

import av
from av.audio.resampler import AudioResampler
from av.video.reformatter import VideoReformatter

SOURCE = Path(__file__).parents[1] / "media" / "test_vid_001.mp4"
WIDTH_PX, HEIGHT_PX, FRAMES_A_SECOND = 1080, 1920, 30
SAMPLES_A_SECOND = 44_100


def make_clip(to: Path, *, seconds: float) -> Path:
    """Write the clip, with sound; the source starts again where it ends.

    The encoder's settings are x264's own (medium, CRF 23). Threads work on a frame each, as with ffmpeg. PyAV's default
    cuts each frame into slices, which makes them easier to decode than what people upload.
    """
    with av.open(str(to), "w") as out:
        picture = out.add_stream("libx264", rate=FRAMES_A_SECOND)
        picture.width, picture.height, picture.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        picture.thread_type = "FRAME"
        sound = out.add_stream("aac", rate=SAMPLES_A_SECOND, layout="mono")
        reformatter = VideoReformatter()
        for number, frame in enumerate(islice(_frames(), round(seconds * FRAMES_A_SECOND))):
            large = reformatter.reformat(frame, width=WIDTH_PX, height=HEIGHT_PX, format="yuv420p")
            large.pts, large.time_base = number, Fraction(1, FRAMES_A_SECOND)
            out.mux(picture.encode(large))
        out.mux(picture.encode())
        for piece in _pieces(seconds=seconds):
            out.mux(sound.encode(piece))
        out.mux(sound.encode())
    return to


def _pieces(*, seconds: float) -> Iterator[av.AudioFrame]:
    resampler = AudioResampler(format="fltp", layout="mono", rate=SAMPLES_A_SECOND)
    written = 0
    for piece in (piece for chunk in _sound() for piece in resampler.resample(chunk)):
        if written >= seconds * SAMPLES_A_SECOND:
            return
        piece.pts, piece.time_base = written, Fraction(1, SAMPLES_A_SECOND)
        written += piece.samples
        yield piece


def _frames() -> Iterator[av.VideoFrame]:
    for path in repeat(SOURCE):
        with av.open(str(path)) as source:
            yield from source.decode(video=0)


def _sound() -> Iterator[av.AudioFrame]:
    for path in repeat(SOURCE):
        with av.open(str(path)) as source:
            for frame in source.decode(audio=0):
                frame.pts = None
                yield frame
