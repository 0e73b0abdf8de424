"""``precompute replay``: the table, the page, and what is said when something is wrong."""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree

import numpy as np
import orjson
import pytest
from click.testing import CliRunner, Result

from api.cli import main
from models.behaviour import Log
from models.replay.assumptions import Assumptions
from models.replay.replay import Setup, replay

NAMES = ("open", "look", "buy", "leave")


@contextmanager
def answering(bodies: Mapping[str, Any]) -> Iterator[str]:
    """A service that answers these paths; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = orjson.dumps(bodies[self.path])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three weeks of ten users, who come twice a day and do four things in a row, some seconds apart."""
    chance = np.random.default_rng(1)
    rows = []
    for day in range(21):
        for user in range(10):
            at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC) + timedelta(days=day, minutes=int(chance.integers(0, 600)))
            for name in NAMES:
                rows.append((f"user {user}", at.isoformat(), name))
                at += timedelta(seconds=int(chance.integers(20, 90)))
    path = tmp_path / "log.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("user", "time", "action"), *sorted(rows, key=lambda row: row[1])])
    return path


def run(log: Path, *options: str) -> Result:
    """The command, its page beside the log."""
    chart = str(log.with_suffix(".html"))
    few = ("--threshold", "0.3", "--threshold", "0.7", "--retrains", "1", "--chart", chart)
    return CliRunner().invoke(main, ["replay", str(log), *few, *options], env={"PRECOMPUTE_DATA_DIR": str(log.parent)})


def test_all_policies_stand_in_one_table(log: Path) -> None:
    """With what they mean, what was assumed, and the sentence that people come for."""
    result = run(log)

    assert result.exit_code == 0, result.output
    names = ["compute at each request", "cache on demand", "everything on login", "refresh ahead alone"]
    for name in [*names, "ours, p > 0.3", "ours, p > 0.7", "knows the future"]:
        assert re.search(rf"^{re.escape(name)} .*%", result.output, re.MULTILINE)
    assert "The first 20% (168 events, until 2026-03-06) only warm up" in result.output
    assert "of reads are served at once" in result.output


def test_programs_get_json(log: Path) -> None:
    """Figures as numbers; none looks better than somebody who knows the future."""
    found = orjson.loads(run(log, "--json").stdout)

    lines = {line["name"]: line for line in found["lines"]}
    oracle = lines["knows the future"]
    assert found["reads"] == 672
    assert lines["compute at each request"]["computations"] == 1
    assert all(line["saved"] <= oracle["saved"] == 1 for line in lines.values())
    assert lines["ours, p > 0.3"]["hit_rate"] > lines["cache on demand"]["hit_rate"]


def test_the_page_needs_nothing_else(log: Path) -> None:
    """One file: its drawing is well-formed, has a title and a description, and nothing is fetched."""
    run(log)

    page = log.with_suffix(".html").read_text()
    drawing = re.search(r"<svg.*</svg>", page, re.DOTALL)
    assert drawing is not None
    svg = ElementTree.fromstring(drawing[0])  # noqa: S314 - our own
    assert {child.tag for child in svg[:2]} == {"title", "desc"}
    assert len([one for one in svg.iter("circle") if one.get("class") == "ours"]) == 2
    assert "http" not in page
    assert "prefers-color-scheme: dark" in page


def test_names_in_a_log_are_no_markup(log: Path) -> None:
    """A file called like a tag is shown, not run."""
    odd = log.rename(log.with_name("<script>x.csv"))

    run(odd)

    assert "<script>" not in odd.with_suffix(".html").read_text()


def test_what_results_cost_and_how_long_they_last_can_be_said_by_action(log: Path) -> None:
    """Longer computing costs more; a shorter life leaves fewer hits on demand."""
    usual = orjson.loads(run(log, "--json").stdout)["lines"]
    given = run(log, "--json", "--cost", "1", "--cost", "buy=9", "--ttl", "10s", "--grace", "1s", "--workers", "20")

    lines = orjson.loads(given.stdout)["lines"]
    assert lines[0]["mean_wait_s"] == pytest.approx((1 + 1 + 9 + 1) / 4)
    assert lines[1]["hit_rate"] < usual[1]["hit_rate"]


def test_actions_may_read_task_types_of_the_platform(log: Path, tmp_path: Path) -> None:
    """As said beside the log or in a file; what they read, and what it costs, stands in the notes."""
    said = tmp_path / "reads.json"
    said.write_text('{"open": ["dashboard_data"], "look": ["campaign_analytics", "dashboard_data"]}')
    result = run(log, "--reads", str(said), "--reads", "buy=roas_prediction", "--cost", "dashboard_data=7")
    assert result.exit_code == 0, result.output
    assert "open reads dashboard_data; look reads campaign_analytics, dashboard_data; buy reads roas_prediction." in (
        " ".join(result.output.split())
    )
    assert "Each other action reads one result" in result.output
    assert "dashboard_data 7 s" in result.output


def test_costs_are_those_that_a_service_measured(log: Path) -> None:
    """What `--cost` says for one counts before."""
    body = {"success": True, "metrics": {"avg_processing_time": {"dashboard_data": 0.25, "roas_prediction": 3.0}}}
    with answering({"/api/precompute/metrics": body}) as url:
        told = run(log, "--costs", url, "--reads", "open=dashboard_data,roas_prediction", "--cost", "roas_prediction=5")
    assert told.exit_code == 0, told.output
    assert "dashboard_data 0.25 s" in told.output
    assert "roas_prediction 5 s" in told.output


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--cost", "nap=2"], 1, "no action of the log is called 'nap'; it has open, look, buy, leave"),
        (["--reads", "open=dashboards"], 1, "no task type is called 'dashboards'; there are"),
        (["--reads", "nap=dashboard_data"], 1, "no action of the log is called 'nap'"),
        (["--reads", "nowhere.json"], 1, "nowhere.json holds no JSON that can be read"),
        (["--costs", "http://127.0.0.1:9"], 1, "http://127.0.0.1:9"),
        (["--changed-by", "nap"], 1, "no action of the log is called 'nap'"),
        (["--cost", "open=soon"], 2, "takes seconds or a number with a unit"),
        (["--ttl", "0s"], 2, "takes seconds or a number with a unit"),
        (["--user-column", "who"], 1, "log.csv has no column 'who'; it has 'user', 'time', 'action'"),
        (["--chart", "/nowhere/at/all.html"], 1, "/nowhere/at/all.html cannot be written"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(log: Path, options: list[str], code: int, said: str) -> None:
    """Without a stack trace."""
    result = run(log, *options)

    assert result.exit_code == code
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_log_that_is_too_short_is_refused(tmp_path: Path) -> None:
    """One event cannot both teach and count."""
    path = tmp_path / "log.csv"
    path.write_text("user,time,action\na,2026-03-01T08:00,open\n")

    result = run(path)

    assert result.exit_code == 1
    assert "a log of 1 events is too short" in result.output


def test_each_step_is_told() -> None:
    """What is trained, predicted and played, with a share that only grows and ends at 1."""
    chance = np.random.default_rng(2)
    at = 1_772_352_000.5 + np.cumsum(chance.integers(10, 500, 300)).astype(np.float64)
    log = Log.from_columns(users=["a"] * 300, actions=[NAMES[number % 4] for number in range(300)], at=at)
    told: list[tuple[str, float]] = []

    replay(
        log,
        plant=Assumptions().plant(log.names),
        setup=Setup(thresholds=(0.5,), retrains=2),
        report=lambda step, share: told.append((step, share)),
    )

    steps, shares = zip(*told, strict=True)
    assert list(shares) == sorted(shares)
    assert steps[:4] == ("training 1 of 2", "predicting 1 of 2", "training 2 of 2", "predicting 2 of 2")
    assert {"cache on demand", "ours, p > 0.5"} < set(steps)
    assert told[-1] == ("done", 1.0)
