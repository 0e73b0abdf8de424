"""Families about tasks, from the queue to the result, and who computes them."""

from collections.abc import Iterator, Mapping

from prometheus_client import Metric

from api.exposition.families import counter, gauge, histogram, of_classes, summary
from precompute.catalogue import Catalogue
from precompute.measures import Measures
from precompute.processes import MOST_ROLES, OTHER, RoleFigures, role_of
from precompute.queues import IN_DRAIN_ORDER, Queue
from precompute.standing import Standing

_TYPE, _QUEUE, _ROLE = ("task_type",), ("queue",), ("role",)

_COUNTS = {
    "failures": ("precompute_tasks_failed_total", "Tasks that failed for good."),
    "expired": ("precompute_tasks_expired_total", "Tasks that no worker took up in time, and that were dropped."),
    "rescued": ("precompute_leases_expired_total", "Running tasks whose worker gave no sign of life; queued again."),
    "leases_lost": ("precompute_leases_lost_total", "Results that were not written: invalidated, or taken over."),
}


def processing(measures: Measures) -> Iterator[Metric]:
    """How long computing takes, and what goes wrong."""
    took = (
        ((name,), of_classes(counts.durations), counts.total_ms / 1000) for name, counts in measures.by_type.items()
    )
    about = "Time that computing a result took."
    yield histogram("precompute_processing_duration_seconds", about, labels=_TYPE, rows=took)
    for field, (name, told) in _COUNTS.items():
        rows = (((task_type,), getattr(counts, field)) for task_type, counts in measures.by_type.items())
        yield counter(name, told, labels=_TYPE, rows=rows)


def queues(measures: Measures, catalogue: Catalogue) -> Iterator[Metric]:
    """What waits, for how long, and who drains it."""
    about = "Tasks that have not begun, as they wait for a worker or for their inputs."
    yield gauge("precompute_queue_tasks", about, labels=("queue", "task_type"), rows=_waiting(measures, catalogue))
    oldest = (((queue.label,), measures.oldest_waiting_seconds.get(queue, 0.0)) for queue in IN_DRAIN_ORDER)
    about = "For how long the task has waited that waits longest; 0 where none does."
    yield gauge("precompute_queue_oldest_wait_seconds", about, labels=_QUEUE, rows=oldest)
    waited = (
        ((queue.label,), of_classes(measures.waits[queue].classes), measures.waits[queue].total_ms / 1000)
        for queue in IN_DRAIN_ORDER
    )
    about = "Time that tasks had waited when they began."
    yield histogram("precompute_queue_wait_duration_seconds", about, labels=_QUEUE, rows=waited)
    about = "Processes of workers that drain the queue; of several queues the most urgent goes first."
    yield gauge("precompute_queue_processes", about, labels=_QUEUE, rows=_draining(measures).items())


def refreshes(measures: Measures, standing: Standing) -> Iterator[Metric]:
    """What became of refreshes, and whether they keep up."""
    rows = (
        ((name, outcome), count)
        for name, counts in measures.by_type.items()
        for outcome, count in counts.refreshes.items()
    )
    about = "Refreshes by what became of them; several may be told of one."
    yield counter("precompute_refreshes_total", about, labels=("task_type", "outcome"), rows=rows)
    checks = (((subject.value,), each.count, each.total_ms / 1000) for subject, each in measures.checks.items())
    about = "Time that it took to find out whether anything had changed."
    yield summary("precompute_refresh_check_duration_seconds", about, labels=("subject",), rows=checks)
    about = "Results whose refresh is due and not handed out."
    yield gauge("precompute_refreshes_due", about, rows=[((), standing.due)])
    about = "For how long the refresh has been due that is due longest."
    yield gauge("precompute_refresh_lag_seconds", about, rows=[((), standing.refresh_lag_seconds)])


def callbacks(measures: Measures) -> Iterator[Metric]:
    """Whether callers could be told."""
    rows = (((outcome,), count) for outcome, count in measures.callbacks.items())
    about = "Tries to send callbacks, by what became of them; those given up are not tried again."
    yield counter("precompute_callbacks_total", about, labels=("outcome",), rows=rows)


def workers(measures: Measures, roles: Mapping[str, RoleFigures]) -> Iterator[Metric]:
    """Who computes, how busy they are and what they take."""
    count: dict[str, int] = {role: 0 for role in roles if role != "api"}
    processes, busy = dict(count), dict.fromkeys(count, 0.0)
    for worker in measures.workers:
        role = role_of(str(worker["name"]))
        if role not in count and len(count) >= MOST_ROLES:
            role = OTHER
        count[role] = count.get(role, 0) + 1
        processes[role] = processes.get(role, 0) + int(worker["processes"])
        busy[role] = busy.get(role, 0.0) + float(worker.get("busy") or 0.0) * int(worker["processes"])
    yield gauge("precompute_workers", "Workers that reported lately.", labels=_ROLE, rows=_by_role(count))
    about = "Processes of theirs that compute."
    yield gauge("precompute_worker_processes", about, labels=_ROLE, rows=_by_role(processes))
    shares = {role: busy[role] / processes[role] for role in busy if processes[role]}
    about = "Share of the time of these processes that went to tasks in the last minute."
    yield gauge("precompute_worker_busy_ratio", about, labels=_ROLE, rows=_by_role(shares))
    yield from _taken(roles)


def _taken(roles: Mapping[str, RoleFigures]) -> Iterator[Metric]:
    about = "Processes of the service that reported lately, by what they do; a worker's children count."
    rows = {role: each.processes for role, each in roles.items()}
    yield gauge("precompute_processes", about, labels=_ROLE, rows=_by_role(rows))
    memory = {role: each.memory_bytes for role, each in roles.items() if each.memory_bytes is not None}
    about = "Resident memory of these processes."
    yield gauge("precompute_process_resident_memory_bytes", about, labels=_ROLE, rows=_by_role(memory))
    spent = {role: each.cpu_seconds for role, each in roles.items()}
    about = "Processor time that they spent."
    yield counter("precompute_process_cpu_seconds_total", about, labels=_ROLE, rows=_by_role(spent))
    replaced = {role: each.replaced for role, each in roles.items() if role != "api"}
    about = "Children of workers that ended and were replaced."
    yield counter("precompute_process_replacements_total", about, labels=_ROLE, rows=_by_role(replaced))


def _by_role(values: Mapping[str, float]) -> list[tuple[tuple[str, ...], float]]:
    return [((role,), value) for role, value in sorted(values.items())]


def _waiting(measures: Measures, catalogue: Catalogue) -> list[tuple[tuple[str, ...], float]]:
    # Where a type usually waits it is told that nothing does; elsewhere, only what is there.
    found = {(row.queue, row.name): 0 for row in catalogue}
    found |= {(queue, name): count for queue, names in measures.waiting.items() for name, count in names.items()}
    return [((queue.label, name), count) for (queue, name), count in found.items()]


def _draining(measures: Measures) -> dict[tuple[str, ...], float]:
    processes: dict[Queue, float] = dict.fromkeys(IN_DRAIN_ORDER, 0)
    for worker in measures.workers:
        for queue in IN_DRAIN_ORDER:
            processes[queue] += int(worker["processes"]) * (queue.label in worker["queues"])
    return {(queue.label,): count for queue, count in processes.items()}
