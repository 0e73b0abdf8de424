"""The OpenAPI document as a file: ``python -m api.document > clients/typescript/openapi.json``."""

import json
import sys
from typing import Any

from api.app import create_app
from api.openapi import document
from precompute.settings import Settings
from workers.wiring import precomputer


def shipped_document() -> dict[str, Any]:
    """The document of the shipped catalogue; contacts nothing."""
    settings = Settings()
    app = create_app(precomputer(settings), settings)
    return document(app.extensions["flask-smorest"]["apis"][""]["ext_obj"])


def as_file(spec: dict[str, Any]) -> str:
    """The text of the file."""
    return json.dumps(spec, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Print the document of the shipped catalogue."""
    sys.stdout.write(as_file(shipped_document()))


if __name__ == "__main__":
    main()
