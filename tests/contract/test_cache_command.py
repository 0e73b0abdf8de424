"""``precompute cache``: looking at what is stored, and dropping it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from command_line import CommandLine
from pytest_docker_tools.wrappers.container import wait_for_callable
from servers import ValkeyServer, free_port

from precompute.catalogue import (
    CAMPAIGN_ANALYTICS,
    CTR_PREDICTION,
    DASHBOARD_DATA,
    PREDICTED_ACTIONS,
    VARIANT_GENERATION,
)
from precompute.entry import Entry, Failure
from precompute.planner import Cause


@pytest.fixture
def precompute(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Iterator[CommandLine]:
    """The command line on an empty cache."""
    line = CommandLine(cache_server, tmp_path)
    yield line
    line.engine.facts.close()


class TestList:
    """``cache ls``."""

    def test_it_tells_of_each_entry_what_an_operator_asks(self, precompute: CommandLine) -> None:
        """Age, size, reads, cause and cost; looking does not count as reading."""
        key = precompute.have(DASHBOARD_DATA, "u1", value={"videos": ["x" * 5000]}, cause=Cause.WARM_UP)
        assert isinstance(precompute.engine.cache.read(key), Entry)

        for _ in range(2):
            [told] = precompute.json("cache", "ls")["entries"]
        assert (told["key"], told["age"], told["reads"], told["cause"]) == (str(key), "fresh", 1, "warm_up")
        assert told["cost_seconds"] == 0.04
        assert 5000 < told["bytes"] < 8000
        assert 3590 < told["expires_in_seconds"] <= 3600
        table = precompute("cache", "ls").stdout
        assert [
            word for word in ("dashboard_data:user:u1", "fresh", "warm_up", "40 ms", "kB") if word not in table
        ] == []

    @pytest.mark.parametrize(
        ("pattern", "found"),
        [
            ("*", {"dashboard_data:user:u1", "dashboard_data:user:u2", "variant_generation:campaign:u1"}),
            ("dashboard_data:*", {"dashboard_data:user:u1", "dashboard_data:user:u2"}),
            ("user:u1:*", {"dashboard_data:user:u1"}),
            ("*:u1", {"dashboard_data:user:u1", "variant_generation:campaign:u1"}),
            ("dashboard_data:user:u2", {"dashboard_data:user:u2"}),
            ("ctr_prediction:*", set()),
        ],
    )
    def test_patterns_are_those_of_the_api(self, precompute: CommandLine, pattern: str, found: set[str]) -> None:
        """Over keys and over their subject-first form."""
        for name in ("u1", "u2"):
            precompute.have(DASHBOARD_DATA, name)
        precompute.have(VARIANT_GENERATION, "u1")
        told = precompute.json("cache", "ls", pattern)
        assert {one["key"] for one in told["entries"]} == found

    def test_ages_have_the_words_of_the_catalogue(self, precompute: CommandLine) -> None:
        """Fresh, stale, kept for errors; and parked, when nobody has read it for long."""
        keys = [precompute.have(row, "u1") for row in (DASHBOARD_DATA, CAMPAIGN_ANALYTICS, PREDICTED_ACTIONS)]
        client = precompute.engine.cache.client
        client.hset(f"pc:e:{keys[1]}", mapping={"st": 1, "pk": 1})
        client.hset(f"pc:e:{keys[2]}", mapping={"st": 1, "go": 2})
        told = {one["key"]: (one["age"], one["parked"]) for one in precompute.json("cache", "ls")["entries"]}
        assert told == {
            "dashboard_data:user:u1": ("fresh", False),
            "campaign_analytics:user:u1": ("stale", True),
            "predicted_actions:user:u1": ("kept", False),
        }
        assert "stale, parked" in precompute("cache", "ls").stdout

    def test_a_wide_pattern_walks_no_further_than_it_has_to(self, precompute: CommandLine) -> None:
        """The keyspace is not scanned, and of two thousand entries a few hundred names are looked at."""
        client = precompute.engine.cache.client
        key = precompute.have(DASHBOARD_DATA, "u1")
        entry = client.hgetall(f"pc:e:{key}")
        for number in range(2000):
            name = f"dashboard_data:user:many{number}"
            client.hset(f"pc:e:{name}", mapping=entry)
            client.zadd("pc:y:dashboard_data", {name: 1})
        client.config_resetstat()

        told = precompute.json("cache", "ls", "--limit", "5")

        assert (len(told["entries"]), told["more"]) == (5, True)
        asked = {name: facts["calls"] for name, facts in client.info("commandstats").items()}
        assert not {"cmdstat_scan", "cmdstat_keys"} & set(asked)
        assert asked["cmdstat_hmget"] < 500
        assert "--limit" in precompute("cache", "ls", "--limit", "5").stderr

    def test_nothing_found_is_said(self, precompute: CommandLine) -> None:
        """On standard error; it is no failure."""
        result = precompute("cache", "ls", "ctr_prediction:*")
        assert (result.exit_code, "Nothing" in result.stderr) == (0, True)


class TestShow:
    """``cache show``."""

    def test_the_result_and_where_it_comes_from(self, precompute: CommandLine) -> None:
        """For people and for programs; parts by name and size."""
        parts = {"1.jpg": b"\xff\xd8" * 50, "note": b"hi"}
        key = precompute.have(VARIANT_GENERATION, "c1", value={"source": "local"}, parts=parts)
        told = precompute.json("cache", "show", str(key))
        assert (told["result"], told["parts"]) == ({"source": "local"}, {"1.jpg": 100, "note": 2})
        assert (told["generation"], told["reads"], told["cause"]) == (1, 0, "event")
        text = precompute("cache", "show", str(key)).stdout
        assert [word for word in (str(key), "fresh until", "1.jpg (100 B)", '"local"') if word not in text] == []

    def test_a_part_comes_as_it_is(self, precompute: CommandLine, tmp_path: Path) -> None:
        """To standard output or into a file; one that is not there is told with those that are."""
        key = str(precompute.have(VARIANT_GENERATION, "c1", parts={"1.jpg": b"\xff\xd8\x00\n"}))
        assert precompute("cache", "show", key, "--part", "1.jpg").stdout_bytes == b"\xff\xd8\x00\n"
        file = tmp_path / "one.jpg"
        assert precompute("cache", "show", key, "--part", "1.jpg", "--output", str(file)).exit_code == 0
        assert file.read_bytes() == b"\xff\xd8\x00\n"
        absent = precompute("cache", "show", key, "--part", "2.jpg")
        assert (absent.exit_code, absent.stderr.count("\n"), "1.jpg" in absent.stderr) == (1, 1, True)

    def test_what_is_not_there_is_told_in_one_line(self, precompute: CommandLine) -> None:
        """And whether it is on its way, or has failed; a word that is no key is refused."""
        failed = precompute.begun(DASHBOARD_DATA, "broken")
        failure = Failure(code="timed_out", message="it took too long")
        precompute.engine.ledger.fail(failed, owner="test", failure=failure, retry_in=None)
        for key, word in (
            ("ctr_prediction:video:v1", "no task is on its way"),
            (str(failed), "its task failed (timed_out): it took too long"),
            (str(precompute.begun(DASHBOARD_DATA, "busy")), "its task is running"),
            ("ctr_prediction", "cache_key"),
        ):
            result = precompute("cache", "show", key)
            assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
            assert word in result.stderr


class TestRemove:
    """``cache rm``."""

    def test_it_asks_first(self, precompute: CommandLine) -> None:
        """And deletes nothing without a yes; a wrong key is nothing to ask about."""
        key = precompute.have(DASHBOARD_DATA, "u1")
        no = precompute("cache", "rm", "user:u1:*", answer="n\n")
        assert (no.exit_code, "Delete 1 result " in no.output) == (1, True)
        assert isinstance(precompute.engine.cache.read(key), Entry)
        yes = precompute("cache", "rm", "user:u1:*", answer="y\n")
        assert (yes.exit_code, "1 result deleted" in yes.output) == (0, True)
        assert not isinstance(precompute.engine.cache.read(key), Entry)
        assert "0 results deleted" in precompute("cache", "rm", "user:u1:*").output

    def test_programs_say_yes_beforehand(self, precompute: CommandLine) -> None:
        """Soft marks stale; ``--json`` without ``--yes`` is refused, since it cannot ask."""
        key = precompute.have(DASHBOARD_DATA, "u1")
        assert precompute("cache", "rm", "*", "--json").exit_code == 2
        told = precompute.json("cache", "rm", "dashboard_data:*", "--soft", "--yes")
        assert told == {"invalidated": 1, "soft": True}

        def stale() -> bool:
            found = precompute.engine.cache.read(key)
            assert isinstance(found, Entry)
            return found.stale

        # The command has a clock of its own, milliseconds ahead where the server was slow to tell the time.
        wait_for_callable("waiting for it to be stale", stale, timeout=60)

    def test_what_was_computed_from_it_goes_too(self, precompute: CommandLine) -> None:
        """And is counted before the question."""
        client = precompute.engine.cache.client
        entry = client.hgetall(f"pc:e:{precompute.have(DASHBOARD_DATA, 'u1')}")
        name = f"{CTR_PREDICTION.name}:video:v1"
        client.hset(f"pc:e:{name}", mapping=entry)
        client.zadd(f"pc:y:{CTR_PREDICTION.name}", {name: 1})
        result = precompute("cache", "rm", "hook_analysis:video:v1", answer="y\n")
        assert ("Delete 1 result " in result.output, "1 result deleted" in result.output) == (True, True)


class TestStats:
    """``cache stats``."""

    def test_by_type_and_in_all(self, precompute: CommandLine) -> None:
        """Entries, reads and how many of them found something, and whether results were read before they went."""
        cache = precompute.engine.cache
        read = precompute.have(DASHBOARD_DATA, "u1")
        unread = precompute.have(DASHBOARD_DATA, "u2", cause=Cause.REFRESH)
        for key in (read, read, DASHBOARD_DATA.key_for(replace(read.ref, id="u3"))):
            cache.read(key)
        precompute("cache", "rm", str(unread), "--yes")
        precompute.have(VARIANT_GENERATION, "c1")

        told = precompute.json("cache", "stats")

        dashboard = {"reads": 3, "hit_rate": 0.6667, "share_read": 0.5, "computed": 1, "unchanged": 0, "parked": 0}
        weight = {name: each["bytes"] for name, each in told["by_type"].items()}
        assert weight["dashboard_data"] > 200
        assert told["by_type"]["dashboard_data"] == {**dashboard, "entries": 1, "bytes": weight["dashboard_data"]}
        assert (told["by_type"]["video_samples"]["entries"], weight["video_samples"]) == (0, 0)
        assert told["all"] == {**dashboard, "entries": 2, "bytes": sum(weight.values())}
        text = precompute("cache", "stats").stdout
        assert [word for word in ("dashboard_data", "67 %", "50 %", "video_samples") if word not in text] == []

    def test_an_empty_cache_has_no_shares(self, precompute: CommandLine) -> None:
        """Nothing is divided by nothing."""
        told = precompute.json("cache", "stats")["all"]
        assert (told["entries"], told["hit_rate"], told["share_read"]) == (0, None, None)


@pytest.mark.parametrize(
    "words", [("ls",), ("show", "ctr_prediction:video:v1"), ("rm", "*", "--yes"), ("stats", "--json")]
)
def test_a_cache_that_is_away_is_told_in_one_line(precompute: CommandLine, words: tuple[str, ...]) -> None:
    """With what to look at, and an exit code for scripts."""
    result = precompute("cache", *words, REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "make run" in result.stderr


def test_a_wrong_setting_is_told_in_one_line(precompute: CommandLine) -> None:
    """With the variable's name and an exit code of its own."""
    result = precompute("cache", "ls", REDIS_URL="http://nowhere")
    assert (result.exit_code, result.stderr.count("\n"), "REDIS_URL" in result.stderr) == (2, 1, True)


def test_json_is_json(precompute: CommandLine) -> None:
    """Whatever is found, standard output holds one value."""
    assert json.loads(precompute("cache", "ls", "--json").stdout) == {"entries": [], "more": False}
