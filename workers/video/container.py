"""A video file opened for decoding: which of its streams are used, and what its header promises."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av
from av.audio.stream import AudioStream
from av.container.input import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from precompute.errors import SourceUnavailable, UnusableSource

CONTAINERS = (
    *("mov", "mp4", "matroska", "webm", "avi", "flv", "mpegts", "mpeg", "mpegvideo", "ogg", "asf", "gif", "mxf"),
    *("mp3", "flac", "wav", "aac", "aiff", "amr", "ac3"),
)
"""What may be opened, by FFmpeg's names; the second row is sound, opened only to say that it is no video.

Playlists (hls, dash, concat) and picture sequences are left out: they open other files and addresses.
"""

_WITHOUT_LENGTH = {"mpegts", "mpeg", "mpegvideo", "ogg", "gif"}
"""Their headers hold no length; FFmpeg guesses one from the file, so it proves nothing."""

_WITHOUT_ZERO = {"mpegts", "mpeg"}
"""Their clock starts anywhere (FFmpeg's AVFMT_TS_DISCONT); every player counts from the first time stamp."""

_LATEST_START_SECONDS = 10.0
"""A file whose first time stamp is later was cut out of a longer recording, and is counted from there too."""

_MOST_PIXELS = 8192 * 4352
"""8K with some room; a larger frame is an attack on memory."""

_MOST_STREAMS = 64
"""Cameras bring a handful, films two dozen; each costs memory and is probed."""

_PROBE_BYTES = 10_000_000
_PROBE_MICROSECONDS = 10_000_000
"""How far FFmpeg looks ahead to find out what is in a file whose header does not say; twice its defaults."""

_NO_PROTOCOL = "none"
"""FFmpeg is handed an open file, so it needs no way to open anything; no protocol has this name."""

_DECODER_THREADS = 4
"""Each works on a frame of its own: while frames are looked at others are decoded, where processors are idle. With two
threads all six analyses of a video took 5.0 s, with four 4.1, on the same processor time (means of three runs in turn,
two processors, other work beside)."""

_UNFILTERED = {"h264": "bidir"}
_UNFILTERED_OTHERWISE = "noref"
"""Frames that no other is decoded from are left unfiltered, and of H.264 all that lie between others (B).

It saves a ninth of the processor time. At a third of their size, about that at which they are looked at, they differ by
0.03 to 0.14 of 255 on average, and what is decoded from them, stills among it, by 0.01 to 0.08 (five clips). Of other
codecs all frames may be of such a kind, so that the differences would build up.
"""

_PICTURES_ONLY = Disposition.attached_pic | Disposition.timed_thumbnails
_MP4_STARTS = {b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVideo:
    """A container with its streams chosen.

    Attributes:
        container: PyAV's, open.
        pictures: The stream that is looked at.
        sound: The stream that is listened to, or None.
        zero: Where the clock starts, in seconds of the time stamps.
    """

    container: InputContainer
    pictures: VideoStream
    sound: AudioStream | None
    zero: float

    @property
    def pictures_start(self) -> float:
        """When the first picture is shown by the header, in seconds on the clock; 0.0 when it does not say."""
        stream = self.pictures
        if stream.start_time is None or not stream.time_base:
            return 0.0
        return float(stream.start_time * stream.time_base) - self.zero

    @property
    def pictures_end(self) -> float | None:
        """When the pictures end by the header, in seconds on the clock; None when it does not say."""
        stream = self.pictures
        if self._guesses_length:
            return None
        if stream.duration and stream.time_base:
            return float(((stream.start_time or 0) + stream.duration) * stream.time_base) - self.zero
        tagged = _tagged_seconds(stream.metadata)
        return None if tagged is None else tagged - self.zero

    @property
    def end(self) -> float | None:
        """When the longest stream ends by the header, in seconds on the clock; None when it does not say."""
        if self._guesses_length or not self.container.duration:
            return None
        return ((self.container.start_time or 0) + self.container.duration) / av.time_base - self.zero

    @property
    def _guesses_length(self) -> bool:
        return self.container.format.name in _WITHOUT_LENGTH


@contextmanager
def opened_video(path: Path) -> Iterator[OpenVideo]:
    """The video at ``path``, its streams chosen; closed at the end.

    Only the file itself is read, which is opened here: FFmpeg may open no address, no second file and no playlist.

    Raises:
        UnusableSource: ``not_a_video``, ``no_video_track``, ``video_truncated`` (an MP4 without its index),
            ``codec_unknown`` or ``frame_too_large``.
        SourceUnavailable: ``video_unreachable``; the file cannot be read now.
    """
    with _file(path) as file, _opened(_Reading(file)) as container:
        pictures = _pictures(container)
        best = container.streams.best("audio", related=pictures)
        sound = best if isinstance(best, AudioStream) and best.codec_context is not None else None
        yield OpenVideo(container=container, pictures=pictures, sound=sound, zero=_zero(container))


class _Reading:
    """A file as FFmpeg reads it. Each read passes through Python, where a time limit ends it, whatever FFmpeg does."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        return self._file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


@contextmanager
def _file(path: Path) -> Iterator[BinaryIO]:
    try:
        # Should a pipe or a link have taken the file's place, the one is not waited for and the other not followed.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as problem:
        raise SourceUnavailable("the video's file cannot be read", code="video_unreachable") from problem
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_a_video()
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _opened(file: _Reading) -> InputContainer:
    format_options = {
        "protocol_whitelist": _NO_PROTOCOL,
        "format_whitelist": ",".join(CONTAINERS),
        "max_streams": str(_MOST_STREAMS),
        "probesize": str(_PROBE_BYTES),
        "analyzeduration": str(_PROBE_MICROSECONDS),
    }
    # Of the decoders that only find out what is in the file. What is a little too large they still tell the size of.
    probing = {"max_pixels": str(4 * _MOST_PIXELS), "threads": "1"}
    try:
        return av.open(file, mode="r", options=probing, container_options=format_options, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError) as problem:
        raise _unreadable(file) from problem


def _unreadable(file: _Reading) -> UnusableSource:
    file.seek(0)
    if file.read(8)[4:] in _MP4_STARTS:
        return UnusableSource("the video is cut off: its index is missing", code="video_truncated")
    return _not_a_video()


def _not_a_video() -> UnusableSource:
    return UnusableSource("the file is not a video in a format that is understood", code="not_a_video")


def _pictures(container: InputContainer) -> VideoStream:
    streams = [stream for stream in container.streams.video if not stream.disposition & _PICTURES_ONLY]
    if not streams:
        raise UnusableSource("the file has no video track", code="no_video_track")
    # What players show: the first track that is marked as the default, not the largest.
    stream = next((stream for stream in streams if stream.disposition & Disposition.default), streams[0])
    if stream.codec_context is None:
        raise UnusableSource("the video is encoded in a way that is not understood", code="codec_unknown")
    if stream.width * stream.height > _MOST_PIXELS:
        problem = f"the video's frame of {stream.width} x {stream.height} pixels is too large"
        raise UnusableSource(problem, code="frame_too_large")
    unfiltered = _UNFILTERED.get(stream.codec_context.name, _UNFILTERED_OTHERWISE)
    stream.codec_context.options = {"max_pixels": str(_MOST_PIXELS), "skip_loop_filter": unfiltered}
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = _DECODER_THREADS
    return stream


def _zero(container: InputContainer) -> float:
    starts_at = (container.start_time or 0) / av.time_base
    arbitrary = container.format.name in _WITHOUT_ZERO or abs(starts_at) > _LATEST_START_SECONDS
    return starts_at if arbitrary else 0.0


def _tagged_seconds(metadata: dict[str, str]) -> float | None:
    """What Matroska keeps beside a stream: ``00:00:30.003000000``."""
    try:
        hours, minutes, seconds = metadata.get("DURATION", "").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
