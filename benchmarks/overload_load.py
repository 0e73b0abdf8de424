"""The callers of the overload run, and what the service tells of what it does for them."""

import http.client
import itertools
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import orjson
from load import Answers, get, open_loop
from overload_tasks import AHEAD, KEPT

from precompute.admission import admit
from precompute.events import CampaignCreated, UserLoggedIn
from precompute.measures import waiting_tasks
from precompute.planner import plan
from precompute.subjects import Subject, SubjectRef
from workers.wiring import Engine

KEPT_FRESH = 30
"""Results that go stale within seconds and are read."""

HABIT = 10
"""How often a user was seen to glance after they woke."""

MEASURED = 40
NONE = Answers(seconds=np.array([]), took=0.0, statuses={})
_BATCH = 1000
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What was asked for within one stretch of time, and what the service did of it.

    Attributes:
        acted: Users who did something after which a result of theirs will be read.
        predicted: Results that were queued for that.
        refreshed: Refreshes that were handed to the workers.
        refused: Refreshes for which there was no room.
        reads: Answers to reads.
        triggers: Answers to triggers; none where there were none.
    """

    ACTIONS: ClassVar[float] = 5.0
    READS: ClassVar[float] = 50.0

    acted: int
    predicted: int
    refreshed: int
    refused: int
    reads: Answers
    triggers: Answers

    def __str__(self) -> str:
        return (
            f"{self.predicted} of {self.acted} predicted results queued, {self.refreshed} refreshes queued and "
            f"{self.refused} refused, reads {self.reads.statuses}, triggers {self.triggers.statuses}"
        )


class Service:
    """The service under load.

    Args:
        address: Of the API.
        engine: On the same servers, to look at counters.
    """

    def __init__(self, *, address: tuple[str, int], engine: Engine) -> None:
        self.engine = engine
        self._address = address
        self._campaigns = itertools.count()
        self._users: Iterator[str] = iter(())

    def prepare(self, *, users: int) -> None:
        """Have results that go stale, and as many users of whom it is known what they do next."""
        for ref in self._readers():
            event = UserLoggedIn(subject_id=ref.id, user_id=ref.id)
            planned = plan(event, catalogue=self.engine.catalogue, rows=[KEPT])
            admit(planned, ledger=self.engine.ledger, dispatch=self.engine.dispatch)
        names = [f"u{number}" for number in range(users)]
        habits = [{"user_id": name, "action": what} for name in names for what in ("wake", "glance") * HABIT]
        for place in range(0, len(habits), _BATCH):
            status, _ = self._post("/api/precompute/actions", {"actions": habits[place : place + _BATCH]})
            if status != 202:
                raise SystemExit(f"actions were answered {status}")
        self._users = iter(names)
        if self.drained(within_s=60) is None:
            raise SystemExit("nothing is computed")

    def tasks_each(self) -> int:
        """Tasks that one trigger starts."""
        return len(self.engine.catalogue.started_by(CampaignCreated))

    def capacity(self) -> float:
        """Triggers a second that the worker can do."""
        began = time.monotonic()
        for number in itertools.islice(self._campaigns, MEASURED):
            self._post("/api/precompute/campaign", _campaign(number))
        if self.drained(within_s=120) is None:
            raise SystemExit("the worker does nothing")
        return MEASURED / (time.monotonic() - began)

    def share(self, *, seconds: float, triggers_a_second: float = 0.0) -> Share:
        """Let users act and read for a while, and campaigns be created; what came of it."""
        before = self.counts()
        host = f"{self._address[0]}:{self._address[1]}"
        users = itertools.islice(self._users, int(seconds * Share.ACTIONS))
        acting = [{"user_id": name, "action": "wake"} for name in users]
        actions = [_request("/api/precompute/actions", body, host=host) for body in acting]
        reads = [get(f"/api/precompute/cache/{KEPT.key_for(ref)}", host=host) for ref in self._readers()]
        wanted = itertools.islice(self._campaigns, int(seconds * triggers_a_second) + 1)
        triggers = [_request("/api/precompute/campaign", _campaign(number), host=host) for number in wanted]
        with ThreadPoolExecutor(3) as pool:
            asked = {"seconds": seconds}
            of_reads = pool.submit(open_loop, self._address, reads, a_second=Share.READS, **asked)
            of_actions = pool.submit(open_loop, self._address, actions, a_second=Share.ACTIONS, **asked)
            of_triggers = None
            if triggers_a_second:
                of_triggers = pool.submit(open_loop, self._address, triggers, a_second=triggers_a_second, **asked)
        if set(of_actions.result().statuses) != {202}:
            raise SystemExit(f"actions were answered {of_actions.result().statuses}")
        after = self.counts()
        grown = {name: after[name] - before[name] for name in after}
        return Share(
            acted=len(acting),
            reads=of_reads.result(),
            triggers=of_triggers.result() if of_triggers else NONE,
            **grown,
        )

    def counts(self) -> Mapping[str, int]:
        """The service's own counters of what only keeps ahead."""
        names = (f"ahead:{AHEAD.name}", f"refresh:queued:{KEPT.name}", f"refresh:refused:{KEPT.name}")
        client: Any = self.engine.cache.client
        told = [int(value or 0) for value in client.hmget("pc:m", names)]
        return dict(zip(("predicted", "refreshed", "refused"), told, strict=True))

    def waiting(self) -> int:
        """Tasks that have not begun."""
        counts = waiting_tasks(self.engine.cache, self.engine.catalogue)
        return sum(count for names in counts.values() for count in names.values())

    def drained(self, *, within_s: float) -> float | None:
        """Seconds until nothing has been waiting; None when that takes too long."""
        began = time.monotonic()
        while self.waiting():
            if time.monotonic() - began > within_s:
                return None
            time.sleep(_LOOK_EVERY_S)
        return time.monotonic() - began

    def trigger(self) -> tuple[int, str | None]:
        """Status and Retry-After of one more campaign."""
        return self._post("/api/precompute/campaign", _campaign(next(self._campaigns)))

    def taken_in(self) -> bool:
        """Whether a trigger is accepted now."""
        return self.trigger()[0] == 202

    def _readers(self) -> list[SubjectRef]:
        return [SubjectRef(subject=Subject.USER, id=f"reader{number}") for number in range(KEPT_FRESH)]

    def _post(self, path: str, body: Mapping[str, Any]) -> tuple[int, str | None]:
        connection = http.client.HTTPConnection(*self._address, timeout=20)
        connection.request("POST", path, body=orjson.dumps(body), headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.getheader("Retry-After")


@dataclass(slots=True)
class Lookout:
    """Looks ten times a second at what the service says, and notes since when each kind of work was refused.

    Attributes:
        service: Which.
        most: Tasks that waited at once.
        refused_at: Seconds from the beginning: since when nothing was queued ahead any more; when the first refresh was
            refused; when the first trigger was.
        retry_after: What that one was told.
    """

    service: Service
    most: int = 0
    refused_at: dict[str, float] = field(default_factory=dict)
    retry_after: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until it is told to end."""
        began = time.monotonic()
        last = first = self.service.counts()
        while not self.ended.wait(_LOOK_EVERY_S):
            self.most = max(self.most, self.service.waiting())
            now, at = self.service.counts(), time.monotonic() - began
            if now["predicted"] > last["predicted"] or "predicted work" not in self.refused_at:
                self.refused_at["predicted work"] = at
            if now["refused"] > first["refused"]:
                self.refused_at.setdefault("refreshes", at)
            last = now
            if self.retry_after is None:
                status, told = self.service.trigger()
                if status == 503:
                    self.retry_after = told
                    self.refused_at["events"] = time.monotonic() - began


def _campaign(number: int) -> Mapping[str, Any]:
    data = {"budget": 100, "target_audience": "runners"}
    return {"campaign_id": f"c{number}", "user_id": f"owner{number}", "campaign_data": data}


def _request(path: str, body: Mapping[str, Any], *, host: str) -> bytes:
    sent = orjson.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    return head.encode() + sent
