"""Beat's scheduler: RedBeat, whose lock has one beat of several send, minding clocks that jump and absent servers."""

import logging
import time
from types import SimpleNamespace
from typing import Any

import redis
from celery.signals import beat_init
from redbeat import RedBeatScheduler
from redbeat.schedulers import acquire_distributed_beat_lock, get_redis, to_timestamp
from redis.exceptions import LockError
from redis.lock import Lock

_log = logging.getLogger(__name__)

_SLACK_S = 5.0

_LOOK_AGAIN_S = 1.0

_AWAY = (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError, redis.OutOfMemoryError)
"""A server that is absent, fails over or is full: none of it is a reason to end, all of it passes."""

# RedBeat takes the lock when beat starts, or tells of it in a stack trace; here each look does, while there is none.
beat_init.disconnect(acquire_distributed_beat_lock)


class Scheduler(RedBeatScheduler):  # type: ignore[misc]
    """Sends what is due, though it was sent last at an instant that has not come yet.

    When a clock was ahead and is set right, or another beat takes over whose clock was always right, RedBeat would wait
    until the time of the last sending comes again: an hour without a sweep for a clock that was an hour ahead.
    """

    lock: Lock | None
    _is_set_up = False
    _away_since: float | None = None

    def setup_schedule(self) -> None:
        """Nothing yet: the first look that finds its server does it, so that beat may start before that is there."""

    def tick(self, *args: Any, **named: Any) -> float:
        """One look at the schedule; seconds until the next.

        A server that is away is looked for again, where RedBeat would end; so is a lock that lapsed meanwhile, which
        another beat may have by now.
        """
        try:
            if not self._is_set_up:
                super().setup_schedule()
                self._is_set_up = True
            if self.lock_key and self.lock is None:
                acquire_distributed_beat_lock(sender=SimpleNamespace(scheduler=self))
            self._mend()
            wait: float = super().tick(*args, **named)
        except _AWAY as problem:
            self._tell_away(problem)
            return _LOOK_AGAIN_S
        except LockError as problem:
            _log.warning("Schedule left to others", extra={"action": "schedule_lock_lost", "reason": str(problem)})
            self.lock = None
            return _LOOK_AGAIN_S
        self._tell_back()
        return wait

    def close(self) -> None:
        """Give the lock back; without its server it lapses by itself."""
        try:
            super().close()
        except (*_AWAY, LockError):
            self.lock = None

    def _tell_away(self, problem: Exception) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
            _log.warning(
                "Schedule not read; beat looks again every second",
                extra={"action": "schedule_away", "reason": str(problem)},
            )

    def _tell_back(self) -> None:
        if self._away_since is not None:
            seconds = round(time.monotonic() - self._away_since, 1)
            self._away_since = None
            _log.warning("Schedule read again", extra={"action": "schedule_back", "seconds": seconds})

    def _mend(self) -> None:
        now = self.app.now()
        client = get_redis(self.app)
        every = {self.Entry.generate_key(self.app, name): spec["schedule"] for name, spec in self._intervals().items()}
        with client.pipeline(transaction=False) as pipe:
            for key in every:
                pipe.zscore(self.app.redbeat_conf.schedule_key, key)
            scores = pipe.execute()
        for (key, interval), score in zip(every.items(), scores, strict=True):
            if score is not None and score > to_timestamp(now) + interval.total_seconds() + _SLACK_S:
                self.Entry.from_key(key, app=self.app).reschedule(last_run_at=now - interval)

    def _intervals(self) -> dict[str, Any]:
        schedule = self.app.conf.beat_schedule
        return {name: spec for name, spec in schedule.items() if not hasattr(spec["schedule"], "hour")}
