"""Fetching a video over http: from a real server on the loopback address."""

import gzip
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from servers import serving

from precompute.addresses import networks
from precompute.errors import PrecomputeError, SourceUnavailable, UnusableSource
from precompute.media import LocalVideo, RemoteVideo
from precompute.settings import Settings
from workers.outward import Resolve, looked_up
from workers.video.fetch import fetched

VIDEO = bytes(range(256)) * 4000
SECRETS = ("X-Signature", "s3cr3t")
LOOPBACK = networks("127.0.0.0/8")


class _Answers(BaseHTTPRequestHandler):
    """Each path is one way a server behaves; ``/hops/3`` redirects three times."""

    def do_GET(self) -> None:
        kind, _, argument = self.path.partition("?")[0].strip("/").partition("/")
        getattr(self, f"_{kind}")(argument)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""

    def _video(self, _: str) -> None:
        self._send(VIDEO)

    def _empty(self, _: str) -> None:
        self._send(b"")

    def _status(self, status: str) -> None:
        self.send_response(int(status))
        self.end_headers()

    def _hops(self, left: str) -> None:
        self._lead(f"/hops/{int(left) - 1}" if int(left) > 1 else "/video")

    def _to_nonsense(self, _: str) -> None:
        self._lead("http://[")

    def _to(self, address: str) -> None:
        self._lead(f"http://{address}")

    def _compressed(self, _: str) -> None:
        self._send(gzip.compress(bytes(50_000_000)), encoding="gzip")

    def _slow_head(self, _: str) -> None:
        """A header that never ends, a byte at a time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.server.over.wait(0.02):  # type: ignore[attr-defined]
            self.wfile.write(b"x")

    def _to_file(self, path: str) -> None:
        self._lead(f"file:///{path}")

    def _unmeasured(self, _: str) -> None:
        """Without Content-Length, as chunked answers are; ends by closing."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(VIDEO * 3)

    def _broken(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(VIDEO) * 2))
        self.end_headers()
        self.wfile.write(VIDEO)

    def _stalled(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(VIDEO)))
        self.end_headers()
        self.wfile.flush()
        self.server.over.wait()  # type: ignore[attr-defined]

    def _trickle(self, _: str) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.over.wait(0.02):  # type: ignore[attr-defined]
            self.wfile.write(b"x")

    def _echo(self, _: str) -> None:
        self._send("\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode())

    def _send(self, body: bytes, *, encoding: str = "identity") -> None:
        self.send_response(200)
        self.send_header("Content-Encoding", encoding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _lead(self, location: str) -> None:
        self.send_response(302)
        self.send_header("Location", location)
        self.end_headers()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some of these tests are about."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Address of a server."""
    server = _Server(("127.0.0.1", 0), _Answers)
    server.over = threading.Event()  # type: ignore[attr-defined]
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"
        server.over.set()  # type: ignore[attr-defined]


def fetch(url: str, *, resolve: Resolve = looked_up, **settings: object) -> bytes:
    """What is fetched from ``url``; servers of this machine are allowed unless said otherwise."""
    limits = Settings(**({"allow_addresses": LOOPBACK} | settings))
    with fetched(RemoteVideo(url), settings=limits, resolve=resolve) as video:
        return video.path.read_bytes()


def refusal_of(url: str, kind: type[PrecomputeError], **settings: Any) -> str:
    """The code of the refusal, which must not show the secrets of the URL."""
    with pytest.raises(kind) as raised:
        fetch(f"{url}?X-Signature=s3cr3t", **settings)
    chain = [raised.value, raised.value.__cause__]
    assert not [secret for secret in SECRETS for error in chain if secret in str(error)]
    return raised.value.code


def test_a_video_is_there_as_long_as_it_is_needed(origin: str):
    """Its bytes are in a file, which is gone afterwards."""
    with fetched(RemoteVideo(f"{origin}/video"), settings=Settings(allow_addresses=LOOPBACK)) as video:
        assert video.path.read_bytes() == VIDEO
    assert not video.path.exists()


def test_five_redirects_are_followed(origin: str):
    """One more is a refusal."""
    assert fetch(f"{origin}/hops/5") == VIDEO
    assert refusal_of(f"{origin}/hops/6", UnusableSource) == "bad_url"


def test_a_redirect_never_leads_to_a_file(origin: str, tmp_path: Path):
    """Only http and https, at every step."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    assert refusal_of(f"{origin}/to_file{secret}", UnusableSource) == "bad_url"


def test_a_redirect_never_leads_to_a_login(origin: str):
    """It would be sent to whoever the redirect names."""
    assert refusal_of(f"{origin}/to/user:hunter2@{origin.removeprefix('http://')}/video", UnusableSource) == "bad_url"


def test_a_compressed_answer_is_refused(origin: str):
    """It was not asked for, and a small one may be a huge video."""
    assert refusal_of(f"{origin}/compressed", UnusableSource) == "video_encoded"


def test_a_redirect_to_nonsense_leads_nowhere(origin: str):
    """Like one to a name that nobody knows, or to a private one."""
    assert refusal_of(f"{origin}/to_nonsense", UnusableSource) == "address_not_allowed"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (401, UnusableSource, "video_forbidden"),
        (403, UnusableSource, "video_forbidden"),
        (404, UnusableSource, "video_missing"),
        (410, UnusableSource, "video_missing"),
        (204, UnusableSource, "video_missing"),
        (429, SourceUnavailable, "video_unreachable"),
        (500, SourceUnavailable, "video_unreachable"),
        (503, SourceUnavailable, "video_unreachable"),
    ],
)
def test_what_a_server_answers_decides_whether_to_try_again(
    origin: str, status: int, kind: type[PrecomputeError], code: str
):
    """Missing and forbidden are final; trouble of the server is not."""
    assert refusal_of(f"{origin}/status/{status}", kind) == code


@pytest.mark.parametrize("path", ["video", "unmeasured"])
def test_a_larger_video_than_allowed_is_refused(origin: str, path: str):
    """By what the server says, and by what it sends."""
    assert refusal_of(f"{origin}/{path}", UnusableSource, max_video_mb=1) == "video_too_large"


def test_an_empty_answer_is_no_video(origin: str):
    """Zero bytes are named so."""
    assert refusal_of(f"{origin}/empty", UnusableSource) == "video_empty"


def test_a_connection_that_breaks_is_worth_another_try(origin: str):
    """Half a file is not taken for a whole one."""
    assert refusal_of(f"{origin}/broken", SourceUnavailable) == "video_unreachable"


@pytest.mark.parametrize("path", ["stalled", "trickle", "slow_head"])
def test_a_server_that_is_too_slow_is_given_up(origin: str, path: str):
    """Silent or a byte at a time, in its head or in the video: after the time allowed, and trying again may help."""
    code = refusal_of(f"{origin}/{path}", SourceUnavailable, fetch_timeout=timedelta(milliseconds=200))
    assert code == "video_unreachable"


def test_nobody_listening_is_worth_another_try():
    """The server may be restarting."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/video"
        assert refusal_of(url, SourceUnavailable) == "video_unreachable"


def test_nothing_of_the_environment_reaches_the_server(origin: str, monkeypatch: pytest.MonkeyPatch):
    """No proxy of the machine stands between, and what is asked for is sent as it is."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    headers = fetch(f"{origin}/echo").decode().lower()
    assert "accept-encoding: identity" in headers
    assert "predictive-precompute" in headers


@contextmanager
def local(path: Path, **settings: object) -> Iterator[Path]:
    """A video of the media folder, fetched."""
    with fetched(LocalVideo(path), settings=Settings(**settings)) as found:
        yield found.path


def test_a_local_video_is_used_where_it_is(tmp_path: Path):
    """It is not copied, and it stays."""
    path = tmp_path / "a.mp4"
    path.write_bytes(VIDEO)
    with local(path) as found:
        assert found == path
    assert path.exists()


@pytest.mark.parametrize(
    ("size", "code"), [(0, "video_empty"), (1_000_001, "video_too_large"), (None, "video_missing")]
)
def test_a_local_video_is_measured_too(tmp_path: Path, size: int | None, code: str):
    """Empty, too large, or gone since it was found."""
    path = tmp_path / "a.mp4"
    if size is not None:
        path.write_bytes(bytes(size))
    with pytest.raises(UnusableSource) as raised, local(path, max_video_mb=1):
        pass
    assert raised.value.code == code


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a link"])
def test_only_regular_files_are_local_videos(tmp_path: Path, kind: str):
    """What takes a file's place after it was located is not opened."""
    path, secret = tmp_path / "a.mp4", tmp_path / "secret"
    secret.write_bytes(VIDEO)
    {"a folder": path.mkdir, "a pipe": lambda: os.mkfifo(path), "a link": lambda: path.symlink_to(secret)}[kind]()
    with pytest.raises(UnusableSource) as raised, local(path):
        pass
    assert raised.value.code == "video_missing"
