"""Entries: ages by the clock, one round trip, counted reads, and who may write."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, CUTS, GRACE, KEPT_FOR_ERRORS, NOON, SOLO, TTL, Bench, key
from servers import free_port

from precompute.ages import ages_of
from precompute.cache import Cache
from precompute.entry import Entry, Miss, State
from precompute.errors import InputGone, LeaseLost, StoreUnavailable
from precompute.measures import measure
from precompute.scripts import connect


def test_a_stored_result_is_read_as_the_bytes_that_were_stored(bench: Bench) -> None:
    """The reader gets the very JSON, and the instants of the entry."""
    bench.have(SOLO, value={"words": ["ä", 1.5, None]})

    found = bench.cache.read(key(SOLO))

    assert isinstance(found, Entry)
    assert found.body == '{"words":["ä",1.5,null]}'.encode()
    assert found.value == {"words": ["ä", 1.5, None]}
    assert (found.computed_at, found.stale_at, found.gone_at) == (NOON, NOON + TTL, NOON + TTL + GRACE)


@pytest.mark.parametrize(
    ("age", "stale", "left"),
    [
        (timedelta(0), False, TTL),
        (TTL - timedelta(milliseconds=1), False, timedelta(milliseconds=1)),
        (TTL, True, timedelta(0)),
        (TTL + GRACE - timedelta(milliseconds=1), True, timedelta(0)),
    ],
)
def test_an_entry_is_fresh_for_its_ttl_and_stale_for_its_grace(
    bench: Bench, age: timedelta, stale: bool, left: timedelta
) -> None:
    """Age, staleness and the time left follow the clock to the millisecond."""
    bench.have(SOLO)
    bench.clock.forward(age)

    found = bench.cache.read(key(SOLO))

    assert isinstance(found, Entry)
    assert found.stale is stale
    assert found.age_seconds == age.total_seconds()
    assert found.expires_in_seconds == left.total_seconds()


def test_an_entry_is_gone_after_its_grace(bench: Bench) -> None:
    """At the end of the grace there is nothing to read; once it is not kept for errors either, nothing remains."""
    bench.have(SOLO)
    for more in (TTL + GRACE, KEPT_FOR_ERRORS):
        bench.clock.forward(more)
        assert bench.cache.read(key(SOLO)) == Miss(key=key(SOLO), state=State.MISSING)
    assert not bench.client.exists(f"pc:e:{key(SOLO)}")


def test_the_server_forgets_an_entry_by_itself_when_its_time_is_over(bench: Bench) -> None:
    """An entry that nobody reads again does not stay for ever."""
    bench.have(SOLO)

    whole = (TTL + GRACE + KEPT_FOR_ERRORS).total_seconds() * 1000
    assert bench.client.pttl(f"pc:e:{key(SOLO)}") == pytest.approx(whole, abs=60_000)


def test_a_read_is_one_command_to_the_server(bench: Bench) -> None:
    """Hit and miss alike cost one round trip, counting included."""
    bench.have(SOLO)
    bench.client.config_resetstat()

    bench.cache.read(key(SOLO))
    bench.cache.read(key(CUTS))

    # commandstats counts what scripts do inside as well; what a client may ask for by itself is none of it.
    asked = bench.commands()
    assert asked["evalsha"] == 2
    assert not {"get", "mget", "hgetall", "multi", "exec", "eval"} & set(asked)


def test_reads_are_counted_as_hits_stale_hits_and_misses(bench: Bench) -> None:
    """Two fresh reads, one stale, three misses: so the counters say, by task type."""
    bench.have(SOLO)
    bench.cache.read(key(SOLO))
    bench.cache.read(key(SOLO))
    bench.clock.forward(TTL)
    bench.cache.read(key(SOLO))
    for video in ("v2", "v3", "v4"):
        bench.cache.read(key(SOLO, video))

    counted = measure(bench.cache, CATALOGUE)

    assert (counted.by_type["solo"].hits, counted.by_type["solo"].stale_hits) == (2, 1)
    assert counted.by_type["solo"].misses == 3
    assert counted.by_type["cuts"].misses == 0
    assert (counted.total_requests, counted.hit_rate_percent) == (6, 50.0)


def test_the_same_content_has_the_same_etag(bench: Bench) -> None:
    """A computation that gives the same again keeps readers' copies valid; other content gets another name."""
    bench.have(SOLO, video="v1", value={"a": 1})
    bench.have(SOLO, video="v2", value={"a": 1})
    bench.have(SOLO, video="v3", value={"a": 2})

    first, second, third = (bench.cache.read(key(SOLO, video)).etag for video in ("v1", "v2", "v3"))  # type: ignore[union-attr]

    assert first == second != third


def test_parts_are_read_one_by_one(bench: Bench) -> None:
    """Bytes beside an entry come back as they were, whatever is in them; others are None."""
    sound = bytes(range(256)) * 4
    bench.have(SOLO, parts={"sound": sound, "1.jpg": b"\xff\xd8"})

    assert bench.cache.read_part(key(SOLO), "sound") == sound
    assert bench.cache.read_part(key(SOLO), "1.jpg") == b"\xff\xd8"
    assert bench.cache.read_part(key(SOLO), "2.jpg") is None
    assert bench.cache.read_part(key(CUTS), "sound") is None


def test_parts_of_the_result_before_do_not_outlive_it(bench: Bench) -> None:
    """A new result brings its own parts; none of the older one stays beside it."""
    bench.have(SOLO, parts={"1.jpg": b"old", "2.jpg": b"old"})
    bench.trigger(SOLO, force=True)
    bench.compute(SOLO, parts={"1.jpg": b"new"})

    assert bench.cache.read_part(key(SOLO), "1.jpg") == b"new"
    assert bench.cache.read_part(key(SOLO), "2.jpg") is None


def test_parts_sent_ahead_are_left_nowhere_else(bench: Bench) -> None:
    """They belong to their result, and are gone at once where it is not written."""
    bench.have(SOLO, parts={"1.jpg": b"..."})
    bench.trigger(CUTS)
    with pytest.raises(LeaseLost):
        bench.store(CUTS, parts={"1.jpg": b"..."})

    assert not bench.client.keys("pc:p:*")
    assert bench.client.pttl(f"pc:e:{key(SOLO)}") > 60_000


def test_a_result_is_not_written_without_its_parts(bench: Bench) -> None:
    """Where they were evicted on their way nothing is written, and whoever computed it may store it once more."""
    bench.trigger(SOLO)
    bench.begin(SOLO, owner="w1")
    ages = ages_of(SOLO, key(SOLO)).in_ms()
    now = bench.cache.now_ms()
    assert bench.cache.scripts.run("store", str(key(SOLO)), "w1", now, *ages, 1, "etag", "", b"{}", 1, 3) == -1
    assert isinstance(bench.cache.read(key(SOLO)), Miss)

    bench.store(SOLO, owner="w1", parts={"1.jpg": b"..."})
    assert bench.cache.read_part(key(SOLO), "1.jpg") == b"..."


def test_generations_count_up(bench: Bench) -> None:
    """Each result that replaces another has the next number."""
    bench.trigger(SOLO)
    generations = [bench.compute(SOLO)]
    for _ in range(2):
        bench.trigger(SOLO, force=True)
        generations.append(bench.compute(SOLO))

    assert generations == [1, 2, 3]


def test_nothing_is_written_without_the_lease(bench: Bench) -> None:
    """Who never began, began under another token, or let the lease lapse, writes nothing."""
    bench.trigger(SOLO)
    with pytest.raises(LeaseLost, match="solo:video:v1"):
        bench.store(SOLO)
    bench.begin(SOLO, owner="w1")
    with pytest.raises(LeaseLost):
        bench.store(SOLO, owner="w2")
    bench.die(SOLO)
    with pytest.raises(LeaseLost):
        bench.store(SOLO, owner="w1")

    assert isinstance(bench.cache.read(key(SOLO)), Miss)
    assert not bench.client.exists("pc:gone", "pc:y:solo")


@pytest.mark.parametrize("soft", [False, True])
def test_nothing_is_written_after_an_invalidation(bench: Bench, soft: bool) -> None:
    """A computation that was running when its key was invalidated, hard or soft, does not write its result."""
    bench.have(SOLO, value={"from": "before"})
    bench.trigger(SOLO, force=True)
    bench.begin(SOLO)
    bench.invalidate("solo:video:v1", soft=soft)

    with pytest.raises(LeaseLost):
        bench.store(SOLO, value={"from": "the one that was running"})

    found = bench.cache.read(key(SOLO))
    assert isinstance(found, Entry) is soft
    if isinstance(found, Entry):
        assert found.stale
        assert found.value == {"from": "before"}


def test_a_second_store_under_the_same_lease_writes_nothing(bench: Bench) -> None:
    """Storing ends the lease, so a result is written once."""
    bench.have(SOLO, value={"n": 1})

    with pytest.raises(LeaseLost):
        bench.store(SOLO, value={"n": 2})

    assert bench.cache.read(key(SOLO)).value == {"n": 1}  # type: ignore[union-attr]


def test_an_evicted_entry_is_found_missing_and_taken_out_of_the_indexes(bench: Bench) -> None:
    """When the server drops an entry to make room, the next read says missing and no index names it any more."""
    bench.have(SOLO)
    bench.client.delete(f"pc:e:{key(SOLO)}")

    assert bench.cache.read(key(SOLO)) == Miss(key=key(SOLO), state=State.MISSING)
    assert not bench.client.exists("pc:gone", "pc:y:solo")


def test_an_input_is_read_without_counting(bench: Bench) -> None:
    """What another computation takes from the cache is no reader's hit; its parts come from the same entry."""
    bench.have(SOLO, value={"n": 1}, parts={"sound": b"..."})

    stored = bench.cache.stored(key(SOLO))

    assert stored.value == {"n": 1}
    assert stored.part("sound") == b"..."
    assert bench.cache.origin(key(SOLO)).reads == 0  # type: ignore[union-attr]


def test_an_input_that_is_gone_says_so(bench: Bench) -> None:
    """A missing entry or part is InputGone with the key, so that it is asked for again."""
    with pytest.raises(InputGone, match="solo:video:v1"):
        bench.cache.stored(key(SOLO))
    bench.have(SOLO)
    stored = bench.cache.stored(key(SOLO))
    with pytest.raises(InputGone, match="solo:video:v1"):
        stored.part("sound")


def test_an_entry_knows_what_it_was_computed_for(bench: Bench) -> None:
    """Its event is kept beside it, and how often it was read since it was stored."""
    bench.have(SOLO)
    bench.cache.read(key(SOLO))
    bench.cache.read(key(SOLO))

    origin = bench.cache.origin(key(SOLO))

    assert origin is not None
    assert origin.event == bench.message(SOLO).event
    assert origin.reads == 2
    assert bench.cache.origin(key(CUTS)) is None


def test_a_result_whose_task_was_evicted_meanwhile_is_still_stored(bench: Bench) -> None:
    """The lease alone gives the right to write; what is not known of the event is not made up."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.client.delete(f"pc:t:{key(SOLO)}")

    assert bench.store(SOLO, value={"n": 1}) == 1
    assert bench.cache.origin(key(SOLO)) is None
    assert bench.state(SOLO) is State.READY


def test_a_cache_that_is_away_is_named_as_such() -> None:
    """Every use of it raises StoreUnavailable, and at once."""
    cache = Cache(connect(f"redis://127.0.0.1:{free_port()}/0"))

    for use in (
        cache.ping,
        cache.clean,
        lambda: cache.read(key(SOLO)),
        lambda: cache.read_part(key(SOLO), "1.jpg"),
        lambda: cache.stored(key(SOLO)),
        lambda: cache.origin(key(SOLO)),
        lambda: cache.due(SOLO, within=TTL, most=1),
    ):
        with pytest.raises(StoreUnavailable, match="cannot be used now"):
            use()
