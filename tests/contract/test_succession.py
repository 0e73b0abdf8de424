"""Workers of a newer edition take over from older ones, and give back when they are gone."""

import pytest
import redis
from servers import ValkeyServer

from precompute.errors import StoreUnavailable
from precompute.scripts import connect
from workers.succession import KEY, LASTS_S, Succession, announce


class WrittenDown:
    """Queues of a worker, and whether it takes from them."""

    def __init__(self) -> None:
        self.taken = True
        self.changes = 0

    def leave(self) -> None:
        """It takes nothing more."""
        self.taken, self.changes = False, self.changes + 1

    def return_to(self) -> None:
        """It takes again."""
        self.taken, self.changes = True, self.changes + 1


class Worker:
    """One of an edition, with a clock that stands still."""

    def __init__(self, client: "redis.Redis", edition: int) -> None:
        self.now, self.queues = 100.0, WrittenDown()
        self.succession = Succession(client, self.queues, edition=edition, clock=lambda: self.now)

    def takes(self) -> bool:
        """Whether it does after a look."""
        self.succession.look()
        return self.queues.taken


def test_the_older_ones_take_nothing_while_a_newer_one_runs(cache_client: "redis.Redis") -> None:
    """They are told once, and those of its own edition go on."""
    older, other, newer, same = (Worker(cache_client, edition) for edition in (1, 1, 2, 2))
    assert older.takes() and other.takes()
    assert newer.takes() and same.takes()
    for _ in range(3):
        assert not older.takes() and not other.takes()
        assert newer.takes() and same.takes()
    assert (older.queues.changes, newer.queues.changes) == (1, 0)


def test_they_take_again_when_it_is_gone(cache_client: "redis.Redis") -> None:
    """As when an upgrade is taken back; not at once, for it may only be late."""
    older, newer = Worker(cache_client, 1), Worker(cache_client, 2)
    newer.takes()
    assert not older.takes()
    assert 0 < cache_client.pttl(KEY) <= 1000 * LASTS_S
    cache_client.delete(KEY)
    older.now += LASTS_S - 1
    assert not older.takes()
    older.now += 1
    assert older.takes()
    assert older.queues.changes == 2


def test_they_know_before_the_newer_one_takes_its_first_task(cache_client: "redis.Redis") -> None:
    """It says so as it starts, and nobody says less after it."""
    older = Worker(cache_client, 1)
    older.takes()
    assert announce(cache_client, edition=2, lasts_s=30) == 2
    assert announce(cache_client, edition=1, lasts_s=30) == 2
    assert not older.takes()


def test_without_the_cache_all_stays_as_it_is(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing could be computed anyway; a look that fails is followed by the next one."""
    with ValkeyServer(tmp_path_factory.mktemp("server")) as server, connect(server.url) as client:
        older = Worker(client, 1)
        announce(client, edition=2, lasts_s=30)
        assert not older.takes()
        server.kill()
        with pytest.raises(StoreUnavailable):
            older.succession.look()
        assert not older.queues.taken
