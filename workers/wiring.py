"""The composition root of every process: settings in, engine out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from celery import Celery

import celeryconfig
from models.everybody import Everybody, in_a_thread
from models.predictor import Predictor
from models.registry import registry_in
from precompute.admission import Bounds
from precompute.afterwards import Afterwards
from precompute.anticipation import Anticipation
from precompute.attention import Attention
from precompute.cache import Cache
from precompute.catalogue import Catalogue
from precompute.clock import Clock, system_clock
from precompute.dependants import Dependants
from precompute.foresight import Foresight
from precompute.history import History
from precompute.ledger import Ledger
from precompute.memory import Memory
from precompute.notifications import Notifications
from precompute.plugins import catalogue_for
from precompute.precomputer import Precomputer
from precompute.prediction import Prediction
from precompute.recent import RecentActions
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.store.database import Database
from precompute.stream import FactStream, stream_url
from workers import correlation
from workers.dispatch import CeleryDispatch

PUBLISH_TIMEOUT_S = 0.4
"""Longest silence of the broker while publishing; one more try follows, so a trigger waits at most twice as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The parts that belong together in one process."""

    settings: Settings
    catalogue: Catalogue
    cache: Cache
    ledger: Ledger
    dispatch: CeleryDispatch
    facts: Database
    stream: FactStream
    everybody: Everybody
    predictor: Predictor

    @property
    def dependants(self) -> Dependants:
        """Moves tasks on that wait for a result."""
        return Dependants(cache=self.cache, ledger=self.ledger, catalogue=self.catalogue, dispatch=self.dispatch)

    def predict(self, histories: Sequence[History], *, at: datetime) -> list[Prediction]:
        """What some users do next, for those who know what these did and not yet what everybody did.

        Raises:
            StoreUnavailable: The cache cannot be reached.
        """
        self.everybody.look()
        return self.predictor(histories, at=at)


def engine(settings: Settings, *, app: Celery | None = None, clock: Clock = system_clock) -> Engine:
    """Connect the engine to its cache and broker; nothing is contacted before it is used.

    Args:
        settings: Of this process.
        app: The Celery app of a worker; others get one that only publishes.
        clock: The instant.

    Raises:
        DeclarationError: The catalogue or a plug-in does not fit.
    """
    correlation.connect()
    cache = Cache(connect(settings.redis_url), clock=clock)
    facts = Database(settings.database)
    # Who answers people goes on without what everybody did until that is known; a task has a second.
    aside = in_a_thread if app is None else _at_once
    everybody = Everybody(recent=RecentActions(cache.client, clock=clock), facts=facts, aside=aside)
    return Engine(
        settings=settings,
        catalogue=catalogue_for(settings),
        cache=cache,
        # A dead worker is noticed when its lease ends; a lost message after the same time.
        ledger=Ledger(cache, watch=settings.lease),
        dispatch=CeleryDispatch(app or publishing_app(settings)),
        facts=facts,
        stream=FactStream(connect(stream_url(settings))),
        everybody=everybody,
        predictor=Predictor(registry_in(settings.data_dir), everybody=everybody),
    )


def _at_once(work: Callable[[], None]) -> None:
    work()


def publishing_app(settings: Settings) -> Celery:
    """A Celery app that publishes to the settings' broker and knows no tasks."""
    app = Celery("precompute", set_as_current=False)
    app.config_from_object(celeryconfig)
    app.conf.broker_url = settings.broker
    if "socket_timeout" in app.conf.broker_transport_options:
        # A trigger answers within a second though the broker is frozen. If the message went out after all,
        # no harm is done: computing twice is what the lease prevents.
        options = {**app.conf.broker_transport_options, "socket_timeout": PUBLISH_TIMEOUT_S}
        app.conf.broker_transport_options = options
    return app


def precomputer(settings: Settings, *, clock: Clock = system_clock) -> Precomputer:
    """The engine for a process that takes events and reads results.

    Raises:
        DeclarationError: The catalogue or a plug-in does not fit.
    """
    parts = engine(settings, clock=clock)
    foresight = foresight_of(parts, anticipation=anticipation_of(parts))
    # Callers that report actions do not wait for what is predicted from them.
    anticipated = Afterwards(attention_of(parts, foresight=foresight).on_actions, name="anticipation")
    return Precomputer(
        settings=settings,
        catalogue=parts.catalogue,
        cache=parts.cache,
        ledger=parts.ledger,
        dispatch=parts.dispatch,
        notifications=Notifications(settings.redis_url),
        # As with the messages: whoever reports something is answered within a second though the broker is frozen.
        memory=Memory(
            FactStream(connect(stream_url(settings), answer_timeout_s=PUBLISH_TIMEOUT_S)),
            foresight.recent,
            clock=clock,
            then=lambda users: anticipated.put([users]),
        ),
        foresight=foresight,
    )


def anticipation_of(parts: Engine) -> Anticipation:
    """What has computed ahead in a process what is worth it."""
    bounds = Bounds.of(parts.settings)
    return Anticipation(catalogue=parts.catalogue, ledger=parts.ledger, dispatch=parts.dispatch, bounds=bounds)


def foresight_of(parts: Engine, *, anticipation: Anticipation) -> Foresight:
    """What predicts in a process."""
    return Foresight(
        recent=RecentActions(parts.cache.client, clock=parts.cache.clock),
        predict=parts.predictor,
        everybody=parts.everybody,
        act=anticipation.prepare,
        clock=parts.cache.clock,
    )


def attention_of(parts: Engine, *, foresight: Foresight) -> Attention:
    """Who has users looked at who do something in a process."""
    return Attention(parts.cache, look=foresight.on_actions, ask=parts.dispatch.look_ahead)
