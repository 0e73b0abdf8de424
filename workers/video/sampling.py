"""What is kept of a video's pictures while they are decoded: four things, within one budget of bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from precompute.errors import UnusableSource
from precompute.job import Computed
from workers.video.container import OpenVideo
from workers.video.decode import DecodedPicture
from workers.video.differences import DifferenceMeter, FrameDifferences
from workers.video.frames import FrameSampler, pack_jpegs
from workers.video.picture import GlanceScaler, Picture, Scaler
from workers.video.stills import MOST_STILLS, StillPicker, slot_seconds

TEN_MINUTES = 600.0
"""The samples of a video of this length stay under 32 MB, however noisy; a longer one may take more in proportion."""

_FRAMES_BYTES = 17_000_000
_OPENING_BYTES = 2_000_000
_STILLS_BYTES = 5_500_000
"""Together with 21 bytes a frame for the differences (0.76 MB at 60 frames a second) and the sound 31.3 MB."""

_FRAME_MOST_BYTES = 80_000
"""A busy 640 x 360 frame at quality 85; short videos need no more than this for each."""

_DIFFERENCES_LONG_SIDE_PX = 256
_FRAMES_LONG_SIDE_PX = 640
_STILLS_LONG_SIDE_PX = 1280
_PICTURE_SECONDS = 1.0
"""One frame that is shown no longer is an image file: AVIF says 1 s, GIF 0.1 s."""

_OPENING_SECONDS = 3.0
_OPENING_FRAMES = 6


@dataclass(slots=True, kw_only=True)
class _Eyes:
    """What looks at each frame; made when the first one shows how large the picture is."""

    picture: Picture
    first_at: float
    ends_at: float | None
    small: GlanceScaler
    meter: DifferenceMeter
    frames: FrameSampler
    opening: FrameSampler
    stills: StillPicker

    @classmethod
    def for_first(cls, first: DecodedPicture, *, video: OpenVideo, max_seconds: float) -> "_Eyes":
        picture = Picture.of(first.frame, pixel_aspect=video.pictures.sample_aspect_ratio)
        large = Scaler.within(picture, long_side_px=_STILLS_LONG_SIDE_PX)
        ends_at = video.pictures_end or video.end
        return cls(
            picture=picture,
            first_at=first.at,
            ends_at=ends_at,
            small=GlanceScaler.within(picture, long_side_px=_DIFFERENCES_LONG_SIDE_PX),
            meter=DifferenceMeter(),
            frames=FrameSampler(
                scaler=Scaler.within(picture, long_side_px=_FRAMES_LONG_SIDE_PX),
                bytes_left=round(_FRAMES_BYTES * longer_than_usual(max_seconds)),
                most_bytes=_FRAME_MOST_BYTES,
            ),
            opening=FrameSampler(
                scaler=large, bytes_left=_OPENING_BYTES, most_bytes=_OPENING_BYTES // (_OPENING_FRAMES + 1)
            ),
            stills=StillPicker(
                scaler=large,
                max_bytes=_STILLS_BYTES // MOST_STILLS,
                slot_seconds=slot_seconds(ends_at - first.at if ends_at else None),
            ),
        )


@dataclass(slots=True, kw_only=True)
class Sampling:
    """Takes frames as they are decoded; holds a few at a time, never all.

    Attributes:
        video: Being decoded.
        max_seconds: The longest it may be.
        report: Called with the share done, 0 to 1.
    """

    video: OpenVideo
    max_seconds: float
    report: Callable[[float], None]
    _eyes: _Eyes | None = None
    _until: float = 0.0

    def add(self, picture: DecodedPicture) -> None:
        """Take the next frame."""
        if self._eyes is None:
            self._eyes = _Eyes.for_first(picture, video=self.video, max_seconds=self.max_seconds)
        self._look(picture, eyes=self._eyes)

    def finish(self) -> Computed:
        """Everything kept.

        Raises:
            UnusableSource: It was a single picture without any length, as image files are.
        """
        if self._eyes is None:
            raise UnusableSource("no picture of the video can be decoded", code="video_damaged")
        differences = self._eyes.meter.finish()
        value, parts = _pictures_kept(self._eyes)
        shown_for = self._until - self._eyes.first_at
        if len(differences.at) == 1 and self.video.sound is None and shown_for <= _PICTURE_SECONDS:
            raise UnusableSource("the file is a picture, not a video", code="not_a_video")
        value |= {
            "duration": round(self._until - min(0.0, self._eyes.first_at), 6),
            "frame_rate": _frame_rate(differences, until=self._until),
        }
        self.report(1.0)
        return Computed(value=value, parts=parts | {"differences": differences.pack()})

    def _look(self, shown: DecodedPicture, *, eyes: _Eyes) -> None:
        at, frame = shown.at, shown.frame
        self._until = max(self._until, shown.until)
        hsv, jump = eyes.meter.add(eyes.small.image(frame), at=at)
        eyes.stills.add(frame, at=at, hsv=hsv, jump=jump)
        ends_at = eyes.ends_at or self.max_seconds
        if at > ends_at:
            ends_at = max(at, self.max_seconds)
        if eyes.frames.add(frame, at=at, seconds_left=ends_at - at):
            self.report(min(1.0, max(0.0, at / ends_at)))
        if at < eyes.first_at + _OPENING_SECONDS:
            eyes.opening.add(frame, at=at, seconds_left=_OPENING_SECONDS - (at - eyes.first_at))


def _pictures_kept(eyes: _Eyes) -> tuple[dict[str, Any], dict[str, bytes]]:
    stills = eyes.stills.finish()
    value: dict[str, Any] = {"first_frame_at": eyes.first_at}
    value["width_px"], value["height_px"] = eyes.picture.upright
    parts: dict[str, bytes] = {}
    for name, kept in (("frames", eyes.frames.kept), ("opening", eyes.opening.kept), ("stills", stills)):
        parts[name], sizes = pack_jpegs([image.jpeg for image in kept])
        value[name] = {"at": [image.at for image in kept], "bytes": sizes}
    value["stills"] |= {"width_px": stills[0].width_px, "height_px": stills[0].height_px}
    return value, parts


def _frame_rate(differences: FrameDifferences, *, until: float) -> float:
    first, last, frames = float(differences.at[0]), float(differences.at[-1]), len(differences.at)
    # From first to last frame: the length of the last one is often only guessed.
    seconds, steps = (last - first, frames - 1) if frames > 1 else (until - first, 1)
    return round(steps / seconds, 4)


def longer_than_usual(max_seconds: float) -> float:
    """By which factor more bytes may be kept of the longest video allowed than of one of ten minutes."""
    return max(1.0, max_seconds / TEN_MINUTES)
