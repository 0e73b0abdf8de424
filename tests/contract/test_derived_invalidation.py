"""What was derived from a result that is taken back goes with it, and failures of it are forgotten."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
import redis
from bench import CATALOGUE, CUTS, GRACE, LEASE, LOOKS, RATE, RAW, SOLO, TTL, Bench, key

from precompute.cache import Cache
from precompute.catalogue import (
    CAMPAIGN_ANALYTICS,
    CTR_PREDICTION,
    DASHBOARD_DATA,
    HOOK_ANALYSIS,
    PREDICTED_ACTIONS,
    ROWS,
    THUMBNAIL_GENERATION,
    VARIANT_GENERATION,
    Catalogue,
)
from precompute.clock import Clock
from precompute.entry import Entry, State
from precompute.errors import DeclarationError, LeaseLost
from precompute.events import CampaignCreated, Event, UserLoggedIn, VideoUploaded
from precompute.invalidation import Invalidation
from precompute.ledger import Beginning, Ledger
from precompute.message import Message
from precompute.patterns import Pattern
from precompute.subjects import Subject, SubjectRef
from precompute.task_type import TaskType

VIDEOS = ("v1", "v2")
SERVED = (CUTS, LOOKS, RATE, SOLO)


@pytest.fixture
def shelf(bench: Bench) -> Bench:
    """Two videos with CUTS, LOOKS, RATE and SOLO each; RAW, of which all but SOLO were made, is dropped by then."""
    for video in VIDEOS:
        bench.trigger(*SERVED, video=video)
        for row in (RAW, CUTS, LOOKS, RATE, SOLO):
            bench.compute(row, video=video)
    assert not bench.client.exists(f"pc:e:{key(RAW)}")
    return bench


def hit(bench: Bench, *, soft: bool) -> set[str]:
    """What is gone, or stale, as ``name@video``."""
    found = {f"{row.name}@{video}": bench.cache.read(key(row, video)) for row, video in product(SERVED, VIDEOS)}
    if soft:
        assert all(isinstance(each, Entry) for each in found.values())
    return {name for name, each in found.items() if not isinstance(each, Entry) or each.stale}


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("cuts:video:v1", {"cuts@v1", "rate@v1"}),
        ("video:v1:cuts", {"cuts@v1", "rate@v1"}),
        ("*s:video:v1", {"cuts@v1", "looks@v1", "rate@v1"}),
        ("cuts:*", {"cuts@v1", "rate@v1", "cuts@v2", "rate@v2"}),
        ("l*:video:v?", {"looks@v1", "rate@v1", "looks@v2", "rate@v2"}),
        ("rate:*", {"rate@v1", "rate@v2"}),
        ("raw:video:v2", {"cuts@v2", "looks@v2", "rate@v2"}),
        ("raw:*", {f"{name}@{video}" for name, video in product(("cuts", "looks", "rate"), VIDEOS)}),
        ("ra[vw]:video:v[2]", {"cuts@v2", "looks@v2", "rate@v2"}),
        ("solo:*", {"solo@v1", "solo@v2"}),
    ],
)
def test_what_was_computed_from_a_result_goes_with_it(shelf: Bench, pattern: str, taken: set[str], soft: bool) -> None:
    """Down all inputs, though the input itself is gone by then; each counted once, and the rest left as it was."""
    assert shelf.invalidate(pattern, soft=soft) == len(taken)
    assert hit(shelf, soft=soft) == taken


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("pattern", ["raw:video:v1", "cuts:video:v1", "cuts:*", "raw:*"])
def test_a_running_computation_of_what_was_derived_will_not_write(shelf: Bench, pattern: str, soft: bool) -> None:
    """It has read what does not hold any more."""
    shelf.trigger(RATE, force=True)
    assert shelf.begin(RATE) is Beginning.RUN

    shelf.invalidate(pattern, soft=soft)

    with pytest.raises(LeaseLost):
        shelf.store(RATE)


def test_a_derived_task_that_has_not_begun_is_kept_and_gets_the_new_input(bench: Bench) -> None:
    """It waits for the input to be computed again, and is computed from that."""
    bench.trigger(RATE)
    bench.compute(RAW)
    bench.compute(CUTS)
    bench.begin(LOOKS)

    assert bench.invalidate("cuts:*") == 1
    bench.store(LOOKS)
    bench.dependants.release(LOOKS, key(LOOKS))
    assert bench.state(RATE) is State.QUEUED
    # Asked for again by what waits for it; the samples were kept, since they were needed all the time.
    bench.compute(CUTS, value={"n": 2})

    assert bench.begin(RATE) is Beginning.RUN
    assert bench.cache.stored(key(CUTS)).value == {"n": 2}


@pytest.mark.parametrize("pattern", ["solo:video:v1", "solo:*", "*", "video:v1:*"])
@pytest.mark.parametrize("soft", [False, True])
def test_a_failure_is_forgotten_whatever_names_it(bench: Bench, pattern: str, soft: bool) -> None:
    """To take back means to try again, also where a wide pattern names a task of which there is no entry."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.fail(SOLO)

    assert bench.invalidate(pattern, soft=soft) == 0

    assert bench.state(SOLO) is State.MISSING
    assert bench.trigger(SOLO).queued
    assert bench.begin(SOLO) is Beginning.RUN


def test_what_failed_because_its_input_did_is_tried_again_from_the_input(bench: Bench) -> None:
    """Taking back the result alone would meet the input's failure once more."""
    bench.trigger(RATE)
    bench.begin(RAW)
    bench.fail(RAW)
    bench.dependants.release(RAW, key(RAW))
    assert bench.state(RATE) is State.FAILED

    bench.invalidate("rate:video:v1")

    assert {row.name: bench.state(row) for row in (RAW, RATE)} == {"raw": State.MISSING, "rate": State.MISSING}
    assert bench.trigger(RATE).queued
    assert bench.begin(RAW) is Beginning.RUN


def test_failures_are_named_no_longer_than_they_are_kept(bench: Bench) -> None:
    """The index of failures loses what is computed, asked for again, or forgotten."""
    for video in ("again", "forgotten"):
        bench.trigger(SOLO, video=video)
        bench.begin(SOLO, video=video)
        bench.fail(SOLO, video=video)
    assert {name.decode() for name in bench.client.zrange("pc:failed", 0, -1)} == {
        "solo:video:again",
        "solo:video:forgotten",
    }
    bench.trigger(SOLO, video="again", insist=True)
    bench.compute(SOLO, video="again")
    assert bench.client.zrange("pc:failed", 0, -1) == [b"solo:video:forgotten"]

    bench.clock.forward(timedelta(hours=24))
    bench.cache.clean()

    assert not bench.client.exists("pc:failed")


def test_a_derived_result_taken_back_softly_is_due_for_its_refresh(shelf: Bench) -> None:
    """As what the pattern named itself; nobody has to ask for it by name."""
    shelf.invalidate("looks:video:v1", soft=True)

    assert set(shelf.cache.due(RATE, within=timedelta(0), most=10)) == {key(RATE, "v1")}


class Platform:
    """The shipped rows on a real cache, and results as workers store them."""

    def __init__(self, client: "redis.Redis", clock: Clock) -> None:
        self.catalogue = Catalogue.of(ROWS)
        self.cache = Cache(client, clock=clock)
        self.ledger = Ledger(self.cache, watch=LEASE)

    def begin(self, row: TaskType, event: Event) -> None:
        """A worker begins to compute it."""
        at = row.key_for(event.ref)
        message = Message(task_id=f"t-{at}", key=at, queue="video", event=event.to_json(), cause="event")
        assert self.ledger.begin(message, owner="w1", lease=LEASE, fingerprint="")[0] is Beginning.RUN

    def store(self, row: TaskType, event: Event) -> None:
        """The worker stores it."""
        at = row.key_for(event.ref)
        self.cache.store(row, at, owner="w1", body=b"{}", parts={}, cost=timedelta(seconds=1))

    def have(self, event: Event, *rows: TaskType) -> None:
        """Results of an event."""
        for row in rows:
            self.begin(row, event)
            self.store(row, event)

    def found(self, row: TaskType, name: str) -> str:
        """What a reader finds: fresh, stale or nothing."""
        entry = self.cache.read(row.key_for(SubjectRef(subject=row.subject, id=name)))
        return ("stale" if entry.stale else "fresh") if isinstance(entry, Entry) else "nothing"

    def invalidate(self, pattern: str, *, soft: bool = False) -> int:
        """As the API does."""
        return Invalidation(cache=self.cache, catalogue=self.catalogue).invalidate(Pattern(pattern), soft=soft)


@pytest.fixture
def platform(cache_client: "redis.Redis", bench: Bench) -> Platform:
    """A user with a dashboard, analytics, a video and a campaign, and another with a dashboard."""
    platform = Platform(cache_client, bench.clock)
    platform.have(VideoUploaded(subject_id="v1", user_id="u1"), HOOK_ANALYSIS, THUMBNAIL_GENERATION, CTR_PREDICTION)
    platform.have(CampaignCreated(subject_id="c1", user_id="u1"), VARIANT_GENERATION)
    for user in ("u1", "u2"):
        login = UserLoggedIn(subject_id=user, user_id=user)
        platform.have(login, DASHBOARD_DATA, CAMPAIGN_ANALYTICS, PREDICTED_ACTIONS)
    return platform


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize(
    ("pattern", "hits", "stale"),
    [
        ("variant_generation:campaign:c1", 1, {"dashboard_data", "campaign_analytics"}),
        ("campaign:*", 1, {"dashboard_data", "campaign_analytics"}),
        ("video:v1:*", 3, {"dashboard_data"}),
        ("hook_analysis:*", 2, {"dashboard_data"}),
        ("video_samples:video:v1", 3, {"dashboard_data"}),
        ("campaign:c2:*", 0, set()),
    ],
)
def test_the_owners_pages_go_stale_with_what_they_show(
    platform: Platform, pattern: str, hits: int, stale: set[str], soft: bool
) -> None:
    """Hard or soft, since all the rest of them holds; they are not counted, and nobody else's pages are touched."""
    assert platform.invalidate(pattern, soft=soft) == hits

    pages = (DASHBOARD_DATA, CAMPAIGN_ANALYTICS, PREDICTED_ACTIONS)
    assert {row.name for row in pages if platform.found(row, "u1") == "stale"} == stale
    assert {row.name for row in pages if platform.found(row, "u1") == "nothing"} == set()
    assert [platform.found(row, "u2") for row in pages] == ["fresh"] * 3


def test_a_page_that_is_being_computed_is_stale_when_it_is_stored(platform: Platform) -> None:
    """It may have looked before; it is not broken off, since its owner waits for it."""
    login = UserLoggedIn(subject_id="u3", user_id="u3")
    platform.have(CampaignCreated(subject_id="c3", user_id="u3"), VARIANT_GENERATION)
    platform.begin(DASHBOARD_DATA, login)

    platform.invalidate("campaign:c3:*")
    platform.store(DASHBOARD_DATA, login)

    assert platform.found(DASHBOARD_DATA, "u3") == "stale"


def test_only_a_row_about_a_user_can_show_what_is_theirs() -> None:
    """The row is refused when it is declared."""
    with pytest.raises(DeclarationError, match="solo"):
        replace(SOLO, shows=(Subject.VIDEO,))


def test_a_result_kept_for_errors_is_taken_back_too(bench: Bench) -> None:
    """What was taken back is not served when computing it again fails."""
    bench.have(SOLO)
    bench.clock.forward(TTL + GRACE)

    bench.invalidate("solo:video:v1")
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.fail(SOLO)

    assert not isinstance(bench.cache.read(key(SOLO)), Entry)
    assert CATALOGUE.get("solo").kept_for_errors > timedelta(0)
