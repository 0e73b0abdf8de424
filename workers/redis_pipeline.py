"""How messages go out to a Redis broker together, and what may go along with them."""

from collections.abc import Sequence
from typing import Any, Protocol

import redis
from redis.client import Pipeline

from precompute.lane import Lanes


class Along:
    """Commands that go out with the next messages: in one transaction, so that all of it is done or nothing.

    Args:
        commands: To the broker's server.

    Attributes:
        taken: They went out, and were done.
    """

    def __init__(self, commands: Sequence[Sequence[Any]]) -> None:
        self.commands = commands
        self.taken = False


class Publishing(Protocol):
    """A channel, as far as its messages go out.

    Attributes:
        along: What goes out with the messages that are published next.
    """

    along: Along | None

    @property
    def ways(self) -> Lanes:
        """To the broker's server."""


class ShortPipeline(Pipeline):
    """Commands that go out together, each once, on a connection that is kept.

    Without the pool, the retries and the measurements of the client library, publishing two messages takes 0.05 of
    0.6 ms less.

    Args:
        client: Of the broker.
        channel: Has ways to it.
    """

    def __init__(self, client: "redis.Redis", channel: Publishing) -> None:
        super().__init__(client.connection_pool, client.response_callbacks, transaction=False, shard_hint=None)
        self._channel = channel

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        """The broker's answers.

        Raises:
            redis.RedisError: It has refused one, or there is no telling.
        """
        commands: list[Sequence[Any]] = [command for command, _ in self.command_stack]
        self.command_stack = []
        if not commands:
            return []
        along, self._channel.along = self._channel.along, None
        if along is None:
            return self._channel.ways.ask_once(commands)
        answers = self._channel.ways.ask_once([("MULTI",), *commands, *along.commands, ("EXEC",)])[-1]
        for refusal in (answer for answer in answers if isinstance(answer, redis.RedisError)):
            raise refusal
        along.taken = True
        return list(answers)
