"""Refreshing ahead of time: what the sweep takes up, in which order, and what it leaves."""

from datetime import timedelta

import pytest
from bench import CUTS, RAW, SOLO, TTL, Bench, key

from precompute.ages import lead_of
from precompute.due import DueEntries
from precompute.errors import BrokerUnavailable
from precompute.freshness import READ_LATELY
from precompute.precomputer import Precomputer
from precompute.refreshing import AGAIN_IN, MOST_HANDED_OUT, MOST_LOOKED_AT, Refreshing, Swept

MOMENT = timedelta(milliseconds=1)


@pytest.fixture
def refreshing(precomputer: Precomputer) -> Refreshing:
    """What the beat's task runs."""
    return precomputer.refreshing


def have_read(bench: Bench, *videos: str, times: int = 1) -> None:
    """Results of videos, each read."""
    for video in videos:
        bench.have(SOLO, video=video)
        for _ in range(times):
            bench.cache.read(key(SOLO, video))


def asked(bench: Bench) -> list[str]:
    """The videos whose results a worker was asked to look at, in that order."""
    return [each.ref.id for each in bench.dispatch.revalidations]


def due_at(bench: Bench, video: str = "v1") -> float | None:
    """By the index, milliseconds since 1970."""
    found: float | None = bench.client.zscore("pc:due", str(key(SOLO, video)))
    return found


def test_a_refresh_comes_within_its_lead(refreshing: Refreshing, bench: Bench) -> None:
    """Not before it, and before the result is stale."""
    have_read(bench, "v1")
    bench.clock.forward(TTL - lead_of(SOLO) - MOMENT)
    assert refreshing.sweep() == Swept()

    bench.clock.forward(lead_of(SOLO))
    assert refreshing.sweep() == Swept(queued=1)
    assert [(str(each.ref), each.types) for each in bench.dispatch.revalidations] == [("video:v1", ("solo",))]


def test_results_of_one_video_are_looked_at_together(refreshing: Refreshing, bench: Bench) -> None:
    """One look at the video serves them all."""
    bench.have(SOLO)
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.compute(CUTS)
    for row in (SOLO, CUTS):
        bench.cache.read(key(row))
    bench.clock.forward(TTL)

    assert refreshing.sweep() == Swept(queued=2)
    [told] = bench.dispatch.revalidations
    assert set(told.types) == {"solo", "cuts"}


def test_what_is_on_its_way_is_not_asked_for_again(refreshing: Refreshing, bench: Bench) -> None:
    """Neither while somebody looks nor while it is computed; what came to nothing is due again."""
    have_read(bench, "looked_at", "computed")
    bench.clock.forward(TTL)
    bench.trigger(SOLO, video="computed")
    assert refreshing.sweep() == Swept(queued=1, on_their_way=1)
    assert refreshing.sweep() == Swept()

    # Nobody took it up, and by now it would be dropped.
    bench.clock.forward(timedelta(minutes=5))
    assert refreshing.sweep() == Swept(queued=1, on_their_way=1)
    assert asked(bench) == ["looked_at", "looked_at"]


def test_what_nobody_reads_is_parked_until_somebody_does(refreshing: Refreshing, bench: Bench) -> None:
    """It is looked at once, by the sweep, and never again; the first read has it refreshed like others."""
    bench.have(SOLO)
    bench.clock.forward(TTL)
    assert refreshing.sweep() == Swept(parked=1)
    assert due_at(bench) is None
    assert refreshing.sweep() == Swept()
    assert bench.counters()["refresh:parked:solo"] == 1

    bench.cache.read(key(SOLO))
    assert refreshing.sweep() == Swept(queued=1)


def test_what_is_read_while_it_is_being_parked_is_not(bench: Bench) -> None:
    """Nor is what is expected to be read since."""
    for video in ("read", "expected", "idle"):
        bench.have(SOLO, video=video)
    since = bench.clock()
    bench.cache.read(key(SOLO, "read"))
    bench.client.hset(f"pc:e:{key(SOLO, 'expected')}", "wu", bench.cache.now_ms() + 1)

    assert DueEntries(bench.cache).park((key(SOLO, video), since) for video in ("read", "expected", "idle")) == 1
    assert [due_at(bench, video) is None for video in ("read", "expected", "idle")] == [False, False, True]


def test_what_was_read_long_ago_is_parked(refreshing: Refreshing, bench: Bench) -> None:
    """Reads count for as long as people come back."""
    have_read(bench, "v1")
    bench.client.hset(f"pc:e:{key(SOLO)}", "lr", bench.cache.now_ms() - round(READ_LATELY.total_seconds() * 1000))
    bench.clock.forward(TTL)

    assert refreshing.sweep() == Swept(parked=1)


def test_what_nobody_can_compute_any_more_stands_in_nobodys_way(refreshing: Refreshing, bench: Bench) -> None:
    """Results of a plug-in that was taken out, read a moment ago, and more of them than one sweep looks at."""
    now = bench.cache.now_ms()
    with bench.client.pipeline() as pipe:
        for number in range(MOST_LOOKED_AT):
            entry = {"v": "{}", "at": now, "st": now, "rd": 1, "lr": now, "co": 1}
            pipe.hset(f"pc:e:unloaded:video:v{number}", mapping=entry)
            pipe.zadd("pc:due", {f"unloaded:video:v{number}": now})
        pipe.execute()
    have_read(bench, "v1")
    bench.clock.forward(TTL)

    assert refreshing.sweep() == Swept(parked=MOST_LOOKED_AT)
    assert refreshing.sweep() == Swept(queued=1)


def test_what_is_expected_to_be_read_is_refreshed(refreshing: Refreshing, bench: Bench) -> None:
    """A prediction is as good as a read, for as long as it holds."""
    for video, hours in (("soon", 3), ("over", 1)):
        bench.have(SOLO, video=video)
        until = bench.cache.now_ms() + hours * 3_600_000
        bench.client.hset(f"pc:e:{key(SOLO, video)}", "wu", until)
    bench.clock.forward(TTL)

    assert refreshing.sweep() == Swept(queued=1, parked=1)
    assert asked(bench) == ["soon"]


def test_the_most_read_come_first(refreshing: Refreshing, bench: Bench) -> None:
    """With more due than one sweep hands out, those wait that are read least, and come up again."""
    have_read(bench, *(f"warm{number}" for number in range(MOST_HANDED_OUT - 1)), times=2)
    have_read(bench, "cold")
    have_read(bench, "hot", times=20)
    bench.clock.forward(TTL)

    assert refreshing.sweep() == Swept(queued=MOST_HANDED_OUT, refused=1)
    assert asked(bench)[0] == "hot"
    assert "cold" not in asked(bench)
    assert bench.counters()["refresh:refused:solo"] == 1
    bench.clock.forward(AGAIN_IN)
    assert refreshing.sweep() == Swept(queued=1)
    assert asked(bench)[-1] == "cold"


def test_under_load_refreshes_stay_due(refreshing: Refreshing, bench: Bench) -> None:
    """With a backlog before them none is handed out; when it is gone, they are."""
    have_read(bench, "v1")
    bench.clock.forward(TTL)
    for number in range(500):
        bench.client.zadd("pc:q:video:solo", {f"solo:video:other{number}": 0})
    assert refreshing.sweep() == Swept(refused=1)
    assert bench.dispatch.revalidations == []

    bench.client.delete("pc:q:video:solo")
    bench.clock.forward(AGAIN_IN)
    assert refreshing.sweep() == Swept(queued=1)


def test_without_a_broker_refreshes_stay_due(refreshing: Refreshing, bench: Bench) -> None:
    """Nothing is taken up that could not be published."""
    have_read(bench, "v1")
    bench.clock.forward(TTL)
    bench.dispatch.broken = True
    with pytest.raises(BrokerUnavailable):
        refreshing.sweep()

    bench.dispatch.broken = False
    assert refreshing.sweep() == Swept(queued=1)
    assert bench.counters()["refresh:queued:solo"] == 1


def test_evicted_entries_leave_the_index(refreshing: Refreshing, bench: Bench) -> None:
    """The server may drop any of them at any time."""
    have_read(bench, "v1", "v2")
    bench.clock.forward(TTL)
    bench.client.delete(f"pc:e:{key(SOLO, 'v1')}")

    assert refreshing.sweep() == Swept(queued=1)
    assert due_at(bench, "v1") is None


def test_a_thousand_results_stored_together_are_refreshed_apart(refreshing: Refreshing, bench: Bench) -> None:
    """Over all of their lead, no more than twice the even share in any minute of it, and each before it is stale."""
    videos = [f"v{number}" for number in range(1000)]
    have_read(bench, *videos)
    bench.clock.forward(TTL - lead_of(SOLO))
    minutes = round(lead_of(SOLO).total_seconds() / 60)
    handed: list[int] = []
    for _ in range(minutes):
        before = len(bench.dispatch.revalidations)
        bench.clock.forward(timedelta(minutes=1))
        refreshing.sweep()
        taken = bench.dispatch.revalidations[before:]
        handed.append(len(taken))
        # As a worker does that finds nothing changed.
        bench.client.zrem("pc:due", *(str(name) for each in taken for name in each.keys))

    assert sum(handed) == len(set(asked(bench))) == len(videos)
    assert max(handed) <= 2 * len(videos) / minutes
    assert min(handed) >= len(videos) / minutes / 2


@pytest.mark.parametrize("idle", [20, 2000])
def test_a_sweep_costs_what_is_due(refreshing: Refreshing, bench: Bench, idle: int) -> None:
    """Ten due entries take the same commands of the server, however many others there are."""
    have_read(bench, *(f"due{number}" for number in range(10)))
    bench.clock.forward(TTL)
    # Written straight, as their computing is not what is measured.
    with bench.client.pipeline() as pipe:
        for number in range(idle):
            pipe.hset(f"pc:e:solo:video:idle{number}", mapping={"v": "{}", "at": 0, "st": 0})
            pipe.zadd("pc:y:solo", {f"solo:video:idle{number}": 2**45})
            pipe.zadd("pc:due", {f"solo:video:idle{number}": 2**45})
        pipe.execute()
    bench.client.config_resetstat()

    assert refreshing.sweep() == Swept(queued=10)
    spent = {name: calls for name, calls in bench.commands().items() if not name.startswith(("config", "info"))}
    # Three for each of the ten, and what any sweep takes.
    assert sum(spent.values()) <= 330
