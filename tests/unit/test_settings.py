"""Settings: from the environment, checked, and nothing secret shown."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from precompute.errors import DeclarationError
from precompute.settings import Settings


def test_nothing_set_gives_the_defaults() -> None:
    """An empty environment is a working one; empty variables count as unset."""
    defaults = Settings(broker_url="redis://127.0.0.1:6391/0")
    assert Settings.from_environ({}) == defaults
    assert Settings.from_environ({"REDIS_URL": "", "PRECOMPUTE_WORKERS": "", "PRECOMPUTE_TTL_X": ""}) == defaults


def test_values_are_read_in_their_types() -> None:
    """Numbers, folders, names, durations and TTLs."""
    settings = Settings.from_environ(
        {
            "REDIS_URL": "redis://cache.example:6380/2",
            "PRECOMPUTE_WORKERS": "7",
            "PRECOMPUTE_MEDIA_ROOT": "videos",
            "PRECOMPUTE_PLUGINS": "shop.tasks, shop.more ,",
            "PRECOMPUTE_LEASE": "45s",
            "PRECOMPUTE_TTL_CTR_PREDICTION": "30m",
            "OPENAI_BASE_URL": "https://openai.example/v1/",
            "SOMETHING_ELSE": "ignored",
        }
    )

    assert settings == Settings(
        redis_url="redis://cache.example:6380/2",
        workers=7,
        media_root=Path("videos"),
        plugins=("shop.tasks", "shop.more"),
        lease=timedelta(seconds=45),
        ttls={"ctr_prediction": timedelta(minutes=30)},
        openai_base_url="https://openai.example/v1",
    )


@pytest.mark.parametrize(
    ("variable", "value", "takes"),
    [
        ("REDIS_URL", "localhost:6379", "takes a redis://, rediss:// or unix:// URL"),
        ("BROKER_URL", "http://broker", "takes a redis://, rediss://, sentinel:// or amqp:// URL"),
        ("PRECOMPUTE_PORT", "0", "takes a whole number from 1 to 65535"),
        ("PRECOMPUTE_PORT", "65536", "takes a whole number from 1 to 65535"),
        ("PRECOMPUTE_PREDICTION_THRESHOLD", "1", "takes a number from 0 to less than 1, like 0.5"),
        ("PRECOMPUTE_PREDICTION_THRESHOLD", "-0.1", "takes a number from 0 to less than 1, like 0.5"),
        ("PRECOMPUTE_PREDICTION_THRESHOLD", "1e-1", "takes a number from 0 to less than 1, like 0.5"),
        ("PRECOMPUTE_MOST_WAITING", "0", "takes a whole number from 1 to 1000000"),
        ("PRECOMPUTE_WORKERS", "three", "takes a whole number from 1 to 256"),
        ("PRECOMPUTE_WORKERS", "²", "takes a whole number from 1 to 256"),
        ("PRECOMPUTE_WORKERS", "--2", "takes a whole number from 1 to 256"),
        ("PRECOMPUTE_FLOWER_LOGIN", "admin", "takes user:password"),
        ("OPENAI_BASE_URL", "openai.example", "takes an http:// or https:// URL"),
        ("PRECOMPUTE_LEASE", "soon", "takes seconds or a number with a unit"),
        ("PRECOMPUTE_FETCH_TIMEOUT", "61m", "takes an hour at most, like 90s or 5m, not '61m'"),
        ("PRECOMPUTE_FETCH_TIMEOUT", "soon", "takes seconds or a number with a unit"),
        ("PRECOMPUTE_TTL_SCENE_DETECTION", "0", "takes seconds or a number with a unit"),
    ],
)
def test_a_wrong_value_is_named_with_what_the_variable_takes(variable: str, value: str, takes: str) -> None:
    """One line that tells a person what to write."""
    with pytest.raises(DeclarationError) as problem:
        Settings.from_environ({variable: value})

    assert problem.value.message.startswith(f"{variable} {takes}")
    assert "\n" not in problem.value.message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "http://user:hunter2@cache"),
        ("BROKER_URL", "http://user:hunter2@broker"),
        ("PRECOMPUTE_FLOWER_LOGIN", "hunter2"),
    ],
)
def test_a_wrong_value_that_may_hold_a_password_is_not_shown(variable: str, value: str) -> None:
    """It would end up in a log."""
    with pytest.raises(DeclarationError) as problem:
        Settings.from_environ({variable: value})

    assert variable in problem.value.message
    assert "hunter2" not in problem.value.message


def test_secrets_are_not_in_the_repr() -> None:
    """Whoever logs the settings does not log keys and passwords."""
    secrets = {
        "OPENAI_API_KEY": "hunter2-a",
        "ANTHROPIC_API_KEY": "hunter2-b",
        "PRECOMPUTE_FLOWER_LOGIN": "me:hunter2-c",
        "REDIS_URL": "redis://:hunter2-d@cache",
        "BROKER_URL": "amqp://me:hunter2-e@broker",
    }

    assert "hunter2" not in repr(Settings.from_environ(secrets))


@pytest.mark.parametrize(
    "url", ["redis://h/1", "rediss://h", "redis+socket:///run/r.sock", "sentinel://a:1;sentinel://b:2", "amqp://h//"]
)
def test_every_broker_that_can_serve_is_accepted(url: str) -> None:
    """Redis, Sentinel and RabbitMQ."""
    assert Settings.from_environ({"BROKER_URL": url, "PRECOMPUTE_BROKER_MASTER": "main"}).broker == url


def test_sentinels_without_the_name_of_their_master_are_refused() -> None:
    """They could not be asked for anything; the message names the variable to set."""
    with pytest.raises(DeclarationError, match="PRECOMPUTE_BROKER_MASTER must name"):
        Settings.from_environ({"BROKER_URL": "sentinel://a:1;sentinel://b:2"})


def test_without_a_broker_the_cache_serves_as_one() -> None:
    """By the same server; a socket under the name that Celery has for it."""
    assert Settings.from_environ({"REDIS_URL": "redis://h:1/2"}).broker == "redis://h:1/2"
    assert Settings.from_environ({"REDIS_URL": "unix:///run/r.sock"}).broker == "redis+socket:///run/r.sock"


def test_without_any_server_the_embedded_ones_are_meant() -> None:
    """A program of one's own beside `make run` finds cache and broker on the ports they have there."""
    plain = Settings.from_environ({})
    moved = Settings.from_environ({"PRECOMPUTE_CACHE_PORT": "7001", "PRECOMPUTE_BROKER_PORT": "7002"})

    assert (plain.redis_url, plain.broker) == ("redis://127.0.0.1:6390/0", "redis://127.0.0.1:6391/0")
    assert (moved.redis_url, moved.broker) == ("redis://127.0.0.1:7001/0", "redis://127.0.0.1:7002/0")
    assert Settings.from_environ({"BROKER_URL": "amqp://b//"}).broker == "amqp://b//"


def test_settings_do_not_change() -> None:
    """They are read once for each process."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]
