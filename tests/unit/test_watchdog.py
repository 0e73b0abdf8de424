"""What the watchdog takes for left behind."""

import pytest

from api.stack.watchdog import watch


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["start 11", "start 12"], [12, 11]),
        (["start 11", "start 12", "end 11"], [12]),
        (["start 11", "end 11", "start 13"], [13]),
        (["end 99", "start 11"], [11]),
        (["start 11", "done"], []),
        ([], []),
    ],
    ids=["all", "one-ended", "one-replaced", "unknown-end", "dismissed", "nothing-started"],
)
def test_what_the_supervisor_left_is_told_last_first(lines: list[str], left: list[int]) -> None:
    """Only groups that were started and not ended are signalled, and none when the supervisor said goodbye."""
    assert watch(f"{line}\n" for line in lines) == left
