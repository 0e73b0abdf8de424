"""Each alert for Prometheus fires when the running service is in that state; while all is well none does.

One service and one Prometheus for all tests, which therefore run in the order in which they stand: what is still well
is broken by the next.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from plugin_tasks import QUICK, SLOW, UNUSABLE
from watched_service import RULES, WatchedService

from precompute.clock import system_clock
from precompute.facts import Action
from precompute.foresight import Foresight
from precompute.ledger import Beginning
from precompute.memory import Memory
from precompute.prediction import PredictedAction, Prediction
from precompute.recent import RecentActions
from precompute.scripts import connect
from precompute.stream import FactStream, stream_url

DASHBOARD = Path(__file__).parents[2] / "deploy/grafana/dashboards/precompute.json"
FIRED: set[str] = set()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedService]:
    """The service without workers and beat, which the tests start."""
    service = WatchedService(tmp_path_factory.mktemp("watched"))
    try:
        yield service
    finally:
        service.close()


def fires(service: WatchedService, alert: str, **how: Any) -> list[dict[str, str]]:
    """Labels with which it fires, once it does; remembered for the last test."""
    labels = service.until_fires(alert, **how)
    FIRED.add(alert)
    return labels


def test_without_workers_and_beat_that_is_told(service: WatchedService) -> None:
    """Nobody drains any queue, and no beat ticks."""
    assert len(fires(service, "PrecomputeQueueUndrained")) == 7
    fires(service, "PrecomputeBeatSilent")


def test_nothing_fires_while_all_is_well(service: WatchedService) -> None:
    """With workers and beat everything that fired ends, and no rule breaks."""
    service.start_work()
    service.until_told('precompute_workers{role="interactive"} == 1 and on () precompute_beat_up == 1')
    # A child with the libraries it needs takes a hundred megabytes at least, and time to get there.
    for role in ("api", "interactive", "background"):
        assert service.until_told(f'precompute_process_resident_memory_bytes{{role="{role}"}}') > 5e7
        assert service.until_told(f'precompute_process_cpu_seconds_total{{role="{role}"}} > 0.5')
    assert service.until_told('precompute_processes{role="interactive"} == 2')
    service.until_well()
    assert service.prometheus.rule_errors() == []
    assert service.prometheus.query("precompute:queue_tasks:sum")


def test_the_dashboard_is_understood(service: WatchedService) -> None:
    """Prometheus knows what each of its expressions means, and answers those at a glance with figures."""
    board = json.loads(DASHBOARD.read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", ()):
            expression = target["expr"].replace("$task_type", ".*").replace("$__rate_interval", "30s")
            found = service.prometheus.query(expression.replace("$__range", "5m"))
            if panel["title"] in {"Waiting", "API", "Cache", "Broker", "Beat", "Worker processes", "Workers busy"}:
                assert found, panel["title"]


def test_a_low_hit_rate_fires(service: WatchedService) -> None:
    """Forty reads, and nothing there."""
    for number in range(40):
        assert service.http.get(f"/api/precompute/cache/quick:user:nobody{number}").status_code == 404
    fires(service, "PrecomputeHitRateLow")


def test_lost_workers_and_a_dead_beat_fire(service: WatchedService) -> None:
    """Killed without a word, they are missed; the queue that one drained is not drained any more."""
    for process in (service.worker, service.beat):
        process.kill()
    assert [labels["role"] for labels in fires(service, "PrecomputeWorkersMissing")] == ["interactive"]
    assert {labels["queue"] for labels in fires(service, "PrecomputeQueueUndrained")} == {
        "critical", "campaign", "video", "login", "general",
    }  # fmt: skip
    fires(service, "PrecomputeBeatSilent")
    service.background.kill()


def test_a_deep_queue_fires(service: WatchedService) -> None:
    """More than a hundred tasks that nobody takes up."""
    for number in range(102):
        service.asked(SLOW, user=f"waits{number}")
    fires(service, "PrecomputeQueueDeep")


def test_a_slow_type_fires(service: WatchedService) -> None:
    """Ten computations of forty seconds, of a type that may take fifteen."""
    for number in range(10):
        service.asked(QUICK, user=f"slow{number}").store(cost=timedelta(seconds=40))
    assert [labels["task_type"] for labels in fires(service, "PrecomputeProcessingSlow")] == ["quick"]


def test_failing_tasks_fire(service: WatchedService) -> None:
    """Ten failures and nothing else of a type."""
    for number in range(10):
        service.asked(UNUSABLE, user=f"fails{number}").fail()
    assert [labels["task_type"] for labels in fires(service, "PrecomputeTasksFailing")] == ["unusable"]


def test_a_task_that_is_set_aside_fires(service: WatchedService) -> None:
    """Taken up again and again, since each lease lapses without a sign of life."""
    asked = service.asked(SLOW, user="deadly")
    for _ in range(100):
        if asked.begin(lease=timedelta(milliseconds=1)) is Beginning.SET_ASIDE:
            break
    fires(service, "PrecomputeTasksSetAside")


def test_refreshes_that_are_late_fire(service: WatchedService) -> None:
    """A result of two hours ago, fresh for one: its refresh has been due ever since, and there is no beat."""

    def earlier() -> datetime:
        return system_clock() - timedelta(hours=2)

    service.asked(QUICK, user="late", clock=earlier).store(cost=timedelta(seconds=1))
    fires(service, "PrecomputeRefreshesBehind")


def test_predictions_that_are_worse_than_the_plain_guess_fire(service: WatchedService) -> None:
    """Users do again what they always did, and the model says something else each time."""
    wrong = Prediction(actions=(PredictedAction(action="buy", probability=0.9),), model_version="wrong")
    recent = RecentActions(connect(service.settings.redis_url), clock=system_clock)
    foresight = Foresight(recent=recent, predict=lambda histories, *, at: [wrong for _ in histories])
    # Nobody else predicts in between.
    memory = Memory(FactStream(connect(stream_url(service.settings))), recent)
    for _ in range(8):
        foresight.of(["u1"])
        memory.record([Action(at=system_clock(), user_id="u1", action="look")])
    fires(service, "PrecomputePredictionsWorse")


def test_a_dead_broker_fires_and_so_do_the_errors_that_follow(service: WatchedService) -> None:
    """Triggers are answered with 503 meanwhile."""
    service.broker.kill()
    fires(service, "PrecomputeBrokerDown")

    def trigger() -> None:
        answer = service.http.post("/api/precompute/login", json={"user_id": "u1"})
        assert answer.status_code == 503, answer.text

    fires(service, "PrecomputeErrors", meanwhile=trigger)


def test_a_dead_cache_fires(service: WatchedService) -> None:
    """Scrapes are answered all the same, which is how it is known."""
    service.cache.kill()
    fires(service, "PrecomputeCacheDown")
    assert service.until_told('up{job="precompute"}') == 1


def test_a_dead_api_fires(service: WatchedService) -> None:
    """Nobody answers scrapes any more."""
    service.api.kill()
    fires(service, "PrecomputeDown")


def test_every_alert_has_fired() -> None:
    """None of the file was left out here."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    assert {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule} == FIRED
    assert len(re.findall(r"- alert:", RULES.read_text())) == len(FIRED)
