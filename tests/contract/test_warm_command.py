"""``precompute warm``, and the warm-up that begins by itself, up to the messages that they publish."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from command_line import CommandLine
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer, free_port
from store_promises import action, campaign, video

from precompute.catalogue import CAMPAIGN_ANALYTICS, DASHBOARD_DATA, PREDICTED_ACTIONS
from precompute.facts import Fact
from precompute.planner import Cause
from precompute.subjects import CacheKey
from precompute.warmth import Warmth
from workers.warming import look_after_warmth, warm_slice

HOUR = timedelta(hours=1)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def precompute(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Iterator[CommandLine]:
    """The command line on an empty cache, with an empty store and an empty media folder."""
    line = CommandLine(cache_server, tmp_path)
    yield line
    line.engine.facts.close()


def known(precompute: CommandLine, *, videos: int = 0) -> None:
    """A user who was here an hour ago, with a campaign, a video whose file is gone, and videos on the web."""
    at = datetime.now(UTC) - HOUR
    facts: list[Fact] = [action(at=at), campaign("c1", at=at), video("gone", at=at)]
    for number in range(videos):
        facts.append(video(f"v{number}", at=at - (1 + number) * HOUR))
    precompute.engine.facts.write(facts)


def queued(precompute: CommandLine) -> dict[str, str]:
    """The causes of the tasks that wait on the background queue, by key."""
    client = precompute.engine.cache.client
    names = list(client.scan_iter("pc:q:background:*"))
    keys = [key.decode() for name in names for key in client.zrange(name, 0, -1)]
    return {key: client.hget(f"pc:t:{key}", "cause").decode() for key in keys}


class TestCommand:
    """What an operator sees."""

    def test_a_dry_run_tells_and_queues_nothing(self, precompute: CommandLine) -> None:
        """What is fresh is left out, what cannot be computed says why."""
        known(precompute)
        precompute.have(DASHBOARD_DATA, "u1")
        told = precompute.json("warm", "--dry-run")
        by_name = {one["candidate"]: one for one in told["candidates"]}
        assert list(by_name) == ["campaign:c1", "video:gone", "user:u1"]
        assert by_name["user:u1"]["missing"] == ["predicted_actions", "campaign_analytics"]
        assert "gone" in by_name["video:gone"]["refused"]
        assert (told["queued"], told["fresh"], told["subjects"]) == (5, 1, 3)
        text = precompute("warm", "--dry-run").stdout
        assert "5 results of 3 subjects would be queued." in text
        assert all(line == line.rstrip() for line in text.splitlines())
        assert queued(precompute) == {}

    def test_everything_goes_to_the_background_queue(self, precompute: CommandLine) -> None:
        """With its cause; a second time nothing is left to do."""
        known(precompute)
        told = precompute.json("warm", "--rate", "10000")
        assert (told["queued"], told["fresh"], [one["candidate"] for one in told["refused"]]) == (6, 0, ["video:gone"])
        assert set(queued(precompute).values()) == {Cause.WARM_UP}
        assert len(queued(precompute)) == 6
        again = precompute("warm", "--rate", "10000")
        assert again.stdout == "0 results of 3 subjects are queued, 0 were fresh.\n"
        assert "video:gone: " in again.stderr

    def test_ctrl_c_tells_what_was_queued(self, precompute: CommandLine) -> None:
        """And how many are left; without a trace."""
        known(precompute)
        with subprocess.Popen(
            [sys.executable, "-m", "api.cli", "warm", "--rate", "0.01"],
            cwd=ROOT,
            env={**os.environ, **precompute.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            wait_for_callable("waiting for the first subject", lambda: queued(precompute), timeout=60)
            process.send_signal(signal.SIGINT)
            told, beside = process.communicate(timeout=30)
        assert process.returncode == 1
        # It may have been stopped before it knew that the first was queued.
        done = next(number for number in range(2) if f"of {number} subjects are queued" in told)
        assert f"Stopped: {3 - done} of 3 subjects are left as they were." in beside
        assert "Traceback" not in beside

    def test_kinds_and_limit_choose(self, precompute: CommandLine) -> None:
        """Only these, and the most useful ones."""
        known(precompute)
        for option, name in {"--users": "user:u1", "--campaigns": "campaign:c1", "--videos": "video:gone"}.items():
            [told] = precompute.json("warm", "--dry-run", option)["candidates"]
            assert told["candidate"] == name
        assert len(precompute.json("warm", "--dry-run", "--limit", "2")["candidates"]) == 2

    def test_a_fresh_installation_has_nothing_to_do_and_says_so(self, precompute: CommandLine) -> None:
        """And ends well."""
        for words in (("warm",), ("warm", "--dry-run")):
            result = precompute(*words)
            assert (result.exit_code, result.stdout.startswith("Nothing to warm up")) == (0, True)

    def test_a_cache_that_is_away_is_told_in_one_line(self, precompute: CommandLine) -> None:
        """With what to look at."""
        result = precompute("warm", "--json", REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
        assert "make run" in result.stderr

    def test_a_backlog_that_nobody_works_off_ends_it(self, precompute: CommandLine) -> None:
        """In one line, rather than waiting for ever."""
        known(precompute, videos=5)
        for name in ("a", "b"):
            precompute.engine.cache.client.zadd(f"pc:q:video:{DASHBOARD_DATA.name}", {name: 1})
        result = precompute("warm", "--rate", "10000", PRECOMPUTE_MOST_WAITING="4")
        assert result.exit_code == 1
        assert "no worker runs" in result.stderr
        assert queued(precompute) == {}


class TestByItself:
    """What the sweep begins and slices go on with."""

    def test_a_lost_cache_is_filled_slice_by_slice(
        self, precompute: CommandLine, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The sweep publishes one slice at a time; after the last one the cache counts as warm."""
        caplog.set_level(logging.INFO)
        parts, client = precompute.engine, precompute.engine.cache.client
        known(precompute)
        for _ in range(5):
            if not look_after_warmth(parts):
                break
            assert not look_after_warmth(parts)
            warm_slice(parts, token=int(client.hget("pc:warm", "due")))
            if (due := int(client.hget("pc:warm", "due"))) > 0:
                client.hset("pc:warm", "due", min(due, 1))  # time goes by
        told = Warmth(parts.cache).told()
        assert told is not None
        assert (told["place"], told["of"], told["queued"], told["refused"]) == (3, 3, 6, 1)
        assert told["ended_at"] is not None
        assert len(queued(precompute)) == 6
        assert [record.action for record in caplog.records if record.name == "workers.warming"][-1] == "warmed_up"

    def test_a_store_that_is_away_costs_no_place(
        self, precompute: CommandLine, caplog: pytest.LogCaptureFixture, tmp_path: Path
    ) -> None:
        """It is told, and the next slice begins where this one would have."""
        parts = precompute.engine
        (tmp_path / "facts.sqlite3").mkdir()
        look_after_warmth(parts)
        warm_slice(parts, token=int(parts.cache.client.hget("pc:warm", "due")))
        assert [record.action for record in caplog.records] == ["warm_up_waits"]
        told = Warmth(parts.cache).told()
        assert told is not None
        assert (told["place"], told["ended_at"]) == (0, None)

    def test_a_fresh_installation_ends_at_once(self, precompute: CommandLine, caplog: pytest.LogCaptureFixture) -> None:
        """With a line in the log that says there was nothing."""
        caplog.set_level(logging.INFO)
        parts = precompute.engine
        look_after_warmth(parts)
        warm_slice(parts, token=int(parts.cache.client.hget("pc:warm", "due")))
        assert any(record.getMessage().startswith("Nothing to warm up") for record in caplog.records)
        told = Warmth(parts.cache).told()
        assert told is not None
        assert told["ended_at"] is not None
        assert not look_after_warmth(parts)

    def test_a_busy_platform_is_left_alone(self, precompute: CommandLine) -> None:
        """While too much waits nothing is queued, and no place is lost; later it goes on."""
        parts, client = precompute.engine, precompute.engine.cache.client
        known(precompute)
        client.zadd(f"pc:q:video:{DASHBOARD_DATA.name}", {f"busy{number}": 1 for number in range(60)})
        look_after_warmth(parts)
        warm_slice(parts, token=int(client.hget("pc:warm", "due")))
        assert queued(precompute) == {}
        client.delete(f"pc:q:video:{DASHBOARD_DATA.name}")
        client.hset("pc:warm", "due", 1)
        look_after_warmth(parts)
        warm_slice(parts, token=int(client.hget("pc:warm", "due")))
        assert CacheKey.parse("variant_generation:campaign:c1") in [CacheKey.parse(key) for key in queued(precompute)]

    def test_a_marker_that_is_gone_brings_no_storm(self, precompute: CommandLine) -> None:
        """Though everything that tells of the cache was evicted: what is fresh is left, and nothing is published."""
        parts, client = precompute.engine, precompute.engine.cache.client
        known(precompute)
        for row in (DASHBOARD_DATA, PREDICTED_ACTIONS, CAMPAIGN_ANALYTICS):
            precompute.have(row, "u1")
        client.delete("pc:warm", "pc:m")
        for _ in range(2):  # what is theirs, and then the user
            look_after_warmth(parts)
            warm_slice(parts, token=int(client.hget("pc:warm", "due")))
            client.hset("pc:warm", "due", min(int(client.hget("pc:warm", "due")), 1))
        told = Warmth(parts.cache).told()
        assert told is not None
        assert told["fresh"] == 3
        assert not [key for key in queued(precompute) if "user:u1" in key]
