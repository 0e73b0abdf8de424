"""``precompute up`` on processes of its own test, quick to start: what it starts it ends, whatever happens."""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from pytest_docker_tools.wrappers.container import wait_for_callable
from stack_process import Stack

Up = Callable[..., Stack]

needs_proc = pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells the environment of a process")

WEB = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PRECOMPUTE_PORT"])), Handler).serve_forever()
"""

FAMILY = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "


@pytest.fixture
def procfile(tmp_path: Path) -> Path:
    """A web process, a shell that starts two others and does not pass signals on, and a parent with a child."""
    (tmp_path / "web.py").write_text(WEB)
    path = tmp_path / "Procfile"
    path.write_text(
        f"web: exec python {tmp_path}/web.py\n"
        "shell: sleep 600 & sleep 601\n"
        f'family: exec python -c "{FAMILY}time.sleep(600)"\n'
    )
    return path


@needs_proc
@pytest.mark.parametrize(
    ("number", "whole_group"),
    [(signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGINT, True), (signal.SIGHUP, False)],
)
def test_a_signal_ends_every_process(up: Up, procfile: Path, number: signal.Signals, whole_group: bool) -> None:
    """SIGTERM, Ctrl-C and a closed terminal end all processes and their children, and are no failure."""
    stack = up("--procfile", str(procfile)).wait_until_up()
    wait_for_callable("waiting for the children of what is up", lambda: len(stack.left()) >= 8, timeout=60)
    assert stack.end(number, whole_group=whole_group) == 0, stack.output
    assert stack.left() == {}


@needs_proc
def test_sigterm_for_make_alone_ends_every_process(up: Up, procfile: Path) -> None:
    """What stops make stops the stack: the recipe's command takes the place of its shell."""
    venv = Path(sys.executable).parents[1]
    make = ("make", "-o", f"{venv}/installed", "run", f"VENV={venv}", f"ARGS=--procfile {procfile}")
    stack = up(command=make).wait_until_up()
    stack.end(signal.SIGTERM)
    assert stack.left() == {}


@needs_proc
def test_a_killed_supervisor_takes_the_rest_along(up: Up, procfile: Path) -> None:
    """SIGKILL leaves nothing behind either, and the next start waits for the end of what is ending."""
    first = up("--procfile", str(procfile)).wait_until_up()
    first.end(signal.SIGKILL)
    second = up("--procfile", str(procfile)).wait_until_up()
    assert first.left() == {}
    assert second.end(signal.SIGTERM) == 0


@needs_proc
def test_a_process_that_cannot_start_is_named(up: Up, procfile: Path) -> None:
    """A crash at the start is told with its last lines, ends the others, and is a failure."""
    with procfile.open("a") as file:
        file.write("crashing: echo the disk is full; exit 7\n")
    stack = up("--procfile", str(procfile))
    assert stack.wait() == 1
    assert "precompute: crashing ended with exit code 7, just after its start. Its last lines:" in stack.output
    assert stack.output.rstrip().endswith("the disk is full")
    assert stack.left() == {}


@needs_proc
def test_output_that_nobody_reads_holds_nothing_up(up: Up, procfile: Path, tmp_path: Path) -> None:
    """A full pipe blocks neither the processes nor the way out."""
    os.mkfifo(tmp_path / "written")
    with procfile.open("a") as file:
        file.write(f"noisy: yes | head -n 200000; echo all of it > {tmp_path}/written; sleep 600\n")
    stack = up("--procfile", str(procfile), read=False)
    assert (tmp_path / "written").read_text() == "all of it\n"
    assert stack.end(signal.SIGTERM) == 0
    assert stack.left() == {}


def test_a_second_start_is_told_of_the_first(up: Up, procfile: Path) -> None:
    """Two stacks on one data folder: the second names the process of the first, which goes on."""
    first = up("--procfile", str(procfile)).wait_until_up()
    second = up("--procfile", str(procfile))
    assert second.wait() == 1
    assert "the stack is running already on" in second.output
    assert f"(process {first.process.pid})" in second.output
    assert first.end(signal.SIGTERM) == 0


def test_a_used_port_is_named(up: Up, procfile: Path, environ: dict[str, str]) -> None:
    """One line says which port, of what, and which variable moves it."""
    with socket.create_server(("127.0.0.1", int(environ["PRECOMPUTE_PORT"]))):
        stack = up("--procfile", str(procfile))
        assert stack.wait() == 1
    port = environ["PRECOMPUTE_PORT"]
    assert stack.output == (
        f"precompute: port {port} (API, PRECOMPUTE_PORT) is in use by another program; "
        "end it, or set PRECOMPUTE_PORT to another port\n"
    )


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PRECOMPUTE_WORKERS", "many", "PRECOMPUTE_WORKERS takes a whole number from 1 to 256, not 'many'"),
        ("PRECOMPUTE_TTL_NONSENSE", "6h", "PRECOMPUTE_TTL_NONSENSE names no task type"),
    ],
)
def test_a_wrong_setting_is_one_line(up: Up, procfile: Path, variable: str, value: str, told: str) -> None:
    """The line names the variable and what it takes; the exit code is that of a wrong option."""
    stack = up("--procfile", str(procfile), **{variable: value})
    assert stack.wait() == 2
    assert stack.output.startswith(f"precompute: {told}")
    assert len(stack.lines) == 1


def test_cache_and_broker_have_their_policies_and_keep_their_data(
    up: Up, procfile: Path, environ: dict[str, str]
) -> None:
    """The cache may evict and the broker may not; a second start finds what the first one stored."""
    ports = {"allkeys-lru": environ["PRECOMPUTE_CACHE_PORT"], "noeviction": environ["PRECOMPUTE_BROKER_PORT"]}
    first = up("--procfile", str(procfile)).wait_until_up()
    for policy, port in ports.items():
        with redis.Redis(port=int(port), decode_responses=True) as server:
            assert server.config_get("maxmemory-policy") == {"maxmemory-policy": policy}
            server.set("kept", policy)
    assert first.end(signal.SIGTERM) == 0
    second = up("--procfile", str(procfile)).wait_until_up()
    for policy, port in ports.items():
        with redis.Redis(port=int(port), decode_responses=True) as server:
            assert server.get("kept") == policy
    assert second.end(signal.SIGTERM) == 0


def test_a_redis_of_ones_own_is_used(up: Up, tmp_path: Path, environ: dict[str, str]) -> None:
    """With REDIS_URL no Valkey is started, the processes get that URL, and a missing BROKER_URL is warned of."""
    procfile = tmp_path / "Procfile"
    procfile.write_text('shows: echo "cache is $REDIS_URL, broker is [$BROKER_URL]"; exec sleep 600\n')
    stack = up("--procfile", str(procfile), REDIS_URL="redis://:secret@db.example:6379/3").wait_until_up()
    assert stack.end(signal.SIGTERM) == 0
    assert "cache is redis://:secret@db.example:6379/3, broker is []" in stack.output
    assert "noeviction" in stack.output
    assert "redis://db.example:6379/3" in stack.output
    assert not (Path(environ["PRECOMPUTE_DATA_DIR"]) / "cache").exists()


def test_a_program_that_reads_along_gets_objects(up: Up, procfile: Path, environ: dict[str, str]) -> None:
    """With ``--json`` each line of each process is one, and one says what runs where."""
    stack = up("--procfile", str(procfile), "--json").wait_until_up()
    assert stack.end(signal.SIGTERM) == 0, stack.output
    told = [json.loads(line) for line in stack.lines]
    [places] = [one["running"] for one in told if "running" in one]
    assert places["API"] == f"http://localhost:{environ['PRECOMPUTE_PORT']}/api/precompute"
    assert {"cache", "broker"} <= {one["program"] for one in told if "program" in one}
