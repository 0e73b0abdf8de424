"""The cuts and shots of a video."""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode, Timecode
from scenedetect.detectors import AdaptiveDetector

from precompute.catalogue import SCENE_DETECTION
from workers.binding import computes
from workers.video.differences import FrameDifferences
from workers.video.samples import VideoSamples

USUAL_SHOT_SECONDS = 0.5
"""PySceneDetect's shortest shot: 15 frames, at 30 a second. After so long every cut it sees is taken."""

SHORTEST_SHOT_SECONDS = 0.2
"""Ads cut to music every 0.3 s and faster; after so long an unmistakable cut is taken too. Six frames at 30 a second
still join the two or three cuts seen where frames are blended."""

_UNMISTAKABLE = 27.0
"""Mean difference of hue, saturation and luma (0-255): what ContentDetector asks of a cut, without any ratio."""

_UNMISTAKABLE_LUMA = 10.0
"""Hue and saturation of near-black are noise: a fade-in has frames with a difference of 67, of which luma has 1.5."""

_ROUNDING_SECONDS = 0.002
_TIME_BASE = Fraction(1, 1_000_000)


class _StoredDifferences(AdaptiveDetector):  # type: ignore[misc]
    """PySceneDetect's AdaptiveDetector, at its own thresholds, on differences that were measured while decoding.

    Its ``frame_img`` is then the three numbers of a frame, so only this step of it is another.
    """

    def _calculate_frame_score(self, timecode: FrameTimecode, frame_img: NDArray[np.float32]) -> float:
        weights = np.array(self._weights[: len(frame_img)])
        return float(frame_img @ weights / np.abs(weights).sum())


@computes(SCENE_DETECTION)
def detect_scenes(samples: VideoSamples) -> dict[str, Any]:
    """The shots of one video, from the first frame to the end of the last.

    A cut is the time of the first frame of the new shot. Dissolves and fades are no cuts: nobody could
    say when they are.

    Raises:
        SourceUnavailable: The samples are gone meanwhile.
    """
    cuts = [round(at, 6) for at in find_cuts(samples.differences(), frame_rate=samples.frame_rate)]
    start, end = samples.first_frame_at, samples.duration + min(0.0, samples.first_frame_at)
    edges = [start, *cuts, max(end, start)]
    return {
        "duration": samples.duration,
        "frame_rate": samples.frame_rate,
        "cuts": cuts,
        "scenes": [
            {"index": index, "start": round(edges[index], 6), "end": round(edges[index + 1], 6)}
            for index in range(len(edges) - 1)
        ],
        "cuts_per_minute": round(len(cuts) * 60 / (end - start), 3) if end > start else 0.0,
    }


def find_cuts(differences: FrameDifferences, *, frame_rate: float) -> list[float]:
    """When the cuts are, in seconds on the clock of ``differences``, ascending."""
    jumps = (differences.hue + differences.saturation + differences.luma) / 3
    unmistakable = (jumps >= _UNMISTAKABLE) & (differences.luma >= _UNMISTAKABLE_LUMA)
    interrupted = _interruptions(differences.returns)
    kept = [0]
    for frame in _candidates(differences, frame_rate=frame_rate):
        if interrupted[frame]:
            continue
        shot_seconds = differences.at[frame] - differences.at[kept[-1]]
        if shot_seconds >= (SHORTEST_SHOT_SECONDS if unmistakable[frame] else USUAL_SHOT_SECONDS) - _ROUNDING_SECONDS:
            kept.append(frame)
        elif len(kept) > 1 and unmistakable[frame] and not unmistakable[kept[-1]]:
            kept[-1] = frame
    return [float(differences.at[frame]) for frame in kept[1:]]


def _candidates(differences: FrameDifferences, *, frame_rate: float) -> list[int]:
    """Indexes of the frames where PySceneDetect sees a cut, however close to each other."""
    detector = _StoredDifferences(min_scene_len=0)
    rows = np.stack([differences.hue, differences.saturation, differences.luma], axis=1)
    # Its clock must not be negative, so it counts from the first frame.
    ticks = np.round((differences.at - differences.at[0]) / float(_TIME_BASE)).astype(np.int64)
    frame_of = {int(tick): frame for frame, tick in enumerate(ticks)}
    found: list[int] = []
    for tick, row in zip(ticks, rows, strict=True):
        timecode = FrameTimecode(Timecode(int(tick), _TIME_BASE), fps=float(frame_rate))
        found += [frame_of[cut.pts] for cut in detector.process_frame(timecode, row)]
    return found


def _interruptions(returns: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Frames (n,) from where the picture is interrupted (by a flash) to where it is back: no new shot starts there."""
    interrupted = np.zeros(len(returns), dtype=np.bool_)
    for frame in np.flatnonzero(returns):
        interrupted[frame - int(returns[frame]) + 1 : frame + 1] = True
    return interrupted
