"""Breaks real clips in thousands of ways, and has processes like those of a worker analyse each one.

python benchmarks/media_fuzz.py [--mutants 2000] [--first 0] [--seed 1] [--processes 2] [--only-samples]

Every video must end as a result that holds together or as a refusal with a reason. A process that a video ends (a crash
in native code, memory, time) is replaced, as a worker replaces it: that is contained, and listed. The run fails when a
video led to anything else, or was left without a verdict. Clips are those of ``media/``, and of ``../shared/media``
where that is there; the same seed makes the same mutants, so that a run goes on where another ended (``--first``), and
``--save N FILE`` writes one of them.
"""

import argparse
import os
import resource
import select
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, cast

import orjson
from media_mutants import Clip, mutant, short_clips
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from precompute.settings import Settings
from workers.limits import bound_memory

ROOT = Path(__file__).parents[1]
ENDINGS = {".mp4", ".mov", ".webm", ".mkv", ".flac"}
SOFT_LIMIT_S = 30.0
HARD_LIMIT_S = 60.0
"""From asking to the verdict; then the process is killed. A worker's limits are longer, as videos are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of one mutant; ``lost`` when the process that looked at it is no more."""

    number: int
    verdict: str
    lost: bool = False
    megabytes: int = 0


class Examiner:
    """A process that gives verdicts; started again whenever it has ended.

    Args:
        arguments: Of this program, which it runs as a child.
    """

    def __init__(self, arguments: list[str]) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, number: int) -> Ended:
        """The verdict on one mutant."""
        process = self._process = self._process or self._started()
        asked, answers = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        asked.write(b"%d\n" % number)
        asked.flush()
        told, _, _ = select.select([answers], [], [], HARD_LIMIT_S)
        line = answers.readline() if told else b""
        if line:
            return Ended(number=number, **orjson.loads(line))
        process.kill()
        status = process.wait()
        self.close()
        return Ended(number=number, verdict=f"lost: {'hard time limit' if not told else f'status {status}'}", lost=True)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, __file__, *self._arguments, "--child"]
        environ = {**os.environ, "OMP_NUM_THREADS": "1"}
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ
        )


def main(argv: list[str] | None = None) -> int:
    """Run it; 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only-samples", action="store_true", help="decode and sample, without the analyses")
    parser.add_argument("--save", nargs=2, metavar=("N", "FILE"), help="write one mutant to a file, and end")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    given = sys.argv[1:] if argv is None else argv
    options = parser.parse_args(given)
    clips = short_clips(clip_paths())
    if options.save:
        Path(options.save[1]).write_bytes(mutant(int(options.save[0]), clips=clips, seed=options.seed).data)
        return 0
    if options.child:
        _examine(clips, seed=options.seed, only_samples=options.only_samples)
        return 0
    console = Console()
    numbers = range(options.first, options.first + options.mutants)
    verdicts = _all(numbers, arguments=given, processes=options.processes)
    ended = list(_watched(verdicts, options.mutants, console))
    return _told(ended, clips=clips, seed=options.seed, asked=options.mutants, console=console)


def clip_paths() -> list[Path]:
    """The project's own clips, and the real ones beside the project."""
    folders = [ROOT / "media", ROOT.parent / "shared" / "media"]
    return [path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.suffix in ENDINGS]


def _examine(clips: list[Clip], *, seed: int, only_samples: bool) -> None:
    """The child: a number a line in, a verdict a line out."""
    # Only now: the parent needs none of the models and libraries that this loads.
    from media_examination import Examination  # noqa: PLC0415

    # What native code prints must not come between the verdicts.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    bound_memory(Settings().child_memory_mb)
    examination = Examination(limit_seconds=SOFT_LIMIT_S, only_samples=only_samples)
    for line in sys.stdin.buffer:
        broken = mutant(int(line), clips=clips, seed=seed)
        verdict = examination.verdict(broken.data, ending=broken.ending)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        answers.write(orjson.dumps({"verdict": verdict, "megabytes": megabytes}) + b"\n")


def _all(wanted: range, *, arguments: list[str], processes: int) -> Iterator[Ended]:
    """Verdicts as they come, by several processes side by side."""
    numbers: SimpleQueue[int] = SimpleQueue()
    for number in wanted:
        numbers.put(number)
    verdicts: SimpleQueue[Ended | None] = SimpleQueue()

    def work() -> None:
        examiner = Examiner(arguments)
        try:
            while True:
                verdicts.put(examiner.ask(numbers.get_nowait()))
        except Empty:
            pass
        finally:
            examiner.close()
            verdicts.put(None)

    for _ in range(processes):
        threading.Thread(target=work, daemon=True).start()
    left = processes
    while left:
        ended = verdicts.get()
        if ended is None:
            left -= 1
        else:
            yield ended


def _watched(ended: Iterator[Ended], total: int, console: Console) -> Iterator[Ended]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    wrong = lost = 0
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("mutants", total=total)
        for one in ended:
            wrong, lost = wrong + is_wrong(one), lost + one.lost
            progress.update(task, advance=1, description=f"mutants ({wrong} wrong, {lost} processes lost)")
            yield one


def is_wrong(ended: Ended) -> bool:
    """Whether a mutant led to what none may lead to."""
    return not (ended.lost or ended.verdict == "ready" or ended.verdict.startswith("refused:"))


def _told(ended: list[Ended], *, clips: list[Clip], seed: int, asked: int, console: Console) -> int:
    table = Table("verdict", "mutants")
    for verdict, count in Counter(_kind(one) for one in ended).most_common():
        table.add_row(verdict, str(count))
    console.print(table)
    show: Callable[[Ended], str] = lambda one: mutant(one.number, clips=clips, seed=seed).name  # noqa: E731
    for one in sorted((one for one in ended if one.lost or is_wrong(one)), key=lambda one: one.number):
        console.print(f"{one.number}: {show(one)}: {one.verdict}", markup=False)
    wrong, lost = sum(map(is_wrong, ended)), sum(one.lost for one in ended)
    unanswered = asked - len(ended)
    peak = max((one.megabytes for one in ended), default=0)
    console.print(
        f"{asked} mutants of {len(clips)} clips: {wrong} wrong states, {lost} processes lost and replaced, "
        f"{unanswered} without a verdict; {peak} MB at most"
    )
    return int(bool(wrong or unanswered))


def _kind(ended: Ended) -> str:
    return "WRONG" if is_wrong(ended) else ended.verdict


if __name__ == "__main__":
    sys.exit(main())
