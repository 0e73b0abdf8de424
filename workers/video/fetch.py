"""The video as a file on this machine: used in place, or fetched over http(s) for as long as it is needed."""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

import httpx2

from precompute.errors import PrecomputeError, SourceUnavailable, UnusableSource
from precompute.media import LocalVideo, RemoteVideo, VideoSource
from precompute.settings import Settings

_MOST_REDIRECTS = 5
_LONGEST_SILENCE_SECONDS = 10.0
_HEADERS = {
    "User-Agent": "predictive-precompute",
    "Accept": "video/*, */*;q=0.5",
    # A compressed answer could be small on the wire and huge here.
    "Accept-Encoding": "identity",
}
_FORBIDDEN = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_ONE_BYTE = {"Range": "bytes=0-0"}
"""For what is said of the video rather than for the video. Not HEAD: an address that is signed for GET refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A video's file.

    Attributes:
        path: Where it is.
        version: Changes with the video: what its server calls this version (ETag, else date of change and length), or
            the hash of the content where the server says nothing; of a local file its size and time of change.
    """

    path: Path
    version: str


@contextmanager
def fetched(source: VideoSource, *, settings: Settings) -> Iterator[Fetched]:
    """The video's file; a fetched one is deleted at the end, one of the media folder stays where it is.

    Raises:
        UnusableSource: ``video_missing``, ``video_forbidden``, ``video_empty`` or ``video_too_large``; trying again
            cannot help.
        SourceUnavailable: ``video_unreachable``: no connection, no answer in time, or the server has trouble.
    """
    max_bytes = settings.max_video_mb * 1_000_000
    if isinstance(source, LocalVideo):
        yield Fetched(path=source.path, version=_checked(source, max_bytes=max_bytes))
        return
    with tempfile.NamedTemporaryFile(prefix="video-") as file:
        version = _download(source, into=file.file, max_bytes=max_bytes, seconds_left=_clock(settings))
        yield Fetched(path=Path(file.name), version=version)


def version_of(source: VideoSource, *, settings: Settings) -> str:
    """The version that :func:`fetched` would find now.

    Asks the server for one byte; only where that says nothing of the version, the whole video is fetched again.

    Raises:
        UnusableSource, SourceUnavailable: As :func:`fetched` does.
    """
    max_bytes = settings.max_video_mb * 1_000_000
    if isinstance(source, LocalVideo):
        return _checked(source, max_bytes=max_bytes)
    seconds_left = _clock(settings)
    with _reaching(source), _client(seconds_left()) as client:
        asked = _answer(source, client=client, seconds_left=seconds_left, part=True)
        with asked as response:
            version = _told(response, length=_whole_length(response))
    if version is None:
        with Path(os.devnull).open("wb") as nowhere:
            version = _download(source, into=nowhere, max_bytes=max_bytes, seconds_left=seconds_left)
    return version


def _clock(settings: Settings) -> Callable[[], float]:
    deadline = time.monotonic() + settings.fetch_timeout.total_seconds()
    return lambda: deadline - time.monotonic()


def _checked(source: LocalVideo, *, max_bytes: int) -> str:
    try:
        facts = source.path.stat()
    except FileNotFoundError:
        raise UnusableSource(f"there is no video {source} any more", code="video_missing") from None
    except OSError as problem:
        raise SourceUnavailable(f"{source} cannot be read now", code="video_unreachable") from problem
    if facts.st_size == 0:
        raise _empty(source)
    if facts.st_size > max_bytes:
        raise _too_large(source, max_bytes=max_bytes)
    return f"file {facts.st_size} {facts.st_mtime_ns}"


def _download(source: RemoteVideo, *, into: IO[bytes], max_bytes: int, seconds_left: Callable[[], float]) -> str:
    """Write the video ``into`` a file; its version."""
    content, length = hashlib.blake2b(digest_size=16), 0
    with (
        _reaching(source),
        _client(seconds_left()) as client,
        _answer(source, client=client, seconds_left=seconds_left) as response,
    ):
        if _promised_bytes(response) > max_bytes:
            raise _too_large(source, max_bytes=max_bytes)
        says_version = _told(response, length=0) is not None
        # Without a chunk size each piece comes as it arrives: a trickle cannot outlast the time limit.
        for chunk in response.iter_bytes():
            if seconds_left() < 0:
                raise SourceUnavailable(f"{source} took too long to fetch", code="video_unreachable")
            length += len(chunk)
            if length > max_bytes:
                raise _too_large(source, max_bytes=max_bytes)
            if not says_version:
                content.update(chunk)
            into.write(chunk)
        version = _told(response, length=length)
    if length == 0:
        raise _empty(source)
    into.flush()
    return version or f"content {content.hexdigest()}"


def _told(response: httpx2.Response, *, length: int | None) -> str | None:
    """What the server says of the version; None when it says nothing that changes with the content."""
    if etag := response.headers.get("etag"):
        return f"etag {etag}"
    changed = response.headers.get("last-modified")
    return None if changed is None or length is None else f"changed {changed} {length}"


@contextmanager
def _reaching(source: RemoteVideo) -> Iterator[None]:
    """Turns the library's errors into ours."""
    try:
        yield
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise UnusableSource(f"{source} is not an address a video can be fetched from", code="bad_url") from None
    except httpx2.TimeoutException:
        raise SourceUnavailable(f"{source} did not answer in time", code="video_unreachable") from None
    except httpx2.HTTPError:
        # The library's own message may quote the URL with its login and query, so the chain ends here.
        raise SourceUnavailable(f"{source} could not be fetched", code="video_unreachable") from None


def _client(seconds: float) -> httpx2.Client:
    """A client that follows no redirect by itself and takes nothing (proxies, logins) from the environment.

    Every connection is opened by its transport: a check of the address really connected to (after DNS) belongs into a
    transport with its own network backend, handed over here.
    """
    timeout = httpx2.Timeout(max(0.001, min(_LONGEST_SILENCE_SECONDS, seconds)))
    return httpx2.Client(headers=_HEADERS, timeout=timeout, follow_redirects=False, trust_env=False)


@contextmanager
def _answer(
    source: RemoteVideo,
    *,
    client: httpx2.Client,
    seconds_left: Callable[[], float],
    part: bool = False,
) -> Iterator[httpx2.Response]:
    """The answer at the end of the redirects, or its first byte; each step must be http or https again."""
    expected = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT} if part else {HTTPStatus.OK}
    request: httpx2.Request | None = client.build_request("GET", source.url, headers=_ONE_BYTE if part else None)
    for _ in range(_MOST_REDIRECTS + 1):
        if request is None or request.url.scheme not in {"http", "https"}:
            raise UnusableSource(f"{source} leads away from http and https", code="bad_url")
        with closing(client.send(request, stream=True)) as response:
            if not response.has_redirect_location:
                if response.status_code not in expected:
                    raise _refused(source, status=response.status_code)
                yield response
                return
            request = response.next_request
        if seconds_left() < 0:
            raise SourceUnavailable(f"{source} took too long to answer", code="video_unreachable")
    raise UnusableSource(f"{source} redirects more than {_MOST_REDIRECTS} times", code="bad_url")


def _refused(source: RemoteVideo, *, status: int) -> PrecomputeError:
    if status in _FORBIDDEN:
        return UnusableSource(f"{source} may not be read without permission ({status})", code="video_forbidden")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSING:
        return SourceUnavailable(f"the server of {source} has trouble ({status})", code="video_unreachable")
    return UnusableSource(f"there is no video at {source} ({status})", code="video_missing")


def _promised_bytes(response: httpx2.Response) -> int:
    length = response.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _whole_length(response: httpx2.Response) -> int | None:
    """The video's length in bytes as the answer to a request for one byte tells it; None when it does not."""
    whole = response.headers.get("content-range", "").rpartition("/")[2]
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        whole = response.headers.get("content-length", "")
    return int(whole) if whole.isascii() and whole.isdigit() else None


def _empty(source: VideoSource) -> UnusableSource:
    return UnusableSource(f"{source} is empty", code="video_empty")


def _too_large(source: VideoSource, *, max_bytes: int) -> UnusableSource:
    problem = f"{source} is larger than the {max_bytes // 1_000_000} MB allowed"
    return UnusableSource(problem, code="video_too_large")
