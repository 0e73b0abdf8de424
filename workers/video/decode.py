"""One pass over a video's pictures: every frame, with its time. The sound is decoded apart (hearing.py)."""

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


def decoded(video: OpenVideo, *, max_seconds: float) -> Iterator[DecodedPicture]:
    """The pictures of the video, at ascending times; of its sound only how far it reaches is looked at.

    Damaged packets are passed over, as players do.

    Raises:
        UnusableSource: ``video_too_long`` or ``too_many_frames``, before or while decoding; at the end
            ``video_damaged`` when no frame could be decoded, or ``video_truncated`` when much less was there than the
            header promises.
    """
    check_header(video, max_seconds=max_seconds)
    picture: DecodedPicture | None = None
    sound_end = 0.0
    pictures = 0
    for packet in packets(video, streams=[video.pictures, *([video.sound] if video.sound else [])]):
        if packet.stream is video.sound:
            sound_end = max(sound_end, _packet_end(packet, zero=video.zero))
            check_sound_end(sound_end, max_seconds=max_seconds)
            continue
        for frame in _frames(packet):
            picture = _picture(frame, video=video, before=picture, max_seconds=max_seconds)
            pictures += 1
            _check_length(picture.at, max_seconds=max_seconds)
            if pictures > _MOST_FRAMES_A_SECOND * max_seconds:
                raise UnusableSource(f"the video has more than {pictures - 1} frames", code="too_many_frames")
            yield picture
    _check_complete(video, picture=picture, sound_end=sound_end)


def check_header(video: OpenVideo, *, max_seconds: float) -> None:
    """Look at the length that the header tells, before anything is decoded.

    Raises:
        UnusableSource: ``video_too_long``.
    """
    _check_length(video.pictures_end or video.end or 0.0, max_seconds=max_seconds)


def check_sound_end(seconds: float, *, max_seconds: float) -> None:
    """Look at how far the sound reaches: a few bytes at one sample a second are hours of it.

    Raises:
        UnusableSource: ``video_too_long``.
    """
    _check_length(seconds, max_seconds=max_seconds + _MAY_MISS_SECONDS)


def _frames(packet: "Packet[Stream]") -> Iterator[VideoFrame]:
    try:
        frames = packet.decode()
    except av.error.FFmpegError:
        return
    yield from (frame for frame in frames if isinstance(frame, VideoFrame))


def _packet_end(packet: "Packet[Stream]", *, zero: float) -> float:
    """When a piece of sound ends that is not decoded; 0 where it does not say."""
    if packet.pts is None or packet.time_base is None:
        return 0.0
    return _seconds(packet.pts + (packet.duration or 0), packet.time_base) - zero


def packets(video: OpenVideo, *, streams: Sequence[Stream]) -> Iterator["Packet[Stream]"]:
    """The packets of some of the streams in the order of the file; the last ones are empty, to flush decoders."""
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
    at = seconds_of(frame, video=video, otherwise=before.until if before else 0.0, max_seconds=max_seconds)
    if before is not None and at <= before.at:
        # Broken time stamps; the order of frames is right, so time must go on.
        at = before.at + _SHORTEST_FRAME_SECONDS
    return DecodedPicture(at=at, until=at + _shown(frame, video=video, max_seconds=max_seconds), frame=frame)


def _shown(frame: VideoFrame, *, video: OpenVideo, max_seconds: float) -> float:
    """For how many seconds a frame is shown; guessed where what it says cannot be."""
    told = _seconds(frame.duration, frame.time_base)
    if 0.0 < told <= max_seconds:
        return told
    rate = video.pictures.guessed_rate
    guessed = float(1 / rate) if rate else 0.0
    return guessed if 0.0 < guessed <= max_seconds else float(1 / _USUAL_FRAME_RATE)


def _seconds(ticks: int | None, time_base: Fraction | None) -> float:
    """So many ticks, 0 where they are not told: what a product of fractions gives, in a tenth of the time."""
    return ticks * time_base.numerator / time_base.denominator if ticks and time_base else 0.0


def seconds_of(frame: VideoFrame | AudioFrame, *, video: OpenVideo, otherwise: float, max_seconds: float) -> float:
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
