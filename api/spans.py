"""Spans of requests; imported only where they are wanted, for its parts are an extra."""

from flask import Flask
from opentelemetry.instrumentation.flask import FlaskInstrumentor

NOT_TRACED = "healthz,readyz,metrics"
"""Looked at every few seconds by programs, which learn nothing from a trace."""


def trace(app: Flask) -> None:
    """Have a span made for each request of ``app``; a caller's ``traceparent`` is its parent."""
    FlaskInstrumentor().instrument_app(app, excluded_urls=NOT_TRACED)
