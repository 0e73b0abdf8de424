"""What has failed or is set aside: listed, run again, forgotten."""

from datetime import timedelta

import pytest
from bench import CATALOGUE, CUTS, LOOKS, NOON, RATE, RAW, SOLO, Bench, key

from precompute.entry import Entry, State
from precompute.errors import BrokerUnavailable, UnknownPrecomputation
from precompute.failures import Counts, Failure, failure_counts, latest_failures
from precompute.ledger import FIRST_REST, KEPT, MOST_DELIVERIES, Beginning
from precompute.mending import mend
from precompute.precomputer import Precomputer
from precompute.subjects import CacheKey
from precompute.task_type import TaskType

MINUTE = timedelta(minutes=1)


def _failed(bench: Bench, row: TaskType = SOLO, *, video: str = "v1") -> None:
    bench.trigger(row, video=video)
    assert bench.begin(row, video=video) is Beginning.RUN
    bench.fail(row, video=video)


def _set_aside(bench: Bench, row: TaskType = SOLO) -> None:
    for _ in range(MOST_DELIVERIES):
        assert bench.begin(row) is Beginning.RUN
        bench.die(row)
    assert bench.begin(row) is Beginning.SET_ASIDE


def _listed(bench: Bench, **wanted: object) -> list[str]:
    return [str(one.key) for one in latest_failures(bench.cache, CATALOGUE, **wanted)]  # type: ignore[arg-type]


def test_a_failure_is_told_with_its_reason(bench: Bench) -> None:
    """Key, task, code and sentence, when, and why it was wanted."""
    bench.clock.forward(MINUTE)
    _failed(bench)

    assert latest_failures(bench.cache, CATALOGUE) == [
        Failure(
            key=key(SOLO),
            task_id=str(bench.record(SOLO).task_id),
            code="not_a_video",
            message="that is not a video",
            failed_at=NOON + MINUTE,
            cause="event",
            deliveries=1,
            set_aside=False,
        )
    ]


def test_the_latest_are_listed_first_and_no_more_than_asked_for(bench: Bench) -> None:
    """Of five failures the last two, in the order of time."""
    for number in range(5):
        _failed(bench, video=f"v{number}")
        bench.clock.forward(MINUTE)

    assert _listed(bench, most=2) == ["solo:video:v4", "solo:video:v3"]


def test_one_type_is_listed_alone(bench: Bench) -> None:
    """Other types do not count towards how many were asked for."""
    _failed(bench, video="v1")
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.begin(CUTS)
    bench.fail(CUTS)

    assert _listed(bench, task_type="solo", most=1) == ["solo:video:v1"]


def test_what_only_feeds_others_is_told_by_what_needs_it(bench: Bench) -> None:
    """A transient input is not listed, as no caller knows it; both that need it are, with its reason."""
    bench.trigger(CUTS, LOOKS)
    bench.begin(RAW)
    bench.fail(RAW)
    bench.dependants.release(RAW, key(RAW))

    assert set(_listed(bench)) == {"cuts:video:v1", "looks:video:v1"}
    assert {one.message for one in latest_failures(bench.cache, CATALOGUE)} == {"that is not a video"}
    assert failure_counts(bench.cache, CATALOGUE) == {"cuts": Counts(failed=1), "looks": Counts(failed=1)}


def test_what_ended_its_workers_is_told_from_what_only_failed(bench: Bench) -> None:
    """With how often; so is what needs it, and the count says how many."""
    _failed(bench, video="v2")
    bench.trigger(CUTS)
    _set_aside(bench, RAW)
    bench.dependants.release(RAW, key(RAW))

    [aside] = latest_failures(bench.cache, CATALOGUE, set_aside=True)
    assert (str(aside.key), aside.code, aside.deliveries, aside.set_aside) == ("cuts:video:v1", "set_aside", 3, True)
    assert failure_counts(bench.cache, CATALOGUE) == {
        "cuts": Counts(failed=1, set_aside=1),
        "solo": Counts(failed=1, set_aside=0),
    }


@pytest.mark.parametrize("gone", ["computed", "dropped", "invalidated", "forgotten", "evicted"])
def test_a_failure_that_is_over_is_not_listed(precomputer: Precomputer, bench: Bench, gone: str) -> None:
    """Neither is it counted, at the latest after the next sweep."""
    _failed(bench)
    if gone == "computed":
        bench.clock.forward(FIRST_REST)
        bench.trigger(SOLO)
        assert _listed(bench) == []
        bench.compute(SOLO)
    elif gone == "dropped":
        assert precomputer.failures.drop([key(SOLO)]) == [True]
    elif gone == "invalidated":
        bench.invalidate("solo:*")
    elif gone == "forgotten":
        bench.clock.forward(KEPT)
        bench.client.delete(f"pc:t:{key(SOLO)}")
        bench.cache.clean()
    else:
        bench.client.delete(f"pc:t:{key(SOLO)}")
        assert _listed(bench) == []
        mend(bench.ledger, CATALOGUE)

    assert _listed(bench) == []
    assert failure_counts(bench.cache, CATALOGUE) == {}


def test_the_list_is_bounded(bench: Bench) -> None:
    """Of more than ten thousand the latest are kept, and mending does not bring the others back."""
    score = 1000 * NOON.timestamp()
    bench.client.zadd("pc:failed", {f"solo:video:old{number}": score + number for number in range(10_000)})

    _failed(bench)

    assert bench.client.zcard("pc:failed") == 10_000
    assert bench.client.zscore("pc:failed", "solo:video:old0") is None
    assert _listed(bench) == ["solo:video:v1"]


def test_what_is_set_aside_is_not_lost_behind_what_failed_since(bench: Bench) -> None:
    """However many failures follow."""
    bench.trigger(SOLO)
    _set_aside(bench)
    score = 1000 * (NOON + timedelta(days=3)).timestamp()
    bench.client.zadd("pc:failed", {f"cuts:video:{number}": score + number for number in range(10_000)})
    _failed(bench, video="v2")

    assert bench.client.zscore("pc:failed", "solo:video:v1") is None
    assert _listed(bench, set_aside=True) == ["solo:video:v1"]
    assert "solo:video:v1" in _listed(bench)


def test_a_lost_list_is_made_again(bench: Bench) -> None:
    """The server dropped both indexes: the next sweeps name again what they named."""
    _failed(bench, video="v2")
    bench.trigger(SOLO)
    _set_aside(bench)
    before = failure_counts(bench.cache, CATALOGUE)
    bench.client.delete("pc:failed", "pc:aside")

    for _ in range(2):
        mend(bench.ledger, CATALOGUE)

    assert failure_counts(bench.cache, CATALOGUE) == before == {"solo": Counts(failed=2, set_aside=1)}


def test_what_failed_is_run_again_at_once_for_its_own_event(precomputer: Precomputer, bench: Bench) -> None:
    """No rest is waited for, and the message brings the event of the task that failed."""
    _failed(bench)
    first = bench.message(SOLO)
    bench.dispatch.sent.clear()

    [task_id] = precomputer.failures.retry([key(SOLO)])

    [message] = bench.dispatch.sent
    assert (message.task_id, message.event) == (task_id, first.event)
    assert message.task_id != first.task_id
    bench.compute(SOLO)
    assert bench.state(SOLO) is State.READY


def test_a_fresh_result_does_not_keep_a_failure_from_being_run_again(precomputer: Precomputer, bench: Bench) -> None:
    """A refresh that failed is computed though what it was to replace is fresh."""
    bench.have(SOLO, value={"n": 1})
    bench.trigger(SOLO, force=True)
    bench.begin(SOLO)
    bench.fail(SOLO)

    precomputer.failures.retry([key(SOLO)])
    bench.compute(SOLO, value={"n": 2})

    found = bench.cache.read(key(SOLO))
    assert isinstance(found, Entry)
    assert found.value == {"n": 2}


def test_what_another_has_run_again_is_joined(precomputer: Precomputer, bench: Bench) -> None:
    """Two operators push the same button: one task, and both are told of it."""
    _failed(bench)
    bench.dispatch.sent.clear()

    first, second = precomputer.failures.retry([key(SOLO)]), precomputer.failures.retry([key(SOLO)])

    assert first == second == [bench.dispatch.sent[0].task_id]
    assert len(bench.dispatch.sent) == 1


def test_what_did_not_fail_is_refused_and_the_others_are_not(precomputer: Precomputer, bench: Bench) -> None:
    """In the order of the keys: nothing known, ready, of no type there is, and one that runs again."""
    bench.have(SOLO, video="ready")
    _failed(bench)
    unknown = CacheKey.parse("gone_plugin:video:v1")

    found = precomputer.failures.retry([key(SOLO, "none"), key(SOLO, "ready"), unknown, key(SOLO)])

    assert [isinstance(one, UnknownPrecomputation) for one in found] == [True, True, True, False]
    assert "solo:video:none" in str(found[0])
    assert bench.state(SOLO, "ready") is State.READY


def test_with_the_broker_away_a_failure_stays_one(precomputer: Precomputer, bench: Bench) -> None:
    """Nothing is queued, and nothing is lost: once it is back, the same key can be run again."""
    _failed(bench)
    before = latest_failures(bench.cache, CATALOGUE)
    bench.clock.forward(MINUTE)
    bench.dispatch.broken = True
    with pytest.raises(BrokerUnavailable):
        precomputer.failures.retry([key(SOLO)])

    bench.dispatch.broken = False
    assert latest_failures(bench.cache, CATALOGUE) == before
    assert bench.client.pttl(f"pc:t:{key(SOLO)}") > 0
    [task_id] = precomputer.failures.retry([key(SOLO)])
    assert isinstance(task_id, str)


def test_what_is_dropped_is_missing(precomputer: Precomputer, bench: Bench) -> None:
    """As if it had never been asked for; its task id leads nowhere any more."""
    _failed(bench)
    task_id = str(bench.record(SOLO).task_id)

    assert precomputer.failures.drop([key(SOLO), key(SOLO, "none")]) == [True, False]

    assert bench.state(SOLO) is State.MISSING
    assert bench.ledger.key_of(task_id) is None
    assert set(bench.trigger(SOLO).queued) == {"solo"}


def test_what_is_dropped_takes_the_failure_of_what_only_fed_it_along(precomputer: Precomputer, bench: Bench) -> None:
    """Else the next trigger would be told of the input that failed, which nobody can see."""
    bench.trigger(CUTS)
    bench.begin(RAW)
    bench.fail(RAW)
    bench.dependants.release(RAW, key(RAW))

    precomputer.failures.drop([key(CUTS)])

    assert set(bench.trigger(CUTS).queued) == {"cuts"}


def test_a_dropped_failure_leaves_the_result_that_is_served(precomputer: Precomputer, bench: Bench) -> None:
    """A refresh failed; its readers keep what they have."""
    bench.have(SOLO, value={"n": 1})
    bench.trigger(SOLO, force=True)
    bench.begin(SOLO)
    bench.fail(SOLO)

    precomputer.failures.drop([key(SOLO)])

    assert bench.state(SOLO) is State.READY
    assert isinstance(bench.cache.read(key(SOLO)), Entry)


def test_a_served_input_that_failed_is_not_dropped_with_what_needs_it(precomputer: Precomputer, bench: Bench) -> None:
    """It is listed by itself."""
    bench.trigger(CUTS)
    bench.compute(RAW)
    bench.begin(CUTS)
    bench.fail(CUTS)
    bench.trigger(RATE)

    precomputer.failures.drop([key(RATE)])

    assert _listed(bench) == ["cuts:video:v1"]
