"""All six analyses of a video, from upload to last result, against what finds its cuts alone, and against decoding it.

python benchmarks/video.py [--video clip.mp4] [--seconds 28] [--rounds 3] [--timeline] [--json]

Two worker processes as the Procfile starts them, a cache and a broker; the rivals are `scenedetect detect-adaptive`
(wall) and PyAV decoding pictures and sound once (processor time), in turn with ours. Without `--video` the clip is made
of the project's own: 1080x1920, 30 frames a second, H.264. A first upload, which loads the models, is told by itself.
Workers leave the loop filter out of H.264's B frames (workers/video/container.py), which the rival that decodes does
not; so decoding as they do is measured too, and told in a row of its own. `--timeline` draws what was computed when of
the last video of each round.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import Figure, told
from processes import surroundings
from vertical_clip import make_clip
from video_stack import Step, Workers, workers

DECODE = """
import sys, time, av
before = time.process_time()
with av.open(sys.argv[1]) as container:
    for frame in container.decode():
        pass
print(time.process_time() - before)
"""
"""As PyAV does it when it is not told anything else: pictures and sound."""

DECODE_AS_WE_DO = """
import sys, time
from pathlib import Path
from workers.video.container import opened_video
before = time.process_time()
with opened_video(Path(sys.argv[1])) as opened:
    streams = [stream for stream in (opened.pictures, opened.sound) if stream is not None]
    for frame in opened.container.decode(*streams):
        pass
print(time.process_time() - before)
"""
"""The same, with the loop filter left out where workers leave it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One of each, in seconds."""

    scenedetect_s: float
    decode_cpu_s: float
    decode_alike_cpu_s: float
    ours_s: float
    ours_cpu_s: float


def a_round(running: Workers, clip: Path) -> Round:
    """The rivals, then ours."""
    began = time.perf_counter()
    detect = [sys.executable, "-m", "scenedetect", "-i", str(clip), "-q", "detect-adaptive"]
    subprocess.run(detect, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    scenedetect_s = time.perf_counter() - began
    decode_cpu_s, decode_alike_cpu_s = (_cpu_of(script, clip) for script in (DECODE, DECODE_AS_WE_DO))
    before = running.cpu_seconds()
    ours_s = running.analyse(clip)
    return Round(
        scenedetect_s=scenedetect_s,
        decode_cpu_s=decode_cpu_s,
        decode_alike_cpu_s=decode_alike_cpu_s,
        ours_s=ours_s,
        ours_cpu_s=running.cpu_seconds() - before,
    )


def _cpu_of(script: str, clip: Path) -> float:
    command = [sys.executable, "-c", script, str(clip)]
    return float(subprocess.run(command, env=surroundings({}), check=True, capture_output=True).stdout)


def figures_of(rounds: Sequence[Round], steps: Sequence[Step], *, first_s: float) -> list[Figure]:
    """The medians; ``steps`` are of the last round."""

    def median(name: str) -> float:
        return statistics.median(getattr(one, name) for one in rounds)

    whole, alike = median("decode_cpu_s"), median("decode_alike_cpu_s")
    cpu: dict[str, Any] = {"ours": median("ours_cpu_s"), "unit": "s"}
    last = rounds[-1]
    when = ", ".join(f"{step.name} {step.began_s:.1f} to {step.ended_s:.1f}" for step in steps)
    return [
        Figure(
            what="all six analyses of a video, two workers",
            ours=median("ours_s"),
            rival=median("scenedetect_s"),
            unit="s",
            target="<= 1.0",
            note=(
                f"Upload to last result, against scenedetect detect-adaptive. The first took {first_s:.1f} s. The last "
                f"one, in s: {when}; it kept {last.ours_cpu_s / last.ours_s:.2f} processors busy."
            ),
        ),
        Figure(
            what="the same, processor time of the workers",
            rival=whole,
            target="<= 2.2",
            note=(
                f"Against PyAV decoding pictures and sound once. Of ours {alike:.2f} s are decoding, as it leaves the "
                f"loop filter out of B frames; with it they would be {whole:.2f} s."
            ),
            **cpu,
        ),
        Figure(what="the same, against decoding that leaves out the same", rival=alike, **cpu),
    ]


def drawn(steps: Sequence[Step]) -> str:
    """A line for each computation, twenty letters a second."""
    return "\n".join(
        f"{step.name:22}{step.began_s:6.2f} {step.ended_s:6.2f}  "
        f"{' ' * round(20 * step.began_s)}{'#' * max(1, round(20 * (step.ended_s - step.began_s)))}"
        for step in steps
    )


def main() -> None:
    """Rounds of all, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="a clip of yours instead of the one that is made")
    parser.add_argument("--seconds", type=float, default=28.0, help="length of the clip that is made")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timeline", action="store_true", help="draw what was computed when")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = options.video or make_clip(folder / "clip.mp4", seconds=options.seconds)
        with workers(folder / "stack") as running:
            first_s = running.analyse(clip)
            running.analyse(clip)
            rounds = []
            for number in range(options.rounds):
                rounds.append(a_round(running, clip))
                print(f"round {number + 1}: {rounds[-1]}", file=sys.stderr, flush=True)
                steps = running.timeline()
                if options.timeline:
                    print(drawn(steps), file=sys.stderr, flush=True)
    told("video", figures_of(rounds, steps, first_s=first_s), as_json=options.json)


if __name__ == "__main__":
    main()
