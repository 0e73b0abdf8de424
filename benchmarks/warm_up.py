"""What finding the candidates of a warm-up costs: each slice asks the store who and what is likely to be asked for.

``python benchmarks/warm_up.py --actions 1000000`` fills a SQLite file of its own with so many actions of the last two
weeks, by one user for each fifty of them; a tenth as many outcomes of a campaign for each hundred of those; and a video
for each ten actions. Tells the median of several questions, in seconds of processor time.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from rich.progress import Progress

from precompute.candidates import WINDOW, candidates
from precompute.facts import Action, CampaignFact, Fact, Outcome, VideoFact
from precompute.store.database import Database
from precompute.subjects import Subject

_PAGE = 10_000
_TIMES = 5
_NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


def main() -> None:
    """Fill, ask, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actions", type=int, default=1_000_000)
    actions: int = parser.parse_args().actions
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'facts.sqlite3'}")
        _fill(database, actions)
        took = []
        for _ in range(_TIMES):
            began = time.process_time()
            found = candidates(database, at=_NOW)
            took.append(time.process_time() - began)
        database.close()
    kinds = ", ".join(f"{sum(one.trigger.kind.subject is subject for one in found)} {subject}s" for subject in Subject)
    print(f"{actions} actions: the {len(found)} candidates ({kinds}) take {statistics.median(took):.2f} s")


def _fill(database: Database, actions: int) -> None:
    facts = _facts(actions)
    with Progress(transient=True) as progress:
        bar = progress.add_task("filling", total=actions + actions // 10 + actions // 1000 + actions // 10)
        while page := list(islice(facts, _PAGE)):
            database.write(page)
            progress.advance(bar, len(page))


def _facts(actions: int) -> Iterator[Fact]:
    users, campaigns, reports = max(1, actions // 50), max(1, actions // 1000), actions // 10
    for number in range(actions):
        yield Action(at=_spread(number, actions), user_id=f"u{number * 7919 % users}", action="view", accepted=number)
    for number in range(campaigns):
        yield CampaignFact(at=_NOW - 90 * timedelta(days=1), campaign_id=f"c{number}", user_id=f"u{number % users}")
    for number in range(reports):
        name = f"c{number % campaigns}"
        at = _spread(number, reports)
        yield Outcome(at=at, subject=Subject.CAMPAIGN, subject_id=name, impressions=100, clicks=1)
    for number in range(reports):
        yield VideoFact(at=_spread(number, reports), video_id=f"v{number}", user_id=f"u{number % users}")


def _spread(number: int, of: int) -> datetime:
    return _NOW - WINDOW * (number / of)


if __name__ == "__main__":
    main()
