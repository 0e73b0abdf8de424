"""The engine's face on the bench, with waiting readers watched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from bench import Bench

from models import habits
from precompute.catalogue import Catalogue
from precompute.foresight import Foresight
from precompute.memory import Memory
from precompute.notifications import Notifications
from precompute.precomputer import Precomputer
from precompute.recent import RecentActions
from precompute.settings import Settings
from precompute.stream import FactStream
from precompute.subjects import CacheKey


class WatchedSleep(Notifications):
    """Notifications that tell when a reader falls asleep, and remember whether each sleep was ended by a change."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asleep = Event()
        self.woken: list[bool] = []

    @contextmanager
    def listening(self, *keys: CacheKey) -> Iterator[Callable[[float], bool]]:
        """As without watching."""
        with super().listening(*keys) as sleep:

            def watched(seconds: float) -> bool:
                if self._subscribed.is_set() and self.woken:
                    self.asleep.set()
                self.woken.append(sleep(seconds))
                return self.woken[-1]

            yield watched


def precomputer_with(catalogue: Catalogue, bench: Bench, notifications: Notifications, media_root: Path) -> Precomputer:
    """One with other rows."""
    recent = RecentActions(bench.client, clock=bench.clock)
    return Precomputer(
        settings=Settings(media_root=media_root),
        catalogue=catalogue,
        cache=bench.cache,
        ledger=bench.ledger,
        dispatch=bench.dispatch,
        notifications=notifications,
        memory=Memory(FactStream(bench.client), recent, clock=bench.clock),
        foresight=Foresight(recent=recent, predict=habits.predict_each, clock=bench.clock),
    )
