"""Brings the tables of a database up to this version."""

import logging
from importlib import resources

from sqlalchemy import Connection, Engine, inspect, text

from precompute.errors import SourceUnavailable
from precompute.store.engine import WRITES

LATEST = "0004"
"""The last step in ``migrations/versions``; a process that finds it need not load Alembic."""

_log = logging.getLogger(__name__)

# Any number that other programs on the same database hardly use.
_ADVISORY_LOCK = 7_703_258_214


def upgrade(engine: Engine) -> None:
    """Make or change the tables as this version needs them; of several processes one does and the others wait.

    Raises:
        SourceUnavailable: The database belongs to a newer version.
    """
    with engine.connect() as connection:
        if _step(connection) == LATEST:
            return
    with engine.connect().execution_options(**WRITES) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
        found = _step(connection)
        if found != LATEST:
            _run_steps(connection, found)


def _step(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _run_steps(connection: Connection, found: str | None) -> None:
    # It tells each part as it is imported, each step and what kind of database it found: a dozen lines.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # A tenth of a second to import, and needed once in a database's life.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(resources.files("precompute.store") / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, LATEST)
    except CommandError as problem:
        raise SourceUnavailable(
            f"the database is at step {found}, which this version does not know; start the newer version",
            code="database_too_new",
        ) from problem
    _log.info("Database ready", extra={"action": "database_upgraded", "was": found or "empty", "step": LATEST})
