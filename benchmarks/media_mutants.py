"""Videos that are broken in every way somebody may think of: real clips, shortened, and then changed a little."""

import random
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import av

from precompute.media import EXTENSIONS

SHORT_SECONDS = 1.5
"""Long enough for sound and several shots' worth of frames, short enough for thousands of them."""

_EXTREMES = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01", b"\x00\x00\x75\x30")
"""The last one is 30,000."""

_BOXES = (
    b"moov",
    b"trak",
    b"stsd",
    b"stts",
    b"stsz",
    b"stsc",
    b"stco",
    b"ctts",
    b"mdhd",
    b"mvhd",
    b"tkhd",
    b"elst",
    b"avcC",
)
"""Of MP4, after each of which come numbers that readers trust."""

_HEAD = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A broken clip.

    Attributes:
        name: Of the clip, and how it was broken.
        ending: Of the file.
        data: Its bytes.
    """

    name: str
    ending: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A short clip that is whole."""

    name: str
    ending: str
    data: bytes


def short_clips(paths: Iterable[Path]) -> list[Clip]:
    """The first seconds of each, copied packet by packet, so that what the encoders wrote stays as it was."""
    clips = []
    for path in sorted(paths):
        with tempfile.TemporaryDirectory() as folder:
            short = Path(folder) / path.name
            _shorten(path, into=short)
            # Whatever it is, it comes as a video; only the content counts.
            ending = path.suffix if path.suffix in EXTENSIONS else ".mp4"
            clips.append(Clip(name=path.name, ending=ending, data=short.read_bytes()))
    return clips


def mutant(number: int, *, clips: list[Clip], seed: int) -> Mutant:
    """The mutant of that number; always the same of the same clips and seed."""
    dice = random.Random(f"{seed}:{number}")  # noqa: S311 - nobody gains by guessing it
    clip = clips[number % len(clips)]
    data, done = bytearray(clip.data), []
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        change = dice.choice(_CHANGES)
        change(data, dice)
        done.append(change.__name__.strip("_"))
    if dice.random() < 0.05:
        other = dice.choice(clips)
        data += other.data
        done.append(f"then {other.name}")
    return Mutant(name=f"{clip.name}: {', '.join(done)}", ending=clip.ending, data=bytes(data))


def _shorten(path: Path, *, into: Path) -> None:
    with av.open(str(path)) as source, av.open(str(into), "w") as out:
        taken = [stream for stream in source.streams if stream.type in ("video", "audio")]
        copies = {stream.index: out.add_stream_from_template(stream) for stream in taken}
        for packet in source.demux(*taken):
            if packet.dts is None or packet.time_base is None:
                continue
            if packet.dts * packet.time_base > SHORT_SECONDS:
                break
            packet.stream = copies[packet.stream.index]
            out.mux(packet)


def _bits(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 10, 100, 1000))):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _bits_of_the_head(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 5, 20))):
        if data:
            data[dice.randrange(min(_HEAD, len(data)))] ^= 1 << dice.randrange(8)


def _numbers_of_boxes(data: bytearray, dice: random.Random) -> None:
    places = [place for name in _BOXES for place in _found(data, name)]
    for place in dice.sample(places, min(len(places), dice.choice((1, 2, 5)))):
        # Its length before the name, or one of the numbers behind.
        at = place + 4 * dice.choice((-1, 1, 2, 3, 4, 5, 6, 8, 10))
        if 0 <= at <= len(data) - 4:
            data[at : at + 4] = dice.choice(_EXTREMES)


def _numbers_anywhere(data: bytearray, dice: random.Random) -> None:
    for _ in range(dice.choice((1, 3, 10))):
        if len(data) > 4:
            at = dice.randrange(len(data) - 4)
            data[at : at + 4] = dice.choice(_EXTREMES)


def _cut_off(data: bytearray, dice: random.Random) -> None:
    del data[dice.randrange(len(data) + 1) :]


def _piece_lost(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    del data[start : start + dice.choice((1, 100, 10_000))]


def _piece_twice(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    piece = data[start : start + dice.choice((8, 500, 20_000))]
    data[start:start] = piece * dice.choice((1, 1, 20))


def _piece_moved(data: bytearray, dice: random.Random) -> None:
    start = dice.randrange(len(data) + 1)
    piece = data[start : start + dice.choice((16, 1000))]
    at = dice.randrange(len(data) + 1)
    data[at : at + len(piece)] = piece


def _zeroes(data: bytearray, dice: random.Random) -> None:
    start, length = dice.randrange(len(data) + 1), dice.choice((4, 100, 5000))
    data[start : start + length] = bytes(len(data[start : start + length]))


def _noise(data: bytearray, dice: random.Random) -> None:
    start, length = dice.randrange(len(data) + 1), dice.choice((16, 300, 5000))
    data[start : start + length] = dice.randbytes(len(data[start : start + length]))


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_bits, _bits_of_the_head, _numbers_of_boxes, _numbers_of_boxes, _numbers_anywhere),
    *(_cut_off, _piece_lost, _piece_twice, _piece_moved, _zeroes, _noise),
)


def _found(data: bytearray, name: bytes) -> list[int]:
    places, at = [], data.find(name)
    while at >= 0:
        places.append(at)
        at = data.find(name, at + 1)
    return places
