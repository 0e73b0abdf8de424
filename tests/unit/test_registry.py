"""The registry: versions checked before they are loaded, taken over at once, and never lost between processes."""

import json
import logging
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.manifest import Lineage, ModelVersion
from models.registry import KEPT, SHIPPED, ModelKind, Registry, registry_in
from precompute.errors import ModelNotTrained, UnknownPrecomputation

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINEAGE = Lineage(data_sha256="ab", features=("length", "words"), metrics={"winners": 0.6}, attribution="A. Body")


def publish(registry: Registry, model: object, *, day: int = 0) -> ModelVersion:
    """A version of the kind ``ctr``, trained ``day`` days after the first."""
    return registry.publish(ModelKind.CTR, model, trained_at=NOON + timedelta(days=day), lineage=LINEAGE)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A registry of a site without models, and of a release without models."""
    return Registry(own=tmp_path / "own", shipped=tmp_path / "shipped")


def test_nothing_trained_is_said(registry: Registry) -> None:
    """Without any model the error names the kind."""
    with pytest.raises(ModelNotTrained, match="no ctr model"):
        registry.current(ModelKind.CTR)
    assert registry.versions(ModelKind.CTR) == ()


def test_a_published_model_is_used_once_promoted(registry: Registry) -> None:
    """Publishing keeps a version, promoting puts it into use; what is known about it comes back whole."""
    version = publish(registry, {"weights": [1, 2]})
    with pytest.raises(ModelNotTrained):
        registry.current(ModelKind.CTR)
    registry.promote(ModelKind.CTR, version.version)
    loaded = registry.current(ModelKind.CTR)
    assert loaded.model == {"weights": [1, 2]}
    assert loaded.version == version
    assert loaded.version.lineage == LINEAGE
    assert loaded.version.version == f"20260301-{version.sha256[:8]}"


def test_kinds_do_not_mix(registry: Registry) -> None:
    """A CTR model in use leaves ROAS without one."""
    registry.promote(ModelKind.CTR, publish(registry, 1).version)
    with pytest.raises(ModelNotTrained, match="no roas model"):
        registry.current(ModelKind.ROAS)


def test_latest_training_comes_first(registry: Registry) -> None:
    """Versions are listed by when they were trained, not by when they were published."""
    late, early = publish(registry, "late", day=2), publish(registry, "early", day=1)
    assert registry.versions(ModelKind.CTR) == (late, early)


class Payload:
    """Writes a file when it is unpickled, as an attacker's pickle would run a command."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return Path.write_text, (Path(self.victim), "run")


def test_a_replaced_file_is_refused_before_anything_in_it_runs(registry: Registry, tmp_path: Path) -> None:
    """The hash is compared before the pickle is opened."""
    version = publish(registry, "honest")
    registry.promote(ModelKind.CTR, version.version)
    victim = tmp_path / "victim"
    content = pickle.dumps(Payload(victim))
    (tmp_path / "own" / "ctr" / f"{version.version}.joblib").write_bytes(content)
    with pytest.raises(ModelNotTrained, match="not the file that was published") as refused:
        registry.current(ModelKind.CTR)
    assert refused.value.code == "model_damaged"
    assert not victim.exists()
    pickle.loads(content)  # noqa: S301 -- proves that the payload would have worked
    assert victim.exists()


def test_a_file_that_is_gone_is_said(registry: Registry, tmp_path: Path) -> None:
    """A manifest without its file is damage, not a crash."""
    version = publish(registry, "soon gone")
    (tmp_path / "own" / "ctr" / f"{version.version}.joblib").unlink()
    with pytest.raises(ModelNotTrained, match="is gone") as refused:
        registry.load(ModelKind.CTR, version.version)
    assert refused.value.code == "model_damaged"


def test_the_release_serves_until_the_site_promotes_its_own(tmp_path: Path) -> None:
    """Shipped, then own, then back to shipped; there is nothing before that."""
    release = Registry(own=tmp_path / "shipped", shipped=tmp_path / "none")
    shipped = publish(release, "shipped")
    release.promote(ModelKind.CTR, shipped.version)
    registry = Registry(own=tmp_path / "own", shipped=tmp_path / "shipped")
    assert registry.current(ModelKind.CTR).model == "shipped"

    own = publish(registry, "own", day=1)
    registry.promote(ModelKind.CTR, own.version)
    assert registry.current(ModelKind.CTR).model == "own"
    assert registry.versions(ModelKind.CTR) == (own, shipped)

    assert registry.roll_back(ModelKind.CTR) == shipped
    assert registry.current(ModelKind.CTR).model == "shipped"
    with pytest.raises(UnknownPrecomputation) as refused:
        registry.roll_back(ModelKind.CTR)
    assert refused.value.code == "nothing_to_roll_back"
    assert registry.current(ModelKind.CTR).model == "shipped"


def test_rolling_back_twice_goes_back_two_steps(registry: Registry) -> None:
    """The way back is the order of promotions; promoting what is in use adds no step."""
    first, second, third = (publish(registry, number, day=number) for number in range(3))
    for version in (first, second, second, third):
        registry.promote(ModelKind.CTR, version.version)
    assert registry.roll_back(ModelKind.CTR) == second
    assert registry.roll_back(ModelKind.CTR) == first


def test_another_process_takes_a_promotion_and_a_roll_back_over(registry: Registry, tmp_path: Path) -> None:
    """Who has loaded a model sees another one in use at the next question, and keeps the loaded one until then."""
    first, second = publish(registry, ["first"]), publish(registry, ["second"], day=1)
    registry.promote(ModelKind.CTR, first.version)
    elsewhere = Registry(own=tmp_path / "own", shipped=tmp_path / "shipped")
    before = elsewhere.current(ModelKind.CTR)
    assert elsewhere.current(ModelKind.CTR) is before
    registry.promote(ModelKind.CTR, second.version)
    assert elsewhere.current(ModelKind.CTR).model == ["second"]
    registry.roll_back(ModelKind.CTR)
    assert elsewhere.current(ModelKind.CTR).model == ["first"]


def test_processes_that_publish_at_once_lose_nothing(tmp_path: Path) -> None:
    """Four processes with two versions each leave eight, and no half-written file."""
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from models.manifest import Lineage; from models.registry import ModelKind, Registry\n"
        "registry = Registry(own=Path(sys.argv[1]))\n"
        "for number in range(2):\n"
        "    registry.publish(ModelKind.ROAS, (sys.argv[2], number), trained_at=datetime.now(UTC),\n"
        "                     lineage=Lineage(data_sha256='', features=(), metrics={}))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(number)]) for number in range(4)]
    assert [run.wait() for run in runs] == [0] * 4
    registry = Registry(own=tmp_path)
    models = {registry.load(ModelKind.ROAS, version.version).model for version in registry.versions(ModelKind.ROAS)}
    assert models == {(str(process), number) for process in range(4) for number in range(2)}
    assert {path.suffix for path in (tmp_path / "roas").iterdir()} == {".joblib", ".json"}


def test_old_versions_go_but_never_one_that_may_be_needed(registry: Registry, tmp_path: Path) -> None:
    """Of idle versions the latest are kept, files and all; the one in use and the way back stay however old."""
    versions = [publish(registry, number, day=number) for number in range(2)]
    for version in versions:
        registry.promote(ModelKind.CTR, version.version)
    versions += [publish(registry, number, day=number) for number in range(2, KEPT + 5)]
    kept = versions[:2] + versions[-KEPT:]
    assert {v.version for v in registry.versions(ModelKind.CTR)} == {v.version for v in kept}
    assert {path.stem for path in (tmp_path / "own" / "ctr").glob("*.joblib")} == {v.version for v in kept}
    assert registry.current(ModelKind.CTR).model == 1


def test_another_scikit_learn_is_logged_and_the_model_loads(
    registry: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A model of another version of the library is used, and the log says which it is."""
    version = publish(registry, "older")
    manifest = tmp_path / "own" / "ctr" / "manifest.json"
    content = json.loads(manifest.read_text())
    content["versions"][version.version]["sklearn_version"] = "0.1"
    manifest.write_text(json.dumps(content))
    with caplog.at_level(logging.WARNING):
        assert registry.load(ModelKind.CTR, version.version).model == "older"
    assert [record.action for record in caplog.records] == ["model_library_differs"]


@pytest.mark.parametrize("ask", [Registry.load, Registry.promote])
def test_an_unknown_version_is_refused(registry: Registry, ask: object) -> None:
    """Neither loading nor promoting takes a name that no version has."""
    with pytest.raises(UnknownPrecomputation, match="there is no ctr model nonesuch"):
        ask(registry, ModelKind.CTR, "nonesuch")  # type: ignore[operator]


def test_files_can_be_read_by_the_other_users_of_the_machine(registry: Registry, tmp_path: Path) -> None:
    """API and workers may run as different users."""
    publish(registry, "shared")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "own" / "ctr").iterdir()} == {0o644}


def test_what_is_shipped_is_whole_and_names_its_sources(tmp_path: Path) -> None:
    """Every shipped model passes its hash, is small, and carries the attribution that its data's licence asks for."""
    registry = registry_in(tmp_path)
    shipped = [(kind, version) for kind in ModelKind for version in registry.versions(kind)]
    assert ModelKind.TEXT in {kind for kind, _ in shipped}
    for kind, version in shipped:
        assert registry.load(kind, version.version).version == version
        assert version.lineage.attribution
        assert version.lineage.licence in {"CC-BY-4.0", "CC0-1.0"}
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*.joblib")) < 10_000_000
    assert "10.1038/s41597-021-00934-7" in registry.current(ModelKind.TEXT).version.lineage.attribution
