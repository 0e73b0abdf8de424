"""The Celery app that workers, beat and Flower load: ``celery -A workers.app``."""

import sys

from celery import Celery

from precompute.errors import DeclarationError

try:
    import celeryconfig
except DeclarationError as _problem:
    # One line that says which variable is wrong, not a stack trace.
    sys.exit(f"precompute: {_problem.message}")

app = Celery("precompute", include=["workers.tasks"])
app.config_from_object(celeryconfig)
