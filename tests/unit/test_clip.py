"""The project's own clip holds what its truth says, and the odd clips of the tests are odd in the way they say."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import clips
import clips_broken
import numpy as np
import pytest
from av.sidedata.sidedata import Type
from av.stream import Disposition
from av.video.reformatter import VideoReformatter
from scenedetect import AdaptiveDetector, FrameTimecode


@pytest.fixture(scope="module")
def truth(shipped_clip: Path) -> dict[str, Any]:
    """What the file beside the clip says about it."""
    return json.loads(shipped_clip.with_suffix(".json").read_text(encoding="utf-8"))


def pictures(path: Path, *, width_px: int = 256) -> Iterator[tuple[float, np.ndarray]]:
    """When each frame is shown, in seconds, and the frame as it is stored, made ``width_px`` wide, BGR."""
    scaler = VideoReformatter()
    with av.open(str(path)) as opened:
        stream = next(each for each in opened.streams.video if not each.disposition & Disposition.attached_pic)
        for frame in opened.decode(stream):
            height_px = frame.height * width_px // frame.width
            small = scaler.reformat(frame, width=width_px, height=height_px, format="bgr24", interpolation="AREA")
            yield float(frame.time), small.to_ndarray()


def heard(path: Path, *, track: int = 0) -> tuple[np.ndarray, int]:
    """A sound track, mono, and its samples a second."""
    with av.open(str(path)) as opened:
        rate = opened.streams.audio[track].rate
        return np.concatenate([f.to_ndarray().mean(axis=0) for f in opened.decode(audio=track)]), rate


def cuts_of(path: Path) -> list[float]:
    """Where PySceneDetect sees cuts, in seconds on the clip's clock."""
    detector, times, found = AdaptiveDetector(min_scene_len=3), [], []
    for number, (at, image) in enumerate(pictures(path)):
        times.append(at)
        found += detector.process_frame(FrameTimecode(number, 30.0), image)
    return [times[cut.frame_num] for cut in found]


def test_the_clip_is_small_upright_and_has_sound(shipped_clip: Path, truth: dict[str, Any]):
    """Under 3 MB, vertical, 12 to 20 s of H.264 and AAC, of the size and length that the truth gives."""
    assert shipped_clip.stat().st_size < 3_000_000
    assert 12 <= truth["duration"] <= 20
    with av.open(str(shipped_clip)) as opened:
        (video,), (audio,) = opened.streams.video, opened.streams.audio
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height) == (truth["width_px"], truth["height_px"])
        assert video.width < video.height
        assert (video.average_rate, video.frames) == (truth["frame_rate"], truth["frames"])
        for stream in (video, audio):
            assert float(stream.duration * stream.time_base) == pytest.approx(truth["duration"], abs=0.05)


def test_the_clip_cuts_where_the_truth_says_and_nowhere_else(shipped_clip: Path, truth: dict[str, Any]):
    """PySceneDetect finds each cut of the truth to the frame, and no other."""
    assert len(truth["cuts"]) >= 4
    assert truth["cuts"] == pytest.approx([frame / truth["frame_rate"] for frame in truth["cut_frames"]], abs=1e-5)
    assert cuts_of(shipped_clip) == pytest.approx(truth["cuts"], abs=0.01)


def test_the_clip_sounds_while_the_truth_says_that_it_speaks(shipped_clip: Path, truth: dict[str, Any]):
    """Speech starts within the first second, fills most of the clip, and between the lines there is silence."""
    sound, rate = heard(shipped_clip)
    lines = [(line["start"], line["end"]) for line in truth["speech"]]
    assert lines[0][0] < 1
    assert sum(end - start for start, end in lines) > 0.6 * truth["duration"]

    def loudness(start: float, end: float) -> float:
        return float(np.sqrt(np.mean(sound[round(start * rate) : round(end * rate)] ** 2)))

    assert min(loudness(*line) for line in lines) > 0.05
    pauses = [(end + 0.03, start - 0.03) for (_, end), (start, _) in pairwise(lines)]
    assert max(loudness(*pause) for pause in pauses if pause[1] > pause[0]) < 0.005


def test_the_truth_tells_one_story(truth: dict[str, Any]):
    """Texts follow each other from cut to cut, faces lie within shots, the lines make up all that is said."""
    bounds = [0.0, *truth["cuts"], truth["duration"]]
    assert [(text["start"], text["end"]) for text in truth["text"]] == list(pairwise(bounds))
    assert all(tuple(face) in set(pairwise(bounds)) for face in truth["faces"])
    assert truth["faces"][0][0] == 0
    assert " ".join(line["text"] for line in truth["speech"]) == truth["spoken"]


def test_making_the_clip_without_the_voice_says_what_to_install(shipped_clip: Path, tmp_path: Path):
    """Without the synthesizer the script writes nothing and names the command that brings it."""
    block = "import sys, runpy; sys.modules['hibari'] = None; sys.argv = sys.argv[1:]; "
    run = "runpy.run_path(sys.argv[0], run_name='__main__')"
    script = shipped_clip.with_name("make_clip.py")
    to = tmp_path / "clip.mp4"
    said = subprocess.run(
        [sys.executable, "-c", block + run, str(script), "--to", str(to)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 1
    assert "pip install --no-deps --require-hashes -r media/requirements.txt" in said.stderr
    assert not to.exists()


@pytest.mark.parametrize(
    ("make", "cuts"),
    [
        (clips.with_cuts, [0.8, 1.6]),
        (clips.without_sound, [0.8, 1.6]),
        (clips.two_sounds, [0.8, 1.6]),
        (clips.rotated, [0.8]),
        (clips.variable_rate, [1.0, 3.0]),
        (clips.odd_size, [0.8]),
        (clips.late_first_frame, [1.852]),
        (clips.ten_bit, [0.8]),
        (clips.gray, [0.8]),
        (clips.with_cover, [0.8]),
    ],
)
def test_odd_clips_cut_where_they_say(tmp_path: Path, make: Callable[[Path], Path], cuts: list[float]):
    """Whatever is odd about it, the clip cuts where its maker says, to a hundredth of a second."""
    assert cuts_of(make(tmp_path / "clip.mp4")) == pytest.approx(cuts, abs=0.01)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_clip_is_stored_turned(tmp_path: Path, degrees: int):
    """Turned by the display matrix the white corner is top left; as it is stored it is not."""
    with av.open(str(clips.rotated(tmp_path / "clip.mp4", degrees=degrees))) as opened:
        frame = next(opened.decode(video=0))
        assert Type.DISPLAYMATRIX in {data.type for data in frame.side_data}
        assert frame.rotation % 360 == degrees
    stored = frame.to_ndarray(format="bgr24")
    assert stored[:20, :20].mean() < 235 < np.rot90(stored, degrees // 90)[:20, :20].mean()


def test_odd_clips_have_the_streams_that_they_say(tmp_path: Path):
    """Tracks, formats and starts are what each maker promises."""
    with av.open(str(clips.without_sound(tmp_path / "1.mp4"))) as opened:
        assert not opened.streams.audio
    with av.open(str(clips.sound_only(tmp_path / "2.mp4"))) as opened:
        assert not opened.streams.video
    loudness = [heard(clips.two_sounds(tmp_path / "3.mp4"), track=track)[0].std() for track in (0, 1)]
    assert loudness == pytest.approx([0.5 / 2**0.5, 0.0], abs=0.02)
    with av.open(str(clips.late_first_frame(tmp_path / "4.mp4"))) as opened:
        assert float(opened.streams.video[0].start_time * opened.streams.video[0].time_base) == pytest.approx(
            0.852, abs=1e-4
        )
        assert opened.streams.audio[0].start_time == 0
    with av.open(str(clips.with_cover(tmp_path / "5.mp4"))) as opened:
        assert [bool(each.disposition & Disposition.attached_pic) for each in opened.streams.video] == [False, True]
    with av.open(str(clips.long(tmp_path / "6.mp4"))) as opened:
        assert opened.duration / av.time_base == pytest.approx(700, abs=1)


@pytest.mark.parametrize(("make", "pixels"), [(clips.ten_bit, "yuv420p10le"), (clips.gray, "gray")])
def test_stored_formats(tmp_path: Path, make: Callable[[Path], Path], pixels: str):
    """Ten bits are ten, and gray has no colour planes."""
    with av.open(str(make(tmp_path / "clip.mp4"))) as opened:
        assert opened.streams.video[0].codec_context.pix_fmt == pixels


def test_a_truncated_clip_decodes_in_part_only_with_its_index_first(tmp_path: Path):
    """Cut off at 60 %, a clip with its index in front still shows some of its 60 frames; else it does not open."""
    readable = clips_broken.truncated(tmp_path / "front.mp4")
    assert 0 < len(list(pictures(readable))) < 60
    with pytest.raises(av.error.InvalidDataError):
        av.open(str(clips_broken.truncated(tmp_path / "back.mp4", index_first=False)))


@pytest.mark.parametrize("make", [clips_broken.empty, clips_broken.text])
def test_no_videos_do_not_open(tmp_path: Path, make: Callable[[Path], Path]):
    """FFmpeg itself takes neither nothing nor words for a video."""
    with pytest.raises(av.error.FFmpegError):
        av.open(str(make(tmp_path / "clip.mp4")))


def test_a_still_picture_opens_but_is_one_frame(tmp_path: Path):
    """A PNG under a video's name is what FFmpeg opens all the same."""
    assert len(list(pictures(clips_broken.still_picture(tmp_path / "clip.mp4")))) == 1
