"""Which servers are really connected to when somebody else names the address: real ones, with name servers of ours."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from servers import serving

from precompute.addresses import Address, Network, networks
from precompute.errors import PrecomputeError, SourceUnavailable, UnusableSource
from precompute.media import RemoteVideo
from precompute.settings import Settings
from workers.outward import Resolve, outward_client
from workers.video.fetch import fetched, version_of

VIDEO = b"a video" * 1000
PUBLIC = networks("127.0.0.2")
"""What stands for the public internet here; 127.0.0.1 is the private network behind."""


class Server(ThreadingHTTPServer):
    """Serves the video, and counts who connected."""

    def __init__(self, host: str, port: int = 0) -> None:
        super().__init__((host, port), _Handler)
        self.forget()

    def forget(self) -> None:
        """Nobody called, and it serves the video itself."""
        self.leads_to = ""
        self.connections = 0
        self.hosts: list[str | None] = []

    def get_request(self) -> tuple[socket.socket, object]:
        """Every connection counts, whatever comes over it."""
        self.connections += 1
        return super().get_request()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the certificate hangs up."""


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        """The video, or a redirect."""
        self.server.hosts.append(self.headers["Host"])
        self.send_response(302 if self.server.leads_to else 200)
        if self.server.leads_to:
            self.send_header("Location", self.server.leads_to)
        self.send_header("Content-Length", "0" if self.server.leads_to else str(len(VIDEO)))
        self.end_headers()
        if not self.server.leads_to:
            self.wfile.write(VIDEO)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def _servers() -> Iterator[tuple[Server, Server]]:
    """One inside and one outside, at one port."""
    inside = Server("127.0.0.1")
    outside = Server("127.0.0.2", inside.server_port)
    with serving(inside), serving(outside):
        yield inside, outside


@pytest.fixture
def inside(_servers: tuple[Server, Server]) -> Server:
    """A server of the private network, which nobody has called."""
    _servers[0].forget()
    return _servers[0]


@pytest.fixture
def outside(_servers: tuple[Server, Server]) -> Server:
    """One of the public internet."""
    _servers[1].forget()
    return _servers[1]


class Names:
    """A name server that gives one answer after the other, and the last one from then on."""

    def __init__(self, *answers: str) -> None:
        self.answers = [[ip_address(text) for text in answer.split()] for answer in answers]
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[Address]:
        """The addresses of any host."""
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def fetch(url: str, *, resolve: Resolve, allowed: Sequence[Network] = PUBLIC) -> bytes:
    """The video at ``url``."""
    settings = Settings(allow_addresses=tuple(allowed), fetch_timeout=timedelta(seconds=5))
    with fetched(RemoteVideo(url), settings=settings, resolve=resolve) as video:
        return video.path.read_bytes()


def refusal_of(url: str, *, resolve: Resolve) -> PrecomputeError:
    """Why nothing is fetched from there."""
    with pytest.raises(UnusableSource) as raised:
        fetch(url, resolve=resolve)
    assert raised.value.code == "address_not_allowed"
    return raised.value


def test_a_name_leads_to_the_address_that_was_checked(outside: Server) -> None:
    """It is looked up once, and the server hears the name."""
    names = Names("127.0.0.2", "127.0.0.1")
    assert fetch(f"http://video.example:{outside.server_port}/a", resolve=names) == VIDEO
    assert names.asked == ["video.example"]
    assert outside.hosts == [f"video.example:{outside.server_port}"]


def test_a_name_that_leads_inside_is_not_called(inside: Server) -> None:
    """Nobody is connected to, so nothing is learned of who answers; the private address is not told either."""
    refusal = refusal_of(f"http://video.example:{inside.server_port}/a", resolve=Names("127.0.0.1"))
    assert inside.connections == 0
    assert "127.0.0.1" not in refusal.message
    closed = refusal_of("http://video.example:9/a", resolve=Names("127.0.0.1"))
    assert closed.message == refusal.message


def test_of_several_addresses_only_those_allowed_are_called(inside: Server, outside: Server) -> None:
    """Though the others come first, and also answer."""
    names = Names("127.0.0.1 ::1 127.0.0.2")
    assert fetch(f"http://video.example:{outside.server_port}/a", resolve=names) == VIDEO
    assert (outside.connections, inside.connections) == (1, 0)


def test_a_name_server_that_changes_its_mind_changes_nothing(inside: Server, outside: Server) -> None:
    """DNS rebinding: the second answer, for the redirect to the same name, is checked like the first."""
    url = f"http://again.example:{outside.server_port}"
    outside.leads_to = f"{url}/secret"
    refusal_of(f"{url}/a", resolve=Names("127.0.0.2", "127.0.0.1"))
    assert (outside.connections, inside.connections) == (1, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost."])
def test_a_redirect_does_not_lead_inside(inside: Server, outside: Server, host: str) -> None:
    """However the address is spelled; neither for the video, nor for its version."""
    outside.leads_to = f"http://{host}:{inside.server_port}/secret"
    source = RemoteVideo(f"http://127.0.0.2:{outside.server_port}/a")
    refusal_of(source.url, resolve=Names("127.0.0.2"))
    with pytest.raises(UnusableSource):
        version_of(source, settings=Settings(allow_addresses=PUBLIC))
    assert inside.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost", "localhost."])
def test_the_systems_own_resolver_is_checked(inside: Server, host: str) -> None:
    """It understands every spelling; the address counts."""
    with (
        pytest.raises(UnusableSource) as raised,
        fetched(RemoteVideo(f"http://{host}:{inside.server_port}/a"), settings=Settings()),
    ):
        pass
    assert raised.value.code == "address_not_allowed"
    assert inside.connections == 0


@pytest.mark.parametrize("url", ["http://a..b/\ud800", "http://\u202e.example/", "http://256.1.1.1/", "http:///x"])
def test_what_is_no_address_is_told_so(url: str) -> None:
    """Trying again cannot help."""
    with pytest.raises(UnusableSource) as raised:
        fetch(url, resolve=Names("127.0.0.2"))
    assert raised.value.code == "bad_url"


def test_proxies_of_the_machine_are_not_asked(inside: Server, outside: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would connect to whatever they are told to."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{inside.server_port}")
    assert fetch(f"http://video.example:{outside.server_port}/a", resolve=Names("127.0.0.2")) == VIDEO
    assert inside.connections == 0


def test_a_name_that_leads_nowhere_is_told_like_one_that_leads_inside(inside: Server) -> None:
    """Word for word, and as finally: whoever tries names does not learn which of them the network inside has."""

    def unknown(host: str, port: int) -> Sequence[Address]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    url = f"http://billing.internal:{inside.server_port}/a"
    assert refusal_of(url, resolve=unknown).message == refusal_of(url, resolve=Names("127.0.0.1")).message
    assert inside.connections == 0


def test_a_name_server_that_is_away_is_worth_another_try() -> None:
    """It may be back soon."""

    def unknown(host: str, port: int) -> Sequence[Address]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.raises(SourceUnavailable) as raised:
        fetch("http://video.example/a", resolve=unknown)
    assert raised.value.code == "video_unreachable"


def test_a_name_server_that_says_nothing_is_given_up() -> None:
    """The system's resolver would wait for it as long as it likes."""
    over = threading.Event()

    def silent(host: str, port: int) -> Sequence[Address]:
        over.wait()
        return []

    settings = Settings(fetch_timeout=timedelta(milliseconds=100))
    with (
        pytest.raises(SourceUnavailable),
        fetched(RemoteVideo("http://video.example/a"), settings=settings, resolve=silent),
    ):
        pass
    over.set()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of video.example, with its key; signed by itself."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=video.example"),
            *("-addext", "subjectAltName=DNS:video.example", "-keyout", path, "-out", path.with_suffix(".crt")),
        ],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + path.with_suffix(".crt").read_bytes())
    return path


@pytest.fixture(scope="module")
def behind_tls(certificate: Path) -> Iterator[Server]:
    """A server of the public internet with that certificate."""
    server = Server("127.0.0.2")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with serving(server):
        yield server


def status_over_tls(server: Server, name: str, *, trusted: Path | None) -> int:
    """What a server answers whose name leads to it."""
    context = ssl.create_default_context(cafile=trusted) if trusted else None
    client = outward_client(
        allowed=PUBLIC, seconds_left=lambda: 5.0, headers={}, resolve=Names("127.0.0.2"), certificates=context
    )
    with client as opened:
        return opened.get(f"https://{name}:{server.server_port}/a").status_code


def test_a_certificate_is_that_of_the_name(behind_tls: Server, certificate: Path) -> None:
    """Though the connection is to an address: a trusted one of the same name, and no other."""
    trusted = certificate.with_suffix(".crt")
    assert status_over_tls(behind_tls, "video.example", trusted=trusted) == 200
    with pytest.raises(httpx2.TransportError, match=r"(?i)certificate"):
        status_over_tls(behind_tls, "other.example", trusted=trusted)
    with pytest.raises(httpx2.TransportError, match=r"(?i)certificate"):
        status_over_tls(behind_tls, "video.example", trusted=None)
