"""A worker's task body on the bench's server."""

from collections.abc import Callable, Iterable
from typing import Any

from bench import CATALOGUE, Bench
from known_facts import KnownFacts

from precompute.callbacks import Callbacks
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.task_type import TaskType
from workers.binding import Binding
from workers.dispatch import CeleryDispatch
from workers.execution import Execution
from workers.wiring import Engine, publishing_app


def execution_on(
    bench: Bench, rows: Iterable[TaskType], compute: Callable[..., Any], *, dispatch: Any = None
) -> Execution:
    """Runs messages of the rows, each by the same function; messages that follow go to a broker unless told where."""
    settings = Settings()
    engine = Engine(
        settings=settings,
        catalogue=CATALOGUE,
        cache=bench.cache,
        ledger=bench.ledger,
        dispatch=dispatch or CeleryDispatch(publishing_app(settings)),
        facts=KnownFacts(),
        stream=FactStream(bench.client),
        callbacks=Callbacks(bench.client, ledger=bench.ledger),
    )
    bindings = {row.name: Binding(row=row, function=compute, wants_job=False, opened_by=None) for row in rows}
    return Execution(engine=engine, bindings=bindings)
