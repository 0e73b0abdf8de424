"""The rival of the cached read: a Flask route that answers the same bytes and does nothing else."""

import os
from pathlib import Path

from flask import Flask, Response

app = Flask("bare", static_folder=None)
_BODY = Path(os.environ["BARE_BODY"]).read_bytes()


@app.route("/api/precompute/cache/<key>")
def read(key: str) -> Response:
    """The bytes."""
    return Response(_BODY, content_type="application/json")
