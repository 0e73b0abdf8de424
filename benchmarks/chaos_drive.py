"""The callers of the chaos run: they trigger until they are accepted, and deliver some messages twice.

Imported when the servers run: celeryconfig reads from the environment where they are.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import redis
from chaos_truth import KINDS, Wanted

from precompute.admission import admit
from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.events import UserLoggedIn
from precompute.facts import Action
from precompute.message import Message
from precompute.planner import plan
from precompute.settings import Settings
from workers.wiring import Engine, engine

AWAY = (BrokerUnavailable, StoreUnavailable)
AGAIN_AFTER_S = 0.2
TWICE, LATER, ANEW = 0.15, 0.1, 0.15
"""Shares of messages that are delivered twice at once and again later, and of triggers that come with a newer input."""

WEIGHTS: Mapping[str, int] = {"chain": 60, "slow": 22, "shaky": 6, "failing": 12}


class Callers:
    """Everybody who wants something precomputed.

    Args:
        settings: Where the servers are.
        tasks: How many precomputations they ask for.
        draw: Decides what is asked for.
    """

    def __init__(self, settings: Settings, *, tasks: int, draw: random.Random) -> None:
        self.engine: Engine = engine(settings)
        self.wanted = _wanted(tasks, draw)
        self.accepted: list[Wanted] = []
        self.facts: dict[str, int] = {}
        self.refused = self.doubled = 0
        self._draw = draw
        self._kept: list[Message] = []

    @property
    def asked(self) -> int:
        """How many precomputations have been accepted."""
        return sum(len(KINDS[one.kind]) for one in self.accepted)

    def run(self, *, seconds: float, ended: threading.Event, tell: Callable[[int], object]) -> None:
        """Ask for everything, spread over so long; then for nothing more."""
        began = time.monotonic()
        for place, one in enumerate(self.wanted):
            while time.monotonic() - began < seconds * place / len(self.wanted):
                time.sleep(0.01)
            self._ask(one)
            self.accepted.append(one)
            if one.kind != "poison" and self._draw.random() < ANEW:
                self._ask(self._draw.choice([one for one in self.accepted if one.kind != "poison"]))
            self._deliver_again()
            tell(self.asked)
        ended.set()

    def _ask(self, one: Wanted) -> None:
        generation = one.generation + 1
        data = {"number": one.number, "generation": generation}
        event = UserLoggedIn(subject_id=one.user, user_id=one.user, data=data, fingerprint=f"g{generation}")
        # Of others, as the service computes ahead for whoever it knows to have done something.
        doer = f"f{one.user}"
        fact = Action(at=datetime.now(UTC), user_id=doer, action="login")
        self._until_accepted(lambda: self.engine.stream.append([fact]))
        self.facts[doer] = self.facts.get(doer, 0) + 1
        planned = plan(event, catalogue=self.engine.catalogue, rows=KINDS[one.kind])
        self._until_accepted(lambda: admit(planned, ledger=self.engine.ledger, dispatch=self))  # type: ignore[arg-type]
        one.generation = generation

    def _until_accepted(self, ask: Callable[[], object]) -> None:
        while True:
            try:
                ask()
                return
            except AWAY:
                self.refused += 1
                time.sleep(AGAIN_AFTER_S)

    def __call__(self, messages: Iterable[Message], /, *, facts: Sequence[bytes] = ()) -> bool:
        """Publish, and some of it twice."""
        messages = list(messages)
        accepted = self.engine.dispatch(messages, facts=facts)
        self._kept += [one for one in messages if self._draw.random() < LATER]
        self._again([one for one in messages if self._draw.random() < TWICE])
        return accepted

    def _deliver_again(self) -> None:
        if self._kept and self._draw.random() < LATER:
            self._again([self._kept.pop(self._draw.randrange(len(self._kept)))])

    def _again(self, messages: list[Message]) -> None:
        try:
            self.engine.dispatch(messages)
            self.doubled += len(messages)
        except BrokerUnavailable:
            # Nobody waits for a copy.
            return

    def on_its_way(self) -> int:
        """How many results and facts are not there yet, one way or the other."""
        keys = [key for one in self.accepted for key in one.keys.values()]
        try:
            records = self.engine.ledger.records(keys)
            # What the service does of its own accord is watched over as well.
            client: Any = self.engine.cache.client
            watched = int(client.zcard("pc:watch"))
            return sum(record.state.on_its_way for record in records) + watched + self.engine.stream.waiting()
        except (*AWAY, redis.RedisError):
            return len(keys)

    def messages(self, queues: Iterable[str]) -> int:
        """How many the broker holds that no worker has taken."""
        try:
            return sum(self.engine.dispatch.waiting_on(queue) for queue in queues)
        except BrokerUnavailable:
            return -1

    def time_passes(self, broker: Any) -> int:
        """What dead workers had taken from a Redis comes back now, not when its time is over; how many those were."""
        held: list[bytes] = broker.zrange("unacked_index", 0, -1)
        with self.engine.dispatch.app.connection_for_write() as connection, connection.channel() as channel:
            for tag in held:
                # What a worker does when it finds that the time of a message is over.
                channel.qos.restore_by_tag(tag.decode())
        return len(held)


def _wanted(tasks: int, draw: random.Random) -> list[Wanted]:
    found: list[Wanted] = []
    count = 0
    poisonous = max(1, tasks // 500)
    while count < tasks:
        number = len(found) + 1
        (kind,) = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))
        if number <= poisonous:
            kind = "poison"
        found.append(Wanted(user=f"u{number}", kind=kind, number=number))
        count += len(KINDS[kind])
    draw.shuffle(found)
    return found
