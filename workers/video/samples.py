"""What one decode of a video's pictures leaves for its analyses."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from precompute.catalogue import VIDEO_SAMPLES, VIDEO_SOUND
from precompute.job import Computed, Job, StoredResult
from precompute.settings import Settings
from workers.binding import computes
from workers.sources import video_version
from workers.video.container import opened_video
from workers.video.decode import decoded
from workers.video.differences import FrameDifferences
from workers.video.frames import SampledFrame, unpack_jpegs
from workers.video.sampling import Sampling
from workers.video.shared_fetch import fetched_for_both
from workers.video.stills import Still

logger = logging.getLogger(__name__)


class VideoSamples:
    """One video as its analyses see it. All times are seconds on the clock of the container, which the sound follows.

    Each method reads the part it needs from the cache, and only that, when it is called.

    Attributes:
        duration: Seconds from 0 on the clock to the end of the last frame.
        frame_rate: Average frames a second.
        first_frame_at: When the first frame is shown.
        width_px: Of the upright picture, with square pixels.
        height_px: The same.
    """

    __slots__ = ("_stored", "duration", "first_frame_at", "frame_rate", "height_px", "width_px")

    def __init__(self, stored: StoredResult) -> None:
        value = stored.value
        self._stored = stored
        self.duration: float = value["duration"]
        self.frame_rate: float = value["frame_rate"]
        self.first_frame_at: float = value["first_frame_at"]
        self.width_px: int = value["width_px"]
        self.height_px: int = value["height_px"]

    def differences(self) -> FrameDifferences:
        """How every frame differs from the one before.

        Raises:
            SourceUnavailable: The samples are gone meanwhile.
        """
        return FrameDifferences.unpack(self._stored.part("differences"))

    def frames(self) -> Iterator[SampledFrame]:
        """Two frames a second, at most 640 px on the long side.

        Raises:
            SourceUnavailable: The samples are gone meanwhile.
        """
        return self._sampled("frames")

    def opening(self) -> Iterator[SampledFrame]:
        """The first three seconds at two frames a second, at most 1280 px on the long side.

        Raises:
            SourceUnavailable: The samples are gone meanwhile.
        """
        return self._sampled("opening")

    def stills(self) -> Iterator[Still]:
        """Up to 24 candidates for thumbnails by time, at most 1280 px on the long side.

        Raises:
            SourceUnavailable: The samples are gone meanwhile.
        """
        kept = self._stored.value["stills"]
        jpegs = unpack_jpegs(self._stored.part("stills"), sizes=kept["bytes"])
        width_px, height_px = kept["width_px"], kept["height_px"]
        return (
            Still(at=at, jpeg=jpeg, width_px=width_px, height_px=height_px)
            for at, jpeg in zip(kept["at"], jpegs, strict=True)
        )

    def _sampled(self, name: str) -> Iterator[SampledFrame]:
        kept: dict[str, Any] = self._stored.value[name]
        jpegs = unpack_jpegs(self._stored.part(name), sizes=kept["bytes"])
        return (SampledFrame(at=at, jpeg=jpeg) for at, jpeg in zip(kept["at"], jpegs, strict=True))


@computes(VIDEO_SAMPLES, opened_by=VideoSamples, reads=(video_version,), tells_read=True)
def sample_video(*, job: Job) -> Computed:
    """Fetch the video of the event and decode its pictures once.

    Raises:
        UnusableSource: The video is missing, empty, too large or too long, no video, cut off or damaged.
        SourceUnavailable: It cannot be fetched now.
    """
    with fetched_for_both(job, row=VIDEO_SAMPLES, other=VIDEO_SOUND) as video:
        samples = sampled(video.path, settings=job.settings, report=job.report)
    logger.info("video decoded", extra={"action": "video_decoded", "video_id": job.event.subject_id})
    return replace(samples, read=(video.version,))


def sampled(path: Path, *, settings: Settings, report: Callable[[float], None]) -> Computed:
    """What :class:`VideoSamples` reads, of the video file at ``path``, from one decode.

    Args:
        path: A local file.
        settings: For the longest video allowed.
        report: Called with the share done, 0 to 1.

    Raises:
        UnusableSource: It is too long, no video, cut off or damaged.
        SourceUnavailable: It cannot be read now.
    """
    with opened_video(path) as video:
        sampling = Sampling(video=video, max_seconds=settings.max_video_seconds, report=report)
        for picture in decoded(video, max_seconds=settings.max_video_seconds):
            sampling.add(picture)
        return sampling.finish()
