"""What each action of a log reads, brings and starts: as the catalogue says, and one result each where it does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from precompute.catalogue import Catalogue
from precompute.errors import BadParameters
from precompute.events import CampaignCreated, UserLoggedIn, VideoUploaded
from precompute.memory import ACTION_OF
from precompute.subjects import Subject
from precompute.task_type import TaskType

Reads = Mapping[str, Sequence[str]]
"""Names of rows by action, where a user says so."""

_OF_ACTION = "action "
"""Before the name of an action in the place of a row's: no row can be called so."""

_BROUGHT = {ACTION_OF[VideoUploaded]: Subject.VIDEO, ACTION_OF[CampaignCreated]: Subject.CAMPAIGN}
_TRIGGERS = {ACTION_OF[event]: event for event in (VideoUploaded, CampaignCreated, UserLoggedIn)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The results of a log's users, and what each action does with them. Numbers are places in ``rows``.

    Attributes:
        rows: The results there are of each user; of campaigns and videos, of the one they brought last.
        names: Of the rows; of what the catalogue does not know, of the action that reads it.
        reads: By action, which are read at once.
        starts: By action, which its trigger has computed.
        ends: By action, which begin anew: those of another campaign or video are nobody's latest any more.
    """

    rows: tuple[TaskType, ...]
    names: tuple[str, ...]
    reads: tuple[tuple[int, ...], ...]
    starts: tuple[tuple[int, ...], ...]
    ends: tuple[tuple[int, ...], ...]


def menu_of(names: Sequence[str], *, catalogue: Catalogue, invented: TaskType, said: Reads | None = None) -> Menu:
    """The menu of a log.

    An action reads the rows whose ``needed_for`` names it, and those that ``said`` gives it. Where none of its actions
    reads any, a log is of another product: each action reads a result of its own. Where some do, that holds for the
    others, but triggers read nothing.

    Args:
        names: Of the log's actions.
        catalogue: The task types in force.
        invented: The row of a result that the catalogue does not know.
        said: What a user says instead.

    Raises:
        BadParameters: ``said`` names an action that the log does not have, or a row that is not served.
    """
    served = {row.name: row for row in catalogue.served()}
    _check(said or {}, names=names, served=served)
    read = {name: tuple((said or {}).get(name, _named(name, catalogue))) for name in names}
    ours = any(read.values())
    triggers = _TRIGGERS if ours else {}
    started = {name: [row.name for row in catalogue.started_by(triggers[name])] for name in names if name in triggers}
    wanted = {row for rows in read.values() for row in rows}
    rows: dict[str, TaskType] = {name: row for name, row in served.items() if name in wanted}
    for name in names:
        if not read[name] and name not in triggers:
            read[name] = (_OF_ACTION + name,)
            rows[_OF_ACTION + name] = invented
    places = {name: place for place, name in enumerate(rows)}
    return Menu(
        rows=tuple(rows.values()),
        names=tuple(name.removeprefix(_OF_ACTION) for name in rows),
        reads=tuple(tuple(places[row] for row in read[name]) for name in names),
        starts=tuple(tuple(places[row] for row in started.get(name, ()) if row in places) for name in names),
        ends=tuple(_about(_BROUGHT.get(name) if ours else None, rows) for name in names),
    )


def _named(action: str, catalogue: Catalogue) -> list[str]:
    return [row.name for row in catalogue.served() if action in row.needed_for]


def _about(subject: Subject | None, rows: Mapping[str, TaskType]) -> tuple[int, ...]:
    return tuple(place for place, row in enumerate(rows.values()) if row.subject is subject)


def _check(said: Reads, *, names: Sequence[str], served: Mapping[str, TaskType]) -> None:
    for action, rows in said.items():
        if action not in names:
            raise BadParameters(f"no action of the log is called {action!r}; it has {', '.join(names[:20])}")
        for row in rows:
            if row not in served:
                raise BadParameters(f"no task type is called {row!r}; there are {', '.join(served)}")
