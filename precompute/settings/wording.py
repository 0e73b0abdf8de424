"""Who words captions and variants."""

from dataclasses import dataclass
from datetime import timedelta

from precompute import setting_values as takes
from precompute.durations import parse_duration
from precompute.settings.declared import setting


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Who words captions and variants."""

    openai_api_key: str | None = setting(
        "OPENAI_API_KEY", None, str, "With it, captions are worded by OpenAI. Never logged.", secret=True
    )
    openai_base_url: str = setting(
        "OPENAI_BASE_URL", "https://api.openai.com/v1", takes.http_url, "Where OpenAI answers."
    )
    openai_model: str = setting("PRECOMPUTE_OPENAI_MODEL", "gpt-5-mini", str, "Model asked at OpenAI.")
    anthropic_api_key: str | None = setting(
        "ANTHROPIC_API_KEY",
        None,
        str,
        "With it (and no OpenAI key), captions are worded by Anthropic. Never logged.",
        secret=True,
    )
    anthropic_base_url: str = setting(
        "ANTHROPIC_BASE_URL", "https://api.anthropic.com", takes.http_url, "Where Anthropic answers."
    )
    anthropic_model: str = setting("PRECOMPUTE_ANTHROPIC_MODEL", "claude-haiku-4-5", str, "Model asked at Anthropic.")
    wording_timeout: timedelta = setting(
        "PRECOMPUTE_WORDING_TIMEOUT",
        timedelta(seconds=40),
        parse_duration,
        "Longest wait for OpenAI or Anthropic; then the local wording is used. Fifty texts take "
        "longer than one caption; a campaign's may take a minute in all.",
    )
    wording_max_tokens: int = setting(
        "PRECOMPUTE_WORDING_MAX_TOKENS",
        8_000,
        takes.between(500, 100_000),
        "Most tokens that OpenAI or Anthropic may spend on the texts of one campaign, thinking included.",
    )
