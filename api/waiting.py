"""Bounds on requests that hold a thread without working, so that plain reads always find one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from werkzeug.exceptions import ServiceUnavailable

from api.errors import RETRY_AFTER_S


class Slots:
    """Places for requests that hold a thread without working.

    Args:
        most: How many there are.
        within: Places that these are some of: each taken here is taken there, too.
    """

    def __init__(self, most: int, *, within: "Slots | None" = None) -> None:
        self._free = most
        self._lock = Lock()
        self._within = within

    @contextmanager
    def if_free(self) -> Iterator[bool]:
        """Holds a place for the block; yields whether there was one."""
        got = self.try_take()
        try:
            yield got
        finally:
            if got:
                self.give_back()

    def take(self) -> Callable[[], None]:
        """Take a place; what is returned gives it back.

        Raises:
            ServiceUnavailable: None is free.
        """
        if not self.try_take():
            raise ServiceUnavailable(
                "as many requests wait or stream as this process serves; try again soon", retry_after=RETRY_AFTER_S
            )
        return self.give_back

    def try_take(self) -> bool:
        """Take a place, which :meth:`give_back` gives back; False when none is free."""
        with self._lock:
            if self._free == 0 or not (self._within is None or self._within.try_take()):
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        """Give a place back that was taken."""
        with self._lock:
            self._free += 1
        if self._within is not None:
            self._within.give_back()


class Places:
    """What the threads of one process may be held for: together never all of them.

    An eighth stays for whoever holds none, and a quarter for bodies however many wait and watch: while each kind was
    bounded by itself alone, waits, pages and slow bodies together held more threads than there are.

    Attributes:
        waits: For ``?wait=`` and streams of changes; half of the threads at most.
        pages: For live operations pages; three eighths. Waits and pages together hold five eighths.
        bodies: For bodies that arrive; half.

    Args:
        threads: Of the process, at least four.
    """

    def __init__(self, threads: int) -> None:
        everything = Slots(threads * 7 // 8)
        idle = Slots(threads * 5 // 8, within=everything)
        self.waits = Slots(threads // 2, within=idle)
        self.pages = Slots(threads * 3 // 8, within=idle)
        self.bodies = Slots(threads // 2, within=everything)
