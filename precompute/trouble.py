"""What goes wrong in a thread that must not end of it."""

import logging


class Trouble:
    """Tells of what nobody foresaw, and with its trace, when it begins, not each time that it is met again.

    A thread that does something every few seconds catches whatever goes wrong, for nobody would do it any more once
    the thread had ended. What it expects it names, and tells by itself.

    Args:
        log: Of the module whose thread it is.
        message: Says what is not done while it lasts.
        action: Names it in the log.
        about: Stands beside it there.
    """

    def __init__(self, log: logging.Logger, message: str, *, action: str, **about: object) -> None:
        self._log = log
        self._message = message
        self._extra = {"action": action, **about}
        self._kind: type[Exception] | None = None

    def met(self, problem: Exception) -> None:
        """Something went wrong; told unless the same kind of it did the last time."""
        if type(problem) is not self._kind:
            self._kind = type(problem)
            self._log.error(self._message, exc_info=problem, extra=self._extra)

    def over(self) -> None:
        """All went well, so that the next is told again."""
        self._kind = None
