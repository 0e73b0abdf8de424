"""A plain read is answered before Flask, and the answer is the one that the view gives."""

from dataclasses import replace
from datetime import timedelta

import pytest
from api_bench import CTR, ApiBench
from werkzeug.test import TestResponse

from api.app import create_app
from precompute.api_keys import Scope, new_key

LONG_WAY = "?long=1"
"""Whatever asks for more than the result goes through the view."""

CHANGING = {"X-Request-Id", "Date"}


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
