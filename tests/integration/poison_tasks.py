"""Task types that hang, leak and crash for real; named in PRECOMPUTE_PLUGINS of the workers under test.

``test:runs:<name>`` on the cache's server counts their executions; with ``test:mended`` set the crash computes.
"""

import contextlib
import ctypes
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import redis
from login_rows import login_row

from precompute.job import Job
from workers.binding import computes

HEALTHY = login_row("healthy")
# Long enough to strike within the computation, though on a busy machine a child takes seconds to get there.
HANGS = login_row("hangs", seconds=12)
HANGS_ON = login_row("hangs_on", seconds=12)
LEAKS = login_row("leaks")
LEAKS_NATIVELY = login_row("leaks_natively")
CRASHES = login_row("crashes")
AFTER_CRASH = login_row("after_crash", CRASHES)
LEAVES = login_row("leaves")
EXITS = login_row("exits")
INTERRUPTS = login_row("interrupts")
PANICS = login_row("panics")

POISONS = (HANGS, HANGS_ON, LEAKS, LEAKS_NATIVELY, CRASHES, AFTER_CRASH, LEAVES, EXITS, INTERRUPTS, PANICS)

_PIECE = 20_000_000


class Panic(BaseException):
    """What some libraries raise so that nobody catches it."""


@computes(HEALTHY)
def healthy(*, job: Job) -> Mapping[str, Any]:
    """As tasks should be; says how much memory its process may take."""
    return {"user": job.event.subject_id}


@computes(HANGS)
def hangs(*, job: Job) -> Mapping[str, Any]:
    """Goes on for ever, in small steps as Python code does."""
    _count("hangs", job)
    while True:
        time.sleep(0.1)


@computes(HANGS_ON)
def hangs_on(*, job: Job) -> Mapping[str, Any]:
    """Goes on for ever, whatever it is told."""
    _count("hangs_on", job)
    while True:
        # With the loop inside: between two turns of it a busy machine may be told of the limit, too.
        with contextlib.suppress(Exception):
            while True:
                time.sleep(0.1)


@computes(LEAKS)
def leaks(*, job: Job) -> Mapping[str, Any]:
    """Takes all the memory there is."""
    _count("leaks", job)
    held = []
    while True:
        held.append(bytearray(os.urandom(1)) * _PIECE)


@computes(LEAKS_NATIVELY)
def leaks_natively(*, job: Job) -> Mapping[str, Any]:
    """The same in C, and the end of the process where it is refused: what C++ does whose author thought of nothing."""
    _count("leaks_natively", job)
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    while block := libc.malloc(_PIECE):
        ctypes.memset(block, 1, _PIECE)
    os.abort()


@computes(CRASHES)
def crashes(*, job: Job) -> Mapping[str, Any]:
    """Reads where nothing is, as broken native code does."""
    run = _count("crashes", job)
    if not _client(job).exists("test:mended"):
        ctypes.string_at(0)
    return {"run": run}


@computes(AFTER_CRASH)
def after_crash(crashes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Needs what crashes."""
    return {"after": crashes["run"]}


@computes(LEAVES)
def leaves(*, job: Job) -> Mapping[str, Any]:
    """Ends its process without a word."""
    _count("leaves", job)
    os._exit(7)


@computes(EXITS)
def exits(*, job: Job) -> Mapping[str, Any]:
    """A library that thinks it is a program."""
    _count("exits", job)
    sys.exit(3)


@computes(INTERRUPTS)
def interrupts(*, job: Job) -> Mapping[str, Any]:
    """As if somebody pressed Ctrl-C."""
    _count("interrupts", job)
    raise KeyboardInterrupt


@computes(PANICS)
def panics(*, job: Job) -> Mapping[str, Any]:
    """Raises what is no Exception."""
    _count("panics", job)
    raise Panic("all is lost")


def _count(name: str, job: Job) -> int:
    with _client(job) as client:
        run: Any = client.incr(f"test:runs:{name}")
    return int(run)


def _client(job: Job) -> "redis.Redis":
    return redis.Redis.from_url(job.settings.redis_url, socket_timeout=None, retry=None)
