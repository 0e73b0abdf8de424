"""Where the bytes of a video come from: a URL, or a file inside the media folder."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from precompute.addresses import LONGEST_URL, flaw_of
from precompute.errors import BadParameters
from precompute.events import VideoUploaded

EXTENSIONS = (
    *(".mp4", ".mov", ".m4v", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts"),
    *(".mts", ".m2ts", ".flv", ".wmv", ".ogv", ".3gp", ".gif"),
)
"""Endings tried for a video that comes without a URL; the first that exists wins, so the choice is always the same."""


@dataclass(frozen=True, slots=True)
class RemoteVideo:
    """A video to be fetched over http or https."""

    url: str

    def __str__(self) -> str:
        """Scheme, host and path: login and query may hold secrets, so they are never shown."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True)
class LocalVideo:
    """A file that lies inside the media folder; resolved, so no link leads out of it."""

    path: Path

    def __str__(self) -> str:
        """The name of the file, without the folders of this machine."""
        return self.path.name


VideoSource = RemoteVideo | LocalVideo
"""Where a video's bytes come from."""


def locate_video(event: VideoUploaded, *, media_root: Path) -> VideoSource:
    """Where the video of ``event`` is: its ``url``, or ``<video_id>.*`` in the media folder.

    Looks at no more than one file for each known ending, so the size of the folder does not matter.

    Raises:
        BadParameters: The URL is neither http(s) nor an existing file inside the media folder
            (``fields["video_data.url"]``), or there is no URL and no such file (``fields["video_data"]``).
    """
    url = event.data.get("url")
    if url is None:
        return _by_id(event.subject_id, media_root=media_root)
    if not isinstance(url, str) or not url.strip():
        raise _bad_url("must be an http or https URL, or a path inside the media folder")
    if len(url) > LONGEST_URL or any(ord(character) < 32 or ord(character) == 127 for character in url):
        raise _bad_url(f"must be at most {LONGEST_URL} characters, without control characters")
    return _by_url(url.strip(), media_root=media_root)


def _by_id(video_id: str, *, media_root: Path) -> LocalVideo:
    for ending in (*EXTENSIONS, *(ending.upper() for ending in EXTENSIONS)):
        found = _inside(video_id + ending, media_root=media_root)
        if found is not None and found.is_file():
            return LocalVideo(found)
    problem = f"has no url, and the media folder has no video {video_id}.*"
    raise BadParameters(f"video_data {problem}", fields={"video_data": [problem]})


def _by_url(url: str, *, media_root: Path) -> VideoSource:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _bad_url("is not a valid URL") from None
    if parts.scheme in {"http", "https"}:
        if (flaw := flaw_of(url)) is not None:
            raise _bad_url(flaw)
        return RemoteVideo(url)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return _by_path(unquote(parts.path), media_root=media_root)
    if parts.scheme:
        raise _bad_url("must be an http or https URL, or a path inside the media folder")
    return _by_path(url, media_root=media_root)


def _by_path(path: str, *, media_root: Path) -> LocalVideo:
    found = _inside(path, media_root=media_root)
    if found is None:
        raise _bad_url("must lie inside the media folder")
    if not found.is_file():
        raise _bad_url(f"names no file in the media folder: {found.name}")
    return LocalVideo(found)


def _inside(path: str, *, media_root: Path) -> Path | None:
    try:
        root = media_root.resolve()
        found = (root / path).resolve()
        # Asking here once lets names that the system refuses (too long, NUL) end like names that lead out.
        found.is_file()
    except (OSError, RuntimeError, ValueError):
        return None
    return found if found.is_relative_to(root) else None


def _bad_url(problem: str) -> BadParameters:
    return BadParameters(f"video_data.url {problem}", fields={"video_data.url": [problem]})
