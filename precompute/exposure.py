"""Nobody listens to the network without a lock on the door."""

import ipaddress
from functools import lru_cache

from precompute.errors import DeclarationError
from precompute.settings import Settings

_LOCAL_NAMES = frozenset({"localhost", "localhost."})


@lru_cache(maxsize=1024)
def is_local(host: str) -> bool:
    """Whether an address or a name is of this machine alone; names are not looked up."""
    if host.lower() in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def check_api(settings: Settings) -> None:
    """See to it that the API has keys where it can be reached from elsewhere.

    Raises:
        DeclarationError: It would listen to the network without.
    """
    if not settings.api_keys and not is_local(settings.host):
        raise DeclarationError(
            f"PRECOMPUTE_HOST is {settings.host}, but PRECOMPUTE_API_KEYS is unset: without keys the service listens "
            "on the loopback only; `precompute keys create NAME` makes one"
        )


def check_flower(settings: Settings) -> None:
    """See to it that Flower has a login of one's own where it can be reached from elsewhere.

    Raises:
        DeclarationError: It would listen to the network with the login that everybody knows.
    """
    if settings.flower_login == Settings().flower_login and not is_local(settings.flower_address):
        raise DeclarationError(
            f"PRECOMPUTE_FLOWER_ADDRESS is {settings.flower_address}, but PRECOMPUTE_FLOWER_LOGIN is the one that is "
            "shipped; with it Flower listens on the loopback only"
        )
