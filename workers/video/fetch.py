"""The video as a file on this machine: used in place, or fetched over http(s) for as long as it is needed."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
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


@contextmanager
def fetched(source: VideoSource, *, settings: Settings) -> Iterator[Path]:
    """The path of the video's file; a fetched one is deleted at the end, one of the media folder stays where it is.

    Raises:
        UnusableSource: ``video_missing``, ``video_forbidden``, ``video_empty`` or ``video_too_large``; trying again
            cannot help.
        SourceUnavailable: ``video_unreachable``: no connection, no answer in time, or the server has trouble.
    """
    max_bytes = settings.max_video_mb * 1_000_000
    if isinstance(source, LocalVideo):
        yield _checked(source, max_bytes=max_bytes)
        return
    with tempfile.NamedTemporaryFile(prefix="video-") as file:
        deadline = time.monotonic() + settings.fetch_timeout.total_seconds()
        _download(source, into=file.file, max_bytes=max_bytes, seconds_left=lambda: deadline - time.monotonic())
        yield Path(file.name)


def _checked(source: LocalVideo, *, max_bytes: int) -> Path:
    try:
        size = source.path.stat().st_size
    except FileNotFoundError:
        raise UnusableSource(f"there is no video {source} any more", code="video_missing") from None
    except OSError as problem:
        raise SourceUnavailable(f"{source} cannot be read now", code="video_unreachable") from problem
    if size == 0:
        raise _empty(source)
    if size > max_bytes:
        raise _too_large(source, max_bytes=max_bytes)
    return source.path


def _download(source: RemoteVideo, *, into: IO[bytes], max_bytes: int, seconds_left: Callable[[], float]) -> None:
    try:
        with _client(seconds_left()) as client, _answer(source, client=client, seconds_left=seconds_left) as response:
            if _promised_bytes(response) > max_bytes:
                raise _too_large(source, max_bytes=max_bytes)
            # Without a chunk size each piece comes as it arrives: a trickle cannot outlast the time limit.
            for chunk in response.iter_bytes():
                if seconds_left() < 0:
                    raise SourceUnavailable(f"{source} took too long to fetch", code="video_unreachable")
                if into.tell() + len(chunk) > max_bytes:
                    raise _too_large(source, max_bytes=max_bytes)
                into.write(chunk)
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise UnusableSource(f"{source} is not an address a video can be fetched from", code="bad_url") from None
    except httpx2.TimeoutException:
        raise SourceUnavailable(f"{source} did not answer in time", code="video_unreachable") from None
    except httpx2.HTTPError:
        # The library's own message may quote the URL with its login and query, so the chain ends here.
        raise SourceUnavailable(f"{source} could not be fetched", code="video_unreachable") from None
    if into.tell() == 0:
        raise _empty(source)
    into.flush()


def _client(seconds: float) -> httpx2.Client:
    """A client that follows no redirect by itself and takes nothing (proxies, logins) from the environment.

    Every connection is opened by its transport: a check of the address really connected to (after DNS) belongs into a
    transport with its own network backend, handed over here.
    """
    timeout = httpx2.Timeout(max(0.001, min(_LONGEST_SILENCE_SECONDS, seconds)))
    return httpx2.Client(headers=_HEADERS, timeout=timeout, follow_redirects=False, trust_env=False)


@contextmanager
def _answer(
    source: RemoteVideo, *, client: httpx2.Client, seconds_left: Callable[[], float]
) -> Iterator[httpx2.Response]:
    """The answer at the end of the redirects; each step must be http or https again."""
    request: httpx2.Request | None = client.build_request("GET", source.url)
    for _ in range(_MOST_REDIRECTS + 1):
        if request is None or request.url.scheme not in {"http", "https"}:
            raise UnusableSource(f"{source} leads away from http and https", code="bad_url")
        with closing(client.send(request, stream=True)) as response:
            if not response.has_redirect_location:
                if response.status_code != HTTPStatus.OK:
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


def _empty(source: VideoSource) -> UnusableSource:
    return UnusableSource(f"{source} is empty", code="video_empty")


def _too_large(source: VideoSource, *, max_bytes: int) -> UnusableSource:
    problem = f"{source} is larger than the {max_bytes // 1_000_000} MB allowed"
    return UnusableSource(problem, code="video_too_large")
