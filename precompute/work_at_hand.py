"""What each user is at work on: the campaign and the video they touched last, else the ones they brought last."""

from collections.abc import Iterable, Mapping, Sequence

from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.errors import PrecomputeError
from precompute.events import Event, event_from_json
from precompute.facts import Action
from precompute.needs import Latest
from precompute.recent import RecentActions
from precompute.scripts import reaching_cache
from precompute.subjects import Subject, SubjectRef

AMONG = 20
"""So many of a user's latest actions are looked at: what was touched before is not at hand any more."""


class WorkAtHand:
    """Knows it from the actions that name a subject: triggers, reads with ``X-User-Id``, and reported ones that do.

    Args:
        cache: Where actions and results are.
        catalogue: The task types in force.
    """

    def __init__(self, cache: Cache, *, catalogue: Catalogue) -> None:
        self._cache = cache
        self._catalogue = catalogue
        self._latest = Latest(cache.client)
        self._recent = RecentActions(cache.client)

    def of_each(self, user_ids: Sequence[str]) -> list[Mapping[Subject, Event]]:
        """By kind of subject, for some users in their order; of what was touched only what there are results of.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        if not user_ids:
            return []
        brought = self._latest.of_each(user_ids)
        touched = [_touched(actions) for actions in self._recent.of_each(user_ids, most=AMONG)]
        others = {
            ref
            for refs, known in zip(touched, brought, strict=True)
            for subject, ref in refs.items()
            if subject not in known or known[subject].ref != ref
        }
        events = self._events(sorted(others, key=str))
        return [
            {**known, **{subject: events[ref] for subject, ref in refs.items() if ref in events}}
            for refs, known in zip(touched, brought, strict=True)
        ]

    def _events(self, refs: Sequence[SubjectRef]) -> Mapping[SubjectRef, Event]:
        """What results or tasks about some subjects are computed for; only of those there are some of."""
        asked = [(ref, row.key_for(ref)) for ref in refs for row in self._catalogue.about(ref.subject) if row.served]
        if not asked:
            return {}
        with reaching_cache(), self._cache.client.pipeline(transaction=False) as pipe:
            for _, key in asked:
                pipe.hget(f"pc:t:{key}", "event")
                pipe.hget(f"pc:e:{key}", "ev")
            found = pipe.execute()
        events: dict[SubjectRef, Event] = {}
        for (ref, _), lines in zip(asked, zip(found[::2], found[1::2], strict=True), strict=True):
            if ref not in events and (event := _readable(lines, ref)) is not None:
                events[ref] = event
        return events


def _touched(actions: Iterable[Action]) -> dict[Subject, SubjectRef]:
    named = ((one.subject, one.subject_id) for one in actions)
    return {
        subject: SubjectRef(subject=subject, id=subject_id)
        for subject, subject_id in named
        if subject is not None and subject is not Subject.USER and subject_id is not None
    }


def _readable(lines: Iterable[bytes | None], ref: SubjectRef) -> Event | None:
    for line in lines:
        try:
            event = event_from_json(line) if line else None
        except (KeyError, TypeError, ValueError, PrecomputeError):
            continue  # written by another version of this service
        if event is not None and event.ref == ref:
            return event
    return None
