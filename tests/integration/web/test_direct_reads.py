"""A read is answered before Flask, and the answer is the one that the view gives."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from api_bench import CTR, ApiBench
from flask import request_started
from servers import ValkeyServer
from werkzeug.test import TestResponse

from api.app import create_app
from api.exposition.requests import durations_by_kind
from api.reading import ROUTE
from api.views.exposition import scrape_of
from precompute.api_keys import Scope, new_key

LONG_WAY = "?long=1"
"""Whatever asks for more than the result goes through the view."""

CHANGING = {"X-Request-Id", "Date"}


@pytest.fixture
def long_ways(api: ApiBench) -> Iterator[list[str]]:
    """The paths of requests that went through Flask."""
    paths: list[str] = []

    def began(_: object, **__: object) -> None:
        paths.append("long")

    with request_started.connected_to(began, api.app):
        yield paths


def told(answer: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """What a caller sees."""
    headers = {name: value for name, value in answer.headers.items() if name not in CHANGING}
    return answer.status_code, answer.data, headers


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=90.5), timedelta(hours=6.5), timedelta(hours=8)])
def test_both_ways_give_the_same(api: ApiBench, age: timedelta) -> None:
    """Fresh, stale and gone: status, headers and bytes."""
    api.trigger()
    api.store(value=b'{"ctr": 0.0142}')
    api.clock.now += age
    api.get(f"/cache/{CTR}")
    assert told(api.get(f"/cache/{CTR}")) == told(api.get(f"/cache/{CTR}{LONG_WAY}"))


@pytest.mark.parametrize(
    "key",
    [
        CTR,
        "nonsense",
        "ctr_prediction:video:",
        "no_such_type:video:v1",
        "ctr_prediction:user:u1",
        "ctr_prediction%3Avideo%3Av1",
        "ctr_prediction:video:v%C3%A9",
        "ctr_prediction:video:v1/",
        "video_samples:video:v1",
        "",
    ],
)
def test_what_is_not_there_is_told_the_same(api: ApiBench, key: str) -> None:
    """Missing, failed, unknown, and what is no key at all."""
    assert told(api.get(f"/cache/{key}")) == told(api.get(f"/cache/{key}{LONG_WAY}"))


@pytest.mark.parametrize("known", ['W/"{}"', '"{}"', '"other", W/"{}"', "*", '"other"', "nonsense", ""])
def test_what_the_caller_has_is_not_sent_again(api: ApiBench, known: str) -> None:
    """304 either way, for every form in which a caller may name it."""
    api.trigger()
    api.store()
    etag = api.get(f"/cache/{CTR}").headers["ETag"].removeprefix("W/").strip('"')
    headers = {"If-None-Match": known.replace("{}", etag)}
    assert told(api.get(f"/cache/{CTR}", headers=headers)) == told(api.get(f"/cache/{CTR}{LONG_WAY}", headers=headers))


def test_each_read_is_counted_once(api: ApiBench) -> None:
    """Hits and misses, whichever way they took."""
    for way in ("", LONG_WAY):
        api.get(f"/cache/{CTR}{way}")
    api.trigger()
    api.store()
    for way in ("", LONG_WAY):
        api.get(f"/cache/{CTR}{way}")
    measures = api.precomputer.measures().by_type["ctr_prediction"]
    assert (measures.hits, measures.misses) == (2, 2)


def test_a_plain_read_takes_a_key_where_keys_are_asked_for(api: ApiBench) -> None:
    """No short way past the door."""
    secret, key = new_key("reader", [Scope.READ])
    other, writing = new_key("writer", [Scope.WRITE])
    client = create_app(api.precomputer, replace(api.settings, api_keys=(key, writing))).test_client()
    path = f"/api/precompute/cache/{CTR}"
    asked = {
        401: ({}, {"X-API-Key": "pck_wrong"}, {"Authorization": "Bearer pck_wrong"}, {"Authorization": "Basic eDp5"}),
        403: ({"X-API-Key": other}, {"Authorization": f"Bearer {other}"}),
        404: ({"X-API-Key": secret}, {"Authorization": f"bearer {secret}"}),
    }
    for status, ways in asked.items():
        for headers in ways:
            assert client.get(path, headers=headers).status_code == status, headers


ASKED = [
    ("", {"X-User-Id": "u1"}),
    ("", {"X-User-Id": "no user"}),
    ("", {"Cache-Control": "no-cache", "Pragma": "no-cache"}),
    ("", {"Cache-Control": "max-age=0"}),
    ("?wait=5", {}),
    ("?wait=0", {}),
    ("?wait=0.5", {"X-User-Id": "u1", "Cache-Control": "no-cache", "If-None-Match": "*"}),
]
"""As gateways, browsers and HTTP libraries send them: queries and headers."""


@pytest.mark.parametrize(("query", "headers"), ASKED)
def test_reads_as_gateways_send_them_are_answered_before_flask(
    api: ApiBench, long_ways: list[str], query: str, headers: dict[str, str]
) -> None:
    """On behalf of a user, willing to wait, with what browsers add: a hit as a plain one, and a miss that is final."""
    path = f"/cache/{CTR}{query}"
    missed = told(api.get(path, headers=headers))
    assert missed[0] == 404
    api.trigger()
    api.store(value=b'{"ctr": 0.0142}')
    long_ways.clear()
    found = told(api.get(path, headers=headers))
    assert long_ways == []
    assert found == told(api.get(f"{path}{'&' if query else '?'}long=1", headers=headers))
    assert long_ways == ["long"]


@pytest.mark.parametrize("wait", ["", "soon", "-1", "30.1", "nan", "inf", "1e400", "1_0", "5&wait=6", "%35"])
def test_a_wait_that_is_not_plain_is_left_to_the_view(api: ApiBench, long_ways: list[str], wait: str) -> None:
    """Which takes or names it."""
    path = f"/cache/{CTR}?wait={wait}"
    assert told(api.get(path)) == told(api.get(f"{path}&long=1"))
    assert long_ways == ["long", "long"]


@pytest.mark.timeout(28, func_only=True)
def test_a_result_that_is_there_takes_no_place_of_those_who_wait(api: ApiBench) -> None:
    """Nor does what nobody computes: with all places taken, and one who only looks, the answers are the same."""
    api.trigger()
    streams = [api.client.get("/api/precompute/stream/video/v1", buffered=False) for _ in range(4)]
    assert api.get("/cache/ctr_prediction:video:v2?wait=30").get_json()["status"] == "missing"
    api.store()
    assert api.get(f"/cache/{CTR}?wait=30").status_code == 200
    assert not api.notifications.asleep.is_set()
    for stream in streams:
        stream.close()


def test_a_read_that_would_have_waited_is_counted_as_one(api: ApiBench) -> None:
    """Once, whether it was answered at once or by the view; and in the metrics on a route of its own."""
    scrape_of(api.app).count(api.app)
    api.trigger()
    api.get(f"/cache/{CTR}?wait=0.05")
    api.store()
    api.get(f"/cache/{CTR}?wait=5")
    api.get(f"/cache/{CTR}")
    measures = api.precomputer.measures().by_type["ctr_prediction"]
    assert (measures.hits, measures.misses) == (2, 1)
    scrape_of(api.app).close()
    kinds = {kind: sum(took.classes) for kind, took in durations_by_kind(api.parts.cache).items()}
    assert [kinds[ROUTE + way, "GET", answer] for way, answer in (("", "2xx"), ("?wait", "2xx"), ("?wait", "4xx"))] == [
        1
    ] * 3


def test_what_nobody_foresaw_is_logged_once(
    api: ApiBench, caplog: pytest.LogCaptureFixture, long_ways: list[str]
) -> None:
    """Reads go on by the long way, and somebody learns why they are slow."""
    api.trigger()
    api.store()
    # Whatever a clock may do: this one breaks for whoever asks before Flask does.
    healthy = api.parts.cache.clock

    def broken() -> object:
        if long_ways:
            return healthy()
        raise ZeroDivisionError

    api.parts.cache.clock = broken  # type: ignore[assignment]
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            long_ways.clear()
            assert api.get(f"/cache/{CTR}").status_code == 200
            assert long_ways == ["long"]
    assert [getattr(line, "action", "") for line in caplog.records].count("direct_read_failed") == 1


@pytest.mark.parametrize("key", ["nonsense", "no_such_type:video:v1", CTR])
def test_what_is_foreseen_is_not_logged(
    api: ApiBench, cache_server: ValkeyServer, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    """What is no key, an unknown one, and a cache that is down are told to whoever asked."""
    if key == CTR:
        cache_server.kill()
    with caplog.at_level(logging.ERROR):
        assert api.get(f"/cache/{key}").status_code == {"nonsense": 422, CTR: 503}.get(key, 404)
    assert "direct_read_failed" not in [getattr(line, "action", "") for line in caplog.records]
