"""How spans are made and sent; imported only where they are wanted, for its parts are an extra.

Flask's and Celery's own instrumentations make them, and carry the trace from the API through the queue to the worker.
Everything else that OpenTelemetry reads from the environment (``OTEL_TRACES_SAMPLER``, ``OTEL_EXPORTER_OTLP_HEADERS``,
``OTEL_RESOURCE_ATTRIBUTES``, …) holds as it does elsewhere.
"""

from typing import Any

from celery import Task, signals
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from precompute import __version__

FLUSH_MS = 2_000
"""How long a process that ends may take to send its last spans."""


def send(endpoint: str, *, service: str) -> None:
    """Have this process's spans made, and sent from a thread of its own.

    Args:
        endpoint: Of an OTLP collector over HTTP; ``/v1/traces`` is added to it.
        service: What the process is called there.
    """
    # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say comes last, and counts.
    resource = Resource({"service.name": service, "service.version": __version__}).merge(Resource.create())
    if resource.attributes["service.name"] == "unknown_service":
        resource = resource.merge(Resource({"service.name": service}))
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument()
    signals.task_prerun.connect(_say_what, weak=False)
    signals.worker_process_shutdown.connect(lambda **_: provider.force_flush(FLUSH_MS), weak=False)


def _say_what(*, task: Task, **_: Any) -> None:
    """A task's span tells what it computes and why, as Flower does."""
    told = task.request.kwargs or {}
    names = {"precompute.key": "key", "precompute.cause": "cause"}
    trace.get_current_span().set_attributes({name: told[word] for name, word in names.items() if word in told})
