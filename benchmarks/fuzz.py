"""Attacks the API with what its own document allows and forbids: ``make fuzz``.

Schemathesis makes the requests (examples, edge cases, random and hostile ones, chains of calls) and holds every answer
against the document, with all of its checks. The API is a real process on a real cache and broker, with some results in
its cache; no worker takes what is queued. Ends with the number of requests, and with status 1 if anything was found.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import httpx2  # noqa: E402
import orjson  # noqa: E402
from servers import ValkeyServer, free_port  # noqa: E402

from api.result_examples import IDS, RESULTS  # noqa: E402
from precompute.catalogue import CAPTION_GENERATION, THUMBNAIL_GENERATION  # noqa: E402
from precompute.message import Message  # noqa: E402
from precompute.settings import Settings  # noqa: E402
from precompute.subjects import Subject, SubjectRef  # noqa: E402
from workers.wiring import engine, precomputer  # noqa: E402

OPERATIONS = 26
"""About as many as the document has; how many cases one gets follows from it."""

PARTS = {
    THUMBNAIL_GENERATION: {"1.jpg": b"\xff\xd8\xff\xe0a picture\xff\xd9"},
    CAPTION_GENERATION: {"captions.vtt": b"WEBVTT\n", "captions.srt": b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"},
}
"""What results only point to."""

CONFIG = """
# Every check holds unless it is named here; options of the command line would overrule that.
# Without keys, which is how the service runs here, nobody is asked for one.
[checks]
ignored_auth.enabled = false

# What no schema can say: an entry that does not fit is refused in its own result, and the batch is taken; it holds at
# most 1,000 entries in all.
[[operations]]
include-operation-id = "submitBatch"
checks.negative_data_rejection.enabled = false
checks.positive_data_acceptance.enabled = false

# The media folder has no video of a random name.
[[operations]]
include-operation-id = "videoUploaded"
checks.positive_data_acceptance.enabled = false

# The pattern stands in the body or in the query.
[[operations]]
include-operation-id = "invalidateResults"
checks.positive_data_acceptance.enabled = false

# Facts date from 1970 to the day after tomorrow; an action stands alone or in a list.
[[operations]]
include-operation-id = "recordActions"
checks.positive_data_acceptance.enabled = false

# The same, and nobody clicks what was not shown. Unknown fields of an outcome are named in the answer, not refused.
[[operations]]
include-operation-id = "recordOutcomes"
checks.negative_data_rejection.enabled = false
checks.positive_data_acceptance.enabled = false

# An object that is a budget holds no negative number.
[[operations]]
include-operation-id = "campaignCreated"
checks.positive_data_acceptance.enabled = false

# No worker takes what is queued: nobody should wait for it half a minute, ten thousand times.
[[operations]]
include-operation-id = "readResult"
parameters = { wait = 0.01 }

[[operations]]
include-operation-id = "streamChanges"
parameters = { subject_id = "nobody" }
"""


def main() -> None:
    """Start the API, attack it, and say what came of it."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--cases", type=int, default=10_000, help="requests, at least")
    wanted.add_argument("--seed", type=int, default=None, help="makes the same requests again")
    wanted.add_argument("--only", default=None, help="one operation by its id")
    asked = wanted.parse_args()
    with tempfile.TemporaryDirectory() as name, serving(Path(name)) as url:
        status = attack(url, Path(name), cases=asked.cases, seed=asked.seed, only=asked.only)
    sys.exit(status)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of an API of its own, with a result of each task type in its cache."""
    with ValkeyServer(folder / "valkey") as server:
        port = free_port()
        environ = {
            "REDIS_URL": server.url,
            "BROKER_URL": server.url,
            "PRECOMPUTE_DATA_DIR": str(folder / "data"),
            "PRECOMPUTE_MEDIA_ROOT": str(ROOT / "media"),
            # Nobody works off what is queued: a backlog must not be all that there is to see.
            "PRECOMPUTE_MOST_WAITING": "1000000",
            "PRECOMPUTE_MOST_WAITING_EVENTS": "1000000",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PRECOMPUTE_")}
        command = ["-m", "granian", "--interface", "wsgi", "--no-ws", "--http", "1", "--blocking-threads", "32"]
        command += ["--port", str(port)]
        with (folder / "api.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command, "api.wsgi:app"], cwd=ROOT, env=kept | environ, stdout=log, stderr=log
            )
        try:
            fill(Settings.from_environ(environ))
            with httpx2.Client(transport=httpx2.HTTPTransport(retries=20), timeout=60) as caller:
                caller.get(f"http://127.0.0.1:{port}/readyz").raise_for_status()
            yield f"http://127.0.0.1:{port}"
            complaints = [line for line in (folder / "api.log").read_text().splitlines() if "Traceback" in line]
            print(f"faults in the API's log: {len(complaints)}")
        finally:
            process.terminate()
            process.wait(30)


def fill(settings: Settings) -> None:
    """Put a result of each task type into the cache, under the ids of the document's examples, as a worker would."""
    parts, api = engine(settings), precomputer(settings)
    video, campaign, user = (IDS[subject] for subject in (Subject.VIDEO, Subject.CAMPAIGN, Subject.USER))
    api.on_video_upload(video, user, video_data={"url": "https://example.com/a.mp4"})
    api.on_campaign_create(campaign, user, campaign_data={"budget": 500})
    api.on_user_login(user)
    for row, result in RESULTS.items():
        key = row.key_for(SubjectRef(subject=row.subject, id=IDS[row.subject]))
        [record] = parts.ledger.records([key])
        message = Message(task_id=record.task_id or "", key=key, queue=row.queue.label, event="{}", cause="event")
        parts.ledger.begin(message, owner="fuzz", lease=timedelta(minutes=1), fingerprint="")
        files = PARTS.get(row, {})
        parts.cache.store(row, key, owner="fuzz", body=orjson.dumps(result), parts=files, cost=timedelta(seconds=1))


def attack(url: str, folder: Path, *, cases: int, seed: int | None, only: str | None) -> int:
    """Let Schemathesis make the requests; its exit status."""
    config, report = folder / "schemathesis.toml", folder / "events.ndjson"
    config.write_text(CONFIG)
    each = max(1, cases // OPERATIONS)
    command = [
        "--config-file",
        str(config),
        "run",
        f"{url}/openapi.json",
        "--max-examples",
        str(each),
    ]
    command += ["--continue-on-failure", "--request-timeout", "35", "--suppress-health-check", "all", "--no-color"]
    command += ["--report", "ndjson", "--report-ndjson-path", str(report)]
    command += ["--generation-database", "none", *(["--seed", str(seed)] if seed is not None else [])]
    command += ["--include-operation-id", only] if only else []
    ended = subprocess.run([str(Path(sys.executable).with_name("st")), *command], cwd=folder, check=False)
    print(f"requests: {sum(tally(report).values())}, by status: {dict(sorted(tally(report).items()))}")
    return ended.returncode


def tally(report: Path) -> "Counter[int]":
    """How often each status was answered."""
    statuses: Counter[int] = Counter()
    with report.open(encoding="utf-8") as lines:
        for line in lines:
            statuses.update(_statuses(json.loads(line)))
    return statuses


def _statuses(part: object) -> Iterator[int]:
    if isinstance(part, dict):
        if isinstance(part.get("status_code"), int):
            yield part["status_code"]
        for inner in part.values():
            yield from _statuses(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _statuses(inner)


if __name__ == "__main__":
    main()
