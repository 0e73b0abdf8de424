"""Versions of learned models: what came with the release, what this site trained, and which one is in use."""

import functools
import hashlib
import io
import logging
import threading
import warnings
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import joblib

from models.manifest import Lineage, Manifest, ModelVersion, Shelf
from precompute.errors import ModelNotTrained, UnknownPrecomputation

logger = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "artifacts"
"""Models that come with a release."""

KEPT = 10
"""Steps of the way back that are kept, and a site's own versions outside of it."""


class ModelKind(StrEnum):
    """What is learned."""

    CTR = "ctr"
    ROAS = "roas"
    TEXT = "text"
    ACTIONS = "actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model ready for use, and which version it is."""

    version: ModelVersion
    model: Any


class Registry:
    """Versions in two folders: the release's, only read, and the site's own, shared by all its processes.

    Each holds, for a kind, ``<kind>/manifest.json`` beside ``<kind>/<version>.joblib``. Manifests are replaced in one
    step and changed under a file lock: no reader sees half of one, no writer loses another's change.

    Args:
        own: The site's folder; made with its first version.
        shipped: The release's folder.
    """

    def __init__(self, *, own: Path, shipped: Path = SHIPPED) -> None:
        self._own, self._shipped = own, shipped
        self._loaded: dict[ModelKind, tuple[Any, LoadedModel]] = {}
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """The site's own folder, shared by all its processes."""
        return self._own

    def versions(self, kind: ModelKind) -> tuple[ModelVersion, ...]:
        """All versions of ``kind``, latest training first."""
        found = {**self._shelf(kind, self._shipped).manifest().versions, **self._shelf(kind).manifest().versions}
        return tuple(sorted(found.values(), key=lambda version: version.trained_at, reverse=True))

    def in_use(self, kind: ModelKind) -> ModelVersion:
        """The version in use: the one the site promoted, else the release's.

        Raises:
            ModelNotTrained: There is none.
        """
        name = self._shelf(kind).manifest().current or self._shipped_name(kind)
        if name is None:
            raise ModelNotTrained(f"no {kind} model has been trained or shipped")
        return self._version(kind, name)

    def current(self, kind: ModelKind) -> LoadedModel:
        """The model in use, loaded. Asking again costs two stats, and gives the new one once another is in use.

        Raises:
            ModelNotTrained: There is none, or its file is not the one that was published (``model_damaged``).
        """
        with self._lock:
            stamp = self._shelf(kind).stamp(), self._shelf(kind, self._shipped).stamp()
            known = self._loaded.get(kind)
            if known is None or known[0] != stamp:
                known = stamp, self.load(kind, self.in_use(kind).version)
                self._loaded[kind] = known
            return known[1]

    def load(self, kind: ModelKind, name: str) -> LoadedModel:
        """One version, whether in use or not.

        Raises:
            UnknownPrecomputation: There is no such version.
            ModelNotTrained: Its file is gone, is not the one that was published, or was written by a version of this
                service whose models this one cannot read (``model_damaged``).
        """
        version = self._version(kind, name)
        try:
            content = self._holder(kind, name).file(name).read_bytes()
        except FileNotFoundError as missing:
            raise ModelNotTrained(f"the file of {kind} model {name} is gone", code="model_damaged") from missing
        # A joblib file is a pickle, and loading it runs what is in it: the very bytes that were checked are loaded.
        if hashlib.sha256(content).hexdigest() != version.sha256:
            raise ModelNotTrained(f"{kind} model {name} is not the file that was published", code="model_damaged")
        if version.sklearn_version != installed_version("scikit-learn"):
            logger.warning(
                "model trained with another scikit-learn",
                extra={"action": "model_library_differs", "kind": kind, "version": name},
            )
        with warnings.catch_warnings():
            # Its InconsistentVersionWarning, logged above. To name that would load scikit-learn: 1.2 s, 90 MB.
            warnings.simplefilter("ignore", UserWarning)
            try:
                return LoadedModel(version=version, model=joblib.load(io.BytesIO(content)))
            except (AttributeError, ImportError, KeyError, TypeError, ValueError) as flaw:
                # What was published, but its classes are not those of this version (any more).
                text = f"{kind} model {name} cannot be read by this version ({type(flaw).__name__}: {flaw}); train anew"
                raise ModelNotTrained(text, code="model_damaged") from flaw

    def publish(self, kind: ModelKind, model: Any, *, trained_at: datetime, lineage: Lineage) -> ModelVersion:
        """Keep ``model`` as a version of the site's own, not in use yet.

        It is named after the day and the file's hash: the same model of the same day is one version.
        """
        buffer = io.BytesIO()
        joblib.dump(model, buffer, compress=3)
        sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
        version = ModelVersion(
            version=f"{trained_at:%Y%m%d}-{sha256[:8]}",
            trained_at=trained_at,
            sha256=sha256,
            sklearn_version=installed_version("scikit-learn"),
            lineage=lineage,
        )
        shelf = self._shelf(kind)
        shelf.write(shelf.file(version.version), buffer.getvalue())
        shelf.change(lambda manifest: _with(manifest, version).latest(KEPT))
        return version

    def promote(self, kind: ModelKind, name: str) -> ModelVersion:
        """Put a version into use, here and in every other process at its next question.

        Raises:
            UnknownPrecomputation: There is no such version.
        """
        version = self._version(kind, name)
        shipped = self._shipped_name(kind)
        self._shelf(kind).change(lambda manifest: manifest.promoted(name, over=shipped).latest(KEPT))
        return version

    def roll_back(self, kind: ModelKind) -> ModelVersion:
        """Go back to the version that was in use before; once more goes back further.

        Raises:
            UnknownPrecomputation: No other was in use before (``nothing_to_roll_back``).
        """

        def back(manifest: Manifest) -> Manifest:
            if not manifest.previous:
                raise UnknownPrecomputation(f"no {kind} model was in use before this one", code="nothing_to_roll_back")
            return replace(manifest, current=manifest.previous[-1], previous=manifest.previous[:-1])

        self._shelf(kind).change(back)
        return self.in_use(kind)

    def _shelf(self, kind: ModelKind, folder: Path | None = None) -> Shelf:
        return Shelf(folder=(folder or self._own) / kind)

    def _shipped_name(self, kind: ModelKind) -> str | None:
        return self._shelf(kind, self._shipped).manifest().current

    def _holder(self, kind: ModelKind, name: str) -> Shelf:
        own = self._shelf(kind)
        return own if name in own.manifest().versions else self._shelf(kind, self._shipped)

    def _version(self, kind: ModelKind, name: str) -> ModelVersion:
        for version in self.versions(kind):
            if version.version == name:
                return version
        raise UnknownPrecomputation(f"there is no {kind} model {name}", code="unknown_model")


def _with(manifest: Manifest, version: ModelVersion) -> Manifest:
    return replace(manifest, versions={**manifest.versions, version.version: version})


def usable(registry: Registry, kind: ModelKind) -> LoadedModel | None:
    """The model in use, for those who can do without: None when there is none, or its file is damaged (logged)."""
    try:
        return registry.current(kind)
    except ModelNotTrained as problem:
        if problem.code == "model_damaged":
            extra = {"action": "model_refused", "kind": kind, "code": problem.code, "reason": problem.message}
            logger.warning("Model refused", extra=extra)
        return None


@functools.cache
def registry_in(data_dir: Path) -> Registry:
    """The registry of this process for a site that keeps its files in ``data_dir`` (``Settings.data_dir``)."""
    return Registry(own=data_dir / "models")
