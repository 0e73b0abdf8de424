"""A process full of readers and triggers for one key, as one of several machines has them: ``python crowd.py``.

Arguments: how many readers, how many triggers, the cache key. It says ``ready`` by pushing onto ``test:crowd``, begins
when it gets something from ``test:begin``, and says as one line of JSON what readers and triggers were answered.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import redis

from precompute.admission import admit
from precompute.entry import Entry
from precompute.errors import StoreUnavailable
from precompute.events import UserLoggedIn
from precompute.planner import plan
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.wiring import engine, precomputer

_WAIT = timedelta(seconds=30)
_AGAIN_AFTER_S = 0.2


def main(readers: int, triggers: int, key: CacheKey) -> None:
    """Ask all at once; a reader who comes before the first trigger asks again, as callers do."""
    settings = Settings.from_environ(os.environ)
    reading, parts = precomputer(settings), engine(settings)
    gate = Barrier(readers + triggers)

    def read(_: int) -> object:
        gate.wait()
        for _again in range(1_000):
            try:
                found = reading.get(key, wait=_WAIT)
            except StoreUnavailable:
                # A busy machine: the API would say 503, and when to come again.
                time.sleep(_AGAIN_AFTER_S)
                continue
            if isinstance(found, Entry):
                return dict(found.value)
        return None

    def trigger(_: int) -> object:
        gate.wait()
        event = UserLoggedIn(subject_id=key.ref.id, user_id=key.ref.id)
        planned = plan(event, catalogue=parts.catalogue, rows=[parts.catalogue.get(key.task_type)])
        return admit(planned, ledger=parts.ledger, dispatch=parts.dispatch).queued.get(key.task_type)

    client = redis.Redis.from_url(settings.redis_url, socket_timeout=None)
    client.rpush("test:crowd", "ready")
    client.blpop("test:begin")
    with ThreadPoolExecutor(readers + triggers) as pool:
        reads = [pool.submit(read, number) for number in range(readers)]
        asked = [pool.submit(trigger, number) for number in range(triggers)]
        answers = {"read": [one.result() for one in reads], "ids": [one.result() for one in asked]}
    sys.stdout.write(json.dumps(answers))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), CacheKey.parse(sys.argv[3]))
