"""Ten videos at once against ten times one, and what a worker's processes hold after 5 and after 50 videos.

python benchmarks/video_batch.py [--video clip.mp4] [--rounds 2] [--many 50] [--json]

Two worker processes as the Procfile starts them. Without `--video` the clip is made of the project's own: 1080x1920,
28 s, 30 frames a second, H.264. Five videos load the models, after which memory is first looked at; then come the
rounds, one video and ten at once, and at the end as many as are missing of fifty. Memory is resident: of the process
that grew most, and of the largest. The most that one ever took (VmHWM) is told beside it.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, told
from processes import Memory
from vertical_clip import make_clip
from video_stack import Workers, workers

AT_ONCE = 10
FEW = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploads:
    """Some videos at once: seconds until the last result, and processor time of the workers."""

    took_s: float
    cpu_s: float

    @property
    def busy(self) -> float:
        """Processors that they kept busy."""
        return self.cpu_s / self.took_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What two processes did.

    Attributes:
        alone: One video, in each round.
        together: :data:`AT_ONCE`.
        videos: In all.
        before: Memory of each process after :data:`FEW` videos.
        after: After all of them.
    """

    alone: Sequence[Uploads]
    together: Sequence[Uploads]
    videos: int
    before: Sequence[Memory]
    after: Sequence[Memory]


def measured(clip: Path, *, folder: Path, rounds: int, many: int) -> Measured:
    """All of it, with the same processes."""
    alone, together = [], []
    with workers(folder) as running:
        running.analyse(clip, times=FEW)
        before, videos = running.memory(), FEW
        for number in range(rounds):
            alone.append(_uploads(running, clip, times=1))
            together.append(_uploads(running, clip, times=AT_ONCE))
            videos += 1 + AT_ONCE
            print(f"round {number + 1}: {alone[-1]}, {AT_ONCE} at once: {together[-1]}", file=sys.stderr, flush=True)
        if many > videos:
            running.analyse(clip, times=many - videos)
        return Measured(alone=alone, together=together, videos=max(many, videos), before=before, after=running.memory())


def _uploads(running: Workers, clip: Path, *, times: int) -> Uploads:
    before = running.cpu_seconds()
    took_s = running.analyse(clip, times=times)
    return Uploads(took_s=took_s, cpu_s=running.cpu_seconds() - before)


def batch_figure(found: Measured) -> Figure:
    """Ten at once, against ten times one."""
    alone, together = (statistics.median(each.took_s for each in all_) for all_ in (found.alone, found.together))
    busy = [statistics.median(each.busy for each in all_) for all_ in (found.alone, found.together)]
    cpu_s = statistics.median(each.cpu_s for each in found.together)
    return Figure(
        what="ten videos at once, two workers",
        ours=together,
        rival=AT_ONCE * alone,
        unit="s",
        target="<= 0.8",
        note=(
            f"Uploads to last result, against ten times one alone, which keeps {busy[0]:.2f} processors busy; ten keep "
            f"{busy[1]:.2f}, and two processors need {cpu_s / 2:.0f} s at least for their {cpu_s:.0f} s."
        ),
    )


def memory_figures(found: Measured) -> list[Figure]:
    """The same processes, after few and after many videos.

    Raises:
        SystemExit: None of them was there all the time.
    """
    before = {one.pid: one for one in found.before}
    stayed = [one for one in found.after if one.pid in before]
    for one in found.after:
        print(f"process {one.pid}: {before.get(one.pid)} -> {one}", file=sys.stderr, flush=True)
    if not stayed:
        raise SystemExit("all processes were replaced on the way")
    most = max(stayed, key=lambda one: one.rss_mb / before[one.pid].rss_mb)
    largest = max(found.after, key=lambda one: one.rss_mb)
    figures = [
        Figure(
            what=f"memory of a process after {found.videos} videos",
            ours=most.rss_mb,
            rival=before[most.pid].rss_mb,
            unit="MB",
            target="<= 1.1",
            note=f"Resident, against after {FEW}, of the process that grew most.",
        ),
        Figure(what="memory of the largest process", ours=largest.rss_mb, unit="MB", target="<= 600 MB"),
    ]
    peaks = [one.peak_mb for one in found.after if one.peak_mb is not None]
    if peaks:
        figures.append(Figure(what="the most that a process took on the way", ours=max(peaks), unit="MB"))
    return figures


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="a clip of yours instead of the one that is made")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--many", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = options.video or make_clip(folder / "clip.mp4", seconds=28.0)
        found = measured(clip, folder=folder / "stack", rounds=options.rounds, many=options.many)
    figures = [batch_figure(found)] if found.together else []
    told("video_batch", [*figures, *memory_figures(found)], as_json=options.json)


if __name__ == "__main__":
    main()
