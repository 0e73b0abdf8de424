"""Which addresses this service may call when somebody else names them: those of the public internet, and those allowed.

Pure rules. What is really connected to is checked by :mod:`workers.outward`; here is also what can be told of a URL
without looking its host up, so that the API refuses it at once.
"""

import re
import unicodedata
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import idna

Address = IPv4Address | IPv6Address
"""Of one host."""

Network = IPv4Network | IPv6Network
"""Of several."""

_NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        # IANA IPv4 Special-Purpose Address Registry: this network, private, shared (CGNAT), loopback, link-local (with
        # the metadata services of most clouds), protocol assignments, documentation, 6to4 relays, benchmarks.
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        # Multicast (RFC 5771), and what is reserved, broadcast included (RFC 1112).
        *("224.0.0.0/4", "240.0.0.0/4"),
        # Azure's platform services answer at this one from within its machines.
        "168.63.129.16/32",
    )
)

_UNICAST_6 = IPv6Network("2000::/3")
"""All that is routed as global unicast (RFC 4291); loopback, private, link-local, multicast and mapped are outside."""

_NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        # IANA IPv6 Special-Purpose Address Registry: protocol assignments (Teredo among them), documentation, 6to4.
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)

_AT_THE_END = (
    # IPv4-mapped, IPv4-compatible, IPv4-translated (RFC 2765), NAT64 (RFC 6052).
    *("::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96"),
)
_WITH_IPV4_AT_THE_END = tuple(IPv6Network(text) for text in _AT_THE_END)
_SIX_TO_FOUR = IPv6Network("2002::/16")
_ISATAP = (0x00005EFE, 0x02005EFE)
"""Upper half of an interface id that ends in an IPv4 address (RFC 5214)."""

LONGEST_URL = 4096
"""Characters."""

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", re.ASCII)
"""Of a name (RFC 1123), with the underscore that some have all the same."""

_LONGEST_NAME = 253
_BRACKETED = re.compile(r"\[[^\]]*\](:[0-9]*)?", re.ASCII)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+", re.ASCII)
_LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback")
_LOOPBACK = (IPv4Address("127.0.0.1"), IPv6Address("::1"))


def networks(text: str) -> tuple[Network, ...]:
    """Networks and single addresses, separated by commas.

    Raises:
        ValueError: Something else is among them.
    """
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("takes addresses and networks separated by commas, like 127.0.0.0/8,::1") from None


def may_call(address: Address, *, allowed: Iterable[Network] = ()) -> bool:
    """Whether ``address`` is public or allowed; so must be an IPv4 address that it wraps."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if not (_public(address) or any(address in network for network in allowed)):
        return False
    inner = _wrapped(address)
    return inner is None or may_call(inner, allowed=allowed)


def refusal_of(url: str, *, allowed: Iterable[Network] = ()) -> str | None:
    """Why an http(s) URL is refused without looking its host up; None when it is not, or cannot be told yet."""
    flaw = flaw_of(url)
    if flaw is not None:
        return flaw
    meant = known(urlsplit(url).hostname or "")
    if meant and not any(may_call(one, allowed=allowed) for one in meant):
        return "must not lead to a private or local address"
    return None


def flaw_of(url: str) -> str | None:
    """What is wrong with how an http(s) URL is written; None when every reader finds the same host and port in it."""
    if len(url) > LONGEST_URL or not url.isprintable():
        return f"must be at most {LONGEST_URL} characters, none of them invisible"
    if "\\" in url:
        # Browsers take it for a slash, and other readers for a part of the host.
        return "must not hold a backslash"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not a valid URL"
    flaws = (
        ("must be an http or https URL", parts.scheme not in {"http", "https"}),
        # Logins do not belong into what is kept and shown, and hide which host is meant.
        ("must not hold a login", "@" in parts.netloc),
        ("must name a host, and a port from 1 to 65535 if any", port == 0 or not host),
    )
    told = next((flaw for flaw, is_so in flaws if is_so), None)
    return told or _flaw_of_host(host, netloc=parts.netloc)


def _flaw_of_host(host: str, *, netloc: str) -> str | None:
    if "%" in host:
        return "must name a host without percent signs"
    if "[" in netloc:
        fits = _BRACKETED.fullmatch(netloc) and ":" in host and literal(host) is not None
        return None if fits else "must hold an IPv6 address between its brackets"
    # Digits of other scripts are read as digits by some, and by others as a name.
    fits = _is_name(host) if literal(host) is None else host.isascii()
    return None if fits else "must name a host by its name or address"


def _is_name(host: str) -> bool:
    """Whether a name server could know that name; what ends in a number is an address, or nothing."""
    try:
        # As the library does that fetches: what it refuses is better told at once.
        ascii_name = host if host.isascii() else idna.encode(host).decode("ascii")
    except UnicodeError:
        return False
    labels = ascii_name.removesuffix(".").split(".")
    fits = len(ascii_name) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in labels)
    return fits and not _NUMBER.fullmatch(labels[-1])


def known(host: str) -> tuple[Address, ...]:
    """The addresses of ``host`` that need no name server: it is one, or means this machine; empty for others."""
    if _is_local(host):
        return _LOOPBACK
    address = literal(host)
    return () if address is None else (address,)


def literal(host: str) -> Address | None:
    """The address that ``host`` spells in any way that resolvers take, as ``2130706433``, ``0x7f.1`` or ``127.1``."""
    host = _folded(host)
    if ":" in host:
        try:
            return ip_address(host)
        except ValueError:
            return None
    return _ipv4(host.split("."))


def _ipv4(parts: list[str]) -> IPv4Address | None:
    """As ``inet_aton(3)`` reads it: up to four numbers of any base, of which the last fills what is left."""
    if len(parts) > 4 or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        *bytes_, rest = (_number(part) for part in parts)
    except ValueError:
        return None
    if any(byte > 255 for byte in bytes_) or rest >= 256 ** (4 - len(bytes_)):
        return None
    return IPv4Address(sum(byte << (24 - 8 * place) for place, byte in enumerate(bytes_)) + rest)


def _number(text: str) -> int:
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8) if text.startswith("0") else int(text)


def _is_local(host: str) -> bool:
    folded = _folded(host)
    return folded in _LOCAL_NAMES or folded.endswith(".localhost")


def _folded(host: str) -> str:
    # As IDNA does before a name is looked up: wide digits are digits, and there are four kinds of dots.
    folded = unicodedata.normalize("NFKC", host).replace("。", ".").lower()
    return folded.removesuffix(".")


def _public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if int(address) >> 32 & 0xFFFFFFFF in _ISATAP:
        return False
    return address in _UNICAST_6 and not any(address in network for network in _NOT_PUBLIC_6)


def _wrapped(address: Address) -> IPv4Address | None:
    """The IPv4 address that a gateway would go on to."""
    if isinstance(address, IPv4Address):
        return None
    number = int(address)
    if address in _SIX_TO_FOUR:
        return IPv4Address(number >> 80 & 0xFFFFFFFF)
    at_the_end = any(address in network for network in _WITH_IPV4_AT_THE_END) and number > 1
    if at_the_end or number >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(number & 0xFFFFFFFF)
    return None
