"""``precompute up``: everything from one command, and nothing left behind."""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import click
from honcho.environ import parse_procfile

import api
from api.stack.child import Program
from api.stack.embedded import EmbeddedServer, embedded_broker, embedded_cache
from api.stack.errors import CannotStart
from api.stack.lock import held_lock
from api.stack.output import Output
from api.stack.ports import Port, check_ports, is_answering, is_healthy
from api.stack.supervisor import Supervisor
from api.stack.watchdog import Watchdog
from api.stack.welcome import STOPPING, places, welcome
from precompute.exposure import check_api, check_flower
from precompute.plugins import catalogue_for
from precompute.settings import Settings
from workers.alert_sending import check_addresses

SERVERS_READY_WITHIN = timedelta(seconds=30)
"""An append-only file of a full gigabyte is read in about ten seconds."""

WEB = "web"
"""The process of the Procfile that answers on the API's port."""


@click.command()
@click.option(
    "--procfile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="What to run instead of the project's own Procfile.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each line, and what runs where, as a JSON object.")
def up(procfile: Path | None, as_json: bool) -> None:
    """Run the whole stack until Ctrl-C: embedded Valkey (unless REDIS_URL is set) and the Procfile."""
    settings = Settings.from_environ(os.environ)
    check_api(settings)
    check_flower(settings)
    check_addresses(settings.alert_urls)
    catalogue_for(settings)  # what is wrong with plug-ins and TTLs is told once, not by each process
    servers = embedded_servers(settings, environ=os.environ)
    programs = procfile_programs(procfile or Path(api.__file__).parents[1] / "Procfile")
    with ExitStack() as closing:
        lock = closing.enter_context(held_lock(settings.data_dir))
        check_ports(ports_of(settings, servers=servers))
        names = [server.name for server in servers] + [program.name for program in programs]
        output = Output(names, as_json=as_json)
        closing.callback(output.close)
        supervisor = closing.enter_context(
            Supervisor(environ=environ_for(os.environ, servers=servers), output=output, watchdog=Watchdog(held=(lock,)))
        )
        if _all_up(supervisor, servers=servers, programs=programs, settings=settings):
            output.tell({"running": places(settings, servers=servers)})
            output.show(*welcome(settings, servers=servers, broker_shared=is_broker_shared(os.environ)))
            supervisor.keep_until(lambda: False)
        output.show(STOPPING)


def _all_up(
    supervisor: Supervisor, *, servers: Sequence[EmbeddedServer], programs: Sequence[Program], settings: Settings
) -> bool:
    supervisor.start(*(server.program() for server in servers))
    answering = supervisor.keep_until(
        lambda: all(is_answering(server.port.address, server.port.number) for server in servers),
        within=SERVERS_READY_WITHIN,
    )
    if supervisor.asked_to_stop:
        return False
    if not answering:
        raise CannotStart(f"the embedded Valkey does not answer within {SERVERS_READY_WITHIN.seconds} s")
    supervisor.start(*programs)
    has_web = any(program.name == WEB for program in programs)
    return supervisor.keep_until(lambda: not has_web or is_healthy(settings.host, settings.port))


def embedded_servers(settings: Settings, *, environ: Mapping[str, str]) -> tuple[EmbeddedServer, ...]:
    """The Valkey servers to bring along: those whose place no URL of the environment takes."""
    if environ.get("REDIS_URL"):
        return ()
    cache = embedded_cache(settings.embedded_cache_port, data_dir=settings.data_dir)
    if environ.get("BROKER_URL"):
        return (cache,)
    return (cache, embedded_broker(settings.embedded_broker_port, data_dir=settings.data_dir))


def is_broker_shared(environ: Mapping[str, str]) -> bool:
    """Whether one server of the operator's serves as cache and as broker."""
    return bool(environ.get("REDIS_URL")) and not environ.get("BROKER_URL")


def environ_for(environ: Mapping[str, str], *, servers: Sequence[EmbeddedServer]) -> dict[str, str]:
    """What the processes are given: ``environ``, where the embedded servers are, and this installation's commands.

    They write to a pipe of the supervisor's; a person at its terminal reads lines for people all the same.
    """
    return {
        **({"PRECOMPUTE_LOG_FORMAT": "text"} if sys.stdout.isatty() else {}),
        **{name: value for name, value in environ.items() if value},
        **{server.variable: server.url for server in servers},
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), environ.get("PATH", os.defpath))),
        "PYTHONUNBUFFERED": "1",
    }


def procfile_programs(path: Path) -> tuple[Program, ...]:
    """The processes that a Procfile names, each run by a shell of its own.

    Raises:
        CannotStart: The file is not there or names none.
    """
    try:
        processes = parse_procfile(path.read_text(encoding="utf-8")).processes
    except OSError as problem:
        raise CannotStart(f"the Procfile cannot be read: {problem}") from problem
    if not processes:
        raise CannotStart(f"{path} names no process")
    return tuple(Program(name=name, argv=("/bin/sh", "-c", line)) for name, line in processes.items())


def ports_of(settings: Settings, *, servers: Sequence[EmbeddedServer]) -> tuple[Port, ...]:
    """Every port that the stack is about to listen on."""
    web = Port(
        number=settings.port,
        address=settings.host,
        what="API",
        variable="PRECOMPUTE_PORT",
        address_variable="PRECOMPUTE_HOST",
    )
    flower = Port(
        number=settings.flower_port,
        address=settings.flower_address,
        what="Flower",
        variable="PRECOMPUTE_FLOWER_PORT",
        address_variable="PRECOMPUTE_FLOWER_ADDRESS",
    )
    return (web, flower, *(server.port for server in servers))
