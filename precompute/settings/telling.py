"""How the processes tell what they do."""

from dataclasses import dataclass

from precompute import setting_values as takes
from precompute.settings.declared import setting


@dataclass(frozen=True, kw_only=True)
class Telling:
    """How the processes tell what they do."""

    log_format: str = setting(
        "PRECOMPUTE_LOG_FORMAT",
        "auto",
        takes.one_of("auto", "json", "text"),
        "`json`: one object a line; `text`: lines for people; `auto`: `text` on a terminal, `json` elsewhere.",
    )
    log_level: str = setting(
        "PRECOMPUTE_LOG_LEVEL",
        "info",
        takes.one_of("debug", "info", "warning", "error"),
        "The least that is worth a line; `debug` adds one for each read and each request that changes nothing.",
    )
    tracing_endpoint: str | None = setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        None,
        takes.http_url,
        "Where spans are sent by OTLP over HTTP ([logs](logs.md)); takes the extra `tracing`. Unset, none are made.",
    )
