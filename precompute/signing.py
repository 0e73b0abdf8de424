"""What proves to the receiver of a callback that it is ours, fresh and unchanged.

Follows the Standard Webhooks specification (https://www.standardwebhooks.com), for which most languages have libraries:
HMAC-SHA256 over ``{id}.{timestamp}.{body}``, in Base64 behind ``v1,``. ``docs/callbacks.md`` shows how to check it.
"""

import base64
import hashlib
import hmac
from binascii import Error
from collections.abc import Sequence
from datetime import datetime

ENCODED = "whsec_"
"""A secret that begins so is Base64 for the bytes of the key; of any other secret the text itself is the key."""


def signed_headers(body: bytes, *, id: str, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that sign one request.

    Args:
        body: As it is sent.
        id: The same whenever the same callback is sent again.
        at: When it is sent.
        secrets: A signature for each; the receiver is content with one that fits.
    """
    timestamp = str(int(at.timestamp()))
    content = f"{id}.{timestamp}.".encode() + body
    signatures = (hmac.digest(key_of(secret), content, hashlib.sha256) for secret in secrets)
    shown = " ".join(f"v1,{base64.b64encode(signature).decode()}" for signature in signatures)
    return {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": shown}


def key_of(secret: str) -> bytes:
    """The bytes that sign.

    Raises:
        ValueError: What follows ``whsec_`` is not Base64.
    """
    if not secret.startswith(ENCODED):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(ENCODED), validate=True)
    except Error:
        raise ValueError(f"takes a secret that is Base64 after {ENCODED}") from None
