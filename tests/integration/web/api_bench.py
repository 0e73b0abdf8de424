"""The API on real servers, with a clock in the tests' hands, and the moves of a worker by hand."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import orjson
from kombu import pools
from servers import ValkeyServer
from werkzeug.test import Client, TestResponse

from api.app import create_app
from models import habits
from precompute.entry import Failure
from precompute.foresight import Foresight
from precompute.ledger import Beginning
from precompute.memory import Memory
from precompute.message import Message
from precompute.notifications import Notifications
from precompute.precomputer import Precomputer
from precompute.recent import RecentActions
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.wiring import engine, publishing_app

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CTR = "ctr_prediction:video:v1"
SIX = {
    "scene_detection",
    "face_detection",
    "hook_analysis",
    "thumbnail_generation",
    "caption_generation",
    "ctr_prediction",
}
TWELVE = {
    *SIX,
    *("variant_generation", "variant_scoring", "roas_prediction"),
    *("dashboard_data", "predicted_actions", "campaign_analytics"),
}
URL = "https://example.com/v1.mp4"


class SettableClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """The instant it was set to."""
        return self.now


class WatchedSleep(Notifications):
    """Notifications that tell when a request falls asleep."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asleep = Event()

    @contextmanager
    def listening(self, *keys: CacheKey) -> Iterator[Callable[[float], bool]]:
        """As without watching."""
        with super().listening(*keys) as sleep:

            def watched(seconds: float) -> bool:
                self.asleep.set()
                return sleep(seconds)

            yield watched


class ApiBench:
    """An app on a cache and a broker.

    Args:
        cache: Its server; empty.
        broker: Its server.
        media_root: Where local videos lie.
        api_threads: Half of them may wait.
    """

    def __init__(self, cache: ValkeyServer, broker: ValkeyServer, *, media_root: Path, api_threads: int = 8) -> None:
        self.settings = Settings(
            redis_url=cache.url, broker_url=broker.url, media_root=media_root, api_threads=api_threads
        )
        self.clock = SettableClock()
        self._celery = publishing_app(self.settings)
        self.parts = engine(self.settings, app=self._celery, clock=self.clock)
        self.notifications = WatchedSleep(cache.url)
        recent = RecentActions(self.parts.cache.client, clock=self.clock)
        self.precomputer = Precomputer(
            settings=self.settings,
            catalogue=self.parts.catalogue,
            cache=self.parts.cache,
            ledger=self.parts.ledger,
            dispatch=self.parts.dispatch,
            notifications=self.notifications,
            memory=Memory(self.parts.stream, recent, clock=self.clock),
            foresight=Foresight(recent=recent, predict=habits.predict_each, clock=self.clock),
        )
        self.app = create_app(self.precomputer, self.settings)

    @property
    def client(self) -> Client:
        """A new client, for this thread."""
        return self.app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET below ``/api/precompute``."""
        return self.client.get(f"/api/precompute{path}", **options)

    def trigger(self, video: str = "v1", **fields: Any) -> TestResponse:
        """An upload."""
        body = {"video_id": video, "user_id": "u1", "video_data": {"url": URL}, **fields}
        return self.client.post("/api/precompute/video", json=body)

    def begin(self, key: str = CTR) -> None:
        """A worker takes the task of a key up."""
        cache_key = CacheKey.parse(key)
        [record] = self.parts.ledger.records([cache_key])
        assert record.task_id is not None
        message = Message(task_id=record.task_id, key=cache_key, queue="video", event="{}", cause="event")
        lease = timedelta(seconds=60)
        verdict, _ = self.parts.ledger.begin(message, owner="w1", lease=lease, fingerprint="")
        assert verdict is Beginning.RUN

    def store(
        self, key: str = CTR, *, value: Mapping[str, Any] | bytes = b"{}", parts: Mapping[str, bytes] | None = None
    ) -> None:
        """A worker takes the task of a key up and stores its result, computed in 1.5 s."""
        self.begin(key)
        body = value if isinstance(value, bytes) else orjson.dumps(value)
        cache_key = CacheKey.parse(key)
        row = self.parts.catalogue.get(cache_key.task_type)
        cost = timedelta(seconds=1.5)
        self.parts.cache.store(row, cache_key, owner="w1", body=body, parts=parts or {}, cost=cost)

    def fail(self, key: str = CTR) -> None:
        """A worker takes the task of a key up and fails for good."""
        self.begin(key)
        failure = Failure(code="not_a_video", message="the file is not a video")
        assert self.parts.ledger.fail(CacheKey.parse(key), owner="w1", failure=failure, retry_in=None)

    def close(self) -> None:
        """Let go of the connections, once what was noted of reads is recorded: its thread ends with that."""
        self.precomputer.memory.close()
        self.parts.cache.client.connection_pool.disconnect(inuse_connections=False)
        self._celery.close()
        # kombu keeps its pools for the whole process, by the broker's address.
        pools.reset()
