"""The settings of a process: read from the environment once, validated, frozen, handed down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any

from precompute.durations import parse_duration
from precompute.errors import DeclarationError
from precompute.settings.children import Children
from precompute.settings.doors import Doors
from precompute.settings.places import Places
from precompute.settings.telling import Telling
from precompute.settings.videos import Videos
from precompute.settings.watching import Watching
from precompute.settings.wording import Wording
from precompute.settings.work import Work

TTL_PREFIX = "PRECOMPUTE_TTL_"

SLOW_PREFIX = "PRECOMPUTE_SLOW_"


@dataclass(frozen=True, kw_only=True)
class Settings(Telling, Doors, Watching, Work, Wording, Videos, Children, Places):
    """Everything that can be set from outside; ``docs/configuration.md`` is made from these tables."""

    ttls: Mapping[str, timedelta] = field(default_factory=dict)
    """TTL by task type name, from ``PRECOMPUTE_TTL_<TASK_TYPE>``."""

    slow: Mapping[str, timedelta] = field(default_factory=dict)
    """By task type name what takes too long, from ``PRECOMPUTE_SLOW_<TASK_TYPE>``."""

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
        settings = cls(**values, ttls=_by_type(environ, TTL_PREFIX), slow=_by_type(environ, SLOW_PREFIX))
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


def _by_type(environ: Mapping[str, str], prefix: str) -> dict[str, timedelta]:
    return {
        variable.removeprefix(prefix).lower(): _parse(variable, parse_duration, text)
        for variable, text in environ.items()
        if variable.startswith(prefix) and text
    }


def _parse(variable: str, parse: Callable[[str], Any], text: str, *, secret: bool = False) -> Any:
    try:
        return parse(text)
    except ValueError as problem:
        shown = "" if secret else f", not {text!r}"
        raise DeclarationError(f"{variable} {problem}{shown}") from problem
