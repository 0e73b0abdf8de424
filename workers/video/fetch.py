"""The video as a file on this machine: used in place, or fetched over http(s) for as long as it is needed."""

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import IO

import httpx2

from precompute.errors import PrecomputeError, SourceUnavailable, UnusableSource
from precompute.media import LocalVideo, RemoteVideo, VideoSource
from precompute.settings import Settings
from workers.outward import Resolve, looked_up, not_allowed, outward_client

_MOST_REDIRECTS = 5
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
def fetched(
    source: VideoSource, *, settings: Settings, resolve: Resolve = looked_up, folder: Path | None = None
) -> Iterator[Fetched]:
    """The video's file; a fetched one is deleted at the end, one of the media folder stays where it is.

    Args:
        source: Where it is.
        settings: How large it may be, how long it may take, and which addresses may be called.
        resolve: Looks names up.
        folder: Where a fetched one is put; with other temporary files if None.

    Raises:
        UnusableSource: ``video_missing``, ``video_forbidden``, ``video_empty``, ``video_too_large``, ``video_encoded``,
            ``bad_url`` or ``address_not_allowed``; trying again cannot help.
        SourceUnavailable: ``video_unreachable``: no connection, no answer in time, or the server has trouble; or
            ``no_room_for_video``: the disk is full.
    """
    max_bytes = settings.max_video_mb * 1_000_000
    if isinstance(source, LocalVideo):
        yield Fetched(path=source.path, version=_checked(source, max_bytes=max_bytes))
        return
    # Without a buffer: on a full disk, closing it would fail once more, with what is left in it.
    with tempfile.NamedTemporaryFile(prefix="video-", dir=folder, buffering=0) as file:
        reach = _Reach(source=source, settings=settings, resolve=resolve, seconds_left=_clock(settings))
        version = _download(reach, into=file.file, max_bytes=max_bytes)
        yield Fetched(path=Path(file.name), version=version)


def version_of(source: VideoSource, *, settings: Settings, resolve: Resolve = looked_up) -> str:
    """The version that :func:`fetched` would find now.

    Asks the server for one byte; only where that says nothing of the version, the whole video is fetched again.

    Raises:
        UnusableSource, SourceUnavailable: As :func:`fetched` does.
    """
    max_bytes = settings.max_video_mb * 1_000_000
    if isinstance(source, LocalVideo):
        return _checked(source, max_bytes=max_bytes)
    reach = _Reach(source=source, settings=settings, resolve=resolve, seconds_left=_clock(settings))
    with _answer(reach, part=True) as response:
        version = _told(response, length=_whole_length(response))
    if version is None:
        with Path(os.devnull).open("wb") as nowhere:
            version = _download(reach, into=nowhere, max_bytes=max_bytes)
    return version


def _clock(settings: Settings) -> Callable[[], float]:
    deadline = time.monotonic() + settings.fetch_timeout.total_seconds()
    return lambda: deadline - time.monotonic()


def _checked(source: LocalVideo, *, max_bytes: int) -> str:
    try:
        facts = source.path.lstat()
    except FileNotFoundError:
        raise UnusableSource(f"there is no video {source} any more", code="video_missing") from None
    except OSError as problem:
        raise SourceUnavailable(f"{source} cannot be read now", code="video_unreachable") from problem
    if not stat.S_ISREG(facts.st_mode):
        # The path was resolved when it was located: a link, a device or a pipe took the file's place since.
        raise UnusableSource(f"there is no video {source} any more", code="video_missing")
    if facts.st_size == 0:
        raise _empty(source)
    if facts.st_size > max_bytes:
        raise _too_large(source, max_bytes=max_bytes)
    return f"file {facts.st_size} {facts.st_mtime_ns}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """A video that is fetched, and under which conditions."""

    source: RemoteVideo
    settings: Settings
    resolve: Resolve
    seconds_left: Callable[[], float]


def _download(reach: _Reach, *, into: IO[bytes], max_bytes: int) -> str:
    """Write the video ``into`` a file; its version."""
    source, content, length = reach.source, hashlib.blake2b(digest_size=16), 0
    with _answer(reach) as response:
        if _promised_bytes(response) > max_bytes:
            raise _too_large(source, max_bytes=max_bytes)
        says_version = _told(response, length=0) is not None
        # Raw: a compressed answer, which was not asked for, could be small on the wire and huge here.
        for chunk in response.iter_raw():
            length += len(chunk)
            if length > max_bytes:
                raise _too_large(source, max_bytes=max_bytes)
            if not says_version:
                content.update(chunk)
            _keep(chunk, into=into)
        version = _told(response, length=length)
    if length == 0:
        raise _empty(source)
    return version or f"content {content.hexdigest()}"


def _keep(chunk: bytes, *, into: IO[bytes]) -> None:
    try:
        while chunk:
            # Without a buffer less may be written than is asked for.
            chunk = chunk[into.write(chunk) :]
    except OSError as problem:
        raise SourceUnavailable(
            f"the video cannot be kept here: {problem.strerror}", code="no_room_for_video"
        ) from None


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
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError):
        raise UnusableSource(f"{source} is not an address a video can be fetched from", code="bad_url") from None
    except httpx2.TimeoutException:
        raise SourceUnavailable(f"{source} did not answer in time", code="video_unreachable") from None
    except httpx2.ConnectError as problem:
        raise not_allowed(str(problem)) from None
    except httpx2.HTTPError:
        # The library's own message may quote the URL with its login and query, so the chain ends here.
        raise SourceUnavailable(f"{source} could not be fetched", code="video_unreachable") from None


@contextmanager
def _answer(reach: _Reach, *, part: bool = False) -> Iterator[httpx2.Response]:
    """The answer at the end of the redirects, or its first byte; each step is checked like the first."""
    expected = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT} if part else {HTTPStatus.OK}
    opened = outward_client(
        allowed=reach.settings.allow_addresses, seconds_left=reach.seconds_left, headers=_HEADERS, resolve=reach.resolve
    )
    with _reaching(reach.source), opened as client:
        step: httpx2.Request | None = client.build_request("GET", reach.source.url, headers=_ONE_BYTE if part else None)
        for _ in range(_MOST_REDIRECTS + 1):
            request = _checked_step(step, source=reach.source)
            with closing(client.send(request, stream=True)) as response:
                if not response.has_redirect_location:
                    _check_answer(response, source=reach.source, expected=expected)
                    yield response
                    return
                step = response.next_request
    raise UnusableSource(f"{reach.source} redirects more than {_MOST_REDIRECTS} times", code="bad_url")


def _checked_step(request: httpx2.Request | None, *, source: RemoteVideo) -> httpx2.Request:
    if request is None or request.url.scheme not in {"http", "https"}:
        raise UnusableSource(f"{source} leads away from http and https", code="bad_url")
    if request.url.userinfo:
        raise UnusableSource(f"{source} leads to an address with a login in it", code="bad_url")
    return request


def _check_answer(response: httpx2.Response, *, source: RemoteVideo, expected: Collection[int]) -> None:
    if response.status_code not in expected:
        raise _refused(source, status=response.status_code)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise UnusableSource(f"{source} is sent compressed, which was not asked for", code="video_encoded")


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
