"""Who is let in, and where this service goes by itself."""

from dataclasses import dataclass

from precompute import addresses
from precompute import setting_values as takes
from precompute.api_keys import ApiKey, parse_keys
from precompute.settings.declared import setting


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Who is let in, and where this service goes by itself."""

    api_keys: tuple[ApiKey, ...] = setting(
        "PRECOMPUTE_API_KEYS",
        (),
        parse_keys,
        "Who may call the API, as `precompute keys create` prints it ([security](security.md)). Unset, the service "
        "listens on the loopback only, and answers nobody else.",
        secret=True,
    )
    rate_limit: str | None = setting(
        "PRECOMPUTE_RATE_LIMIT",
        None,
        takes.rate_limit,
        "Requests that each key (without keys: each address) may make, like `50/second;10000/hour`. Unset, any number.",
    )
    allow_addresses: tuple[addresses.Network, ...] = setting(
        "PRECOMPUTE_ALLOW_ADDRESSES",
        (),
        addresses.networks,
        "Private and local addresses that videos may be fetched from and callbacks sent to all the same, as networks "
        "separated by commas (`10.1.0.0/16,127.0.0.0/8`). Unset, only public ones.",
    )
    callback_secrets: tuple[str, ...] = setting(
        "PRECOMPUTE_CALLBACK_SECRET",
        (),
        takes.secrets,
        "Signs what is sent to a `callback_url` ([callbacks](callbacks.md)); nothing is sent without it. Two separated "
        "by a space while one takes the other's place.",
        secret=True,
    )
