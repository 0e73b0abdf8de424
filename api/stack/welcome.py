"""What ``precompute up`` tells the person who started it."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.stack.embedded import EmbeddedServer
from api.stack.ports import reachable
from precompute.settings import Settings

CLIP = "test_vid_001"
"""The clip that the project ships."""

SHARED_BROKER = """\
Warning: BROKER_URL is not set, so the server of REDIS_URL is cache and broker in one.
It must run with maxmemory-policy noeviction, or messages are lost when it is full."""

STOPPING = Text("Stopping. A second Ctrl-C does not wait for running tasks.", style="bold")


def welcome(settings: Settings, *, servers: Sequence[EmbeddedServer], broker_shared: bool) -> Iterator[RenderableType]:
    """What runs where, two calls to try, and how to stop."""
    yield Panel(_table(places(settings, servers=servers)), title="predictive precompute is running", expand=False)
    if broker_shared:
        yield Text(SHARED_BROKER, style="yellow")
    yield Text("Try:", style="bold")
    for command in _commands(url_of(settings.host, settings.port), keyed=bool(settings.api_keys)):
        yield Text(f"  {command}")
    yield Text("Ctrl-C stops everything; the data stays for the next start.")


def url_of(address: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens on ``address`` and ``port``."""
    host = reachable(address)
    if host in {"127.0.0.1", "::1"}:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def places(settings: Settings, *, servers: Sequence[EmbeddedServer]) -> dict[str, str]:
    """What runs where, by the words a person is told."""
    embedded = {server.variable: server.url for server in servers}
    api_url = url_of(settings.host, settings.port)
    user, _, password = settings.flower_login.partition(":")
    # The shipped login is no secret; one's own stays one.
    login = f"{user} / {password}" if settings.flower_login == Settings().flower_login else user
    return {
        "Operations": api_url,
        "API": f"{api_url}/api/precompute",
        "Open to": _open_to(settings),
        "Its documentation": f"{api_url}/docs",
        "Flower": f"{url_of(settings.flower_address, settings.flower_port)}  (login {login})",
        "Cache": _place(settings.redis_url, embedded=embedded.get("REDIS_URL")),
        "Broker": _place(settings.broker, embedded=embedded.get("BROKER_URL")),
        "Data": str(settings.data_dir.resolve()),
        "Videos": str(settings.media_root.resolve()),
    }


def _table(found: Mapping[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    for what, where in found.items():
        table.add_row(what, Text(where))
    return table


def _commands(api_url: str, *, keyed: bool) -> tuple[str, str]:
    body = f'{{"video_id":"{CLIP}","user_id":"test_user_001"}}'
    curl = 'curl -H "Authorization: Bearer $KEY"' if keyed else "curl"
    return (
        f"{curl} -X POST {api_url}/api/precompute/video -H 'Content-Type: application/json' -d '{body}'",
        f"{curl} '{api_url}/api/precompute/cache/ctr_prediction:video:{CLIP}?wait=30'",
    )


def _open_to(settings: Settings) -> str:
    if not settings.api_keys:
        return "this machine only, for PRECOMPUTE_API_KEYS is unset"
    holders = ", ".join(key.name for key in settings.api_keys)
    return f"holders of an API key ({holders})"


def _place(url: str, *, embedded: str | None) -> str:
    if embedded is not None:
        return f"{embedded}  (embedded Valkey)"
    parts = urlsplit(url)
    # a URL may hold a password, which is nobody's business on a terminal
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
