"""The lines of all programs on one terminal, each with its name before it."""

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from queue import Full, Queue
from threading import Thread
from typing import Any

import orjson
from honcho.colour import get_colours
from honcho.printer import Message, Printer
from rich.console import Console, RenderableType

WAITING_LINES = 10_000
"""More than this many lines unread by the terminal are dropped: a slow reader must not hold up the programs."""

SYSTEM = "system"
"""The name before the supervisor's own lines."""


class Output:
    """Writes to standard output from a thread of its own.

    A terminal or pipe that nobody reads blocks that thread alone, neither the programs nor the way out. It writes to a
    duplicate of the descriptor, for a thread blocked on ``sys.stdout`` makes the interpreter abort at its end.
    """

    def __init__(self, names: Iterable[str], *, as_json: bool = False) -> None:
        names = (SYSTEM, *names)
        self._as_json = as_json
        self._file = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", errors="replace")
        self._printer = Printer(self._file, width=max(map(len, names)))
        self._colours = dict(zip(names[1:], get_colours(), strict=False))
        self._console = Console()
        self._waiting: Queue[Message | str | None] = Queue(WAITING_LINES)
        self._thread = Thread(target=self._write, daemon=True)
        self._thread.start()

    def line(self, name: str, text: str | bytes) -> None:
        """One or more lines of the program ``name``."""
        now = datetime.now().astimezone()
        if self._as_json:
            told = text.decode(errors="replace") if isinstance(text, bytes) else text
            for each in told.splitlines():
                self.tell({"program": name, "at": now.isoformat(timespec="milliseconds"), "line": each})
            return
        self._put(Message(type="line", data=text, time=now, name=name, colour=self._colours.get(name)))

    def tell(self, value: Mapping[str, Any]) -> None:
        """A line for whatever program reads this one; nothing for a person."""
        if self._as_json:
            self._put(orjson.dumps(value).decode() + "\n")

    def show(self, *things: RenderableType) -> None:
        """Text and tables for the person at the terminal, without a name before them; nothing for a program."""
        if self._as_json:
            return
        with self._console.capture() as rendered:
            for thing in things:
                # soft_wrap: commands are to be copied, so no line is broken
                self._console.print(thing, soft_wrap=True, highlight=False)
        self._put(rendered.get())

    def close(self) -> None:
        """Write what waits, for at most two seconds."""
        try:
            self._waiting.put(None, timeout=1)
        except Full:
            return
        self._thread.join(timeout=1)

    def _put(self, message: Message | str) -> None:
        try:
            self._waiting.put_nowait(message)
        except Full:
            return

    def _write(self) -> None:
        while (message := self._waiting.get()) is not None:
            try:
                if isinstance(message, str):
                    print(message, end="", file=self._file, flush=True)
                else:
                    self._printer.write(message)
            except OSError:  # the terminal, or the reader of the pipe, is gone; the programs need not care
                continue
        self._file.close()
