"""Everything this project raises on purpose, branched by what the catcher does about it."""


class PrecomputeError(Exception):
    """Something went wrong that a person can be told about.

    Attributes:
        code: Stable snake_case word for programs; served to callers.
    """

    code = "internal"

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or self.code).splitlines()[0])
        if code is not None:
            self.code = code

    @property
    def message(self) -> str:
        """The sentence a person is shown."""
        return str(self.args[0])


class DeclarationError(PrecomputeError):
    """The catalogue, a plug-in or a setting is wrong; the process must not start."""

    code = "declaration"


class BadParameters(PrecomputeError):
    """A caller's value does not fit.

    Attributes:
        fields: What is wrong with each field, as the API serves it.
    """

    code = "bad_parameters"

    def __init__(self, message: str = "", *, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class UnknownPrecomputation(PrecomputeError):
    """No such task type, task or entry."""

    code = "unknown"


class SourceUnavailable(PrecomputeError):
    """What the result is computed from cannot be had now; trying again later may help."""

    code = "source_unavailable"


class NotYet(PrecomputeError):
    """Somebody else is making what a computation needs; it comes again in a moment, and has not failed."""

    code = "not_yet"


class InputGone(SourceUnavailable):
    """A result this one is computed from has left the cache; it has to be computed again first."""

    code = "input_gone"


class UnusableSource(PrecomputeError):
    """What the result is computed from will never do (not a video, too long, damaged); trying again cannot help."""

    code = "unusable_source"


class LeaseLost(PrecomputeError):
    """Another worker took this computation over, or it was invalidated; its result must not be written."""

    code = "lease_lost"


class ModelNotTrained(PrecomputeError):
    """The model this needs has not been trained or shipped."""

    code = "model_not_trained"


class StoreUnavailable(PrecomputeError):
    """The cache cannot be reached."""

    code = "cache_unavailable"


class BrokerUnavailable(PrecomputeError):
    """The broker cannot be reached, so nothing can be queued."""

    code = "broker_unavailable"


class Backlogged(PrecomputeError):
    """So much waits already that nothing more is taken in for now."""

    code = "backlog"
