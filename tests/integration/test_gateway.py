"""The TypeScript client and the Express gateway in front of one whole service: API, worker, broker and cache."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from local_cluster import LocalWorker
from node_parts import CLIENT, GATEWAY, ROOT, installed, node_tests, require_node, run
from servers import ValkeyServer, free_port

from precompute.queues import IN_DRAIN_ORDER


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Both parts, installed once; the gateway finds the client, built, where it lies in the project."""
    require_node()
    work = tmp_path_factory.mktemp("node")
    copies = {folder: installed(folder, work) for folder in (CLIENT, GATEWAY)}
    run(copies[CLIENT], "npm", "run", "build")
    return copies


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the API of one running stack is: one Valkey, one worker for all queues, the project's own clip."""
    folder = tmp_path_factory.mktemp("stack")
    with ValkeyServer(folder / "valkey") as server:
        environ = {
            "REDIS_URL": server.url,
            "BROKER_URL": server.url,
            "DATABASE_URL": f"sqlite:///{folder / 'facts.db'}",
            "PRECOMPUTE_DATA_DIR": str(folder / "data"),
            "PRECOMPUTE_MEDIA_ROOT": str(ROOT / "media"),
        }
        queues = tuple(queue.label for queue in IN_DRAIN_ORDER)
        worker = LocalWorker(name="all", queues=queues, environ=environ, log=folder / "worker.log", processes=1)
        try:
            with _serving(environ, folder) as address:
                worker.ready()
                yield address
        finally:
            worker.teardown()


def test_the_client_is_what_the_document_makes(parts: dict[Path, Path]) -> None:
    """Generating it again from openapi.json gives the committed file, byte for byte."""
    run(parts[CLIENT], "npm", "run", "generate", "--", "--check")


def test_the_locks_name_no_registry() -> None:
    """The locks hold versions and hashes, and leave it to npm's settings where packages come from."""
    for folder in (CLIENT, GATEWAY):
        lock = (folder / "package-lock.json").read_text(encoding="utf-8")
        assert '"integrity": "sha512-' in lock
        assert '"resolved": "http' not in lock


def test_the_client_package_is_complete(parts: dict[Path, Path]) -> None:
    """What would be published has code, types, words and the licence; nothing of the tests."""
    packed = run(parts[CLIENT], "npm", "pack", "--dry-run", "--json", "--ignore-scripts")
    for name in ("dist/index.js", "dist/index.d.ts", "dist/generated.d.ts", "README.md", "LICENSE", "package.json"):
        assert f'"path": "{name}"' in packed
    assert "test" not in packed
    assert (CLIENT / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_client_works_on_the_real_service(parts: dict[Path, Path], service: str) -> None:
    """Triggers, batch, reads, waits, streams, facts, media, errors: each by its own type."""
    assert "a campaign is computed, followed as it changes" in node_tests(parts[CLIENT], service=service)


def test_the_gateway_works_on_the_real_service(parts: dict[Path, Path], service: str) -> None:
    """Its hooks start work, its CTR comes from the cache, and it answers whatever the service does."""
    assert "the three hooks start the work" in node_tests(parts[GATEWAY], service=service)


@contextmanager
def _serving(environ: dict[str, str], folder: Path) -> Iterator[str]:
    port = free_port()
    command = (
        "granian",
        "--interface",
        "wsgi",
        "--no-ws",
        "--http",
        "1",
        "--port",
        str(port),
        "--blocking-threads",
        "16",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
    with (folder / "api.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "api.wsgi:app"],
            cwd=ROOT,
            env={**kept, **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        transport = httpx2.HTTPTransport(retries=20)
        with httpx2.Client(transport=transport, timeout=30) as caller:
            assert caller.get(f"http://127.0.0.1:{port}/readyz").status_code == 200, (folder / "api.log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
