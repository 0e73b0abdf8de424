"""Results of one subject that were computed from different versions of it: the older ones go stale."""

import logging
from collections.abc import Iterable, Iterator, Mapping

from precompute.due import DueEntries, HeldEntry
from precompute.errors import SourceUnavailable
from precompute.events import Event
from precompute.task_type import TaskType
from workers.binding import Binding
from workers.refreshing import Tokens
from workers.wiring import Engine

_log = logging.getLogger(__name__)


def outdate_mixed(engine: Engine, bindings: Mapping[str, Binding], row: TaskType, event: Event) -> None:
    """Outdate what stands beside a result that was just stored, and was computed from another one than that.

    Where a video has changed at its address and only one of its results is asked for anew, the video is decoded anew
    for it. What came of the decode before would stay fresh beside it for as long as a day, and a reader would see two
    videos in one. What was replaced meanwhile is left alone.

    Args:
        engine: Of this process.
        bindings: The functions, which say what results are computed from.
        row: What was stored.
        event: About whom.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    derived = engine.catalogue.dependants_of(row)
    if not derived:
        return
    due = DueEntries(engine.cache)
    about = engine.catalogue.about(event.subject)
    held = {entry.row.name: entry for entry in due.held(event.ref, about) if entry.fingerprint == event.fingerprint}
    # What is held says by itself what it was computed from: neither the video's server nor anybody else is asked.
    known = {name: entry.source for name, entry in held.items()}
    known |= _told_by_others(about, known, bindings)
    tokens = Tokens(engine=engine, bindings=bindings, event=event, known=known)
    mixed = [held[one.name] for one in derived if one.name in held and _is_mixed(held[one.name], tokens)]
    if mixed:
        due.renew(mixed, event=event)
        names = [entry.row.name for entry in mixed]
        _log.info(
            "Outdated by another version", extra={"action": "versions_mixed", "ref": str(event.ref), "types": names}
        )


def _told_by_others(
    about: Iterable[TaskType], known: Mapping[str, str], bindings: Mapping[str, Binding]
) -> dict[str, str]:
    """Tokens of results that are not held, as a video's sound, told by one that is made of the very same sources."""
    reads = {row.name: bindings[row.name].reads for row in about if not row.inputs and row.name in bindings}
    told = {sources: known[name] for name, sources in reads.items() if sources and name in known}
    return {name: told[sources] for name, sources in reads.items() if name not in known and sources in told}


def _is_mixed(entry: HeldEntry, tokens: Tokens) -> bool:
    known = dict(tokens.known)
    read = list(_read_for(entry.row, known))
    if not entry.source or any(one.name not in known for one in read):
        return False  # it is outdated, or nobody can tell
    # All its inputs were known when it was computed: one that is not has been outdated or replaced since.
    if not all(known[one.name] for one in read):
        return True
    try:
        return tokens.computed_now(entry.row) != entry.source
    except SourceUnavailable:
        return False  # its refresh will ask again


def _read_for(row: TaskType, known: Mapping[str, str]) -> Iterator[TaskType]:
    """The inputs of a row; in place of one that nobody needed any more, as what is said first, those of its own."""
    for needed in row.inputs:
        if needed.transient and needed.inputs and needed.name not in known:
            yield from _read_for(needed, known)
        else:
            yield needed
