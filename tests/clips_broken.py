"""Files that are uploaded as videos and are none, or are no more."""

from pathlib import Path

import cv2
from clips import picture, with_cuts


def truncated(path: Path, *, share: float = 0.6, index_first: bool = True) -> Path:
    """A clip of which only the first ``share`` of its bytes arrived.

    With its index first (as for streaming) the pictures up to there can still be decoded; with the index last, where
    encoders put it by default, nothing can.
    """
    whole = path.with_name(f"whole_{path.name}")
    with_cuts(whole, container={"movflags": "+faststart"} if index_first else None)
    everything = whole.read_bytes()
    whole.unlink()
    path.write_bytes(everything[: int(len(everything) * share)])
    return path


def empty(path: Path) -> Path:
    """No bytes at all."""
    path.touch()
    return path


def text(path: Path) -> Path:
    """Words, whatever the ending of the name says."""
    path.write_text("Dear editor, the video is in the other mail.\n" * 50, encoding="utf-8")
    return path


def still_picture(path: Path) -> Path:
    """A PNG, whatever the ending of the name says."""
    path.write_bytes(cv2.imencode(".png", picture(0, size=(320, 240)))[1].tobytes())
    return path
