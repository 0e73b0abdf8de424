"""Invalidation: what a pattern hits, what it leaves, and what it costs."""

import random
from datetime import timedelta
from itertools import product

import pytest
from bench import CATALOGUE, CUTS, LOOKS, NOON, RATE, RAW, SOLO, TTL, Bench, key

from precompute.entry import Entry, Miss, State
from precompute.errors import InputGone, LeaseLost
from precompute.invalidation import Invalidation
from precompute.ledger import Beginning
from precompute.listing import Age, look_at
from precompute.patterns import Pattern, glob_matches


@pytest.fixture
def shelf(bench: Bench) -> Bench:
    """Two videos with CUTS, LOOKS, RATE and SOLO each."""
    for video in ("v1", "v2"):
        bench.trigger(CUTS, LOOKS, RATE, SOLO, video=video)
        for row in (RAW, CUTS, LOOKS, RATE, SOLO):
            bench.compute(row, video=video)
    return bench


def left(bench: Bench) -> set[str]:
    """What can still be read, as ``name@video``."""
    pairs = product((CUTS, LOOKS, RATE, SOLO), ("v1", "v2"))
    return {f"{row.name}@{video}" for row, video in pairs if isinstance(bench.cache.read(key(row, video)), Entry)}


ALL = {f"{name}@{video}" for name in ("cuts", "looks", "rate", "solo") for video in ("v1", "v2")}


@pytest.mark.parametrize(
    ("pattern", "hit"),
    [
        ("solo:video:v1", {"solo@v1"}),
        ("video:v1:solo", {"solo@v1"}),
        ("rate:video:v1", {"rate@v1"}),
        ("video:v1:*", {"cuts@v1", "looks@v1", "rate@v1", "solo@v1"}),
        ("*:video:v1", {"cuts@v1", "looks@v1", "rate@v1", "solo@v1"}),
        ("*:v1:*", {"cuts@v1", "looks@v1", "rate@v1", "solo@v1"}),
        ("solo:*", {"solo@v1", "solo@v2"}),
        ("s?lo:video:v[2-9]", {"solo@v2"}),
        ("*t*:video:v1", {"cuts@v1", "rate@v1"}),
        ("[s:]*[:]video:v1", {"solo@v1"}),
        ("video\\:v1:s*", {"solo@v1"}),
        ("vid*:v1:*te", {"rate@v1"}),
        ("video:*", ALL),
        ("*", ALL),
        ("nothing:video:v1", set()),
        ("user:v1:*", set()),
    ],
)
def test_a_pattern_hits_what_it_says_and_leaves_the_rest(shelf: Bench, pattern: str, hit: set[str]) -> None:
    """By key, subject first, or with a free wildcard: exactly those, counted."""
    assert shelf.invalidate(pattern) == len(hit)
    assert left(shelf) == ALL - hit


def test_a_soft_invalidation_keeps_serving_what_it_marks_stale(shelf: Bench) -> None:
    """Entries are stale at once, readable until their grace is over, and due for refresh."""
    assert shelf.invalidate("solo:*", soft=True) == 2

    assert left(shelf) == ALL
    found = {video: shelf.cache.read(key(SOLO, video)) for video in ("v1", "v2")}
    assert all(isinstance(each, Entry) and each.stale for each in found.values())
    assert not shelf.cache.read(key(LOOKS)).stale  # type: ignore[union-attr]
    assert set(shelf.cache.due(SOLO, within=SOLO.refresh_lead, most=10)) == {key(SOLO, "v1"), key(SOLO, "v2")}


def test_what_is_marked_stale_twice_counts_each_time(shelf: Bench) -> None:
    """It is marked anew: how long it has been stale is told from the last time, and its age stays what it was."""
    for _ in range(2):
        shelf.clock.forward(timedelta(minutes=1))
        assert shelf.invalidate("solo:video:v1", soft=True) == 1
    [found] = look_at(shelf.cache, [key(SOLO)])
    assert (found.age, found.stale_at, found.expires_in_seconds) == (Age.STALE, shelf.clock(), 0)
    assert found.computed_at == NOON


@pytest.mark.parametrize("when", ["fresh", "just stale", "being computed"])
def test_what_is_outdated_is_fresh_by_no_clock(bench: Bench, when: str) -> None:
    """Also by one that is behind that of whoever learned what outdates it: whoever asks has it computed anew."""
    if when == "being computed":
        bench.trigger(SOLO)
        bench.begin(SOLO)
    else:
        bench.have(SOLO)
        bench.clock.forward(TTL if when == "just stale" else timedelta(0))
    bench.cache.outdate([key(SOLO)])
    if when == "being computed":
        bench.store(SOLO)
    bench.clock.forward(-timedelta(milliseconds=20))

    found = bench.cache.read(key(SOLO))
    assert isinstance(found, Entry)
    assert found.stale
    with pytest.raises(InputGone):
        bench.cache.stored(key(SOLO), fresh=True)
    assert set(bench.trigger(SOLO).queued) == {"solo"}


def test_invalidating_again_finds_nothing(shelf: Bench) -> None:
    """What is gone is not counted twice."""
    assert shelf.invalidate("video:v1:*") == 4
    assert shelf.invalidate("video:v1:*") == 0


@pytest.mark.parametrize("pattern", ["solo:video:v1", "video:v1:*", "solo:*", "*"])
@pytest.mark.parametrize("soft", [False, True])
def test_a_running_computation_of_it_will_not_write(bench: Bench, pattern: str, soft: bool) -> None:
    """Whatever form the pattern has, also where no entry exists yet; whoever waits is told that nothing comes."""
    bench.trigger(SOLO)
    bench.begin(SOLO)

    assert bench.invalidate(pattern, soft=soft) == 0

    assert bench.state(SOLO) is State.MISSING
    with pytest.raises(LeaseLost):
        bench.store(SOLO)
    assert not bench.fail(SOLO)
    assert isinstance(bench.cache.read(key(SOLO)), Miss)


@pytest.mark.parametrize("pattern", ["solo:video:v1", "*"])
def test_a_queued_task_is_kept(bench: Bench, pattern: str) -> None:
    """It has read nothing yet, so what it will compute is right."""
    bench.trigger(SOLO)
    bench.invalidate(pattern)

    assert bench.state(SOLO) is State.QUEUED
    assert bench.begin(SOLO) is Beginning.RUN
    assert bench.store(SOLO) == 1


def test_a_failure_is_forgotten_with_its_key(bench: Bench) -> None:
    """After invalidation a failed task is missing, so that nobody is shown an error of the past."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.fail(SOLO)

    bench.invalidate("video:v1:*")

    assert bench.state(SOLO) is State.MISSING


def test_an_evicted_entry_is_not_counted_but_unindexed(shelf: Bench) -> None:
    """An index that still names an evicted entry is mended in passing."""
    shelf.client.delete(f"pc:e:{key(SOLO)}")

    assert shelf.invalidate("solo:*") == 1
    assert shelf.client.zscore("pc:gone", str(key(SOLO))) is None
    assert shelf.client.zscore("pc:y:solo", str(key(SOLO))) is None


@pytest.mark.parametrize("pattern", ["cuts:video:v1", "video:v1:cuts", "video:v1:*", "*:video:v1", "*:v1:*"])
def test_one_key_or_one_subject_is_found_without_any_scan(shelf: Bench, pattern: str) -> None:
    """The cost follows what matches, not how much is stored."""
    for number in range(200):
        shelf.have(SOLO, video=f"other{number}")
    shelf.client.config_resetstat()

    shelf.invalidate(pattern)

    assert not {"keys", "scan", "sscan", "zscan", "hscan", "smembers", "zrange"} & set(shelf.commands())
    assert shelf.commands()["evalsha"] == 1


@pytest.mark.parametrize("pattern", ["cuts:*", "*", "*:video:v[0-9]"])
def test_a_free_wildcard_never_walks_the_keyspace(shelf: Bench, pattern: str) -> None:
    """Types and unfinished tasks are walked by their own indexes."""
    shelf.client.config_resetstat()

    shelf.invalidate(pattern)

    assert not {"keys", "scan"} & set(shelf.commands())


def test_a_pattern_that_starts_with_a_type_walks_only_that_type(shelf: Bench) -> None:
    """``solo:*`` looks into the index of solos, the unfinished tasks and the failed ones, once each."""
    shelf.client.config_resetstat()

    shelf.invalidate("solo:*")

    assert shelf.commands()["zscan"] == 3


def test_more_keys_than_one_call_takes_are_all_hit(bench: Bench) -> None:
    """Thousands of keys go in batches, so that the server is never held up for long."""
    for number in range(1201):
        bench.have(SOLO, video=f"v{number}")
    bench.client.config_resetstat()

    assert bench.invalidate("solo:*") == 1201
    assert bench.commands()["evalsha"] == 5
    assert not bench.client.exists("pc:gone", "pc:y:solo")


def test_an_id_that_looks_like_a_subject_is_still_found(bench: Bench) -> None:
    """A video called ``video`` is hit by its subject-first form as any other."""
    for video in ("video", "v1"):
        bench.have(SOLO, video=video)

    assert bench.invalidate("video:video:solo") == 1
    assert bench.invalidate("*:video:*") == 1
    assert bench.invalidate("*:video:solo") == 0
    everything = Invalidation(cache=bench.cache, catalogue=CATALOGUE).matching(Pattern("*"))
    assert set(everything) == set()


def test_globs_fit_what_they_fit_in_the_server(bench: Bench) -> None:
    """Patterns are Redis-style because the server itself agrees, on five hundred odd ones."""
    chance = random.Random(11)  # noqa: S311 - no secret
    texts = {"".join(chance.choices("ab-]^", k=chance.randint(1, 5))) for _ in range(300)}
    bench.client.mset(dict.fromkeys(texts, 1))
    for _ in range(500):
        pattern = "".join(chance.choices("ab*?[]^-\\", k=chance.randint(1, 7)))
        fits = {name.decode() for name in bench.client.keys(pattern)}
        assert {text for text in texts if glob_matches(pattern, text)} == fits, pattern
