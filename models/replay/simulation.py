"""Reads one after another, by a simulated clock: what is served at once, who waits, and what is computed for it."""

from collections import deque
from collections.abc import Sequence
from heapq import heappop, heappush

from models.replay.caps import Caps
from models.replay.experience import Experience
from models.replay.forecast import Forecast
from models.replay.policy import Plant, Policy
from models.replay.result import Result
from models.replay.tally import Tally
from models.replay.traffic import Traffic
from precompute.admission import Load, may_queue, net_benefit, worth
from precompute.ages import ages_of
from precompute.anticipation import WANTED_FOR
from precompute.freshness import READ_LATELY, kept_up, made_anew
from precompute.memory import LOGIN
from precompute.planner import Cause
from precompute.reading_chance import chance_read, least_probability
from precompute.subjects import CacheKey, Subject, SubjectRef

_LOOK_AGAIN_S = 60.0
"""A refresh for which there is no room is tried again so much later, as by the sweep."""

_URGENCY = {Cause.EVENT: 0, Cause.PREDICTION: 1, Cause.REFRESH: 2}
"""The order of the queues: logins before the general one, refreshes last."""


class Simulation:
    """One policy on one log.

    Args:
        traffic: The reads; some of them count.
        policy: What is computed when.
        plant: What computes, and how long results are good.
        forecast: What the model expected after each event of the log; for policies that predict.
    """

    def __init__(self, traffic: Traffic, *, policy: Policy, plant: Plant, forecast: Forecast | None = None) -> None:
        self._traffic, self._policy, self._plant = traffic, policy, plant
        self._forecast = forecast
        self._results: dict[int, Result] = {}
        users = int(traffic.users.max()) + 1
        self._versions = [0] * users
        self._coming = [0.0] * users
        # Until when looks count alike: the end of the warm-up, and then that of the log.
        self._span = (float(traffic.at[traffic.scored_from]), float(traffic.at[-1]))
        self._read_by: dict[int, set[int]] = {}
        self._known: set[int] = set()
        self._idle = plant.workers
        self._queues: tuple[deque[tuple[Result, Cause, bool]], ...] = (deque(), deque(), deque())
        self._heap: list[tuple[float, int, Result, Cause | None, bool, int]] = []
        self._number = 0
        self._caps = Caps(policy.bounds.predictions_per_user)
        self._experience = Experience(len(plant.rows), bounds=policy.bounds)
        self._least = least_probability(policy.bounds.prediction_threshold)
        self.tally = Tally(len(traffic))

    def run(self) -> Tally:
        """Play the log through, and wait for what is being computed at its end."""
        traffic, policy, tally = self._traffic, self._policy, self.tally
        changing, heap = self._plant.changing, self._heap
        reads, starts, ends = self._plant.reads, self._plant.starts, self._plant.ends
        events = zip(traffic.at.tolist(), traffic.users.tolist(), traffic.actions.tolist(), strict=True)
        rows, opens, coming = traffic.rows.tolist(), traffic.opens.tolist(), traffic.next_of_user().tolist()
        for place, (now, user, action) in enumerate(events):
            if heap and heap[0][0] <= now:
                self._until(now)
            if place == traffic.scored_from:
                tally.begin()
            self._coming[user] = coming[place]
            if changing[action]:
                self._versions[user] += 1
            if ends[action]:
                self._begin_anew(user, ends[action])
            if starts[action] and policy.triggered:
                self._trigger(user, starts[action], now)
            if reads[action]:
                self._read_all(place, now, user, reads[action])
            if policy.on_login:
                self._login(user, reads[action], now, opens=opens[place])
            if self._forecast is not None:
                self._foresee(self._forecast, rows[place], user, now, at_login=traffic.names[action] == LOGIN)
        tally.close()
        while self._idle < self._plant.workers:
            self._until(heap[0][0])
        for result in self._results.values():
            self._settle(result)
        return tally

    def _result(self, user: int, place: int) -> Result:
        key = user * len(self._plant.rows) + place
        result = self._results.get(key)
        if result is None:
            row = self._plant.rows[place]
            ages = ages_of(row, CacheKey(task_type=row.name, ref=SubjectRef(subject=Subject.USER, id=f"{key}")))
            ahead = 0.0 if ages.ahead is None else ages.ahead.total_seconds()
            seconds = (ages.fresh.total_seconds(), ages.stale.total_seconds(), ahead)
            result = self._results[key] = Result(user, place, cost=self._plant.costs_s[place], ages=seconds)
        return result

    def _until(self, now: float) -> None:
        """Do what is due until then: computations end, refreshes come up."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            at, _, result, cause, checks, version = heappop(heap)
            if cause is None:
                if version == result.stamp and not result.on_way:
                    self._due(result, at)
            else:
                self._ended(result, cause, at, holds=checks, version=version)

    def _read_all(self, place: int, now: float, user: int, rows: Sequence[int]) -> None:
        """Whoever reads several results waits for the last of them."""
        results = [self._result(user, row) for row in rows]
        if all(now < result.gone for result in results):
            self.tally.hit(place, stale=any(now >= result.stale for result in results))
        for result in results:
            self._read(place, now, result)

    def _begin_anew(self, user: int, rows: Sequence[int]) -> None:
        """Another campaign or video is the latest: nothing of it is there."""
        for row in rows:
            before = self._results.pop(user * len(self._plant.rows) + row, None)
            if before is not None:
                before.stamp += 1
                self._settle(before)

    def _trigger(self, user: int, rows: Sequence[int], now: float) -> None:
        for row in rows:
            result = self._result(user, row)
            if now >= result.stale and not result.on_way:
                self._queue(result, Cause.EVENT, now)

    def _read(self, place: int, now: float, result: Result) -> None:
        if now < result.gone:
            self._seen(result, now, readers=1)
            if result.parked:
                result.parked = False
                self._come_up(result, max(now, result.due))
            if now >= result.stale and not result.on_way:
                self._queue(result, Cause.REFRESH, now, checks=True)
            return
        result.waiting.append((place, now))
        if not result.on_way:
            self._queue(result, Cause.EVENT, now)

    def _seen(self, result: Result, now: float, *, readers: int) -> None:
        if not result.reads and result.cause is not None:
            if result.cause is Cause.PREDICTION:
                self._experience.follow(result.row, used=True, told=result.told)
            if result.counted:
                self.tally.used[result.cause] += 1
        result.reads += readers
        result.read = now

    def _login(self, user: int, rows: Sequence[int], now: float, *, opens: bool) -> None:
        self._known.update(rows)
        if opens:
            for other in self._read_by.get(user) or self._known:
                result = self._result(user, other)
                if now >= result.stale and not result.on_way:
                    self._queue(result, Cause.EVENT, now)
        self._read_by.setdefault(user, set()).update(rows)

    def _foresee(self, forecast: Forecast, row: int, user: int, now: float, *, at_login: bool) -> None:
        self._experience.pass_nights(now)
        threshold, reads = self._policy.bounds.prediction_threshold, self._plant.reads
        wanted: list[tuple[float, Result]] = []
        seen: set[int] = set()
        for place in range(forecast.starts[row], forecast.starts[row + 1]):
            told = forecast.probabilities[place]
            if told <= self._least:
                break
            # Of several actions that read the same result the likeliest counts (precompute.needs).
            for read in reads[forecast.actions[place]]:
                probability = chance_read(told, turns=self._experience.turns_of(read), at_login=at_login)
                if probability > threshold and read not in seen:
                    seen.add(read)
                    wanted.append((probability, self._expected(user, read, told, now)))
        absent = [(probability, result) for probability, result in wanted if now >= result.stale and not result.on_way]
        if absent:
            self._prepare(absent, user, now)

    def _expected(self, user: int, row: int, told: float, now: float) -> Result:
        """A result that will probably be read: what is fresh is kept so for a while."""
        result = self._result(user, row)
        if now < result.stale:
            result.wanted = max(result.wanted or 0.0, now + WANTED_FOR.total_seconds())
            if result.parked:
                result.parked = False
                self._come_up(result, max(now, result.due))
        elif not result.on_way:
            result.told = told
        return result

    def _prepare(self, absent: list[tuple[float, Result]], user: int, now: float) -> None:
        bounds, load = self._policy.bounds, Load(waiting=len(self._queues[0]) + len(self._queues[1]))
        offers = []
        for probability, result in absent:
            share = self._experience.read_share(result.row)
            figures = {"wait_s": result.cost, "cost_s": result.cost, "read_share": share}
            if worth(probability, load=load, bounds=bounds, **figures):
                offers.append((net_benefit(probability, load=load, bounds=bounds, **figures), result))
        offers.sort(key=lambda offer: -offer[0])
        for _, result in offers[: max(0, bounds.most_waiting - load.waiting)]:
            if self._caps.allow(user, now):
                # What is still served is first asked whether it holds.
                held = now < result.gone
                self._queue(result, Cause.REFRESH if held else Cause.PREDICTION, now, checks=held)

    def _due(self, result: Result, now: float) -> None:
        if not kept_up(now_s=now, read_s=result.read, wanted_until_s=result.wanted):
            result.parked = True
        elif not may_queue(Cause.REFRESH, Load(waiting=sum(map(len, self._queues))), bounds=self._policy.bounds):
            self._come_up(result, now + _LOOK_AGAIN_S)
        elif result.version == self._versions[result.user]:
            self._holds(result, now)
        elif made_anew(now_s=now, reads=result.reads, wanted_until_s=result.wanted):
            self._queue(result, Cause.REFRESH, now, checks=True)
        else:
            self.tally.checked(self._plant.check_s)
            result.parked = True

    def _holds(self, result: Result, now: float) -> None:
        """Nothing has changed, nor will before its user acts again: all looks until then are counted at once."""
        fresh, _, ahead = result.ages
        kept = max(result.wanted or 0.0, (result.read or 0.0) + READ_LATELY.total_seconds())
        until = min(kept, self._coming[result.user], self._span[self.tally.counting])
        more = max(0, int((until - now) // (fresh - ahead)))
        self.tally.checked(self._plant.check_s, times=1 + more)
        self._good_from(result, now + more * (fresh - ahead))

    def _come_up(self, result: Result, at: float) -> None:
        if self._policy.refreshes:
            self._number += 1
            heappush(self._heap, (at, self._number, result, None, False, result.stamp))

    def _queue(self, result: Result, cause: Cause, now: float, *, checks: bool = False) -> None:
        result.on_way = True
        if self._idle:
            self._idle -= 1
            self._begin(result, cause, now, checks=checks)
        else:
            self._queues[_URGENCY[cause]].append((result, cause, checks))

    def _begin(self, result: Result, cause: Cause, now: float, *, checks: bool) -> None:
        version = self._versions[result.user]
        holds = checks and result.version == version
        if checks:
            self.tally.checked(self._plant.check_s)
        if not holds:
            self.tally.computed(cause, result.cost)
            result.counts = self.tally.counting
        takes = (self._plant.check_s if checks else 0.0) + (0.0 if holds else result.cost)
        self._number += 1
        heappush(self._heap, (now + takes, self._number, result, cause, holds, version))

    def _ended(self, result: Result, cause: Cause, now: float, *, holds: bool, version: int) -> None:
        self._idle += 1
        for queue in self._queues:
            if queue:
                self._idle -= 1
                waiting, why, checks = queue.popleft()
                self._begin(waiting, why, now, checks=checks)
                break
        result.on_way = False
        if not holds:
            self._settle(result)
            result.version, result.reads, result.cause = version, 0, cause
            result.counted = result.counts
            if result.counted:
                self.tally.made[cause] += 1
        self._good_from(result, now)
        if result.waiting:
            self._seen(result, now, readers=len(result.waiting))
            for place, since in result.waiting:
                self.tally.waited(place, now - since)
            result.waiting = []

    def _good_from(self, result: Result, now: float) -> None:
        """Its ages begin: it was just computed, or found to hold still."""
        fresh, stale, ahead = result.ages
        result.stale = now + fresh
        result.gone = now + fresh + stale
        result.due = now + fresh - ahead
        result.stamp += 1
        result.parked = False
        self._come_up(result, result.due)

    def _settle(self, result: Result) -> None:
        """A version goes: if nobody read it, it was computed for nothing."""
        if result.cause is not None and not result.reads:
            if result.cause is Cause.PREDICTION:
                self._experience.follow(result.row, used=False, told=result.told)
            if result.counted:
                self.tally.unread[result.cause] += 1
                self.tally.wasted_s += result.cost
