"""The settings of a process: read from the environment once, validated, frozen, handed down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from precompute import setting_values as takes
from precompute.durations import parse_duration
from precompute.errors import DeclarationError
from precompute.off_peak import OffPeak, parse_off_peak

TTL_PREFIX = "PRECOMPUTE_TTL_"


def _setting(variable: str, default: Any, parse: Callable[[str], Any], about: str, *, secret: bool = False) -> Any:
    # What may hold a password is shown nowhere: not in a repr, nor in the message about a wrong value.
    metadata = {"variable": variable, "parse": parse, "about": about, "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set from outside; ``docs/configuration.md`` is made from this table."""

    redis_url: str = _setting(
        "REDIS_URL",
        "redis://127.0.0.1:6390/0",
        takes.redis_url,
        "The cache. Unset, `make run` starts an embedded Valkey there.",
        secret=True,
    )
    broker_url: str | None = _setting(
        "BROKER_URL",
        None,
        takes.broker_url,
        "The broker. Unset, the server of `REDIS_URL` serves as one too, with a warning; where that is unset as well, "
        "it is the second embedded Valkey of `make run`.",
        secret=True,
    )
    broker_master: str | None = _setting(
        "PRECOMPUTE_BROKER_MASTER", None, str, "Name of the master, where `BROKER_URL` is that of its Sentinels."
    )
    embedded_cache_port: int = _setting(
        "PRECOMPUTE_CACHE_PORT", 6390, takes.between(1, 65535), "Port of the embedded Valkey that is the cache."
    )
    embedded_broker_port: int = _setting(
        "PRECOMPUTE_BROKER_PORT", 6391, takes.between(1, 65535), "Port of the embedded Valkey that is the broker."
    )
    database_url: str | None = _setting(
        "DATABASE_URL",
        None,
        takes.database_url,
        "Where actions, outcomes, videos and campaigns are kept: sqlite:/// or postgresql://. Unset, a SQLite file in "
        "`PRECOMPUTE_DATA_DIR`.",
    )
    workers: int = _setting("PRECOMPUTE_WORKERS", 3, takes.between(1, 256), "Processes of the interactive worker.")
    background_workers: int = _setting(
        "PRECOMPUTE_BACKGROUND_WORKERS", 1, takes.between(1, 256), "Processes of the worker for refresh and background."
    )
    host: str = _setting("PRECOMPUTE_HOST", "127.0.0.1", str, "Address the API listens on.")
    port: int = _setting("PRECOMPUTE_PORT", 8003, takes.between(1, 65535), "Port of the API.")
    api_threads: int = _setting(
        "PRECOMPUTE_API_THREADS",
        32,
        takes.between(4, 1024),
        "Requests the API serves at once. At most half of them may wait (`?wait=`) or stream.",
    )
    flower_port: int = _setting("PRECOMPUTE_FLOWER_PORT", 5555, takes.between(1, 65535), "Port of Flower.")
    flower_address: str = _setting("PRECOMPUTE_FLOWER_ADDRESS", "127.0.0.1", str, "Address Flower listens on.")
    flower_login: str = _setting(
        "PRECOMPUTE_FLOWER_LOGIN",
        "flower:precompute",
        takes.user_and_password,
        "Login of Flower, user:password.",
        secret=True,
    )
    data_dir: Path = _setting(
        "PRECOMPUTE_DATA_DIR",
        Path(".data"),
        Path,
        "Where the embedded Valkey and Flower keep their files, and the shipped speech model is put together.",
    )
    plugins: tuple[str, ...] = _setting(
        "PRECOMPUTE_PLUGINS", (), takes.names, "Modules with task types of your own, separated by commas."
    )
    media_root: Path = _setting(
        "PRECOMPUTE_MEDIA_ROOT",
        Path("media"),
        Path,
        "Folder of local videos; a path in `video_data.url` must lie inside.",
    )
    max_video_mb: int = _setting(
        "PRECOMPUTE_MAX_VIDEO_MB",
        500,
        takes.between(1, 100_000),
        "A larger video is refused (megabytes of 10^6 bytes).",
    )
    max_video_seconds: int = _setting(
        "PRECOMPUTE_MAX_VIDEO_SECONDS", 600, takes.between(1, 86_400), "A longer video is refused."
    )
    fetch_timeout: timedelta = _setting(
        "PRECOMPUTE_FETCH_TIMEOUT", timedelta(seconds=60), parse_duration, "Longest time for fetching a video."
    )
    speech_model: str = _setting(
        "PRECOMPUTE_SPEECH_MODEL",
        "base",
        str,
        "`base` (multilingual, shipped as a package) or a folder with a CTranslate2 Whisper model.",
    )
    openai_api_key: str | None = _setting(
        "OPENAI_API_KEY", None, str, "With it, captions are worded by OpenAI. Never logged.", secret=True
    )
    openai_base_url: str = _setting(
        "OPENAI_BASE_URL", "https://api.openai.com/v1", takes.http_url, "Where OpenAI answers."
    )
    openai_model: str = _setting("PRECOMPUTE_OPENAI_MODEL", "gpt-5-mini", str, "Model asked at OpenAI.")
    anthropic_api_key: str | None = _setting(
        "ANTHROPIC_API_KEY",
        None,
        str,
        "With it (and no OpenAI key), captions are worded by Anthropic. Never logged.",
        secret=True,
    )
    anthropic_base_url: str = _setting(
        "ANTHROPIC_BASE_URL", "https://api.anthropic.com", takes.http_url, "Where Anthropic answers."
    )
    anthropic_model: str = _setting("PRECOMPUTE_ANTHROPIC_MODEL", "claude-haiku-4-5", str, "Model asked at Anthropic.")
    wording_timeout: timedelta = _setting(
        "PRECOMPUTE_WORDING_TIMEOUT",
        timedelta(seconds=40),
        parse_duration,
        "Longest wait for OpenAI or Anthropic; then the local wording is used. Fifty texts take "
        "longer than one caption; a campaign's may take a minute in all.",
    )
    wording_max_tokens: int = _setting(
        "PRECOMPUTE_WORDING_MAX_TOKENS",
        8_000,
        takes.between(500, 100_000),
        "Most tokens that OpenAI or Anthropic may spend on the texts of one campaign, thinking included.",
    )
    lease: timedelta = _setting(
        "PRECOMPUTE_LEASE",
        timedelta(seconds=20),
        parse_duration,
        "How long a computation stays reserved without a sign of life from its worker.",
    )
    sweep_interval: timedelta = _setting(
        "PRECOMPUTE_SWEEP_INTERVAL",
        timedelta(seconds=5),
        parse_duration,
        "How often beat looks for computations whose worker died.",
    )
    refresh_interval: timedelta = _setting(
        "PRECOMPUTE_REFRESH_INTERVAL",
        timedelta(seconds=15),
        parse_duration,
        "How often beat looks for results whose refresh is due.",
    )
    refresh_expiry: timedelta = _setting(
        "PRECOMPUTE_REFRESH_EXPIRY",
        timedelta(minutes=5),
        parse_duration,
        "A look at whether a result has changed that waited longer for a worker is dropped; the result is due again.",
    )
    off_peak: OffPeak = _setting(
        "PRECOMPUTE_OFF_PEAK",
        parse_off_peak("01:00-06:00"),
        parse_off_peak,
        "Hours of the day, in UTC, with time to spare; may go on past midnight. Models are trained anew at their "
        "start, or not that night when no worker is free before their end.",
    )
    prediction_threshold: float = _setting(
        "PRECOMPUTE_PREDICTION_THRESHOLD",
        0.5,
        takes.share,
        "Results are computed ahead for actions more probable than this, while nothing waits; with a backlog it rises.",
    )
    predictions_per_user: int = _setting(
        "PRECOMPUTE_PREDICTIONS_PER_USER",
        20,
        takes.between(0, 100_000),
        "Most results computed ahead for one user within an hour.",
    )
    most_waiting: int = _setting(
        "PRECOMPUTE_MOST_WAITING",
        100,
        takes.between(1, 1_000_000),
        "No result is computed ahead while this many tasks wait; at five times as many, none is refreshed.",
    )
    most_waiting_events: int = _setting(
        "PRECOMPUTE_MOST_WAITING_EVENTS",
        50_000,
        takes.between(1, 10_000_000),
        "Triggers are answered with 503 while this many tasks wait on their queue and on more urgent ones.",
    )
    ttls: Mapping[str, timedelta] = field(default_factory=dict)
    """TTL by task type name, from ``PRECOMPUTE_TTL_<TASK_TYPE>``."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings that ``environ`` holds; empty variables count as unset.

        Raises:
            DeclarationError: A value does not fit; the message names the variable and what it takes.
        """
        values: dict[str, Any] = {}
        for setting in fields(cls):
            text = environ.get(setting.metadata.get("variable", ""), "")
            if text:
                about = setting.metadata
                values[setting.name] = _parse(about["variable"], about["parse"], text, secret=about["secret"])
        ttls = {
            variable.removeprefix(TTL_PREFIX).lower(): _parse(variable, parse_duration, text)
            for variable, text in environ.items()
            if variable.startswith(TTL_PREFIX) and text
        }
        settings = cls(**values, ttls=ttls)
        if "redis_url" not in values:
            settings = settings._beside_embedded()
        if settings.broker.startswith("sentinel://") and not settings.broker_master:
            raise DeclarationError(
                "PRECOMPUTE_BROKER_MASTER must name the master that the Sentinels of BROKER_URL watch"
            )
        return settings

    def _beside_embedded(self) -> "Settings":
        # A process of one's own finds the servers that `make run` started where they are.
        cache, broker = self.embedded_cache_port, self.embedded_broker_port
        broker_url = self.broker_url or f"redis://127.0.0.1:{broker}/0"
        return replace(self, redis_url=f"redis://127.0.0.1:{cache}/0", broker_url=broker_url)

    @property
    def database(self) -> str:
        """Where durable facts are kept."""
        return self.database_url or f"sqlite:///{self.data_dir / 'precompute.sqlite3'}"

    @property
    def broker(self) -> str:
        """Where messages wait: the broker's own URL, or the cache's server when none is set."""
        return self.broker_url or self.redis_url.replace("unix://", "redis+socket://", 1)


def _parse(variable: str, parse: Callable[[str], Any], text: str, *, secret: bool = False) -> Any:
    try:
        return parse(text)
    except ValueError as problem:
        shown = "" if secret else f", not {text!r}"
        raise DeclarationError(f"{variable} {problem}{shown}") from problem
