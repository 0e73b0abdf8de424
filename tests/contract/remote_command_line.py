"""The command line beside a service that really answers over HTTP, with results that no worker had to compute."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from command_line import CommandLine
from servers import ValkeyServer, serving
from werkzeug.serving import make_server

from api.app import create_app
from precompute.entry import Failure
from precompute.message import Message
from precompute.settings import Settings
from precompute.subjects import CacheKey, Subject, SubjectRef
from precompute.task_type import TaskType
from workers.wiring import precomputer

ROOT = Path(__file__).parents[2]


class RemoteCommandLine(CommandLine):
    """``precompute …`` with a service to talk to, and the moves of its workers by hand."""

    def __init__(self, server: ValkeyServer, folder: Path, *, url: str) -> None:
        super().__init__(server, folder)
        self.environ["PRECOMPUTE_URL"] = url

    def take(self, key: CacheKey) -> None:
        """A worker takes up what was queued for a key."""
        record = self.engine.ledger.records([key])[0]
        text: Any = self.engine.cache.client.hget(f"pc:t:{key}", "event")
        message = Message(task_id=str(record.task_id), key=key, queue="login", event=text.decode(), cause="event")
        self.engine.ledger.begin(message, owner="test", lease=self.engine.settings.lease, fingerprint="")

    def fail(self, row: TaskType, name: str, *, code: str = "broke", message: str = "it broke") -> CacheKey:
        """A computation fails; its key."""
        key = self.begun(row, name)
        self.engine.ledger.fail(key, owner="test", failure=Failure(code=code, message=message), retry_in=None)
        return key

    def broken(self, key: CacheKey) -> None:
        """What a worker has taken up fails."""
        failure = Failure(code="broke", message="it broke")
        self.engine.ledger.fail(key, owner="test", failure=failure, retry_in=None)

    def keys_of(self, user: str) -> list[CacheKey]:
        """Of everything about a user."""
        ref = SubjectRef(subject=Subject.USER, id=user)
        return [row.key_for(ref) for row in self.engine.catalogue.about(Subject.USER)]

    def start(self, *words: str, **environ: str) -> "subprocess.Popen[str]":
        """The command as a process of its own, as a shell runs it."""
        return subprocess.Popen(
            [sys.executable, "-m", "api.cli", *words],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **self.environ, **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@contextmanager
def beside_a_service(server: ValkeyServer, folder: Path) -> Iterator[RemoteCommandLine]:
    """A service from a thread of this process, on a port of its own."""
    settings = Settings(
        redis_url=server.url, broker_url=server.url, media_root=folder, database_url=f"sqlite:///{folder / 'facts.db'}"
    )
    web = make_server("127.0.0.1", 0, create_app(precomputer(settings), settings), threaded=True)
    web.daemon_threads = True
    with serving(web):
        yield RemoteCommandLine(server, folder, url=f"http://127.0.0.1:{web.server_port}")
