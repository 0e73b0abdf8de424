"""The short way to the server of the cache: a command and its answer on a connection that is kept, no more."""

import os
from collections import deque
from collections.abc import Sequence
from typing import Any

import hiredis
import redis


class Lanes:
    """Connections of one client that its callers take turns on.

    The client library spends two thirds of a read's processor time on its pool, its retries and its own measurements
    (62 of 83 microseconds of the caller; 21 remain here). A lane does without: it is taken from those that stand idle,
    or opened, and put back only after a whole answer. What breaks on the way closes it.

    Args:
        client: How to connect; its own connections are left alone.
    """

    def __init__(self, client: "redis.Redis") -> None:
        pool = client.connection_pool
        self._connect: Any = lambda: pool.connection_class(**pool.connection_kwargs)
        # Its ends are taken and given atomically, so threads need no lock.
        self._idle: deque[Any] = deque()
        self._process = os.getpid()

    def ask(self, *command: Any) -> Any:
        """The server's answer, bytes as bytes.

        Raises:
            redis.ResponseError: The server refuses the command.
            redis.ConnectionError, redis.TimeoutError: There is no telling whether the server has run it.
        """
        lane = self._take()
        try:
            lane.send_packed_command([hiredis.pack_command(command)])
            answer = lane.read_response(disable_decoding=True)
        except redis.ResponseError:
            self._idle.append(lane)
            raise
        except BaseException:
            # Also when the time limit of a task strikes: half an answer may be left on it.
            lane.disconnect()
            raise
        self._idle.append(lane)
        return answer

    def ask_each(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """The server's answers to several commands in one round trip, in their order.

        Raises:
            redis.ResponseError, redis.ConnectionError, redis.TimeoutError: Not all were answered.
        """
        return self._ask_each(self._take(), commands)

    def _ask_each(self, lane: Any, commands: Sequence[Sequence[Any]]) -> list[Any]:
        try:
            # As one string, for each of a list is sent with a call of its own.
            lane.send_packed_command([b"".join(hiredis.pack_command(tuple(command)) for command in commands)])
            answers = [lane.read_response(disable_decoding=True) for _ in commands]
        except BaseException:
            # What was not read is left on it.
            lane.disconnect()
            raise
        self._idle.append(lane)
        return answers

    def ask_once(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """As :meth:`ask_each`, of commands that may not be repeated: never on a connection that was closed meanwhile.

        Raises:
            redis.ResponseError, redis.ConnectionError, redis.TimeoutError: Not all were answered.
        """
        lane = self._take()
        if _has_ended(lane):
            # It connects anew once something is sent.
            lane.disconnect()
        return self._ask_each(lane, commands)

    def repeat_each(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """As :meth:`ask_each`, of commands that may be repeated: once more where there is no telling.

        Raises:
            redis.ResponseError, redis.ConnectionError, redis.TimeoutError: Not all were answered.
        """
        try:
            return self.ask_each(commands)
        except redis.ConnectionError:
            # The server was restarted since, or closed what stood idle.
            self.close()
            return self.ask_each(commands)

    def close(self) -> None:
        """Close the idle ones; later questions open new ones."""
        while self._idle:
            self._idle.pop().disconnect()

    def _take(self) -> Any:
        if self._process != os.getpid():
            # A forked child must not talk on its parent's connections.
            self._process, self._idle = os.getpid(), deque()
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()


def _has_ended(lane: Any) -> bool:
    """Whether there is something to read though nothing was asked: that is the end of a connection."""
    try:
        return bool(lane.is_connected and lane.can_read())
    except redis.ConnectionError:
        return True
