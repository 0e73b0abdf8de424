"""The sound of a video, decoded apart from its pictures, so that what is said is read while these are looked at.

Of a video of 28 s at 1080x1920 the sound takes .1 s, the pictures 3 s: with two processes all six analyses were done
after 5.0 s instead of 5.6 s, in turn on a busy machine (benchmarks/video.py --timeline shows both at work).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.stream import Discard
from numpy.typing import NDArray

from precompute.catalogue import VIDEO_SAMPLES, VIDEO_SOUND
from precompute.job import Computed, Job, StoredResult
from precompute.settings import Settings
from workers.binding import computes
from workers.sources import video_version
from workers.video.container import OpenVideo, opened_video
from workers.video.decode import check_header, check_sound_end, packets, seconds_of
from workers.video.sampling import longer_than_usual
from workers.video.shared_fetch import fetched_for_both
from workers.video.sound import SoundCollector, pack_sound, unpack_sound

logger = logging.getLogger(__name__)

_SOUND_BYTES = 6_000_000
"""Of ten minutes; together with what :mod:`workers.video.sampling` keeps of the pictures less than 32 MB."""


class VideoSound:
    """What is heard in one video, on the clock of its container.

    Attributes:
        has_sound: Whether anything could be decoded from a sound track.
        starts_at: When sample 0 of the sound is heard, in seconds; 0.0 without sound.
        pictures_start_at: When the first frame is shown by the header, in seconds. Of a video whose beginning is
            damaged the first that can be decoded may come later.
    """

    __slots__ = ("_stored", "has_sound", "pictures_start_at", "starts_at")

    def __init__(self, stored: StoredResult) -> None:
        self._stored = stored
        self.has_sound: bool = stored.value["has_sound"]
        self.starts_at: float = stored.value["starts_at"]
        self.pictures_start_at: float = stored.value["pictures_start_at"]

    def samples(self) -> NDArray[np.float32]:
        """The sound, (n,) float32, mono, 16 kHz, -1 to 1; empty without one.

        Raises:
            SourceUnavailable: It is gone meanwhile.
        """
        if not self.has_sound:
            return np.zeros(0, dtype=np.float32)
        return unpack_sound(self._stored.part("sound"))


@computes(VIDEO_SOUND, opened_by=VideoSound, reads=(video_version,), tells_read=True)
def listen(*, job: Job) -> Computed:
    """Fetch the video of the event and decode its sound.

    Raises:
        UnusableSource: The video is missing, empty, too large or too long, or no video.
        SourceUnavailable: It cannot be fetched now.
    """
    with fetched_for_both(job, row=VIDEO_SOUND, other=VIDEO_SAMPLES) as video:
        sound = listened(video.path, settings=job.settings)
    logger.info("sound decoded", extra={"action": "sound_decoded", "video_id": job.event.subject_id})
    return replace(sound, read=(video.version,))


def listened(path: Path, *, settings: Settings) -> Computed:
    """What :class:`VideoSound` reads, of the video file at ``path``.

    Whether the file is whole is not said here: of its pictures only the header is looked at.

    Args:
        path: A local file.
        settings: For the longest video allowed.

    Raises:
        UnusableSource: It is too long, or no video.
        SourceUnavailable: It cannot be read now.
    """
    ears = SoundCollector(max_seconds=settings.max_video_seconds)
    with opened_video(path) as video:
        check_header(video, max_seconds=settings.max_video_seconds)
        if video.sound is not None:
            for piece in decoded_sound(video, sound=video.sound, max_seconds=settings.max_video_seconds):
                ears.add(piece.frame, at=piece.at)
        pictures_start_at = video.pictures_start
    track = ears.finish()
    value = {
        "has_sound": track is not None,
        "starts_at": 0.0 if track is None else track.starts_at,
        "pictures_start_at": pictures_start_at,
    }
    if track is None:
        return Computed(value=value)
    allowed = round(_SOUND_BYTES * longer_than_usual(settings.max_video_seconds))
    return Computed(value=value, parts={"sound": pack_sound(track.samples, max_bytes=allowed)})


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedSound:
    """A piece of sound, and when it starts, in seconds on the container's clock."""

    at: float
    frame: AudioFrame


def decoded_sound(video: OpenVideo, *, sound: AudioStream, max_seconds: float) -> Iterator[DecodedSound]:
    """The pieces of the sound in the order of the file; damaged packets are passed over, as players do.

    Raises:
        UnusableSource: ``video_too_long``.
    """
    for stream in video.container.streams:
        if stream is not sound:
            stream.discard = Discard.all  # where the format allows it, the pictures are not even read
    end = 0.0
    for packet in packets(video, streams=[sound]):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        for frame in frames:
            if isinstance(frame, AudioFrame) and frame.sample_rate > 0:
                at = seconds_of(frame, video=video, otherwise=end, max_seconds=max_seconds)
                end = at + frame.samples / frame.sample_rate
                check_sound_end(end, max_seconds=max_seconds)
                yield DecodedSound(at=at, frame=frame)
