"""The bound on a process's memory, in a process of its own."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from precompute.errors import DeclarationError
from precompute.settings import Settings

ROOT = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded on Linux only")

PROBE = """
import sys
from workers.limits import bound_memory
print(bound_memory(int(sys.argv[1])))
try:
    print(len(bytearray(600_000_000)))
except MemoryError:
    print("refused")
print(len(bytearray(1_000_000)))
"""


KEEPER = """
from pathlib import Path
from workers.limits import give_memory_back

def resident_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000

pieces = [bytes(1000) for _ in range(200_000)]
last = pieces[-1]  # the end of the heap is in use, so that nothing before it goes back by itself
del pieces
before = resident_mb()
print(give_memory_back(), before - resident_mb() > 150)
"""


def probe(megabytes: int) -> list[str]:
    """What a process says that is bounded so."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(megabytes)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


@LINUX
def test_what_is_beyond_the_bound_is_refused() -> None:
    """At once, and the process goes on."""
    assert probe(500) == ["True", "refused", "1000000"]


@LINUX
def test_what_is_below_the_bound_is_given() -> None:
    """As if there was none."""
    assert probe(1500) == ["True", "600000000", "1000000"]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps so much, and gives it back")
def test_what_was_freed_goes_back_to_the_machine() -> None:
    """Also what lies below something that is still in use."""
    done = subprocess.run(
        [sys.executable, "-c", KEEPER], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["True", "True"]


def test_zero_is_no_bound() -> None:
    """Nothing is set."""
    assert probe(0) == ["False", "600000000", "1000000"]


@pytest.mark.parametrize(("text", "megabytes"), [("0", 0), ("500", 500), ("1000000", 1_000_000)])
def test_the_setting_takes_megabytes_or_none(text: str, megabytes: int) -> None:
    """From what a process needs with all models up to a terabyte."""
    assert Settings.from_environ({"PRECOMPUTE_CHILD_MEMORY_MB": text}).child_memory_mb == megabytes


@pytest.mark.parametrize("text", ["499", "-1", "2g", "1.5", "99999999999", "²"])
def test_the_setting_takes_nothing_else(text: str) -> None:
    """The variable is named, with what it takes."""
    with pytest.raises(DeclarationError, match="PRECOMPUTE_CHILD_MEMORY_MB takes megabytes"):
        Settings.from_environ({"PRECOMPUTE_CHILD_MEMORY_MB": text})
