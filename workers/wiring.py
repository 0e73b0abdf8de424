"""The composition root of every process: settings in, engine out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
from precompute.callbacks import Callbacks
from precompute.catalogue import Catalogue
from precompute.clock import Clock
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
from precompute.shared_clock import SharedClock
from precompute.store.database import Database
from precompute.stream import FactStream, stream_url
from workers import correlation, redis_transport
from workers.dispatch import CeleryDispatch
from workers.shared_time import SharedTimeCelery

PUBLISH_TIMEOUT_S = 0.4
"""Longest silence of the broker while publishing; one more try follows, so a trigger waits at most twice as long."""

ACTIONS_GATHER = timedelta(milliseconds=50)
"""What users do in so short a time is predicted from in one go: triggers that come one upon the other would each share
the interpreter with the prediction made for the one before (benchmarks/trigger.py tells what comes of no pause)."""


_ASKED_OFTEN = ("broker_pool_acquire_timeout", "task_always_eager", "task_send_sent_event")
"""Settings that Celery asks for with each message: 0.01 ms each time, while it has to look for them in three places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The parts that belong together in one process.

    Attributes:
        patient: Whether what takes a second now and then is done at once, as a task can; else aside, so that nobody
            who is answered here waits for it.
    """

    settings: Settings
    catalogue: Catalogue
    cache: Cache
    ledger: Ledger
    dispatch: CeleryDispatch
    facts: Database
    stream: FactStream
    callbacks: Callbacks
    patient: bool = True
    everybody: Everybody = field(init=False)
    predictor: Predictor = field(init=False)

    def __post_init__(self) -> None:
        """Begin to follow what everybody does, once somebody asks."""
        recent = RecentActions(self.cache.client, clock=self.cache.clock)
        aside = _at_once if self.patient else in_a_thread
        everybody = Everybody(recent=recent, facts=self.facts, aside=aside)
        object.__setattr__(self, "everybody", everybody)
        object.__setattr__(self, "predictor", Predictor(registry_in(self.settings.data_dir), everybody=everybody))

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


def engine(
    settings: Settings, *, app: Celery | None = None, clock: Clock | None = None, impatient: bool = False
) -> Engine:
    """Connect the engine to its cache and broker; nothing is contacted before it is used.

    Args:
        settings: Of this process.
        app: The Celery app of a worker; others get one that only publishes.
        clock: The instant; left out, it is that of the cache's server.
        impatient: Callers wait for its answers; a cache that is silent is told within a second.

    Raises:
        DeclarationError: The catalogue or a plug-in does not fit.
    """
    correlation.connect()
    client = connect(settings.redis_url, impatient=impatient)
    clock = clock or SharedClock(client)
    cache = Cache(client, clock=clock)
    # A dead worker is noticed when its lease ends; a lost message after the same time.
    ledger = Ledger(cache, watch=settings.lease)
    facts_at = connect(stream_url(settings))
    return Engine(
        settings=settings,
        catalogue=catalogue_for(settings),
        cache=cache,
        ledger=ledger,
        dispatch=CeleryDispatch(
            app or publishing_app(settings, clock=clock), keeps_facts=stream_url(settings) == settings.broker
        ),
        facts=Database(settings.database),
        stream=FactStream(facts_at),
        callbacks=Callbacks(facts_at, ledger=ledger, clock=clock),
        patient=app is not None,
    )


def _at_once(work: Callable[[], None]) -> None:
    work()


def publishing_app(settings: Settings, *, clock: Clock | None = None) -> Celery:
    """A Celery app that publishes to the settings' broker and knows no tasks."""
    app = SharedTimeCelery("precompute", set_as_current=False)
    app.shared_clock = clock
    app.config_from_object(celeryconfig)
    app.conf.broker_url = settings.broker
    # A trigger answers within a second though the broker is frozen. If the message went out after all,
    # no harm is done: computing twice is what the lease prevents.
    on_rabbit = settings.broker.startswith("amqp")
    bounds = ("read_timeout", "write_timeout") if on_rabbit else ("socket_timeout",)
    options = {**app.conf.broker_transport_options, **dict.fromkeys(bounds, PUBLISH_TIMEOUT_S)}
    app.conf.broker_transport_options = options
    if on_rabbit:
        app.conf.broker_connection_timeout = PUBLISH_TIMEOUT_S
    if settings.broker.startswith("redis:"):
        app.conf.broker_transport = redis_transport.NAME
    app.conf.update({name: app.conf[name] for name in _ASKED_OFTEN})
    return app


def precomputer(settings: Settings, *, clock: Clock | None = None) -> Precomputer:
    """The engine for a process that takes events and reads results.

    Raises:
        DeclarationError: The catalogue or a plug-in does not fit.
    """
    parts = engine(settings, clock=clock, impatient=True)
    clock = parts.cache.clock
    foresight = foresight_of(parts, anticipation=anticipation_of(parts))
    # Callers that report actions do not wait for what is predicted from them.
    attention = attention_of(parts, foresight=foresight)
    anticipated = Afterwards(attention.on_actions, name="anticipation", gather=ACTIONS_GATHER)
    # As with the messages: whoever reports something is answered within a second though the broker is frozen.
    facts_at = connect(stream_url(settings), impatient=True)
    return Precomputer(
        settings=settings,
        catalogue=parts.catalogue,
        cache=parts.cache,
        ledger=parts.ledger,
        dispatch=parts.dispatch,
        notifications=Notifications(settings.redis_url),
        memory=Memory(
            FactStream(facts_at),
            foresight.recent,
            clock=clock,
            then=lambda users: anticipated.put([users]),
        ),
        foresight=foresight,
        callbacks=Callbacks(facts_at, ledger=parts.ledger, clock=clock) if settings.callback_secrets else None,
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
