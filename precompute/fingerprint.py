"""What names the input of a computation, so that the same input is not computed twice and a new one is noticed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from precompute.errors import BadParameters
from precompute.events import Event
from precompute.media import LocalVideo, VideoSource


def fingerprint_of_brief(data: Mapping[str, Any]) -> str:
    """18 hexadecimal digits that change with anything in a campaign's brief, whatever the order of its fields."""
    return _digest(json.dumps(data, sort_keys=True, separators=(",", ":")))


def title_of(event: Event) -> str:
    """The title that an upload brought, in one line, as captions are worded with it; empty without one."""
    title = event.data.get("title")
    return " ".join(title.split()) if isinstance(title, str) else ""


def fingerprint_of(source: VideoSource, *, title: str = "") -> str:
    """18 hexadecimal digits that change with the video: its whole URL, or a local file's name, size and time of change.

    And with its title, which captions are worded with, and the CTR is told from captions.

    A signed URL counts with its signature: a video under another URL may be another video.

    Raises:
        BadParameters: The file is gone; names ``video_data``.
    """
    if isinstance(source, LocalVideo):
        try:
            facts = source.path.stat()
        except OSError as problem:
            missing = "was there a moment ago and cannot be read any more"
            raise BadParameters(f"the video {missing}", fields={"video_data": [missing]}) from problem
        text = f"{source.path.name}\n{facts.st_size}\n{facts.st_mtime_ns}"
    else:
        text = source.url
    return _digest(f"{text}\n{title}" if title else text)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()
