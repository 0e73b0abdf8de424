"""Headline tests as they are learned from: rival texts shown at the same time, and how often each was clicked."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from precompute.errors import UnusableSource

COLUMNS = ("test_id", "eyecatcher_id", "test_week", "headline", "impressions", "clicks")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlineTests:
    """Arms of A/B tests, one row for each text beside each image in each test.

    Attributes:
        test: (n,) id of the test an arm belongs to.
        image: (n,) id of the picture it was shown with.
        week: (n,) int64 year * 100 + week.
        headlines: The n texts.
        impressions: (n,) float64.
        clicks: (n,) float64.
    """

    test: NDArray[Any]
    image: NDArray[Any]
    week: NDArray[np.int64]
    headlines: tuple[str, ...]
    impressions: NDArray[np.float64]
    clicks: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.headlines)

    def only(self, kept: NDArray[np.bool_]) -> "HeadlineTests":
        """The arms where ``kept`` is true, in their order."""
        arrays = {name: getattr(self, name)[kept] for name in ("test", "image", "week", "impressions", "clicks")}
        return replace(self, headlines=tuple(np.array(self.headlines, object)[kept]), **arrays)


def headline_tests(rows: Iterable[Sequence[Any]]) -> HeadlineTests:
    """Arms from rows in the order of ``COLUMNS``; the same text beside the same image in a test counts as one arm."""
    shown: dict[tuple[str, str, str], list[float]] = {}
    for test, image, week, headline, impressions, clicks in rows:
        arm = shown.setdefault((str(test), str(image), headline), [week, 0, 0])
        arm[1] += impressions
        arm[2] += clicks
    numbers = np.array(list(shown.values()), np.float64).reshape(-1, 3)
    return HeadlineTests(
        test=np.array([test for test, _, _ in shown], object),
        image=np.array([image for _, image, _ in shown], object),
        week=numbers[:, 0].astype(np.int64),
        headlines=tuple(headline for _, _, headline in shown),
        impressions=numbers[:, 1],
        clicks=numbers[:, 2],
    )


def read_headline_tests(path: Path) -> HeadlineTests:
    """The tests in a Parquet file with the columns of the Upworthy Research Archive.

    Raises:
        UnusableSource: A column is missing.
    """
    from pyarrow import parquet  # noqa: PLC0415 -- only training reads files; workers run without it

    missing = set(COLUMNS) - set(parquet.read_schema(path).names)
    if missing:
        raise UnusableSource(f"{path} has no column {', '.join(sorted(missing))}")
    columns = parquet.read_table(path, columns=list(COLUMNS)).to_pydict()
    return headline_tests(zip(*(columns[name] for name in COLUMNS), strict=True))


def connected(tests: HeadlineTests) -> NDArray[np.int64]:
    """(n,) number of the family an arm belongs to: tests that share a headline or an image are one family.

    Headlines count as the same when they differ only in case, spaces and punctuation. The same image means the same
    story, told in other words. A split that keeps families whole has no test, headline or story on both sides.
    """
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def root(name: tuple[str, str]) -> tuple[str, str]:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for test, image, headline in zip(tests.test, tests.image, tests.headlines, strict=True):
        for other in (("image", image), ("words", words_of(headline))):
            parent[root(other)] = root(("test", test))
    numbers: dict[tuple[str, str], int] = {}
    return np.array([numbers.setdefault(root(("test", test)), len(numbers)) for test in tests.test], np.int64)


def words_of(headline: str) -> str:
    """The headline without case, spaces and punctuation, by which two count as the same."""
    return " ".join(re.findall(r"\w+", headline.lower()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Two rival texts of one test beside the same image, one of which was clicked more often.

    Attributes:
        winner: (n,) index of the arm with the higher CTR.
        loser: (n,) index of the other.
        significant: (n,) whether a two-sided two-proportion z test gives p < .05.
    """

    winner: NDArray[np.int64]
    loser: NDArray[np.int64]
    significant: NDArray[np.bool_]


def same_image_pairs(tests: HeadlineTests) -> Pairs:
    """Every pair of arms of a test with the same image, other words and another CTR."""
    together: dict[tuple[str, str], list[int]] = defaultdict(list)
    for arm, place in enumerate(zip(tests.test, tests.image, strict=True)):
        together[place].append(arm)
    found = np.array([pair for arms in together.values() for pair in combinations(arms, 2)], np.int64).reshape(-1, 2)
    ctr = tests.clicks / tests.impressions
    first, second = found[ctr[found[:, 0]] != ctr[found[:, 1]]].T
    ahead = ctr[first] > ctr[second]
    winner, loser = np.where(ahead, first, second), np.where(ahead, second, first)
    shown = tests.impressions[winner], tests.impressions[loser]
    pooled = (tests.clicks[winner] + tests.clicks[loser]) / (shown[0] + shown[1])
    error = np.sqrt(pooled * (1 - pooled) * (1 / shown[0] + 1 / shown[1]))
    return Pairs(winner=winner, loser=loser, significant=(ctr[winner] - ctr[loser]) / error > 1.96)
