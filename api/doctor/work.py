"""What must be running: the database, the workers, beat, the API and its port."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import inspect, text

from api.doctor.finding import Finding, broken, ok, warning
from api.doctor.servers import skew
from api.remote.service import Service, service_url
from api.stack.ports import is_answering, reachable
from precompute.cache import Cache
from precompute.clock import Clock
from precompute.errors import PrecomputeError, SourceUnavailable, StoreUnavailable, UnusableSource
from precompute.failures import failure_counts
from precompute.measures import running_workers
from precompute.queues import IN_DRAIN_ORDER
from precompute.schedule import beat_runs, schedule_url
from precompute.scripts import connect
from precompute.settings import Settings
from precompute.store.engine import open_engine, reaching_database
from precompute.store.schema import LATEST

MOST_HOSTS = 5
"""More are not named."""

RUN = "start the stack (`make run`), or that process alone; its log says why it ended"


def database_findings(settings: Settings, *, clock: Clock) -> Iterator[Finding]:
    """Reachable, with its tables, and with the right time."""
    try:
        step, now = _asked(settings.database)
    except (SourceUnavailable, UnusableSource) as problem:
        yield broken("database", problem.message, "start it, or set DATABASE_URL to where it is")
        return
    if step is None:
        yield warning(
            "database", "answers, and has no tables yet", "nothing: the first process that needs them makes them"
        )
    elif step < LATEST:
        yield warning(
            "database", f"is at step {step} of {LATEST}", "nothing: the next process that starts brings it up"
        )
    elif step > LATEST:
        yield broken("database", f"is at step {step}, which this version does not know", "run the newer version")
    else:
        yield ok("database", f"answers, and is at step {step}")
    if now is not None:
        yield skew("clock of the database", (now - clock()).total_seconds())


def worker_findings(settings: Settings, cache: Cache) -> Iterator[Finding]:
    """A worker for every queue, and what those on several hosts must share."""
    try:
        workers = running_workers(cache)
    except StoreUnavailable:
        return
    if not workers:
        yield broken("workers", "none runs: nothing is computed", RUN)
        return
    drained = {name for worker in workers for name in worker["queues"]}
    missing = [queue.label for queue in IN_DRAIN_ORDER if queue.label not in drained]
    if missing:
        yield broken("workers", f"none takes from {', '.join(missing)}", "start a worker with -Q " + ",".join(missing))
    else:
        processes = sum(int(worker["processes"]) for worker in workers)
        yield ok("workers", f"{len(workers)} with {processes} processes take from every queue")
    yield from _sharing(settings, hosts=sorted({str(worker["name"]).partition("@")[2] for worker in workers}))


def _sharing(settings: Settings, *, hosts: list[str]) -> Iterator[Finding]:
    if len(hosts) < 2:
        return
    name, named = "workers on several hosts", ", ".join(hosts[:MOST_HOSTS])
    named += ", …" if len(hosts) > MOST_HOSTS else ""
    if settings.database.startswith("sqlite"):
        found = f"{named}; the database is a SQLite file: unless they share the disk, each has facts of its own"
        yield warning(name, found, "set DATABASE_URL to a PostgreSQL that all of them reach (docs/scaling.md)")
    else:
        yield ok(name, f"{named}; the database is a server")


def failure_findings(cache: Cache, catalogue: Any) -> Iterator[Finding]:
    """Whether something waits for an operator."""
    try:
        counts = failure_counts(cache, catalogue)
    except StoreUnavailable:
        return
    aside = sum(each.set_aside for each in counts.values())
    if aside:
        yield warning(
            "tasks set aside", f"{aside} ended their workers", "`precompute failed ls --set-aside`, then retry"
        )
    else:
        yield ok("tasks set aside", "none")


def beat_finding(settings: Settings) -> Iterator[Finding]:
    """Whether beat gives signs of life."""
    try:
        runs = beat_runs(connect(schedule_url(settings)))
    except StoreUnavailable:
        return
    if runs:
        yield ok("beat", "gave a sign of life within 15 s")
    else:
        yield broken("beat", "no sign of life for 15 s: nothing is refreshed, and lost tasks stay lost", RUN)


def api_findings(settings: Settings, *, url: str | None, key: str | None) -> Iterator[Finding]:
    """Whether the API answers, and says that it is ready; else who has its port."""
    service = Service(url or service_url(settings), key=key)
    try:
        service.get("/queue")
    except PrecomputeError as problem:
        taken = url is None and is_answering(reachable(settings.host), settings.port)
        mend = f"end what has port {settings.port}, or set PRECOMPUTE_PORT" if taken else RUN
        if getattr(problem, "status", None) in {401, 403}:
            mend = "give --key or PRECOMPUTE_API_KEY; `precompute keys create` makes one"
        elif getattr(problem, "status", None) is not None:
            mend = "mend what is broken above; it recovers by itself"
        yield broken("API", problem.message, mend)
    else:
        yield ok("API", f"answers at {service.url}")


def port_findings(settings: Settings) -> Iterator[Finding]:
    """Two parts of the stack on one port."""
    ports = {
        "PRECOMPUTE_PORT": settings.port,
        "PRECOMPUTE_FLOWER_PORT": settings.flower_port,
        "PRECOMPUTE_CACHE_PORT": settings.embedded_cache_port,
        "PRECOMPUTE_BROKER_PORT": settings.embedded_broker_port,
    }
    clashes = sorted(name for name, port in ports.items() if list(ports.values()).count(port) > 1)
    if clashes:
        yield broken("ports", f"{' and '.join(clashes)} are the same", "give each a port of its own")
    else:
        yield ok("ports", ", ".join(f"{port}" for port in ports.values()) + " differ")


def _asked(url: str) -> tuple[str | None, datetime | None]:
    """The database's step, or None without tables; its time, where it has a clock of its own."""
    engine = open_engine(url)
    try:
        with reaching_database(), engine.connect() as connection:
            step = None
            if inspect(connection).has_table("alembic_version"):
                step = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            own = engine.dialect.name != "sqlite"
            now = connection.execute(text("SELECT CURRENT_TIMESTAMP")).scalar() if own else None
    finally:
        engine.dispose()
    return step, None if now is None else now.astimezone(UTC)
