"""Asking OpenAI or Anthropic for an answer of a given shape: one request, one time limit, no retries."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from precompute.errors import SourceUnavailable
from precompute.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a service is to do with the words it is sent.

    Attributes:
        task: Instructions; the words themselves are material.
        name: Of the answer's shape: letters and underscores.
        about: What becomes of the answer, in a few words.
        answer: JSON schema of an object; strict, so every property is required and no other allowed.
        max_tokens: The most an answer may cost, thinking included.
    """

    task: str
    name: str
    about: str
    answer: Mapping[str, Any]
    max_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingService:
    """Where to ask, and how its answer is opened.

    Attributes:
        name: ``openai`` or ``anthropic``.
        url: That the question is posted to.
        headers: With the key in them: never to be shown.
        body: Of the question, for the words it is asked about.
        answer_in: Finds the answer in what the service sends back; raises LookupError, TypeError or ValueError when
            there is none.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Callable[[str], Mapping[str, Any]]
    answer_in: Callable[[Any], Any]


def service_for(question: Question, *, settings: Settings) -> WordingService | None:
    """The service whose key is set, OpenAI first, for this question; None without a key."""
    if settings.openai_api_key:
        return WordingService(
            name="openai",
            url=f"{settings.openai_base_url}/chat/completions",
            headers={"Authorization": f"Bearer {settings.openai_api_key}"},
            body=lambda words: _openai_body(question, words, model=settings.openai_model),
            answer_in=lambda reply: json.loads(reply["choices"][0]["message"]["content"]),
        )
    if settings.anthropic_api_key:
        return WordingService(
            name="anthropic",
            url=f"{settings.anthropic_base_url}/v1/messages",
            headers={"x-api-key": settings.anthropic_api_key, "anthropic-version": "2023-06-01"},
            body=lambda words: _anthropic_body(question, words, model=settings.anthropic_model),
            answer_in=_tool_input,
        )
    return None


def answer_of(service: WordingService, words: str, *, timeout_s: float) -> Any:
    """What ``service`` answers about ``words``: decoded JSON that still has to be held against a schema.

    Args:
        service: From :func:`service_for`.
        words: The material.
        timeout_s: For all of it, to the last byte; only a name server that stays silent can take longer.

    Raises:
        SourceUnavailable: It did not answer in time, or not in the shape of its own API. The message is a few words
            that say which, and never holds the key.
    """
    reply = asyncio.run(_posted(service, words, timeout_s=timeout_s))
    try:
        return service.answer_in(reply)
    except (LookupError, TypeError, ValueError):
        raise no_usable_answer() from None


def no_usable_answer() -> SourceUnavailable:
    """The error for an answer that is not what was asked for."""
    return _failed("no usable answer")


async def _posted(service: WordingService, words: str, *, timeout_s: float) -> Any:
    # the client's debug log quotes a header that it refuses to send
    if not all(value.isascii() and value.isprintable() for value in service.headers.values()):
        raise _failed("its key holds signs that cannot be sent")
    try:
        # the client's own timeouts start anew with each byte
        async with asyncio.timeout(timeout_s), httpx2.AsyncClient(timeout=timeout_s) as client:
            response = await client.post(service.url, headers=dict(service.headers), json=service.body(words))
    except (TimeoutError, httpx2.TimeoutException):
        raise _failed("timed out") from None
    except (httpx2.HTTPError, httpx2.InvalidURL):
        raise _failed("cannot be reached") from None
    if response.status_code != httpx2.codes.OK:
        raise _failed(f"answered {response.status_code}")
    try:
        return response.json()
    except ValueError:
        raise no_usable_answer() from None


def _failed(reason: str) -> SourceUnavailable:
    return SourceUnavailable(reason, code="wording_failed")


def _tool_input(reply: Any) -> Any:
    # LookupError where there is none; StopIteration would be taken for something else
    inputs = [part["input"] for part in reply["content"] if part["type"] == "tool_use"]
    return inputs[0]


def _openai_body(question: Question, words: str, *, model: str) -> Mapping[str, Any]:
    shape = {"name": question.name, "strict": True, "schema": question.answer}
    body = {
        "model": model,
        "messages": [{"role": "system", "content": question.task}, {"role": "user", "content": words}],
        "max_completion_tokens": question.max_tokens,
        "response_format": {"type": "json_schema", "json_schema": shape},
    }
    # only models that reason take the effort, and without it they think longer than a reader waits
    return body | ({"reasoning_effort": "low"} if model.startswith(("gpt-5", "o")) else {})


def _anthropic_body(question: Question, words: str, *, model: str) -> Mapping[str, Any]:
    tool = {"name": question.name, "description": question.about, "input_schema": question.answer}
    return {
        "model": model,
        "max_tokens": question.max_tokens,
        "system": question.task,
        "messages": [{"role": "user", "content": words}],
        "tools": [tool],
        "tool_choice": {"type": "tool", "name": question.name},
    }
