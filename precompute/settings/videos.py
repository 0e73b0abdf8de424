"""What videos may be, and where they may come from."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from precompute import setting_values as takes
from precompute.durations import parse_duration
from precompute.settings.declared import setting

_LONGEST_FETCH = timedelta(hours=1)
"""A process does nothing else for as long, and the message of a lost worker comes again after more than that."""


def _fetch_timeout(text: str) -> timedelta:
    duration = parse_duration(text)
    if duration > _LONGEST_FETCH:
        raise ValueError("takes an hour at most, like 90s or 5m")
    return duration


@dataclass(frozen=True, kw_only=True)
class Videos:
    """What videos may be, and where they may come from."""

    media_root: Path = setting(
        "PRECOMPUTE_MEDIA_ROOT",
        Path("media"),
        Path,
        "Folder of local videos; a path in `video_data.url` must lie inside.",
    )
    max_video_mb: int = setting(
        "PRECOMPUTE_MAX_VIDEO_MB",
        500,
        takes.between(1, 100_000),
        "A larger video is refused (megabytes of 10^6 bytes).",
    )
    max_video_seconds: int = setting(
        "PRECOMPUTE_MAX_VIDEO_SECONDS", 600, takes.between(1, 86_400), "A longer video is refused."
    )
    fetch_timeout: timedelta = setting(
        "PRECOMPUTE_FETCH_TIMEOUT",
        timedelta(seconds=60),
        _fetch_timeout,
        "Longest time for fetching a video, `1h` at most. The time limits of the tasks that do it follow.",
    )
    speech_model: str = setting(
        "PRECOMPUTE_SPEECH_MODEL",
        "base",
        str,
        "`base` (multilingual, shipped as a package) or a folder with a CTranslate2 Whisper model.",
    )
