"""Questions to a running service, and why one was not answered."""

from collections.abc import Mapping
from typing import Any

import httpx2
import orjson

from api.stack.ports import reachable
from precompute.errors import BadParameters, PrecomputeError
from precompute.settings import Settings

API = "/api/precompute"

CONNECT_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 15.0
"""A trigger is answered within a second; what takes so long is not coming."""


class ServiceAway(PrecomputeError):
    """The service cannot be reached."""

    code = "service_away"


class NotTheService(ServiceAway):
    """Something else answers where the service was looked for."""


class ServiceRefused(PrecomputeError):
    """The service answers that it will not.

    Attributes:
        status: Of HTTP.
        retry_after_s: When it asks to be asked again, seconds; None where it does not.
    """

    code = "refused"

    def __init__(self, message: str, *, code: str, status: int, retry_after_s: float | None) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.retry_after_s = retry_after_s


class Service:
    """One running service.

    Args:
        url: Its own, without a path.
        key: An API key, or None where it asks for none.
    """

    def __init__(self, url: str, *, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        timeout = httpx2.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        try:
            self.client = httpx2.Client(base_url=self.url, headers=headers, timeout=timeout)
        except (httpx2.InvalidURL, ValueError) as problem:
            raise ServiceAway(f"--url {url!r} is no URL of a service: {problem}") from problem

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The answer to a question.

        Raises:
            ServiceAway: Nobody answers there, or not as this service does.
            ServiceRefused: It says why not.
        """
        return self.ask("GET", path, params={name: value for name, value in params.items() if value is not None})

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request with a body.

        Raises:
            BadParameters: The body cannot be written as JSON.
            ServiceAway, ServiceRefused: As for :meth:`get`.
        """
        try:
            content = orjson.dumps(body)
        except TypeError as flaw:
            raise BadParameters(f"that cannot be sent as JSON: {flaw}") from flaw
        return self.ask(method, path, content=content, headers={"Content-Type": "application/json"})

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The answer to a request; ``path`` begins below ``/api/precompute``.

        Raises:
            ServiceAway, ServiceRefused: As for :meth:`get`.
        """
        try:
            response = self.client.request(method, API + path, **options)
        except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
            raise self.away(problem) from problem
        return self.answer(response)

    def answer(self, response: httpx2.Response) -> dict[str, Any]:
        """What a response says.

        Raises:
            ServiceAway: It is not this service's.
            ServiceRefused: It is a refusal.
        """
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            kind = response.headers.get("Content-Type", "something").partition(";")[0]
            told = f"what answers at {self.url} is not this service: {response.status_code}, {kind}"
            # A proxy has words of its own while the service is started anew.
            raise ServiceAway(told) if response.is_server_error else NotTheService(told)
        if not response.is_success:
            raise refusal(body, response)
        return body

    def away(self, problem: Exception) -> ServiceAway:
        """What is said when nobody answers."""
        if isinstance(problem, httpx2.TimeoutException):
            return ServiceAway(f"the service at {self.url} does not answer in time")
        return ServiceAway(
            f"no service answers at {self.url}; is the stack running (`make run`), or --url or PRECOMPUTE_URL right?"
        )


def service_url(settings: Settings) -> str:
    """Where the service of these settings is found from this machine."""
    host = reachable(settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def refusal(body: Mapping[str, Any], response: httpx2.Response) -> ServiceRefused:
    """Why the service will not, in its own words."""
    error = body.get("error")
    if not isinstance(error, dict):
        error = {}
    message = str(error.get("message") or f"the service answers {response.status_code}")
    named = [f"{name}: {' '.join(map(str, flaws))}" for name, flaws in (error.get("fields") or {}).items()]
    more = "; ".join(text for text in named if text not in message and text.replace(": ", " ", 1) not in message)
    after = response.headers.get("Retry-After", "")
    return ServiceRefused(
        " ".join((f"{message} ({more})" if more else message).split()),
        code=str(error.get("code") or "refused"),
        status=response.status_code,
        retry_after_s=float(after) if after.isdigit() else None,
    )
