"""Decoding: every kind of video upright and on one clock, and refusals a person understands."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from precompute.errors import UnusableSource
from tests.unit.video_files import GREY, RATE, pattern, plain, shots, tone, video
from workers.video.container import opened_video
from workers.video.decode import DecodedPicture, decoded
from workers.video.hearing import decoded_sound
from workers.video.picture import Picture, Scaler


def pictures_of(path: Path, *, max_seconds: float = 600) -> list[DecodedPicture]:
    """All pictures, decoded."""
    with opened_video(path) as opened:
        return list(decoded(opened, max_seconds=max_seconds))


def refusal_of(path: Path, *, max_seconds: float = 600) -> UnusableSource:
    """Why the video is refused."""
    with pytest.raises(UnusableSource) as raised:
        pictures_of(path, max_seconds=max_seconds)
    return raised.value


def test_times_are_those_of_the_container(tmp_path: Path):
    """With pictures that start 0.852 s after the sound, the first frame is at 0.852."""
    times = [0.852 + number / RATE for number in range(10)]
    path = video(tmp_path / "late.mp4", [pattern(1)] * 10, times=times, sounds=[tone(2)])
    assert [picture.at for picture in pictures_of(path)] == pytest.approx(times, abs=0.001)


def test_a_changing_pace_keeps_its_times(tmp_path: Path):
    """Variable frame rate: each frame has its own time."""
    times = [0.0, 0.04, 0.5, 0.51, 1.2, 2.0]
    path = video(tmp_path / "pace.mp4", shots(0.12, 0.12), times=times)
    assert [picture.at for picture in pictures_of(path)] == pytest.approx(times, abs=0.001)


@pytest.mark.parametrize("ending", ["ts", "mkv"])
def test_a_clock_that_starts_anywhere_is_counted_from_its_start(tmp_path: Path, ending: str):
    """Broadcasts, and clips cut out of long recordings, start at arbitrary time stamps."""
    times = [3600 + number / RATE for number in range(50)]
    shown = pictures_of(video(tmp_path / f"cut.{ending}", shots(1, 1), times=times))
    assert (shown[0].at, shown[-1].until) == pytest.approx((0.0, 2.0), abs=0.05)


QUARTER_TURN, HALF_TURN, MIRROR, THREE_QUARTERS = (0, 1, -1, 0), (-1, 0, 0, -1), (-1, 0, 0, 1), (0, -1, 1, 0)


@pytest.mark.parametrize(
    ("matrix", "corner", "size"),
    [
        (QUARTER_TURN, "top right", (64, 96)),
        (HALF_TURN, "bottom right", (96, 64)),
        (THREE_QUARTERS, "bottom left", (64, 96)),
        (MIRROR, "top right", (96, 64)),
    ],
)
def test_pictures_are_turned_upright(tmp_path: Path, matrix: tuple[int, ...], corner: str, size: tuple[int, int]):
    """A white corner that is stored top left is seen where the display matrix puts it."""
    image = plain((0, 0, 0))
    image[:32, :48] = 255
    a, b, c, d = (65536 * number for number in matrix)
    path = video(tmp_path / "turned.mp4", [image] * 3, display=(a, b, 0, c, d, 0, 0, 0, 1 << 30))
    frame = pictures_of(path)[0].frame
    picture = Picture.of(frame, pixel_aspect=None)
    seen = Scaler.within(picture, long_side_px=640).image(frame)
    rows, columns = seen.shape[0] // 4, seen.shape[1] // 4
    corners = {
        "top left": seen[rows, columns],
        "top right": seen[rows, -columns],
        "bottom left": seen[-rows, columns],
        "bottom right": seen[-rows, -columns],
    }
    assert max(corners, key=lambda name: int(corners[name].sum())) == corner
    assert picture.upright == size == (seen.shape[1], seen.shape[0])


def test_stretched_pixels_are_made_square(tmp_path: Path):
    """96 x 64 with pixels 4:3 is shown 128 x 64."""
    path = video(tmp_path / "wide.mp4", [pattern(1)] * 3, pixel_aspect=Fraction(4, 3))
    with opened_video(path) as opened:
        aspect = opened.pictures.sample_aspect_ratio
    assert Picture.of(pictures_of(path)[0].frame, pixel_aspect=aspect).upright == (128, 64)


def test_a_mad_pixel_shape_is_left_alone(tmp_path: Path):
    """A header that asks for pixels a hundred times as wide as high is damaged."""
    frame = pictures_of(video(tmp_path / "a.mp4", [pattern(1)] * 3))[0].frame
    assert Picture.of(frame, pixel_aspect=Fraction(100)).upright == (96, 64)


@pytest.mark.parametrize(
    ("codec", "pixels", "size"),
    [
        ("libx264", "yuv420p10le", (96, 64)),
        ("libx264", "gray", (96, 64)),
        ("libx264", "yuv444p", (97, 63)),
        ("ffv1", "yuva420p", (97, 63)),
        ("ffv1", "bgra", (3, 5)),
        ("libvpx-vp9", "yuv420p", (95, 33)),
        ("mpeg4", "yuv420p", (96, 64)),
    ],
)
def test_every_kind_of_pixel_becomes_the_same_image(tmp_path: Path, codec: str, pixels: str, size: tuple[int, int]):
    """10 bits, grey, transparent and odd-sized pictures come out as plain 8-bit BGR of their size."""
    path = video(tmp_path / "kind.mkv", [plain(GREY, size=size)] * 3, codec=codec, pixels=pixels)
    frame = pictures_of(path)[0].frame
    image = Scaler.within(Picture.of(frame, pixel_aspect=None), long_side_px=640).image(frame)
    assert image.shape == (size[1], size[0], 3)
    assert np.abs(image.astype(int) - 128).max() <= 6


def test_one_of_several_sound_tracks_is_heard(tmp_path: Path):
    """Pieces of two tracks would be one and the same clock twice."""
    path = video(tmp_path / "two.mp4", shots(1), sounds=[tone(1), tone(1, channels=2)])
    with opened_video(path) as opened:
        assert opened.sound is not None
        heard = list(decoded_sound(opened, sound=opened.sound, max_seconds=600))
    assert len({item.frame.layout.name for item in heard}) == 1
    assert sum(item.frame.samples for item in heard) == pytest.approx(48_000, abs=2048)


def test_a_file_without_pictures_has_no_video_track(tmp_path: Path):
    """A song is named as what it lacks."""
    assert refusal_of(video(tmp_path / "song.mp4", [], sounds=[tone(1)])).code == "no_video_track"


def test_the_cover_of_a_song_is_no_video(tmp_path: Path):
    """An attached picture is a video stream for FFmpeg, and nothing to watch."""
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as out:
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 96, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        song = out.add_stream("libmp3lame", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(1), format="fltp", layout="mono")
        frame.sample_rate = 48_000
        packets = cover.encode(av.VideoFrame.from_ndarray(pattern(1), format="bgr24")) + cover.encode()
        out.mux(packets + song.encode(frame) + song.encode())
    assert refusal_of(path).code == "no_video_track"


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nreal.ts\n#EXT-X-ENDLIST\n"
LIST_OF_FILES = b"ffconcat version 1.0\nfile real.ts\n"


@pytest.mark.parametrize("content", [b"just words " * 500, bytes(range(256)) * 100, PLAYLIST, LIST_OF_FILES])
def test_what_is_no_video_is_named_so(tmp_path: Path, content: bytes):
    """Text and noise; and playlists, which would open other files."""
    video(tmp_path / "real.ts", shots(1))
    path = tmp_path / "upload.mp4"
    path.write_bytes(content)
    assert refusal_of(path).code == "not_a_video"


def test_a_photo_is_not_a_video(tmp_path: Path):
    """An image file with any name."""
    cv2.imwrite(str(tmp_path / "photo.png"), pattern(1))
    assert refusal_of((tmp_path / "photo.png").rename(tmp_path / "photo.mp4")).code == "not_a_video"


@pytest.mark.parametrize(("ending", "options"), [("mp4", {}), ("mp4", {"movflags": "faststart"}), ("mkv", {})])
def test_a_video_that_is_cut_off_is_named_so(tmp_path: Path, ending: str, options: dict[str, str]):
    """60 % of a file, with its index lost or kept."""
    whole = video(tmp_path / f"whole.{ending}", shots(3, 3, 3), sounds=[tone(9)], container=options)
    half = tmp_path / f"half.{ending}"
    half.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    refusal = refusal_of(half)
    assert refusal.code == "video_truncated"
    assert "cut off" in refusal.message


def test_a_little_less_than_promised_is_fine(tmp_path: Path):
    """Sound that outlasts the pictures by some seconds is no damage."""
    path = video(tmp_path / "tail.mp4", shots(3), sounds=[tone(6)])
    assert len(pictures_of(path)) == 3 * RATE


def test_a_video_without_one_good_frame_is_damaged(tmp_path: Path):
    """The index is there, the pictures are zeros."""
    path = video(tmp_path / "a.mp4", shots(2))
    content = bytearray(path.read_bytes())
    start = content.find(b"mdat") + 4
    end = content.find(b"moov") - 4
    content[start:end] = bytes(end - start)
    path.write_bytes(content)
    assert refusal_of(path).code == "video_damaged"


def test_damage_in_the_middle_is_passed_over(tmp_path: Path):
    """Players show what is left, and so do we."""
    path = video(tmp_path / "a.mp4", shots(2, 2), options={"g": "10"})
    content = bytearray(path.read_bytes())
    middle = content.find(b"mdat") + 2000
    content[middle : middle + 300] = bytes(300)
    path.write_bytes(content)
    assert pictures_of(path)[-1].at == pytest.approx(4.0 - 1 / RATE, abs=0.01)


@pytest.mark.parametrize("ending", ["mp4", "ts"])
def test_a_longer_video_than_allowed_is_refused(tmp_path: Path, ending: str):
    """By the header where it says so, else while decoding."""
    path = video(tmp_path / f"long.{ending}", shots(3))
    refusal = refusal_of(path, max_seconds=2)
    assert refusal.code == "video_too_long"
    assert "2 seconds" in refusal.message


def test_ten_minutes_and_a_frame_are_ten_minutes(tmp_path: Path):
    """The limit is meant in whole seconds."""
    assert len(pictures_of(video(tmp_path / "a.mp4", shots(2.04)), max_seconds=2)) == 51
