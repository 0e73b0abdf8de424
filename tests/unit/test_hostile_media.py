"""Videos made to do harm: refused by name before they cost much, and never a way to anything but themselves."""

import os
import signal
import struct
import sys
from pathlib import Path
from types import FrameType

import av
import numpy as np
import pytest
from video_files import pattern, shots, tone, video

from precompute.errors import PrecomputeError, SourceUnavailable, UnusableSource
from precompute.settings import Settings
from workers.video.container import opened_video
from workers.video.decode import decoded
from workers.video.samples import sampled
from workers.video.screen_text import lines_in
from workers.video.sound import SoundCollector

SECRET = b"SECRET-OF-ANOTHER-FILE"


def refusal_of(path: Path, *, max_seconds: int = 600) -> str:
    """The code of the refusal."""
    with pytest.raises(UnusableSource) as raised:
        sampled(path, settings=Settings(max_video_seconds=max_seconds), report=lambda share: None)
    return raised.value.code


LEADS_AWAY = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{other}\n#EXT-X-ENDLIST\n",
    "hls by address": "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{other}'\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
    '<Representation id="1" mimeType="video/mp4"><BaseURL>{other}</BaseURL></Representation></AdaptationSet>'
    "</Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
    "smil": '<smil><body><video src="{other}"/></body></smil>',
    "asx": '<asx version="3.0"><entry><ref href="{other}"/></entry></asx>',
    "reference movie": "RTSPtext rtsp://127.0.0.1:9/a\n",
    "vobsub": "# VobSub index file, v7\ntimestamp: 00:00:00:000, filepos: 000000000\n",
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\nfile://{other}\n",
    "pictures": "%d.png",
}


@pytest.mark.parametrize("text", LEADS_AWAY.values(), ids=LEADS_AWAY)
@pytest.mark.parametrize("ending", ["mp4", "m3u8", "ts"])
def test_a_file_that_leads_elsewhere_is_no_video(tmp_path: Path, text: str, ending: str) -> None:
    """Playlists, lists, sessions, subtitles: by whatever name they come, nothing else is opened."""
    other = video(tmp_path / "other.ts", shots(1))
    path = tmp_path / f"upload.{ending}"
    path.write_text(text.format(other=other))
    opened = opened_by(lambda: refusal_of(path))
    assert refusal_of(path) == "not_a_video"
    assert str(other) not in opened


def opened_by(work: object) -> list[str]:
    """Paths that Python was asked to open meanwhile."""
    seen: list[str] = []
    watching = [True]

    def hook(event: str, args: tuple[object, ...]) -> None:
        if watching[0] and event in ("open", "socket.connect", "socket.getaddrinfo"):
            seen.append(str(args[0]))

    sys.addaudithook(hook)
    work()  # type: ignore[operator]
    watching[0] = False
    return seen


def test_a_movie_may_not_have_its_pictures_elsewhere(tmp_path: Path) -> None:
    """A QuickTime data reference names another file; the one that is there is read alone."""
    path = video(tmp_path / "a.mov", shots(1))
    content = path.read_bytes().replace(b"\0\0\0\x0curl \0\0\0\x01", b"\0\0\0\x0calis\0\0\0\0")
    path.write_bytes(content)
    samples = sampled(path, settings=Settings(), report=lambda share: None)
    assert samples.value["duration"] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("what", ["a pipe", "a folder", "a link", "a device"])
def test_only_files_are_opened(tmp_path: Path, what: str) -> None:
    """Nothing is waited for, and no link followed to where it leads."""
    path = tmp_path / "a.mp4"
    if what == "a pipe":
        os.mkfifo(path)
    elif what == "a folder":
        path.mkdir()
    elif what == "a link":
        path.symlink_to(video(tmp_path / "real.mp4", shots(1)))
    else:
        path = Path(os.devnull)
    with pytest.raises(PrecomputeError), opened_video(path):
        pass


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (65_535, 600), (8_193, 4_353)])
def test_huge_frames_are_refused_by_their_header(tmp_path: Path, width: int, height: int) -> None:
    """Before one is decoded; of a codec that takes the size from the container."""
    path = video(tmp_path / "a.mkv", [pattern(1, size=(300, 260))] * 3, codec="ffv1")
    content = path.read_bytes()
    for name, before, after in ((b"\xb0\x82", 300, width), (b"\xba\x82", 260, height)):
        assert content.count(name + struct.pack(">H", before)) == 1
        content = content.replace(name + struct.pack(">H", before), name + struct.pack(">H", after))
    path.write_bytes(content)
    assert refusal_of(path) == ("video_damaged" if width == 30_000 else "frame_too_large")


def test_huge_frames_are_refused_where_the_stream_says_their_size(tmp_path: Path) -> None:
    """Though the container says nothing of it; really encoded."""
    path = video(tmp_path / "a.ts", [np.zeros((4_400, 8_200, 3), np.uint8)])
    assert refusal_of(path) in {"frame_too_large", "video_damaged"}


def test_a_gif_with_a_huge_canvas_is_refused(tmp_path: Path) -> None:
    """Some hundred bytes that would be 17 GB as a picture."""
    path = tmp_path / "a.gif"
    path.write_bytes(b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0" + bytes(6) + b"!\xf9\4\0\n\0\0\0,"
                     + bytes(4) + struct.pack("<HH", 65_535, 65_535) + b"\0\2\2D\1\0;")  # fmt: skip
    assert refusal_of(path) in {"frame_too_large", "video_damaged", "not_a_video"}


def test_a_very_long_thin_picture_is_sampled(tmp_path: Path) -> None:
    """Strange, and no harm."""
    path = video(tmp_path / "a.mkv", [np.full((2, 16_000, 3), grey, np.uint8) for grey in (0, 90, 200)], codec="ffv1")
    samples = sampled(path, settings=Settings(), report=lambda share: None)
    assert (samples.value["width_px"], samples.value["height_px"]) == (16_000, 2)


def test_hours_of_sound_in_a_few_bytes_are_too_long(tmp_path: Path) -> None:
    """One sample a second: by its end, before it is turned into 16,000 a second."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        track = out.add_stream("pcm_u8", rate=1, layout="mono")
        for _ in range(25):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pattern(1), format="bgr24")))
        out.mux(stream.encode())
        sound = av.AudioFrame.from_ndarray(np.full((1, 1_000_000), 128, np.uint8), format="u8", layout="mono")
        sound.sample_rate, sound.pts = 1, 0
        out.mux(track.encode(sound))
    assert refusal_of(path) == "video_too_long"


def test_a_piece_of_sound_in_35_channels_is_left_out() -> None:
    """As decoders make of damaged packets: silence takes its place, and the rest is heard."""
    collector = SoundCollector(max_seconds=600)
    heard = av.AudioFrame.from_ndarray(np.full((1, 4800), 0.5, np.float32), format="fltp", layout="mono")
    heard.sample_rate = 48_000
    broken = av.AudioFrame(format="fltp", layout="35 channels", samples=4800)
    broken.sample_rate = 48_000
    for number, piece in enumerate((heard, broken, heard)):
        collector.add(piece, at=number * 0.1)
    track = collector.finish()
    assert track is not None
    assert len(track.samples) == pytest.approx(0.3 * 16_000, abs=200)


def test_a_thousand_tracks_are_no_burden(tmp_path: Path) -> None:
    """Only so many are looked at."""
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for _ in range(999):
            out.add_stream("pcm_u8", rate=8000, layout="mono")
        for _ in range(25):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pattern(1), format="bgr24")))
        out.mux(stream.encode())
    try:
        with opened_video(path) as opened:
            assert len(opened.container.streams) <= 64
    except UnusableSource as refusal:
        assert refusal.code in {"not_a_video", "no_video_track"}


def test_more_frames_than_any_camera_makes_are_refused(tmp_path: Path) -> None:
    """A time stamp for each is not enough to make a second long."""
    times = [number * 0.0005 for number in range(600)]
    path = video(tmp_path / "a.mkv", [pattern(1)] * 600, times=times)
    assert refusal_of(path, max_seconds=2) == "too_many_frames"


def test_times_that_cannot_be_do_not_reach_the_result(tmp_path: Path) -> None:
    """A frame that is shown for a month, says its header, is shown as long as others."""
    path = video(tmp_path / "a.mp4", shots(1))
    content = path.read_bytes()
    # The table of durations: one entry, 25 frames of 512 ticks each.
    told = struct.pack(">III", 1, 25, 512)
    assert told in content
    path.write_bytes(content.replace(told, struct.pack(">III", 1, 25, 0x7FFFFFFF)))
    try:
        samples = sampled(path, settings=Settings(), report=lambda share: None)
    except UnusableSource as refusal:
        assert refusal.code in {"video_too_long", "video_truncated", "not_a_video"}
    else:
        assert samples.value["duration"] <= 600


def test_a_time_limit_ends_a_file_that_is_read_for_ever(tmp_path: Path) -> None:
    """Whatever FFmpeg is doing: each read passes by where a signal is heard."""
    path = video(tmp_path / "a.mkv", shots(20, 20), sounds=[tone(40)])

    class Over(Exception):
        pass

    def over(number: int, frame: FrameType | None) -> None:
        raise Over

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(Over):
            while True:
                with opened_video(path) as opened:
                    for _ in decoded(opened, max_seconds=600):
                        pass
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_time_limit_in_the_middle_of_reading_text_is_one() -> None:
    """The reader's library makes an error of its own of it, which would be told as a fault of ours."""

    class Over(Exception):
        pass

    def over(number: int, frame: FrameType | None) -> None:
        raise Over

    lines_in(pattern(1, size=(640, 360)))
    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    try:
        with pytest.raises(Over):
            while True:
                lines_in(pattern(1, size=(640, 360)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_table_of_two_billion_frames_is_not_believed(tmp_path: Path) -> None:
    """A few bytes that promise more than there can be."""
    path = video(tmp_path / "a.mp4", shots(1))
    content = bytearray(path.read_bytes())
    at = content.find(b"stsz") + 4
    content[at : at + 12] = struct.pack(">III", 0, 1, 0x7FFFFFF0)
    path.write_bytes(content)
    assert refusal_of(path) in {"video_damaged", "video_truncated", "too_many_frames"}


def test_a_file_that_is_gone_is_worth_another_try(tmp_path: Path) -> None:
    """The folder may be mounted again."""
    with pytest.raises(SourceUnavailable), opened_video(tmp_path / "gone.mp4"):
        pass
