"""The OpenAPI document and what is made from it; the API process and what it must not load."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from marshmallow import Schema, fields

import precompute
from api.app import create_app
from api.intake import WHOLE_WITHIN
from api.reference import reference
from precompute.catalogue import ROWS, Catalogue
from precompute.events import CampaignCreated
from precompute.queues import Queue
from precompute.settings import Settings
from precompute.subjects import Subject
from precompute.task_type import TaskType
from workers.wiring import precomputer

ROOT = Path(__file__).parents[2]


def app_with(*rows: TaskType) -> Flask:
    """An app of the shipped catalogue and ``rows``; contacts nothing."""
    settings = Settings()
    engine = precomputer(settings)
    engine.catalogue = Catalogue.of((*ROWS, *rows))
    return create_app(engine, settings)


def spec_of(app: Flask) -> dict[str, Any]:
    """The document as it is served."""
    answer = app.test_client().get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    spec: dict[str, Any] = answer.get_json()
    return spec


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """The document of the shipped catalogue."""
    return spec_of(app_with())


def operations(spec: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every operation with its name."""
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield f"{method} {path}", operation


def test_the_document_names_every_route(spec: dict[str, Any]) -> None:
    """Each route below /api/precompute and each health check is in the document, and nothing else."""
    served = set()
    for rule in app_with().url_map.iter_rules():
        if rule.rule.startswith(("/api/", "/healthz", "/readyz")):
            path = "/".join(_templated(part) for part in rule.rule.split("/"))
            served |= {f"{method.lower()} {path}" for method in rule.methods or () if method not in {"HEAD", "OPTIONS"}}
    assert served == {name for name, _ in operations(spec)}
    assert len(served) >= 20


def _templated(part: str) -> str:
    before, opening, inside = part.partition("<")
    name, _, after = inside.partition(">")
    return f"{before}{{{name.rpartition(':')[2]}}}{after}" if opening else part


def test_the_document_says_what_it_is(spec: dict[str, Any]) -> None:
    """OpenAPI 3.1, with the version of the package."""
    assert spec["openapi"] == "3.1.0"
    assert spec["info"]["version"] == precompute.__version__


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    """Each $ref is in the document, and each schema is reached by one."""
    text = json.dumps(spec)
    names = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names == set(spec["components"]["schemas"])


def test_every_response_is_described(spec: dict[str, Any]) -> None:
    """Each operation has a success and, but for the health check, an error; each JSON body has a schema."""
    for name, operation in operations(spec):
        statuses = set(operation["responses"])
        assert statuses & {"200", "202"}, name
        assert name == "get /healthz" or statuses & {"404", "422", "503"}, name
        for response in operation["responses"].values():
            assert response["description"]
            assert all("schema" in content for content in response.get("content", {}).values())


def test_whoever_sends_a_body_is_told_what_can_be_wrong_with_one(spec: dict[str, Any]) -> None:
    """That it came too slowly, was too large, or was no JSON: at each operation that takes one, and nowhere else."""
    of_bodies, taking = {"400", "408", "413", "415"}, 0
    for name, operation in operations(spec):
        told = of_bodies & set(operation["responses"])
        assert told == (of_bodies if "requestBody" in operation else set()), name
        taking += "requestBody" in operation
    assert taking >= 10
    answer = spec["paths"]["/api/precompute/video"]["post"]["responses"]["408"]
    assert f"{WHOLE_WITHIN.seconds} seconds" in answer["description"]
    assert answer["content"]["application/json"]["example"]["error"]["code"] == "request_timeout"


def test_every_operation_has_a_summary(spec: dict[str, Any]) -> None:
    """Each operation says in a sentence what it does."""
    assert all(operation["summary"].endswith(".") for _, operation in operations(spec))


def test_answers_may_grow(spec: dict[str, Any]) -> None:
    """No schema forbids fields that it does not name: they may be added."""
    assert 'additionalProperties": false' not in json.dumps(spec)


class EchoSchema(Schema):
    """What the added task type gives."""

    words = fields.List(fields.String(), required=True)


ECHO = TaskType(
    name="campaign_echo",
    subject=Subject.CAMPAIGN,
    on=CampaignCreated,
    queue=Queue.CAMPAIGN,
    ttl=timedelta(hours=2),
    time_limit=timedelta(seconds=5),
    result=EchoSchema,
)


def test_the_document_follows_the_catalogue() -> None:
    """A task type that is added appears in every enumeration, with its result's schema; transient ones never do."""
    spec = spec_of(app_with(ECHO))
    names = spec["components"]["schemas"]["TaskType"]["enum"]
    assert "campaign_echo" in names
    schemas = spec["components"]["schemas"]
    reference = {"$ref": "#/components/schemas/TaskType"}
    assert schemas["VideoReceipt"]["properties"]["queued_tasks"]["propertyNames"] == reference
    assert schemas["Task"]["properties"]["task_type"] == reference
    assert {"$ref": "#/components/schemas/Echo"} in schemas["CacheHit"]["properties"]["result"]["anyOf"]
    [row] = [row for row in spec["x-task-types"] if row["name"] == "campaign_echo"]
    assert (row["subject"], row["queue"], row["ttl_seconds"], row["result"]) == ("campaign", "campaign", 7200, "Echo")
    assert "video_samples" not in json.dumps(spec["x-task-types"])
    assert "video_samples" not in names


def test_the_reference_is_what_the_document_says(spec: dict[str, Any]) -> None:
    """docs/api.md is the page that `python -m api.reference` makes now."""
    assert (ROOT / "docs/api.md").read_text(encoding="utf-8") == reference(spec)


def test_the_client_is_made_from_this_document(spec: dict[str, Any]) -> None:
    """clients/typescript/openapi.json is the document that `python -m api.document` prints now (`make docs`)."""
    assert json.loads((ROOT / "clients/typescript/openapi.json").read_text(encoding="utf-8")) == spec


class Sources(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ``src`` and ``href``."""
        self.found += [value for name, value in attrs if name in {"src", "href"} and value]


def test_the_docs_page_loads_nothing_from_elsewhere() -> None:
    """/docs is a page whose every file this service has itself."""
    client = app_with().test_client()
    page = client.get("/docs")
    assert (page.status_code, page.mimetype) == (200, "text/html")
    sources = Sources()
    sources.feed(page.text)
    assert len(sources.found) >= 4
    for source in sources.found:
        assert urlsplit(source).netloc == ""
        with client.get(source) as file:
            assert file.status_code == 200, source
    assert '"/openapi.json"' in page.text
    assert '"validatorUrl": null' in page.text


def test_the_front_door_leads_on() -> None:
    """For programs / names the service, its version, and addresses that answer; for people it is the page."""
    client = app_with().test_client()
    assert client.get("/").mimetype == "text/html"
    body = client.get("/", headers={"Accept": "application/json"}).get_json()
    assert (body["success"], body["version"]) == (True, precompute.__version__)
    assert set(body["links"]) == {"docs", "openapi", "healthz", "readyz"}
    for path in body["links"].values():
        with client.get(path) as answer:
            assert answer.status_code in {200, 503}


PROBE = """
import json, resource, sys
import api.wsgi
heavy = {"cv2", "av", "onnxruntime", "faster_whisper", "rapidocr", "scenedetect"}
if sys.platform == "darwin":
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
else:
    # Linux counts the parent's memory into ru_maxrss of a process that it forked.
    most = 1024 * int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
print(json.dumps({"loaded": sorted(heavy & set(sys.modules)), "megabytes": most / 1e6}))
"""


def run_python(*args: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """A Python process of its own at the project's root."""
    wanted = {"PATH": os.environ["PATH"], **environ}
    return subprocess.run(
        [sys.executable, *args], cwd=ROOT, env=wanted, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_api_process_stays_light() -> None:
    """The process that answers requests loads what predicts, but no library of the analyses, and stays under 220 MB."""
    found = json.loads(run_python("-c", PROBE).stdout)
    assert found["loaded"] == []
    assert found["megabytes"] < 220


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PRECOMPUTE_WORKERS", "many"), ("PRECOMPUTE_PLUGINS", "no_such_module"), ("PRECOMPUTE_TTL_NOTHING", "6h")],
)
def test_a_wrong_setting_ends_the_process_with_one_line(variable: str, value: str) -> None:
    """The process does not start, and says in one line which variable is wrong."""
    ended = run_python("-c", "import api.wsgi", **{variable: value})
    assert ended.returncode != 0
    [line] = ended.stderr.splitlines()
    assert variable in line
