"""What the processes of the service take of their machines, told by each so that one scrape tells of all."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from precompute.cache import Cache
from precompute.scripts import reaching_cache

PROCESSES_KEY = "pc:processes"
"""Hash of the name of a process, or of a worker with its children, to its latest report as JSON."""

LOST_AFTER_S = 20
"""Who has not reported for this long does not count any more."""

MOST_ROLES = 16
"""Workers may be called anything; more kinds than these are told as one."""

OTHER = "other"

_ROLE = re.compile(r"[A-Za-z0-9_-]{1,32}")

_PROC = Path("/proc")
_CPU_FIELDS = (11, 12)
"""utime and stime of ``/proc/PID/stat``, counted from behind the name (proc(5): fields 14 and 15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What some processes take.

    Attributes:
        processes: How many there are.
        memory_bytes: Resident memory in all; None where the system does not tell (it is asked the Linux way).
        cpu_seconds: Processor time of theirs so far, by process.
    """

    processes: int
    memory_bytes: int | None
    cpu_seconds: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFigures:
    """What the processes of one role take, all machines together.

    Attributes:
        processes: That reported lately, or whose parent did.
        memory_bytes: Of them; None where nobody tells.
        cpu_seconds: Processor time, since the counters began.
        replaced: Children that ended and were replaced, since the counters began.
    """

    processes: int
    memory_bytes: int | None
    cpu_seconds: float
    replaced: int


def taken_by(pids: Iterable[int]) -> Taken:
    """What the living ones of these processes take now."""
    cpu: dict[int, float] = {}
    memory = 0
    pids = tuple(pids)
    for pid in pids:
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
            pages = int((_PROC / str(pid) / "statm").read_text().split()[1])
        except OSError:
            # Ended meanwhile; or no Linux.
            continue
        # The name is the program's choice, blanks and brackets included.
        fields = stat.rpartition(")")[2].split()
        cpu[pid] = sum(int(fields[number]) for number in _CPU_FIELDS) / os.sysconf("SC_CLK_TCK")
        memory += pages * os.sysconf("SC_PAGE_SIZE")
    return Taken(processes=len(cpu) or len(pids), memory_bytes=memory if cpu else None, cpu_seconds=cpu)


@dataclass(slots=True, kw_only=True)
class Accounts:
    """Reports the processes of one role on this machine, again and again.

    Attributes:
        cache: Where.
        role: What they do: ``api``, or a worker's name before the ``@``.
        name: Of this report, unlike any other's.
    """

    cache: Cache
    role: str
    name: str
    _cpu: dict[int, float] = field(default_factory=dict)
    _children: set[int] = field(default_factory=set)

    def report(self, pids: Iterable[int], *, children: Iterable[int] = ()) -> None:
        """Say what the processes take.

        Args:
            pids: Of all of them.
            children: Those of them that are replaced when they end.

        Raises:
            StoreUnavailable: It was not said; what was used up meanwhile is told next time.
        """
        taken, children = taken_by(pids), set(children)
        used = sum(max(0.0, seconds - self._cpu.get(pid, 0.0)) for pid, seconds in taken.cpu_seconds.items())
        replaced = len(self._children - children)
        report = {
            "role": self.role,
            "processes": taken.processes,
            "memory": taken.memory_bytes,
            "at": self.cache.clock().timestamp(),
        }
        with reaching_cache(), self.cache.client.pipeline(transaction=False) as pipe:
            pipe.hset(PROCESSES_KEY, self.name, orjson.dumps(report))
            pipe.hincrby("pc:m", f"cpu_ms:{self.role}", round(1000 * used))
            pipe.hincrby("pc:m", f"replaced:{self.role}", replaced)
            pipe.execute()
        self._cpu, self._children = dict(taken.cpu_seconds), children

    def close(self) -> None:
        """Say that they have ended.

        Raises:
            StoreUnavailable: It was not said.
        """
        with reaching_cache():
            self.cache.client.hdel(PROCESSES_KEY, self.name)


def role_of(name: str) -> str:
    """The role of a worker of that name: what stands before the ``@``."""
    role = name.partition("@")[0]
    return role if _ROLE.fullmatch(role) else OTHER


def counted(cache: Cache) -> Mapping[str, int]:
    """All counters of the engine.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        return {name.decode(): int(value) for name, value in cache.client.hgetall("pc:m").items()}


def processes_by_role(cache: Cache, *, counters: Mapping[str, int] | None = None) -> Mapping[str, RoleFigures]:
    """What the processes take by role, some seconds old at most; at most :data:`MOST_ROLES` and ``other``.

    Args:
        cache: Where they report.
        counters: As :func:`counted` told them just now, where somebody asked already.

    Raises:
        StoreUnavailable: The cache cannot be reached.
    """
    with reaching_cache():
        told = cache.client.hvals(PROCESSES_KEY)
    if counters is None:
        counters = counted(cache)
    limit = cache.clock().timestamp() - LOST_AFTER_S
    reports = [report for report in map(_read, told) if report["at"] >= limit]
    known = {report["role"] for report in reports}
    known |= {name.partition(":")[2] for name in counters if name.startswith("cpu_ms:")}
    shown = {role: role for role in sorted(known)[:MOST_ROLES]}
    figures: dict[str, RoleFigures] = {}
    for role in sorted(known):
        theirs = [report for report in reports if report["role"] == role]
        memory = [report["memory"] for report in theirs if report["memory"] is not None]
        one = RoleFigures(
            processes=sum(report["processes"] for report in theirs),
            memory_bytes=sum(memory) if memory else None,
            cpu_seconds=counters.get(f"cpu_ms:{role}", 0) / 1000,
            replaced=counters.get(f"replaced:{role}", 0),
        )
        label = shown.get(role, OTHER)
        figures[label] = _together(figures[label], one) if label in figures else one
    return figures


def forget_lost_processes(cache: Cache) -> int:
    """Forget processes that ended without a word; how many reports there were."""
    limit = cache.clock().timestamp() - LOST_AFTER_S
    with reaching_cache():
        reports = cache.client.hgetall(PROCESSES_KEY)
        lost = [name for name, report in reports.items() if _read(report)["at"] < limit]
        if lost:
            cache.client.hdel(PROCESSES_KEY, *lost)
    return len(lost)


def _read(report: bytes) -> Mapping[str, Any]:
    """A report of this or another version: what it does not tell is unknown."""
    return {"role": OTHER, "processes": 0, "memory": None, "at": 0.0, **orjson.loads(report)}


def _together(one: RoleFigures, other: RoleFigures) -> RoleFigures:
    memory = [each.memory_bytes for each in (one, other) if each.memory_bytes is not None]
    return RoleFigures(
        processes=one.processes + other.processes,
        memory_bytes=sum(memory) if memory else None,
        cpu_seconds=one.cpu_seconds + other.cpu_seconds,
        replaced=one.replaced + other.replaced,
    )
