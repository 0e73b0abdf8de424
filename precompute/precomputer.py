"""The engine as a service uses it from Python; the API's views are thin over it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from precompute.admission import Bounds, Receipt
from precompute.batch import Batch, Refusal, Trigger
from precompute.cache import Cache
from precompute.callbacks import Callbacks
from precompute.catalogue import Catalogue
from precompute.entry import Entry, Miss
from precompute.errors import UnknownPrecomputation
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.failures import Failures
from precompute.forcing import Refreshed
from precompute.foresight import Foresight
from precompute.invalidation import Invalidation
from precompute.ledger import Ledger, TaskRecord
from precompute.load import Backlog
from precompute.measures import Measures, measure
from precompute.memory import Memory
from precompute.message import Dispatch
from precompute.notifications import Notifications
from precompute.patterns import Pattern
from precompute.prediction import Prediction
from precompute.reads import LOOK_AGAIN_S, Reads
from precompute.refreshing import Refreshing
from precompute.settings import Settings
from precompute.subjects import CacheKey, SubjectRef, check_id
from precompute.task_type import TaskType


class Precomputer:
    """Takes events, hands out results.

    Build one with :func:`workers.wiring.precomputer`, which brings Celery along as ``dispatch``.

    Args:
        settings: Of this process.
        catalogue: The task types in force.
        cache: The entries.
        ledger: The tasks.
        dispatch: Puts messages on their queues.
        notifications: Wakes waiting readers.
        memory: Keeps what triggers and callers say for good.
        foresight: Knows from what users did what they do next.
        callbacks: Who is told when what a trigger started has ended; None where nobody is.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        catalogue: Catalogue,
        cache: Cache,
        ledger: Ledger,
        dispatch: Dispatch,
        notifications: Notifications,
        memory: Memory,
        foresight: Foresight,
        callbacks: Callbacks | None = None,
    ) -> None:
        self.settings = settings
        self.catalogue = catalogue
        self.cache = cache
        self.ledger = ledger
        self.dispatch = dispatch
        self.notifications = notifications
        self.memory = memory
        self.foresight = foresight
        self.callbacks = callbacks
        self.backlog = Backlog(cache, catalogue)
        self.refreshing = Refreshing(
            settings=settings,
            catalogue=catalogue,
            cache=cache,
            ledger=ledger,
            dispatch=dispatch,
            backlog=self.backlog,
        )
        self.reads = Reads(cache, check=self._served, refresh=self.refreshing.on_read, notifications=notifications)
        self.failures = Failures(
            ledger=ledger,
            catalogue=catalogue,
            dispatch=dispatch,
            backlog=self.backlog,
            bounds=Bounds.of(settings),
        )

    def on_video_upload(
        self,
        video_id: str,
        user_id: str,
        *,
        video_data: Mapping[str, Any] | None = None,
        priority: int | None = None,
        callback_url: str | None = None,
    ) -> Receipt:
        """Start the analyses of a video; its source is ``video_data["url"]`` or ``<video_id>.*`` in the media folder.

        Raises:
            BadParameters: An id, the URL or the path does not fit, or there is no such video; names the field.
            BrokerUnavailable, StoreUnavailable: Nothing was started.
        """
        trigger = Trigger(kind=VideoUploaded, subject_id=video_id, user_id=user_id, data=video_data or {})
        return self._on(replace(trigger, priority=priority, callback_url=callback_url))

    def on_campaign_create(
        self,
        campaign_id: str,
        user_id: str,
        *,
        campaign_data: Mapping[str, Any] | None = None,
        priority: int | None = None,
        callback_url: str | None = None,
    ) -> Receipt:
        """Start what campaign creation calls for; ``campaign_data`` is the brief.

        Raises:
            BadParameters: An id does not fit; names the field.
            UnknownPrecomputation: No task type of the catalogue starts with it.
            BrokerUnavailable, StoreUnavailable: Nothing was started.
        """
        trigger = Trigger(kind=CampaignCreated, subject_id=campaign_id, user_id=user_id, data=campaign_data or {})
        return self._on(replace(trigger, priority=priority, callback_url=callback_url))

    def on_user_login(
        self, user_id: str, *, user_data: Mapping[str, Any] | None = None, priority: int | None = None
    ) -> Receipt:
        """Start what a login calls for.

        Raises:
            BadParameters: The id does not fit; names the field.
            UnknownPrecomputation: No task type of the catalogue starts with it.
            BrokerUnavailable, StoreUnavailable: Nothing was started.
        """
        trigger = Trigger(kind=UserLoggedIn, subject_id=user_id, user_id=user_id, data=user_data or {})
        return self._on(replace(trigger, priority=priority))

    def on_batch(self, triggers: Sequence[Trigger]) -> list[Receipt | Refusal]:
        """Take several triggers in at one go; one that is refused leaves the others alone.

        Returns:
            For each trigger in its order what it started, or why it was refused.

        Raises:
            Backlogged: So much waits that nothing was started.
            BrokerUnavailable, StoreUnavailable: Nothing was started.
        """
        taking = Batch(
            catalogue=self.catalogue,
            ledger=self.ledger,
            dispatch=self.dispatch,
            memory=self.memory,
            media_root=self.settings.media_root,
            backlog=self.backlog,
            bounds=Bounds.of(self.settings),
            allowed=self.settings.allow_addresses,
            callbacks=self.callbacks,
        )
        return taking.take(triggers)

    def predict_next_actions(self, user_id: str) -> Prediction:
        """What the user will probably do next, from what they did lately.

        Raises:
            BadParameters: The id does not fit; names the field.
            StoreUnavailable: The cache cannot be reached.
        """
        return self.predictions_for([check_id(user_id, field="user_id")])[0]

    def predictions_for(self, user_ids: Sequence[str]) -> list[Prediction]:
        """The same of several users in one round trip, in their order.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        return self.foresight.of(user_ids)

    def get(self, key: CacheKey, *, wait: timedelta = timedelta(0), part: str = "") -> Entry | Miss:
        """The result under ``key``, or why there is none; reading a stale one starts its refresh.

        Args:
            key: Of a served task type.
            wait: How long to hold on while it is being computed.
            part: What of the bytes beside it is read in its place (``1.jpg``, ``captions.vtt``); a read like any.

        Raises:
            UnknownPrecomputation: No served task type has such keys, or the result no such part.
            StoreUnavailable: The cache cannot be reached.
        """
        return self.reads.get(key, wait=wait, part=part)

    def keep_near(self) -> None:
        """Keep results in this process that are read again and again, as far as the settings allow."""
        if most := self.settings.near_cache_mb * 1_000_000:
            self.reads.keep_near(most_bytes=most)

    def invalidate(self, pattern: str, *, soft: bool = False) -> int:
        """Delete every result that ``pattern`` matches and what came of it, or mark it stale; how many in all.

        Raises:
            BadParameters: The pattern is empty or too long.
        """
        return Invalidation(cache=self.cache, catalogue=self.catalogue).invalidate(Pattern(pattern), soft=soft)

    def refresh(self, task_type: str, *, force: bool = False, limit: int | None = None) -> Refreshed:
        """Refresh what is stale or close to it and is read; with ``force`` compute every live entry of the type anew.

        Raises:
            UnknownPrecomputation: No served task type has that name.
            BrokerUnavailable: The broker went away on the way; what was queued before stays queued.
        """
        return self.refreshing.refresh(task_type, force=force, limit=limit)

    def status(self, ref: SubjectRef) -> list[TaskRecord]:
        """Every served task of a subject, in the order of the catalogue."""
        rows = [row for row in self.catalogue.about(ref.subject) if row.served]
        return self.ledger.records([row.key_for(ref) for row in rows])

    def task(self, task_id: str) -> TaskRecord:
        """One task by its id.

        Raises:
            UnknownPrecomputation: It is not known, or another task has taken its place.
        """
        key = self.ledger.key_of(task_id)
        record = self.ledger.records([key])[0] if key is not None else None
        if record is None or record.task_id != task_id:
            raise UnknownPrecomputation(f"no task is called {task_id!r}")
        return record

    def changes(self, ref: SubjectRef, *, within: timedelta) -> Iterator[list[TaskRecord]]:
        """The records of a subject now, and those that changed whenever any did, until all are done or time is up."""
        rows = [row for row in self.catalogue.about(ref.subject) if row.served]
        deadline = time.monotonic() + within.total_seconds()
        # Without a cache there is nothing to subscribe to; say so at once.
        self.cache.ping()
        with self.notifications.listening(*(row.key_for(ref) for row in rows)) as sleep:
            seen: list[TaskRecord] = []
            while True:
                records = self.status(ref)
                yield [record for record in records if record not in seen]
                seen = records
                left = deadline - time.monotonic()
                if left <= 0 or not any(record.state.on_its_way for record in records):
                    return
                sleep(min(left, LOOK_AGAIN_S))

    def measures(self) -> Measures:
        """Counts and workers as they are now."""
        self.reads.flush_hits()
        return measure(self.cache, self.catalogue)

    def _on(self, trigger: Trigger) -> Receipt:
        [outcome] = self.on_batch([trigger])
        if not isinstance(outcome, Receipt):
            raise outcome
        return outcome

    def _served(self, key: CacheKey) -> TaskType:
        row = self.catalogue.get(key.task_type)
        if not row.served or row.subject is not key.ref.subject:
            raise UnknownPrecomputation(f"no result is kept under {key}")
        return row
