"""What lies on this machine: models, media, room on the disk, the decoder."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from api.amounts import size
from api.doctor.finding import Finding, broken, ok, warning
from models.registry import ModelKind, Registry
from precompute.errors import PrecomputeError
from precompute.settings import Settings

LITTLE_ROOM = 2_000_000_000
NO_ROOM = 200_000_000
"""Bytes: below the first a day of uploads may fill the disk, below the second the broker's file soon does."""


def model_findings(registry: Registry) -> Iterator[Finding]:
    """The model of each kind that is in use, held against its manifest and loaded."""
    for kind in ModelKind:
        name = f"model {kind}"
        if not registry.versions(kind):
            # Predictions are those of the prior until outcomes have come in.
            yield ok(name, "none was trained yet; the prior is used")
            continue
        try:
            version = registry.in_use(kind).version
            registry.load(kind, version)
        except PrecomputeError as problem:
            yield broken(name, problem.message, f"`precompute models rollback {kind}`, or `precompute train {kind}`")
        else:
            yield ok(name, f"{version} is as its manifest says")


def disk_findings(settings: Settings) -> Iterator[Finding]:
    """Room for what is written; the media folder only where it lies on another disk."""
    seen: set[int] = set()
    for name, folder in (("disk of the data", settings.data_dir), ("disk of the media", settings.media_root)):
        there = _nearest(folder)
        device = there.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield _room(name, there)


def folder_findings(settings: Settings) -> Iterator[Finding]:
    """The folders: the data is written, the media is read."""
    data, media = settings.data_dir, settings.media_root
    if os.access(_nearest(data), os.W_OK):
        yield ok("data folder", str(data.resolve()))
    else:
        yield broken("data folder", f"{data} cannot be written", "set PRECOMPUTE_DATA_DIR to a folder that can be")
    mend = "set PRECOMPUTE_MEDIA_ROOT to the folder of the videos, and let this user read it"
    if not media.is_dir():
        yield warning("media folder", f"{media} is not there, so videos without a URL are not found", mend)
    elif not os.access(media, os.R_OK | os.X_OK):
        yield broken("media folder", f"{media} cannot be read", mend)
    else:
        yield ok("media folder", str(media.resolve()))


def decoder_finding() -> Finding:
    """A picture made, encoded and decoded again by the very library that decodes uploads."""
    # A fifth of a second and fifty megabytes, which no other check needs.
    from api.doctor.decoding import round_trip  # noqa: PLC0415

    mend = "install the project's dependencies anew (`make install`); PyAV brings FFmpeg along"
    try:
        return ok("decoder", f"FFmpeg decodes ({round_trip()})")
    except (PrecomputeError, OSError, ImportError, RuntimeError, ValueError) as problem:
        return broken("decoder", f"does not decode: {problem}", mend)


def _room(name: str, folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found, mend = f"{size(free)} free", "make room, or move PRECOMPUTE_DATA_DIR or PRECOMPUTE_MEDIA_ROOT"
    if free < NO_ROOM:
        return broken(name, found, mend)
    return warning(name, found, mend) if free < LITTLE_ROOM else ok(name, found)


def _nearest(folder: Path) -> Path:
    """The folder, or of those above it the first that is there: it is made when it is first needed."""
    folder = folder.resolve()
    return next(each for each in (folder, *folder.parents) if each.exists())
