"""Which of two headlines wins: the text model beside simpler ones, on tests, headlines and stories not learned from."""

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, identity  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from models.headlines import HeadlineTests, connected, read_headline_tests, words_of
from models.registry import SHIPPED, ModelKind, Registry
from models.sentences import sentence_model
from models.text_evaluation import (
    Mask,
    Trainer,
    WinnersFound,
    interval_coverage,
    on_later_weeks,
    out_of_fold,
    split_by_time,
    winners_found,
)
from models.text_fit import unexplained_deviation
from models.train_text import trainer_on

AD_HEADLINES = tuple(
    f"{start} {end}"
    for start in ("Run further with", "Meet the makers of", "Why runners choose", "Your first pair of", "Last week for")
    for end in (
        "shoes made for rain",
        "our lightest trail shoe",
        "shoes that last a year",
        "a shoe built around you",
        "free returns until May",
        "the pair you deserve",
        "a cushion that gives back",
        "soles from old tyres",
        "half the weight",
        "nothing to prove",
    )
)
"""Fifty texts of the length of an ad's headline."""


def within_places(tests: HeadlineTests, weight: NDArray[np.float64]) -> csr_matrix:
    """Takes from each arm the mean of its test and image, (n_arms, n_arms)."""
    _, place = np.unique([f"{a} {b}" for a, b in zip(tests.test, tests.image, strict=True)], return_inverse=True)
    arms = np.arange(len(tests))
    members = csr_matrix((np.ones(len(tests)), (arms, place)))
    shares = csr_matrix((weight / np.bincount(place, weight)[place], (place, arms)))
    return identity(len(tests), format="csr") - members @ shares


def longer_wins(tests: HeadlineTests) -> Trainer:
    """The longer headline is taken to win."""
    length = np.array([len(headline) for headline in tests.headlines], np.float64)
    return lambda learned, asked: length[asked]


def tfidf_ridge(tests: HeadlineTests) -> Trainer:
    """Ridge on runs of two to five characters, on differences within test and image, weighed by clicks."""
    words = np.array(tests.headlines, object)

    def score(learned: Mask, asked: Mask) -> NDArray[np.float64]:
        known = tests.only(learned)
        weight = 1 / (1 / (known.clicks + 1) + 0.02)
        centring = within_places(known, weight)
        vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=5, sublinear_tf=True)
        rows = centring @ vectors.fit_transform(words[learned]).tocsr()
        target = centring @ np.log((known.clicks + 0.5) / known.impressions)
        ridge = Ridge(alpha=100.0, fit_intercept=False, solver="sparse_cg").fit(rows, target, sample_weight=weight)
        return np.asarray(ridge.predict(vectors.transform(words[asked])), np.float64)

    return score


def report_accuracy(tests: HeadlineTests) -> None:
    """Print a line for each model: five folds, then later weeks."""
    reading = sentence_model().read(tests.headlines)
    text_model = trainer_on(tests, reading.style.astype(np.float64))
    trainers = {
        "longer wins": longer_wins(tests),
        "TF-IDF ridge": tfidf_ridge(tests),
        "MiniLM ridge": trainer_on(tests, reading.meaning.astype(np.float64)),  # the last layer, as it is usually used
        "text model": text_model,
    }
    print(f"{'':14}{'five folds':>34}{'earlier to later weeks':>38}")
    print(f"{'':14}{'all pairs':>17}{'p < .05':>17}{'all pairs':>21}{'p < .05':>17}")
    for name, trainer in trainers.items():
        crossed, later = winners_found(tests, out_of_fold(tests, trainer)), on_later_weeks(tests, trainer)
        print(f"{name:14}{_shares(crossed)}   {_shares(later)}")
    unseen = out_of_fold(tests, text_model)
    deviation = unexplained_deviation(tests, unseen)
    coverage = interval_coverage(tests, unseen, deviation=deviation)
    print(f"80 % intervals of the text model hold {coverage:.3f} of the differences (deviation {deviation:.3f})")


def _shares(found: WinnersFound) -> str:
    return f"{found.every:9.3f} of {found.pairs:5}{found.significant:9.3f} of {found.significant_pairs:5}"


def report_leaks(tests: HeadlineTests) -> None:
    """Print what the two sides of the split by time share; all three numbers must be 0."""
    earlier, later = (tests.only(side) for side in split_by_time(tests))
    shared = {
        "tests": set(earlier.test) & set(later.test),
        "headlines": set(map(words_of, earlier.headlines)) & set(map(words_of, later.headlines)),
        "images": set(earlier.image) & set(later.image),
    }
    families = connected(tests).max() + 1
    print(
        f"{len(tests)} arms in {families} families; weeks {earlier.week.max()} and before, {later.week.min()} and after"
    )
    print("on both sides: " + ", ".join(f"{len(both)} {name}" for name, both in shared.items()))


def report_speed() -> None:
    """Print what scoring fifty ad headlines costs when none of them is remembered."""
    model = Registry(own=SHIPPED).current(ModelKind.TEXT).model
    reader, spent = sentence_model(), []
    for _ in range(5):
        reader.forget()
        started = time.process_time()
        reader.read(AD_HEADLINES).style @ model.weights
        spent.append(time.process_time() - started)
    print(f"{len(AD_HEADLINES)} ad headlines scored in {1000 * min(spent):.0f} ms of one thread")


def main() -> None:
    """Print accuracy, intervals, what the split shares, and speed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="Parquet file of the Upworthy Research Archive")
    tests = read_headline_tests(parser.parse_args().data)
    report_leaks(tests)
    report_accuracy(tests)
    report_speed()


if __name__ == "__main__":
    main()
