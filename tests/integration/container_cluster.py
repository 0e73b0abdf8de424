"""The clusters of the tests on Docker, for ``--containers``: pytest-celery's Redis, and workers of the project's image.

Workers use the network and the process ids of their host, so that tests reach and kill the same as on local processes.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import docker
from pytest_celery import CeleryWorkerContainer, RedisContainer
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import free_port

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
TAG = "precompute:tests"
_START_S = 120
_END_S = 30


def build_image() -> None:
    """Have the image of this checkout; what has not changed is not built again."""
    docker.from_env().images.build(path=str(PROJECT), tag=TAG, rm=True)


class BrokerContainer(RedisContainer):
    """A Redis that keeps its messages in a file, on a port of the host that stays the same when it is started again."""

    @property
    def celeryconfig(self) -> dict[str, Any]:
        """The same address for the tests and for the workers, who share the host's network."""
        url = f"redis://127.0.0.1:{self.port}/{self.vhost}"
        return {**super().celeryconfig, "url": url, "host_url": url}

    @classmethod
    def command(cls, *args: str, **_: Any) -> list[str]:
        """Of the options, the last one holds."""
        return super().command("--appendonly", "yes", *args)


class WorkerContainer(CeleryWorkerContainer):
    """A worker of the image, as the Procfile starts it, with the handles that tests have on a local one."""

    @property
    def pid(self) -> int:
        """Of the main process, on the host."""
        self.reload()
        return int(self.attrs["State"]["Pid"])

    @property
    def celeryconfig(self) -> dict[str, str]:
        """Where its broker is."""
        return {"url": self.env["BROKER_URL"], "host_url": self.env["BROKER_URL"]}

    def ready(self) -> bool:
        """Whether it takes tasks; waits until it does.

        Raises:
            AssertionError: It ended before.
        """
        # pytest-docker-tools waits for an address of its own, which there is none of on the host's network.
        wait_for_callable(f"waiting for worker {self.name}", self._is_up_or_gone, timeout=_START_S)
        assert self.status == "running", self.logs()
        return True

    def wait(self) -> int:
        """Wait until it has ended; its exit status."""
        status = int(self._container.wait(timeout=_END_S)["StatusCode"])
        self.reload()
        return status

    def teardown(self) -> None:
        """End it and every process it started."""
        self._container.remove(force=True, v=True)

    def _is_up_or_gone(self) -> bool:
        self.reload()
        since = datetime.fromisoformat(self.attrs["State"]["StartedAt"]).timestamp()
        return self.status == "exited" or b" ready." in self._container.logs(since=since)


@contextmanager
def broker_container() -> Iterator[BrokerContainer]:
    """Running, removed at the end."""
    options = {"ports": {"6379/tcp": ("127.0.0.1", free_port())}, "command": BrokerContainer.command()}
    container = docker.from_env().containers.run(BrokerContainer.image(), detach=True, **options)
    try:
        broker = BrokerContainer(container)
        wait_for_callable("waiting for the broker", broker.ready, timeout=_START_S)
        yield broker
    finally:
        container.remove(force=True, v=True)


def worker_container(
    *, name: str, queues: tuple[str, ...], environ: Mapping[str, str], log: Path, processes: int
) -> WorkerContainer:
    """A worker, started; it works and writes in the folder of ``log``, which Docker writes in its place."""
    options = worker_options(name=name, queues=queues, environ=environ, processes=processes, folder=log.parent)
    return WorkerContainer(docker.from_env().containers.run(TAG, detach=True, **options))


def worker_options(
    *, name: str, queues: tuple[str, ...], environ: Mapping[str, str], processes: int, folder: Path
) -> dict[str, Any]:
    """How its container is run: on the host's network and process ids, with the tests' task types, and as this user."""
    worker = ("celery", "-q", "-A", "workers.app", "worker", "--without-gossip", "--without-mingle", "-l", "INFO")
    ours = {"PYTHONPATH": str(HERE), "OMP_NUM_THREADS": "1", "REMAP_SIGTERM": "SIGQUIT", **environ}
    return {
        "command": [*worker, "-Q", ",".join(queues), "-c", str(processes), "-n", f"{name}@%h"],
        "environment": ours,
        "network_mode": "host",
        "pid_mode": "host",
        "user": f"{os.getuid()}:{os.getgid()}",
        "working_dir": str(folder),
        "volumes": {str(folder): {"bind": str(folder), "mode": "rw"}, str(HERE): {"bind": str(HERE), "mode": "ro"}},
    }
