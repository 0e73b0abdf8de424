"""The service as a caller sees it."""

from collections.abc import Mapping
from typing import Any

import httpx2

from api.demo.errors import DemoFailed

API = "/api/precompute"
TIMEOUT_SECONDS = 10


class Caller:
    """A gateway in miniature: posts an upload, follows its tasks, reads its results."""

    def __init__(self, client: httpx2.Client) -> None:
        """Take a client whose base URL is the service's."""
        self._client = client

    @classmethod
    def of(cls, url: str, *, key: str | None = None) -> "Caller":
        """A caller of the service at ``url``, with an API key where it asks for one."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return cls(httpx2.Client(base_url=url, timeout=TIMEOUT_SECONDS, headers=headers))

    def is_up(self) -> bool:
        """Whether the service answers at all."""
        try:
            return self._client.get("/healthz").is_success
        except httpx2.HTTPError:
            return False

    def upload(self, video_id: str, *, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Tell that a video was uploaded; what was queued for it.

        Raises:
            DemoFailed: The service refuses, in its own words, or does not answer.
        """
        body = {"video_id": video_id, "user_id": "demo", **({"video_data": dict(data)} if data else {})}
        return self._call("POST", "/video", json=body)

    def forget(self, video_id: str) -> int:
        """Drop every result of a video; how many there were.

        Raises:
            DemoFailed: As for :meth:`upload`.
        """
        return int(self._call("DELETE", "/cache", params={"pattern": f"video:{video_id}:*"})["invalidated"])

    def tasks(self, video_id: str) -> Mapping[str, Mapping[str, Any]]:
        """State, progress and error of each task of a video, by task type.

        Raises:
            DemoFailed: As for :meth:`upload`.
        """
        tasks: Mapping[str, Mapping[str, Any]] = self._call("GET", f"/status/video/{video_id}")["tasks"]
        return tasks

    def result(self, task_type: str, *, video_id: str) -> Mapping[str, Any]:
        """What was found.

        Raises:
            DemoFailed: As for :meth:`upload`.
        """
        result: Mapping[str, Any] = self._call("GET", f"/cache/{task_type}:video:{video_id}")["result"]
        return result

    def _call(self, method: str, path: str, **options: Any) -> Mapping[str, Any]:
        try:
            response = self._client.request(method, API + path, **options)
            answer: Mapping[str, Any] = response.json()
        except (httpx2.HTTPError, ValueError) as problem:
            raise DemoFailed(
                f"the service at {self._client.base_url} does not answer as it should: {problem}"
            ) from problem
        if not response.is_success:
            raise DemoFailed(_told(answer, status=response.status_code))
        return answer


def _told(answer: Mapping[str, Any], *, status: int) -> str:
    error = answer.get("error") or {}
    message = error.get("message", "without a reason")
    told = [f"{name} {' and '.join(problems)}" for name, problems in error.get("fields", {}).items()]
    fields = "; ".join(field for field in told if field not in message)
    return f"the service answers {status}: {message}{f' ({fields})' if fields else ''}"
