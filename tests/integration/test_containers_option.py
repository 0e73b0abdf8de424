"""``--containers``: how clusters on Docker would be run, as far as that can be told where there is no engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from container_cluster import BrokerContainer, worker_options
from docker.models.containers import _create_container_args

ROOT = Path(__file__).parents[2]


def test_without_an_engine_it_ends_in_one_line(tmp_path: Path) -> None:
    """Nothing is collected, and no trace is in the way of the reason."""
    environ = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--containers", str(Path(__file__))]
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert ended.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("ERROR: --containers needs a Docker engine: ")


def test_a_worker_is_run_on_its_hosts_network_and_process_ids(tmp_path: Path) -> None:
    """So that tests reach and kill the same; Docker's own library takes every option by that name."""
    options = worker_options(
        name="one", queues=("login", "video"), environ={"REDIS_URL": "redis://x"}, processes=2, folder=tmp_path
    )
    told = _create_container_args({"image": "x", "version": "1.50", **options})
    assert (told["host_config"]["NetworkMode"], told["host_config"]["PidMode"]) == ("host", "host")
    assert f"{tmp_path}:{tmp_path}:rw" in told["host_config"]["Binds"]
    assert told["environment"]["REDIS_URL"] == "redis://x"
    assert " ".join(told["command"]).endswith("-l INFO -Q login,video -c 2 -n one@%h")


def test_a_broker_keeps_its_messages() -> None:
    """pytest-celery's own Redis forgets them with its process; the last option of a kind holds."""
    command = BrokerContainer.command()
    places = [place for place, option in enumerate(command) if option == "--appendonly"]
    assert command[places[-1] + 1] == "yes"
