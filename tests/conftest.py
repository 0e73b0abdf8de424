"""What tests of several kinds share."""

import signal
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
import redis
from docker.errors import DockerException
from postgres import PostgresServer, postgres_programs
from servers import ValkeyServer


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--outage 60`` keeps the database away for a minute under load; left out, for a few hundred requests."""
    parser.addoption("--outage", type=float, default=0.0, help="seconds that the database stays away at least")
    parser.addoption("--containers", action="store_true", help="brokers and workers of the integration tests on Docker")


def pytest_configure(config: pytest.Config) -> None:
    """Without a Docker engine ``--containers`` ends the run with one line, before anything is collected."""
    # A shell has what it starts in the background ignore Ctrl-C, and so would every process that a test starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not config.getoption("--containers"):
        return
    try:
        docker.from_env().ping()
    except DockerException as problem:
        raise pytest.UsageError(f"--containers needs a Docker engine: {problem}") from None


@pytest.fixture(scope="session")
def cache_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Valkey that serves as the cache of every test that asks; see ``cache_client`` for an empty one."""
    with ValkeyServer(tmp_path_factory.mktemp("cache")) as server:
        yield server


@pytest.fixture
def cache_client(cache_server: ValkeyServer) -> Iterator["redis.Redis"]:
    """A client of the cache server, emptied before the test."""
    cache_server.start()
    with cache_server.client() as client:
        client.flushall()
        client.config_resetstat()
        yield client


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL for every test that asks; each makes a database of its own on it."""
    with PostgresServer(postgres_programs()) as server:
        yield server


@pytest.fixture(scope="session")
def shipped_clip() -> Path:
    """The project's own clip; the truth about it is beside it, ``.json``."""
    return Path(__file__).parents[1] / "media" / "test_vid_001.mp4"


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """The folder of real clips that is there on some machines, beside the project; without it the test is skipped."""
    folder = Path(__file__).parents[2] / "shared" / "media"
    if not folder.is_dir():
        pytest.skip("the real clips are not on this machine (../shared/media)")
    return folder
