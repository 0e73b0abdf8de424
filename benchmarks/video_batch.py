"""Ten videos at once against ten times one, and what a worker's processes hold after 5 and after 50 videos.

python benchmarks/video_batch.py [--video clip.mp4] [--rounds 2] [--many 50] [--memory-video clip.mp4] [--json]

Two worker processes as the Procfile starts them, with warm models. Without `--video` the clip is made of the project's
own: 1080x1920, 28 s, 30 frames a second, H.264. Memory is told of fresh processes that analyse the same clip over and
over (`--memory-video`; by default the project's own short one, for time's sake), of the process that grew most.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from figures import Figure, told
from vertical_clip import SOURCE, make_clip
from video_stack import Memory, workers

AT_ONCE = 10
FEW = 5


def batch_figure(clip: Path, *, folder: Path, rounds: int) -> Figure:
    """One video, and ten at once, in turn."""
    alone, together = [], []
    with workers(folder) as running:
        running.analyse(clip, times=2)  # both processes load their models
        running.analyse(clip, times=2)
        for number in range(rounds):
            alone.append(running.analyse(clip))
            together.append(running.analyse(clip, times=AT_ONCE))
            line = f"round {number + 1}: one {alone[-1]:.2f} s, {AT_ONCE} at once {together[-1]:.2f} s"
            print(line, file=sys.stderr, flush=True)
    return Figure(
        what="ten videos at once, two workers",
        ours=statistics.median(together),
        rival=AT_ONCE * statistics.median(alone),
        unit="s",
        target="<= 0.8",
        note=f"Uploads to last result, against ten times one video alone. {PACKED}",
    )


PACKED = (
    "One alone keeps both processors busy for most of its time, so ten at once have little left to gain: together they "
    "take half of their processor time at least."
)


def memory_figures(clip: Path, *, folder: Path, many: int) -> list[Figure]:
    """The same processes, after few and after many videos."""
    with workers(folder) as running:
        running.analyse(clip, times=FEW)
        before = {one.pid: one for one in running.memory()}
        running.analyse(clip, times=many - FEW)
        after = {one.pid: one for one in running.memory()}
    for pid, one in after.items():
        print(f"process {pid}: {before.get(pid)} -> {one}", file=sys.stderr, flush=True)

    def growth(one: Memory) -> float:
        return one.rss_mb / before[one.pid].rss_mb

    most = max((one for one in after.values() if one.pid in before), key=growth)
    return [
        Figure(
            what=f"memory of a process after {many} videos",
            ours=most.rss_mb,
            rival=before[most.pid].rss_mb,
            unit="MB",
            target="<= 1.1",
            note=f"Resident, against after {FEW}, of the process that grew most; {most.pss_mb:.0f} MB of its own.",
        ),
        Figure(
            what="memory of the largest process",
            ours=max(one.rss_mb for one in after.values()),
            unit="MB",
            target="<= 600 MB",
            note=f"{clip.name}, {many} times.",
        ),
    ]


def main() -> None:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, help="a clip of yours instead of the one that is made")
    parser.add_argument("--memory-video", type=Path, default=SOURCE, help="the clip that is analysed over and over")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--many", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures: list[Figure] = []
        if options.rounds:
            clip = options.video or make_clip(folder / "clip.mp4", seconds=28.0)
            figures.append(batch_figure(clip, folder=folder / "batch", rounds=options.rounds))
        if options.many > FEW:
            figures += memory_figures(options.memory_video, folder=folder / "memory", many=options.many)
    told("video_batch", figures, as_json=options.json)


if __name__ == "__main__":
    main()
