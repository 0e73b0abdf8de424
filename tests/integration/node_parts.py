"""The parts in TypeScript, installed from their locks and built; and their tests, run by Node."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients/typescript"
GATEWAY = ROOT / "examples/gateway"
_OLDEST = 20
_INSTALL_S = 240


def require_node() -> None:
    """Skip where Node is missing or too old; in CI, fail instead."""
    problem = _problem()
    if problem is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(problem)
    pytest.skip(problem)


def installed(folder: Path, work: Path) -> Path:
    """A copy of ``folder`` below ``work`` with what its lock names.

    A copy, so that neither test runs side by side nor a developer's own ``node_modules`` are in each other's way.
    """
    copy = work / folder.relative_to(ROOT)
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "build"))
    # What the cache holds is not asked for again.
    run(copy, "npm", "ci", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", timeout=_INSTALL_S)
    return copy


def run(folder: Path, *command: str, timeout: float = 120, **environ: str) -> str:
    """What a command in ``folder`` says; it must succeed."""
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout[-20_000:]}\n{ended.stderr[-5_000:]}"
    return ended.stdout


def node_tests(folder: Path, *, service: str) -> str:
    """What Node says of the tests in ``folder`` in front of the service at that address; each must pass."""
    said = run(folder, "npm", "test", PRECOMPUTE_URL=service)
    assert "# fail 0" in said, said
    assert "# skipped 0" in said, said
    return said


def _problem() -> str | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return f"Node {_OLDEST} or later and npm are needed (Debian: apt install nodejs npm)"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(said.lstrip("v").split(".")[0]) < _OLDEST:
        return f"Node {_OLDEST} or later is needed, not {said.strip()}"
    return None
