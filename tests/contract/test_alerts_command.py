"""``precompute alerts`` on a real cache, with a web server that takes messages."""

import json
from pathlib import Path

import pytest
import redis
from command_line import CommandLine
from servers import ValkeyServer, free_port
from webhook import webhook

from precompute.alerts import update
from precompute.hysteresis import Reading
from precompute.settings import Settings

# Apprise's own import of what encrypts mail.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def precompute(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> CommandLine:
    """The command line on an empty cache."""
    return CommandLine(cache_server, tmp_path)


def wrong(precompute: CommandLine) -> None:
    """A look found three tasks too many, after no time at all."""
    reading = Reading(name="queue_backlog", threshold=100, well=80, value=103, summary="103 tasks wait.", labels={})
    settings = Settings(alert_after=-precompute.engine.settings.alert_after)
    update(precompute.engine.cache, [reading], settings=settings)


def test_what_is_wrong_is_listed(precompute: CommandLine) -> None:
    """For people, and for programs as the metrics tell it."""
    wrong(precompute)
    shown = precompute("alerts")
    assert shown.exit_code == 0
    assert "queue_backlog" in shown.stdout
    assert "103 tasks wait." in shown.stdout
    assert "PRECOMPUTE_ALERT_URLS is not set" in shown.stderr
    told = precompute.json("alerts")
    assert [(each["name"], each["value"], each["threshold"]) for each in told["alerts"]] == [
        ("queue_backlog", 103.0, 100.0)
    ]
    assert told["looked_at"].endswith("Z")


def test_before_anybody_looked_it_says_so(precompute: CommandLine) -> None:
    """Nothing is wrong as far as anybody knows."""
    shown = precompute("alerts")
    assert shown.stdout == "Nothing is wrong.\n"
    assert "Nobody has looked yet" in shown.stderr
    assert precompute.json("alerts") == {"alerts": [], "looked_at": None}


def test_a_test_message_is_sent_to_all(precompute: CommandLine) -> None:
    """Its exit code is that of the worst; it says which, and shows no URL."""
    with webhook() as hook:
        good = precompute("alerts", "--test", PRECOMPUTE_ALERT_URLS=hook.url)
        assert (good.exit_code, good.output) == (0, "1. json: sent\n")
        assert "Nothing is wrong" in hook.taken[0]["message"]
        urls = f"{hook.url} json://user:geheim@127.0.0.1:{free_port()}/"
        bad = precompute("alerts", "--test", "--json", PRECOMPUTE_ALERT_URLS=urls)
        assert bad.exit_code == 1
        assert [each["sent"] for each in json.loads(bad.stdout)["sent"]] == [True, False]
        assert "1 of 2 URLs of PRECOMPUTE_ALERT_URLS did not take the message" in bad.stderr
        assert "geheim" not in bad.output
    nowhere = precompute("alerts", "--test")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    assert "nowhere to send to" in nowhere.stderr


@pytest.mark.parametrize("urls", ["slakc://geheim/b", "json://127.0.0.1/x, geheim", "mailto://geheim"])
def test_a_wrong_url_is_told_without_showing_it(precompute: CommandLine, urls: str) -> None:
    """One line that names the variable."""
    wrong_one = precompute("alerts", PRECOMPUTE_ALERT_URLS=urls)
    assert wrong_one.exit_code == 2
    assert wrong_one.stderr.startswith("precompute: PRECOMPUTE_ALERT_URLS")
    assert wrong_one.stderr.count("\n") == 1
    assert "geheim" not in wrong_one.output
