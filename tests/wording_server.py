"""A server on this machine that answers like OpenAI or Anthropic, or in ways they should not."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Service:
    """What the server answers, and what it was asked."""

    status: int = 200
    reply: Any = None
    silent: bool = False
    dripping: bool = False
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """``service`` on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
            if service.silent:
                service.released.wait(30)
                return
            answer = service.reply if isinstance(service.reply, bytes) else json.dumps(service.reply).encode()
            self.send_response(service.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            for at in range(0, len(answer), 1 if service.dripping else len(answer)):
                if service.dripping and service.released.wait(0.05):
                    return
                self.wfile.write(answer[at : at + (1 if service.dripping else len(answer))])
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield service
        finally:
            service.released.set()
            server.shutdown()
            thread.join()
