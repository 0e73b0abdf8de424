"""A cache that is frozen, not dead: it takes connections and says nothing."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import redis
from servers import ValkeyServer

from precompute.breaker import Breaker
from precompute.errors import StoreUnavailable
from precompute.scripts import connect, reaching_cache


@contextmanager
def frozen(server: ValkeyServer) -> Iterator[None]:
    """The server is there and does nothing."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


class Counted:
    """A breaker that knows how often it let somebody ask."""

    def __init__(self, *, pause_s: float = 60) -> None:
        self.breaker = Breaker(pause_s=pause_s)

    def passes(self) -> bool:
        """Whether the next one may ask."""
        try:
            self.breaker.check(patience_s=60)
        except redis.TimeoutError:
            return False
        return True


def test_everybody_asks_a_server_that_answers() -> None:
    """Nothing is held up while nothing is wrong."""
    breaker = Counted()
    assert breaker.passes()
    breaker.breaker.answered()
    assert breaker.passes()


def test_after_a_silence_nobody_waits_again() -> None:
    """Whoever comes within the pause is told at once; once it answered, everybody asks."""
    breaker = Counted()
    breaker.breaker.silent()
    assert not breaker.passes()
    breaker.breaker.answered()
    assert breaker.passes()


def test_one_tries_after_the_pause() -> None:
    """With all of the questions that a connection takes; a second caller does not join it."""
    breaker = Counted(pause_s=0)
    breaker.breaker.silent()
    assert breaker.passes()
    assert breaker.passes()
    with ThreadPoolExecutor() as others:
        assert not others.submit(breaker.passes).result()


def test_a_frozen_cache_is_found_out_once_and_used_again_when_it_is_back(cache_server: ValkeyServer) -> None:
    """The first caller waits, those behind it are refused without a wait, and nothing need be restarted."""
    cache_server.start()
    client = connect(cache_server.url, impatient=True)
    client.ping()
    with frozen(cache_server):
        refusals = []
        for _ in range(50):
            with pytest.raises(StoreUnavailable) as refusal, reaching_cache():
                client.ping()
            refusals.append(str(refusal.value.__cause__))
        assert sum("a moment ago" not in refusal for refusal in refusals) <= 2
    while True:
        try:
            with reaching_cache():
                assert client.ping()
            break
        except StoreUnavailable:
            continue
