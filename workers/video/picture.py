"""Decoded frames as upright images of a wanted size."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from numpy.typing import NDArray

from precompute.errors import UnusableSource

_MOST_STRETCH = 8
"""A stranger pixel shape than 8:1 is taken for a damaged header, and left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orientation:
    """How stored pixels become upright ones: transposed first, then mirrored."""

    transposed: bool = False
    mirrored: bool = False
    upside_down: bool = False

    @classmethod
    def of(cls, frame: VideoFrame) -> "Orientation":
        """What the container's display matrix asks for, to the nearest right angle.

        The matrix maps stored (x, y) to shown (a x + c y, b x + d y), ISO/IEC 14496-12, 6.2.2.
        """
        side_data = cast(SideDataContainer, frame.side_data)
        matrix = next((data for data in side_data if data.type is Type.DISPLAYMATRIX), None)
        if matrix is None:
            return cls()
        a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), dtype=np.int32).tolist()
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(transposed=True, mirrored=c < 0, upside_down=b < 0)
        return cls(mirrored=a < 0, upside_down=d < 0)

    def turn(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The upright image, (height, width, 3) uint8."""
        if self.transposed:
            image = cast(NDArray[np.uint8], cv2.transpose(image))
        if self.mirrored or self.upside_down:
            axis = -1 if self.mirrored and self.upside_down else int(self.mirrored)
            image = cast(NDArray[np.uint8], cv2.flip(image, axis))
        return image


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The shape of a video's picture.

    Attributes:
        stored: Width and height in pixels as shown before turning, with square pixels.
        orientation: How it is turned upright.
    """

    stored: tuple[int, int]
    orientation: Orientation

    @classmethod
    def of(cls, frame: VideoFrame, *, pixel_aspect: Fraction | None) -> "Picture":
        """The shape of ``frame``, whose pixels are ``pixel_aspect`` times as wide as high."""
        aspect = pixel_aspect or Fraction(1)
        if not Fraction(1, _MOST_STRETCH) <= aspect <= _MOST_STRETCH:
            aspect = Fraction(1)
        stored = (max(1, round(frame.width * aspect)), frame.height)
        return cls(stored=stored, orientation=Orientation.of(frame))

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height in pixels, upright."""
        width, height = self.stored
        return (height, width) if self.orientation.transposed else (width, height)


@dataclass(slots=True, kw_only=True)
class Scaler:
    """Makes upright BGR images of one size out of decoded frames.

    It keeps one reformatter: a new one for each frame takes twice the time.

    Attributes:
        size: Width and height before turning, in pixels.
        orientation: How images are turned upright; the default leaves them as stored.
        interpolation: How pixels are joined; averaging over areas keeps kept images free of jagged edges.
    """

    size: tuple[int, int]
    orientation: Orientation = field(default_factory=Orientation)
    interpolation: Interpolation = Interpolation.AREA
    _reformatter: VideoReformatter = field(default_factory=VideoReformatter)

    @classmethod
    def within(cls, picture: Picture, *, long_side_px: int) -> "Scaler":
        """One that makes upright images of at most ``long_side_px``; smaller pictures keep their size."""
        return cls(size=_fitted(picture.stored, long_side_px=long_side_px), orientation=picture.orientation)

    def image(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """The frame as (height, width, 3) uint8, BGR.

        Raises:
            UnusableSource: ``video_damaged``; its pixels are of a kind that is not understood.
        """
        width, height = self.size
        try:
            scaled = self._reformatter.reformat(
                frame, width=width, height=height, format="bgr24", interpolation=self.interpolation, threads=1
            )
        except (ValueError, av.error.FFmpegError) as problem:
            kind = f"frames of the kind {frame.format.name}, which cannot be turned into pictures"
            raise UnusableSource(f"the video has {kind}", code="video_damaged") from problem
        return self.orientation.turn(cast(NDArray[np.uint8], scaled.to_ndarray()))


@dataclass(slots=True, kw_only=True)
class GlanceScaler:
    """Makes small images that are compared with each other only: left unturned, and cheap.

    It interpolates between neighbours only, as PySceneDetect does (``cv2.INTER_LINEAR``): its thresholds were found on
    images like these, and area averages lose cuts between shots of like colours (2 of 5 in bbb_0_30.webm).

    What nearly all videos hold (planes of eight bits in video range, a fourth of the pixels coloured) is made smaller
    as it is stored, and only then turned into BGR: so only every fourth line is read, in half of swscale's 0.66 ms a
    frame of 1080x1920. Mean differences of eight clips are off PySceneDetect's by 0 to 1.1 of 180 in hue (swscale's by
    0 to 0.8), of 255 in saturation by up to 0.7 (0.4), in luma by less than 0.1, and the cuts found are the same.

    Attributes:
        size: Width and height in pixels, both even.
        reads_planes: Whether there is anything to gain: not for pictures that are small as they are.
    """

    size: tuple[int, int]
    reads_planes: bool
    _otherwise: Scaler
    _planes: NDArray[np.uint8]

    @classmethod
    def within(cls, picture: Picture, *, long_side_px: int) -> "GlanceScaler":
        """One that makes images of at most ``long_side_px``."""
        width, height = (max(2, side // 2 * 2) for side in _fitted(picture.stored, long_side_px=long_side_px))
        return cls(
            size=(width, height),
            reads_planes=max(picture.stored) >= 2 * long_side_px,
            _otherwise=Scaler(size=(width, height), interpolation=Interpolation.FAST_BILINEAR),
            _planes=np.empty((height * 3 // 2, width), dtype=np.uint8),
        )

    def image(self, frame: VideoFrame) -> NDArray[np.uint8]:
        """The frame as (height, width, 3) uint8, BGR.

        Raises:
            UnusableSource: ``video_damaged``; its pixels are of a kind that is not understood.
        """
        if not self.reads_planes or frame.format.name != "yuv420p" or frame.color_range == ColorRange.JPEG:
            return self._otherwise.image(frame)
        planes = frame.planes
        if any(plane.line_size < plane.width for plane in planes):
            # Stored from the bottom up, as raw video may be: its memory lies before what it points to, not behind.
            return self._otherwise.image(frame)
        width, height = self.size
        brightness, colours = self._planes[:height], self._planes[height:].reshape(2, height // 2, width // 2)
        for plane, small in zip(planes, (brightness, *colours), strict=True):
            lines = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(plane.height, plane.line_size)
            cv2.resize(lines[:, : plane.width], small.shape[::-1], dst=small, interpolation=cv2.INTER_LINEAR)
        return cast(NDArray[np.uint8], cv2.cvtColor(self._planes, cv2.COLOR_YUV2BGR_I420))


def _fitted(size: tuple[int, int], *, long_side_px: int) -> tuple[int, int]:
    share = min(1.0, long_side_px / max(size))
    width, height = size
    return max(1, round(width * share)), max(1, round(height * share))
