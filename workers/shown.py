"""What Flower and its like show of a task: its cache key and its cause, also when it is tried again."""

from typing import Any

from celery import Signature, Task

from precompute.message import Message

_SHOWN = ("argsrepr", "kwargsrepr")


def shown(message: Message) -> dict[str, str]:
    """What a message says of itself; in place of its arguments, whose URLs may be signed."""
    return {"argsrepr": str(message.key), "kwargsrepr": f"cause={message.cause}"}


class ShownTask(Task):  # type: ignore[misc]
    """A task that says the same of itself when it is published again; Celery would show its arguments then."""

    def signature_from_request(
        self, request: Any = None, args: Any = None, kwargs: Any = None, queue: Any = None, **extra_options: Any
    ) -> Signature:
        """As Celery makes it, with what was shown of the request."""
        request = self.request if request is None else request
        kept = {name: getattr(request, name) for name in _SHOWN if getattr(request, name, None)}
        return super().signature_from_request(request, args, kwargs, queue, **{**kept, **extra_options})
