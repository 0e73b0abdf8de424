"""A web server that takes what Apprise's ``json://`` sends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition
from typing import Any

from servers import serving


class Webhook:
    """What a running server was sent; it answers with ``status``.

    Args:
        server: That runs.
    """

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"json://127.0.0.1:{server.server_port}/hook"
        self.status = 200
        self.tried: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        self._came = Condition()

    def wait_for(self, *titles: str, within_seconds: float = 90) -> None:
        """Go on as soon as messages with these titles were taken."""
        with self._came:
            came = self._came.wait_for(lambda: {*titles} <= {*self.titles}, within_seconds)
        assert came, self.titles

    @property
    def titles(self) -> list[str]:
        """Of what was taken, in order."""
        return [message["title"] for message in self.taken]

    def take(self, body: bytes) -> int:
        """Keep a message; how the server answers."""
        message = json.loads(body)
        self.tried.append(message)
        with self._came:
            if self.status == 200:
                self.taken.append(message)
            self._came.notify_all()
        return self.status


class _Handler(BaseHTTPRequestHandler):
    hook: Webhook

    def do_POST(self) -> None:
        """Keep the message."""
        status = self.hook.take(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def webhook(port: int = 0) -> Iterator[Webhook]:
    """One that runs meanwhile, on a free port unless told otherwise."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    hook = Webhook(server)
    handler.hook = hook  # type: ignore[attr-defined]
    with serving(server):
        yield hook
