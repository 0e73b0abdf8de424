"""Which version of a video a server holds: from a real one on the loopback address, at the cost of one byte."""

from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from servers import serving

from precompute.addresses import networks
from precompute.errors import SourceUnavailable, UnusableSource
from precompute.media import RemoteVideo
from precompute.settings import Settings
from workers.video.fetch import fetched, version_of

FIRST, SECOND = bytes(range(256)) * 4000, bytes(reversed(range(256))) * 4000
HERE = Settings(allow_addresses=networks("127.0.0.0/8"))
DATE = "Sun, 01 Mar 2026 12:00:00 GMT"


class Origin(ThreadingHTTPServer):
    """Serves one video as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.video = FIRST
        self.headers: Mapping[str, str] = {}
        self.knows_parts = True
        self.status = 0
        self.bytes_sent = 0

    @property
    def source(self) -> RemoteVideo:
        """Behind a redirect, as a link to a store often is."""
        return RemoteVideo(f"http://127.0.0.1:{self.server_port}/moved")

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has heard enough hangs up."""


class _Handler(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        """The redirect, then the video or its first byte."""
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/video")
            self.end_headers()
            return
        part = self.server.knows_parts and "Range" in self.headers
        body = self.server.video[:1] if part else self.server.video
        self.send_response(self.server.status or (206 if part else 200))
        self.send_header("Content-Length", str(len(body)))
        if part:
            self.send_header("Content-Range", f"bytes 0-0/{len(self.server.video)}")
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        # Counted first: who has heard enough does not wait for the bytes.
        self.server.bytes_sent += len(body)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def origin() -> Iterator[Origin]:
    """A server."""
    server = Origin()
    with serving(server):
        yield server


def fetched_version(origin: Origin) -> str:
    """Of the video as a decode finds it."""
    with fetched(origin.source, settings=HERE) as video:
        return video.version


SAYS = {
    "an ETag": {"ETag": '"one"'},
    "a weak ETag": {"ETag": 'W/"one"', "Last-Modified": DATE},
    "a date": {"Last-Modified": DATE},
    "nothing": {},
}


@pytest.mark.parametrize("knows_parts", [True, False])
@pytest.mark.parametrize("headers", SAYS.values(), ids=SAYS)
def test_the_version_is_that_of_the_decoded_video(origin: Origin, headers: dict[str, str], knows_parts: bool) -> None:
    """Whether or not the server knows how to send one byte, and whatever it says of its videos."""
    origin.headers, origin.knows_parts = headers, knows_parts
    assert version_of(origin.source, settings=HERE) == fetched_version(origin)


@pytest.mark.parametrize("headers", [SAYS["an ETag"], SAYS["a date"]])
def test_asking_costs_one_byte(origin: Origin, headers: dict[str, str]) -> None:
    """The video is not sent again."""
    origin.headers = headers
    version_of(origin.source, settings=HERE)
    assert origin.bytes_sent == 1


@pytest.mark.parametrize(
    ("before", "after", "video"),
    [
        ({"ETag": '"one"'}, {"ETag": '"two"'}, FIRST),
        ({"Last-Modified": DATE}, {"Last-Modified": DATE.replace("01", "02")}, FIRST),
        ({"Last-Modified": DATE}, {"Last-Modified": DATE}, FIRST + b"x"),
        ({}, {}, SECOND),
    ],
    ids=["another ETag", "another date", "another length of the same date", "other bytes of the same length"],
)
def test_another_video_is_another_version(
    origin: Origin, before: dict[str, str], after: dict[str, str], video: bytes
) -> None:
    """By the best that the server says, and by the bytes where it says nothing."""
    origin.headers = before
    version = fetched_version(origin)
    origin.headers, origin.video = after, video
    assert version_of(origin.source, settings=HERE) != version


@pytest.mark.parametrize(("status", "kind"), [(404, UnusableSource), (503, SourceUnavailable)])
def test_a_server_that_refuses_is_told_as_when_fetching(origin: Origin, status: int, kind: type[Exception]) -> None:
    """Gone for good, or away for now."""
    origin.status = status
    with pytest.raises(kind):
        version_of(origin.source, settings=HERE)
