"""Thumbnails: the best frames, from different scenes, and why."""

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from jobs import job_for
from sampled_clips import clip, samples_of

from precompute.events import VideoUploaded
from precompute.job import Computed
from precompute.results.video import ThumbnailGenerationSchema
from workers.video.differences import FrameDifferences
from workers.video.faces import Face
from workers.video.still_quality import POINTS, StillQuality, quality_of, unrest_at
from workers.video.stills import Still
from workers.video.thumbnails import Candidate, candidates, choose_thumbnails, chosen_from

BLACK = np.zeros((320, 320, 3), np.uint8)
WHITE = np.full((320, 320, 3), 255, np.uint8)


def picture_called(name: str) -> np.ndarray:
    """One of scikit-image's colour pictures, 320 px square, in BGR."""
    return cv2.resize(np.ascontiguousarray(getattr(skimage.data, name)()[:, :, ::-1]), (320, 320))


def thumbnails_of(path: Path) -> Computed:
    """What is computed for the clip at ``path``."""
    job = job_for(VideoUploaded(subject_id="v1", user_id="u"))
    computed = choose_thumbnails(samples_of(path), job=job)
    assert ThumbnailGenerationSchema().validate(computed.value) == {}
    return computed


def candidate(*, at: float, scene: int, sharpness: float = 0.5, shade: int = 0, blank: bool = False) -> Candidate:
    """A still whose score rises with ``sharpness``, and that looks like all others of its ``shade``."""
    quality = StillQuality(
        sharpness=sharpness, exposure=0.5, contrast=0.5, colour=0.5, stillness=0.5, face=0.4, blank=blank
    )
    still = Still(at=at, jpeg=b"", width_px=1, height_px=1)
    return Candidate(still=still, scene=scene, quality=quality, signature=np.full((16, 16, 3), shade, np.float32))


def times(chosen: list[Candidate]) -> list[float]:
    """When they are, best first."""
    return [one.still.at for one in chosen]


def quality(picture: np.ndarray, *, faces: tuple[Face, ...] = (), unrest: float = 0.0) -> StillQuality:
    """The quality of a picture."""
    return quality_of(picture, unrest=unrest).with_faces(faces)


def test_three_scenes_give_one_thumbnail_each(tmp_path: Path):
    """Three scenes of two seconds: a still from within each, with its image at the video's size."""
    pictures = [picture_called(name) for name in ("astronaut", "coffee", "rocket")]
    computed = thumbnails_of(clip(tmp_path / "a.mp4", scenes=[(picture, 2.0) for picture in pictures]))
    listed = computed.value["thumbnails"]
    assert sorted(int(one["at"] // 2) for one in listed) == [0, 1, 2]
    assert [one["rank"] for one in listed] == [1, 2, 3]
    assert [one["score"] for one in listed] == sorted((one["score"] for one in listed), reverse=True)
    assert sorted(computed.parts) == ["1.jpg", "2.jpg", "3.jpg"]
    for one in listed:
        image = cv2.imdecode(np.frombuffer(computed.parts[f"{one['rank']}.jpg"], np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == (one["height"], one["width"], 3) == (320, 320, 3)
        shown = np.abs(image.astype(int) - pictures[int(one["at"] // 2)].astype(int)).mean()
        assert shown < 12
        assert one["url"] == f"/api/precompute/videos/v1/thumbnails/{one['rank']}.jpg"


def test_a_still_whole_face_is_told_as_a_reason(tmp_path: Path):
    """The astronaut stands away from the edges, is sharp and lit."""
    computed = thumbnails_of(clip(tmp_path / "a.mp4", scenes=[(picture_called("astronaut"), 2.0)]))
    reasons = computed.value["thumbnails"][0]["reasons"]
    assert "a face with room around it" in reasons
    assert "sharp" in reasons
    assert "not in a transition" in reasons


def test_black_and_white_frames_lose_to_anything(tmp_path: Path):
    """Of a second of black, one of a cup and one of white, every thumbnail shows the cup."""
    path = clip(tmp_path / "a.mp4", scenes=[(BLACK, 1.5), (picture_called("coffee"), 1.5), (WHITE, 1.5)])
    assert all(1.5 <= one["at"] < 3.0 for one in thumbnails_of(path).value["thumbnails"])


def test_a_black_video_still_has_a_thumbnail_that_says_so(tmp_path: Path):
    """There is always an image to show."""
    listed = thumbnails_of(clip(tmp_path / "a.mp4", scenes=[(BLACK, 1.0)])).value["thumbnails"]
    assert listed[0]["score"] == 0
    assert "blank" in listed[0]["reasons"][0]


def test_one_scene_gives_three_stills_apart_in_time(tmp_path: Path):
    """They say that they are of the same scene, and how far apart."""
    listed = thumbnails_of(clip(tmp_path / "a.mp4", scenes=[(picture_called("coffee"), 6.0)])).value["thumbnails"]
    at = sorted(one["at"] for one in listed)
    assert len(at) == 3
    assert min(b - a for a, b in itertools.pairwise(at)) >= 1.0
    assert "the best of scene 1" in listed[0]["reasons"]
    assert all("of the same scene as a better one" in one["reasons"][-1] for one in listed[1:])


def test_a_very_short_video_gives_fewer(tmp_path: Path):
    """Ten frames have one thumbnail."""
    listed = thumbnails_of(clip(tmp_path / "a.mp4", scenes=[(picture_called("coffee"), 0.4)])).value["thumbnails"]
    assert [one["rank"] for one in listed] == [1]


def test_the_best_of_each_scene_is_chosen_first():
    """A second-best still of the best scene waits until every scene has one."""
    ranked = [
        candidate(at=1.0, scene=0, sharpness=0.9, shade=0),
        candidate(at=3.0, scene=0, sharpness=0.8, shade=0),
        candidate(at=5.0, scene=1, sharpness=0.7, shade=100),
        candidate(at=7.0, scene=2, sharpness=0.6, shade=200),
    ]
    assert times(chosen_from(ranked)) == [1.0, 5.0, 7.0]


def test_a_scene_that_looks_like_one_chosen_waits():
    """Cutting back and forth between two shots does not give the same picture twice, if there is a third."""
    ranked = [
        candidate(at=1.0, scene=0, sharpness=0.9, shade=0),
        candidate(at=3.0, scene=1, sharpness=0.8, shade=100),
        candidate(at=5.0, scene=2, sharpness=0.7, shade=2),
        candidate(at=7.0, scene=3, sharpness=0.6, shade=200),
    ]
    assert times(chosen_from(ranked)) == [1.0, 3.0, 7.0]
    assert times(chosen_from(ranked[:3])) == [1.0, 3.0, 5.0]


def test_stills_of_one_scene_are_a_second_apart():
    """The one 0.9 s away is passed over, the one 1.0 s away taken."""
    ranked = [candidate(at=at, scene=0, sharpness=1 - at / 10) for at in (2.0, 2.9, 3.0)]
    assert times(chosen_from(ranked)) == [2.0, 3.0]


def test_a_poor_scene_is_left_out():
    """A blank scene gives way to a second still of the good one."""
    ranked = [
        candidate(at=1.0, scene=0, sharpness=0.9),
        candidate(at=3.0, scene=0, sharpness=0.8),
        candidate(at=5.0, scene=1, shade=100, blank=True),
    ]
    assert times(chosen_from(ranked)) == [1.0, 3.0]


def test_faces_are_looked_for_only_where_they_may_matter_and_the_same_stills_are_chosen():
    """Of six pictures, of which one has a face: those chosen, and their scores, as when it is looked in all of them."""
    names = ("coffee", "astronaut", "rocket", "chelsea", "retina", "immunohistochemistry")
    images = [cv2.imencode(".jpg", picture_called(name))[1].tobytes() for name in names]
    stills = [Still(at=float(at), jpeg=jpeg, width_px=320, height_px=320) for at, jpeg in enumerate(images)]
    nothing = np.zeros(1, np.float32)
    still = FrameDifferences(
        at=np.zeros(1), hue=nothing, saturation=nothing, luma=nothing, returns=np.zeros(1, np.uint8)
    )
    found = candidates(stills, cuts=[1.0, 2.0, 3.0, 4.0, 5.0], differences=still)
    lazily, everywhere = chosen_from(found), chosen_from([one.looked_at() for one in found])
    assert times(lazily) == times(everywhere)
    assert [one.quality for one in lazily] == [one.quality for one in everywhere]
    assert 1.0 in times(lazily)


def test_no_face_is_looked_for_where_even_the_best_would_not_help():
    """Whoever looks at what is no picture fails."""
    good = [candidate(at=at, scene=0, sharpness=0.9) for at in (1.0, 3.0, 5.0)]
    poor = replace(candidate(at=7.0, scene=1, sharpness=0.1), unseen=np.zeros(0, np.uint8))
    assert times(chosen_from([poor, *good], most=1)) == [1.0]
    with pytest.raises(ValueError, match="not enough values"):
        poor.looked_at()


@pytest.mark.parametrize("name", ["coffee", "astronaut", "rocket"])
def test_sharpness_and_colour_are_those_of_their_formulas(name: str):
    """As NumPy works them out with fractions: OpenCV's whole numbers are only quicker."""
    picture = picture_called(name)
    blue, green, red = (picture[:, :, channel].astype(float) for channel in range(3))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    colour = np.hypot(red_green.std(), yellow_blue.std()) + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean())
    edges = cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.CV_64F)
    sharp = np.sort(edges.reshape(4, 80, 4, 80).var(axis=(1, 3)), axis=None)[-4:].mean()
    assert quality(picture).colour == pytest.approx(min(1.0, colour / 45), rel=1e-9)
    assert quality(picture).sharpness == pytest.approx(sharp / (sharp + 100), rel=1e-9)


def test_blur_costs_sharpness():
    """The same picture out of focus."""
    coffee = picture_called("coffee")
    assert quality(coffee).sharpness > 0.8
    assert quality(cv2.GaussianBlur(coffee, (0, 0), 5)).sharpness < 0.2


def test_a_blurred_background_does_no_harm():
    """A sharp quarter of the picture is a sharp picture."""
    coffee = picture_called("coffee")
    portrait = cv2.GaussianBlur(coffee, (0, 0), 8)
    portrait[:160, :160] = coffee[:160, :160]
    assert quality(portrait).sharpness > 0.7


@pytest.mark.parametrize("factor", [0.1, 4.0])
def test_too_dark_and_too_bright_cost_exposure(factor: float):
    """A tenth of the light, and four times as much."""
    coffee = picture_called("coffee")
    wrong = np.clip(coffee * factor, 0, 255).astype(np.uint8)
    assert quality(wrong).exposure < quality(coffee).exposure - 0.1


def test_mid_grey_is_perfectly_exposed_and_black_hardly():
    """Worked by hand: exp(0) for 127.5 of 255, and exp(-0.5 * (0.5 / 0.2) ** 2) = 0.0439 for black."""
    assert quality(np.full((8, 8, 3), 128, np.uint8)).exposure == pytest.approx(1.0, abs=1e-3)
    assert quality(np.zeros((8, 8, 3), np.uint8)).exposure == pytest.approx(0.0439, abs=1e-3)


def test_grey_has_no_colour():
    """Colourfulness is 0 for a grey picture."""
    grey = cv2.cvtColor(cv2.cvtColor(picture_called("coffee"), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    assert quality(grey).colour == 0
    assert quality(picture_called("coffee")).colour > 0.3


def test_a_face_at_the_edge_is_worse_than_none_and_one_with_room_better():
    """A box that ends at the frame's edge is a face that is cut."""
    whole = Face(x=0.4, y=0.2, width=0.2, height=0.3, confidence=0.9)
    cut = Face(x=0.9, y=0.2, width=0.1, height=0.3, confidence=0.9)
    coffee = picture_called("coffee")
    assert quality(coffee, faces=(cut,)).face == 0
    assert quality(coffee).face == 0.4
    assert quality(coffee, faces=(whole,)).face == 1.0


def test_a_transition_shows_in_the_frames_around():
    """By hand: a jump of (30 + 60 + 90) / 3 one frame later counts, one a second later does not."""
    jump = np.array([0, 0, 3, 0], np.float32)
    differences = FrameDifferences(
        at=np.array([0.0, 1.0, 1.04, 2.0]),
        hue=jump * 10,
        saturation=jump * 20,
        luma=jump * 30,
        returns=np.zeros(4, np.uint8),
    )
    assert unrest_at(differences, at=1.0) == pytest.approx(60.0)
    assert unrest_at(differences, at=2.0) == 0.0
    assert quality(picture_called("coffee"), unrest=60.0).stillness < 0.1


def test_a_score_is_the_sum_of_its_parts():
    """All at their best are 100, and a blank picture is 0 whatever else it has."""
    best = StillQuality(sharpness=1, exposure=1, contrast=1, colour=1, stillness=1, face=1, blank=False)
    blank = StillQuality(sharpness=1, exposure=1, contrast=1, colour=1, stillness=1, face=1, blank=True)
    assert sum(POINTS.values()) == 100
    assert (best.score, blank.score) == (100.0, 0.0)
