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

SHORTEST_SHOT_SECONDS = 0.2
"""Music-driven ads cut every 0.3 s and faster; PySceneDetect's own 15 frames (0.5 s at 30 a second) would lose every
second cut of theirs. Five frames still merge a cut that is blended over two or three."""

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
    detector = _StoredDifferences(min_scene_len=SHORTEST_SHOT_SECONDS)
    rows = np.stack([differences.hue, differences.saturation, differences.luma], axis=1)
    # Its clock must not be negative, so it counts from the first frame.
    ticks = np.round((differences.at - differences.at[0]) / float(_TIME_BASE)).astype(np.int64)
    frame_of = {int(tick): frame for frame, tick in enumerate(ticks)}
    found: list[int] = []
    for tick, row in zip(ticks, rows, strict=True):
        timecode = FrameTimecode(Timecode(int(tick), _TIME_BASE), fps=frame_rate)
        found += [frame_of[cut.pts] for cut in detector.process_frame(timecode, row)]
    interrupted = _interruptions(differences.returns)
    return [float(differences.at[frame]) for frame in found if not interrupted[frame]]


def _interruptions(returns: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Frames (n,) from where the picture is interrupted (by a flash) to where it is back: no new shot starts there."""
    interrupted = np.zeros(len(returns), dtype=np.bool_)
    for frame in np.flatnonzero(returns):
        interrupted[frame - int(returns[frame]) + 1 : frame + 1] = True
    return interrupted
