"""The engine: what to precompute, how urgently, and how long it stays fresh. Knows neither Flask nor Celery."""

__version__ = "0.1.0"
