"""Why a demo ends early."""

from precompute.errors import PrecomputeError


class DemoFailed(PrecomputeError):
    """The demo could not be done; the message says why."""

    code = "demo_failed"
