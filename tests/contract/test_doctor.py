"""``precompute doctor``: what is wrong is found, and how it is mended is said."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from remote_command_line import RemoteCommandLine, beside_a_service
from servers import ValkeyServer, free_port

from api.doctor.finding import Finding, Health
from api.doctor.servers import cache_findings, skew
from precompute.clock import system_clock
from precompute.measures import report_worker
from precompute.queues import IN_DRAIN_ORDER
from precompute.schedule import LOCK
from precompute.settings import Settings

ROOT = Path(__file__).parents[2]

CACHE = ("--maxmemory", "200mb", "--maxmemory-policy", "allkeys-lru")
BROKER = ("--maxmemory-policy", "noeviction")


class Patient:
    """An installation with two servers of its own, in good order until somebody spoils it."""

    def __init__(self, folder: Path, cache: ValkeyServer, broker: ValkeyServer, line: RemoteCommandLine) -> None:
        self.folder, self.cache, self.broker, self.line = folder, cache, broker, line
        self.line.environ |= {"BROKER_URL": broker.url, "PRECOMPUTE_DATA_DIR": str(folder)}

    def checks(self, **environ: str) -> dict[str, dict[str, Any]]:
        """What is found, by name."""
        result = self.line("doctor", "--json", **environ)
        told = json.loads(result.stdout)
        found = {check["name"]: check for check in told["checks"]}
        assert result.exit_code == int(any(check["health"] == "broken" for check in found.values()))
        assert told["ok"] is (result.exit_code == 0)
        return found


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ValkeyServer, ValkeyServer]]:
    """A cache and a broker as they should be."""
    folder = tmp_path_factory.mktemp("doctor")
    with ValkeyServer(folder / "c", *CACHE) as cache, ValkeyServer(folder / "b", *BROKER) as broker:
        yield cache, broker


@pytest.fixture
def patient(servers: tuple[ValkeyServer, ValkeyServer], tmp_path: Path) -> Iterator[Patient]:
    """Healthy: a worker for every queue, and beat."""
    cache, broker = servers
    for server, words in ((cache, CACHE), (broker, BROKER)):
        with server.client() as client:
            client.flushall()
            for name, value in zip(words[::2], words[1::2], strict=True):
                client.config_set(name.removeprefix("--"), value)
            client.config_set("appendonly", "yes")
    with beside_a_service(cache, tmp_path) as line:
        one = Patient(tmp_path, cache, broker, line)
        report_worker(line.engine.cache, name="w", processes=3, queues=[queue.label for queue in IN_DRAIN_ORDER])
        with broker.client() as client:
            client.set(LOCK, 1)
        yield one
        line.engine.facts.close()


def test_a_healthy_installation_is_told_to_be(patient: Patient) -> None:
    """Everything is looked at, and nothing is broken; the database's tables may be still to come."""
    found = patient.checks()
    assert {name: check["found"] for name, check in found.items() if check["health"] == "broken"} == {}
    assert {
        *("settings", "ports", "cache", "memory of the cache", "clock of the cache", "broker", "memory of the broker"),
        *("file of the broker", "database", "data folder", "media folder", "disk of the data", "model actions"),
        *("decoder", "beat", "workers", "API", "tasks set aside"),
    } <= set(found)
    shown = patient.line("doctor")
    assert shown.exit_code == 0
    assert "checks are well" in shown.stderr


SPOILT = {
    "a cache that cannot forget": ("cache", {"maxmemory-policy": "noeviction"}, "memory of the cache", "broken"),
    "a cache without a bound": ("cache", {"maxmemory": "0"}, "memory of the cache", "warning"),
    "a broker that forgets": ("broker", {"maxmemory-policy": "allkeys-lru"}, "memory of the broker", "broken"),
    "a broker without a file": ("broker", {"appendonly": "no"}, "file of the broker", "warning"),
}


@pytest.mark.parametrize(("server", "options", "name", "health"), SPOILT.values(), ids=SPOILT)
def test_a_wrong_policy_is_found(
    patient: Patient, server: str, options: dict[str, str], name: str, health: str
) -> None:
    """With the command that sets it right, which does."""
    with getattr(patient, server).client() as client:
        for option, value in options.items():
            client.config_set(option, value)
        found = patient.checks()[name]
        assert found["health"] == health
        _, _, command = found["mend"].partition("CONFIG SET ")
        option, value = command.split(",")[0].split()
        client.config_set(option, value)
    assert patient.checks()[name]["health"] == "ok"


def test_servers_that_are_away_are_found(patient: Patient) -> None:
    """Each is named, the rest is still looked at, and nobody waits long."""
    found = patient.checks(REDIS_URL="redis://127.0.0.1:1/0", BROKER_URL="redis://127.0.0.1:2/0")
    assert (found["cache"]["health"], found["broker"]["health"]) == ("broken", "broken")
    assert "REDIS_URL" in found["cache"]["mend"]
    assert found["decoder"]["health"] == "ok"


def test_another_kind_of_broker_is_asked_whether_it_answers(patient: Patient) -> None:
    """RabbitMQ has no policies to look at."""
    assert patient.checks(BROKER_URL=f"amqp://127.0.0.1:{free_port()}//")["broker"]["health"] == "broken"


IN_THE_CACHE = {
    "forgets facts": ({"maxmemory-policy": "allkeys-lru"}, "memory of the cache", "broken"),
    "forgets nothing": ({"maxmemory-policy": "noeviction"}, "memory of the cache", "broken"),
    "has no bound": ({"maxmemory": "0", "maxmemory-policy": "volatile-lru"}, "memory of the cache", "warning"),
    "has no file": ({"maxmemory-policy": "volatile-lru", "appendonly": "no"}, "file of the cache", "warning"),
}


@pytest.mark.parametrize(("options", "name", "health"), IN_THE_CACHE.values(), ids=IN_THE_CACHE)
@pytest.mark.parametrize("broker", ["amqp://rabbit//", "sentinel://one:26379;sentinel://two:26379"])
def test_a_cache_that_must_keep_facts_is_held_to_that(
    patient: Patient, options: dict[str, str], name: str, health: str, broker: str
) -> None:
    """With RabbitMQ or Sentinels as the broker: results alone may be evicted, and a restart must lose nothing."""
    settings = Settings(redis_url=patient.cache.url, broker_url=broker, broker_master="main")

    def found() -> Finding:
        return {each.name: each for each in cache_findings(settings, clock=system_clock)}[name]

    with patient.cache.client() as client:
        for option, value in options.items():
            client.config_set(option, value)
        spoilt = found()
        assert spoilt.health == health
        _, _, command = spoilt.mend.partition("CONFIG SET ")
        client.config_set(*command.split(",")[0].split())
    assert found().health is Health.OK


def test_a_server_for_the_facts_is_held_to_forgetting_nothing(patient: Patient) -> None:
    """Where it is set, the cache may forget what it likes again, and the other one nothing."""
    with patient.cache.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    beside = {"BROKER_URL": f"amqp://127.0.0.1:{free_port()}//", "PRECOMPUTE_FACTS_URL": patient.broker.url}
    found = patient.checks(**beside)
    assert {name: found[name]["health"] for name in ("memory of the cache", "memory of the facts", "beat")} == {
        "memory of the cache": "ok",
        "memory of the facts": "ok",
        "beat": "ok",
    }
    with patient.broker.client() as client:
        client.config_set("maxmemory-policy", "volatile-lru")
    assert patient.checks(**beside)["memory of the facts"]["health"] == "broken"


def test_a_database_that_several_hosts_cannot_share_is_told(patient: Patient) -> None:
    """A SQLite file, as soon as workers run on two hosts; on one it is none of anybody's concern."""
    told = "workers on several hosts"
    assert told not in patient.checks()
    report_worker(patient.line.engine.cache, name="w@host-a", processes=1, queues=["general"])
    report_worker(patient.line.engine.cache, name="w@host-b", processes=1, queues=["general"])
    found = patient.checks()[told]
    assert found["health"] == "warning"
    assert "host-a, host-b" in found["found"]
    server = patient.checks(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert server[told]["health"] == "ok"


def test_one_server_for_both_is_told(patient: Patient) -> None:
    """A warning where it keeps everything, broken where it may forget messages."""
    both = {"BROKER_URL": "", "REDIS_URL": patient.cache.url}
    assert patient.checks(**both)["one server for both"]["health"] == "broken"
    with patient.cache.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
    assert patient.checks(**both)["one server for both"]["health"] == "warning"


def test_a_queue_without_a_worker_is_named(patient: Patient) -> None:
    """And how to start one."""
    report_worker(patient.line.engine.cache, name="w", processes=3, queues=["critical", "video"])
    found = patient.checks()["workers"]
    assert found["health"] == "broken"
    assert "login" in found["found"]
    assert "-Q " in found["mend"]


def test_beat_that_is_silent_is_found(patient: Patient) -> None:
    """By its lock, which lapses."""
    with patient.broker.client() as client:
        client.delete(LOCK)
    assert patient.checks()["beat"]["health"] == "broken"


def test_a_damaged_model_is_found(patient: Patient) -> None:
    """A file that is not the one of the manifest."""
    folder = patient.folder / "models" / "actions"
    folder.mkdir(parents=True)
    manifest = json.loads(next((ROOT / "models/artifacts/actions").glob("manifest.json")).read_text())
    name = next(iter(manifest["versions"]))
    (folder / "manifest.json").write_text(json.dumps({**manifest, "current": name}))
    (folder / f"{name}.joblib").write_bytes(b"not a model")
    found = patient.checks()["model actions"]
    assert found["health"] == "broken"
    assert "models rollback actions" in found["mend"]


def test_a_database_that_is_away_or_too_new_is_found(patient: Patient, tmp_path: Path) -> None:
    """A folder that is not there, and a step that this version does not know."""
    away = patient.checks(DATABASE_URL=f"sqlite:///{tmp_path}/none/facts.sqlite3")["database"]
    assert away["health"] == "broken"
    from sqlalchemy import create_engine, text  # noqa: PLC0415

    url = f"sqlite:///{tmp_path}/new.sqlite3"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    engine.dispose()
    assert patient.checks(DATABASE_URL=url)["database"]["health"] == "broken"


def test_a_media_folder_that_is_not_there_is_told(patient: Patient, tmp_path: Path) -> None:
    """A warning: videos may come by URL."""
    assert patient.checks(PRECOMPUTE_MEDIA_ROOT=str(tmp_path / "none"))["media folder"]["health"] == "warning"


def test_no_api_and_one_without_a_key_are_told_apart(patient: Patient) -> None:
    """Nobody answers there."""
    found = patient.checks(PRECOMPUTE_URL=f"http://127.0.0.1:{free_port()}")["API"]
    assert found["health"] == "broken"
    assert "make run" in found["mend"]


def test_a_wrong_setting_is_told_as_a_finding(patient: Patient) -> None:
    """One line that names it, and exit code 1."""
    found = patient.checks(PRECOMPUTE_WORKERS="many")
    assert list(found) == ["settings"]
    assert "PRECOMPUTE_WORKERS" in found["settings"]["found"]


def test_two_parts_on_one_port_are_told(patient: Patient) -> None:
    """Both variables are named."""
    found = patient.checks(PRECOMPUTE_PORT="9000", PRECOMPUTE_FLOWER_PORT="9000")["ports"]
    assert (found["health"], "PRECOMPUTE_PORT" in found["found"]) == ("broken", True)


@pytest.mark.parametrize(
    ("seconds", "health"),
    [(0.0, Health.OK), (-1.0, Health.OK), (1.5, Health.WARNING), (-10.0, Health.WARNING), (3600.0, Health.BROKEN)],
)
def test_clocks_that_differ_are_told_by_how_much(seconds: float, health: Health) -> None:
    """A second is nothing, an hour is a broken installation; ahead or behind."""
    found = skew("clock", seconds)
    assert found.health is health
    assert ("ahead" in found.found) is (seconds > 0)


def test_the_clock_is_held_against_that_of_the_server(patient: Patient) -> None:
    """This machine's, an hour behind."""

    def late() -> datetime:
        return system_clock() - timedelta(hours=1)

    settings = Settings(redis_url=patient.cache.url, broker_url=patient.broker.url)
    found = {one.name: one for one in cache_findings(settings, clock=late)}
    assert found["clock of the cache"].health is Health.BROKEN


def test_a_task_that_was_set_aside_is_a_warning(patient: Patient) -> None:
    """It waits for somebody to look."""
    with patient.cache.client() as client:
        client.zadd("pc:failed", {"dashboard_data:user:u1": 9e15})
        client.zadd("pc:aside", {"dashboard_data:user:u1": 9e15})
    assert patient.checks()["tasks set aside"]["health"] == "warning"
