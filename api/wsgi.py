"""The API process: ``granian --interface wsgi api.wsgi:app``."""

import os
import sys
from importlib import import_module

from precompute.errors import DeclarationError
from precompute.exposure import check_api
from precompute.logs import log_to_stderr
from precompute.settings import Settings

try:
    settings = Settings.from_environ(os.environ)
    check_api(settings)
    log_to_stderr(log_format=settings.log_format, level=settings.log_level)
    # celeryconfig reads the environment when it is imported, so a wrong setting may show here already.
    from api.app import create_app
    from api.views.exposition import scrape_of
    from workers.alerts import watchman
    from workers.tracing import start_tracing
    from workers.wiring import precomputer

    engine = precomputer(settings)
    engine.keep_near()
    app = create_app(engine, settings)
    watchman(settings, catalogue=engine.catalogue, cache=engine.cache, ping=engine.dispatch.ping).start()
    scrape_of(app).count(app)
    if start_tracing(settings, service="precompute-api"):
        import_module("api.spans").trace(app)
except DeclarationError as wrong:
    sys.exit(f"precompute: {wrong.message}")
