"""How often the better of two headlines is found, on tests, headlines and stories that were not learned from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.headlines import HeadlineTests, connected, same_image_pairs
from models.text import INTERVAL

FOLDS = 5
LATER = 0.15
"""Share of the arms, the latest, that the split by time tests on."""

Mask = NDArray[np.bool_]
Trainer = Callable[[Mask, Mask], NDArray[np.float64]]
"""Learns from the arms of the first mask and scores those of the second: (n_asked,), higher is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WinnersFound:
    """Share of pairs whose winner was found; a tie counts half.

    Attributes:
        every: Of all pairs.
        significant: Of those that differ with p < .05.
        pairs: How many there were.
        significant_pairs: How many of them with p < .05.
    """

    every: float
    significant: float
    pairs: int
    significant_pairs: int


def winners_found(tests: HeadlineTests, scores: NDArray[np.float64]) -> WinnersFound:
    """How ``scores`` do on the same-image pairs of ``tests``; arms whose score is NaN are left out."""
    pairs = same_image_pairs(tests)
    ahead = scores[pairs.winner] - scores[pairs.loser]
    scored = np.isfinite(ahead)
    found = np.where(ahead == 0, 0.5, ahead > 0)
    significant = scored & pairs.significant
    return WinnersFound(
        every=float(found[scored].mean()),
        significant=float(found[significant].mean()),
        pairs=int(scored.sum()),
        significant_pairs=int(significant.sum()),
    )


def folds(tests: HeadlineTests) -> Iterator[tuple[Mask, Mask]]:
    """Arms to learn from and arms to test on, five times; families of tests stay whole (:func:`connected`)."""
    family = connected(tests)
    fold = np.random.default_rng(0).permutation(family.max() + 1) % FOLDS
    for number in range(FOLDS):
        yield fold[family] != number, fold[family] == number


def split_by_time(tests: HeadlineTests) -> tuple[Mask, Mask]:
    """Earlier arms to learn from, and later ones of families none of whose arms is earlier."""
    first_later_week = np.sort(tests.week)[int(len(tests) * (1 - LATER))]
    earlier = tests.week < first_later_week
    family = connected(tests)
    return earlier, ~earlier & ~np.isin(family, family[earlier])


def out_of_fold(tests: HeadlineTests, trainer: Trainer) -> NDArray[np.float64]:
    """The score of each arm by the model that has not seen its family, (n_arms,)."""
    scores = np.full(len(tests), np.nan)
    for learned, held_out in folds(tests):
        scores[held_out] = trainer(learned, held_out)
    return scores


def on_later_weeks(tests: HeadlineTests, trainer: Trainer) -> WinnersFound:
    """How a model of the earlier weeks does on the later ones."""
    earlier, later = split_by_time(tests)
    return winners_found(tests.only(later), trainer(earlier, later))


def interval_coverage(tests: HeadlineTests, scores: NDArray[np.float64], *, deviation: float) -> float:
    """Share of pairs whose difference of log CTRs lies in its 80 % interval (chance on clicks included)."""
    pairs = same_image_pairs(tests)
    surprise = np.log((tests.clicks + 0.5) / tests.impressions) - scores
    variance = deviation**2 + 1 / (tests.clicks + 0.5)
    off = np.abs(surprise[pairs.winner] - surprise[pairs.loser])
    inside = off < INTERVAL * np.sqrt(variance[pairs.winner] + variance[pairs.loser])
    return float(inside[np.isfinite(off)].mean())
