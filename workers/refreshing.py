"""One refresh: has what the results of a subject were computed from changed, and what is to be done about it."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from precompute.admission import Bounds, admit, may_queue
from precompute.ages import lead_of
from precompute.due import DueEntries, HeldEntry
from precompute.errors import (
    BadParameters,
    BrokerUnavailable,
    SourceUnavailable,
    StoreUnavailable,
    UnknownPrecomputation,
)
from precompute.events import Event, VideoUploaded, event_if_known
from precompute.fingerprint import fingerprint_of, title_of
from precompute.forcing import Forcing
from precompute.freshness import kept_up, made_anew
from precompute.invalidation import lineage
from precompute.load import Backlog
from precompute.media import locate_video
from precompute.message import Forced
from precompute.planner import Cause, plan
from precompute.queues import Queue
from precompute.refreshing import AGAIN_IN, Refreshing, Swept
from precompute.revalidation import Revalidation
from precompute.task_type import TaskType
from workers.binding import Binding, Source
from workers.jobs import job_of
from workers.sources import token_of
from workers.wiring import Engine

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What results would be computed from now; each source is asked once, however many results read it.

    Attributes:
        engine: Of this process.
        bindings: The functions, which say what results are computed from.
        event: About whom or what.
        known: Tokens by task type; those that are told from the start are not asked for.
        said: What sources said.
    """

    engine: Engine
    bindings: Mapping[str, Binding]
    event: Event
    known: dict[str, str] = field(default_factory=dict)
    said: dict[Source, str] = field(default_factory=dict)

    def of(self, row: TaskType) -> str:
        """The token that a result of ``row`` computed now would have; empty when nobody can tell.

        Raises:
            SourceUnavailable: A source cannot be asked now.
        """
        if row.name not in self.known:
            self.known[row.name] = self.computed_now(row)
        return self.known[row.name]

    def computed_now(self, row: TaskType) -> str:
        """The same, whatever is known of the row itself; of its inputs what is known counts.

        Raises:
            SourceUnavailable: A source cannot be asked now.
        """
        binding = self.bindings[row.name]
        read = ("",) if binding.reads is None else tuple(map(self._said_by, binding.reads))
        return token_of(read, inputs=[self.of(needed) for needed in row.inputs])

    def _said_by(self, source: Source) -> str:
        if source not in self.said:
            self.said[source] = source(job_of(self.event, engine=self.engine, report=lambda share: None))
        return self.said[source]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What became of the sources of one subject's results.

    Attributes:
        same: They still hold.
        changed: Something they were computed from is another now.
        unknown: Their sources are not declared, or they were outdated since: as good as changed.
        unreachable: A source cannot be asked now.
    """

    same: list[HeldEntry]
    changed: list[HeldEntry]
    unknown: list[HeldEntry]
    unreachable: list[HeldEntry]


def sweep_due(engine: Engine) -> None:
    """Hand out what is due; while the cache or the broker is away, the next sweep will."""
    refreshing = Refreshing(
        settings=engine.settings,
        catalogue=engine.catalogue,
        cache=engine.cache,
        ledger=engine.ledger,
        dispatch=engine.dispatch,
        backlog=Backlog(engine.cache, engine.catalogue),
    )
    try:
        swept = refreshing.sweep()
    except (BrokerUnavailable, StoreUnavailable) as problem:
        _log.warning("Refreshes wait", extra={"action": "refreshes_wait", "reason": problem.message})
        return
    if swept != Swept():
        _log.info("Due results swept", extra={"action": "refreshes_swept", **asdict(swept)})


def go_on_forcing(engine: Engine, forced: Forced) -> None:
    """Queue the next entries of a forced refresh.

    Raises:
        BrokerUnavailable, StoreUnavailable: Not done; the same again is right.
    """
    forcing = Forcing(catalogue=engine.catalogue, cache=engine.cache, ledger=engine.ledger, dispatch=engine.dispatch)
    try:
        found = forcing.go_on(forced)
    except UnknownPrecomputation:
        return  # of a plug-in that is no longer loaded
    _log.info("Forced refresh goes on", extra={"action": "forced", "type": forced.task_type, **asdict(found)})


def refreshed(engine: Engine, bindings: Mapping[str, Binding], revalidation: Revalidation) -> None:
    """Do a revalidation; what cannot be done now is due again when it expires, so nothing is raised."""
    try:
        revalidate(engine, bindings, revalidation)
    except (BrokerUnavailable, StoreUnavailable) as problem:
        extra = {"action": "revalidation_failed", "ref": str(revalidation.ref), "reason": problem.message}
        _log.warning("Not refreshed now", extra=extra)


def revalidate(engine: Engine, bindings: Mapping[str, Binding], revalidation: Revalidation) -> None:
    """Extend what still holds, have computed anew what does not; one that waited too long is dropped.

    The sources of all results of the subject are compared, not only of those asked for: where its video has changed,
    all are computed anew from one decode.

    Raises:
        BrokerUnavailable, StoreUnavailable: Not done; what was asked for is due again when the revalidation expires.
    """
    due, now = DueEntries(engine.cache), engine.cache.clock()
    if now >= revalidation.expires_at:
        # Its entries are due again since then.
        due.count({f"refresh:expired:{name}": 1 for name in revalidation.types})
        return
    began = time.monotonic()
    rows = engine.catalogue.about(revalidation.ref.subject)
    held = _of_one_upload(due.held(revalidation.ref, rows))
    asked = [entry for entry in held if entry.row.name in revalidation.types or _is_due_soon(entry, now=now)]
    event = event_if_known(max(held, key=lambda entry: entry.computed_at).event) if held else None
    if event is None:
        # Gone, or of another version of the service, which can refresh it. Until somebody reads it, nobody need look.
        due.park((key, now) for key in revalidation.keys)
    settled = event is None or not asked or _settled(engine, bindings, event, held, asked, due=due)
    subject = revalidation.ref.subject
    elapsed_ms = round(1000 * (time.monotonic() - began))
    due.count({f"refresh:checks:{subject}": 1, f"refresh:check_ms:{subject}": elapsed_ms})
    if settled:
        due.finished(revalidation.ref)


def _settled(
    engine: Engine,
    bindings: Mapping[str, Binding],
    event: Event,
    held: list[HeldEntry],
    asked: list[HeldEntry],
    *,
    due: DueEntries,
) -> bool:
    """Do what is to be done; False when some of it has to wait until the revalidation expires."""
    now = engine.cache.clock()
    found = _compared(held, Tokens(engine=engine, bindings=bindings, event=event))
    needed = _with_inputs(asked)
    overtaken = [entry for entry in found.same if entry.row.name in needed and not due.unchanged(entry, event.ref)]
    # Outdated while we looked: due again at once.
    due.put_off((entry.row.key_for(event.ref) for entry in overtaken), until=now)
    if found.changed:
        event = _as_it_is_now(event, media_root=engine.settings.media_root)
        due.renew(found.changed, event=event)
        due.count({f"refresh:changed:{entry.row.name}": 1 for entry in found.changed})
    # Without an answer of its source a result is left alone, as long as it is fresh. After that, computing it will say
    # to everybody why it cannot be.
    blind = [entry for entry in found.unreachable if entry in asked and now >= entry.stale_at]
    again = [*_worth_computing(found, asked, now=now), *blind]
    let_go = [entry for entry in (*found.changed, *found.unknown) if entry in asked and entry not in again]
    due.park((entry.row.key_for(event.ref), now) for entry in let_go)
    due.count({f"refresh:unreachable:{entry.row.name}": 1 for entry in found.unreachable if entry in asked})
    computed = _have_computed(engine, again, event=event, due=due) if again else True
    return computed and not found.unreachable


def _is_due_soon(entry: HeldEntry, *, now: datetime) -> bool:
    """Whether it would ask for the same look within its lead; then one look serves both."""
    if entry.due_at is None or entry.parked or entry.due_at - now > lead_of(entry.row):
        return False
    read_s, wanted_s = (None if at is None else at.timestamp() for at in (entry.read_at, entry.wanted_until))
    return kept_up(now_s=now.timestamp(), read_s=read_s, wanted_until_s=wanted_s)


def _of_one_upload(held: list[HeldEntry]) -> list[HeldEntry]:
    """Those of the latest input, and not what is left of one before it."""
    latest = max(held, key=lambda entry: entry.computed_at, default=None)
    return [entry for entry in held if latest is not None and entry.fingerprint == latest.fingerprint and entry.event]


def _compared(held: Iterable[HeldEntry], tokens: Tokens) -> Findings:
    found = Findings(same=[], changed=[], unknown=[], unreachable=[])
    for entry in held:
        try:
            now = tokens.of(entry.row) if entry.source else ""
        except SourceUnavailable as problem:
            extra = {"action": "source_unreachable", "type": entry.row.name, "reason": problem.message}
            _log.warning("Not known whether it changed", extra=extra)
            found.unreachable.append(entry)
            continue
        if not entry.source or not now:
            found.unknown.append(entry)
        elif now == entry.source:
            found.same.append(entry)
        else:
            found.changed.append(entry)
    return found


def _with_inputs(entries: Iterable[HeldEntry]) -> set[str]:
    """Names of their rows and of all they are computed from: without them, computing one anew would need them all."""
    names: set[str] = set()
    for row in (entry.row for entry in entries):
        names |= {row.name, *(other.name for other in lineage(row) if not other.transient)}
    return names


def _worth_computing(found: Findings, asked: Sequence[HeldEntry], *, now: datetime) -> list[HeldEntry]:
    """What is computed anew: everything that changed as soon as one of it is read, as it comes from one decode."""
    changed = [entry for entry in found.changed if not entry.row.transient]
    if not any(_is_read(entry, now=now) for entry in changed):
        changed = []
    return changed + [entry for entry in found.unknown if entry in asked and _is_read(entry, now=now)]


def _is_read(entry: HeldEntry, *, now: datetime) -> bool:
    wanted_s = None if entry.wanted_until is None else entry.wanted_until.timestamp()
    return made_anew(now_s=now.timestamp(), reads=entry.reads, wanted_until_s=wanted_s)


def _have_computed(engine: Engine, entries: Sequence[HeldEntry], *, event: Event, due: DueEntries) -> bool:
    """Queue the computations, if there is room; else they stay due."""
    backlog, names = Backlog(engine.cache, engine.catalogue), [entry.row.name for entry in entries]
    if not may_queue(Cause.REFRESH, backlog.before(Queue.REFRESH), bounds=Bounds.of(engine.settings)):
        due.put_off((entry.row.key_for(event.ref) for entry in entries), until=engine.cache.clock() + AGAIN_IN)
        due.count({f"refresh:refused:{name}": 1 for name in names})
        return False
    planned = plan(
        event,
        catalogue=engine.catalogue,
        rows=[entry.row for entry in entries],
        cause=Cause.REFRESH,
        force=True,
        # What was computed by somebody else meanwhile is new enough.
        seen_at=max(entry.computed_at for entry in entries),
    )
    admit(planned, ledger=engine.ledger, dispatch=engine.dispatch)
    return True


def _as_it_is_now(event: Event, *, media_root: Path) -> Event:
    """The event with the fingerprint that an upload of the same video would bring now."""
    if not isinstance(event, VideoUploaded) or not event.fingerprint:
        return event
    try:
        source = locate_video(event, media_root=media_root)
        return replace(event, fingerprint=fingerprint_of(source, title=title_of(event)))
    except BadParameters:
        # The file is gone. Computing anew will say so.
        return event
