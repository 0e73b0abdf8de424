"""A replay keeps results as the service does: the same reads, on a real server and in the simulation."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from ahead import BILLS, Ahead, predicted
from bench import CATALOGUE, NOON, SOLO, Bench, key
from refreshing_worker import Worker

from models.behaviour import Log
from models.replay.forecast import Forecast
from models.replay.policy import ON_DEMAND, REFRESH_ONLY, Plant, Policy, ours
from models.replay.simulation import Simulation
from models.replay.tally import Tally
from models.replay.traffic import traffic_of
from precompute.ages import share_of
from precompute.clock import from_ms
from precompute.entry import Entry
from precompute.job import Job
from precompute.memory import LOGIN
from precompute.planner import Cause
from precompute.precomputer import Precomputer
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.usefulness import count_ahead
from workers.binding import Binding
from workers.execution import Execution
from workers.refreshing import refreshed

MINUTE = timedelta(minutes=1)
USERS = 12
LASTS = 72 * 60
READS, ACTS = "reads", "acts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A user does something: reads the result of this test, or something else that changes it."""

    minute: int
    user: int
    action: str


def moments() -> list[Moment]:
    """Three days in which users come for an hour, stay away for some, and read in two of three actions."""
    chance = random.Random(4)  # noqa: S311 - no secret
    found = []
    for user in range(USERS):
        minute = chance.randrange(300)
        while minute < LASTS:
            found.append(Moment(minute=minute, user=user, action=chance.choice((READS, READS, ACTS))))
            minute += chance.choice((7, 13, 29, 61, 171, 397, 1009))
    return sorted(found, key=lambda moment: (moment.minute, moment.user))


def simulated(policy: Policy) -> Tally:
    """What the simulation makes of them. Computing takes no time, so that minutes are all that counts."""
    log = Log.from_columns(
        users=[str(moment.user) for moment in moments()],
        actions=[moment.action for moment in moments()],
        at=np.array([(NOON + moment.minute * MINUTE).timestamp() for moment in moments()]),
    )
    # The result of the other action costs a thousandth, so that the seconds tell how often each was computed.
    costs = [1.0 if name == READS else 0.001 for name in log.names]
    plant = Plant(rows=[SOLO] * 2, costs_s=costs, check_s=0.0, workers=USERS, changing=[True] * 2)
    traffic = traffic_of(log, warm_up=0.0, pause=timedelta(hours=1))
    return Simulation(traffic, policy=policy, plant=plant).run()


def video_of(user: int, *, numbers: dict[str, int]) -> str:
    """A video whose refresh comes up as long before it goes stale as that of the user's result in the simulation."""
    ours = numbers[READS] + 2 * user
    share = share_of(CacheKey(task_type=SOLO.name, ref=SubjectRef(subject=Subject.USER, id=str(ours))))
    names = (f"v{number}" for number in count())
    return next(name for name in names if abs(share_of(key(SOLO, name)) - share) < 0.0005)


class Service:
    """The engine, whose worker and whose sweep are a moment away."""

    def __init__(self, bench: Bench, precomputer: Precomputer, worker: Worker, *, sweeps: bool) -> None:
        self.bench, self.precomputer, self.worker, self.sweeps = bench, precomputer, worker, sweeps
        self.versions: Counter[str] = Counter()
        self.computed = 0
        self.bindings = {row.name: self._binding(row.name) for row in CATALOGUE}

    def _binding(self, name: str) -> Binding:
        def compute(*inputs: object, job: Job) -> dict[str, int]:
            self.computed += 1
            return {}

        def version(job: Job) -> str:
            return str(self.versions[job.event.subject_id])

        return Binding(row=CATALOGUE.get(name), function=compute, wants_job=True, opened_by=None, reads=(version,))

    def work(self) -> None:
        """Whatever is queued is done."""
        told, self.bench.dispatch.revalidations = self.bench.dispatch.revalidations, []
        for each in told:
            refreshed(self.worker.engine, self.bindings, each)
        execution = Execution(engine=self.worker.engine, bindings=self.bindings)
        while self.bench.dispatch.sent:
            execution.run(self.bench.dispatch.sent.pop(0))

    def pass_time(self, until: datetime) -> None:
        """The clock goes on, and the sweep comes by whenever something is due."""
        while self.sweeps and (due := self.bench.client.zrange("pc:due", 0, 0, withscores=True)):
            at = from_ms(due[0][1])
            if at > until:
                break
            self.bench.clock.now = max(self.bench.clock.now, at)
            self.precomputer.refreshing.sweep()
            self.work()
        self.bench.clock.now = until

    def act(self, video: str, action: str) -> bool | None:
        """A user does something; whether a reader found a result at once."""
        self.versions[video] += 1
        if action != READS:
            return None
        found = isinstance(self.precomputer.get(key(SOLO, video)), Entry)
        if not found:
            self.bench.trigger(SOLO, video=video)
        self.work()
        if not found:
            # Whoever waited reads it now.
            self.precomputer.get(key(SOLO, video))
        return found


@pytest.mark.parametrize("policy", [ON_DEMAND, REFRESH_ONLY], ids=lambda policy: policy.name)
def test_the_same_reads_find_a_result_and_as_many_are_computed(
    bench: Bench, precomputer: Precomputer, tmp_path: Path, policy: Policy
) -> None:
    """Read by read, the replay says what a real server does, with and without refreshing ahead."""
    service = Service(bench, precomputer, Worker(bench, tmp_path), sweeps=policy.refreshes)
    todo, served = moments(), list[bool | None]()
    names = {name: number for number, name in enumerate(dict.fromkeys(moment.action for moment in todo))}
    numbers = {user: place for place, user in enumerate(dict.fromkeys(moment.user for moment in todo))}
    videos = {user: video_of(numbers[user], numbers=names) for user in numbers}
    for moment in todo:
        service.pass_time(NOON + moment.minute * MINUTE)
        served.append(service.act(videos[moment.user], moment.action))

    tally = simulated(policy)

    told = [None if moment.action == ACTS else tally.served(place) for place, moment in enumerate(todo)]
    assert told == served
    assert int(tally.compute_s) == service.computed


READ_BEFORE = 300
"""Results that were computed ahead for users whose next action was told to read them with 0.6, all of them read."""


def foreseen_by_simulation(action: str, *, told: float) -> int:
    """How many results the replay computes ahead after that action, having seen what became of those."""
    users = [f"u{place // 2}" for place in range(2 * READ_BEFORE)]
    actions = ["look", "pay"] * READ_BEFORE
    log = Log.from_columns(
        users=[*users, "me"], actions=[*actions, action], at=NOON.timestamp() + 0.5 + np.arange(len(users) + 1.0)
    )
    pay = log.names.index("pay")
    starts = np.concatenate([[0], np.cumsum([1, 0] * READ_BEFORE), [READ_BEFORE + 1]]).tolist()
    forecast = Forecast(starts=starts, actions=[pay] * (READ_BEFORE + 1), probabilities=[0.6] * READ_BEFORE + [told])
    names = len(log.names)
    plant = Plant(rows=[BILLS] * names, costs_s=[0.1] * names, check_s=0.0, workers=9, changing=[False] * names)
    traffic = traffic_of(log, warm_up=0.0, pause=timedelta(hours=1))
    tally = Simulation(traffic, policy=ours(0.5), plant=plant, forecast=forecast).run()
    assert tally.used[Cause.PREDICTION] == READ_BEFORE
    return tally.made[Cause.PREDICTION] - READ_BEFORE


@pytest.mark.parametrize("action", ["look", LOGIN])
@pytest.mark.parametrize("told", [0.1, 0.3, 0.4, 0.6])
def test_after_a_login_no_more_is_computed_ahead_than_was_told(bench: Bench, action: str, told: float) -> None:
    """Later actions count after any other: what is less probable than the setting may be worth it there."""
    ahead = Ahead(bench)
    count_ahead(bench.cache, [(BILLS, 0.6)] * READ_BEFORE)
    bench.client.hset("pc:m", mapping={"used:bills:prediction": READ_BEFORE, "runs:bills": 10, "ms:bills": 1000})
    prediction = replace(predicted({"pay": told}), at_login=action == LOGIN)
    queued = ahead.of().prepare({"me": prediction})
    assert queued == foreseen_by_simulation(action, told=told)
    assert queued == (told > 0.5 if action == LOGIN else told > 0.2)
