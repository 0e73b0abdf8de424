"""Makes the project's own clip, `test_vid_001.mp4`, and the truth about it, `test_vid_001.json`.

A small vertical advertisement in six shots: pictures in the public domain that scikit-image brings, a camera that
drifts over them, words on the screen, and a voice. Both files are written from the one table `SHOTS`, so what
the truth says is what was drawn. What it needs and under which licences: media/README.md.

Run it from the project's folder: `python media/make_clip.py`.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage import data

FRAME_RATE = 30
WIDTH_PX, HEIGHT_PX = 720, 1280
PICTURE_HEIGHT_PX = 900
FADE_PX = 190
RISE_FRAMES = 9
VOICE_RATE_HZ = 24_000
LEAD_SECONDS = 0.15
QUIET = 0.01
"""Amplitude below which the synthesizer's lead-in and tail count as silence."""

WHITE, SUN = (255, 255, 255), (255, 209, 71)

Pixels = NDArray[np.uint8]
Sound = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the camera sees: the centre and the height of a 4:5 window, in pixels of the picture."""

    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One shot: the picture, the way of the camera over it, and the words written and said."""

    frames: int
    picture: str
    start: View
    end: View
    colour: tuple[int, int, int]
    small: str
    big: tuple[str, ...]
    spoken: str
    has_face: bool = False


SHOTS = (
    Shot(
        frames=84,
        picture="astronaut",
        start=View(x=222, y=168, height=330),
        end=View(x=222, y=140, height=262),
        colour=(22, 24, 58),
        small="Meet Eileen Collins",
        big=("SHE FLEW", "THE SHUTTLE"),
        spoken="She was the first woman to pilot the space shuttle.",
        has_face=True,
    ),
    Shot(
        frames=81,
        picture="rocket",
        start=View(x=322, y=240, height=372),
        end=View(x=322, y=196, height=318),
        colour=(92, 32, 18),
        small="It begins with one thing",
        big=("LOOK UP",),
        spoken="But every launch begins with someone looking up.",
    ),
    Shot(
        frames=96,
        picture="hubble_deep_field",
        start=View(x=200, y=400, height=380),
        end=View(x=240, y=410, height=494),
        colour=(12, 66, 78),
        small="In one tiny patch of sky",
        big=("THOUSANDS", "OF GALAXIES"),
        spoken="Thousands of galaxies, in one tiny patch of sky.",
    ),
    Shot(
        frames=93,
        picture="coffee",
        start=View(x=300, y=200, height=398),
        end=View(x=330, y=190, height=340),
        colour=(58, 26, 14),
        small="Come to Star Night",
        big=("FREE COFFEE",),
        spoken="Come to Star Night. The coffee is on us.",
    ),
    Shot(
        frames=48,
        picture="chelsea",
        start=View(x=240, y=150, height=298),
        end=View(x=236, y=146, height=276),
        colour=(74, 24, 70),
        small="Bring a friend",
        big=("CATS WELCOME",),
        spoken="Even the cat is coming.",
    ),
    Shot(
        frames=108,
        picture="astronaut",
        start=View(x=226, y=170, height=336),
        end=View(x=250, y=250, height=496),
        colour=(18, 44, 98),
        small="This Saturday at 9 PM",
        big=("STAR NIGHT", "FREE ENTRY"),
        spoken="Join us this Saturday. It is free for everyone.",
        has_face=True,
    ),
)


@cache
def picture(name: str) -> Pixels:
    """A picture of scikit-image's wheel, enlarged and sharpened once, so that the camera may drift smoothly.

    Returns:
        Twice the picture's own size, (height, width, 3) uint8, RGB.
    """
    pixels: Pixels = getattr(data, name)()
    large = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.addWeighted(large, 1.35, cv2.GaussianBlur(large, (0, 0), 2), -0.35, 0), dtype=np.uint8)


def camera(shot: Shot, *, frame: int) -> Pixels:
    """What the camera sees in one frame of a shot, (PICTURE_HEIGHT_PX, WIDTH_PX, 3) uint8, RGB."""
    share = frame / (shot.frames - 1)
    eased = share * share * (3 - 2 * share)
    x, y, height = (
        2 * (getattr(shot.start, name) + eased * (getattr(shot.end, name) - getattr(shot.start, name)))
        for name in ("x", "y", "height")
    )
    scale = height / PICTURE_HEIGHT_PX
    to_source = np.array([[scale, 0, x - scale * WIDTH_PX / 2], [0, scale, y - height / 2]])
    seen = cv2.warpAffine(
        picture(shot.picture),
        to_source,
        (WIDTH_PX, PICTURE_HEIGHT_PX),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT,
    )
    return np.asarray(seen, dtype=np.uint8)


def backdrop(shot: Shot, *, seen: Pixels) -> Image.Image:
    """The whole frame without words: the picture above, running out into the shot's colour below."""
    whole = np.empty((HEIGHT_PX, WIDTH_PX, 3), dtype=np.float32)
    whole[:] = shot.colour
    opacity = np.ones((PICTURE_HEIGHT_PX, 1, 1), dtype=np.float32)
    opacity[-FADE_PX:, 0, 0] = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, FADE_PX))
    whole[:PICTURE_HEIGHT_PX] = seen * opacity + whole[:PICTURE_HEIGHT_PX] * (1 - opacity)
    return Image.fromarray(whole.round().astype(np.uint8))


@cache
def words(shot: Shot) -> Image.Image:
    """The words of a shot on nothing, RGBA, in Pillow's own font (Aileron, CC0)."""
    layer = Image.new("RGBA", (WIDTH_PX, HEIGHT_PX))
    draw = ImageDraw.Draw(layer)
    draw.rounded_rectangle((56, 898, 152, 908), radius=5, fill=SUN)
    draw.text((56, 930), shot.small, font=ImageFont.load_default(size=42), fill=SUN, stroke_width=0.4)
    longest = max(draw.textlength(line, font=ImageFont.load_default(size=100)) for line in shot.big)
    size = min(132.0, 100 * (WIDTH_PX - 2 * 56) / longest)
    for row, line in enumerate(shot.big):
        at = (54, 994 + row * size * 1.08)
        # Aileron comes in one weight: a stroke of the letters' own colour makes it bold.
        draw.text(at, line, font=ImageFont.load_default(size=size), fill=WHITE, stroke_width=2.4, stroke_fill=WHITE)
    return layer


def frames() -> Iterator[Pixels]:
    """Every frame of the clip, (HEIGHT_PX, WIDTH_PX, 3) uint8, RGB."""
    for index, shot in enumerate(SHOTS):
        for frame in range(shot.frames):
            image = backdrop(shot, seen=camera(shot, frame=frame))
            # The hook's words stand there from the very first frame; later ones rise into place.
            below = 0.0 if index == 0 else max(0.0, 1 - frame / RISE_FRAMES) ** 2
            image.paste(words(shot), (0, round(below * 60)), words(shot))
            yield np.asarray(image)


def first_frames() -> list[int]:
    """The number of each shot's first frame, and after the last shot the number of all frames."""
    return [sum(shot.frames for shot in SHOTS[:index]) for index in range(len(SHOTS) + 1)]


def spoken_lines() -> list[tuple[float, Sound]]:
    """When each line starts, in seconds, and its sound at VOICE_RATE_HZ, without the silence around it."""
    try:
        from hibari import Hibari  # type: ignore[import-not-found]  # noqa: PLC0415 - few machines have it
    except ImportError:
        raise SystemExit(
            "The voice is missing. Install it with: pip install --no-deps --require-hashes -r media/requirements.txt"
        ) from None
    voice = Hibari()
    lines = []
    for shot, (first, after) in zip(SHOTS, pairwise(first_frames()), strict=True):
        said = np.asarray(voice(shot.spoken, seed=0), dtype=np.float32)
        loud = np.flatnonzero(np.abs(said) > QUIET)
        said = said[loud[0] : loud[-1] + 1]
        starts_at = first / FRAME_RATE + LEAD_SECONDS
        if starts_at + len(said) / VOICE_RATE_HZ > after / FRAME_RATE:
            raise SystemExit(f"{shot.spoken!r} takes {len(said) / VOICE_RATE_HZ:.2f} s: longer than its shot")
        lines.append((starts_at, said * np.float32(0.7 / np.abs(said).max())))
    return lines


def sound_track(lines: list[tuple[float, Sound]]) -> Sound:
    """The whole track, mono at VOICE_RATE_HZ, as long as the picture."""
    track = np.zeros(first_frames()[-1] * VOICE_RATE_HZ // FRAME_RATE, dtype=np.float32)
    for starts_at, said in lines:
        first = round(starts_at * VOICE_RATE_HZ)
        track[first : first + len(said)] = said
    return track


def write_clip(path: Path, *, sound: Sound) -> None:
    """Encodes H.264 and AAC, the index at the front; one thread and no dates, so that two runs write the same bytes."""
    with av.open(path, "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as clip:
        video = clip.add_stream("libx264", rate=FRAME_RATE, options={"crf": "21", "preset": "slow", "threads": "1"})
        video.width, video.height, video.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        context = video.codec_context
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709, as phones record
        audio = clip.add_stream("aac", rate=48_000, layout="mono")
        audio.bit_rate = 96_000
        for number, pixels in enumerate(frames()):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709"
            )
            frame.pts, frame.time_base = number, Fraction(1, FRAME_RATE)
            clip.mux(video.encode(frame))
        clip.mux(video.encode())
        said = av.AudioFrame.from_ndarray(sound[np.newaxis], format="flt", layout="mono")
        said.sample_rate, said.pts, said.time_base = VOICE_RATE_HZ, 0, Fraction(1, VOICE_RATE_HZ)
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=48_000)
        for part in (*resampler.resample(said), *resampler.resample(None)):
            clip.mux(audio.encode(part))
        clip.mux(audio.encode())


def truth(lines: list[tuple[float, Sound]]) -> dict[str, Any]:
    """What is known about the clip, times in seconds and intervals as [start, end]."""
    bounds = [round(frame / FRAME_RATE, 6) for frame in first_frames()]
    shots = list(zip(SHOTS, pairwise(bounds), strict=True))
    return {
        "width_px": WIDTH_PX,
        "height_px": HEIGHT_PX,
        "frame_rate": FRAME_RATE,
        "frames": first_frames()[-1],
        "duration": bounds[-1],
        "cut_frames": first_frames()[1:-1],
        "cuts": bounds[1:-1],
        "faces": [list(interval) for shot, interval in shots if shot.has_face],
        "text": [{"start": start, "end": end, "lines": [shot.small, *shot.big]} for shot, (start, end) in shots],
        "speech": [
            {"start": round(at, 2), "end": round(at + len(said) / VOICE_RATE_HZ, 2), "text": shot.spoken}
            for shot, (at, said) in zip(SHOTS, lines, strict=True)
        ],
        "spoken": " ".join(shot.spoken for shot in SHOTS),
        "language": "en",
    }


def main() -> None:
    """Writes the clip, and the truth beside it."""
    parser = argparse.ArgumentParser(description="Makes the project's own clip and the truth about it.")
    parser.add_argument("--to", type=Path, default=Path(__file__).with_name("test_vid_001.mp4"), help="the clip's path")
    path: Path = parser.parse_args().to
    cv2.setNumThreads(1)
    lines = spoken_lines()
    write_clip(path, sound=sound_track(lines))
    path.with_suffix(".json").write_text(json.dumps(truth(lines), indent=2) + "\n", encoding="utf-8")
    print(f"{path}: {first_frames()[-1] / FRAME_RATE:.1f} s, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
