"""What Celery is told about each kind of broker, each time in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from precompute.schedule import without_login

SHOW = """
import celeryconfig, json
print(json.dumps([celeryconfig.broker_url, celeryconfig.redbeat_redis_url, celeryconfig.broker_transport_options]))
"""


@pytest.mark.parametrize(
    ("environ", "broker", "schedule"),
    [
        ({"REDIS_URL": "redis://c/0", "BROKER_URL": "redis://b/0"}, "redis://b/0", "redis://b/0"),
        ({"REDIS_URL": "redis://c/0", "BROKER_URL": "redis://:p%40w@b:7/1"}, "redis://:p%40w@b:7/1", "redis://b:7/1"),
        ({"REDIS_URL": "unix:///run/r.sock"}, "redis+socket:///run/r.sock", "unix:///run/r.sock"),
        ({"REDIS_URL": "redis://c/0", "BROKER_URL": "amqp://b//"}, "amqp://b//", "redis://c/0"),
        (
            {"REDIS_URL": "redis://c/0", "BROKER_URL": "sentinel://b:1", "PRECOMPUTE_BROKER_MASTER": "main"},
            "sentinel://b:1",
            "redis://c/0",
        ),
    ],
)
def test_beat_keeps_its_schedule_where_its_client_can_reach_it(
    environ: dict[str, str], broker: str, schedule: str
) -> None:
    """At the broker where that is Redis by a plain address, else with the cache: RedBeat knows no other addresses."""
    shown = configured(environ)

    assert shown[:2] == [broker, schedule]
    assert shown[2].get("master_name") == environ.get("PRECOMPUTE_BROKER_MASTER")


def configured(environ: dict[str, str]) -> list:
    """Broker, RedBeat's address and the options of the transport."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PRECOMPUTE_", "BROKER_", "REDIS_"))
    }
    done = subprocess.run([sys.executable, "-c", SHOW], env=kept | environ, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("url", "bare", "login"),
    [
        ("redis://c/0", "redis://c/0", {}),
        ("redis://:p%40w@c:6380/1?ssl=x", "redis://c:6380/1?ssl=x", {"password": "p@w"}),
        ("rediss://user:secret@c", "rediss://c", {"username": "user", "password": "secret"}),
        ("redis://:secret@[::1]:6379/0", "redis://[::1]:6379/0", {"password": "secret"}),
        ("unix:///run/r.sock", "unix:///run/r.sock", {}),
    ],
)
def test_a_login_is_kept_where_it_is_hidden(url: str, bare: str, login: dict[str, str]) -> None:
    """Celery shows its configuration to Flower, and hides what is called a password, but not RedBeat's URL."""
    assert without_login(url) == (bare, login)
