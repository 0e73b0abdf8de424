"""How well the next action is told, beside its rivals, on a behaviour log of yours.

``python benchmarks/next_action.py --data LOG.parquet`` cuts the last fifth of the log's time into eight blocks. Each is
told after training on everything before it; within a block, what a user did before is known in the user's own order.
Columns of the log: ``user_id``, ``timestamp``, ``action`` and, where times are too coarse to sort by, ``seq``.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from next_action_rivals import RIVALS, ours_both
from numpy.typing import NDArray
from pyarrow import csv, parquet
from rich.console import Console
from rich.progress import Progress, TimeElapsedColumn
from rich.table import Table

from models.behaviour import Log
from models.next_action import countable
from models.replay.instants import seconds

LEAST = 1e-6
"""Nothing is held to be less probable when the logarithm is taken; the same for all."""

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

OURS = "ours"
STATIC = "ours, all users as of the training"

Shares = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What was told, and what came.

    Attributes:
        told: (n, n_names) probabilities.
        came: (n,) index of what came.
    """

    told: Shares
    came: NDArray[np.int32]

    @property
    def chance(self) -> Shares:
        """(n,) of what came."""
        return self.told[np.arange(len(self.came)), self.came]

    @property
    def places(self) -> NDArray[np.intp]:
        """(n,) 1 where what came was told to be likeliest; what is as likely stands before it."""
        return (self.told >= self.chance[:, None]).sum(axis=1)

    def covered(self, threshold: float) -> tuple[float, float]:
        """Share of the events with a probability above ``threshold``, and how often that was right."""
        sure = self.told.max(axis=1) > threshold
        return float(sure.mean()), float((self.places[sure] == 1).mean()) if sure.any() else float("nan")

    @property
    def brier(self) -> float:
        """Mean over events of the squared error, summed over actions (G. W. Brier, 1950): 0 to 2."""
        return float(((self.told**2).sum(axis=1) - 2 * self.chance + 1).mean())

    def line(self) -> Sequence[str]:
        """Top-1, top-3, log loss, Brier score, coverage and precision above one half."""
        loss = -np.log(np.maximum(self.chance, LEAST)).mean()
        figures = ((self.places == 1).mean(), (self.places <= 3).mean(), loss, self.brier, *self.covered(0.5))
        return [f"{figure:.4f}" for figure in figures]


def main() -> None:
    """Print the tables."""
    options = _options()
    log = read(options.data)
    blocks = list(_blocks(log, by=options.split, share=options.share, parts=options.retrains, end=options.until))
    console = Console(width=120)
    users, asked = len(np.unique(log.users)), sum(end - start for start, end in blocks)
    console.print(f"{options.data.name}: {len(log):,} events of {users:,} users, {len(log.names)} actions")
    console.print(f"told: {asked:,} events in {len(blocks)} blocks by {options.split}")
    names = [] if options.quick else [name for name in RIVALS if any(word in name for word in options.rivals or [""])]
    moments = {"now": (True,), "after": (False,), "both": (True, False)}[options.moment]
    scores = _scores(log, blocks, names=names, moments=moments, console=console)
    for acts_now in moments:
        _print(console, {name: score for (name, moment), score in scores.items() if moment == acts_now}, acts_now)


def read(path: Path) -> Log:
    """The log in a Parquet or CSV file, by time, and where that is the same by ``seq`` or the order of the file."""
    table: pa.Table = parquet.read_table(path) if path.suffix in (".parquet", ".pq") else csv.read_csv(path)
    at = seconds(table["timestamp"].to_pylist(), where=lambda row: f"{path.name}, row {row + 1}")
    place = table["seq"].to_numpy() if "seq" in table.column_names else np.arange(len(at))
    order = np.lexsort((place, at))
    users, actions = (np.array(table[name].to_pylist(), object)[order].astype(str) for name in ("user_id", "action"))
    log = Log.from_columns(users=users.tolist(), actions=actions.tolist(), at=at[order])
    return log[countable(log)].with_names_that_occur()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="Parquet or CSV: user_id, timestamp, action, maybe seq"
    )
    parser.add_argument("--split", choices=("time", "events"), default="time", help="what the last share is a share of")
    parser.add_argument("--share", type=float, default=0.2, help="that is told")
    parser.add_argument(
        "--until", type=float, default=1.0, help="leave out what is later, a share of the time or events"
    )
    parser.add_argument("--retrains", type=int, default=8, help="blocks, each told after a training")
    parser.add_argument("--moment", choices=("now", "after", "both"), default="both", help="when it is asked")
    parser.add_argument("--rivals", nargs="*", help="only those with one of these words in their name")
    parser.add_argument("--quick", action="store_true", help="no rivals")
    return parser.parse_args()


def _blocks(log: Log, *, by: str, share: float, parts: int, end: float) -> Iterator[tuple[int, int]]:
    cuts = np.linspace(end - share, end, parts + 1)
    if by == "events":
        edges = np.round(cuts * len(log)).astype(int)
    else:
        edges = np.searchsorted(log.at, log.at[0] + cuts * (log.at[-1] - log.at[0]))
        edges[-1] = len(log) if end == 1 else edges[-1]
    return ((int(a), int(b)) for a, b in pairwise(edges) if b > a > 0)


def _scores(
    log: Log,
    blocks: Sequence[tuple[int, int]],
    *,
    names: Sequence[str],
    moments: Sequence[bool],
    console: Console,
) -> Mapping[tuple[str, bool], Score]:
    told: dict[tuple[str, bool], list[Shares]] = {}
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=len(blocks) * (len(names) * len(moments) + 2))
        for start, end in blocks:
            part = log[:end]
            for name in names:
                for acts_now in moments:
                    progress.update(task, description=name, advance=1)
                    told.setdefault((name, acts_now), []).append(RIVALS[name](part, start, acts_now=acts_now))
            progress.update(task, description=OURS, advance=2)
            began = time.process_time()
            for (acts_now, learns), shares in ours_both(part, start, moments=moments, learns=(True, False)).items():
                told.setdefault((OURS if learns else STATIC, acts_now), []).append(shares)
            console.print(
                f"block from event {start:,}: trained and told in {time.process_time() - began:.0f} s of one core"
            )
    came = log.actions[blocks[0][0] : blocks[-1][1]]
    return {key: Score(told=np.concatenate(parts), came=came) for key, parts in told.items()}


def _print(console: Console, scores: Mapping[str, Score], acts_now: bool) -> None:
    when = "at the moment of the action" if acts_now else "right after the user's action before"
    table = Table("", "top-1", "top-3", "log loss", "Brier", "cov. p>.5", "prec. p>.5", title=f"Asked {when}")
    for name, score in scores.items():
        table.add_row(name, *score.line())
    console.print(table)
    ours = scores[OURS]
    table = Table("above", "coverage", "precision", title="Ours, by threshold")
    for threshold in THRESHOLDS:
        table.add_row(f"{threshold:.1f}", *(f"{figure:.4f}" for figure in ours.covered(threshold)))
    console.print(table)
    console.print(_reliability(ours))


def _reliability(score: Score) -> Table:
    """Of all probabilities told of all actions: how often did what was told to be so likely come."""
    table = Table("probability", "told", "came", "cases", title="Ours, reliability")
    told = score.told.ravel()
    came = (score.came[:, None] == np.arange(score.told.shape[1])).ravel()
    edges = np.r_[0.0, 0.01, np.arange(0.1, 1.0, 0.1), 1.0]
    which = np.digitize(told, edges[1:-1], right=True)
    off = 0.0
    for bin_, (low, high) in enumerate(pairwise(edges)):
        here = which == bin_
        if here.any():
            off += abs(told[here].sum() - came[here].sum()) / len(score.came)
            row = (
                f"{low:.2f} to {high:.2f}",
                f"{told[here].mean():.4f}",
                f"{came[here].mean():.4f}",
                f"{here.sum():,}",
            )
            table.add_row(*row)
    table.caption = f"off by {off / 2:.4f} of an action for each event"
    return table


if __name__ == "__main__":
    main()
