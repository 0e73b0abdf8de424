"""Queues and priorities."""

import pytest

from precompute.queues import IN_DRAIN_ORDER, Queue


def test_queues_are_drained_most_urgent_first() -> None:
    """In the order that the contract gives."""
    assert [queue.label for queue in IN_DRAIN_ORDER] == [
        "critical",
        "campaign",
        "video",
        "login",
        "general",
        "refresh",
        "background",
    ]


@pytest.mark.parametrize(
    ("priority", "queue"),
    [
        (10, Queue.CRITICAL),
        (9, Queue.CAMPAIGN),
        (8, Queue.VIDEO),
        (7, Queue.LOGIN),
        (6, Queue.GENERAL),
        (5, Queue.GENERAL),
        (4, Queue.REFRESH),
        (3, Queue.REFRESH),
        (2, Queue.BACKGROUND),
        (1, Queue.BACKGROUND),
    ],
)
def test_a_priority_goes_to_the_highest_queue_not_above_it(priority: int, queue: Queue) -> None:
    """Every number from 1 to 10 has one."""
    assert Queue.for_priority(priority) is queue
