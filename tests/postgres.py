"""A real PostgreSQL server for tests: a cluster of its own in a temporary folder, on a free loopback port."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from servers import free_port

_DEBIAN = Path("/usr/lib/postgresql")

_UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; one of these runs it then."""


class PostgresServer:
    """One PostgreSQL server; running from the moment it is made, a context manager that stops and removes it.

    Args:
        programs: The folder of initdb and pg_ctl.
        address: Of this machine, on which it listens.
        lets_in: The network of the machines that may come.
        durable: Whether what it has committed outlives the machine's death, as in service; for measuring.
    """

    def __init__(
        self, programs: Path, *, address: str = "127.0.0.1", lets_in: str = "127.0.0.1/32", durable: bool = False
    ) -> None:
        self._programs = programs
        self._fsync = "on" if durable else "off"
        self._address = address
        self._account = _account()
        # Not pytest's folder: that of root is closed to the account that runs the server.
        self._folder = Path(tempfile.mkdtemp(prefix="precompute-postgres-"))
        if self._account is not None:
            shutil.chown(self._folder, self._account)
        self.port = free_port(address)
        data, options = str(self._folder / "data"), ("-U", "precompute", "--auth", "trust", "-E", "UTF8", "--no-sync")
        self._run("initdb", "-D", data, "--no-locale", *options)
        with (self._folder / "data/pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {lets_in} trust\n")
        self.start()

    @property
    def url(self) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://precompute@{self._address}:{self.port}/postgres"

    def new_database(self) -> str:
        """Where a new, empty database is, for SQLAlchemy."""
        name = f"test_{uuid.uuid4().hex}"
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url.removesuffix("postgres") + name

    def start(self) -> None:
        """Start it, on the same port, with the data it had; it answers then."""
        # Only a machine that dies needs fsync; killed servers find what the system holds for them.
        options = (
            f"-p {self.port} -c listen_addresses={self._address} -c unix_socket_directories= -c fsync={self._fsync}"
        )
        self._control("start", "-l", str(self._folder / "log"), "-o", options)

    def kill(self) -> None:
        """End it without a chance to finish anything, as a power cut does."""
        self._control("stop", "-m", "immediate")

    def __enter__(self) -> "PostgresServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._control("stop", "-m", "immediate", check=False)
        shutil.rmtree(self._folder)

    def _control(self, what: str, *options: str, check: bool = True) -> None:
        self._run("pg_ctl", what, "-D", str(self._folder / "data"), "-w", "-t", "60", *options, check=check)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        # Not piped: the server inherits the output of pg_ctl, and a pipe would stay open as long as it runs.
        with (self._folder / "output").open("ab") as output:
            ran = subprocess.run(
                [str(self._programs / program), *arguments],
                cwd=self._folder,
                user=self._account,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if check and ran.returncode:
            raise RuntimeError(f"{program} failed:\n{(self._folder / 'output').read_text()}")


def postgres_programs() -> Path:
    """The folder of initdb and pg_ctl; without PostgreSQL the test is skipped, in CI it fails."""
    found = installed_programs()
    if found is not None:
        return found
    told = "no PostgreSQL on this machine; on Debian and Ubuntu: apt install postgresql"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


def installed_programs() -> Path | None:
    """The folder of initdb and pg_ctl; None without PostgreSQL."""
    found = [Path(name).parent for name in [shutil.which("initdb")] if name]
    found += sorted((path.parent for path in _DEBIAN.glob("*/bin/initdb")), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


def _account() -> str | None:
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _UNPRIVILEGED if name in names)
