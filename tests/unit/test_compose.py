"""docker-compose.yml, the Procfile, the settings and the embedded servers describe one and the same stack."""

import json
import re
import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from honcho.environ import parse_procfile

from api.stack.embedded import EmbeddedServer, embedded_broker, embedded_cache
from precompute.queues import IN_DRAIN_ORDER
from precompute.settings import Settings

ROOT = Path(__file__).parents[2]
PROCESSES: dict[str, str] = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICE_OF = {"web": "api", "worker": "worker", "background": "background", "beat": "beat", "flower": "flower"}
DEFAULTED = re.compile(r"\$\{(\w+):-([^}]*)\}")
SETTINGS = {setting.metadata["variable"]: setting for setting in fields(Settings) if setting.metadata}

FOR_CONTAINERS = {
    "REDIS_URL": "redis://redis-cache:6379/0",
    "BROKER_URL": "redis://redis-broker:6379/0",
    "DATABASE_URL": "postgresql://precompute:precompute@database:5432/precompute",
    "PRECOMPUTE_HOST": "0.0.0.0",  # noqa: S104 - ports are published on the loopback only
    "PRECOMPUTE_PORT": "8003",
    "PRECOMPUTE_FLOWER_ADDRESS": "0.0.0.0",  # noqa: S104
    "PRECOMPUTE_FLOWER_PORT": "5555",
    "PRECOMPUTE_DATA_DIR": "/srv/data",
    "PRECOMPUTE_MEDIA_ROOT": "/srv/media",
}
"""What differs in a container; everything else is passed through."""

EMBEDDED_ONLY = {"PRECOMPUTE_CACHE_PORT", "PRECOMPUTE_BROKER_PORT"}
"""Meant for the embedded servers, which containers do not have."""


def queues_of(process: str) -> list[str]:
    """What a worker is told to drain, in order."""
    words = shlex.split(PROCESSES[process])
    return words[words.index("-Q") + 1].split(",")


def options_of(argv: tuple[str, ...]) -> dict[str, str]:
    """The options of a server's command line."""
    return dict(zip(argv[::2], argv[1::2], strict=True))


def test_every_process_has_a_service() -> None:
    """Nothing runs in one of the two files only, but for the two servers."""
    assert set(PROCESSES) == set(SERVICE_OF)
    assert set(SERVICES) == {*SERVICE_OF.values(), "redis-cache", "redis-broker", "database", "prometheus", "grafana"}


@pytest.mark.parametrize(("process", "service"), SERVICE_OF.items())
def test_commands_are_the_same(process: str, service: str) -> None:
    """A service runs the very line of the Procfile, by the same shell."""
    shell, flag, line = SERVICES[service]["command"]
    assert (shell, flag) == ("sh", "-c")
    assert line.replace("$$", "$") == PROCESSES[process]


@pytest.mark.parametrize(("process", "service"), SERVICE_OF.items())
def test_containers_share_processors_as_processes_do(process: str, service: str) -> None:
    """What Linux makes of a priority among processes (sched_prio_to_weight), shares make of it among containers."""
    weights = {None: 1024, "5": 335, "10": 110}
    nice = re.search(r" nice -n(\d+) ", PROCESSES[process])
    assert SERVICES[service].get("cpu_shares", 1024) == weights[nice and nice[1]]


@pytest.mark.parametrize("process", SERVICE_OF)
def test_processes_take_the_place_of_their_shell(process: str) -> None:
    """A signal for the shell would not reach what it started."""
    assert PROCESSES[process].startswith("exec ")


@pytest.mark.parametrize("file", ["Procfile", "docker-compose.yml", "Dockerfile"])
def test_defaults_are_those_of_the_settings(file: str) -> None:
    """A variable that a file gives a default is a setting, with the same default."""
    found = DEFAULTED.findall((ROOT / file).read_text())
    assert found
    for variable, default in found:
        setting = SETTINGS[variable]
        assert setting.metadata["parse"](default) == setting.default, variable


@pytest.mark.parametrize("service", SERVICE_OF.values())
def test_containers_are_given_every_setting(service: str) -> None:
    """Each setting is passed through to each service, or has the value that containers need."""
    environment = SERVICES[service]["environment"]
    assert set(environment) == set(SETTINGS) - EMBEDDED_ONLY
    assert {name: value for name, value in environment.items() if value is not None} == FOR_CONTAINERS
    Settings.from_environ(FOR_CONTAINERS)


def test_workers_drain_every_queue_in_order() -> None:
    """Between them the two workers drain every queue once, each the more urgent ones first."""
    order = [queue.label for queue in IN_DRAIN_ORDER]
    assert queues_of("worker") + queues_of("background") == order


@pytest.mark.parametrize(
    ("service", "server"),
    [
        ("redis-cache", embedded_cache(1, data_dir=Path("data"))),
        ("redis-broker", embedded_broker(1, data_dir=Path("data"))),
    ],
)
def test_the_servers_have_the_policies_of_the_embedded_ones(service: str, server: EmbeddedServer) -> None:
    """The cache may evict, the broker may not, and both keep what they hold on disk."""
    options = options_of(tuple(shlex.split(SERVICES[service]["command"])[1:]))
    embedded = options_of(server.options())
    only_embedded = {"--bind", "--port", "--dir", "--loglevel"}
    assert options == {name: value for name, value in embedded.items() if name not in only_embedded}
    assert options["--maxmemory-policy"] == {"redis-cache": "allkeys-lru", "redis-broker": "noeviction"}[service]
    assert options["--appendonly"] == "yes"


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_tells_its_health(service: str) -> None:
    """An operator sees which one is down."""
    assert SERVICES[service]["healthcheck"]["test"]


@pytest.mark.parametrize("service", SERVICE_OF.values())
def test_services_wait_for_their_servers(service: str) -> None:
    """Nothing starts before cache, broker and database answer."""
    assert SERVICES[service]["depends_on"] == {
        name: {"condition": "service_healthy"} for name in ("redis-cache", "redis-broker", "database")
    }


@pytest.mark.parametrize("service", ["api", "flower", "prometheus", "grafana"])
def test_ports_are_published_on_the_loopback_only(service: str) -> None:
    """Neither the API without keys nor Flower with its well-known login is open to the network."""
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service]["ports"])


def test_the_image_is_built_from_what_is_sent_to_the_builder() -> None:
    """Each path that the Dockerfile copies is let through by .dockerignore, and there."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    paths = [path for line in copied for path in line.split()]
    assert {f"!{path}" for path in paths} == {line for line in ignored if line.startswith("!")}
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_image_does_not_run_as_root() -> None:
    """The last user named is the one that was made, by number, as orchestrators want it that refuse root."""
    [user] = re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE)
    assert f"--uid {user} " in DOCKERFILE
    assert int(user) >= 10_000


def test_what_is_installed_is_named_by_its_hash() -> None:
    """Nothing but the wheels of the lock and the project itself comes into the image."""
    installed = re.findall(r"pip install (.+?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
    locked, own = (set(line.split()) for line in installed)
    assert {"--no-deps", "--require-hashes", "--only-binary", "requirements.lock"} <= locked
    assert {"--no-deps", "--no-build-isolation", "."} <= own
    assert not re.search(r"apt-get|curl|wget|index-url|https?://(?!127)", DOCKERFILE)


def test_the_image_alone_is_the_api() -> None:
    """Its command is the Procfile's, and its health check asks a port and an address that the command serves."""
    command = json.loads(re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[-1])[2]
    [health] = re.findall(r"CMD (\[.+healthz.+\])$", DOCKERFILE, re.MULTILINE)
    ports = re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)[0].split()
    assert command == PROCESSES["web"]
    assert "ENV PRECOMPUTE_HOST=0.0.0.0" in DOCKERFILE
    assert json.loads(health) == SERVICES["api"]["healthcheck"]["test"][1:]
    assert ports == ["8003", "5555"]


@pytest.mark.parametrize("service", [name for name, about in SERVICES.items() if "build" not in about])
def test_images_have_one_version(service: str) -> None:
    """A tag that names a version down to its last number means the same image tomorrow."""
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-alpine)?", SERVICES[service]["image"])


def test_bases_have_one_version() -> None:
    """Both stages begin with the same Python, by its last number."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases[0])


@pytest.mark.parametrize("service", ["worker", "background"])
def test_workers_can_be_many(service: str) -> None:
    """``--scale worker=3``: no name and no port that two could not have, names by container, health by name."""
    about = SERVICES[service]
    assert not {"container_name", "ports", "hostname"} & set(about)
    words = shlex.split(PROCESSES[service])
    name = words[words.index("-n") + 1]
    kind, told = about["healthcheck"]["test"]
    assert (kind, name) == ("CMD-SHELL", f"{name.partition('@')[0]}@%h")
    assert f'--destination "{name.replace("%h", "$$(hostname)")}"' in told


def test_every_file_that_is_mounted_is_there() -> None:
    """Folders of the project by path, volumes by a name that the file declares."""
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (ROOT / source).is_dir() if source.startswith(".") else source in COMPOSE["volumes"], volume


def test_prometheus_scrapes_the_api_and_reads_the_rules() -> None:
    """Its configuration names a service and a port of this file, and rules that lie in the folder that is mounted."""
    config = in_container("prometheus", option(SERVICES["prometheus"]["command"], "--config.file"))
    told = yaml.safe_load(config.read_text())
    [job] = told["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"api:{FOR_CONTAINERS['PRECOMPUTE_PORT']}"]}]
    assert [name for name in told["rule_files"] if not (config.parent / name).is_file()] == []
    [secret] = SERVICES["prometheus"]["secrets"]
    assert job["authorization"]["credentials_file"] == f"/run/secrets/{secret}"
    assert COMPOSE["secrets"] == {secret: {"environment": "PRECOMPUTE_SCRAPE_KEY"}}


def test_what_is_for_compose_itself_reaches_no_container() -> None:
    """Its own file may hold the key of Prometheus; containers are handed what is named, and a file of their own."""
    files = {file["path"] for service in SERVICES.values() for file in service.get("env_file", ())}
    assert files == {"service.env"}


def test_grafana_finds_prometheus_and_the_dashboard() -> None:
    """The data source names a service and its port; the dashboards lie where the provider and the home page look."""
    provisioning = in_container("grafana", "/etc/grafana/provisioning")
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())["datasources"]
    port = SERVICES["prometheus"]["ports"][0].rpartition(":")[2]
    assert source["url"] == f"http://prometheus:{port}"
    [provider] = yaml.safe_load((provisioning / "dashboards/precompute.yml").read_text())["providers"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home.startswith(provider["options"]["path"])
    assert in_container("grafana", home).is_file()


def in_container(service: str, path: str) -> Path:
    """The file of this project that a container finds at ``path``."""
    mounts = [volume.split(":") for volume in SERVICES[service]["volumes"]]
    source, target = next(mount[:2] for mount in mounts if path.startswith(mount[1]))
    return ROOT / source / path.removeprefix(target).lstrip("/")


def option(words: list[str], name: str) -> str:
    """The value of ``--name=value``."""
    return next(word.partition("=")[2] for word in words if word.startswith(f"{name}="))
