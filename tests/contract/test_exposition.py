"""What Prometheus is told, held against what happened on a real cache."""

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from bench import CATALOGUE, CUTS, SOLO, Bench, key
from flask import Flask
from prometheus import promtool
from scrapes import scraped

from precompute.errors import LeaseLost
from precompute.facts import Action
from precompute.measures import report_worker
from precompute.precomputer import Precomputer
from precompute.processes import Accounts
from precompute.schedule import LOCK

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = DEPLOY / "grafana/dashboards/precompute.json"
RULES = DEPLOY / "prometheus/rules.yml"
LABELS = {"task_type", "outcome", "cause", "window", "queue", "role", "le", "subject", "route", "method", "status"}


def lived(bench: Bench) -> None:
    """Two computations of 1.5 s, one of them read twice; a failure, a miss, and a task that waits."""
    bench.have(SOLO)
    bench.have(SOLO, video="v2")
    for _ in range(2):
        bench.cache.read(key(SOLO))
    bench.cache.read(key(SOLO, "v9"))
    bench.trigger(SOLO, video="v3")
    bench.clock.forward(timedelta(seconds=7))
    bench.begin(SOLO, video="v3")
    bench.fail(SOLO, video="v3")
    bench.trigger(CUTS, video="v4")
    bench.clock.forward(timedelta(seconds=3))


def followed(precomputer: Precomputer, bench: Bench) -> None:
    """Three predictions that an action follows: of a user who does the same again, and then something else."""
    for name in ("look", "look", "look", "buy"):
        precomputer.predictions_for(["u1"])
        bench.clock.forward(timedelta(seconds=1))
        precomputer.memory.record([Action(at=bench.clock(), user_id="u1", action=name)])


def test_predictions_are_told_beside_the_plain_guess(app: Flask, bench: Bench, precomputer: Precomputer) -> None:
    """How many were followed and how many of them were right, of the model's and of what the user did most often."""
    followed(precomputer, bench)
    told = scraped(app)
    for window in ("hour", "day", "week"):
        assert told.value("precompute_predictions_followed", window=window) == 4
        # Nothing was known before the first, and the last was something else.
        assert told.value("precompute_prediction_plain_top1_ratio", window=window) == 0.5
    assert told.value("precompute_prediction_top1_ratio", window="day") is not None


def test_what_happened_is_told(app: Flask, bench: Bench) -> None:
    """Reads, computations with their times, failures, waiting and its time, and use, each where it belongs."""
    lived(bench)
    told = scraped(app)
    reads = "precompute_cache_reads_total"
    assert [told.value(reads, task_type="solo", outcome=outcome) for outcome in ("hit", "stale", "miss")] == [2, 0, 1]
    took = "precompute_processing_duration_seconds"
    assert (told.value(f"{took}_count", task_type="solo"), told.value(f"{took}_sum", task_type="solo")) == (2, 3)
    # 1.5 s lie between 2 ** 10.5 and 2 ** 11 milliseconds.
    assert told.value(f"{took}_bucket", task_type="solo", le="1.448") == 0
    assert told.value(f"{took}_bucket", task_type="solo", le="2.048") == 2
    assert told.value("precompute_tasks_failed_total", task_type="solo") == 1
    assert told.value("precompute_tasks_failed") == 1
    assert told.value("precompute_tasks_unfinished") == 2
    assert told.values("precompute_queue_tasks", "task_type") == {"raw": 1, "cuts": 1}
    assert told.value("precompute_queue_oldest_wait_seconds", queue="video") == 3
    waited = "precompute_queue_wait_duration_seconds"
    assert (told.value(f"{waited}_count", queue="video"), told.value(f"{waited}_sum", queue="video")) == (3, 7)
    assert told.value(f"{waited}_bucket", queue="video", le="4.096") == 2
    assert told.value("precompute_results_stored_total", task_type="solo", cause="event") == 2
    assert told.value("precompute_results_read_total", task_type="solo", cause="event") == 1
    assert told.value("precompute_results_saved_seconds_total", task_type="solo", cause="event") == 1.5
    assert told.values("precompute_cache_entries", "task_type") == {"solo": 2}


def test_leases_that_were_lost_and_that_lapsed_are_told(app: Flask, bench: Bench) -> None:
    """A result that came after an invalidation, and a worker that gave no sign of life."""
    bench.trigger(SOLO)
    bench.begin(SOLO)
    bench.invalidate("solo:*")
    with pytest.raises(LeaseLost):
        bench.store(SOLO)
    bench.trigger(SOLO, video="v2")
    bench.begin(SOLO, video="v2")
    bench.die(SOLO, "v2")
    bench.ledger.overdue()
    told = scraped(app)
    assert told.values("precompute_leases_lost_total", "task_type") == {"solo": 1}
    assert told.values("precompute_leases_expired_total", "task_type") == {"solo": 1}


def test_how_far_refreshes_are_behind_is_told(app: Flask, bench: Bench) -> None:
    """What is due and not handed out, and for how long the first has been; nothing before it is due."""
    bench.have(SOLO)
    assert scraped(app).value("precompute_refresh_lag_seconds") == 0
    due_at = float(bench.client.zscore("pc:due", str(key(SOLO)))) / 1000
    bench.clock.forward(timedelta(seconds=due_at - bench.clock().timestamp() + 90))
    told = scraped(app)
    assert (told.value("precompute_refresh_lag_seconds"), told.value("precompute_refreshes_due")) == (90, 1)


def test_nothing_is_told_by_key_or_id(app: Flask, bench: Bench) -> None:
    """Neither subjects nor users nor task ids come into a label, and labels are of a known few kinds."""
    for number in range(5):
        bench.have(SOLO, video=f"secret-{number}")
        app.test_client().get(f"/api/precompute/cache/solo:video:secret-{number}")
    told = scraped(app)
    assert "secret" not in told.text
    names = {label for _, labels in told.samples for label, _ in labels}
    assert names <= LABELS | {"version", "python_version", "implementation", "alert"}


@pytest.mark.parametrize("stored", [1, 200])
def test_a_scrape_costs_the_same_however_much_is_stored(app: Flask, bench: Bench, stored: int) -> None:
    """As many series and as many commands for one result as for hundreds."""
    for number in range(stored):
        bench.have(SOLO, video=f"v{number}")
    # The first counts itself, and weighs a sample of the results; the next ones are told what was found.
    scraped(app)
    first = scraped(app)
    bench.client.config_resetstat()
    second = scraped(app)
    asked = bench.commands()
    assert {name: asked.get(name, 0) for name in ("scan", "keys", "zrange", "hget")} == {
        "scan": 0, "keys": 0, "zrange": 1, "hget": 2,
    }  # fmt: skip
    assert asked["zcard"] == 7 * len(CATALOGUE.rows) + 4
    assert len(first.text.splitlines()) < 1500
    assert first.names == second.names


def test_promtool_has_nothing_against_it(app: Flask, bench: Bench) -> None:
    """Names, types, units and help are as Prometheus wants them."""
    lived(bench)
    promtool("check", "metrics", text=scraped(app).text)


def test_other_formats_are_told_to_those_who_ask(app: Flask) -> None:
    """Prometheus asks for OpenMetrics, and gets it; curl gets plain text."""
    client = app.test_client()
    plain = client.get("/metrics")
    asked = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert plain.content_type.startswith("text/plain; version=0.0.4")
    assert asked.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert asked.get_data(as_text=True).endswith("# EOF\n")


def expressions() -> Iterator[str]:
    """Everything that the dashboard and the rules ask for."""
    board = json.loads(DASHBOARD.read_text())
    yield from (target["expr"] for panel in board["panels"] for target in panel.get("targets", ()))
    yield from (each["expr"] for each in board["annotations"]["list"] if "expr" in each)
    yield from (each["definition"] for each in board["templating"]["list"] if "definition" in each)
    groups = yaml.safe_load(RULES.read_text())["groups"]
    yield from (rule["expr"] for group in groups for rule in group["rules"])


def test_what_the_dashboard_and_the_rules_ask_for_is_told(app: Flask, bench: Bench, precomputer: Precomputer) -> None:
    """Every name in every expression is one of a real scrape, or of a rule that records it."""
    lived(bench)
    followed(precomputer, bench)
    report_worker(bench.cache, name="interactive@host", processes=1, queues=["video"], busy=0.5)
    Accounts(cache=bench.cache, role="interactive", name="interactive@host").report([os.getpid()])
    bench.client.set(LOCK, "token", px=14_000)
    bench.cache.scripts.run("warm_due", bench.cache.now_ms(), 1000, 1000)
    app.test_client().get("/healthz")
    scraped(app)
    told = scraped(app).names | {"precompute_alerts_active"}
    recorded = set(re.findall(r"record: (\S+)", RULES.read_text()))
    asked = {
        name
        for expression in expressions()
        for name in re.findall(r"\b(?:precompute[:_]|process_)[a-zA-Z0-9_:]+", expression)
    }
    assert len(asked) > 50
    assert asked - told - recorded == set()
