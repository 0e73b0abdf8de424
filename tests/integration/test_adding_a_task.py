"""``docs/adding-a-task.md``, run as it stands: its module is a plug-in of a real worker."""

import importlib
import re
from datetime import timedelta
from pathlib import Path

import pytest
from local_cluster import LocalWorker
from servers import ValkeyServer

from precompute.admission import admit
from precompute.catalogue import VIDEO_SAMPLES
from precompute.entry import Entry
from precompute.events import VideoUploaded
from precompute.planner import plan
from precompute.settings import Settings
from precompute.subjects import CacheKey
from workers.wiring import engine, precomputer

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-task.md"
MEDIA = Path(__file__).parents[2] / "media"


def code_of(page: str, *, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The page's module under the name the page gives it, importable here and in the worker."""
    (tmp_path / "plugins").mkdir()
    (module,) = code_of(PAGE.read_text(), language="python")
    (name,) = re.findall(r"Save this as `(\w+)\.py`", PAGE.read_text())
    (tmp_path / "plugins" / f"{name}.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path / "plugins")
    return name


def test_the_module_of_the_page_is_planned_computed_and_served(
    plugin: str, cache_server: ValkeyServer, cache_client: object, tmp_path: Path
) -> None:
    """A reader gets the colours of the shipped clip under the key that the page names."""
    settings = Settings(
        redis_url=cache_server.url, broker_url=cache_server.url, plugins=(plugin,), media_root=MEDIA, data_dir=tmp_path
    )
    environ = {
        "REDIS_URL": settings.redis_url,
        "BROKER_URL": settings.broker,
        "PRECOMPUTE_PLUGINS": plugin,
        "PRECOMPUTE_MEDIA_ROOT": str(MEDIA),
        "PYTHONPATH": str(tmp_path / "plugins"),
    }
    row = importlib.import_module(plugin).BRAND_COLOURS
    worker = LocalWorker(name="one", queues=("video", "general"), environ=environ, log=tmp_path / "log", processes=1)
    try:
        event = VideoUploaded(subject_id="test_vid_001", user_id="test_user_001")
        parts = engine(settings)
        planned = plan(event, catalogue=parts.catalogue, rows=[row])
        admit(planned, ledger=parts.ledger, dispatch=parts.dispatch)
        (key,) = set(re.findall(r"cache/(\w+:video:\w+)", PAGE.read_text()))
        found = precomputer(settings).get(CacheKey.parse(key), wait=timedelta(seconds=60))
    finally:
        worker.teardown()

    assert isinstance(found, Entry), (found, (tmp_path / "log").read_text())
    assert len(found.value["colours"]) == 5
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in found.value["colours"])


def test_an_upload_calls_for_the_row_of_the_page(plugin: str, tmp_path: Path) -> None:
    """The row starts with the event like a shipped one, and reads the one decode."""
    catalogue = engine(Settings(plugins=(plugin,), data_dir=tmp_path)).catalogue
    row = catalogue.get("brand_colours")

    assert row in catalogue.started_by(VideoUploaded)
    assert [needed.name for needed in row.inputs] == [VIDEO_SAMPLES.name]


def test_the_page_tells_how_to_name_the_module(plugin: str) -> None:
    """The command of the page names the very module the page shows."""
    commands = "\n".join(code_of(PAGE.read_text(), language="sh"))

    assert f"PRECOMPUTE_PLUGINS={plugin} make run" in commands
