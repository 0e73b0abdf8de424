"""Run the benchmarks that the project's targets are about, one after the other, and write RESULTS.md.

python benchmarks/measure_all.py [--only NAME ...] [--quick] [--list]

Each runs in a process of its own with a time limit; one that fails is told, and the others go on. What is not run again
(``--only``) keeps its last figures, with their date. With ``--quick`` every one is run briefly, to see that it works;
such figures are only shown. Ends with 1 when a benchmark could not be run; a missed target is a finding, no failure,
whatever its script ends with.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import IO

import machine
import scaling_tables
from figures import Figure
from results import Run, keep, kept, markdown
from results_chart import chart
from rich.console import Console
from rich.markup import escape

HERE = Path(__file__).parent
ROOT = HERE.parent

TO_CLEAR_UP_S = 30
"""Between asking a benchmark to end (SIGINT) and killing it."""

console = Console(stderr=True, highlight=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A script beside this one that prints its figures with ``--json``.

    Attributes:
        name: Of the script, without ``.py``.
        about: Which of the project's targets it is for.
        quick: Options for ``--quick``.
        minutes: It may take at most.
    """

    name: str
    about: str
    quick: tuple[str, ...] = ()
    minutes: float = 10.0

    @property
    def command(self) -> str:
        """As a person calls it."""
        return f"python benchmarks/{self.name}.py"


BENCHMARKS = (
    Benchmark(name="cached_read", about="cached reads a second", quick=("--seconds", "1", "--rounds", "1")),
    Benchmark(name="read_latency", about="cached reads while all workers compute", quick=("--seconds", "3")),
    Benchmark(name="trigger", about="a trigger for a video", quick=("--rounds", "4")),
    Benchmark(name="video", about="all analyses of one video", quick=("--seconds", "6", "--rounds", "1")),
    Benchmark(
        name="video_batch",
        about="ten videos at once, memory after fifty",
        minutes=30,
        quick=("--rounds", "1", "--many", "16"),
    ),
    Benchmark(name="engine_overhead", about="a task that does nothing", quick=("--tasks", "300", "--rounds", "1")),
    Benchmark(name="variants", about="fifty variants, scored, with ROAS", quick=("--campaigns", "3")),
    Benchmark(name="prediction", about="a prediction in the API's process", quick=("--asked", "50")),
    Benchmark(
        name="scale", about="with a million entries", quick=("--entries", "1000,5000", "--times", "5"), minutes=20
    ),
    Benchmark(name="worker_processes", about="1, 2 and 4 worker processes", quick=("--tasks", "40")),
    Benchmark(name="item_costs", about="what a read, a login and a video cost", quick=("--seconds", "1")),
    Benchmark(name="start", about="from the command to the first result"),
    Benchmark(name="api_process", about="import and memory of the API", quick=("--starts", "1", "--reads", "500")),
)
"""In the order of the project's table of targets."""


def measure(
    benchmarks: Sequence[Benchmark],
    *,
    scripts: Path = HERE,
    out: Path = HERE,
    quick: bool = False,
    look_s: float = machine.SAMPLE_S,
) -> int:
    """Run some, tell each, and write the results after each; with ``quick`` nothing is written.

    Args:
        benchmarks: In this order.
        scripts: Where they are.
        out: Folder of the results.
        quick: Briefly.
        look_s: How long to look what else the machine does, before each.

    Returns:
        How many failed.
    """
    failed = 0
    for number, benchmark in enumerate(benchmarks, start=1):
        console.print(f"[bold]{number} of {len(benchmarks)}: {benchmark.command}[/] ({benchmark.about})")
        done = run(benchmark, scripts=scripts, quick=quick, look_s=look_s)
        tell(done)
        failed += bool(done.problem)
        if not quick:
            keep(done, folder=out)
            write(out)
    return failed


def run(benchmark: Benchmark, *, scripts: Path, quick: bool = False, look_s: float = machine.SAMPLE_S) -> Run:
    """What came of one; nothing that it does or leaves undone raises."""
    busy, at = machine.busy_cores(look_s), datetime.now(UTC)
    began = time.monotonic()
    figures: tuple[Figure, ...] = ()
    problem = ""
    try:
        output, failure = output_of(
            benchmark, scripts / f"{benchmark.name}.py", options=benchmark.quick if quick else ()
        )
        figures = figures_told(output, failure=failure, name=benchmark.name)
        # To end with an error is how a script says that it missed its target, which its figures tell.
        problem = "" if any(figure.met is False for figure in figures) else failure
    except Failed as why:
        problem = str(why)
    return Run(
        name=benchmark.name,
        command=benchmark.command,
        at=at,
        commit=machine.commit(ROOT),
        busy_cores=busy,
        seconds=time.monotonic() - began,
        figures=figures,
        problem=problem,
    )


class Failed(Exception):
    """A benchmark told no figures; says why."""


def output_of(benchmark: Benchmark, script: Path, *, options: tuple[str, ...]) -> tuple[str, str]:
    """What it prints on stdout, and with what error it ended, if with one; its progress is shown here.

    Raises:
        Failed: It is not there, or took too long.
    """
    if not script.exists():
        raise Failed("there is no such script")
    process = subprocess.Popen(
        [sys.executable, str(script), "--json", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None  # noqa: S101 - opened as pipes above
    assert process.stderr is not None  # noqa: S101
    said: deque[str] = deque(maxlen=8)
    printed: list[str] = []
    readers = [
        Thread(target=_show, args=(process.stderr, said), daemon=True),
        Thread(target=_read, args=(process.stdout, printed), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        code = process.wait(60 * benchmark.minutes)
    except subprocess.TimeoutExpired:
        raise Failed(f"took longer than the {benchmark.minutes:g} minutes allowed") from None
    finally:
        _end(process)
        for reader in readers:
            reader.join(timeout=5)
    last = next((line.strip() for line in reversed(said) if line.strip()), "nothing was said")
    return "".join(printed), f"ended with exit code {code}: {last}" if code else ""


def _show(lines: IO[str], said: deque[str]) -> None:
    with lines:
        for line in lines:
            said.append(line)
            sys.stderr.write(f"  {line}")
            sys.stderr.flush()


def _read(lines: IO[str], printed: list[str]) -> None:
    with lines:
        printed.extend(lines)


def _end(process: "subprocess.Popen[str]") -> None:
    """Nothing of it goes on. First it may clear up what it started, as after a Ctrl-C."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(TO_CLEAR_UP_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def figures_told(output: str, *, failure: str, name: str) -> tuple[Figure, ...]:
    """The figures of a benchmark, also of one that ended with an error after it told them.

    Raises:
        Failed: It told none; with its error, where it has one.
    """
    try:
        return figures_in(output, name=name)
    except Failed:
        if failure:
            raise Failed(failure) from None
        raise


def figures_in(output: str, *, name: str) -> tuple[Figure, ...]:
    """The figures that the last line of a benchmark's output tells.

    Raises:
        Failed: It tells none.
    """
    last = output.rstrip().rpartition("\n")[2]
    try:
        told = json.loads(last)
        figures = tuple(Figure.of(figure) for figure in told["figures"])
    except (ValueError, KeyError, TypeError) as flaw:
        raise Failed(f"its last line tells no figures ({type(flaw).__name__}: {flaw})") from flaw
    if told["name"] != name or not figures:
        raise Failed("its last line tells figures of something else, or none")
    return figures


def main() -> None:
    """Run them, tell each, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="briefly, and without writing the results")
    parser.add_argument("--list", action="store_true", help="only say which there are")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of RESULTS.md, results.json and results.svg")
    wanted = parser.parse_args()
    if wanted.list:
        for benchmark in BENCHMARKS:
            print(f"{benchmark.command:42} {benchmark.about}")
        return
    chosen = [benchmark for benchmark in BENCHMARKS if not wanted.only or benchmark.name in wanted.only]
    failed = measure(chosen, out=wanted.out, quick=wanted.quick)
    if not wanted.quick:
        if wanted.out == HERE:
            scaling_tables.write()
        console.print(f"Written: {wanted.out / 'RESULTS.md'}")
    sys.exit(1 if failed else 0)


def write(folder: Path) -> None:
    """RESULTS.md and its chart, from all that was kept, in the order of the table above."""
    order = {benchmark.name: number for number, benchmark in enumerate(BENCHMARKS)}
    known = sorted(kept(folder), key=lambda run: order.get(run.name, len(order)))
    (folder / "RESULTS.md").write_text(markdown(known), encoding="utf-8")
    (folder / "results.svg").write_text(chart(known), encoding="utf-8")


def tell(done: Run) -> None:
    """Print what came of one."""
    if done.problem:
        console.print(f"[red]  failed:[/] {escape(done.problem)}")
    if done.figures:
        missed = sum(figure.met is False for figure in done.figures)
        console.print(f"  [red]{missed} missed[/]" if missed else "  [green]nothing missed[/]")
    console.print(f"  {done.seconds:.0f} s; {done.busy_cores:.1f} of {machine.cores()} cores were busy before\n")


if __name__ == "__main__":
    main()
