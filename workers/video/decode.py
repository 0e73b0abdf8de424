"""One pass over a video: every frame and every piece of sound, with its time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from precompute.errors import UnusableSource
from workers.video.container import OpenVideo

_ROUNDING_SECONDS = 0.5
"""A video sold as ten minutes lasts 600.04 s; the limit is meant in whole seconds."""

_MAY_MISS_SECONDS = 1.0
_MAY_MISS_SHARE = 0.05
"""Headers are often a little off; a file that ends earlier than both allow was cut off."""

_MOST_FRAMES_A_SECOND = 250
"""Of the longest video allowed. The fastest cameras of telephones make 240, and stretch them in the file."""

_USUAL_FRAME_RATE = Fraction(25)
_SHORTEST_FRAME_SECONDS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedPicture:
    """A frame, and from when to when it is shown, in seconds on the container's clock."""

    at: float
    until: float
    frame: VideoFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedSound:
    """A piece of sound, and when it starts, in seconds on the container's clock."""

    at: float
    frame: AudioFrame


def decoded(video: OpenVideo, *, max_seconds: float) -> Iterator[DecodedPicture | DecodedSound]:
    """Everything in the video, in the order of the file; pictures at ascending times.

    Damaged packets are passed over, as players do.

    Raises:
        UnusableSource: ``video_too_long`` or ``too_many_frames``, before or while decoding; at the end
            ``video_damaged`` when no frame could be decoded, or ``video_truncated`` when much less was there than the
            header promises.
    """
    _check_length(video.pictures_end or video.end or 0.0, max_seconds=max_seconds)
    picture: DecodedPicture | None = None
    sound_end = 0.0
    pictures = 0
    for frame in _frames(video):
        if isinstance(frame, VideoFrame):
            picture = _picture(frame, video=video, before=picture, max_seconds=max_seconds)
            pictures += 1
            _check_length(picture.at, max_seconds=max_seconds)
            if pictures > _MOST_FRAMES_A_SECOND * max_seconds:
                raise UnusableSource(f"the video has more than {pictures - 1} frames", code="too_many_frames")
            yield picture
        elif frame.sample_rate > 0:
            sound = DecodedSound(
                at=_seconds(frame, video=video, otherwise=sound_end, max_seconds=max_seconds), frame=frame
            )
            sound_end = sound.at + frame.samples / frame.sample_rate
            # Its end: a few bytes at one sample a second are hours of sound.
            _check_length(sound_end, max_seconds=max_seconds + _MAY_MISS_SECONDS)
            yield sound
    _check_complete(video, picture=picture, sound_end=sound_end)


def _frames(video: OpenVideo) -> Iterator[VideoFrame | AudioFrame]:
    streams: list[Stream] = [video.pictures]
    if video.sound is not None:
        streams.append(video.sound)
    for packet in _packets(video, streams=streams):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        yield from (frame for frame in frames if isinstance(frame, VideoFrame | AudioFrame))


def _packets(video: OpenVideo, *, streams: Sequence[Stream]) -> Iterator["Packet[Stream]"]:
    try:
        yield from video.container.demux(*streams)
    except av.error.FFmpegError:
        # The file breaks off inside a packet: what the decoders still hold comes out, then the length is checked.
        for stream in streams:
            flush: Packet[Stream] = Packet()
            flush.stream = stream
            yield flush


def _picture(
    frame: VideoFrame, *, video: OpenVideo, before: DecodedPicture | None, max_seconds: float
) -> DecodedPicture:
    at = _seconds(frame, video=video, otherwise=before.until if before else 0.0, max_seconds=max_seconds)
    if before is not None and at <= before.at:
        # Broken time stamps; the order of frames is right, so time must go on.
        at = before.at + _SHORTEST_FRAME_SECONDS
    return DecodedPicture(at=at, until=at + _shown(frame, video=video, max_seconds=max_seconds), frame=frame)


def _shown(frame: VideoFrame, *, video: OpenVideo, max_seconds: float) -> float:
    """For how many seconds a frame is shown; guessed where what it says cannot be."""
    rate = video.pictures.guessed_rate
    told = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
    guessed = float(1 / rate) if rate else 0.0
    return next((one for one in (told, guessed) if 0.0 < one <= max_seconds), float(1 / _USUAL_FRAME_RATE))


def _seconds(frame: VideoFrame | AudioFrame, *, video: OpenVideo, otherwise: float, max_seconds: float) -> float:
    """When a frame comes; after the one before where it does not say, or says what cannot be."""
    at = None if frame.time is None else frame.time - video.zero
    return otherwise if at is None or at < -max_seconds else at


def _check_length(seconds: float, *, max_seconds: float) -> None:
    if seconds > max_seconds + _ROUNDING_SECONDS:
        raise UnusableSource(f"the video is longer than the {max_seconds:g} seconds allowed", code="video_too_long")


def _check_complete(video: OpenVideo, *, picture: DecodedPicture | None, sound_end: float) -> None:
    if picture is None:
        raise UnusableSource("no picture of the video can be decoded", code="video_damaged")
    promised, there = video.pictures_end, picture.until
    if promised is None:
        promised, there = video.end or 0.0, max(picture.until, sound_end)
    if promised - there > max(_MAY_MISS_SECONDS, _MAY_MISS_SHARE * promised):
        problem = f"the video is cut off: {there:.1f} of {promised:.1f} seconds are there"
        raise UnusableSource(problem, code="video_truncated")
