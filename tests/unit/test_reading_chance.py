"""From the probability of the next action to the chance that a result is read before it goes."""

import pytest

from precompute.reading_chance import (
    MOST_TURNS,
    REMEMBERED,
    Followed,
    chance_read,
    least_probability,
    share_kept,
    turns,
)

NOTHING = Followed()


def followed(count: int, *, read: float, told: float) -> Followed:
    """So many results, of which a share was read; the same probability was told of each."""
    return Followed(settled=count, used=count * read, told=count * told)


def test_at_first_a_result_is_for_the_next_action_alone() -> None:
    """Until anything was seen, the threshold is that of the contract."""
    assert turns(NOTHING, all_types=NOTHING) == 1
    assert chance_read(0.5, turns=1) == 0.5


@pytest.mark.parametrize(("read", "k"), [(0.75, 2.0), (0.875, 3.0), (0.5, 1.0), (0.3, 1.0), (1.0, MOST_TURNS)])
def test_turns_are_told_by_what_was_read(read: float, k: float) -> None:
    """Told 0.5 each: three of four read are two turns, seven of eight three; less than promised is no half turn."""
    many = followed(1_000_000, read=read, told=0.5)
    assert turns(many, all_types=many) == pytest.approx(k, abs=0.001)


def test_few_results_change_little() -> None:
    """Twenty weigh as much as what was assumed: 0.75 read of 0.75 told, and 0.95 of 0.55, are 0.85 of 0.65."""
    few = followed(20, read=0.95, told=0.55)
    assert turns(few, all_types=NOTHING) == pytest.approx(1.807, abs=0.001)


def test_a_type_of_which_little_is_known_is_like_the_others() -> None:
    """And one that is known tells by itself."""
    others = followed(100_000, read=0.75, told=0.5)
    assert turns(NOTHING, all_types=others) == pytest.approx(2, abs=0.01)
    assert turns(followed(100_000, read=0.5, told=0.5), all_types=others) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("k", [1.0, 1.7, MOST_TURNS])
@pytest.mark.parametrize("probability", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_the_least_probability_is_the_way_back(k: float, probability: float) -> None:
    """Of the same chance; and with more turns a chance is never smaller."""
    assert least_probability(chance_read(probability, turns=k), turns=k) == pytest.approx(probability)
    assert probability - 1e-9 <= chance_read(probability, turns=k) <= 1


def test_half_is_forgotten_each_night_but_not_the_last_of_it() -> None:
    """A platform on which few are computed ahead each day keeps what it knows."""
    assert share_kept(10 * REMEMBERED) == 0.5
    assert share_kept(REMEMBERED * 1.25) == pytest.approx(0.8)
    assert share_kept(REMEMBERED) == share_kept(3) == share_kept(0) == 1
    assert followed(400, read=0.5, told=0.25).after_a_night() == followed(200, read=0.5, told=0.25)
