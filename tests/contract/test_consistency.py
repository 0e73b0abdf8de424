"""After whatever happened in whatever order, the indexes name exactly what is there, and no stale write got through."""

import redis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from journey import Journey


def test_indexes_and_leases_hold_after_any_sequence_of_events(cache_client: "redis.Redis") -> None:
    """Hypothesis looks for a sequence that leaves an index wrong, a task stranded, a stale write, or a key for ever."""
    machine = type("JourneyOnServer", (Journey,), {"client": cache_client})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
