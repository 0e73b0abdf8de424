"""The command line on a real cache and store, with results that no worker had to compute."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from bench import RecordedDispatch
from click.testing import CliRunner, Result
from servers import ValkeyServer

from api.cli import main
from precompute.admission import admit
from precompute.events import EVENTS
from precompute.planner import Cause, plan
from precompute.settings import Settings
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType
from workers.wiring import Engine, engine

_EVENTS = {event.subject: event for event in EVENTS.values()}


class CommandLine:
    """``precompute …`` with its own servers and files.

    Args:
        server: Cache and broker.
        folder: For the database and whatever else is written; also that of local videos.
    """

    def __init__(self, server: ValkeyServer, folder: Path) -> None:
        self.environ = {
            "REDIS_URL": server.url,
            "BROKER_URL": server.url,
            "DATABASE_URL": f"sqlite:///{folder / 'facts.sqlite3'}",
            "PRECOMPUTE_MEDIA_ROOT": str(folder),
        }
        self.engine: Engine = engine(Settings.from_environ(self.environ))

    def __call__(self, *words: str, answer: str = "", **environ: str) -> Result:
        """Run a command; ``answer`` is what its user types."""
        return CliRunner().invoke(main, words, env={**self.environ, **environ}, input=answer)

    def json(self, *words: str) -> Any:
        """What a command prints with ``--json``, once it has ended well."""
        result = self(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def have(
        self,
        row: TaskType,
        name: str,
        *,
        value: Mapping[str, Any] | None = None,
        parts: Mapping[str, bytes] | None = None,
        cause: Cause = Cause.EVENT,
        cost: timedelta = timedelta(milliseconds=40),
    ) -> CacheKey:
        """Store a result, as a worker does; its key."""
        key = self.begun(row, name, cause=cause)
        body = orjson.dumps(value or {})
        self.engine.cache.store(row, key, owner="test", body=body, parts=parts or {}, cost=cost)
        return key

    def begun(self, row: TaskType, name: str, *, cause: Cause = Cause.EVENT) -> CacheKey:
        """Begin to compute a result, as a worker does; its key."""
        event = _EVENTS[row.subject](subject_id=name, user_id="u1")
        dispatch = RecordedDispatch()
        planned = plan(event, catalogue=self.engine.catalogue, rows=[row], cause=cause)
        admit(planned, ledger=self.engine.ledger, dispatch=dispatch)
        key = row.key_for(SubjectRef(subject=Subject(row.subject), id=name))
        message = next(message for message in dispatch.sent if message.key == key)
        self.engine.ledger.begin(message, owner="test", lease=timedelta(seconds=20), fingerprint="")
        return key
