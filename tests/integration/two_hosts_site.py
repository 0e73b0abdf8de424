"""A site of three machines: two with workers, and this one with cache, broker, database, beat and videos."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL

from hosts import Host, two_hosts
from local_cluster import LocalWorker
from platform_under_test import Platform
from postgres import PostgresServer, postgres_programs
from pytest_celery import CeleryTestSetup, CeleryTestWorker, CeleryWorkerCluster
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer
from two_hosts_tasks import GATE

from precompute.addresses import networks
from precompute.queues import IN_DRAIN_ORDER, Queue
from precompute.settings import Settings
from precompute.task_type import TaskType

_PROJECT = Path(__file__).parents[2]
_WITHIN_S = 60

_LEFT = (Queue.CAMPAIGN, Queue.VIDEO)
"""What the first host does not drain, and the second."""


class Site(Platform):
    """The platform with two hosts, each with a worker of one process and a folder that no other host sees.

    Args:
        settings: Of the API, which runs beside the servers.
        cache: That of the settings.
        hosts: For the workers.
        folder: Where each host has its own.
    """

    def __init__(self, settings: Settings, *, cache: ValkeyServer, hosts: tuple[Host, Host], folder: Path) -> None:
        self.hosts = hosts
        self._folder = folder
        self._containers = [self._started(host, settings, left=left) for host, left in zip(hosts, _LEFT, strict=True)]
        workers = (CeleryTestWorker(container, app=None) for container in self._containers)
        super().__init__(settings, cache.client(), CeleryTestSetup(CeleryWorkerCluster(*workers), None, None))

    def whole(self) -> None:
        """Bring back what a test has taken away."""
        for host, container in zip(self.hosts, self._containers, strict=True):
            if host.has_cable:
                host.plug()
            if container.status != "running":
                container.restart()
        for worker in self.workers:
            worker.container.ready()

    def close(self) -> None:
        """End the workers."""
        self.engine.facts.close()
        for container in self._containers:
            container.teardown()

    def host_of(self, row: TaskType, user: str) -> Host:
        """Where the function was called; waits until it was, and tells each call once."""
        return self.hosts[self.workers.index(self.worker_of(row, user))]

    def other(self, host: Host) -> Host:
        """Not that one."""
        return next(each for each in self.hosts if each != host)

    def lose(self, host: Host) -> None:
        """Its power fails: nobody is told, as far as that can be had here."""
        if host.has_cable:
            host.cut()
        self._containers[self.hosts.index(host)].kill("SIGKILL")

    def open_gate(self, host: Host) -> None:
        """Let go on what is held on a host, as soon as it is."""
        self.hold_on("somebody is at the gate", lambda: _wrote(self._folder / host.name / GATE))

    def hold_on(self, until: str, there: Callable[[], bool]) -> None:
        """Until it is so."""
        try:
            wait_for_callable(until, there, timeout=_WITHIN_S)
        except TimeoutError:
            raise AssertionError(f"never: {until}\n{self.logs()}") from None

    def _started(self, host: Host, settings: Settings, *, left: Queue) -> LocalWorker:
        own = self._folder / host.name
        own.mkdir()
        os.mkfifo(own / GATE)
        return LocalWorker(
            name=f"worker@{host.name}",
            queues=tuple(queue.label for queue in IN_DRAIN_ORDER if queue is not left),
            environ=environ_of(settings, own),
            log=self._folder / f"{host.name}.log",
            processes=1,
            on=host.on,
        )


@contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    """Everything running: cache and broker on two addresses of this machine, as each host reaches it by its cable."""
    with ExitStack() as running:
        hosts = running.enter_context(two_hosts())
        (at_first, at_second), network = (host.server_address for host in hosts), hosts[0].network
        # Whoever comes from another machine needs a password otherwise, or this.
        open_to_all = ("--protected-mode", "no")
        cache = running.enter_context(ValkeyServer(folder / "cache", *open_to_all, address=at_first))
        broker = running.enter_context(ValkeyServer(folder / "broker", *open_to_all, address=at_second))
        database = running.enter_context(PostgresServer(postgres_programs(), address=at_first, lets_in=network))
        settings = Settings(
            redis_url=cache.url,
            broker_url=broker.url,
            database_url=database.new_database(),
            data_dir=folder / "api",
            media_root=folder / "api",
            plugins=("plugin_tasks", "two_hosts_tasks"),
            lease=timedelta(seconds=2),
            allow_addresses=networks(network),
        )
        running.enter_context(_beat(settings, folder))
        site = Site(settings, cache=cache, hosts=hosts, folder=folder)
        running.callback(site.close)
        yield site


def environ_of(settings: Settings, own: Path) -> dict[str, str]:
    """What the processes of a host are told: where the servers are, and a folder of its own, without any video."""
    return {
        "REDIS_URL": settings.redis_url,
        "BROKER_URL": settings.broker,
        "DATABASE_URL": settings.database,
        "PRECOMPUTE_DATA_DIR": str(own),
        "PRECOMPUTE_MEDIA_ROOT": str(own),
        "PRECOMPUTE_PLUGINS": ",".join(settings.plugins),
        "PRECOMPUTE_LEASE": f"{settings.lease.total_seconds()}s",
        "PRECOMPUTE_SWEEP_INTERVAL": "1s",
        "PRECOMPUTE_ALLOW_ADDRESSES": ",".join(map(str, settings.allow_addresses)),
        "PRECOMPUTE_LOG_FORMAT": "text",
    }


@contextmanager
def _beat(settings: Settings, folder: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "-q", "-A", "workers.app", "beat", "-S", "workers.beat.Scheduler"]
    environ: Mapping[str, str] = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with (folder / "beat.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "-l", "WARNING"],
            cwd=_PROJECT,
            env={**environ, **environ_of(settings, folder / "beat")},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.send_signal(SIGKILL)
        process.wait()


def _wrote(gate: Path) -> bool:
    try:
        opened = os.open(gate, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as problem:
        if problem.errno == errno.ENXIO:
            return False
        raise
    os.close(opened)
    return True
