"""Callers who ask again and again, each in a thread of its own, and what they were answered."""

import threading
from collections import Counter
from collections.abc import Generator


class Callers:
    """A context manager: they ask as long as it lasts.

    Args:
        callers: What each was answered, one word or two an answer, without an end; closed when it is over.
        pause_s: Between two questions, so that processes that start meanwhile have some of the machine.
    """

    def __init__(self, *callers: Generator[str, None, None], pause_s: float = 0.0) -> None:
        self.answers: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._pause_s = pause_s
        self._threads = [threading.Thread(target=self._go_on, args=[each]) for each in callers]

    def __enter__(self) -> "Callers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def more(self, count: int, answer: str | None = None) -> None:
        """Come back when so many more have been answered, or answered so."""
        with self._changed:
            goal = self._count(answer) + count
            assert self._changed.wait_for(lambda: self._count(answer) >= goal, timeout=60), self.answers

    def _count(self, answer: str | None) -> int:
        return self.answers.total() if answer is None else self.answers[answer]

    def _go_on(self, caller: Generator[str, None, None]) -> None:
        for answer in caller:
            with self._changed:
                self.answers[answer] += 1
                self._changed.notify_all()
            if self._ended.wait(self._pause_s):
                break
        caller.close()
