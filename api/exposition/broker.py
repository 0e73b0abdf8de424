"""What stands on the broker's side: whether it answers, what waits there, and whether beat is alive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import celeryconfig
from precompute.callbacks import DUE
from precompute.clock import Clock
from precompute.precomputer import Precomputer
from precompute.queues import IN_DRAIN_ORDER, Queue
from precompute.schedule import LOCK, schedule_url
from precompute.scripts import connect, reaching_cache
from precompute.settings import Settings
from precompute.stream import STREAM, stream_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Backstage:
    """What is known without the cache.

    Attributes:
        beat_ticked_at: When beat looked at its schedule last; None when no beat has for a while.
        messages: On the broker's queues, housekeeping included; None where the broker does not tell cheaply.
        facts: Accepted, and not in the database yet.
        callbacks: Asked for, and not sent yet.
    """

    beat_ticked_at: datetime | None
    messages: Mapping[Queue, int] | None
    facts: int
    callbacks: int


class BrokerSide:
    """Asks the broker, and the server on which RedBeat keeps its lock; usually they are one.

    Args:
        settings: Of this process.
        clock: The instant.
        timeout_s: Longest wait for a connection, and for an answer.
    """

    def __init__(self, settings: Settings, *, clock: Clock, timeout_s: float) -> None:
        self._clock = clock
        self._on_redis = schedule_url(settings) == settings.broker
        reach = partial(connect, connect_timeout_s=timeout_s, answer_timeout_s=timeout_s)
        # redis-py annotates every answer as awaitable, too.
        self._beat: Any = reach(schedule_url(settings))
        self._stream: Any = reach(stream_url(settings))

    def answers(self, precomputer: Precomputer) -> bool:
        """True, if the broker answers.

        Raises:
            BrokerUnavailable, StoreUnavailable: It does not.
        """
        if not self._on_redis:
            precomputer.dispatch.ping()
            return True
        with reaching_cache():
            return bool(self._beat.ping())

    def backstage(self) -> Backstage:
        """How things stand there.

        Raises:
            StoreUnavailable: A server does not answer.
        """
        with reaching_cache(), self._beat.pipeline(transaction=False) as pipe:
            pipe.pttl(LOCK)
            for queue in IN_DRAIN_ORDER:
                pipe.llen(queue.label)
            left_ms, *lengths = pipe.execute()
            facts, callbacks = self._stream.xlen(STREAM), self._stream.zcard(DUE)
        messages = dict(zip(IN_DRAIN_ORDER, lengths, strict=True)) if self._on_redis else None
        return Backstage(beat_ticked_at=self._ticked_at(left_ms), messages=messages, facts=facts, callbacks=callbacks)

    def _ticked_at(self, left_ms: int) -> datetime | None:
        if left_ms < 0:
            return None
        lasts = timedelta(seconds=celeryconfig.redbeat_lock_timeout)
        return self._clock() - lasts + timedelta(milliseconds=left_ms)
