"""What Prometheus is told of processes, requests and servers, whichever of several API processes it asks."""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from bench import Bench
from flask import Flask
from scrapes import patient_app, scraped
from servers import ValkeyServer

import celeryconfig
from api.app import create_app
from api.views.exposition import scrape_of
from precompute.measures import forget_lost_workers, report_worker
from precompute.precomputer import Precomputer
from precompute.processes import LOST_AFTER_S, MOST_ROLES, PROCESSES_KEY, Accounts, processes_by_role
from precompute.schedule import LOCK
from precompute.settings import Settings
from workers.wiring import precomputer as precomputer_of


def test_workers_are_told_by_role(app: Flask, bench: Bench) -> None:
    """Of two workers of one role the processes add up and the busy share is theirs together; queues know who drains."""
    for name, processes, queues, busy in (
        ("interactive@a", 3, ["critical", "video"], 0.5),
        ("interactive@b", 1, ["critical", "video"], 0.1),
        ("background@a", 1, ["refresh"], 0.0),
    ):
        report_worker(bench.cache, name=name, processes=processes, queues=queues, busy=busy)
    told = scraped(app)
    assert told.values("precompute_workers", "role") == {"interactive": 2, "background": 1}
    assert told.values("precompute_worker_processes", "role") == {"interactive": 4, "background": 1}
    assert told.value("precompute_worker_busy_ratio", role="interactive") == pytest.approx(0.4)
    assert told.values("precompute_queue_processes", "queue") == {"critical": 4, "video": 4, "refresh": 1}


def test_processes_are_added_up_and_forgotten(bench: Bench) -> None:
    """Two machines' memory adds up; time used only grows, also when one ends; children that changed were replaced."""
    one, other = (Accounts(cache=bench.cache, role="interactive", name=f"interactive@{host}") for host in "ab")
    one.report([os.getpid()], children=[1, 2])
    other.report([os.getpid()], children=[7])
    one.report([os.getpid()], children=[1, 3])
    found = processes_by_role(bench.cache)["interactive"]
    assert (found.processes, found.replaced) == (2, 1)
    assert found.memory_bytes is None or found.memory_bytes > 2e6
    one.close()
    bench.clock.forward(timedelta(seconds=LOST_AFTER_S + 1))
    after = processes_by_role(bench.cache)["interactive"]
    assert (after.processes, after.memory_bytes, after.cpu_seconds) == (0, None, found.cpu_seconds)
    assert bench.client.hlen(PROCESSES_KEY) == 1
    forget_lost_workers(bench.cache)
    assert bench.client.hlen(PROCESSES_KEY) == 0


def test_labels_stay_few_whatever_workers_are_called(app: Flask, bench: Bench) -> None:
    """Of a hundred roles some are told by name, the others as one, and nothing is lost."""
    for number in range(100):
        Accounts(cache=bench.cache, role=f"role{number:03}", name=f"role{number:03}@host").report([0])
        report_worker(bench.cache, name=f"role{number:03}@host", processes=1, queues=["video"])
    told = scraped(app)
    by_role = told.values("precompute_processes", "role")
    assert len(by_role) == MOST_ROLES + 1
    assert sum(by_role.values()) == 100
    assert len(told.values("precompute_workers", "role")) <= MOST_ROLES + 1


def test_requests_are_counted_by_route(app: Flask) -> None:
    """By the pattern of the address and not by what callers put in; what is not there is one route; waiting another."""
    client = app.test_client()
    for number in range(3):
        client.get(f"/api/precompute/cache/solo:video:v{number}")
        client.get(f"/nowhere/{number}")
    client.get("/api/precompute/cache/solo:video:v1?wait=0.01")
    client.open("/healthz", method="BREW")
    told = scraped(app)
    count = "precompute_http_request_duration_seconds_count"
    found = {
        (dict(labels)["route"], dict(labels)["method"], dict(labels)["status"]): value
        for (name, labels), value in told.samples.items()
        if name == count
    }
    reads = "/api/precompute/cache/<path:cache_key>"
    route = next(route for route, _, _ in found if route.startswith("/api/precompute/cache/") and "?" not in route)
    assert route.partition("<")[0] == reads.partition("<")[0]
    assert found == {
        (route, "GET", "4xx"): 3,
        (f"{route}?wait", "GET", "4xx"): 1,
        ("unknown", "GET", "4xx"): 3,
        ("unknown", "other", "4xx"): 1,
    }
    labels = {"route": "unknown", "method": "GET", "status": "4xx"}
    assert told.value("precompute_http_request_duration_seconds_bucket", le="+Inf", **labels) == 3


def test_processes_count_requests_together(app: Flask, precomputer: Precomputer, cache_server: ValkeyServer) -> None:
    """Each scrape tells of the requests of all processes, whichever answers; none is counted twice."""
    other = patient_app(precomputer, Settings(redis_url=cache_server.url))
    for each, times in ((app, 2), (other, 3)):
        for _ in range(times):
            each.test_client().get("/healthz")
    scraped(app)
    count = "precompute_http_request_duration_seconds_count"
    labels = {"route": "/healthz", "method": "GET", "status": "2xx"}
    assert [scraped(each).value(count, **labels) for each in (app, other, app)] == [2, 5, 5]
    scrape_of(other).close()


def test_beat_is_told_by_the_lock_it_holds(app: Flask, bench: Bench) -> None:
    """Extended with each tick: what is left of it says when the last one was. Gone, no beat ticks."""
    assert scraped(app).value("precompute_beat_up") == 0
    assert scraped(app).value("precompute_beat_last_tick_timestamp_seconds") is None
    lasts_ms = 1000 * celeryconfig.redbeat_lock_timeout
    began = time.monotonic()
    bench.client.set(LOCK, "token", px=lasts_ms - 4000)
    told = scraped(app)
    took = time.monotonic() - began
    ticked = told.value("precompute_beat_last_tick_timestamp_seconds")
    assert told.value("precompute_beat_up") == 1
    assert ticked is not None
    assert 4 <= bench.clock().timestamp() - ticked < 5 + took


def test_a_scrape_answers_while_the_cache_is_frozen(tmp_path: Path) -> None:
    """While it still is, with what this process knows by itself, and with everything again when the cache is back."""
    with ValkeyServer(tmp_path / "frozen") as server:
        settings = Settings(redis_url=server.url)
        patient, app = patient_app(engine_on(settings), settings), create_app(engine_on(settings), settings)
        assert scraped(patient).value("precompute_cache_up") == 1
        server._process.send_signal(signal.SIGSTOP)
        try:
            told = scraped(app)
        finally:
            server._process.send_signal(signal.SIGCONT)
        assert (told.value("precompute_cache_up"), told.value("precompute_broker_up")) == (0, 0)
        assert told.value("process_cpu_seconds_total")
        assert scraped(patient).value("precompute_cache_up") == 1
        scrape_of(patient).close()


def test_requests_are_kept_while_the_cache_is_away(tmp_path: Path) -> None:
    """They are told when it is back, each once."""
    with ValkeyServer(tmp_path / "away") as server:
        settings = Settings(redis_url=server.url)
        app = patient_app(engine_on(settings), settings)
        server.kill()
        for _ in range(2):
            assert app.test_client().get("/api/precompute/metrics").status_code == 503
        assert scraped(app).value("precompute_cache_up") == 0
        server.start()
        name = "precompute_http_request_duration_seconds_count"
        told = scraped(app)
        assert told.value(name, route="/api/precompute/metrics", method="GET", status="5xx") == 2
        assert told.value(name, route="/metrics", method="GET", status="2xx") == 1
        scrape_of(app).close()


def engine_on(settings: Settings) -> Precomputer:
    """A whole engine, as the API process makes it."""
    return precomputer_of(settings)
