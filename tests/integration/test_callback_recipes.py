"""The recipes of docs/callbacks.md, in Python and TypeScript, find out whatever was changed in a signed callback."""

import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from node_parts import CLIENT, ROOT, installed, require_node, run

from precompute.signing import signed_headers

PAGE = (ROOT / "docs" / "callbacks.md").read_text()
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = '{"subject":"video","title":"é"}'.encode()
SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a plain secret")

Check = Callable[[dict[str, str], bytes, str, float], bool]


def snippet(language: str) -> str:
    """The page's recipe in a language."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def in_python() -> Check:
    """The page's Python, as it stands there."""
    names: dict[str, Any] = {}
    exec(snippet("python"), names)  # noqa: S102 - the very lines that readers copy
    return lambda headers, body, secret, now: bool(names["is_ours"](headers, body, secret, now=now))


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's TypeScript, checked strictly, as a module."""
    require_node()
    client = installed(CLIENT, tmp_path_factory.mktemp("client"))
    folder = tmp_path_factory.mktemp("recipe")
    (folder / "recipe.ts").write_text(snippet("typescript"))
    (folder / "package.json").write_text('{"type": "module"}')
    options = ["--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext"]
    options += ["--types", "node", "--typeRoots", str(client / "node_modules" / "@types")]
    run(folder, str(client / "node_modules" / ".bin" / "tsc"), *options, "recipe.ts")
    return folder / "recipe.js"


@pytest.fixture(params=["python", "typescript"])
def check(request: pytest.FixtureRequest) -> Check:
    """A recipe of the page."""
    if request.param == "python":
        return in_python()
    recipe: Path = request.getfixturevalue("compiled")

    def checked(headers: dict[str, str], body: bytes, secret: str, now: float) -> bool:
        told = json.dumps([headers, body.decode(), secret, now])
        script = f"""import {{ isOurs }} from "{recipe.as_uri()}";
            const [headers, body, secret, now] = JSON.parse(process.argv[1]);
            console.log(isOurs(headers, Buffer.from(body), secret, now));"""
        command = ["node", "--input-type=module", "-e", script, told]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout == "true\n"

    return checked


@pytest.mark.parametrize("secret", SECRETS)
def test_the_recipes_know_our_signature(check: Check, secret: str) -> None:
    """Of either kind of secret, alone or beside another one that takes its place."""
    for secrets in ((secret,), SECRETS):
        assert check(signed_headers(BODY, id="cb_1", at=AT, secrets=secrets), BODY, secret, AT.timestamp() + 299)


@pytest.mark.parametrize(
    "flipped", ["body", "webhook-id", "webhook-timestamp", "webhook-signature", "secret", "late", "early"]
)
def test_the_recipes_find_out_what_was_changed(check: Check, flipped: str) -> None:
    """One thing each, and what is too old."""
    headers = signed_headers(BODY, id="cb_1", at=AT, secrets=SECRETS[:1])
    now = AT.timestamp() + {"late": 301, "early": -301}.get(flipped, 0)
    body = BODY.replace(b"video", b"videO") if flipped == "body" else BODY
    if flipped in headers:
        # Ten seconds for the timestamp; the last characters of Base64 say less than they could.
        value, place = headers[flipped], 10 if flipped == "webhook-signature" else len(headers[flipped]) - 2
        headers[flipped] = value[:place] + ("0" if value[place] != "0" else "1") + value[place + 1 :]
    assert not check(headers, body, SECRETS[1] if flipped == "secret" else SECRETS[0], now)
