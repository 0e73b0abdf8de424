"""Connections to the database of the facts, with bounded waits."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url

from precompute.errors import SourceUnavailable, UnusableSource

BUSY_TIMEOUT_S = 2.0
"""How long a writer waits for another one's transaction on SQLite; ours take milliseconds."""

CONNECT_TIMEOUT_S = 2
"""libpq takes whole seconds, and no less than two."""

WRITES = {"writes": True}
"""Execution options of a connection that will write: on SQLite it takes the lock at once, and waits for it."""


def open_engine(url: str) -> Engine:
    """An engine for a ``sqlite:`` or ``postgresql+psycopg:`` URL; nothing is contacted before it is used."""
    on_sqlite = make_url(url).get_backend_name() == "sqlite"
    bounds: dict[str, Any] = (
        {"timeout": BUSY_TIMEOUT_S}
        if on_sqlite
        # Without the last, a server whose machine vanished is waited for until TCP gives up, a quarter of an hour.
        else {"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": 10_000}
    )
    engine = create_engine(
        url,
        connect_args=bounds,
        pool_pre_ping=not on_sqlite,
        # Errors end in logs; what users do does not belong there.
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    if on_sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reaching_database() -> Iterator[None]:
    """Turns the library's errors into ours.

    Raises:
        UnusableSource: The database answered, and will never take this.
        SourceUnavailable: It cannot be used now.
    """
    try:
        yield
    except (exc.DataError, exc.IntegrityError, OverflowError) as problem:
        raise UnusableSource(f"the database does not take it ({_said(problem)})", code="fact_not_storable") from problem
    except (exc.DBAPIError, exc.TimeoutError) as problem:
        raise SourceUnavailable(
            f"the database cannot be used now ({_said(problem)})", code="database_unavailable"
        ) from problem
    except exc.StatementError as problem:
        # A value that is none of its column's: it did not reach the database.
        raise UnusableSource(f"the database does not take it ({_said(problem)})", code="fact_not_storable") from problem


def _said(problem: BaseException) -> str:
    cause = getattr(problem, "orig", None) or problem
    lines = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {lines[0]}" if lines else type(cause).__name__


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver begins transactions when it thinks fit; here _begin_sqlite does.
    connection.isolation_level = None
    # Readers do not wait for the writer; and what is committed has reached the disk, for then the stream forgets it.
    _keep_a_log(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _keep_a_log(connection: Any) -> None:
    # Of several processes that open a new file at once all but one are refused, whatever time they would wait.
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
