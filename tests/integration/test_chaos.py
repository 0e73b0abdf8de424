"""Short runs of benchmarks/chaos.py, one on each kind of broker: everything is killed and nothing is lost."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rabbitmq import rabbitmq_program

CHAOS = Path(__file__).parents[2] / "benchmarks" / "chaos.py"
FAULTS = {"redis": "kill,broker,cache,stop", "rabbitmq": "broker,kill", "sentinel": "broker,kill"}


def _needs(broker: str) -> None:
    if broker == "rabbitmq" and rabbitmq_program() is None:
        told = "no RabbitMQ on this machine; on Debian and Ubuntu: apt install rabbitmq-server"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)


@pytest.mark.timeout(600)  # whole services that die and come back, one after the other
@pytest.mark.parametrize("broker", FAULTS)
def test_whatever_is_killed_every_precomputation_ends_as_it_must(broker: str, tmp_path: Path) -> None:
    """Stored with the value of its latest input, or failed with its reason; and nothing else is left on the servers."""
    _needs(broker)
    command = [sys.executable, CHAOS, "--tasks", "60", "--seconds", "5", "--seed", "11", "--broker", broker]
    command += ["--faults", FAULTS[broker], "--folder", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    said = {name.strip(): int(count) for name, count in re.findall(r"│ ([\w ,]+?) +│ (\d+) +│", done.stdout)}
    assert done.returncode == 0, done.stdout + done.stderr
    assert said["precomputations accepted"] >= 60
    assert said["stored"] + said["failed as it must"] == said["precomputations accepted"]
    assert said["failed as it must"] > 0
    assert said["messages delivered twice"] > 0
    assert all(said[fault] >= 1 for fault in FAULTS[broker].split(","))
