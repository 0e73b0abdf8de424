"""How long it takes from ``make run`` to the first results, at a first start and at a second one with the same data.

python benchmarks/start.py [--starts 2] [--json]

The whole stack on free ports with a data folder of its own, as `make run` starts it: with make where this checkout was
installed by make, else by the same command. Each start, a user who was never there logs in as soon as somebody
answers, and their dashboard is asked for until a worker has computed it; then the shipped clip is brought under a new
id, and the prediction of its CTR asked for, which needs all of its analyses. Other work of the machine counts in.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from figures import Figure, told

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests" / "acceptance"), str(ROOT / "tests")]

from stack_process import Stack, free_ports  # noqa: E402

CLIP = ROOT / "media" / "test_vid_001.mp4"

PATIENCE_S = 90.0

PAUSE_S = 0.05
"""Between two tries while nobody answers yet."""

SETTINGS = ("PRECOMPUTE_PORT", "PRECOMPUTE_FLOWER_PORT", "PRECOMPUTE_CACHE_PORT", "PRECOMPUTE_BROKER_PORT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Seconds since the command was given.

    Attributes:
        answers: Until the API took a login.
        dashboard: Until a worker had computed the dashboard of that login, and the API served it.
        video: Until all of a video was analysed, and the prediction of its CTR served.
    """

    answers: float
    dashboard: float
    video: float


def command() -> list[str]:
    """``make run`` where it would install nothing, else what it runs."""
    ready = subprocess.run(["make", "--question", ".venv/installed"], cwd=ROOT, capture_output=True, check=False)
    return ["make", "run"] if ready.returncode == 0 else [sys.executable, "-m", "api.cli", "up"]


def by_what() -> str:
    """For people: how the stack was started."""
    if command() == ["make", "run"]:
        return "by `make run`"
    return "by `python -m api.cli up`, which `make run` would call after a look at what is installed"


def called(port: int, method: str, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any] | None:
    """Status and answer; None while nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        sent = None if body is None else json.dumps(body)
        connection.request(method, f"/api/precompute{path}", sent, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.load(answer)
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def until(port: int, *wanted: int, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """What is answered once it has one of the wanted statuses.

    Raises:
        SystemExit: It is another one, or there is none in time.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = called(port, method, path, body)
        if found is not None and found[0] in wanted:
            return found[1]
        if found is not None and found[0] not in {HTTPStatus.NOT_FOUND, HTTPStatus.ACCEPTED}:
            raise SystemExit(f"{method} {path} answered {found}")
        time.sleep(PAUSE_S)
    raise SystemExit(f"{method} {path} had no answer within {PATIENCE_S:.0f} s")


def started(number: int, environ: Mapping[str, str]) -> Start:
    """Start the stack, take the times, and end it."""
    port = int(environ["PRECOMPUTE_PORT"])
    began = time.monotonic()
    stack = Stack(*command(), environ=environ)
    try:
        who, clip = f"start-{number}", f"clip-{number}"
        until(port, HTTPStatus.ACCEPTED, method="POST", path="/login", body={"user_id": who})
        answers = time.monotonic() - began
        until(port, HTTPStatus.OK, method="GET", path=f"/cache/dashboard_data:user:{who}?wait=30")
        dashboard = time.monotonic() - began
        body = {"video_id": clip, "user_id": who, "video_data": {"url": str(CLIP)}}
        until(port, HTTPStatus.ACCEPTED, method="POST", path="/video", body=body)
        until(port, HTTPStatus.OK, method="GET", path=f"/cache/ctr_prediction:video:{clip}?wait=30")
        video = time.monotonic() - began
        stack.end(signal.SIGTERM)
    finally:
        stack.clear_away()
    return Start(answers=answers, dashboard=dashboard, video=video)


def main() -> None:
    """Tell the seconds of the first start and of the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=2)
    parser.add_argument("--json", action="store_true", dest="as_json")
    wanted = parser.parse_args()
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PRECOMPUTE_", "MAKE", "MFLAGS"))}
    with tempfile.TemporaryDirectory() as folder:
        ports = dict(zip(SETTINGS, map(str, free_ports(len(SETTINGS))), strict=True))
        environ = {**ours, **ports, "PRECOMPUTE_DATA_DIR": folder, "PYTHONPATH": str(ROOT)}
        for name in ("REDIS_URL", "BROKER_URL"):
            environ.pop(name, None)
        starts = []
        for number in range(wanted.starts):
            starts.append(started(number, environ))
            print(f"start {number + 1}: {starts[-1]}", file=sys.stderr)
    first, last = starts[0], starts[-1]
    note = (
        f"{by_what()}; the API answered after {last.answers:.1f} s; the first start, with an empty data folder: "
        f"{first.answers:.1f} s, {first.dashboard:.1f} s, {first.video:.1f} s"
    )
    common: dict[str, Any] = {"unit": "s", "note": note}
    figures = [
        Figure(what="second start to the first result served", ours=last.dashboard, target="<= 15 s", **common),
        Figure(what="second start to a video analysed and its CTR served", ours=last.video, **common),
    ]
    told("start", figures, as_json=wanted.as_json)


if __name__ == "__main__":
    main()
