"""What lies in deploy/ for Prometheus and Grafana is sound by their own tools, and complete."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus import promtool

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text())["groups"] for rule in group["rules"]
]
ALERTS = [rule["alert"] for rule in RULES if "alert" in rule]
TESTS = sorted((DEPLOY / "prometheus").glob("*_test.yml"))
CASES: list[dict[str, Any]] = [
    case for file in TESTS for test in yaml.safe_load(file.read_text())["tests"] for case in test["alert_rule_test"]
]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana/dashboards/precompute.json").read_text())


def test_prometheus_accepts_configuration_and_rules() -> None:
    """The tool has nothing against either; the file with the key, which it would look for, is in a container only."""
    folder = DEPLOY / "prometheus"
    assert "SUCCESS" in promtool("check", "config", "--syntax-only", "prometheus.yml", folder=folder)
    assert "SUCCESS" in promtool("check", "rules", "rules.yml", folder=folder)


@pytest.mark.parametrize("file", TESTS, ids=lambda file: str(file.name))
def test_alerts_fire_when_they_should_and_only_then(file: Path) -> None:
    """The rules' own tests on made-up series."""
    assert "SUCCESS" in promtool("test", "rules", file.name, folder=file.parent)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_a_test_that_fires_and_one_that_does_not(alert: str) -> None:
    """One without the other would prove little."""
    fires = {bool(case.get("exp_alerts")) for case in CASES if case["alertname"] == alert}
    assert fires == {True, False}


@pytest.mark.parametrize("rule", [rule for rule in RULES if "alert" in rule], ids=lambda rule: str(rule["alert"]))
def test_alerts_say_what_is_wrong_and_wait_out_a_moment(rule: dict[str, Any]) -> None:
    """Each has a severity, a summary and what to do, and does not fire at the first sight."""
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert re.fullmatch(r"[1-9]\d*[mh]", rule["for"])


def test_panels_have_a_place_and_an_expression_of_their_own() -> None:
    """No two panels overlap, and every one but headings asks something."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
        assert panel["type"] == "row" or all(target["expr"] for target in panel["targets"]), panel["title"]
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))


def test_everything_is_asked_of_the_chosen_data_source() -> None:
    """A dashboard that names one machine's data source shows nothing on another."""
    sources = {target["datasource"]["uid"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())}
    assert sources == {"${datasource}"}
