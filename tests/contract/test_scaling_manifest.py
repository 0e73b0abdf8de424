"""The manifest for KEDA in docs/scaling.md asks for what the service really tells."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench import SOLO, Bench
from flask import Flask
from prometheus import promtool
from scrapes import scraped

from precompute.measures import report_worker
from precompute.queues import Queue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scaled() -> dict[str, Any]:
    """The manifest, read from the page."""
    (block,) = re.findall(r"```yaml\n(apiVersion: keda.*?)```", (ROOT / "docs/scaling.md").read_text(), re.DOTALL)
    manifest: dict[str, Any] = yaml.safe_load(block)
    return manifest


def test_the_query_is_of_series_that_are_told(scaled: dict[str, Any], app: Flask, bench: Bench) -> None:
    """Every name and every label that it chooses by, with a task that waits and a worker as the Procfile calls it."""
    bench.trigger(SOLO)
    report_worker(bench.cache, name="interactive@host", processes=3, queues=["video"], busy=0.5)
    told = scraped(app)
    query = scaled["spec"]["triggers"][0]["metadata"]["query"]
    assert set(re.findall(r"precompute_\w+", query)) <= told.names
    (queues,) = re.findall(r'queue=~"([^"]+)"', query)
    assert set(queues.split("|")) == {queue.label for queue in Queue} - {"refresh", "background"}
    assert {f"{name}" for name in re.findall(r'role="([^"]+)"', query)} == {"interactive"}
    assert told.value("precompute_worker_processes", role="interactive") == 3
    assert told.value("precompute_worker_busy_ratio", role="interactive") == 0.5


def test_the_query_can_be_parsed_by_prometheus(scaled: dict[str, Any], tmp_path: Path) -> None:
    """As a rule, which promtool checks."""
    query = scaled["spec"]["triggers"][0]["metadata"]["query"]
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "keda", "rules": [{"record": "asked", "expr": query}]}]}))
    promtool("check", "rules", str(rules))


def test_the_manifest_names_what_the_compose_file_runs(scaled: dict[str, Any]) -> None:
    """The queues that its workers drain are those it looks at; numbers are written as KEDA takes them."""
    trigger = scaled["spec"]["triggers"][0]
    assert (scaled["kind"], trigger["type"]) == ("ScaledObject", "prometheus")
    assert float(trigger["metadata"]["threshold"]) > 0
    assert all(isinstance(value, str) for value in trigger["metadata"].values())
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    command = " ".join(compose["services"]["worker"]["command"])
    (drained,) = re.findall(r"-Q (\S+)", command)
    assert drained.replace(",", "|") in trigger["metadata"]["query"]
    assert "-n interactive@%h" in command
