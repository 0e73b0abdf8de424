"""Callbacks are sent by main processes of workers: they wait for other people's servers while the children compute."""

import logging
import os
import random
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from precompute.callbacks import Callback, Callbacks
from precompute.errors import BrokerUnavailable, StoreUnavailable
from precompute.scripts import reaching_cache
from precompute.settings import Settings
from precompute.trouble import Trouble
from workers.beside import run_beside
from workers.callbacks import Answer, Outcome, Sender, body_of
from workers.postman_hosts import Hosts
from workers.wiring import engine

_log = logging.getLogger(__name__)

PAUSES = (
    *(timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5)),
    *(timedelta(minutes=15), timedelta(minutes=30)),
)
"""Before each further try, in all 51 minutes; then it is given up."""

AT_ONCE = 16
"""Callbacks that one worker sends at the same time, so that a slow receiver holds up few others."""

LOOK_EVERY_S = 0.5
"""How long a callback waits at most when nobody else is told; looking costs one round trip."""

AWAY_S = 5.0
"""How long nothing is asked of a cache or broker that did not answer."""

_SPREAD = 0.2
"""Pauses are up to this share longer, so that what failed together does not come back together."""

BUSY_PAUSE = timedelta(seconds=5)
"""Callbacks to a slow receiver that has as many as it gets at once come back after this long, or up to twice that."""


class Postman:
    """Sends what is due from a thread of one worker's main process until it is stopped.

    Args:
        callbacks: Where they wait.
        sender: Sends them.
        count: Told what became of each try, by outcome; ``given_up`` where there is no further one.
        pauses: Before each further try.
    """

    def __init__(
        self,
        callbacks: Callbacks,
        sender: Sender,
        *,
        count: Callable[[str], object],
        pauses: Sequence[timedelta] = PAUSES,
    ) -> None:
        self._callbacks = callbacks
        self._sender = sender
        self._count = count
        self._pauses = pauses
        self._hosts = Hosts()
        self._free = threading.Semaphore(AT_ONCE)
        self._trouble = Trouble(_log, "Callbacks wait", action="callbacks_failed")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._go_round, name="precompute-postman", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more; what is being sent is finished, or sent again by another worker when its claim ends."""
        self._ended.set()

    def _go_round(self) -> None:
        while not self._ended.is_set():
            try:
                pause = 0.0 if self._hand_out() else LOOK_EVERY_S
                self._trouble.over()
            except (BrokerUnavailable, StoreUnavailable) as problem:
                _log.warning("Callbacks wait", extra={"action": "callbacks_wait", "reason": problem.message})
                pause = AWAY_S
            except Exception as problem:  # noqa: BLE001 - a thread that must not end
                # Those whom it does not concern are to be told; the claim of this one ends.
                self._trouble.met(problem)
                pause = AWAY_S
            self._ended.wait(pause)

    def _hand_out(self) -> int:
        claimed = self._callbacks.claim(most=AT_ONCE)
        waiting = [each for each in claimed if each.waits]
        self._callbacks.look_later(waiting)
        self._callbacks.ripen(waiting)
        for each in claimed:
            if each.waits:
                continue
            host = urlsplit(each.url).netloc
            if self._hosts.enter(host):
                # A claim lasts longer than waiting for those that are being sent, and sending this one.
                self._free.acquire()
                # Ends with the process: what it does not get done, another worker does when the claim ends.
                name = f"{self._thread.name}-{each.id}"
                threading.Thread(target=self._deliver_freeing, args=[each, host], name=name, daemon=True).start()
            else:
                # Nobody gains by guessing it.
                self._callbacks.postpone(each, after=BUSY_PAUSE * (1 + random.random()))  # noqa: S311
        return len(claimed)

    def _deliver_freeing(self, callback: Callback, host: str) -> None:
        began = monotonic()
        try:
            self._deliver(callback)
        finally:
            self._hosts.leave(host, seconds=monotonic() - began)
            self._free.release()

    def _deliver(self, callback: Callback) -> None:
        try:
            self._settle(callback, self._answer(callback))
        except (BrokerUnavailable, StoreUnavailable) as problem:
            extra = {"action": "callback_unsettled", "callback": callback.id, "reason": problem.message}
            _log.warning("Callback comes again", extra=extra)

    def _answer(self, callback: Callback) -> Answer:
        try:
            if not callback.body:
                body = body_of(callback, self._callbacks.records(callback))
                callback = self._callbacks.freeze(callback, body=body)
            return self._sender.send(callback)
        except (BrokerUnavailable, StoreUnavailable):
            raise
        except Exception as problem:  # noqa: BLE001 - a try like any other
            # A try like any other: uncounted, it would come back for ever.
            _log.exception("Callback not sent", extra={"action": "callback_broke", "callback": callback.id})
            return Answer(outcome=Outcome.FAILED, reason=f"unforeseen ({type(problem).__name__})")

    def _settle(self, callback: Callback, answer: Answer) -> None:
        about: dict[str, Any] = {"callback": callback.id, "subject": str(callback.ref), "reason": answer.reason}
        about |= {"tries": callback.tries + 1, "request_id": callback.request_id}
        if answer.outcome is Outcome.DELIVERED:
            self._callbacks.forget(callback)
            _log.info("Callback delivered", extra={"action": "callback_delivered", **about})
        elif answer.outcome is Outcome.FAILED and callback.tries < len(self._pauses):
            pause = self._pauses[callback.tries]
            # Nobody gains by guessing it.
            self._callbacks.again(callback, after=pause * (1 + _SPREAD * random.random()))  # noqa: S311
            _log.warning("Callback failed", extra={"action": "callback_failed", **about})
        else:
            self._callbacks.forget(callback)
            self._count("given_up")
            _log.error("Callback given up", extra={"action": "callback_given_up", **about})
        self._count(answer.outcome)


def connect() -> None:
    """Send callbacks from every worker that starts in this process, if there is a secret to sign them with."""
    run_beside(lambda _worker: _postman_with(Settings.from_environ(os.environ)))


def _postman_with(settings: Settings) -> Postman | None:
    return postman_of(settings) if settings.callback_secrets else None


def postman_of(settings: Settings) -> Postman:
    """With connections of its own."""
    parts = engine(settings)

    def count(outcome: str) -> None:
        try:
            with reaching_cache():
                parts.cache.client.hincrby("pc:m", f"callbacks:{outcome}", 1)
        except StoreUnavailable:
            _log.info("Callback not counted", extra={"action": "callback_not_counted", "outcome": outcome})

    sender = Sender(secrets=settings.callback_secrets, allowed=settings.allow_addresses, clock=parts.cache.clock)
    return Postman(parts.callbacks, sender, count=count)
