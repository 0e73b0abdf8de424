"""Which of a server's errors are outages, and which are mistakes of ours."""

import pytest
import redis
from bench import Bench

from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.scripts import check_writes, reaching, reaching_cache


@pytest.mark.parametrize(
    "answer", ["MISCONF it cannot save", "BUSY with a script", "CLUSTERDOWN it is", "NOREPLICAS few"]
)
def test_a_refusal_is_an_outage(bench: Bench, answer: str) -> None:
    """From a command of its own, from a script, and from within a pipeline, whose error tells the command first."""
    script = "return redis.error_reply(ARGV[1])"
    with pytest.raises(StoreUnavailable, match="cannot be used now"), reaching_cache():
        bench.client.eval(script, 0, answer)
    with (
        pytest.raises(BrokerUnavailable, match="the broker"),
        reaching("the broker", unavailable=BrokerUnavailable),
        bench.client.pipeline(transaction=False) as pipe,
    ):
        pipe.eval(script, 0, answer)
        pipe.execute()


@pytest.mark.parametrize("answer", ["WRONGTYPE of MISCONF", "BUSYGROUP there already", "ERR a nil value", "NOSCRIPT"])
def test_a_mistake_comes_to_light(bench: Bench, answer: str) -> None:
    """Everything else that a server answers stays what it is, whatever words are in it."""
    with pytest.raises(redis.ResponseError), reaching_cache():
        bench.client.eval("return redis.error_reply(ARGV[1])", 0, answer)


def test_a_check_leaves_nothing_for_long(bench: Bench) -> None:
    """What is written to see whether writes are taken goes by itself."""
    check_writes(bench.client)
    assert [bench.client.pttl(name) > 0 for name in bench.client.keys("*")] == [True]
