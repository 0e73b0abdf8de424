"""The request that work belongs to: from the header it came with, through the queue, into every log line."""

import os
import re
from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("precompute_request_id", default="")
"""The request that this thread works for; empty for work that nobody asked for, like a refresh."""

HEADER = "X-Request-Id"
"""Says the id of a request, in its headers and in those of the answer."""

CARRIED = "request_id"
"""The name under which a message carries it."""

_FITS = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}", re.ASCII)


def accepted(offered: str | None) -> str:
    """The id that a caller or a message brought along, or a new one where it brought none that can be written anywhere.

    An id is 1 to 128 characters of those that UUIDs, ULIDs, trace ids, Base64 and e-mail addresses are made of.
    """
    return offered if offered is not None and _FITS.fullmatch(offered) else os.urandom(8).hex()
