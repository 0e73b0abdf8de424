"""Processes that are measured: each started by its line of the Procfile, so with its options, niceness and log level.

``with started("worker", environ=..., log=folder / "log"):`` for one; ``with api(...) as web:`` waits until it answers.
What they write goes to a file, as with whoever runs them. A rival is started by the same line, with its own app.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from honcho.environ import parse_procfile

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tests"))

from servers import ValkeyServer, free_port  # noqa: E402

WORKER_APP, API_APP = "workers.app", "api.wsgi:app"
"""As the Procfile names them."""

_ENDS_WITHIN_S = 30
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def line_of(name: str, *, instead: Mapping[str, str] | None = None, more: str = "") -> str:
    """The command of a process in the Procfile.

    Args:
        name: Of its line.
        instead: Words of it, and what stands in their place.
        more: Options that come at its end.

    Raises:
        ValueError: The line does not have one of these words.
    """
    line = str(parse_procfile((ROOT / "Procfile").read_text()).processes[name])
    for word, other in (instead or {}).items():
        if word not in line:
            raise ValueError(f"{word} is no part of the Procfile's {name}")
        line = line.replace(word, other)
    return f"{line} {more}".rstrip()


def surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of such a process. The level of the log is the Procfile's own, whatever it is where this runs."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    found = os.pathsep.join((str(ROOT), str(HERE)))
    ours = {name: value for name, value in os.environ.items() if name != "PRECOMPUTE_LOG_LEVEL"}
    return {**ours, **environ, "PATH": path, "PYTHONPATH": found}


@contextmanager
def started(
    name: str, *, environ: Mapping[str, str], log: Path, instead: Mapping[str, str] | None = None, more: str = ""
) -> Iterator["subprocess.Popen[bytes]"]:
    """One process, which leads a session of its own; with its children it is gone at the end.

    Where something goes wrong meanwhile, the end of its log is shown.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            ["sh", "-c", line_of(name, instead=instead, more=more)],
            cwd=ROOT,
            env=surroundings(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    except BaseException:
        print(log.read_text(errors="replace")[-4000:], file=sys.stderr)
        raise
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_ENDS_WITHIN_S)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """A server that answers.

    Attributes:
        pid: Of Granian's main process; what answers is its child.
        address: Host and port.
    """

    pid: int
    address: tuple[str, int]


@contextmanager
def api(*, environ: Mapping[str, str], log: Path, app: str = API_APP) -> Iterator[Web]:
    """The API on a free port, or another WSGI app on the same server, once it answers."""
    port = free_port()
    environ = {**environ, "PRECOMPUTE_PORT": str(port)}
    with started("web", environ=environ, log=log, instead={API_APP: app}) as process:
        until(lambda: answers(f"http://127.0.0.1:{port}/healthz", by=process), what="a server that answers")
        yield Web(pid=process.pid, address=("127.0.0.1", port))


def answers(url: str, *, by: "subprocess.Popen[bytes]") -> bool:
    """Whether there is an answer, of whatever status.

    Raises:
        SystemExit: Who should give it has ended.
    """
    try:
        urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own address
    except urllib.error.HTTPError:
        return True
    except OSError:
        if by.poll() is not None:
            raise SystemExit("the server did not start") from None
        return False
    return True


def until(met: Callable[[], bool], *, what: str, within_s: float = 120, pause_s: float = 0.02) -> None:
    """Returns once it is so.

    Raises:
        SystemExit: It is not so in time.
    """
    late = time.monotonic() + within_s
    while not met():
        if time.monotonic() > late:
            raise SystemExit(f"not {what} within {within_s:.0f} s")
        time.sleep(pause_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """Processor seconds so far: of the process that leads a session, and of all others of it, also those that ended."""

    main_s: float
    others_s: float

    @property
    def all_s(self) -> float:
        """Both."""
        return self.main_s + self.others_s


def used_by(session: int) -> Used:
    """What the processes of a session have used."""
    main = others = 0
    for pid, fields in stats_of(session):
        # proc(5): utime and stime, then the same of children that were waited for.
        own, ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        main, others = (main + own, others + ended) if pid == session else (main, others + own + ended)
    return Used(main_s=main / _TICKS_A_SECOND, others_s=others / _TICKS_A_SECOND)


def stats_of(session: int) -> Iterator[tuple[int, list[str]]]:
    """Id, and what stands behind the name in ``/proc/PID/stat``, of each process of a session; nothing but on Linux."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(fields[3]) == session:
            yield int(path.parent.name), fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What a Valkey server has done so far; commands that scripts call count."""

    cpu_s: float
    commands: int


def served_by(server: ValkeyServer) -> Served:
    """Processor seconds and commands of a server."""
    with server.client() as client:
        told = {**client.info("cpu"), **client.info("stats")}
    return Served(
        cpu_s=told["used_cpu_user"] + told["used_cpu_sys"],
        commands=told["total_commands_processed"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of one process, in megabytes (10^6 bytes).

    Attributes:
        rss_mb: Resident.
        pss_mb: The same with shared pages divided among those who share them; None where only Linux would tell.
        peak_mb: Resident at most up to now; None likewise.
    """

    pid: int
    rss_mb: float
    pss_mb: float | None
    peak_mb: float | None


def memory_of(pid: int) -> Memory:
    """What a process takes now."""
    rss = float(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)], text=True)) * 1024 / 1e6
    told = Path(f"/proc/{pid}")
    pss = _megabytes(told / "smaps_rollup", "Pss:")
    return Memory(pid=pid, rss_mb=rss, pss_mb=pss, peak_mb=_megabytes(told / "status", "VmHWM:"))


def _megabytes(path: Path, name: str) -> float | None:
    if not path.exists():
        return None
    line = next(line for line in path.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return float(line.split()[1]) * 1024 / 1e6
