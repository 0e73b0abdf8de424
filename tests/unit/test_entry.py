"""What a read finds."""

from datetime import UTC, datetime, timedelta

import pytest

from precompute.entry import Entry, State
from precompute.subjects import CacheKey

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def entry(*, read_after: timedelta) -> Entry:
    """Stored at noon, fresh for an hour, gone after two."""
    return Entry(
        key=CacheKey.parse("solo:video:v1"),
        body=b'{"n":1}',
        computed_at=NOON,
        stale_at=NOON + timedelta(hours=1),
        gone_at=NOON + timedelta(hours=2),
        etag="abc",
        read_at=NOON + read_after,
    )


@pytest.mark.parametrize(
    ("minutes", "stale", "age", "left"),
    [(0, False, 0.0, 3600.0), (59, False, 3540.0, 60.0), (60, True, 3600.0, 0.0), (90, True, 5400.0, 0.0)],
)
def test_age_and_time_left_are_those_of_the_read(minutes: int, stale: bool, age: float, left: float) -> None:
    """Fresh until the very instant it goes stale; then nothing is left."""
    found = entry(read_after=timedelta(minutes=minutes))

    assert (found.stale, found.age_seconds, found.expires_in_seconds) == (stale, age, left)


def test_an_age_is_never_negative() -> None:
    """A reader whose clock is behind the writer's sees a result of no age."""
    assert entry(read_after=-timedelta(seconds=5)).age_seconds == 0.0


def test_the_value_is_the_decoded_body() -> None:
    """For those who want it decoded."""
    assert entry(read_after=timedelta(0)).value == {"n": 1}


def test_waiting_makes_sense_for_what_is_on_its_way() -> None:
    """Queued and running; nothing else."""
    assert {state for state in State if state.on_its_way} == {State.QUEUED, State.RUNNING}
