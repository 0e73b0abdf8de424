"""The three frames that show best what a video is about."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from precompute.catalogue import THUMBNAIL_GENERATION
from precompute.job import Computed, Job
from precompute.urls import thumbnail_path
from workers.binding import computes
from workers.video.differences import FrameDifferences
from workers.video.faces import LONG_SIDE_PX, faces_in
from workers.video.samples import VideoSamples
from workers.video.scenes import find_cuts
from workers.video.still_quality import StillQuality, quality_of, unrest_at
from workers.video.stills import Still

MOST_THUMBNAILS = 3

GOOD_SHARE = 0.5
"""A still with less than this share of the best one's score is left out: rather another of a good scene."""

LEAST_APART_SECONDS = 1.0
"""Two stills of one scene are further apart than this, or they show the same."""

_LOOKS_SAME = 12.0  # mean difference of 16x16 copies, 0-255; a head that turned in a standing shot has 5 to 10
_SIGNATURE_PX = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A still that may become a thumbnail.

    Attributes:
        still: The image.
        scene: Number of its scene, from 0.
        quality: How well it serves; while it is ``unseen``, as if it had the best of faces.
        signature: ``(16, 16, 3) float32``, the picture at a glance.
        unseen: The picture, ``(height, width, 3) uint8``, until faces are looked for in it; None from then on.
    """

    still: Still
    scene: int
    quality: StillQuality
    signature: NDArray[np.float32]
    unseen: NDArray[np.uint8] | None = None

    def looked_at(self) -> "Candidate":
        """The same, with what faces make of it.

        Raises:
            ModelNotTrained: The face model is missing.
        """
        if self.unseen is None:
            return self
        return replace(self, quality=self.quality.with_faces(faces_in(self.unseen)), unseen=None)


@computes(THUMBNAIL_GENERATION, reads=())
def choose_thumbnails(samples: VideoSamples, *, job: Job) -> Computed:
    """The best stills, from different scenes where there are several, and the images beside them.

    Raises:
        ModelNotTrained: The face model is missing.
        SourceUnavailable: The samples are gone meanwhile.
    """
    differences = samples.differences()
    cuts = find_cuts(differences, frame_rate=samples.frame_rate)
    chosen = chosen_from(candidates(samples.stills(), cuts=cuts, differences=differences))
    listed = [
        {
            "rank": rank,
            "at": round(one.still.at, 3),
            "score": one.quality.score,
            "reasons": [*one.quality.reasons(), _place(one, better=chosen[: rank - 1])],
            "width": one.still.width_px,
            "height": one.still.height_px,
            "url": thumbnail_path(job.event.subject_id, rank=rank),
        }
        for rank, one in enumerate(chosen, start=1)
    ]
    images = {f"{rank}.jpg": one.still.jpeg for rank, one in enumerate(chosen, start=1)}
    return Computed(value={"thumbnails": listed}, parts=images)


def candidates(stills: Iterable[Still], *, cuts: Sequence[float], differences: FrameDifferences) -> list[Candidate]:
    """The stills with their quality as far as it shows without looking for faces, in the order given.

    Args:
        stills: In any order.
        cuts: Seconds, ascending.
        differences: Of the same video.
    """
    found = []
    for still in stills:
        picture = _glance(still)
        signature = cv2.resize(picture, (_SIGNATURE_PX, _SIGNATURE_PX), interpolation=cv2.INTER_AREA)
        found.append(
            Candidate(
                still=still,
                scene=bisect_right(cuts, still.at),
                quality=quality_of(picture, unrest=unrest_at(differences, at=still.at)),
                signature=np.asarray(signature, np.float32),
                unseen=picture,
            )
        )
    return found


def chosen_from(candidates: Iterable[Candidate], *, most: int = MOST_THUMBNAILS) -> list[Candidate]:
    """Up to ``most`` of the candidates, best first: each of a scene of its own that looks like no other, if there are.

    Then of a scene of its own that looks like another, then of the same scene but apart in time.

    Faces are looked for only in stills that the best of faces would have chosen: in three of four, of eight clips.

    Args:
        candidates: In any order; of two that are as good the first is taken.
        most: At least 1.

    Raises:
        ModelNotTrained: The face model is missing.
    """
    left = list(candidates)
    chosen: list[Candidate] = []
    for allowed in (_looks_new, _is_new_scene, _is_apart):
        while len(chosen) < most:
            fitting = [index for index, one in enumerate(left) if all(allowed(one, other) for other in chosen)]
            best = max(fitting, key=lambda index: left[index].quality.score, default=None)
            if best is None or (chosen and left[best].quality.score < GOOD_SHARE * chosen[0].quality.score):
                break
            if left[best].unseen is None:
                chosen.append(left.pop(best))
            else:
                left[best] = left[best].looked_at()
    return sorted(chosen, key=lambda candidate: -candidate.quality.score)


def _glance(still: Still) -> NDArray[np.uint8]:
    """The still, at half its size where it is large: the JPEG decoder gives that in a third of the time."""
    large = max(still.width_px, still.height_px) >= 2 * LONG_SIDE_PX
    how = cv2.IMREAD_REDUCED_COLOR_2 if large else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), how), np.uint8)


def _looks_new(one: Candidate, other: Candidate) -> bool:
    difference = float(np.abs(one.signature - other.signature).mean())
    return _is_new_scene(one, other) and difference > _LOOKS_SAME


def _is_new_scene(one: Candidate, other: Candidate) -> bool:
    return one.scene != other.scene


def _is_apart(one: Candidate, other: Candidate) -> bool:
    return _is_new_scene(one, other) or abs(one.still.at - other.still.at) >= LEAST_APART_SECONDS


def _place(one: Candidate, *, better: Sequence[Candidate]) -> str:
    """Why it stands beside the better ones, in words."""
    same = [other for other in better if other.scene == one.scene]
    if same:
        apart = min(abs(one.still.at - other.still.at) for other in same)
        return f"of the same scene as a better one, {apart:.1f} s apart"
    return f"the best of scene {one.scene + 1}"
