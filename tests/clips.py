"""Small videos of every kind that people upload, really encoded; damaged ones are in ``clips_broken``.

Each is a few shots of flat, strongly different patches, so that a cut is where it says and nowhere else. The upright
picture always has a white top left corner: whoever turns a video the wrong way loses it.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.stream import Disposition

RATE = 25
"""Frames a second, of every clip that says nothing else."""

SOUND_RATE_HZ = 48_000
_CLOCK = Fraction(1, 12_800)


def picture(shot: int, *, size: tuple[int, int] = (160, 120)) -> np.ndarray:
    """The picture of a shot, (height, width, 3) uint8, BGR: 3 by 4 patches, white in the top left corner.

    Even shots are dark and odd ones bright, so that cuts are there without colour too.
    """
    darkest = 120 * (shot % 2)
    patches = np.random.default_rng(shot).integers(darkest, darkest + 110, (3, 4, 3), dtype=np.uint8)
    patches[0, 0] = 255
    return cv2.resize(patches, size, interpolation=cv2.INTER_NEAREST)


def tone(seconds: float, *, hertz: float = 440.0) -> np.ndarray:
    """A sine at half of full scale, (n,) float32 at SOUND_RATE_HZ; 0 hertz is silence."""
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ)).astype("f4")


def with_cuts(
    path: Path,
    *,
    cuts: Sequence[float] = (0.8, 1.6),
    seconds: float = 2.4,
    size: tuple[int, int] = (160, 120),
    hertz: Sequence[float] = (440.0,),
    container: Mapping[str, str] | None = None,
) -> Path:
    """An ordinary clip that cuts at ``cuts`` (seconds, on whole frames), with a sound track for each of ``hertz``."""
    shots = _shots(cuts, seconds=seconds, size=size)
    return write(path, frames=shots, sounds=[tone(seconds, hertz=each) for each in hertz], container=container)


def without_sound(path: Path) -> Path:
    """A clip of 2.4 s that has no sound track."""
    return with_cuts(path, hertz=())


def sound_only(path: Path, *, seconds: float = 1.0) -> Path:
    """A sound track and no pictures."""
    return write(path, frames=iter(()), sounds=[tone(seconds)])


def two_sounds(path: Path) -> Path:
    """Two sound tracks: the first sounds and is the default, the second is silent."""
    return with_cuts(path, hertz=(440.0, 0.0))


def rotated(path: Path, *, degrees: int = 90) -> Path:
    """Upright it is 120 wide and 160 high, a quarter turn of what is stored; with 180 degrees, 160 by 120.

    The stored picture is turned clockwise by ``degrees`` (90, 180 or 270), and its display matrix says to turn it back.
    """
    size = (160, 120) if degrees == 180 else (120, 160)
    turned = (np.rot90(image, -degrees // 90) for image in _shots((0.8,), seconds=1.6, size=size))
    return write(path, frames=turned, turn_back=degrees, sounds=[tone(1.6)])


def variable_rate(path: Path) -> Path:
    """25 frames a second for one second, five for two seconds, then 50 for one; it cuts at 1 s and at 3 s."""
    times = [*np.arange(0, 1, 1 / 25), *np.arange(1, 3, 1 / 5), *np.arange(3, 4, 1 / 50)]
    frames = (picture(int(at >= 1) + int(at >= 3)) for at in times)
    return write(path, frames=frames, times=times, sounds=[tone(4)])


def odd_size(path: Path, *, size: tuple[int, int] = (321, 183)) -> Path:
    """Width and height are odd, which half-size colour planes do not divide; the colour is stored in full."""
    return write(path, frames=_shots((0.8,), seconds=1.6, size=size), pixels="yuv444p", sounds=[tone(1.6)])


def late_first_frame(path: Path, *, first_frame_at: float = 0.852) -> Path:
    """The sound starts at 0 and the pictures later; the only cut is one second after the first frame."""
    times = [first_frame_at + number / RATE for number in range(2 * RATE)]
    shots = _shots((1.0,), seconds=2.0, size=(160, 120))
    return write(path, frames=shots, times=times, sounds=[tone(first_frame_at + 2)])


def ten_bit(path: Path) -> Path:
    """Ten bits a sample, as phones record in HDR; one cut, at 0.8 s."""
    return write(path, frames=_shots((0.8,), seconds=1.6, size=(160, 120)), pixels="yuv420p10le", sounds=[tone(1.6)])


def gray(path: Path) -> Path:
    """Brightness only, no colour planes (in FFV1, as H.264 decodes with empty ones); one cut, at 0.8 s."""
    shots = _shots((0.8,), seconds=1.6, size=(160, 120))
    return write(path, frames=shots, codec="ffv1", pixels="gray", sounds=[tone(1.6)])


def long(path: Path, *, seconds: int = 700) -> Path:
    """Longer than a video may be, and cheap: one tiny frame a second, no sound."""
    still = picture(0, size=(32, 32))
    return write(path, frames=(still for _ in range(seconds)), rate=1)


def with_cover(path: Path) -> Path:
    """A cover picture, a video track of one JPEG marked as attached, stands beside the pictures; cuts as usual."""
    shots = _shots((0.8,), seconds=1.6, size=(160, 120))
    return write(path, frames=shots, sounds=[tone(1.6)], cover=picture(99, size=(320, 320)))


def write(
    path: Path,
    *,
    frames: Iterator[np.ndarray],
    rate: int = RATE,
    times: Sequence[float] | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    turn_back: int = 0,
    sounds: Sequence[np.ndarray] = (),
    cover: np.ndarray | None = None,
    container: Mapping[str, str] | None = None,
) -> Path:
    """Pictures and AAC in whatever container the ending of ``path`` names.

    Args:
        path: Where to write.
        frames: (height, width, 3) uint8, BGR, all of one size; none at all makes a file of sound only.
        rate: Frames a second.
        times: When each frame is shown, in seconds; by default evenly at ``rate`` from 0.
        codec: FFmpeg's name of the encoder.
        pixels: FFmpeg's name of the pixel format that is stored.
        turn_back: Degrees anticlockwise by which a player turns the stored picture.
        sounds: (n,) float32 at SOUND_RATE_HZ for each sound track, mono, the first being the default.
        cover: An attached picture, (height, width, 3) uint8, BGR.
        container: Options of the container's writer.
    """
    with av.open(str(path), "w", options=dict(container or {})) as out:
        first = next(frames, None)
        stream = None if first is None else _picture_track(out, first, codec=codec, rate=rate, pixels=pixels)
        if stream is not None and turn_back:
            stream.set_display_rotation(turn_back)
        art = None if cover is None else _cover_track(out, cover)
        tracks = [out.add_stream("aac", rate=SOUND_RATE_HZ, layout="mono") for _ in sounds]
        for number, image in enumerate(() if first is None else chain([first], frames)):
            out.mux(stream.encode(_frame(image, at=number / rate if times is None else times[number])))
        if stream is not None:
            out.mux(stream.encode())
        if art is not None:
            out.mux([*art.encode(_frame(cover, at=0.0).reformat(format=art.pix_fmt)), *art.encode()])
        for track, sound in zip(tracks, sounds, strict=True):
            heard = av.AudioFrame.from_ndarray(sound[np.newaxis], format="fltp", layout="mono")
            heard.sample_rate, heard.pts, heard.time_base = SOUND_RATE_HZ, 0, Fraction(1, SOUND_RATE_HZ)
            out.mux([*track.encode(heard), *track.encode()])
    return path


def _shots(cuts: Sequence[float], *, seconds: float, size: tuple[int, int]) -> Iterator[np.ndarray]:
    for shot, (start, end) in enumerate(pairwise((0.0, *cuts, seconds))):
        yield from [picture(shot, size=size)] * (round(end * RATE) - round(start * RATE))


def _picture_track(out: OutputContainer, first: np.ndarray, *, codec: str, rate: int, pixels: str) -> av.VideoStream:
    quick = {"preset": "ultrafast", "crf": "12"} if codec == "libx264" else {}
    stream = out.add_stream(codec, rate=rate, options={"threads": "1", **quick})
    stream.height, stream.width = first.shape[:2]
    stream.pix_fmt = pixels
    stream.codec_context.time_base = _CLOCK
    return stream


def _cover_track(out: OutputContainer, cover: np.ndarray) -> av.VideoStream:
    stream = out.add_stream("mjpeg", rate=RATE)
    stream.height, stream.width = cover.shape[:2]
    stream.pix_fmt = "yuvj420p"
    stream.disposition = Disposition.attached_pic
    stream.codec_context.time_base = _CLOCK
    return stream


def _frame(image: np.ndarray, *, at: float) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
    frame.time_base, frame.pts = _CLOCK, round(at / _CLOCK)
    return frame
