"""Cuts found in videos against those known: what is missed, what is extra, and what it costs.

``python benchmarks/cuts.py --video clip.mp4 --expect "1.29,5.79,11.79"``, or ``--video FOLDER`` for every clip in it,
where a ``clip.txt`` beside a clip holds its known cuts in seconds, separated by commas or lines.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from in_memory import samples_of

from precompute.errors import PrecomputeError
from precompute.media import EXTENSIONS
from workers.video.scenes import detect_scenes

TOLERANCE_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Found cuts against known ones, in seconds."""

    found: Sequence[float]
    missed: Sequence[float]
    extra: Sequence[float]


def compare(found: Sequence[float], *, expected: Sequence[float]) -> Comparison:
    """Each known cut is matched with the nearest found one that is free and within 0.1 s."""
    free = list(found)
    missed = []
    for cut in expected:
        nearest = min(free, key=lambda at: abs(at - cut), default=None)
        if nearest is None or abs(nearest - cut) > TOLERANCE_SECONDS:
            missed.append(cut)
        else:
            free.remove(nearest)
    return Comparison(found=found, missed=missed, extra=free)


def clips(path: Path, *, expect: str | None) -> Iterator[tuple[Path, list[float] | None]]:
    """The videos at ``path`` with their known cuts; None for one whose cuts nobody wrote down."""
    if not path.is_dir():
        yield path, None if expect is None else _numbers(expect)
        return
    for video in sorted(file for file in path.iterdir() if file.suffix.lower() in EXTENSIONS):
        known = video.with_suffix(".txt")
        yield video, _numbers(known.read_text()) if known.exists() else None


def main(arguments: Sequence[str]) -> int:
    """Print what was found in each video; 1 when a cut was missed or invented."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, required=True, help="a video, or a folder of videos")
    parser.add_argument("--expect", help='known cuts of the one video in seconds, separated by commas; "" for none')
    chosen = parser.parse_args(arguments)
    wrong = 0
    for video, expected in clips(chosen.video, expect=chosen.expect):
        wrong += _measure(video, expected=expected)
    return min(wrong, 1)


def _measure(video: Path, *, expected: list[float] | None) -> int:
    started = time.process_time()
    try:
        samples = samples_of(video)
    except PrecomputeError as problem:
        print(f"{video.name}: {problem.code}: {problem.message}")
        return 1
    cpu_seconds = time.process_time() - started
    result = detect_scenes(samples)
    seconds = result["duration"]
    print(f"{video.name}: {len(result['cuts'])} cuts in {seconds:.1f} s; {cpu_seconds:.2f} s of processor time")
    print(f"  found  {_listed(result['cuts'])}")
    if expected is None:
        return 0
    compared = compare(result["cuts"], expected=expected)
    print(f"  missed {_listed(compared.missed)}")
    print(f"  extra  {_listed(compared.extra)}")
    return len(compared.missed) + len(compared.extra)


def _numbers(text: str) -> list[float]:
    return sorted(float(part) for part in text.replace("\n", ",").split(",") if part.strip())


def _listed(cuts: Sequence[float]) -> str:
    return ", ".join(f"{cut:.2f}" for cut in cuts) or "-"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
