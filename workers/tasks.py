"""The Celery tasks: one for each row of the catalogue, all with the same body, the sweep and the drain."""

import os
import sys
import time
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

from celery import Task
from celery.exceptions import Reject

import celeryconfig
from precompute.anticipation import Anticipation
from precompute.attention import Attention
from precompute.clock import from_ms
from precompute.course import take_sample
from precompute.errors import BrokerUnavailable, DeclarationError, StoreUnavailable
from precompute.measures import forget_lost_workers
from precompute.mending import mend
from precompute.message import Forced, Message
from precompute.planner import Cause
from precompute.plugins import catalogue_for, plugin_modules
from precompute.queues import Queue
from precompute.revalidation import Revalidation
from precompute.settings import Settings
from precompute.subjects import CacheKey, SubjectRef
from precompute.task_type import TaskType
from precompute.usefulness import forget_half
from workers import alerts, correlation, event_flushing, leftovers, limits, postman, priority, reporting
from workers.anticipation import look_ahead
from workers.app import app
from workers.binding import Binding, bindings_in
from workers.campaign import roas, scoring, variants
from workers.dashboard import actions, analytics, dashboard
from workers.draining import drain_facts
from workers.ends import request_class
from workers.execution import LONGEST_PAUSE, Execution, PutOff, TryAgain
from workers.off_peak import prepare_morning
from workers.refreshing import go_on_forcing, refreshed, sweep_due
from workers.rescue import rescue
from workers.shown import ShownTask
from workers.tracing import start_tracing
from workers.training import train_all
from workers.video import captions, ctr, faces, first_speech, first_text, hearing, hook, samples, scenes, thumbnails
from workers.warming import look_after_warmth, warm_slice
from workers.wiring import anticipation_of, attention_of, engine, foresight_of

MODULES: tuple[ModuleType, ...] = (
    *(hearing, samples, first_speech, first_text, scenes, faces, hook, thumbnails, captions, ctr),
    *(variants, scoring, roas),
    *(dashboard, analytics, actions),
)
"""Where the shipped computations are."""

LONG_S = 0.5
"""Tasks that take longer, as those of videos do, may have taken much memory too."""

CACHE_AWAY_S = 2
"""A task that cannot reach the cache is tried again after this long, until it can."""


def bindings_for(settings: Settings) -> dict[str, Binding]:
    """The function of every row in force, with the row as it is in force: its TTL may be set.

    Raises:
        DeclarationError: A row has no function, or a function has no row; names them.
    """
    found = dict(bindings_in((*MODULES, *plugin_modules(settings))))
    rows = {row.name: row for row in catalogue_for(settings)}
    if missing := sorted(set(rows) - set(found)):
        raise DeclarationError(f"no function computes {', '.join(missing)}")
    if surplus := sorted(set(found) - set(rows)):
        raise DeclarationError(f"no row of the catalogue is called {', '.join(surplus)}")
    return {name: replace(binding, row=rows[name]) for name, binding in found.items()}


@cache
def execution() -> Execution:
    """The engine of this process, connected when first asked for."""
    settings = Settings.from_environ(os.environ)
    return Execution(engine=engine(settings, app=app), bindings=bindings_for(settings))


WATCHED = request_class(lambda: execution().engine)
"""How the main process follows the tasks of its children."""


def register(row: TaskType) -> None:
    """Register the Celery task that computes ``row``."""

    def body(task: Task, *, key: str, event: str, cause: str = Cause.EVENT, **_newer: Any) -> None:
        # A newer version, which may run beside this one during an upgrade, may add to its messages.
        queue = task.request.delivery_info.get("routing_key") or row.queue.label
        message = Message(task_id=task.request.id, key=CacheKey.parse(key), queue=queue, event=event, cause=cause)
        began = time.monotonic()
        try:
            execution().run(message)
        except TryAgain as again:
            raise task.retry(countdown=again.after.total_seconds()) from again
        except PutOff as wait:
            pause = min(2.0 ** min(task.request.retries, 4), LONGEST_PAUSE.total_seconds())
            raise task.retry(countdown=pause, queue=Queue.labelled(queue).ahead.label) from wait
        except StoreUnavailable as problem:
            raise task.retry(countdown=CACHE_AWAY_S) from problem
        except BrokerUnavailable as problem:
            # Not acknowledged: the message comes again, finds what was stored, and goes on from there.
            raise Reject(problem, requeue=True) from problem
        finally:
            if time.monotonic() - began > LONG_S:
                limits.give_memory_back()

    app.task(
        body,
        bind=True,
        base=ShownTask,
        name=celeryconfig.TASK_PREFIX + row.name,
        soft_time_limit=row.time_limit.total_seconds(),
        time_limit=(row.time_limit + celeryconfig.HARD_LIMIT_MARGIN).total_seconds(),
        # The execution decides how often; Celery's own three would end a task while the cache is away.
        max_retries=None,
        # After the end of a process, the lease is given back meanwhile.
        default_retry_delay=1,
        Request=WATCHED,
    )


@app.task(name=celeryconfig.SWEEP, send_events=False)  # type: ignore[untyped-decorator]
def sweep(**_: Any) -> None:
    """Look after tasks whose worker died and after the indexes, warm up what was lost, take down what happened."""
    parts = execution().engine
    rescue(parts)
    parts.cache.clean()
    forget_lost_workers(parts.cache)
    mend(parts.ledger, parts.catalogue)
    look_after_warmth(parts)
    take_sample(parts.cache, parts.catalogue)


@app.task(name=celeryconfig.REFRESH, send_events=False)  # type: ignore[untyped-decorator]
def refresh(**_: Any) -> None:
    """Hand out what is due to be refreshed."""
    sweep_due(execution().engine)


@app.task(name=celeryconfig.REVALIDATE)  # type: ignore[untyped-decorator]
def revalidate(*, ref: str, types: list[str], expires_ms: int, **_newer: Any) -> None:
    """Refresh the results of one subject, if anything has changed."""
    parts = execution()
    told = Revalidation(ref=SubjectRef.parse(ref), types=tuple(types), expires_at=from_ms(expires_ms))
    refreshed(parts.engine, parts.bindings, told)


@app.task(name=celeryconfig.FORCE, bind=True, max_retries=None)  # type: ignore[untyped-decorator]
def force(task: Task, *, task_type: str, began_ms: int, cursor: int, limit: int | None, **_newer: Any) -> None:
    """Go on with a forced refresh."""
    told = Forced(task_type=task_type, began=from_ms(began_ms), cursor=cursor, limit=limit)
    try:
        go_on_forcing(execution().engine, told)
    except (BrokerUnavailable, StoreUnavailable) as problem:
        raise task.retry(countdown=CACHE_AWAY_S) from problem


@app.task(name=celeryconfig.WARM)  # type: ignore[untyped-decorator]
def warm(*, token: int, **_newer: Any) -> None:
    """Queue the next results of a warm-up."""
    warm_slice(execution().engine, token=token)


@cache
def anticipation() -> Anticipation:
    """What computes ahead in this process; it keeps what it knows of the backlog."""
    return anticipation_of(execution().engine)


@cache
def attention() -> Attention:
    """What looks ahead in this process."""
    parts = execution().engine
    return attention_of(parts, foresight=foresight_of(parts, anticipation=anticipation()))


@app.task(name=celeryconfig.MORNING)  # type: ignore[untyped-decorator]
def morning(**_: Any) -> None:
    """Get ready what people will ask for in the morning."""
    prepare_morning(execution().engine, anticipation())


@app.task(name=celeryconfig.LOOK_AHEAD)  # type: ignore[untyped-decorator]
def anticipate(**_: Any) -> None:
    """Get ready what users who just did something will probably ask for next."""
    look_ahead(attention())


@app.task(name=celeryconfig.WATCH, send_events=False)  # type: ignore[untyped-decorator]
def watch(**_: Any) -> None:
    """Look whether something is wrong that somebody should be told."""
    parts = execution().engine
    settings, cache = parts.settings, parts.cache
    alerts.Watch(settings=settings, catalogue=parts.catalogue, cache=cache, ping=parts.dispatch.ping).look()


@app.task(name=celeryconfig.DRAIN, send_events=False)  # type: ignore[untyped-decorator]
def drain(**_: Any) -> None:
    """Write accepted facts to the database."""
    drain_facts(execution().engine)


@app.task(  # type: ignore[untyped-decorator]
    name=celeryconfig.TRAIN,
    soft_time_limit=celeryconfig.TRAINING_LIMIT.total_seconds(),
    time_limit=(celeryconfig.TRAINING_LIMIT + celeryconfig.HARD_LIMIT_MARGIN).total_seconds(),
)
def train(**_: Any) -> None:
    """Train the models anew from what came of videos and campaigns, and from what users did."""
    parts = execution().engine
    forget_half(parts.cache, parts.catalogue)
    train_all(parts)


try:
    _settings = Settings.from_environ(os.environ)
    bindings_for(_settings)
    for _row in catalogue_for(_settings):
        register(_row)
    start_tracing(_settings, service="precompute-worker")
except DeclarationError as _problem:
    sys.exit(f"precompute: {_problem.message}")

correlation.connect()
limits.connect()
priority.connect()
event_flushing.connect(app)
reporting.connect()
alerts.connect(app)
postman.connect()
leftovers.connect()
