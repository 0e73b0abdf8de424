"""What another version of the service left on the servers, as there is during an upgrade: read, or dropped."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from bench import CATALOGUE, CUTS, NOON, RAW, SOLO, Bench, key

import precompute
from precompute.alerts import active_alerts
from precompute.callbacks import Callbacks
from precompute.course import course, take_sample
from precompute.entry import FORMAT, Entry, Miss, State
from precompute.errors import InputGone
from precompute.events import VideoUploaded, event_from_json
from precompute.footprint import footprints
from precompute.latest import latest
from precompute.ledger import Beginning
from precompute.measures import forget_lost_workers, lost_workers, measure, report_worker, running_workers
from precompute.mending import mend
from precompute.processes import forget_lost_processes, processes_by_role
from precompute.subjects import Subject, SubjectRef

LUA = Path(precompute.__file__).parent / "lua"
ENTRY = f"pc:e:{key(SOLO)}"


@pytest.fixture
def newer(bench: Bench) -> Bench:
    """A result that a newer version stored, in a format that this one does not know."""
    bench.have(SOLO)
    bench.client.hset(ENTRY, mapping={"fv": FORMAT + 1, "v": b"\xff not ours"})
    return bench


def test_all_who_read_entries_know_the_same_format() -> None:
    """The constant is written down where it is used: in Python and in two scripts."""
    assert f"local FORMAT = {FORMAT}\n" in (LUA / "shared.lua").read_text()
    assert f"entry[12] ~= '{FORMAT}' and tonumber(entry[12]) > {FORMAT}" in (LUA / "read.lua").read_text()


def test_an_entry_says_its_format(bench: Bench) -> None:
    """So that another version can tell."""
    bench.have(SOLO)
    assert bench.client.hget(ENTRY, "fv") == str(FORMAT).encode()


def test_what_was_stored_before_there_were_formats_is_read(bench: Bench) -> None:
    """By the version before this one."""
    bench.have(SOLO, value={"of": "before"})
    bench.client.hdel(ENTRY, "fv")
    found = bench.cache.read(key(SOLO))
    assert isinstance(found, Entry)
    assert found.value == {"of": "before"}
    assert bench.cache.stored(key(SOLO), fresh=True).value == {"of": "before"}
    assert bench.trigger(SOLO).cached == ("solo",)


def test_what_a_newer_version_stored_is_a_miss_and_left_alone(newer: Bench) -> None:
    """Readers are not given what cannot be understood, and the newer ones keep it."""
    before = newer.client.hgetall(ENTRY)
    assert isinstance(newer.cache.read(key(SOLO)), Miss)
    assert newer.state(SOLO) is State.MISSING
    with pytest.raises(InputGone):
        newer.cache.stored(key(SOLO))
    mend(newer.ledger, CATALOGUE)
    assert newer.client.hgetall(ENTRY) == before
    assert newer.client.zscore("pc:gone", str(key(SOLO))) is not None


def test_what_a_newer_version_stored_is_computed_again_for_those_who_ask(newer: Bench) -> None:
    """In this version's format then, which the newer one reads too."""
    assert set(newer.trigger(SOLO).queued) == {"solo"}
    assert newer.begin(SOLO) is Beginning.RUN
    newer.store(SOLO, value={"of": "ours"})
    found = newer.cache.read(key(SOLO))
    assert isinstance(found, Entry)
    assert found.value == {"of": "ours"}
    assert newer.client.hget(ENTRY, "fv") == str(FORMAT).encode()


def test_what_a_newer_version_adds_to_an_event_is_left_out() -> None:
    """The rest of it says what to compute."""
    event = VideoUploaded(subject_id="v1", user_id="u1", fingerprint="f1")
    assert event_from_json(orjson.dumps({**orjson.loads(event.to_json()), "campaign": {"of": "later"}})) == event
    bare = {"event": "video_uploaded", "subject_id": "v1", "user_id": "u1"}
    assert event_from_json(orjson.dumps(bare)) == VideoUploaded(subject_id="v1", user_id="u1")


def test_a_task_whose_event_cannot_be_read_does_not_stop_the_sweep(bench: Bench) -> None:
    """It goes to a worker, who fails it with a reason; what it waits for is not asked for."""
    bench.trigger(CUTS)
    task_id = bench.ledger.records([key(CUTS)])[0].task_id or ""
    bench.client.delete(f"pc:t:{key(RAW)}")
    bench.client.hset(f"pc:t:{key(CUTS)}", "event", b'{"event":"video_transcribed"}')
    bench.dispatch.sent.clear()
    bench.dependants.advance(CUTS, key(CUTS), task_id=task_id)
    assert bench.dispatch.names == ["cuts"]


def _with_and_without(known: bytes) -> list[bytes]:
    """A JSON object as a newer version writes it, with more in it, and with only its time, as an older one might."""
    body: Mapping[str, object] = orjson.loads(known)
    return [orjson.dumps({**body, "later": {"x": 1}}), orjson.dumps({"at": body["at"]})]


@pytest.mark.parametrize("name", ["pc:workers", "pc:processes"])
def test_reports_of_other_versions_are_read(bench: Bench, name: str) -> None:
    """What they do not tell is unknown."""
    report_worker(bench.cache, name="ours@h", processes=2, queues=["video"])
    told = bench.client.hget("pc:workers", "ours@h")
    for number, other in enumerate(_with_and_without(told)):
        bench.client.hset(name, f"other{number}", other)
    assert sum(worker["processes"] for worker in running_workers(bench.cache)) >= 2
    assert measure(bench.cache, CATALOGUE).workers
    processes_by_role(bench.cache)
    bench.clock.forward(timedelta(days=1))
    lost_workers(bench.cache)
    forget_lost_processes(bench.cache)
    assert forget_lost_workers(bench.cache)
    assert bench.client.hgetall(name) == {}


def test_the_course_of_another_version_goes_on(bench: Bench) -> None:
    """Steps with more in them, and with less."""
    take_sample(bench.cache, CATALOGUE)
    bench.clock.forward(timedelta(seconds=10))
    take_sample(bench.cache, CATALOGUE)
    for number, other in enumerate(_with_and_without(bench.client.lindex("pc:course:fine", -1))):
        step = {**orjson.loads(other), "s": 10.0, "at": orjson.loads(other)["at"] + number}
        bench.client.rpush("pc:course:fine", orjson.dumps(step))
    assert len(course(bench.cache, since=timedelta(minutes=5))) == 3


def test_alerts_of_another_version_are_told(bench: Bench) -> None:
    """What it keeps about them besides is left out."""
    standing = {
        "name": "queue_backlog",
        "labels": {},
        "since": int(NOON.timestamp() * 1000),
        "told": True,
        "value": 7.0,
        "threshold": 5.0,
        "summary": "much waits",
        "severity": "page",
    }
    bench.client.hset("pc:alerts", mapping={"at": 0, "version": "x", "standing": orjson.dumps([standing])})
    assert [alert.summary for alert in active_alerts(bench.cache)] == ["much waits"]


def test_callbacks_of_another_version_are_sent(bench: Bench) -> None:
    """Those without the id of a request too."""
    callbacks = Callbacks(bench.client, ledger=bench.ledger, clock=bench.clock)
    ref = SubjectRef(subject=Subject.VIDEO, id="v1")
    body = {"url": "https://caller/x", "event": "video_uploaded", "ref": str(ref), "keys": [], "at": 0, "sign": "v2"}
    bench.client.hset("pc:cb:one", mapping={"c": orjson.dumps(body), "tries": 0, "of": str(ref)})
    bench.client.zadd("pc:cb:due", {"one": 0})
    (found,) = callbacks.claim(most=10)
    assert (found.url, found.request_id) == ("https://caller/x", "")


def test_the_latest_results_and_the_memory_of_another_version_are_told(bench: Bench) -> None:
    """A longer line, and figures of other names."""
    bench.client.lpush("pc:latest", orjson.dumps([str(key(SOLO)), 0, 5, "event", 9, "more"]))
    assert [one.took_ms for one in latest(bench.cache)] == [5]
    bench.client.set("pc:footprint", orjson.dumps({row.name: {"other": 1} for row in CATALOGUE}))
    assert set(footprints(bench.cache, CATALOGUE)) == {row.name for row in CATALOGUE}
