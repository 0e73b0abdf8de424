"""From what users will probably do next to what is computed ahead for them."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from precompute.admission import Bounds, Load, admit_all, net_benefit, worth
from precompute.catalogue import Catalogue
from precompute.due import DueEntries
from precompute.durations import in_ms
from precompute.errors import BrokerUnavailable
from precompute.ledger import Ledger
from precompute.load import Backlog
from precompute.message import Dispatch
from precompute.needs import Need, needs
from precompute.planner import Cause, Plan, plan
from precompute.prediction import Prediction
from precompute.queues import Queue
from precompute.reading_chance import least_probability
from precompute.revalidation import Revalidation
from precompute.subjects import CacheKey, SubjectRef
from precompute.task_type import TaskType
from precompute.usefulness import Experience, Experiences, count_ahead
from precompute.work_at_hand import WorkAtHand

_log = logging.getLogger(__name__)

# As foreseen.lua answers.
_HELD = b"held"
_TO_COMPUTE = (_HELD, b"absent")

WANTED_FOR = timedelta(hours=1)
"""A fresh result that will probably be read is kept fresh for so long, though nobody has read it lately."""

PATIENCE = timedelta(minutes=10)
"""What has not begun by then is dropped: it was to be there before its reader. An event that asks for the same result
meanwhile takes its place on a queue of its own."""

CAP_WITHIN = timedelta(hours=1)
"""``PRECOMPUTE_PREDICTIONS_PER_USER`` counts as long from the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A result that is not fresh.

    Attributes:
        need: Who will read it.
        rows: What would have to be computed: it, and those of its inputs that are not there.
        held: It is served stale, and it is known what it was computed from: it may do yet.
    """

    need: Need
    rows: tuple[TaskType, ...]
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Something missing, and the seconds that having it ready would bring, less what it costs."""

    missing: Missing
    benefit_s: float


class Anticipation:
    """Computes ahead what is worth it.

    Args:
        catalogue: The task types in force.
        ledger: The tasks.
        dispatch: Puts messages on their queues.
        bounds: What the operator set.
    """

    def __init__(self, *, catalogue: Catalogue, ledger: Ledger, dispatch: Dispatch, bounds: Bounds) -> None:
        self._catalogue = catalogue
        self._ledger = ledger
        self._cache = ledger.cache
        self._dispatch = dispatch
        self._bounds = bounds
        self._work = WorkAtHand(ledger.cache, catalogue=catalogue)
        self._backlog = Backlog(ledger.cache, catalogue)
        self._experiences = Experiences(ledger.cache, catalogue, bounds=bounds)

    def prepare(self, predictions: Mapping[str, Prediction]) -> int:
        """Queue what the users' next actions will read and what is not fresh, as far as it is worth it.

        What is fresh is kept so for a while. A result that is on its way already costs nothing and counts towards
        nothing.

        Args:
            predictions: By user id, whoever did something last first: where there is not room for all, they come first
                among equals.

        Returns:
            How many results were queued.

        Raises:
            BrokerUnavailable: Nothing was queued.
            StoreUnavailable: The cache cannot be reached.
        """
        at_login = {user_id for user_id, told in predictions.items() if told.at_login}
        return self.fulfil(self._read_later(self._needs(predictions), at_login=at_login))

    def _read_later(self, wanted: Sequence[Need], *, at_login: Collection[str]) -> list[Need]:
        """The same with the chance that each is read before it goes (:func:`precompute.reading_chance.chance_read`)."""
        if not wanted:
            return []
        known = self._experiences.now()
        return [
            replace(
                need,
                told=need.probability,
                probability=known.chance_read(
                    need.row, probability=need.probability, at_login=need.user_id in at_login
                ),
            )
            for need in wanted
        ]

    def fulfil(
        self,
        wanted: Sequence[Need],
        *,
        queue: Queue = Queue.GENERAL,
        wanted_for: timedelta = WANTED_FOR,
        cause: Cause = Cause.PREDICTION,
    ) -> int:
        """Queue what of these needs is not fresh, as far as it is worth it; how many results that were.

        Args:
            wanted: Of any users. What is no likelier than the setting's threshold is left alone: computing it is not
                worth it, and keeping it fresh is not either.
            queue: Where it is to wait, at the most urgent.
            wanted_for: What is fresh is kept so for as long.
            cause: What it is counted as. Only of predictions it is learned how many actions read what one was told for.

        Raises:
            BrokerUnavailable: Nothing was queued.
            StoreUnavailable: The cache cannot be reached.
        """
        missing = self._missing(self._likeliest(wanted), wanted_for=wanted_for)
        chosen = self._allowed(self._worthwhile(missing, queue=queue))
        renewed = self._renew([one.need for one in chosen if one.held])
        return renewed + self._compute([one.need for one in chosen if not one.held], queue=queue, cause=cause)

    def _compute(self, chosen: Sequence[Need], *, queue: Queue, cause: Cause) -> int:
        plans = list(self._plans(chosen, queue=queue, cause=cause))
        receipts = admit_all(plans, ledger=self._ledger, dispatch=self._dispatch)
        started = [
            task
            for planned, receipt in zip(plans, receipts, strict=True)
            for task in planned.tasks
            if task.task_id == receipt.queued.get(task.row.name)
        ]
        told = {need.key: need.told for need in chosen if need.told is not None and cause is Cause.PREDICTION}
        count_ahead(self._cache, ((task.row, told[task.key]) for task in started if task.key in told))
        for task in started:
            self._backlog.added(task.queue, 1)
            _log.info("Computed ahead", extra={"action": "prediction_queued", "key": str(task.key)})
        return len(started)

    def _renew(self, held: Sequence[Need]) -> int:
        """Have workers find out whether results that are stale hold still; how many there are."""
        by_subject: dict[SubjectRef, list[str]] = {}
        for need in held:
            by_subject.setdefault(need.event.ref, []).append(need.row.name)
        expires_at = self._cache.clock() + PATIENCE
        told = [Revalidation(ref=ref, types=tuple(names), expires_at=expires_at) for ref, names in by_subject.items()]
        due = DueEntries(self._cache)
        claimed = due.claim(told)
        try:
            self._dispatch.revalidate(claimed)
        except BrokerUnavailable:
            due.unclaim(claimed)
            raise
        return sum(len(one.types) for one in claimed)

    def _needs(self, predictions: Mapping[str, Prediction]) -> list[Need]:
        least = least_probability(self._bounds.prediction_threshold)
        likely = {
            user_id: {one.action: one.probability for one in told.actions if one.probability > least}
            for user_id, told in predictions.items()
        }
        users = [user_id for user_id, actions in likely.items() if actions]
        if not users:
            return []
        return [
            need
            for user_id, latest in zip(users, self._work.of_each(users), strict=True)
            for need in needs(user_id, probabilities=likely[user_id], latest=latest, catalogue=self._catalogue)
        ]

    def _likeliest(self, wanted: Iterable[Need]) -> list[Need]:
        """Of several users who need one result, the one who does so most likely; none that is too unlikely."""
        found: dict[CacheKey, Need] = {}
        for need in wanted:
            known = found.get(need.key)
            if self._likely(need.probability) and (known is None or need.probability > known.probability):
                found[need.key] = need
        return list(found.values())

    def _likely(self, probability: float) -> bool:
        return probability > self._bounds.prediction_threshold

    def _missing(self, wanted: Sequence[Need], *, wanted_for: timedelta) -> list[Missing]:
        """Of what is wanted, each result once, what is neither fresh nor on its way."""
        if not wanted:
            return []
        pairs = [(need, row) for need in wanted for row in _with_inputs(need.row)]
        now = self._cache.now_ms()
        flat = [text for need, row in pairs for text in (str(row.key_for(need.event.ref)), need.event.fingerprint)]
        answers = self._cache.scripts.run("foreseen", now, now + in_ms(wanted_for), *flat)
        states: dict[CacheKey, dict[str, bytes]] = {}
        for (need, row), state in zip(pairs, answers, strict=True):
            states.setdefault(need.key, {})[row.name] = state
        return [
            Missing(
                need=need,
                rows=tuple(row for row in _with_inputs(need.row) if states[need.key][row.name] in _TO_COMPUTE),
                held=states[need.key][need.row.name] == _HELD,
            )
            for need in wanted
            if states[need.key][need.row.name] in _TO_COMPUTE
        ]

    def _worthwhile(self, missing: Sequence[Missing], *, queue: Queue) -> list[Offer]:
        """What is worth it, most useful first, and no more than there is room for."""
        if not missing:
            return []
        load = self._backlog.before(queue)
        known = self._experiences.now()
        offers = [offer for one in missing if (offer := self._offer(one, load=load, known=known)) is not None]
        offers.sort(key=lambda offer: -offer.benefit_s)
        return offers[: max(0, self._bounds.most_waiting - load.waiting)]

    def _offer(self, missing: Missing, *, load: Load, known: Experience) -> Offer | None:
        # Whoever comes before it is there waits for as long as computing it takes, on a worker that has time.
        cost_s = sum(known.cost_s(row) for row in missing.rows)
        figures = {"wait_s": cost_s, "cost_s": cost_s, "read_share": known.read_share(missing.need.row)}
        probability = missing.need.probability
        if not worth(probability, load=load, bounds=self._bounds, **figures):
            return None
        return Offer(missing=missing, benefit_s=net_benefit(probability, load=load, bounds=self._bounds, **figures))

    def _allowed(self, offers: Sequence[Offer]) -> list[Missing]:
        """Those of ``offers`` that their users' caps leave room for, the most useful of each."""
        by_user: dict[str, list[Missing]] = {}
        for offer in offers:
            by_user.setdefault(offer.missing.need.user_id, []).append(offer.missing)
        if not by_user:
            return []
        flat = [text for user_id, wanted in by_user.items() for text in (user_id, len(wanted))]
        granted = self._cache.scripts.run("allow", self._bounds.predictions_per_user, in_ms(CAP_WITHIN), *flat)
        return [one for wanted, most in zip(by_user.values(), granted, strict=True) for one in wanted[:most]]

    def _plans(self, chosen: Sequence[Need], *, queue: Queue, cause: Cause) -> Iterable[Plan]:
        by_event: dict[str, list[Need]] = {}
        for need in chosen:
            by_event.setdefault(need.event.to_json(), []).append(need)
        for wanted in by_event.values():
            rows = [need.row for need in wanted]
            # The general queue is where predicted work waits anyway; rows that are less urgent stay so.
            priority = None if queue is Queue.GENERAL else queue.value
            planned = plan(wanted[0].event, catalogue=self._catalogue, rows=rows, cause=cause, priority=priority)
            yield replace(planned, expires_in=PATIENCE)


def _with_inputs(row: TaskType) -> tuple[TaskType, ...]:
    """A row and everything it is computed from, each once."""
    found = {row.name: row}
    for other in row.inputs:
        found |= {one.name: one for one in _with_inputs(other)}
    return tuple(found.values())
