"""What a process takes, as its system tells it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from precompute.processes import OTHER, role_of, taken_by

needs_proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells it so")


@needs_proc
def test_a_process_takes_memory_and_time() -> None:
    """This one, with all that pytest loads, holds tens of megabytes and has run for a while."""
    taken = taken_by([os.getpid()])
    assert taken.processes == 1
    assert taken.memory_bytes is not None
    assert 20e6 < taken.memory_bytes < 20e9
    assert 0.01 < taken.cpu_seconds[os.getpid()] < 10_000


@needs_proc
def test_a_process_that_has_ended_takes_nothing() -> None:
    """It is left out, and the others are told."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    taken = taken_by([os.getpid(), ended.pid])
    assert (taken.processes, list(taken.cpu_seconds)) == (1, [os.getpid()])


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("interactive@host.example", "interactive"),
        ("background@4f1c", "background"),
        ("celery", "celery"),
        ("@host", OTHER),
        ("a b@host", OTHER),
        (f"{'x' * 33}@host", OTHER),
        ('"}1@host', OTHER),
    ],
)
def test_the_role_of_a_worker_is_its_name_before_its_host(name: str, role: str) -> None:
    """Whatever a worker is called, the label is a short word."""
    assert role_of(name) == role
