"""Samples and sound of a video without a cache, as an analysis receives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from precompute.settings import Settings
from workers.video.hearing import listened
from workers.video.samples import VideoSamples, sampled


@dataclass(frozen=True, slots=True, kw_only=True)
class InMemory:
    """A stored result that is not in a cache."""

    value: Mapping[str, Any]
    parts: Mapping[str, bytes]

    def part(self, name: str) -> bytes:
        """The bytes kept under ``name``."""
        return self.parts[name]


def stored_samples(video: Path) -> InMemory:
    """What one decode of the pictures of ``video`` leaves.

    Raises:
        PrecomputeError: It cannot be analysed.
    """
    computed = sampled(video, settings=Settings(), report=lambda share: None)
    return InMemory(value=computed.value, parts=computed.parts)


def stored_sound(video: Path) -> InMemory:
    """What one decode of its sound leaves.

    Raises:
        PrecomputeError: It cannot be analysed.
    """
    computed = listened(video, settings=Settings())
    return InMemory(value=computed.value, parts=computed.parts)


def samples_of(video: Path) -> VideoSamples:
    """The same, as an analysis receives it.

    Raises:
        PrecomputeError: It cannot be analysed.
    """
    return VideoSamples(stored_samples(video))
