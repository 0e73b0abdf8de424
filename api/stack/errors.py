"""Why the stack does not start, or does not stay up."""

from precompute.errors import PrecomputeError


class CannotStart(PrecomputeError):
    """Something outside the settings keeps the stack from running; the message says what to do about it."""

    code = "cannot_start"
