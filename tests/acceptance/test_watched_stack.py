"""How the whole stack is watched: Flower's view of it, and alerts when parts of it fall silent.

All tests share one stack, beside two servers with a password.
"""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis
from honcho.environ import parse_procfile
from servers import ValkeyServer
from stack_process import ROOT, Stack, free_ports, processes_marked
from webhook import Webhook, webhook

from precompute.queues import IN_DRAIN_ORDER

UP = (sys.executable, "-m", "api.cli", "up")
PASSWORD = "geheim"
LOGIN = ("watcher", "pass:word")
CAMPAIGN = {"campaign_id": "c1", "user_id": "u1", "campaign_data": {"name": "Shoes", "token": "signed-secret"}}
TRIES = 60

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="only Linux tells the environment of a process")


class Watched:
    """A running stack, its Flower and the web server that its alerts are sent to."""

    def __init__(self, stack: Stack, environ: dict[str, str], hook: Webhook, broker: "redis.Redis") -> None:
        self.stack = stack
        self.environ = environ
        self.hook = hook
        self.broker: Any = broker
        self.api = httpx2.Client(base_url=f"http://127.0.0.1:{environ['PRECOMPUTE_PORT']}/api/precompute", timeout=40)
        self.flower = flower_client(environ)

    def until(self, found: Callable[[], Any]) -> Any:
        """What ``found`` gives, once it gives something."""
        for _ in range(TRIES):
            if answer := found():
                return answer
            # A read that nobody answers is a wait of a second.
            self.broker.blpop("test:nobody", timeout=1)
        raise AssertionError(self.stack.output)

    def tasks(self) -> dict[str, dict[str, Any]]:
        """The tasks that Flower knows, by name."""
        return {task["name"]: task for task in self.flower.get("/api/tasks").json().values()}

    def workers(self) -> set[str]:
        """The names of those that the API has heard of, and that Flower has."""
        heard = self.api.get("/metrics").json()["metrics"]["workers"]
        shown = self.flower.get("/api/workers", params={"refresh": 1}).json()
        names = ({name.partition("@")[0] for name in one} for one in ([each["name"] for each in heard], shown))
        return set.intersection(*names)

    def forget_the_start(self) -> None:
        """A second worker that comes late is told of, and its coming, too; wait for that, and count from here."""
        missing = "precompute: workers_missing"
        self.until(lambda: "workers_missing" not in {alert["name"] for alert in self.alerts()})
        if f"{missing} has started" in self.hook.titles:
            self.hook.wait_for(f"{missing} is over")
        self.hook.taken.clear()

    def alerts(self) -> list[dict[str, Any]]:
        """What is wrong now."""
        found: list[dict[str, Any]] = self.api.get("/metrics").json()["metrics"]["alerts"]
        return found

    def signal(self, number: signal.Signals, *words: str) -> None:
        """Send a signal to the processes whose command line has one of these words."""
        for pid, line in processes_marked(self.stack.mark).items():
            if any(word in line for word in words):
                os.kill(pid, number)


def flower_client(environ: dict[str, str]) -> httpx2.Client:
    """Logged in."""
    return httpx2.Client(base_url=f"http://127.0.0.1:{environ['PRECOMPUTE_FLOWER_PORT']}", auth=LOGIN, timeout=20)


def locked(folder: Path) -> ValkeyServer:
    """A server that wants a password."""
    server = ValkeyServer(folder)
    with server.client() as client:
        client.config_set("requirepass", PASSWORD)
    return server


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The stack, up; a quick watch of it, with messages sent to a web server of the test's."""
    folder = tmp_path_factory.mktemp("watched")
    api, flower = free_ports(2)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
    with locked(folder / "cache") as cache, locked(folder / "broker") as broker, webhook() as hook:
        environ = {
            **kept,
            "REDIS_URL": cache.url.replace("//", f"//:{PASSWORD}@"),
            "BROKER_URL": broker.url.replace("//", f"//:{PASSWORD}@"),
            "PRECOMPUTE_PORT": str(api),
            "PRECOMPUTE_FLOWER_PORT": str(flower),
            "PRECOMPUTE_FLOWER_LOGIN": ":".join(LOGIN),
            "PRECOMPUTE_DATA_DIR": str(folder / "data"),
            "PRECOMPUTE_WORKERS": "1",
            "PRECOMPUTE_ALERT_URLS": hook.url,
            "PRECOMPUTE_ALERT_INTERVAL": "1s",
            "PRECOMPUTE_ALERT_AFTER": "1s",
            "PRECOMPUTE_ALERT_OVER_AFTER": "2s",
        }
        stack = Stack(*UP, environ=environ)
        client = redis.Redis.from_url(environ["BROKER_URL"], socket_timeout=70)
        found = Watched(stack, environ, hook, client)
        try:
            stack.wait_until_up()
            found.until(lambda: _tasks_of(found) is not None)
            found.until(lambda: found.workers() == {"interactive", "background"})
            yield found
        finally:
            stack.clear_away()
            for each in (client, found.api, found.flower):
                each.close()


@pytest.mark.parametrize("page", ["/", "/tasks", "/broker", "/api/tasks", "/api/workers", "/api/queues/length"])
def test_flower_wants_a_login(watched: Watched, page: str) -> None:
    """Of pages and of its API; a wrong password is none."""
    address = f"{watched.flower.base_url}".rstrip("/") + page
    assert httpx2.get(address, timeout=20).status_code == 401
    assert httpx2.get(address, auth=("watcher", "pass"), timeout=20).status_code == 401
    assert watched.flower.get(page).status_code == 200


def test_flower_can_be_asked_whether_it_lives(watched: Watched) -> None:
    """By what supervises containers, without a login."""
    answer = httpx2.get(f"{watched.flower.base_url}".rstrip("/") + "/healthcheck", timeout=20)
    assert (answer.status_code, answer.text) == (200, "OK")


def test_flower_shows_key_and_cause_of_each_task(watched: Watched) -> None:
    """By the names of the catalogue, on our queues and workers; not what was sent along, nor beat's housekeeping."""
    assert watched.api.post("/campaign", json=CAMPAIGN).status_code == 202
    assert watched.api.get("/cache/roas_prediction:campaign:c1", params={"wait": 30}).status_code == 200
    names = {"precompute.variant_generation", "precompute.variant_scoring", "precompute.roas_prediction"}

    def done() -> dict[str, dict[str, Any]] | None:
        found = watched.tasks()
        ended = all(found.get(name, {}).get("state") == "SUCCESS" for name in names)
        return found if ended else None

    tasks = watched.until(done)
    roas = tasks["precompute.roas_prediction"]
    assert (roas["args"], roas["kwargs"]) == ("roas_prediction:campaign:c1", "cause=event")
    assert (roas["routing_key"], roas["worker"].partition("@")[0]) == ("campaign", "interactive")
    assert not {"precompute.sweep", "precompute.drain", "precompute.refresh", "precompute.watch"} & set(tasks)
    assert "signed-secret" not in watched.flower.get("/api/tasks").text
    page = watched.flower.get(f"/task/{roas['uuid']}").text
    assert "roas_prediction:campaign:c1" in page
    assert "cause=event" in page


def test_flower_shows_the_queues_of_a_broker_with_a_password(watched: Watched) -> None:
    """All seven, with how many messages wait, and both workers; the password is nowhere."""
    lengths = watched.until(lambda: watched.flower.get("/api/queues/length").json()["active_queues"])
    assert {each["name"] for each in lengths} == {queue.label for queue in IN_DRAIN_ORDER}
    watched.until(lambda: watched.workers() == {"interactive", "background"})
    assert PASSWORD not in watched.flower.get("/api/workers", params={"refresh": 1}).text
    assert all(PASSWORD not in watched.flower.get(page).text for page in ("/broker", "/workers", "/tasks"))


def test_what_falls_silent_is_told_once_and_its_return_too(watched: Watched) -> None:
    """Beat, which has it looked, and all workers, which would look: the API looks in their place, tells and sends."""
    watched.forget_the_start()
    silent = ("workers.beat.Scheduler", "interactive@", "background@")
    watched.signal(signal.SIGSTOP, *silent)
    watched.hook.wait_for("precompute: beat_silent has started", "precompute: workers_missing has started")
    alerts = {alert["name"]: alert for alert in watched.alerts()}
    assert {"beat_silent", "workers_missing"} <= set(alerts)
    told = alerts["workers_missing"]["summary"]
    assert told.startswith("No worker runs: nothing is computed. Not heard of lately: background@")
    watched.signal(signal.SIGCONT, *silent)
    watched.hook.wait_for("precompute: beat_silent is over", "precompute: workers_missing is over")
    for name in ("beat_silent", "workers_missing"):
        titles = [title for title in watched.hook.titles if name in title]
        assert titles == [f"precompute: {name} has started", f"precompute: {name} is over"]


def test_flower_knows_after_a_restart_what_it_knew(watched: Watched) -> None:
    """Last, as it ends the stack: the Procfile's own Flower, started alone, shows the task of the stack's."""
    assert "precompute.roas_prediction" in watched.tasks()
    assert watched.stack.end(signal.SIGTERM) == 0, watched.stack.output
    command = parse_procfile((ROOT / "Procfile").read_text()).processes["flower"]
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environ = watched.environ | {"PATH": programs}
    alone = subprocess.Popen(["sh", "-c", command], cwd=ROOT, env=environ, stderr=subprocess.DEVNULL)
    try:
        assert "flower" in shlex.split(command)
        assert "precompute.roas_prediction" in watched.until(lambda: _tasks_of(watched))
    finally:
        alone.terminate()
        alone.wait(timeout=30)


def _tasks_of(watched: Watched) -> dict[str, dict[str, Any]] | None:
    try:
        return watched.tasks()
    except httpx2.TransportError:
        return None
