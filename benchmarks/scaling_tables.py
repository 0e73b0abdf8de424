"""The figures of docs/scaling.md, from what was measured last: what one item costs, and ten thousand triggers on paper.

python benchmarks/scaling_tables.py

Writes them between the marks of that page, as `make bench` does at its end; the arithmetic stands here once.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from figures import Figure, readable
from results import Run, kept

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "scaling.md"

USE = 0.6
"""The share of a core that is counted on."""

LOGINS, VIDEOS, READS = 9_900, 100, 10_000
"""A second. One login in eleven needs three tasks, a video ten."""

TASKS = 900 * 3 + VIDEOS * 10

ITEMS = {
    "read": "cached read, nothing kept near",
    "read for a user": "the same with `X-User-Id`: a fact, and what comes next predicted",
    "login, all fresh": "login, everything fresh (predicts what comes next)",
    "video": "video trigger: ten tasks recorded, the first two queued",
    "video in a batch": "the same in a batch of 100",
}

UPKEEP = {
    "invalidate 100 entries, by key": "invalidate 100, by key",
    "invalidate 100 entries, by subject": "invalidate 100, by subject",
    "mark 100 entries stale, by subject": "mark 100 stale, by subject",
    "sweep 100 due entries": "refresh sweep of 100",
    "read the metrics": "JSON metrics, memory weighed anew",
    "scrape for Prometheus": "a scrape of `/metrics`, memory weighed anew",
}


class Measured:
    """Figures by what they are of.

    Args:
        runs: Of all benchmarks.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self._figures = {figure.what: figure for run in runs for figure in run.figures}

    def __call__(self, what: str) -> float:
        """Ours; 0 where nothing is measured, as with a broker that a read never asks."""
        figure = self._figures.get(what)
        return 0.0 if figure is None else figure.ours

    def figure(self, begins: str) -> Figure:
        """The one whose name begins so, before a colon."""
        return next(figure for what, figure in self._figures.items() if what.startswith(f"{begins}:"))

    def has(self, item: str) -> bool:
        """Whether this item was measured."""
        return f"{item}: processor time of the API" in self._figures

    def ms(self, item: str, who: str) -> float:
        """Processor time of one, in milliseconds."""
        return self(f"processor time of a task, {who}" if item == "task" else f"{item}: processor time of the {who}")


def blocks(of: Measured) -> Mapping[str, str]:
    """The text between each pair of marks."""
    made = {"waiting": waiting(of), "items": items(of), "upkeep": upkeep(of), "paper": paper(of)}
    return {name: "\n".join(lines) for name, lines in made.items()}


def waiting(of: Measured) -> Iterator[str]:
    """Tasks that wait, by processes."""
    yield "| worker | tasks a second | of one process |\n| --- | --- | --- |"
    one = of("tasks that wait for 50 ms, one process")
    yield f"| `-c 1` | {one:.1f} | |"
    for options, what in (("-c 2", "2 processes"), ("-c 4", "4 processes"), ("-P threads -c 4", "4 threads")):
        many = of(f"the same, {what}")
        yield f"| `{options}` | {many:.1f} | {many / one:.2f} |"
    whole = sum(of.ms("task", who) for who in ("worker", "cache", "broker"))
    yield f"\nThe engine's own share is {whole:.1f} ms of a core for each task, what it logs included:"
    yield f"{1000 / whole:.0f} such tasks a second keep one core busy, however they wait."


def items(of: Measured) -> Iterator[str]:
    """What one of each costs."""
    yield "| item | API or worker | cache | broker | commands (cache, broker) | bytes sent (cache, broker) |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for item, name in ITEMS.items():
        if of.has(item):
            asked, sent = (
                [of(f"{item}: {what} the {who}") for who in ("cache", "broker")] for what in ("commands on", "sent to")
            )
            costs = _costs([of.ms(item, who) for who in ("API", "cache", "broker")], asked)
            yield f"| {name} | {costs} | {sent[0]:,.0f}, {sent[1]:,.0f} |"
    asked = [of(f"commands of a task to the {who}") for who in ("cache", "broker")]
    costs = _costs([of.ms("task", who) for who in ("worker", "cache", "broker")], asked)
    yield f"| a task that does next to nothing, from message to notification | {costs} | |"


def _costs(times: Sequence[float], asked: Sequence[float]) -> str:
    told = " | ".join(f"{ms:.2f}" if ms else "-" for ms in times)
    return f"{told} | {asked[0]:.0f}, {asked[1]:.0f}"


def upkeep(of: Measured) -> Iterator[str]:
    """What upkeep costs with many results."""
    yield "| | 1,000 results | 1,000,000 results | ratio |\n| --- | --- | --- | --- |"
    for what, name in UPKEEP.items():
        figure = of.figure(what)
        small, large = readable(figure.rival or 0.0), readable(figure.ours)
        yield f"| {name} | {small} ms | {large} ms | {figure.ratio or 0.0:.2f} |"


def paper(of: Measured) -> Iterator[str]:
    """Ten thousand triggers a second, and as many reads."""
    triggers = ((LOGINS, "login, all fresh"), (VIDEOS, "video"))
    with_tasks = (*triggers, (TASKS, "task"))
    yield "| | reckoned, in seconds of a core for each second | cores at 60 % |\n| --- | --- | --- |"
    yield _reckoned(of, "API", triggers)
    yield _reckoned(of, "cache", with_tasks)
    yield _reckoned(of, "broker", with_tasks)
    yield _reckoned(of, "worker", [(TASKS, "task")], name="workers, without the computing itself")
    for item, name in (("read", "nothing kept near"), ("read for a user", "with `X-User-Id`")):
        if of.has(item):
            for who in (who for who in ("API", "cache", "broker") if of.ms(item, who)):
                yield _reckoned(of, who, [(READS, item)], name=f"{READS:,} reads on top, {name}: {who}")
    cores = seconds_of(of, "cache", with_tasks) / USE
    a_server = round((LOGINS + VIDEOS) / cores, -2)
    yield ""
    yield "A Redis works on one core, so the **cache is the first that does not fit**: a server takes"
    yield f"{a_server:,.0f} of these triggers a second at 60 %, so {math.ceil(cores)} are needed, and more for reads."
    yield "Then come the API (just more processes) and the broker."


def seconds_of(of: Measured, who: str, parts: Sequence[tuple[int, str]]) -> float:
    """Of processor time, for so many of each item."""
    return sum(many * of.ms(item, who) for many, item in parts) / 1000


def _reckoned(of: Measured, who: str, parts: Sequence[tuple[int, str]], *, name: str = "") -> str:
    whole = seconds_of(of, who, parts)
    told = " + ".join(f"{many:,}{' tasks' * (item == 'task')} x {of.ms(item, who):.2f}" for many, item in parts)
    return f"| {name or who} | {told} ms = {whole:.1f} | {whole / USE:.1f} |"


def filled(text: str, made: Mapping[str, str]) -> str:
    """The page with these texts between its marks.

    Raises:
        ValueError: It lacks a pair of marks.
    """
    for name, block in made.items():
        mark, end = f"<!-- {name}: by benchmarks/scaling_tables.py -->", f"<!-- end of {name} -->"
        text, found = re.subn(
            f"{re.escape(mark)}\n.*?{re.escape(end)}",
            lambda _, whole=f"{mark}\n{block}\n{end}": whole,
            text,
            flags=re.DOTALL,
        )
        if found != 1:
            raise ValueError(f"{mark} stands {found} times")
    return text


def write(folder: Path = HERE, *, page: Path = PAGE) -> None:
    """Put the last figures of a folder into the page."""
    page.write_text(filled(page.read_text(encoding="utf-8"), blocks(Measured(kept(folder)))), encoding="utf-8")


if __name__ == "__main__":
    write()
