"""Stacks for the tests of this folder."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stack_process import Stack, free_ports

UP = (sys.executable, "-m", "api.cli", "up")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment with free ports and an empty data folder; no Redis of the machine's is used."""
    api, flower, cache, broker = free_ports(4)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PRECOMPUTE_") and name not in {"REDIS_URL", "BROKER_URL", "MAKEFLAGS", "MAKELEVEL"}
    }
    return {
        **kept,
        "PRECOMPUTE_PORT": str(api),
        "PRECOMPUTE_FLOWER_PORT": str(flower),
        "PRECOMPUTE_CACHE_PORT": str(cache),
        "PRECOMPUTE_BROKER_PORT": str(broker),
        "PRECOMPUTE_DATA_DIR": str(tmp_path / "data"),
    }


@pytest.fixture
def up(environ: dict[str, str]) -> Iterator[Callable[..., Stack]]:
    """Starts stacks, and kills at the end what a failed test left."""
    started: list[Stack] = []

    def start(*options: str, command: tuple[str, ...] = UP, read: bool = True, **more: str) -> Stack:
        stack = Stack(*command, *options, environ={**environ, **more}, read=read)
        started.append(stack)
        return stack

    yield start
    for stack in started:
        stack.clear_away()
