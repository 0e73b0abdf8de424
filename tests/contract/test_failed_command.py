"""``precompute failed``, ``queue`` and ``metrics``: what operators ask a running service."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from remote_command_line import RemoteCommandLine, beside_a_service
from servers import ValkeyServer

from precompute.catalogue import CAMPAIGN_ANALYTICS, DASHBOARD_DATA, PREDICTED_ACTIONS
from precompute.entry import State
from precompute.measures import report_worker
from precompute.queues import IN_DRAIN_ORDER

KEY = "dashboard_data:user:u1"


@pytest.fixture
def precompute(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Iterator[RemoteCommandLine]:
    """The command line beside a service on an empty cache."""
    with beside_a_service(cache_server, tmp_path) as line:
        yield line
        line.engine.facts.close()


def state(precompute: RemoteCommandLine, key: str = KEY) -> State:
    """Where the task of a key stands."""
    return next(
        record.state
        for record in precompute.engine.ledger.records(precompute.keys_of(key.rpartition(":")[2]))
        if str(record.key) == key
    )


def test_what_failed_is_listed_with_its_reason(precompute: RemoteCommandLine) -> None:
    """For people and as JSON; nothing else is."""
    precompute.fail(DASHBOARD_DATA, "u1", message="[bold]odd[/] words")
    precompute.have(PREDICTED_ACTIONS, "u1")
    listed = precompute("failed", "ls")
    assert listed.exit_code == 0
    assert KEY in listed.stdout
    assert "broke: [bold]odd[/] words" in listed.stdout
    assert "1 task failed in all." in listed.stderr
    assert [one["cache_key"] for one in precompute.json("failed", "ls")["failed"]] == [KEY]
    assert precompute.json("failed", "ls", "--type", "predicted_actions")["failed"] == []


def test_nothing_failed_is_told(precompute: RemoteCommandLine) -> None:
    """And the exit code is 0."""
    listed = precompute("failed", "ls")
    assert (listed.exit_code, listed.stdout, listed.stderr) == (0, "", "Nothing has failed.\n")


def test_keys_are_run_again(precompute: RemoteCommandLine) -> None:
    """Also those from a pipe."""
    precompute.fail(DASHBOARD_DATA, "u1")
    precompute.fail(PREDICTED_ACTIONS, "u1")
    result = precompute("failed", "retry", KEY, "-", answer="predicted_actions:user:u1\n\n")
    assert (result.exit_code, result.stdout) == (0, "2 tasks queued again.\n")
    assert state(precompute) is state(precompute, "predicted_actions:user:u1") is State.QUEUED


def test_all_are_run_again_when_somebody_says_yes(precompute: RemoteCommandLine) -> None:
    """Of one type where one is named; without yes nothing happens."""
    precompute.fail(DASHBOARD_DATA, "u1")
    precompute.fail(CAMPAIGN_ANALYTICS, "u1")
    assert precompute("failed", "retry", "--all", answer="n\n").exit_code == 1
    assert state(precompute) is State.FAILED
    assert precompute("failed", "retry", "--type", "dashboard_data", answer="y\n").exit_code == 0
    assert state(precompute) is State.QUEUED
    assert state(precompute, "campaign_analytics:user:u1") is State.FAILED
    assert precompute.json("failed", "retry", "--all", "--yes")["retried"] == 1


def test_what_is_dropped_is_forgotten(precompute: RemoteCommandLine) -> None:
    """Its status says missing."""
    precompute.fail(DASHBOARD_DATA, "u1")
    assert precompute.json("failed", "drop", KEY)["dropped"] == 1
    assert state(precompute) is State.MISSING


@pytest.mark.parametrize("verb", ["retry", "drop"])
def test_a_key_that_did_not_fail_is_told_and_ends_with_one(precompute: RemoteCommandLine, verb: str) -> None:
    """The others are seen to all the same."""
    precompute.fail(DASHBOARD_DATA, "u1")
    result = precompute("failed", verb, "dashboard_data:user:u2", KEY)
    assert result.exit_code == 1
    assert "nothing has failed under dashboard_data:user:u2" in result.stderr
    assert state(precompute) is not State.FAILED


def test_what_is_no_key_is_told_before_anything_happens(precompute: RemoteCommandLine) -> None:
    """In one line that names it."""
    precompute.fail(DASHBOARD_DATA, "u1")
    result = precompute("failed", "retry", KEY, "nonsense")
    [line] = result.stderr.splitlines()
    assert (result.exit_code, "'nonsense' is no cache key" in line) == (1, True)
    assert state(precompute) is State.FAILED


@pytest.mark.parametrize("words", [(), (KEY, "--all"), ("--all", "--json")])
def test_it_must_be_clear_which_are_meant(precompute: RemoteCommandLine, words: tuple[str, ...]) -> None:
    """Keys or a selection, and JSON never asks."""
    assert precompute("failed", "retry", *words).exit_code == 2


def test_the_queues_tell_what_waits_and_where_nobody_takes(precompute: RemoteCommandLine) -> None:
    """With the age of the oldest; a queue without a worker says none."""
    precompute("submit", "login", "u1")
    report_worker(precompute.engine.cache, name="w@host", processes=2, queues=["login"])
    told = precompute.json("queue")
    assert (told["queues"]["login"], told["queue_stats"]["total"]) == (3, 3)
    assert 0 <= told["oldest_waiting_seconds"]["login"] < 60
    lines = precompute("queue").stdout.splitlines()
    assert [line for line in lines if line.startswith("login ") and "none" in line] == []
    assert [line.split()[-1] for line in lines if line.startswith("video ")] == ["none"]
    assert all(line == line.rstrip() for line in lines)


def test_the_figures_are_those_of_the_api(precompute: RemoteCommandLine) -> None:
    """As JSON all of them; for people by task type and by worker."""
    key = precompute.have(DASHBOARD_DATA, "u1")
    precompute.engine.cache.read(key)
    report_worker(precompute.engine.cache, name="w@host", processes=2, queues=[q.label for q in IN_DRAIN_ORDER])
    figures = precompute.json("metrics")
    assert (figures["hits"]["dashboard_data"], figures["workers_running"]) == (1, 2)
    shown = precompute("metrics").stdout
    assert "100.0 % of 1 reads" in shown
    assert "w@host" in shown


def test_a_key_of_the_api_is_sent_along(precompute: RemoteCommandLine) -> None:
    """From --key or PRECOMPUTE_API_KEY; a service without keys does not mind."""
    assert precompute("queue", "--key", "secret").exit_code == 0
    assert json.loads(precompute("queue", "--json", PRECOMPUTE_API_KEY="secret").stdout)["success"] is True
