"""Spans of the journey for OpenTelemetry, where ``OTEL_EXPORTER_OTLP_ENDPOINT`` says where they go."""

from importlib import import_module

from precompute.errors import DeclarationError
from precompute.settings import Settings


def start_tracing(settings: Settings, *, service: str) -> bool:
    """Send the spans of this process from now on, if the settings say where to; whether they do.

    Args:
        settings: Of this process.
        service: What the process is called there, unless ``OTEL_SERVICE_NAME`` says otherwise.

    Raises:
        DeclarationError: The extra ``tracing`` is not installed.
    """
    if settings.tracing_endpoint is None:
        return False
    try:
        spans = import_module("workers.spans")
    except ModuleNotFoundError as missing:
        wanted = "OTEL_EXPORTER_OTLP_ENDPOINT takes the extra `tracing`: pip install 'predictive-precompute[tracing]'"
        raise DeclarationError(f"{wanted} ({missing.name} is not installed)") from missing
    spans.send(settings.tracing_endpoint, service=service)
    return True
