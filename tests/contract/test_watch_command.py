"""``precompute watch``: tasks followed until they end, by people and by programs, over connections that break."""

import json
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis
from remote_command_line import RemoteCommandLine, beside_a_service
from servers import ValkeyServer, serving

from api.remote.stream import parsed
from precompute.catalogue import CAMPAIGN_ANALYTICS, DASHBOARD_DATA, PREDICTED_ACTIONS


@pytest.fixture
def precompute(cache_server: ValkeyServer, cache_client: "redis.Redis", tmp_path: Path) -> Iterator[RemoteCommandLine]:
    """The command line beside a service on an empty cache."""
    with beside_a_service(cache_server, tmp_path) as line:
        yield line
        line.engine.facts.close()


def test_what_is_ready_ends_well(precompute: RemoteCommandLine) -> None:
    """Exit code 0, with one line for each task that somebody asked for."""
    precompute.have(DASHBOARD_DATA, "u1")
    result = precompute("watch", "user", "u1")
    assert (result.exit_code, result.stdout) == (0, "dashboard_data ready\n")
    assert result.stderr == "1 of 1 results are ready.\n"


def test_what_failed_ends_with_one_and_why(precompute: RemoteCommandLine) -> None:
    """The reason is told."""
    precompute.have(DASHBOARD_DATA, "u1")
    precompute.fail(PREDICTED_ACTIONS, "u1", message="no model")
    result = precompute("watch", "user", "u1")
    assert result.exit_code == 1
    assert "predicted_actions failed (broke): no model" in result.stderr


def test_what_nobody_asked_for_ends_with_one(precompute: RemoteCommandLine) -> None:
    """It says so."""
    result = precompute("watch", "video", "v1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Nothing was asked for" in result.stderr


def test_each_change_is_a_line_of_json_as_it_happens(precompute: RemoteCommandLine) -> None:
    """A program reads them from the pipe while the work goes on; the last one sums up."""
    first, second = precompute.begun(DASHBOARD_DATA, "u1"), precompute.begun(CAMPAIGN_ANALYTICS, "u1")
    with precompute.start("watch", "user", "u1", "--json") as process:
        assert process.stdout is not None
        seen = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert {(one["event"], one["task_type"], one["state"]) for one in seen} == {
            ("state", "dashboard_data", "running"),
            ("state", "campaign_analytics", "running"),
        }
        cost = precompute.engine.settings.lease
        precompute.engine.cache.store(DASHBOARD_DATA, first, owner="test", body=b"{}", parts={}, cost=cost)
        change = json.loads(process.stdout.readline())
        assert (change["task_type"], change["state"]) == ("dashboard_data", "ready")
        precompute.engine.cache.store(CAMPAIGN_ANALYTICS, second, owner="test", body=b"{}", parts={}, cost=cost)
        change, done = (json.loads(line) for line in process.stdout)
        assert (change["task_type"], change["state"]) == ("campaign_analytics", "ready")
        assert done["event"] == "done"
        assert set(done["ready"]) == {"dashboard_data", "campaign_analytics"}
        assert process.wait(timeout=30) == 0


def test_a_submission_is_watched_to_its_end(precompute: RemoteCommandLine) -> None:
    """`submit --watch --json` says what is queued, then each change; with a failure it ends with 1."""
    with precompute.start("submit", "login", "u1", "--watch", "--json") as process:
        assert process.stdout is not None
        receipt = json.loads(process.stdout.readline())
        assert receipt["event"] == "queued"
        for row in (DASHBOARD_DATA, PREDICTED_ACTIONS, CAMPAIGN_ANALYTICS):
            key = next(one for one in precompute.keys_of("u1") if one.task_type == row.name)
            precompute.take(key)
            if row is PREDICTED_ACTIONS:
                precompute.broken(key)
            else:
                cost = precompute.engine.settings.lease
                precompute.engine.cache.store(row, key, owner="test", body=b"{}", parts={}, cost=cost)
        done = json.loads(process.stdout.readlines()[-1])
        assert (set(done["ready"]), done["failed"]) == (
            {"dashboard_data", "campaign_analytics"},
            ["predicted_actions"],
        )
        assert process.wait(timeout=30) == 1


def test_ctrl_c_ends_it_without_a_trace(precompute: RemoteCommandLine) -> None:
    """While it waits for what takes long."""
    precompute.begun(DASHBOARD_DATA, "u1")
    with precompute.start("watch", "user", "u1") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "dashboard_data running\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 1
        assert process.stderr.read() == "Watched no longer; what is being computed goes on.\n"


def test_a_reader_that_has_seen_enough_ends_it_without_a_trace(precompute: RemoteCommandLine) -> None:
    """As `precompute watch … | head -1` does."""
    key = precompute.begun(DASHBOARD_DATA, "u1")
    with precompute.start("watch", "user", "u1", "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        precompute.engine.cache.store(
            DASHBOARD_DATA, key, owner="test", body=b"{}", parts={}, cost=precompute.engine.settings.lease
        )
        process.wait(timeout=30)
        assert "Traceback" not in process.stderr.read()


class Breaking(ThreadingHTTPServer):
    """A service whose answers to ``stream`` are cut off, one after the other.

    Args:
        answers: Status and body of each connection; the last one of all further ones.
    """

    daemon_threads = True

    def __init__(self, *answers: tuple[int, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Cut)
        self.answers = list(answers)
        self.asked = 0

    @property
    def url(self) -> str:
        """Its own."""
        return f"http://127.0.0.1:{self.server_port}"


class _Cut(BaseHTTPRequestHandler):
    server: Breaking

    def do_GET(self) -> None:
        """Say the next answer, and hang up."""
        status, body = self.server.answers[min(self.server.asked, len(self.server.answers) - 1)]
        self.server.asked += 1
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if status == 200 else "application/json")
        self.send_header("Connection", "close")
        if status != 200:
            self.send_header("Retry-After", "1")
        elif not body.endswith("\n\n"):
            # Less than was promised, as when a process is killed in the middle.
            self.send_header("Content-Length", str(len(body) + 100))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Nothing; the test's output is its own."""


def event(state: str, name: str = "dashboard_data") -> str:
    """One ``state`` event."""
    return f"event: state\ndata: {json.dumps({'task_type': name, 'state': state})}\n\n"


DONE = "event: done\ndata: {}\n\n"
BUSY = json.dumps({"success": False, "error": {"code": "busy", "message": "as many stream as can"}})


@pytest.mark.parametrize(
    "answers",
    [
        ((200, event("running")), (200, event("running") + event("ready") + DONE)),
        ((200, event("running") + "event: timeout\ndata: {}\n\n"), (200, event("ready") + DONE)),
        ((200, event("running") + "event: error\ndata: {}\n\n"), (200, event("ready") + DONE)),
        ((200, event("running") + "event: sta"), (200, event("ready") + DONE)),
        ((200, event("running")), (503, BUSY), (200, event("ready") + DONE)),
    ],
    ids=["cut between", "timed out", "outage", "cut in the middle", "busy"],
)
def test_a_connection_that_breaks_is_made_anew(
    precompute: RemoteCommandLine, answers: tuple[tuple[int, str], ...]
) -> None:
    """What was told before is not told again, and nothing is missed."""
    with Breaking(*answers) as server, serving(server):
        result = precompute("watch", "user", "u1", "--url", server.url)
        assert server.asked == len(answers)
    assert (result.exit_code, result.stdout) == (0, "dashboard_data running\ndashboard_data ready\n")


def test_what_is_lost_on_the_way_is_not_well(precompute: RemoteCommandLine) -> None:
    """A service that came back without its cache knows nothing of what was running."""
    with Breaking((200, event("running")), (200, event("missing") + DONE)) as server, serving(server):
        result = precompute("watch", "user", "u1", "--url", server.url)
    assert result.exit_code == 1
    assert "dashboard_data is not there" in result.stderr


def test_a_refusal_is_no_reason_to_try_again(precompute: RemoteCommandLine) -> None:
    """A key that is not good for it, told in one line at once."""
    body = json.dumps({"success": False, "error": {"code": "key_missing", "message": "this takes an API key"}})
    with Breaking((401, body)) as server, serving(server):
        result = precompute("watch", "user", "u1", "--url", server.url)
        assert server.asked == 1
    assert (result.exit_code, result.stderr) == (1, "precompute: this takes an API key\n")


def test_events_are_read_as_the_standard_has_it() -> None:
    """Data on several lines, comments, a blank after the colon or none, and half an event at the end, which is none."""
    lines = [": hello", "", "event:state", 'data: {"a":', "data:1}", "", "data: {}", "", "event: done", "data: {}"]
    assert [(told.name, told.data) for told in parsed(lines)] == [("state", {"a": 1})]


@pytest.mark.timeout(120)
def test_what_is_not_the_service_is_told_at_once(precompute: RemoteCommandLine) -> None:
    """Another program's page is no connection that broke."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server, serving(server):
        result = precompute("watch", "user", "u1", "--url", f"http://127.0.0.1:{server.server_port}")
    assert result.exit_code == 1
    assert "is not this service: 404, text/html" in result.stderr
