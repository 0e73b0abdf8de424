"""The Celery app, the one task body, and the computations: a folder for each family, a module for each analysis."""
