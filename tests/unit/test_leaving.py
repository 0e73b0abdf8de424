"""What a process does before it ends."""

import multiprocessing
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from precompute.leaving import on_leaving


def _leave(told: Path, *, called_off: bool = False) -> None:
    on_leaving(partial(told.write_text, str(os.getpid())))
    call_off = on_leaving(partial(told.write_text, "called off"))
    if called_off:
        call_off()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_process_does_it_before_it_ends(start: str, tmp_path: Path) -> None:
    """Also a fork, as the workers of the web server are; what was called off it does not."""
    told = tmp_path / "told"
    work: Callable[..., None] = partial(_leave, told, called_off=True)
    process = multiprocessing.get_context(start).Process(target=work)  # type: ignore[attr-defined]
    process.start()
    process.join()
    assert told.read_text() == str(process.pid)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_leaves_it_to_its_parent(tmp_path: Path) -> None:
    """It would do what is not its own."""
    told = tmp_path / "told"
    call_off = on_leaving(partial(told.write_text, "left"))
    try:
        process = multiprocessing.get_context("fork").Process(target=os.getpid)
        process.start()
        process.join()
        assert not told.exists()
    finally:
        call_off()
