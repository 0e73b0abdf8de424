"""Alerts start after a while, end after a while, and do not flap; by a clock that is moved by hand."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from precompute.hysteresis import UNKNOWN_ENDS, Finding, Patience, Reading, Standing, Turn, identity, turned

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PATIENCE = Patience(wrong=30 * SECOND, well=60 * SECOND)


def reading(value: float | None, *, low: bool = False, **labels: str) -> Reading:
    """Wrong beyond 100, well from 80 on; or, where less is worse, wrong below 80 and well from 85 on."""
    bounds = {"threshold": 80.0, "well": 85.0} if low else {"threshold": 100.0, "well": 80.0}
    summary = f"it is {value}"
    return Reading(name="queue_backlog", value=value, summary=summary, labels=labels, low=low, **bounds)


class Watched:
    """One thing, looked at every ten seconds."""

    def __init__(self) -> None:
        self.now = NOON
        self.standing: Mapping[str, Standing] = {}
        self.turns: list[tuple[int, Turn]] = []

    def see(self, *values: float | None, low: bool = False) -> list[str]:
        """Look at these values, ten seconds apart; what was told meanwhile."""
        told = []
        for value in values:
            self.standing, turns = turned(self.standing, [reading(value, low=low)], now=self.now, patience=PATIENCE)
            told += ["ended" if turn.ended else "started" for turn in turns]
            self.turns += [(int((self.now - NOON).total_seconds()), turn) for turn in turns]
            self.now += 10 * SECOND
        return told


@pytest.mark.parametrize(
    ("value", "low", "finding"),
    [
        (100.0, False, Finding.BETWEEN),
        (100.1, False, Finding.WRONG),
        (80.0, False, Finding.WELL),
        (80.1, False, Finding.BETWEEN),
        (None, False, Finding.UNKNOWN),
        (79.9, True, Finding.WRONG),
        (80.0, True, Finding.BETWEEN),
        (84.9, True, Finding.BETWEEN),
        (85.0, True, Finding.WELL),
        (None, True, Finding.UNKNOWN),
    ],
)
def test_what_a_value_says(value: float | None, low: bool, finding: Finding) -> None:
    """The limit itself is not beyond it; where less is worse everything is the other way round."""
    assert reading(value, low=low).finding is finding


def test_a_peak_is_not_told() -> None:
    """Twenty seconds of too much are not thirty; nor are they twice, with a breath between."""
    assert Watched().see(50, 150, 150, 50, 150, 150, 90, 150, 150, None, 150, 150, 50) == []


def test_one_message_when_it_starts_and_one_when_it_ends() -> None:
    """Wrong for thirty seconds it is told, well for sixty it is told over, with the values of those moments."""
    watched = Watched()
    watched.see(50, 150, 160, 170, 180, 190, *[50] * 10)
    assert [(at, turn.ended, turn.standing.value) for at, turn in watched.turns] == [
        (40, False, 180.0),
        (120, True, 50.0),
    ]
    started, ended = (turn.standing for _at, turn in watched.turns)
    assert started.since == ended.since == NOON + 10 * SECOND
    assert (started.summary, ended.summary) == ("it is 180", "it is 50")
    assert watched.standing == {}


@pytest.mark.parametrize(
    "edge", [(101, 99), (101, 81), (101, 80, 80, 80, 80), (150, None), (150, 50, 50, None, 50, 50)]
)
def test_nothing_flaps_at_an_edge(edge: tuple[float | None, ...]) -> None:
    """Once started, an alert whose value swings about a threshold is told no more."""
    watched = Watched()
    assert watched.see(*[150] * 4) == ["started"]
    assert watched.see(*edge * 100) == []


def test_where_less_is_worse() -> None:
    """A hit rate of 70 starts it, 84 ends nothing, 85 for a minute does."""
    watched = Watched()
    assert watched.see(*[70] * 4, *[84] * 30, low=True) == ["started"]
    assert watched.see(*[85] * 7, low=True) == ["ended"]


def test_what_cannot_be_told_ends_after_half_an_hour() -> None:
    """No reads any more say neither that the hit rate is bad nor that it is good; for ever would be too long."""
    watched = Watched()
    watched.see(*[150] * 4)
    looks = int(UNKNOWN_ENDS.total_seconds() / 10)
    assert watched.see(*[None] * looks) == []
    assert watched.see(None) == ["ended"]
    [_start, (_at, end)] = watched.turns
    assert end.standing.unknown
    assert end.standing.value == 150


def test_what_is_no_longer_watched_ends_likewise() -> None:
    """A task type that a deployment took away."""
    watched = Watched()
    watched.see(*[150] * 4)
    standing, turns = turned(watched.standing, [], now=watched.now, patience=PATIENCE)
    assert (len(standing), turns) == (1, [])
    standing, turns = turned(standing, [], now=watched.now + UNKNOWN_ENDS, patience=PATIENCE)
    assert (len(standing), [turn.ended for turn in turns]) == (0, [True])


def test_no_patience_tells_at_once() -> None:
    """The smallest durations that can be set; a start and an end in two looks."""
    none = Patience(wrong=timedelta(0), well=timedelta(0))
    standing, turns = turned({}, [reading(150)], now=NOON, patience=none)
    assert [turn.ended for turn in turns] == [False]
    standing, turns = turned(standing, [reading(50)], now=NOON + SECOND, patience=none)
    assert (standing, [turn.ended for turn in turns]) == ({}, [True])


def test_things_of_one_name_stand_apart() -> None:
    """Each task type has its own alert; what ended is told before what started."""
    slow = Patience(wrong=timedelta(0), well=timedelta(0))
    standing, _ = turned({}, [reading(150, task_type="b"), reading(50, task_type="a")], now=NOON, patience=slow)
    assert list(standing) == ["queue_backlog{task_type=b}"]
    standing, turns = turned(
        standing, [reading(150, task_type="a"), reading(50, task_type="b")], now=NOON + SECOND, patience=slow
    )
    assert [(turn.standing.labels["task_type"], turn.ended) for turn in turns] == [("b", True), ("a", False)]


def test_a_clock_that_was_set_back_lengthens_nothing() -> None:
    """What was found wrong in the future has been wrong since now."""
    standing, _ = turned({}, [reading(150)], now=NOON + timedelta(hours=1), patience=PATIENCE)
    standing, _ = turned(standing, [reading(150)], now=NOON, patience=PATIENCE)
    _, turns = turned(standing, [reading(150)], now=NOON + 30 * SECOND, patience=PATIENCE)
    assert [turn.ended for turn in turns] == [False]


def test_an_identity_has_its_labels_in_order() -> None:
    """The same thing has the same name, whoever spells it."""
    assert identity("a", {}) == "a"
    assert identity("a", {"z": "1", "b": "2"}) == identity("a", {"b": "2", "z": "1"}) == "a{b=2,z=1}"
