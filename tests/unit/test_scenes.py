"""Cuts: where PySceneDetect sees them, also when they come fast, and nowhere else."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ContentDetector
from scenedetect.stats_manager import StatsManager

from precompute.results.video import SceneDetectionSchema
from tests.unit.sampled_clips import samples_of
from tests.unit.video_files import RATE, SIZE, WHITE, pattern, plain, shots, tone, video
from workers.video.differences import DifferenceMeter, FrameDifferences
from workers.video.scenes import detect_scenes, find_cuts

SHARED_CLIPS = Path(__file__).parents[3] / "shared" / "media"
GOLDEN = {
    "bbb_0_30.webm": [1.29, 5.79, 11.79, 15.67, 22.96],
    "mdn_crystal.mp4": [],
    "nasa_13013.mp4": [5.08, 8.08],
    "bikes.mp4": [1.20, 3.04, 5.48, 7.48, 9.68],
    "autoeditor_example.mp4": [],
    "carphone_pristine.mp4": [],
}


def measured(frames: list[np.ndarray], *, rate: int = RATE) -> FrameDifferences:
    """The differences of the frames."""
    meter = DifferenceMeter()
    for number, frame in enumerate(frames):
        meter.add(frame, at=number / rate)
    return meter.finish()


def cuts_in(frames: list[np.ndarray], *, rate: int = RATE) -> list[float]:
    """The cuts found in the frames."""
    return find_cuts(measured(frames, rate=rate), frame_rate=rate)


def drifting(seed: int, frames: int) -> list[np.ndarray]:
    """A shot with a moving camera."""
    wide = pattern(seed, size=(3 * SIZE[0], SIZE[1]))
    return [np.ascontiguousarray(wide[:, 2 * number : 2 * number + SIZE[0]]) for number in range(frames)]


def test_cuts_and_scenes_are_on_the_clock_of_the_sound(tmp_path: Path):
    """Pictures start at 0.852 s: cuts after one and two seconds of them are at 1.852 and 2.852."""
    times = [0.852 + number / RATE for number in range(75)]
    samples = samples_of(video(tmp_path / "a.mp4", shots(1, 1, 1), times=times, sounds=[tone(4)]))
    result = detect_scenes(samples)
    assert result["cuts"] == pytest.approx([1.852, 2.852], abs=0.001)
    edges = [(scene["index"], scene["start"], scene["end"]) for scene in result["scenes"]]
    wanted = [(0, 0.852, 1.852), (1, 1.852, 2.852), (2, 2.852, 3.852)]
    assert [edge for scene in edges for edge in scene] == pytest.approx([e for s in wanted for e in s], abs=0.001)
    assert result["frame_rate"] == pytest.approx(25)
    assert result["duration"] == pytest.approx(3.852, abs=0.001)
    assert result["cuts_per_minute"] == pytest.approx(40, abs=0.01)
    assert SceneDetectionSchema().validate(result) == {}


def test_a_single_shot_is_one_scene(tmp_path: Path):
    """No cut, and the scene covers everything."""
    result = detect_scenes(samples_of(video(tmp_path / "a.mp4", shots(1))))
    assert (result["cuts"], result["cuts_per_minute"]) == ([], 0)
    assert [(scene["start"], scene["end"]) for scene in result["scenes"]] == [(0, 1)]


def test_one_frame_is_one_scene():
    """A video may be as short as that."""
    assert cuts_in([pattern(1)]) == []


def test_cuts_of_a_changing_pace_have_the_times_of_their_frames(tmp_path: Path):
    """Variable frame rate: counting frames would be a second off."""
    times = [number * 0.2 if number < 25 else 5 + (number - 25) * 0.02 for number in range(75)]
    result = detect_scenes(samples_of(video(tmp_path / "a.mp4", shots(1, 1, 1), times=times)))
    assert result["cuts"] == pytest.approx([5.0, 5.5], abs=0.001)


def test_differences_are_those_of_pyscenedetect():
    """The three numbers of ContentDetector, frame by frame."""
    frames = [*drifting(1, 5), *drifting(2, 5)]
    ours = measured(frames)
    stats = StatsManager()
    theirs = ContentDetector()
    theirs.stats_manager = stats
    for number, frame in enumerate(frames):
        theirs.process_frame(FrameTimecode(number, fps=float(RATE)), frame)
    wanted = [
        stats.get_metrics(FrameTimecode(number, fps=float(RATE)), ["delta_hue", "delta_sat", "delta_lum"])
        for number in range(1, len(frames))
    ]
    assert np.stack([ours.hue, ours.saturation, ours.luma], axis=1)[1:] == pytest.approx(np.array(wanted), rel=1e-6)
    assert (ours.hue[0], ours.saturation[0], ours.luma[0]) == (0, 0, 0)


def test_the_cuts_are_those_of_pyscenedetect():
    """For shots of half a second and more, AdaptiveDetector on the frames themselves says the same."""
    frames = [frame for seed, length in enumerate((20, 31, 15, 44)) for frame in drifting(seed, length)]
    theirs = AdaptiveDetector()
    found = [
        cut for n, frame in enumerate(frames) for cut in theirs.process_frame(FrameTimecode(n, fps=float(RATE)), frame)
    ]
    assert cuts_in(frames) == [cut.frame_num / RATE for cut in found] == [20 / RATE, 51 / RATE, 66 / RATE]


@pytest.mark.parametrize("seconds", [0.28, 0.32, 0.4, 0.6])
def test_fast_cuts_are_all_found(seconds: float):
    """Ads cut every 0.3 s; each cut is found, at its frame."""
    length = round(seconds * RATE)
    frames = [frame for seed in range(8) for frame in drifting(seed, length)]
    assert cuts_in(frames) == pytest.approx([number * length / RATE for number in range(1, 8)])


@pytest.mark.parametrize(("rate", "flash"), [(25, 1), (25, 3), (60, 8)])
def test_a_flash_is_no_cut(rate: int, flash: int):
    """White for up to 0.2 s, and the same shot again."""
    shot = drifting(1, 90)
    frames = [*shot[:45], *[plain(WHITE)] * flash, *shot[45:]]
    assert cuts_in(frames, rate=rate) == []


def test_a_cut_under_a_flash_is_a_cut():
    """White for two frames, and then another shot."""
    frames = [*drifting(1, 40), *[plain(WHITE)] * 2, *drifting(2, 40)]
    assert cuts_in(frames) == pytest.approx([40 / RATE], abs=2 / RATE)


def test_a_blended_cut_is_one_cut():
    """Where the frame rate was changed, a frame of both shots lies between them."""
    between = cv2.addWeighted(pattern(1), 0.5, pattern(2), 0.5, 0)
    assert cuts_in([*[pattern(1)] * 30, between, *[pattern(2)] * 30]) == pytest.approx([30 / RATE], abs=1 / RATE)


def test_dissolves_and_fades_are_no_cuts():
    """Nobody could say to a tenth of a second when they are."""
    steps = np.linspace(0, 1, 25)
    dissolve = [cv2.addWeighted(pattern(1), 1 - share, pattern(2), share, 0) for share in steps]
    fade = [(pattern(2) * (1 - share)).astype(np.uint8) for share in steps]
    assert cuts_in([*[pattern(1)] * 20, *dissolve, *[pattern(2)] * 20, *fade, *fade[::-1], *[pattern(2)] * 20]) == []


def test_coloured_noise_in_the_dark_is_no_fast_cut():
    """In near-black, hue and saturation jump while nothing is to be seen."""
    dark = [plain(color) for color in ((2, 0, 0), (0, 2, 0), (0, 0, 2), (2, 2, 0))]
    frames = [frame for color in dark for frame in [color] * 8]
    assert np.diff([0.0, *cuts_in(frames)]).min(initial=1) >= 0.5


@pytest.mark.skipif(not SHARED_CLIPS.is_dir(), reason="the shared clips are not here")
@pytest.mark.parametrize("name", GOLDEN)
def test_real_clips_have_their_known_cuts(name: str):
    """All cuts within a tenth of a second, and no other."""
    cuts = detect_scenes(samples_of(SHARED_CLIPS / name))["cuts"]
    assert cuts == pytest.approx(GOLDEN[name], abs=0.1)
