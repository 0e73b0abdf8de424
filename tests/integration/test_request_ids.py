"""A request's id, and its trace, go from whoever posts through the queue into the worker, and to what follows there."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from platform_under_test import Platform
from plugin_tasks import FOLLOWER, QUICK, SLOW
from pytest_celery import CeleryTestSetup
from servers import serving

from precompute.correlation import REQUEST_ID
from precompute.task_type import TaskType


class Collector(ThreadingHTTPServer):
    """An OTLP collector on a free port that keeps the spans it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiving)
        self.spans: list[Span] = []
        self.came = threading.Condition()

    def of_run(self, row: TaskType, user: str) -> Span:
        """The span of a row's run for a user, as soon as it has come."""
        found: list[Span] = []

        def come() -> bool:
            found[:] = [span for span in self.spans if span.name == f"run/precompute.{row.name}"]
            found[:] = [span for span in found if _about(span)["precompute.key"] == f"{row.name}:user:{user}"]
            return bool(found)

        with self.came:
            assert self.came.wait_for(come, timeout=60)
        return found[0]


def _about(span: Span) -> dict[str, str]:
    return {attribute.key: attribute.value.string_value for attribute in span.attributes}


class _Receiving(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        sent = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.came:
            self.server.spans += [
                span for by in sent.resource_spans for scope in by.scope_spans for span in scope.spans
            ]
            self.server.came.notify_all()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def collector(on_containers: bool) -> Iterator[Collector]:
    """Where the workers' spans go."""
    if on_containers:
        pytest.skip("the image has no OpenTelemetry in it")
    with Collector() as server, serving(server):
        yield server


@pytest.fixture
def worker_environ(collector: Collector) -> dict[str, str]:
    """The workers send their spans, each as soon as it is over."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }


def lines(setup: CeleryTestSetup, action: str) -> list[str]:
    """What the workers logged of one kind."""
    assert setup.worker_cluster is not None
    told = "\n".join(worker.logs() for worker in setup.worker_cluster)
    return [line for line in told.splitlines() if f"action={action} " in line]


def test_every_step_names_the_request(platform: Platform, celery_setup: CeleryTestSetup, collector: Collector) -> None:
    """Start, computation and storing say for which request; so does what was queued by the worker; a span says what."""
    REQUEST_ID.set("gw-42")
    platform.login(FOLLOWER)
    platform.let_go()
    platform.value(FOLLOWER)
    REQUEST_ID.set("gw-43")
    platform.login(QUICK, user="u2")
    platform.value(QUICK, user="u2")
    REQUEST_ID.set("")

    # A run's span ends after its last line.
    inputs = [collector.of_run(row, "u1") for row in (SLOW, QUICK)]
    span = collector.of_run(FOLLOWER, "u1")
    collector.of_run(QUICK, "u2")

    for action in ("task_started", "result_computed", "entry_stored"):
        told = lines(celery_setup, action)
        for row, user, request in ((SLOW, "u1", "gw-42"), (FOLLOWER, "u1", "gw-42"), (QUICK, "u2", "gw-43")):
            [line] = [line for line in told if f"key={row.name}:user:{user}" in line]
            assert f"request_id={request}" in line
    assert _about(span)["precompute.cause"] == "event"
    # The dependant was published while one of its inputs was run, whichever was later: one trace.
    assert span.trace_id in {each.trace_id for each in inputs}
