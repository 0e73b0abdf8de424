"""Callers who want to be told when a subject is done: who they are, and whom it is time to tell.

The records lie beside the facts, on the broker's server: it never evicts and keeps a file, which the cache's does not
promise, and a callback that is lost is told by nobody. (With RabbitMQ as the broker they lie on the cache's.)

Layout: ``pc:cb:ID`` hash (``c`` the callback as JSON, ``of`` its subject, ``tries``, ``body`` once it was sent first),
``pc:cb:due`` zset of ids by the instant at which someone should look after them (ms), ``pc:cb:of:REF`` set of the ids
that wait for a subject.
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson
import redis

from precompute.clock import Clock, from_ms, system_clock, to_ms
from precompute.durations import in_ms
from precompute.errors import BrokerUnavailable, PrecomputeError
from precompute.ledger import Ledger, TaskRecord
from precompute.scripts import reaching
from precompute.subjects import CacheKey, SubjectRef

_log = logging.getLogger(__name__)

FIRST_LOOK = timedelta(seconds=2)
"""Tasks that end between their admission and the record of the callback are noticed after this long."""

LOOK_AGAIN = timedelta(seconds=10)
"""Whoever ends a subject's last task looks for its callbacks. In case that worker dies just then, or the task ends
without one (it expires, or is taken back), somebody looks again after this long, and later more rarely, up to once a
claim."""

CLAIMED_FOR = timedelta(seconds=60)
"""Who takes a callback has this long, several times what sending may take; then somebody else does."""

KEPT = timedelta(hours=48)
"""What is not done by then never will be, and its callback is forgotten."""

DUE = "pc:cb:due"
"""Sorted set of those that are kept, by when somebody should look after them."""

_CLAIM = """
-- ARGV: now, until when they are claimed (ms), most. Returns {id, callback, tries, body, 1 when it waits} for each.
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', 'pc:cb:due', '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])) do
  local record = redis.call('HMGET', 'pc:cb:' .. id, 'c', 'tries', 'body', 'of')
  if not record[1] then
    redis.call('ZREM', 'pc:cb:due', id)
  else
    redis.call('ZADD', 'pc:cb:due', ARGV[2], id)
    local waits = redis.call('SISMEMBER', 'pc:cb:of:' .. record[4], id)
    found[#found + 1] = { id, record[1], record[2], record[3] or '', waits }
  end
end
return found
"""

_RIPEN = """
-- ARGV: now (ms), then ids and subjects in turn. What waits no longer is sent next; by one, whoever notices it first.
for position = 2, #ARGV, 2 do
  if redis.call('SREM', 'pc:cb:of:' .. ARGV[position + 1], ARGV[position]) == 1 then
    redis.call('ZADD', 'pc:cb:due', ARGV[1], ARGV[position])
  end
end
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Somebody to be told.

    Attributes:
        id: The same however often it is sent.
        url: Where.
        event: Name of what the caller said happened.
        ref: To which subject.
        keys: The results that its tasks compute.
        request_id: Of the caller's request.
        asked_at: When.
        tries: How often it was sent in vain.
        body: As it was sent first; empty before.
        waits: Whether some of the tasks may still be on their way.
    """

    id: str
    url: str
    event: str
    ref: SubjectRef
    keys: tuple[CacheKey, ...]
    request_id: str
    asked_at: datetime
    tries: int = 0
    body: bytes = b""
    waits: bool = True


class Callbacks:
    """The callbacks that were asked for and not sent yet.

    Args:
        client: Of the server at :func:`precompute.stream.stream_url`, as :func:`precompute.scripts.connect` makes it.
        ledger: The tasks.
        clock: The instant.
    """

    def __init__(self, client: "redis.Redis", *, ledger: Ledger, clock: Clock = system_clock) -> None:
        # redis-py annotates every answer as bytes or str or awaitable; this client gives bytes.
        self._client: Any = client
        self._ledger = ledger
        self._clock = clock
        self._claim = self._client.register_script(_CLAIM)
        self._ripen = self._client.register_script(_RIPEN)

    def ask(self, callbacks: Sequence[Callback]) -> None:
        """Keep them until they are sent, all or none.

        Raises:
            BrokerUnavailable: None was kept, or no answer came.
        """
        if not callbacks:
            return
        look_at = to_ms(self._clock() + FIRST_LOOK)
        with _reaching(), self._client.pipeline(transaction=True) as pipe:
            for each in callbacks:
                fields = {"c": _to_json(each), "tries": each.tries, "of": str(each.ref)}
                pipe.hset(f"pc:cb:{each.id}", mapping=fields)
                pipe.pexpire(f"pc:cb:{each.id}", in_ms(KEPT))
                pipe.sadd(f"pc:cb:of:{each.ref}", each.id)
                pipe.pexpire(f"pc:cb:of:{each.ref}", in_ms(KEPT))
                pipe.zadd(DUE, {each.id: look_at})
            pipe.execute()

    def notice(self, refs: Iterable[SubjectRef]) -> None:
        """A task of each of these subjects has ended: have those told who wait for nothing else.

        Raises:
            BrokerUnavailable, StoreUnavailable: It is noticed by somebody else, later.
        """
        refs = list(refs)
        with _reaching(), self._client.pipeline(transaction=False) as pipe:
            for ref in refs:
                pipe.smembers(f"pc:cb:of:{ref}")
            ids = [one.decode() for answer in pipe.execute() for one in answer]
            for one in ids:
                pipe.hget(f"pc:cb:{one}", "c")
            told = pipe.execute() if ids else []
        read = (_read(one, text) for one, text in zip(ids, told, strict=True) if text is not None)
        self.ripen([each for each in read if each is not None])

    def ripen(self, callbacks: Sequence[Callback]) -> int:
        """Have those of ``callbacks`` sent next that wait for nothing any more; how many those are.

        Raises:
            BrokerUnavailable, StoreUnavailable: It is noticed later.
        """
        ripe = [each for each in callbacks if not any(record.state.on_its_way for record in self.records(each))]
        if ripe:
            flat = [text for each in ripe for text in (each.id, str(each.ref))]
            with _reaching():
                self._ripen(args=[to_ms(self._clock()), *flat])
        return len(ripe)

    def records(self, callback: Callback) -> list[TaskRecord]:
        """Where its tasks stand.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        return self._ledger.records(callback.keys)

    def claim(self, *, most: int) -> list[Callback]:
        """Up to ``most`` that are to be looked after now, which nobody else gets meanwhile.

        Raises:
            BrokerUnavailable: They cannot be had now.
        """
        now = self._clock()
        with _reaching():
            found = self._claim(args=[to_ms(now), to_ms(now + CLAIMED_FOR), most])
        claimed = []
        for one, text, tries, body, waits in found:
            callback = _read(one.decode(), text)
            if callback is None:
                self._drop(one.decode())
            else:
                claimed.append(replace(callback, tries=int(tries or 0), body=body, waits=bool(waits)))
        return claimed

    def look_later(self, callbacks: Iterable[Callback]) -> None:
        """Look again later at some that still wait: the longer they do, the more rarely.

        Raises:
            BrokerUnavailable: Somebody looks when the claim ends.
        """
        now = self._clock()
        looks = {each.id: to_ms(now + max(LOOK_AGAIN, (now - each.asked_at) / 4)) for each in callbacks}
        if looks:
            with _reaching():
                # Only sooner than the claim ends: whoever ended the last task meanwhile wants them sent at once.
                self._client.zadd(DUE, looks, xx=True, lt=True)

    def postpone(self, callback: Callback, *, after: timedelta) -> None:
        """Have it sent later, as another try of which none is counted.

        Raises:
            BrokerUnavailable: It is sent when the claim ends.
        """
        with _reaching():
            self._client.zadd(DUE, {callback.id: to_ms(self._clock() + after)}, xx=True)

    def freeze(self, callback: Callback, *, body: bytes) -> Callback:
        """Keep what is sent first, so that it is the same when it is sent again.

        Raises:
            BrokerUnavailable: It was not kept.
        """
        with _reaching():
            self._client.hset(f"pc:cb:{callback.id}", "body", body)
        return replace(callback, body=body)

    def again(self, callback: Callback, *, after: timedelta) -> None:
        """It was sent in vain; try again.

        Raises:
            BrokerUnavailable: It is tried again when the claim ends, and this try does not count.
        """
        with _reaching(), self._client.pipeline(transaction=True) as pipe:
            pipe.hincrby(f"pc:cb:{callback.id}", "tries", 1)
            pipe.zadd(DUE, {callback.id: to_ms(self._clock() + after)}, xx=True)
            pipe.execute()

    def forget(self, callback: Callback) -> None:
        """It was sent, or given up.

        Raises:
            BrokerUnavailable: It is sent once more when the claim ends.
        """
        self._drop(callback.id)

    def waiting(self) -> int:
        """How many were asked for and not sent yet.

        Raises:
            BrokerUnavailable: That cannot be told now.
        """
        with _reaching():
            return int(self._client.zcard(DUE))

    def _drop(self, one: str) -> None:
        with _reaching(), self._client.pipeline(transaction=True) as pipe:
            pipe.delete(f"pc:cb:{one}")
            pipe.zrem(DUE, one)
            pipe.execute()


def _to_json(callback: Callback) -> bytes:
    about = {name: getattr(callback, name) for name in ("url", "event", "request_id")}
    keys = [str(key) for key in callback.keys]
    return orjson.dumps({**about, "ref": str(callback.ref), "keys": keys, "at": to_ms(callback.asked_at)})


def _read(id: str, text: bytes) -> Callback | None:
    """The callback; nothing, and a line in the log, if nobody can read what is kept of it."""
    try:
        return _from_json(id, text)
    except (PrecomputeError, ValueError, LookupError, TypeError, AttributeError, OverflowError) as problem:
        about = {"action": "callback_unreadable", "callback": id, "reason": f"{type(problem).__name__}: {problem}"}
        _log.error("Callback cannot be read", extra=about)
        return None


def _from_json(id: str, text: bytes) -> Callback:
    told = orjson.loads(text)
    return Callback(
        id=id,
        url=told["url"],
        event=told["event"],
        request_id=told.get("request_id", ""),
        ref=SubjectRef.parse(told["ref"]),
        keys=tuple(CacheKey.parse(key) for key in told["keys"]),
        asked_at=from_ms(told["at"]),
    )


def _reaching() -> AbstractContextManager[None]:
    return reaching("the server of the callbacks", unavailable=BrokerUnavailable)
