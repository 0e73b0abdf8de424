"""One message and one computation in this process: what becomes of them when the cache or the message is not well."""

from dataclasses import replace

import pytest
from bench import RAW, SOLO, Bench, key
from task_body import execution_on

from precompute.cache import Cache
from precompute.entry import State
from precompute.errors import StoreUnavailable
from workers.execution import Execution


class FlickeringCache(Cache):
    """Is away for the first two times that something is to be stored."""

    refusals = 2

    def store(self, *args: object, **named: object) -> int:  # type: ignore[override]
        """Nothing twice, then as ever."""
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("away")
        return super().store(*args, **named)  # type: ignore[arg-type]


@pytest.fixture
def runs() -> list[str]:
    """What was computed."""
    return []


@pytest.fixture
def execution(bench: Bench, runs: list[str]) -> Execution:
    """A worker's task body on the bench's server, with one function that keeps account."""

    def compute() -> dict[str, int]:
        runs.append("solo")
        return {"n": len(runs)}

    return execution_on(bench, (SOLO, RAW), compute)


def test_a_result_outlasts_a_moment_without_a_cache(bench: Bench, execution: Execution, runs: list[str]) -> None:
    """It is stored as soon as the cache is back, by the worker that computed it, and not computed again."""
    bench.trigger(SOLO)
    flickering = FlickeringCache(bench.client, clock=bench.clock)

    replace(execution, engine=replace(execution.engine, cache=flickering)).run(bench.message(SOLO))

    assert bench.state(SOLO) is State.READY
    assert runs == ["solo"]


@pytest.mark.parametrize("event", ['{"event":"moon_landed","subject_id":"v1","user_id":"u"}', "{}", "no json"])
def test_a_message_of_another_version_fails_its_task(
    bench: Bench, execution: Execution, runs: list[str], event: str
) -> None:
    """It is told so, nothing is computed, and no sweep publishes it again for ever."""
    bench.trigger(SOLO)

    execution.run(replace(bench.message(SOLO), event=event))

    failure = bench.record(SOLO).failure
    assert failure is not None
    assert failure.code == "unknown_event"
    assert runs == []
    assert not bench.client.zscore("pc:watch", str(key(SOLO)))
