"""The processes of the chaos run: real workers, beat and servers, and what is done to them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests"))

from rabbitmq import RabbitServer, rabbitmq_program  # noqa: E402
from sentinel import MASTER, Watched  # noqa: E402
from servers import ValkeyServer  # noqa: E402

LEASE_S = 2.0
QUEUES = "critical,campaign,video,login,general,refresh,background"
PROCESSES_EACH = 2
_UP_WITHIN_S = 120.0

Broker = ValkeyServer | RabbitServer | Watched


class Process:
    """A ``celery`` command in a process group of its own, whose output goes to a file.

    Args:
        arguments: Of ``celery -A workers.app``.
        environ: Of the run.
        log: Where its output goes.
    """

    def __init__(self, arguments: Sequence[str], *, environ: Mapping[str, str], log: Path) -> None:
        self._arguments = arguments
        self._environ = environ
        self.log = log
        self.start()

    def start(self) -> None:
        """Start it, again."""
        self._began = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-q", "-A", "workers.app", *self._arguments],
                cwd=ROOT,
                env=dict(self._environ),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        """Whether its main process is there."""
        return self._process.poll() is None

    @property
    def pids(self) -> list[int]:
        """Of its processes, the main one first."""
        listed = subprocess.run(["ps", "-o", "pid=", "-g", str(self._process.pid)], capture_output=True, check=False)
        return sorted({int(pid) for pid in listed.stdout.split()}, key=lambda pid: (pid != self._process.pid, pid))

    def signal_group(self, number: int) -> None:
        """To all of its processes, as when a machine is lost or frozen."""
        if self.running:
            os.killpg(self._process.pid, number)

    def signal_main(self, number: int) -> None:
        """To the one that the others belong to."""
        if self.running:
            self._process.send_signal(number)

    def wait(self, *, seconds: float) -> None:
        """Until it has ended; killed if it does not."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it, all of it, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def until_ready(self) -> None:
        """Wait until a worker takes tasks.

        Raises:
            RuntimeError: It ended, or does not.
        """
        until = time.monotonic() + _UP_WITHIN_S
        while " ready." not in self.log.read_text(errors="replace")[self._began :]:
            if not self.running or time.monotonic() > until:
                raise RuntimeError(f"no worker: {self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)

    def megabytes(self) -> int:
        """Of its largest process, resident."""
        largest = 0
        for pid in self.pids:
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except (OSError, IndexError, ValueError):
                continue
            largest = max(largest, pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000)
        return largest


@dataclass(slots=True, kw_only=True)
class Cluster:
    """Everything that runs, and what can be done to it; ``faults`` by name."""

    cache: ValkeyServer
    broker: Broker
    workers: list[Process]
    beat: Process
    database: Path
    draw: random.Random
    largest_mb: int = 0
    done: dict[str, int] = field(default_factory=dict)

    @property
    def faults(self) -> Mapping[str, Callable[[], None]]:
        """What may happen, by name; each returns when it is over."""
        return {
            "kill": self._lose_a_machine,
            "broker": self._restart_broker,
            "stop": self._freeze,
            "cache": self._restart_cache,
            "term": self._replace,
            "child": self._lose_a_child,
            "database": self._lose_the_database,
            "beat": self._lose_beat,
        }

    def happen(self, name: str) -> None:
        """Let one of them happen."""
        self.look()
        self.faults[name]()
        self.done[name] = self.done.get(name, 0) + 1

    def look(self) -> None:
        """Take down how large the workers are, and start those that ended by themselves, as a supervisor does."""
        for each in (*self.workers, self.beat):
            self.largest_mb = max(self.largest_mb, each.megabytes())
            if not each.running:
                each.start()

    def _lose_a_machine(self) -> None:
        worker = self.draw.choice(self.workers)
        worker.kill()
        worker.start()

    def _lose_a_child(self) -> None:
        children = self.draw.choice(self.workers).pids[1:]
        if children:
            with suppress(ProcessLookupError):
                os.kill(self.draw.choice(children), signal.SIGKILL)

    def _freeze(self) -> None:
        worker = self.draw.choice(self.workers)
        worker.signal_group(signal.SIGSTOP)
        time.sleep(2.5 * LEASE_S)
        worker.signal_group(signal.SIGCONT)

    def _replace(self) -> None:
        worker = self.draw.choice(self.workers)
        worker.signal_main(signal.SIGTERM)
        worker.wait(seconds=30)
        worker.start()

    def _restart_broker(self) -> None:
        if isinstance(self.broker, Watched):
            self.broker.fail_over()
        else:
            self.broker.restart(force=self.draw.random() < 0.5)

    def _restart_cache(self) -> None:
        self.cache.restart(force=self.draw.random() < 0.5)

    def _lose_the_database(self) -> None:
        hidden = self.database.with_suffix(".hidden")
        there = self.database.exists()
        if there:
            self.database.rename(hidden)
        self.database.mkdir()
        time.sleep(2)
        self.database.rmdir()
        if there:
            hidden.rename(self.database)

    def _lose_beat(self) -> None:
        self.beat.kill()
        self.beat.start()


@contextmanager
def broker_of(kind: str, folder: Path) -> Iterator[tuple[Broker, Mapping[str, str]]]:
    """A broker of that kind, and what the processes must be told to use it.

    Raises:
        SystemExit: The program for it is not installed.
    """
    with ExitStack() as stack:
        if kind == "rabbitmq":
            program = rabbitmq_program()
            if program is None:
                raise SystemExit("no RabbitMQ on this machine; on Debian and Ubuntu: apt install rabbitmq-server")
            rabbit = stack.enter_context(RabbitServer(folder, program=program))
            yield rabbit, {"BROKER_URL": rabbit.url}
        elif kind == "sentinel":
            watched = stack.enter_context(Watched(folder))
            yield watched, {"BROKER_URL": watched.url, "PRECOMPUTE_BROKER_MASTER": MASTER}
        else:
            server = stack.enter_context(ValkeyServer(folder))
            yield server, {"BROKER_URL": server.url}


@contextmanager
def running(
    environ: Mapping[str, str],
    *,
    cache: ValkeyServer,
    broker: Broker,
    folder: Path,
    draw: random.Random,
    workers: Sequence[str] = ("one", "two"),
) -> Iterator[Cluster]:
    """Workers and beat, ready; ended afterwards."""
    started: list[Process] = []
    try:
        for name in workers:
            arguments = ["worker", "-Q", QUEUES, "-c", str(PROCESSES_EACH), "-n", f"{name}@%h", "-l", "INFO"]
            arguments += ["--without-gossip", "--without-mingle"]
            started.append(Process(arguments, environ=environ, log=folder / f"{name}.log"))
        beat = ["beat", "-S", "workers.beat.Scheduler", "-l", "WARNING"]
        started.append(Process(beat, environ=environ, log=folder / "beat.log"))
        for worker in started[:-1]:
            worker.until_ready()
        database = folder / "precompute.sqlite3"
        yield Cluster(cache=cache, broker=broker, workers=started[:-1], beat=started[-1], database=database, draw=draw)
    finally:
        for each in started:
            each.kill()
