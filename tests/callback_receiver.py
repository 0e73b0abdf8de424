"""A receiver of callbacks: a real web server that keeps what it gets, and answers as it is told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Event

from servers import serving

LONGEST_WAIT_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What was posted; names of headers in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes


class Mailbox(ThreadingHTTPServer):
    """Answers the next of ``answers`` to each letter, and 204 when there is none; 0 stands for no answer at all."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answers: SimpleQueue[int] = SimpleQueue()
        self.leads_to = ""
        self.letters: SimpleQueue[Letter] = SimpleQueue()
        self.over = Event()

    def url(self, path: str = "/done") -> str:
        """An address of its own for each path."""
        return f"http://127.0.0.1:{self.server_port}{path}"

    def next(self) -> Letter:
        """The next letter; waits for it."""
        return self.letters.get(timeout=LONGEST_WAIT_S)

    @property
    def empty(self) -> bool:
        """Whether there is no further one now."""
        return self.letters.empty()

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up is no trouble of ours."""


class _Handler(BaseHTTPRequestHandler):
    server: Mailbox

    def do_POST(self) -> None:
        """Keep it, and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.letters.put(Letter(path=self.path, headers=headers, body=body))
        try:
            status = self.server.answers.get_nowait()
        except Empty:
            status = 204
        if status == 0:
            self.server.over.wait()
            return
        self.send_response(status)
        if self.server.leads_to:
            self.send_header("Location", self.server.leads_to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@contextmanager
def open_mailbox(port: int = 0) -> Iterator[Mailbox]:
    """One that is emptied at the end."""
    mailbox = Mailbox(port)
    with serving(mailbox):
        yield mailbox
        mailbox.over.set()
