"""Models trained in one process and used in others: the command line, a real worker, and whoever predicts."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from local_cluster import LocalWorker
from platform_outcomes import steady_videos
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer

import celeryconfig
from models.registry import ModelKind, Registry
from precompute.settings import Settings
from precompute.store.database import Database
from workers.wiring import publishing_app

PREDICTS = """
import sys
from pathlib import Path
from models.registry import registry_in
from precompute.store.database import Database
from precompute.subjects import Subject
from workers.learning import platform_of
facts = Database(sys.argv[2])
for _ in sys.stdin:
    print(platform_of(facts, Subject.VIDEO, registry=registry_in(Path(sys.argv[1]))).model.version, flush=True)
"""

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a site with outcomes enough."""
    settings = Settings(data_dir=tmp_path / "data")
    facts = Database(settings.database)
    facts.write(steady_videos())
    facts.close()
    return settings


@pytest.fixture
def precompute(settings: Settings) -> Command:
    """The command line of that site."""

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        environ = {"PRECOMPUTE_DATA_DIR": str(settings.data_dir), "PYTHONPATH": ":".join(sys.path), "COLUMNS": "200"}
        command = [sys.executable, "-m", "api.cli", *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def predicting(settings: Settings) -> Iterator[Callable[[], str]]:
    """Another process that predicts; asks it which model it does so by."""
    command = [sys.executable, "-c", PREDICTS, str(settings.data_dir), settings.database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout

        def ask() -> str:
            print(file=process.stdin, flush=True)
            return process.stdout.readline().strip()

        yield ask
        process.stdin.close()


def test_what_the_command_trains_is_used_without_a_restart(
    settings: Settings, precompute: Command, predicting: Callable[[], str]
) -> None:
    """The other process predicts by itself, then by the trained model; one that is no better changes nothing."""
    assert predicting() == "outcomes-1"
    done = precompute("train", "ctr")
    assert done.returncode == 0, done.stderr
    version = Registry(own=settings.data_dir / "models").in_use(ModelKind.CTR)
    assert f"ctr {version.version} promoted" in done.stdout
    assert predicting() == version.version

    again = precompute("train", "ctr")
    assert again.returncode == 0
    assert "kept aside: not better" in again.stdout
    assert predicting() == version.version


def test_models_are_listed_and_rolled_back(
    settings: Settings, precompute: Command, predicting: Callable[[], str]
) -> None:
    """The list says what is in use; a step back or a version by name takes effect in the other process."""
    registry = Registry(own=settings.data_dir / "models")
    precompute("train", "ctr")
    first = registry.in_use(ModelKind.CTR)
    second = registry.publish(
        ModelKind.CTR,
        registry.current(ModelKind.CTR).model | {"remark": "by hand"},
        trained_at=first.trained_at,
        lineage=first.lineage,
    )
    used = precompute("models", "rollback", "ctr", second.version)
    assert used.stdout == f"ctr {second.version} is in use\n"
    assert predicting() == second.version
    listed = {line.split()[1]: line for line in precompute("models").stdout.splitlines()[1:]}
    assert "in use" in listed[second.version]
    assert "in use" not in listed[first.version]
    assert any(line.startswith("text") and "in use" in line for line in listed.values())
    assert precompute("models", "rollback", "ctr").stdout == f"ctr {first.version} is in use\n"
    assert predicting() == first.version


def test_a_damaged_file_is_refused(settings: Settings, precompute: Command) -> None:
    """It is listed as such, and does not come into use by name."""
    precompute("train", "ctr")
    registry = Registry(own=settings.data_dir / "models")
    version = registry.in_use(ModelKind.CTR).version
    (settings.data_dir / "models" / "ctr" / f"{version}.joblib").write_bytes(b"\x80\x04.")
    assert "damaged" in precompute("models").stdout
    refused = precompute("models", "rollback", "ctr", version)
    assert refused.returncode == 1
    assert refused.stderr == f"precompute: ctr model {version} is not the file that was published\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "roas"), "roas: 0 of the 200 daily outcomes of campaigns"),
        (("train", "text"), "text: 0 of the 30 campaigns"),
        (("train", "actions"), "actions: 0 of the 500 actions"),
        (("models", "rollback", "roas"), "no roas model was in use before this one"),
        (("models", "rollback", "ctr", "20200101-00000000"), "there is no ctr model 20200101-00000000"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(precompute: Command, words: tuple[str, ...], message: str) -> None:
    """And the exit code is 1."""
    done = precompute(*words)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith(f"precompute: {message}")
    assert "Traceback" not in done.stderr


def test_a_worker_trains_when_beat_asks(
    settings: Settings, cache_server: ValkeyServer, tmp_path: Path, predicting: Callable[[], str]
) -> None:
    """The message that beat sends comes to the background queue and ends with a model in use."""
    with ValkeyServer(tmp_path / "broker") as broker:
        environ = {
            "REDIS_URL": cache_server.url,
            "BROKER_URL": broker.url,
            "PRECOMPUTE_DATA_DIR": str(settings.data_dir.resolve()),
            "PRECOMPUTE_LOG_FORMAT": "text",
        }
        worker = LocalWorker(
            name="night", queues=("background",), environ=environ, log=tmp_path / "night.log", processes=1
        )
        try:
            worker.ready()
            entry = celeryconfig.beat_schedule["train"]
            publishing_app(Settings(broker_url=broker.url)).send_task(entry["task"], **entry["options"])
            wait_for_callable("waiting for the training", lambda: "action=not_trained kind=text" in worker.logs(), 120)
        finally:
            worker.teardown()
    assert "action=trained kind=ctr" in worker.logs()
    assert "action=training_step kind=ctr" in worker.logs()
    assert predicting() == Registry(own=settings.data_dir / "models").in_use(ModelKind.CTR).version
