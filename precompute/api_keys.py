"""Who may call the API, and what for. Of a key only its hash is kept, so that nobody learns it from the settings."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "pck_"
"""What keys begin with, so that scanners for leaked secrets recognise them."""

_SECRET_BYTES = 32
"""Of chance in a key. Such a key cannot be guessed from its hash, so a fast hash is enough (NIST SP 800-63B, 5.1.1.2,
asks slow ones for what people choose)."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SHAPE = "takes name:scopes:sha256 as `precompute keys create` prints it, several separated by commas or spaces"


class Scope(StrEnum):
    """What a key is good for."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as the settings hold it.

    Attributes:
        name: Whose it is; stands in the log.
        scopes: What it is good for; ``admin`` is good for everything.
        digest: SHA-256 of the key, hexadecimal.
    """

    name: str
    scopes: frozenset[Scope]
    digest: str

    def __str__(self) -> str:
        """As ``PRECOMPUTE_API_KEYS`` holds it."""
        return f"{self.name}:{'+'.join(scope for scope in Scope if scope in self.scopes)}:{self.digest}"

    def allows(self, scope: Scope) -> bool:
        """Whether it is good for that."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def new_key(name: str, scopes: Iterable[Scope]) -> tuple[str, ApiKey]:
    """A key nobody has yet, and what the settings are to hold of it.

    Raises:
        ValueError: The name is not 1 to 64 characters of ``A-Za-z0-9._-``, or there is no scope.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a key's name takes 1 to 64 characters of A-Za-z0-9._-")
    good_for = frozenset(scopes)
    if not good_for:
        raise ValueError("a key takes at least one scope")
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    return secret, ApiKey(name=name, scopes=good_for, digest=digest_of(secret))


def digest_of(secret: str) -> str:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def holder_of(secret: str, keys: Iterable[ApiKey]) -> ApiKey | None:
    """The key of ``keys`` that this is, or None; takes as long for a near miss as for nonsense."""
    digest, found = digest_of(secret), None
    for key in keys:
        if hmac.compare_digest(digest, key.digest):
            found = key
    return found


def parse_keys(text: str) -> tuple[ApiKey, ...]:
    """The keys that a variable holds.

    Raises:
        ValueError: An entry is not what ``precompute keys create`` prints, or two have the same name.
    """
    keys = tuple(_parsed(entry) for entry in re.split(r"[\s,]+", text.strip()) if entry)
    if len({key.name for key in keys}) < len(keys):
        raise ValueError("takes each name once")
    return keys


def _parsed(entry: str) -> ApiKey:
    name, _, rest = entry.partition(":")
    scopes, _, digest = rest.partition(":")
    words = scopes.split("+")
    if not (_NAME.fullmatch(name) and _DIGEST.fullmatch(digest) and set(words) <= set(Scope)):
        raise ValueError(_SHAPE)
    return ApiKey(name=name, scopes=frozenset(map(Scope, words)), digest=digest)
