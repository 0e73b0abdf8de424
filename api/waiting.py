"""A bound on requests that wait, so that plain reads always find a thread."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from werkzeug.exceptions import ServiceUnavailable

from api.errors import RETRY_AFTER_S


class Slots:
    """Places for requests that hold a thread without working.

    Args:
        most: How many there are.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._lock = Lock()

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Holds a place for the block; yields whether there was one."""
        got = self._take()
        try:
            yield got
        finally:
            if got:
                self._give_back()

    def take(self) -> Callable[[], None]:
        """Take a place; what is returned gives it back.

        Raises:
            ServiceUnavailable: None is free.
        """
        if not self._take():
            raise ServiceUnavailable(
                "as many requests wait or stream as this process serves; try again soon", retry_after=RETRY_AFTER_S
            )
        return self._give_back

    def _take(self) -> bool:
        with self._lock:
            if self._free == 0:
                return False
            self._free -= 1
            return True

    def _give_back(self) -> None:
        with self._lock:
            self._free += 1
