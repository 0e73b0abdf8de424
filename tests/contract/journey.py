"""Everything that can happen to results, for Hypothesis to put together in any order, and what holds after each."""

from contextlib import suppress
from datetime import timedelta

import redis
from bench import CATALOGUE, CUTS, GRACE, KEPT_FOR_ERRORS, LEASE, LOOKS, RATE, RAW, SOLO, TTL, Bench, key
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from precompute.entry import Entry
from precompute.errors import BrokerUnavailable, LeaseLost
from precompute.events import event_from_json
from precompute.ledger import FIRST_REST, Beginning
from precompute.message import Message
from precompute.planner import Cause
from precompute.task_type import TaskType

VIDEOS = st.sampled_from(["v1", "v2"])
ROWS = st.sampled_from([RAW, CUTS, LOOKS, RATE, SOLO])
SERVED = st.sampled_from([CUTS, LOOKS, RATE, SOLO])
WANTED = st.sets(st.sampled_from([CUTS, LOOKS, RATE, SOLO]), min_size=1)
SOFT = st.booleans()
PATTERNS = st.sampled_from(["*", "cuts:*", "video:v1:*", "solo:video:v2", "rate:video:v1"])


class Journey(RuleBasedStateMachine):
    """Triggers, workers that run, die, dawdle and fail, invalidations, evictions, sweeps and the passing of time."""

    client: "redis.Redis"

    def __init__(self) -> None:
        super().__init__()
        self.client.flushall()
        self.bench = Bench(self.client)
        self.running: dict[str, tuple[Message, TaskType, str]] = {}
        self.paused: list[tuple[Message, TaskType, str]] = []
        self.next = 0

    @rule(rows=WANTED, video=VIDEOS, fingerprint=st.sampled_from(["f1", "f2"]), force=st.booleans())
    def trigger(self, rows: set[TaskType], video: str, fingerprint: str, force: bool) -> None:
        """An upload."""
        self.bench.trigger(*rows, video=video, fingerprint=fingerprint, force=force)

    @rule(row=ROWS, video=VIDEOS, fingerprint=st.sampled_from(["f1", "f2"]), insist=st.booleans())
    def refresh(self, row: TaskType, video: str, fingerprint: str, insist: bool) -> None:
        """What the sweep asks for, or an operator who insists."""
        asked = {"video": video, "fingerprint": fingerprint}
        self.bench.trigger(row, **asked, force=True, insist=insist, cause=Cause.REFRESH)

    @rule(row=SERVED, video=VIDEOS, draw=st.sampled_from([0.0, 1e9]))
    def read(self, row: TaskType, video: str, draw: float) -> None:
        """A reader, early or not: nobody gets what is past its grace while nothing has failed."""
        self.bench.cache.draw = lambda: draw
        found = self.bench.cache.read(key(row, video))
        if isinstance(found, Entry) and found.kept:
            task = self.bench.client.hmget(f"pc:t:{key(row, video)}", "state", "fails", "attempts")
            assert task[0] == b"failed" or any(task[1:])
        if isinstance(found, Entry) and found.due:
            refreshed = {"force": found.early, "seen_at": found.computed_at, "cause": Cause.REFRESH}
            self.bench.trigger(row, video=video, **refreshed)

    @rule(rows=WANTED, video=VIDEOS)
    def trigger_without_a_broker(self, rows: set[TaskType], video: str) -> None:
        """An upload that cannot be queued."""
        self.bench.dispatch.broken = True
        with suppress(BrokerUnavailable):
            self.bench.trigger(*rows, video=video)
        self.bench.dispatch.broken = False

    @precondition(lambda self: self.bench.dispatch.sent)
    @rule(data=st.data(), acknowledged=st.booleans())
    def deliver(self, data: st.DataObject, acknowledged: bool) -> None:
        """A worker takes up any message, or one that was delivered before."""
        message = data.draw(st.sampled_from(self.bench.dispatch.sent))
        if acknowledged:
            self.bench.dispatch.sent.remove(message)
        self.next += 1
        owner = f"w{self.next}"
        fingerprint = ('"f2"' in message.event and "f2") or "f1"
        beginning = self.bench.take(message, owner=owner, fingerprint=fingerprint)
        row = CATALOGUE.get(message.key.task_type)
        if beginning is Beginning.RUN:
            assert str(message.key) not in self.running, "two workers have the same lease"
            self.running[str(message.key)] = (message, row, owner)
        elif beginning is not Beginning.BUSY:
            self.bench.dependants.release(row, message.key, again=True)

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["store", "store", "store", "fail", "retry", "pause", "store only"]))
    def end(self, data: st.DataObject, how: str) -> None:
        """One of the running computations ends, well or not, or its worker falls asleep and the lease lapses."""
        name = data.draw(st.sampled_from(sorted(self.running)))
        message, row, owner = self.running.pop(name)
        video = message.key.ref.id
        if how.startswith("store"):
            try:
                self.bench.store(row, video=video, owner=owner, value={"by": owner}, parts={"p": owner.encode()})
            except LeaseLost:
                return
            found = self.bench.cache.read(message.key)
            assert isinstance(found, Entry)
            assert found.value == {"by": owner}
            if how == "store":
                self.bench.dependants.release(row, message.key)
        elif how == "pause":
            self.bench.client.delete(f"pc:l:{name}")
            self.paused.append((message, row, owner))
        elif self.bench.fail(row, video=video, owner=owner, retry_in=LEASE if how == "retry" else None):
            if how == "fail":
                self.bench.dependants.release(row, message.key)
            else:
                self.bench.dispatch([message])

    @precondition(lambda self: self.paused)
    @rule()
    def wake_up(self) -> None:
        """A worker wakes up after its lease has lapsed: it has no say any more."""
        message, row, owner = self.paused.pop()
        video = message.key.ref.id
        before = self.bench.everything()
        assert not self.bench.ledger.extend(message.key, owner=owner, lease=LEASE, progress=0.5)
        assert not self.bench.fail(row, video=video, owner=owner)
        try:
            self.bench.store(row, video=video, owner=owner)
        except LeaseLost:
            assert self.bench.everything() == before
        else:
            raise AssertionError("a worker without a lease wrote")

    @rule(pattern=PATTERNS, soft=SOFT)
    def invalidate(self, pattern: str, soft: bool) -> None:
        """Somebody says that results do not hold any more."""
        self.bench.invalidate(pattern, soft=soft)
        for name, (message, row, _owner) in list(self.running.items()):
            if not self.bench.client.exists(f"pc:l:{name}"):
                self.paused.append((message, row, _owner))
                del self.running[name]

    @rule(row=ROWS, video=VIDEOS)
    def evict(self, row: TaskType, video: str) -> None:
        """The server makes room."""
        self.bench.client.delete(f"pc:e:{key(row, video)}")
        self.bench.cache.read(key(row, video))

    @rule(by=st.sampled_from([LEASE, FIRST_REST, TTL, GRACE, KEPT_FOR_ERRORS]))
    def pass_time(self, by: timedelta) -> None:
        """Time passes, also for the server."""
        self.bench.clock.forward(by)
        now = self.bench.cache.now_ms()
        for name in self.bench.client.scan_iter("pc:e:*"):
            if int(self.bench.client.hget(name, "ke")) <= now:
                self.bench.client.delete(name)
        for name in self.running:
            # Their workers are alive and give signs of it.
            message, _row, owner = self.running[name]
            self.bench.ledger.extend(message.key, owner=owner, lease=LEASE, progress=None)

    @rule()
    def sweep(self) -> None:
        """What beat does."""
        for task in self.bench.ledger.overdue():
            self.bench.dependants.advance(CATALOGUE.get(task.key.task_type), task.key, task_id=task.task_id)
        self.bench.cache.clean()

    @invariant()
    def leases_are_held_by_those_who_run(self) -> None:
        """A trigger for another input may have taken a lease away; none is there that nobody holds."""
        for name in list(self.running):
            holder = self.bench.client.get(f"pc:l:{name}")
            if holder != self.running[name][2].encode():
                self.paused.append(self.running.pop(name))
        held = {each.decode().removeprefix("pc:l:") for each in self.bench.client.scan_iter("pc:l:*")}
        assert held == set(self.running)

    @invariant()
    def indexes_name_exactly_what_is_there(self) -> None:
        """Entries by type and end; tasks by queue and by when to look after them."""
        client, now = self.bench.client, self.bench.cache.now_ms()
        entries = {name.decode().removeprefix("pc:e:") for name in client.scan_iter("pc:e:*")}
        named = {name.decode(): int(at) for name, at in client.zrange("pc:gone", 0, -1, withscores=True)}
        # What the server let expire stays named until the next sweep, no longer.
        assert entries == {name for name, gone in named.items() if gone > now}
        assert _members(client, "pc:y:*") == set(named)
        # Samples, which no reader gets, are neither refreshed nor counted as unread.
        served = {name for name in entries if not name.startswith("raw:")}
        due = {name.decode() for name in client.zrange("pc:due", 0, -1)}
        assert due & entries == served
        assert due <= set(named)
        unread = {name.decode() for name in client.hkeys("pc:unread")}
        assert unread & entries == {name for name in served if client.hget(f"pc:e:{name}", "rd") == b"0"}
        assert unread <= set(named)
        tasks = {name.decode().removeprefix("pc:t:"): client.hget(name, "state") for name in client.scan_iter("pc:t:*")}
        unfinished = {name for name, state in tasks.items() if state in (b"waiting", b"queued", b"running")}
        assert {name.decode() for name in client.zrange("pc:watch", 0, -1)} == unfinished
        waiting = {name for name, state in tasks.items() if state in (b"waiting", b"queued")}
        assert _members(client, "pc:q:*") == waiting

    @invariant()
    def every_result_is_counted_once(self) -> None:
        """As used, as unused, or not yet as either."""
        counts = {name.decode(): int(count) for name, count in self.bench.client.hgetall("pc:m").items()}
        made, used, unused = (
            sum(count for name, count in counts.items() if name.startswith(kind))
            for kind in ("made:", "used:", "unused:")
        )
        assert made == used + unused + self.bench.client.hlen("pc:unread")
        assert all(count >= 0 for count in counts.values())

    @invariant()
    def failures_are_named_where_they_are(self) -> None:
        """So that a pattern that takes them back finds them."""
        client = self.bench.client
        failed = {
            name.decode().removeprefix("pc:t:")
            for name in client.scan_iter("pc:t:*")
            if client.hget(name, "state") == b"failed"
        }
        assert failed == {name.decode() for name in client.zrange("pc:failed", 0, -1)}

    @invariant()
    def what_is_over_has_an_end(self) -> None:
        """Records of finished tasks and all ids are forgotten some day."""
        client = self.bench.client
        for name in client.scan_iter("pc:t:*"):
            if client.hget(name, "state") in (b"ready", b"failed"):
                assert client.pttl(name) > 0
        for name in client.scan_iter("pc:i:*"):
            assert client.pttl(name) > 0

    def teardown(self) -> None:
        """Whatever happened, all that is on its way can still be brought to its end, and nothing stays behind."""
        self.finish()
        self.bench.clock.forward(TTL + GRACE + KEPT_FOR_ERRORS)
        self.pass_time(timedelta(0))
        self.bench.cache.clean()
        left = {name.decode().split(":")[1] for name in self.bench.client.scan_iter()}
        assert left <= {"m", "t", "i", "failed", "latest", "patrol"}, left
        for name in self.bench.client.scan_iter("pc:[ti]:*"):
            assert self.bench.client.pttl(name) > 0

    def finish(self) -> None:
        """Workers that run every message, and a sweep when there is none, until nothing is left to do."""
        for message, row, owner in self.running.values():
            with suppress(LeaseLost):
                self.bench.store(row, video=message.key.ref.id, owner=owner)
            self.bench.dependants.release(row, message.key)
        for _ in range(60):
            if not self.bench.client.exists("pc:watch"):
                return
            self.bench.clock.forward(LEASE)
            for task in self.bench.ledger.overdue():
                self.bench.dependants.advance(CATALOGUE.get(task.key.task_type), task.key, task_id=task.task_id)
            for _ in range(100):
                if not self.bench.dispatch.sent:
                    break
                self._run(self.bench.dispatch.sent.pop(0))
            else:
                raise AssertionError("messages beget messages")
        raise AssertionError(f"stranded: {self.bench.client.zrange('pc:watch', 0, -1)}")

    def _run(self, message: Message) -> None:
        row = CATALOGUE.get(message.key.task_type)
        fingerprint = event_from_json(message.event).fingerprint
        beginning = self.bench.take(message, owner="last", fingerprint=fingerprint)
        if beginning is Beginning.RUN:
            self.bench.store(row, video=message.key.ref.id, owner="last")
        self.bench.dependants.release(row, message.key, again=beginning is not Beginning.RUN)


def _members(client: "redis.Redis", names: str) -> set[str]:
    found: list[bytes] = []
    for name in client.scan_iter(names):
        found += client.smembers(name) if client.type(name) == b"set" else client.zrange(name, 0, -1)
    assert len(found) == len(set(found)), f"{names} name something twice"
    return {each.decode() for each in found}
