"""The text model: what it learns from tests, what it says of headlines, and that its evaluation does not leak."""

from math import exp
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pyarrow import parquet, table

from models.headlines import HeadlineTests, connected, headline_tests, read_headline_tests, same_image_pairs, words_of
from models.registry import ModelKind, Registry
from models.text import TextModel, TextScore
from models.text_evaluation import folds, interval_coverage, out_of_fold, split_by_time, winners_found
from models.text_fit import PENALTY, WORDS_VARIANCE, fitted, style_of, unexplained_deviation
from models.train_text import train
from precompute.errors import UnusableSource


def pair(test: str, first: tuple[str, int], second: tuple[str, int], *, week: int = 201401) -> list[tuple[object, ...]]:
    """Rows of a test of two headlines beside one image, 1,000 impressions each, with their clicks."""
    return [(test, f"image of {test}", week, headline, 1000, clicks) for headline, clicks in (first, second)]


def many_tests(count: int, *, deviation: float) -> HeadlineTests:
    """Tests of two headlines whose true log CTRs vary by ``deviation``, with 20,000 impressions each."""
    chance = np.random.default_rng(7)
    clicks = chance.poisson(20_000 * 0.02 * np.exp(chance.normal(0, deviation, 2 * count)))
    rows = [
        (row // 2, row // 2, 201300 + row // 200, f"headline {row}", 20_000, clicks[row]) for row in range(2 * count)
    ]
    return headline_tests(rows)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    """The model that comes with the release."""
    model = Registry(own=tmp_path_factory.mktemp("models")).current(ModelKind.TEXT).model
    assert isinstance(model, TextModel)
    return model


def test_a_headline_that_tells_a_story_beats_a_dry_one(shipped: TextModel) -> None:
    """What won at Upworthy wins among new texts: a person, a turn and an open question, over a summary."""
    for story, summary in (
        (
            "A Waitress Found A Note On The Table. What It Said Made Her Quit Her Job.",
            "An Article About Restaurant Jobs",
        ),
        ("He Thought Nobody Was Watching. Then He Turned Around.", "Report On Surveillance Policy Published"),
    ):
        first, second = shipped.score([story, summary])
        assert first.log_ratio > second.log_ratio


def test_scores_are_relative_to_the_group(shipped: TextModel) -> None:
    """The log ratios of a group add up to nothing, a text alone is exactly average, and no text gives no score."""
    scores = shipped.score(["One text", "Another, quite different one", "And a third?"])
    assert sum(score.log_ratio for score in scores) == pytest.approx(0, abs=1e-9)
    assert len({score.log_ratio for score in scores}) == 3
    assert [score.ratio for score in shipped.score(["Alone"])] == [1]
    assert shipped.score([]) == ()


def test_the_interval_is_that_of_a_normal_distribution() -> None:
    """80 % lie within 1.2816 standard deviations of the logarithm."""
    score = TextScore(log_ratio=0.1, deviation=0.25)
    assert (score.low, score.ratio, score.high) == pytest.approx((exp(-0.2204), exp(0.1), exp(0.4204)))


def test_a_ridge_on_one_difference_is_what_the_formula_gives() -> None:
    """Two arms, one feature, plus and minus one: the weight is the weighed difference over penalty and information."""
    tests = headline_tests(
        [("t", "i", 201401, "plus", 100_000, 3000), ("t", "i", 201401, "minus", 100_000, 2000)],
    )
    # The average is 2.5 %; 20 impressions at it are added: log((3000.5 / 100020) / (2000.5 / 100020)).
    difference = np.log(3000.5 / 2000.5)
    variance = 1 / 3000.5 + 1 / 2000.5 + 2 * WORDS_VARIANCE
    scale = 3**-0.5  # standard deviation 1, times sqrt(1 / 3)
    information = (2 / scale) ** 2 / variance
    expected = (2 / scale) * difference / variance / (PENALTY + information) / scale
    model = fitted(tests, np.array([[1.0], [-1.0]]), deviation=0.2)
    assert model.weights == pytest.approx([expected], rel=1e-3)
    assert model.deviation == 0.2


def test_a_difference_between_tests_teaches_nothing() -> None:
    """Tests of one text each say how good a story is, not how good its words are."""
    rows = [(f"t{row}", "i", 201401, f"headline {row}", 1000, 10 + 10 * row) for row in range(4)]
    model = fitted(headline_tests(rows), np.arange(4.0)[:, None], deviation=0)
    assert model.weights == pytest.approx([0])


def test_many_clicks_count_for_more_than_few() -> None:
    """The same difference of CTRs teaches more when it was measured on more people."""
    weights = []
    for people in (100, 100_000):
        rows = [("t", "i", 201401, "plus", people, people * 0.03), ("t", "i", 201401, "minus", people, people * 0.02)]
        weights.append(fitted(headline_tests(rows), np.array([[1.0], [-1.0]]), deviation=0).weights[0])
    assert weights[1] > 3 * weights[0] > 0


def test_retraining_starts_from_the_model_it_is_given() -> None:
    """Without a difference to learn from, the prior stays; tests that contradict it pull it over, more of them more."""
    prior = TextModel(weights=np.array([0.5]), scale=np.array([1.0]), deviation=0.2)

    def relearned(count: int, clicks: tuple[int, int]) -> float:
        rows = [row for t in range(count) for row in pair(str(t), (f"a{t}", clicks[0]), (f"b{t}", clicks[1]))]
        style = np.tile([[1.0], [-1.0]], (count, 1))
        return float(fitted(headline_tests(rows), style, deviation=0.2, prior=prior).weights[0])

    alone = headline_tests([("t", "i", 201401, "alone", 1000, 20)])
    assert fitted(alone, np.ones((1, 1)), deviation=0.2, prior=prior).weights == pytest.approx([0.5])
    few, many = relearned(3, (20, 60)), relearned(300, (20, 60))
    assert 0.5 > few > 0 > many


def test_words_that_win_are_learned_from_real_texts(tmp_path: Path) -> None:
    """Where questions win every test, a new question beats a new statement; training twice gives the same model."""
    topics = ("dogs", "trains", "bread", "rivers", "schools", "clocks", "shoes", "maps", "songs", "tents", "lamps")
    rows = [
        row
        for number, topic in enumerate(topics)
        for row in pair(
            topic, (f"Do you know this about {topic}?", 80), (f"A report about {topic}.", 20), week=201401 + number
        )
    ]
    file = tmp_path / "tests.parquet"
    names = ("test_id", "eyecatcher_id", "test_week", "headline", "impressions", "clicks")
    parquet.write_table(table(dict(zip(names, zip(*rows, strict=True), strict=True))), file)
    (model, metrics), (again, _) = train(read_headline_tests(file)), train(read_headline_tests(file))
    question, statement = model.score(["Have you ever seen such a garden?", "A description of a garden."])
    assert question.log_ratio > statement.log_ratio
    assert np.array_equal(model.weights, again.weights)
    assert metrics["winners_cross_validated"] == metrics["winners_later_weeks"] == 1


def test_arms_of_the_same_text_and_image_are_added_up() -> None:
    """The same headline beside the same image twice is one arm; beside another image it is another."""
    tests = headline_tests([("t", "i", 1, "a", 100, 3), ("t", "i", 1, "a", 200, 5), ("t", "j", 1, "a", 10, 1)])
    assert tests.headlines == ("a", "a")
    assert list(tests.impressions) == [300, 10]
    assert list(tests.clicks) == [8, 1]


def test_a_file_without_a_column_is_refused(tmp_path: Path) -> None:
    """The message names what is missing."""
    file = tmp_path / "tests.parquet"
    parquet.write_table(table({"test_id": ["t"], "headline": ["h"]}), file)
    with pytest.raises(UnusableSource, match="clicks, eyecatcher_id, impressions, test_week"):
        read_headline_tests(file)


def test_tests_that_share_a_headline_or_an_image_are_one_family() -> None:
    """Case and punctuation do not tell headlines apart, and sharing reaches on: a to b, b to c."""
    tests = headline_tests(
        [
            ("a", "i1", 1, "One headline!", 10, 1),
            ("b", "i2", 1, "one  HEADLINE", 10, 1),
            ("b", "i3", 1, "another", 10, 1),
            ("c", "i3", 1, "a third", 10, 1),
            ("d", "i4", 1, "a fourth", 10, 1),
        ]
    )
    assert list(connected(tests)) == [0, 0, 0, 0, 1]


def test_pairs_have_one_image_and_a_winner_and_p_is_two_sided() -> None:
    """Other images or equal CTRs make no pair; 100 of 1,000 against 60 is significant (z 3.3), 30 against 25 is not."""
    rows = [
        *pair("sure", ("won", 100), ("lost", 60)),
        *pair("unsure", ("behind", 25), ("ahead", 30)),
        *pair("equal", ("x", 7), ("y", 7)),
        ("sure", "other image", 201401, "elsewhere", 1000, 5),
    ]
    tests = headline_tests(rows)
    pairs = same_image_pairs(tests)
    words = np.array(tests.headlines)
    found = zip(words[pairs.winner], words[pairs.loser], pairs.significant, strict=True)
    assert sorted(found) == [("ahead", "behind", False), ("won", "lost", True)]


def test_a_tie_is_half_a_winner_and_what_was_not_scored_is_left_out() -> None:
    """Shares are over the scored pairs, of all and of the significant ones."""
    tests = headline_tests(
        [*pair("a", ("a1", 100), ("a2", 60)), *pair("b", ("b1", 30), ("b2", 25)), *pair("c", ("c1", 90), ("c2", 20))]
    )
    found = winners_found(tests, np.array([2.0, 1.0, 1.0, 1.0, np.nan, 1.0]))
    assert (found.every, found.pairs) == (0.75, 2)
    assert (found.significant, found.significant_pairs) == (1, 1)


def crossing_tests() -> HeadlineTests:
    """Sixty tests over thirty weeks; every third repeats a headline of the one ten before, every seventh an image."""
    rows = []
    for number in range(60):
        first = f"story {number - 10}" if number % 3 == 0 else f"story {number}"
        image = f"image {number - 20}" if number % 7 == 0 else f"image {number}"
        rows += [(number, image, 201400 + number // 2, text, 1000, 20 + number) for text in (first, f"rival {number}")]
    return headline_tests(rows)


def shared_by(first: HeadlineTests, second: HeadlineTests) -> set[object]:
    """Tests, images and headlines that are on both sides."""
    sides = [{*side.test, *side.image, *map(words_of, side.headlines)} for side in (first, second)]
    return sides[0] & sides[1]


def test_no_fold_shares_a_test_an_image_or_a_headline_with_another() -> None:
    """Each arm is held out once, and what it is about is then nowhere in what was learned from."""
    tests = crossing_tests()
    held_out_times = np.zeros(len(tests))
    for learned, held_out in folds(tests):
        assert not shared_by(tests.only(learned), tests.only(held_out))
        assert (learned != held_out).all()
        held_out_times += held_out
    assert (held_out_times == 1).all()


def test_later_weeks_share_nothing_with_earlier_ones() -> None:
    """All that is learned from is earlier than all that is tested on, and later repeats are left out."""
    tests = crossing_tests()
    earlier, later = split_by_time(tests)
    assert tests.week[earlier].max() < tests.week[later].min()
    assert not shared_by(tests.only(earlier), tests.only(later))
    assert 0 < later.sum() < (~earlier).sum()


def test_scores_out_of_fold_come_from_a_trainer_that_has_not_seen_them() -> None:
    """A trainer that only remembers what it has seen knows nothing about what it is asked."""
    tests = crossing_tests()
    words = np.array([words_of(headline) for headline in tests.headlines], object)

    def remembering(learned: NDArray[np.bool_], asked: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.isin(words[asked], words[learned]).astype(np.float64)

    assert not out_of_fold(tests, remembering).any()


def test_what_words_do_not_explain_is_measured_without_the_noise_of_clicks() -> None:
    """Headlines that vary by 25 % are found to, and 80 % of differences lie in the interval that follows."""
    tests = many_tests(1500, deviation=0.25)
    deviation = unexplained_deviation(tests, np.zeros(len(tests)))
    assert deviation == pytest.approx(0.25, abs=0.015)
    assert interval_coverage(tests, np.zeros(len(tests)), deviation=deviation) == pytest.approx(0.8, abs=0.03)


def test_headlines_that_do_not_differ_leave_nothing_unexplained() -> None:
    """Where only chance makes the difference, the deviation is close to nothing."""
    tests = many_tests(1500, deviation=0)
    assert unexplained_deviation(tests, np.zeros(len(tests))) < 0.02


def test_style_follows_the_arms() -> None:
    """One row for each arm, equal for equal headlines."""
    tests = headline_tests([("t", "i", 1, "a text", 1, 0), ("t", "j", 1, "a text", 1, 0), ("t", "i", 1, "other", 1, 0)])
    style = style_of(tests)
    assert style.shape == (3, 1152)
    assert np.array_equal(style[0], style[1])
    assert not np.allclose(style[0], style[2])
