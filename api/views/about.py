"""What is here, and the document that describes it."""

from typing import Any

from flask import Blueprint, Response, current_app

import precompute
from api.openapi import TITLE, document

blueprint = Blueprint("about", __name__)


def about() -> dict[str, Any]:
    """Where to go from here."""
    links = {"docs": "/docs", "openapi": "/openapi.json", "healthz": "/healthz", "readyz": "/readyz"}
    return {"success": True, "name": TITLE, "version": precompute.__version__, "links": links}


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    api = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return Response(current_app.json.dumps(document(api)), mimetype="application/json")
