"""The priority of a worker's session: that of the worker, where the worker leads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from local_cluster import LocalWorker
from servers import ValkeyServer

from workers.priority import AUTOGROUP

_LOWERED = """
import os, sys
from pathlib import Path
from workers.priority import lower_session
os.nice(3)
print(lower_session(Path(sys.argv[1])), os.getpriority(os.PRIO_PROCESS, 0))
"""


def lowered(autogroup: Path, *, leader: bool) -> list[str]:
    """What a process three steps below this one says of it, and its priority."""
    command = [sys.executable, "-c", _LOWERED, str(autogroup)]
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    told = subprocess.run(command, env=environ, start_new_session=leader, capture_output=True, text=True, check=True)
    return told.stdout.split()


@pytest.fixture
def autogroup(tmp_path: Path) -> Path:
    """In place of the kernel's file."""
    file = tmp_path / "autogroup"
    file.write_text("as it was")
    return file


def test_who_leads_a_session_gives_it_its_own_priority(autogroup: Path) -> None:
    """As a worker does that `precompute up` or a container started."""
    told, nice = lowered(autogroup, leader=True)
    assert (told, autogroup.read_text()) == ("True", nice)


def test_the_session_of_somebody_else_is_left_alone(autogroup: Path) -> None:
    """The API may run in it, or the shell of whoever started the worker."""
    told, _ = lowered(autogroup, leader=False)
    assert (told, autogroup.read_text()) == ("False", "as it was")


def test_where_there_is_nothing_to_tell_nothing_happens(tmp_path: Path) -> None:
    """Other systems have no such file, and some containers only show it."""
    assert lowered(tmp_path / "there" / "is" / "none", leader=True)[0] == "False"
    assert lowered(tmp_path, leader=True)[0] == "False"


def test_a_worker_does_so(cache_server: ValkeyServer, cache_client: object, tmp_path: Path) -> None:
    """Before it takes tasks; its children are in the same session."""
    if lowered(AUTOGROUP, leader=True)[0] != "True":
        pytest.skip("this system shares nothing by sessions")
    own = {"REDIS_URL": cache_server.url, "BROKER_URL": cache_server.url, "PRECOMPUTE_DATA_DIR": str(tmp_path)}
    three_below = ("nice", "-n3")
    worker = LocalWorker(name="one", queues=("video",), environ=own, log=tmp_path / "log", processes=1, on=three_below)
    try:
        worker.ready()
        shown = Path(f"/proc/{worker.pid}/autogroup").read_text()
        nice = os.getpriority(os.PRIO_PROCESS, worker.pid)
    finally:
        worker.teardown()
    assert nice == min(os.getpriority(os.PRIO_PROCESS, 0) + 3, 19)
    assert shown.split()[1:] == ["nice", str(nice)]
