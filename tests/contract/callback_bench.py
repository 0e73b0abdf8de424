"""A service whose callers want to be told: its triggers, its workers' ends, and a postman that counts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from bench import CATALOGUE, Bench, key
from callback_receiver import LONGEST_WAIT_S

from precompute.addresses import networks
from precompute.admission import Receipt
from precompute.callbacks import Callback, Callbacks
from precompute.calling_back import call_back
from precompute.events import VideoUploaded
from precompute.planner import plan
from precompute.task_type import TaskType
from workers.callbacks import Sender
from workers.postman import Postman

HERE = networks("127.0.0.0/8")
SECRET = "not so secret"


class Sending:
    """A postman at work, and what it counted."""

    def __init__(self, callbacks: Callbacks, *, allowed: bool = True) -> None:
        self._counted: SimpleQueue[str] = SimpleQueue()
        sender = Sender(secrets=[SECRET], allowed=HERE if allowed else ())
        self.postman = Postman(callbacks, sender, count=self._counted.put)

    def counted(self) -> str:
        """What was counted next; waits for it."""
        return str(self._counted.get(timeout=LONGEST_WAIT_S))


@contextmanager
def sending(callbacks: Callbacks, *, allowed: bool = True) -> Iterator[Sending]:
    """A postman until the end."""
    at_work = Sending(callbacks, allowed=allowed)
    with going_round(at_work.postman):
        yield at_work


@contextmanager
def going_round(postman: Postman) -> Iterator[None]:
    """It sends until the end; what it is sending then is finished, or the next test would see the end of it."""
    postman.start()
    try:
        yield
    finally:
        postman.stop()
        # First the one that hands out: until it ends it may begin others.
        postman._thread.join(LONGEST_WAIT_S)
        for thread in _sending_threads():
            thread.join(LONGEST_WAIT_S)


def _sending_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("precompute-postman")]


def trigger(bench: Bench, callbacks: Callbacks | None, *rows: TaskType, url: str = "", video: str = "v1") -> Receipt:
    """An upload that wants to be told."""
    receipt = bench.trigger(*rows, video=video)
    event = VideoUploaded(subject_id=video, user_id="u1", fingerprint="f1", callback_url=url or None)
    planned = plan(event, catalogue=CATALOGUE, rows=rows)
    [told] = call_back([planned], [receipt], callbacks=callbacks, at=bench.clock())
    return told


def end(bench: Bench, callbacks: Callbacks, row: TaskType, *, failing: bool = False) -> None:
    """A worker ends a task, and says so."""
    if failing:
        bench.begin(row)
        bench.fail(row)
        bench.dependants.release(row, key(row))
    else:
        bench.compute(row)
    callbacks.notice([key(row).ref])


def due(callbacks: Callbacks) -> list[Callback]:
    """Those to be sent now."""
    return [each for each in callbacks.claim(most=100) if not each.waits]
