"""What is kept about the versions of a model, and the folder of one kind in which it is kept."""

import fcntl
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import orjson

from precompute.clock import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a model comes from.

    Attributes:
        data_sha256: Of what it was trained on.
        features: What it looks at.
        metrics: What its evaluation on held-out data measured, by name.
        attribution: Whom the data's licence says to name; empty for a site's own data.
        licence: Of the data, as an SPDX identifier; empty for a site's own data.
    """

    data_sha256: str
    features: tuple[str, ...]
    metrics: Mapping[str, float]
    attribution: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """One trained model.

    Attributes:
        version: Its name; unique within a kind.
        trained_at: When.
        sha256: Of its joblib file.
        sklearn_version: Of scikit-learn when it was trained.
        lineage: Where it comes from.
    """

    version: str
    trained_at: datetime
    sha256: str
    sklearn_version: str
    lineage: Lineage


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The versions in one folder.

    Attributes:
        versions: By name.
        current: The one that was promoted; None leaves it to the release.
        previous: Those in use before, latest last: the way back.
    """

    versions: Mapping[str, ModelVersion] = field(default_factory=dict)
    current: str | None = None
    previous: tuple[str, ...] = ()

    def promoted(self, name: str, *, over: str | None) -> "Manifest":
        """This, with ``name`` in use; ``over`` was in use when nothing had been promoted here."""
        before = self.current or over
        if before == name:
            return replace(self, current=name)
        return replace(self, current=name, previous=self.previous + ((before,) if before else ()))

    def latest(self, kept: int) -> "Manifest":
        """This, with the ``kept`` last steps of the way back, and of the versions outside it the ``kept`` latest."""
        previous = self.previous[-kept:]
        in_use = {self.current, *previous}
        idle = sorted((v for v in self.versions.values() if v.version not in in_use), key=lambda v: v.trained_at)
        dropped = {version.version for version in idle[:-kept]}
        versions = {name: version for name, version in self.versions.items() if name not in dropped}
        return replace(self, versions=versions, previous=previous)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The folder of one kind: ``manifest.json`` beside ``<version>.joblib`` files."""

    folder: Path

    def stamp(self) -> tuple[int, int, int] | None:
        """Changes whenever the manifest does, by whichever process: a replaced file has another inode."""
        try:
            found = self._manifest.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def manifest(self) -> Manifest:
        """What is there now; empty when nothing is."""
        try:
            return _from_json(orjson.loads(self._manifest.read_bytes()))
        except FileNotFoundError:
            return Manifest()

    def file(self, name: str) -> Path:
        """Where the model of a version is kept."""
        return self.folder / f"{name}.joblib"

    def change(self, change: Callable[[Manifest], Manifest]) -> Manifest:
        """Replace the manifest by what ``change`` makes of it, one process at a time; drop files it no longer names."""
        self.folder.mkdir(parents=True, exist_ok=True)
        directory = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(directory, fcntl.LOCK_EX)  # given back when the directory is closed, or the process dies
            before = self.manifest()
            after = change(before)
            self.write(self._manifest, orjson.dumps(_to_json(after), option=orjson.OPT_INDENT_2) + b"\n")
            for name in before.versions.keys() - after.versions.keys():
                self.file(name).unlink(missing_ok=True)
            return after
        finally:
            os.close(directory)

    def write(self, path: Path, content: bytes) -> None:
        """Put ``content`` at ``path`` in one step, on the disk before it is seen; readable for every user."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as part:
            part.write(content)
            part.flush()
            os.fsync(part.fileno())
        Path(part.name).chmod(0o644)
        Path(part.name).replace(path)

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.json"


def _to_json(manifest: Manifest) -> dict[str, Any]:
    versions = {
        name: asdict(version) | {"trained_at": iso(version.trained_at)}
        for name, version in sorted(manifest.versions.items())
    }
    return {"current": manifest.current, "previous": list(manifest.previous), "versions": versions}


def _from_json(content: Mapping[str, Any]) -> Manifest:
    versions = {
        name: ModelVersion(
            **version
            | {
                "trained_at": datetime.fromisoformat(version["trained_at"]),
                "lineage": Lineage(**version["lineage"] | {"features": tuple(version["lineage"]["features"])}),
            }
        )
        for name, version in content["versions"].items()
    }
    return Manifest(versions=versions, current=content["current"], previous=tuple(content["previous"]))
