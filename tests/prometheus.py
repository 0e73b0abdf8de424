"""Prometheus's own programs for tests: promtool, and a real server on a free loopback port."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
import yaml
from servers import free_port

_START_S = 30
_PAUSE_S = 0.2


def prometheus_program(name: str) -> str:
    """Path of ``promtool`` or ``prometheus``; without it the test is skipped, in CI it fails."""
    if found := shutil.which(name):
        return found
    told = f"no {name} on this machine; on Debian and Ubuntu: apt install prometheus"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


def promtool(*arguments: str, text: str = "", folder: Path | None = None) -> str:
    """What promtool says, which must be content."""
    command = [prometheus_program("promtool"), *arguments]
    ran = subprocess.run(command, input=text, cwd=folder, capture_output=True, text=True, check=False)
    told = ran.stdout + ran.stderr
    assert ran.returncode == 0, told
    return told


class PrometheusServer:
    """One Prometheus that scrapes an address every second; a context manager that stops it.

    Args:
        folder: Where it keeps what it scraped.
        rules: Its rules, as YAML.
        target: Host and port to scrape, as the job ``precompute``.
    """

    def __init__(self, folder: Path, *, rules: str, target: str) -> None:
        program = prometheus_program("prometheus")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "rules.yml").write_text(rules)
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": ["rules.yml"],
            "scrape_configs": [{"job_name": "precompute", "static_configs": [{"targets": [target]}]}],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        address = f"127.0.0.1:{free_port()}"
        self._log = folder / "prometheus.log"
        options = (f"--storage.tsdb.path={folder / 'data'}", f"--web.listen-address={address}")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, f"--config.file={folder / 'prometheus.yml'}", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._client = httpx2.Client(base_url=f"http://{address}", timeout=10)
        self.until(lambda: self._ready() or None, within_s=_START_S)

    def firing(self) -> dict[str, list[dict[str, str]]]:
        """Labels of the alerts that fire now, by name."""
        found: dict[str, list[dict[str, str]]] = {}
        for alert in self._asked("/api/v1/alerts")["alerts"]:
            if alert["state"] == "firing":
                found.setdefault(alert["labels"]["alertname"], []).append(alert["labels"])
        return found

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Samples now; an expression that it does not understand raises."""
        result: list[dict[str, Any]] = self._asked("/api/v1/query", query=expression)["result"]
        return result

    def rule_errors(self) -> list[str]:
        """Of rules that could not be evaluated."""
        groups = self._asked("/api/v1/rules")["groups"]
        return [rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")]

    def until(self, look: Callable[[], Any], *, within_s: float) -> Any:
        """What ``look`` gives, as soon as that is not None."""
        ends, pause = time.monotonic() + within_s, Event()
        while (found := look()) is None:
            assert time.monotonic() < ends, self._log.read_text()[-2000:]
            assert self._process.poll() is None, self._log.read_text()[-2000:]
            pause.wait(_PAUSE_S)
        return found

    def __enter__(self) -> "PrometheusServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ready(self) -> bool:
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx2.TransportError:
            return False

    def _asked(self, path: str, **parameters: str) -> Any:
        answer = self._client.get(path, params=parameters)
        body = answer.json()
        assert body["status"] == "success", body
        return body["data"]
