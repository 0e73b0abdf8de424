"""How well and how fast speech is read: word error rate and time against references.

Usage:
    python benchmarks/words.py --video talk.mp4 --text "What is said in it."
    python benchmarks/words.py --data FOLDER      # every audio or video file with a .txt of the same name beside it
    python benchmarks/words.py --data FOLDER --filled    # as Whisper was trained: every window with silence up to 30 s
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import jiwer
import numpy as np
from numpy.typing import NDArray

from workers.video.speech import SAMPLE_RATE, speech_in
from workers.video.speech_model import loaded

ROOT = Path(__file__).parents[1]

PLAIN = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.SubstituteRegexes({r"[-\u2013\u2014]": " ", r"[^\w\s']": ""}),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfWords(),
    ]
)
"""Case, punctuation and hyphens do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One file read."""

    expected: str
    heard: str
    language: str | None
    seconds: float
    cpu_s: float


def main() -> None:
    """Read every file, print a line for each and the whole."""
    options = _options()
    whisper = loaded(options.model, models_dir=options.models)
    whisper.fills |= options.filled
    readings = []
    for path, expected in _files(options):
        reading = read(path, expected, model=options.model, models_dir=options.models)
        readings.append(reading)
        print(f"{_errors([reading]):6.1%}  {reading.cpu_s / reading.seconds:5.2f}x  {reading.language}  {path.name}")
        if options.show:
            print(f"        {reading.heard}")
    if not readings:
        raise SystemExit("no audio or video file with a .txt of the same name was found")
    seconds, cpu_s = sum(r.seconds for r in readings), sum(r.cpu_s for r in readings)
    print(f"\nword error rate {_errors(readings):.2%} on {seconds:.1f} s in {len(readings)} files")
    print(f"processor time {cpu_s:.1f} s, {cpu_s / seconds:.3f} of real time")


def read(path: Path, expected: str, *, model: str, models_dir: Path) -> Reading:
    """What is heard in the first sound track of ``path``, and the processor time that took, without decoding."""
    sound = _sound(path)
    started = time.process_time()
    transcript = speech_in(sound, model=model, models_dir=models_dir)
    return Reading(
        expected=expected,
        heard=transcript.text,
        language=transcript.language,
        seconds=sound.size / SAMPLE_RATE,
        cpu_s=time.process_time() - started,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of audio or video files with .txt references")
    source.add_argument("--video", type=Path, help="one audio or video file; needs --text")
    parser.add_argument("--text", help="what is said in --video")
    parser.add_argument("--model", default="base", help="base, or a folder with a CTranslate2 Whisper model")
    parser.add_argument("--models", type=Path, default=ROOT / ".data" / "models", help="where the model is joined")
    parser.add_argument("--filled", action="store_true", help="read windows filled up to half a minute, to compare")
    parser.add_argument("--show", action="store_true", help="print what was heard")
    options = parser.parse_args()
    if bool(options.video) != bool(options.text):
        parser.error("--video and --text go together")
    return options


def _files(options: argparse.Namespace) -> Iterator[tuple[Path, str]]:
    if options.video:
        yield options.video, options.text
        return
    for path in sorted(options.data.rglob("*")):
        reference = path.with_suffix(".txt")
        if path.is_file() and path != reference and reference.is_file() and _has_sound(path):
            yield path, reference.read_text(encoding="utf-8")


def _has_sound(path: Path) -> bool:
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except (av.FFmpegError, OSError):
        return False


def _sound(path: Path) -> NDArray[np.float32]:
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _errors(readings: list[Reading]) -> float:
    expected, heard = [r.expected for r in readings], [r.heard for r in readings]
    return float(jiwer.wer(expected, heard, reference_transform=PLAIN, hypothesis_transform=PLAIN))


if __name__ == "__main__":
    main()
