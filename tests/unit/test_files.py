"""Files of the pages and the document, as the web server is given them."""

from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask, Response, send_from_directory
from werkzeug.test import EnvironBuilder, run_wsgi_app

from api.files import send_files_whole

SIZE = 100_000


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """Sends a file, and a stream."""
    app = Flask("files")
    (tmp_path / "large.js").write_bytes(b"x" * SIZE)
    app.add_url_rule("/large.js", "large", lambda: send_from_directory(tmp_path, "large.js"))
    app.add_url_rule("/stream", "stream", lambda: Response(iter(["a", "b", "c"]), mimetype="text/event-stream"))
    send_files_whole(app)
    return app


def pieces(app: Flask, path: str, **options: object) -> tuple[list[bytes], str, dict[str, str]]:
    """What the web server is given, one after the other; the status and the headers."""
    environ = EnvironBuilder(path, **options).get_environ()  # type: ignore[arg-type]
    body, status, headers = run_wsgi_app(app, environ)
    with closing(body):  # type: ignore[type-var]
        return list(body), status, dict(headers)


def test_a_file_is_one_piece(app: Flask) -> None:
    """However large: a second piece would wait in a thread until the first is read."""
    given, _, headers = pieces(app, "/large.js")
    assert [len(piece) for piece in given] == [SIZE]
    assert headers["Content-Length"] == str(SIZE)


def test_a_part_is_one_piece(app: Flask) -> None:
    """As the caller asked."""
    given, status, headers = pieces(app, "/large.js", headers={"Range": "bytes=10-70009"})
    assert ([len(piece) for piece in given], status[:3]) == ([70_000], "206")
    assert headers["Content-Range"] == f"bytes 10-70009/{SIZE}"


def test_what_has_no_body_keeps_its_headers(app: Flask) -> None:
    """HEAD tells the size; what the caller has is not sent again."""
    given, _, headers = pieces(app, "/large.js", method="HEAD")
    assert (b"".join(given), headers["Content-Length"]) == (b"", str(SIZE))
    given, status, _ = pieces(app, "/large.js", headers={"If-None-Match": headers["ETag"]})
    assert (b"".join(given), status[:3]) == (b"", "304")


def test_a_stream_stays_one(app: Flask) -> None:
    """Events go out as they happen."""
    given, _, _ = pieces(app, "/stream")
    assert given == [b"a", b"b", b"c"]
