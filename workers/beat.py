"""Beat's scheduler: RedBeat, whose lock has one beat of several send, minding clocks that jump and absent servers."""

import logging
from types import SimpleNamespace
from typing import Any

import redis
from redbeat import RedBeatScheduler
from redbeat.schedulers import acquire_distributed_beat_lock, get_redis, to_timestamp
from redis.exceptions import LockError
from redis.lock import Lock

_log = logging.getLogger(__name__)

_SLACK_S = 5.0

_LOOK_AGAIN_S = 1.0


class Scheduler(RedBeatScheduler):  # type: ignore[misc]
    """Sends what is due, though it was sent last at an instant that has not come yet.

    When a clock was ahead and is set right, or another beat takes over whose clock was always right, RedBeat would wait
    until the time of the last sending comes again: an hour without a sweep for a clock that was an hour ahead.
    """

    lock: Lock | None

    def tick(self, *args: Any, **named: Any) -> float:
        """One look at the schedule; seconds until the next.

        A server that is away is looked for again, where RedBeat would end; so is a lock that lapsed meanwhile, which
        another beat may have by now.
        """
        try:
            if self.lock_key and self.lock is None:
                acquire_distributed_beat_lock(sender=SimpleNamespace(scheduler=self))
            self._mend()
            wait: float = super().tick(*args, **named)
        except (redis.ConnectionError, redis.TimeoutError) as problem:
            _log.warning("Schedule not read", extra={"action": "schedule_away", "reason": str(problem)})
            return _LOOK_AGAIN_S
        except LockError as problem:
            _log.warning("Schedule left to others", extra={"action": "schedule_lock_lost", "reason": str(problem)})
            self.lock = None
            return _LOOK_AGAIN_S
        return wait

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
