"""The API process: ``granian --interface wsgi api.wsgi:app``."""

import os
import sys

from precompute.errors import DeclarationError
from precompute.logs import log_to_stderr
from precompute.settings import Settings

log_to_stderr()
try:
    # celeryconfig reads the environment when it is imported, so a wrong setting may show here already.
    from api.app import create_app
    from api.views.exposition import scrape_of
    from workers.wiring import precomputer

    settings = Settings.from_environ(os.environ)
    app = create_app(precomputer(settings), settings)
    scrape_of(app).count(app)
except DeclarationError as wrong:
    sys.exit(f"precompute: {wrong.message}")
