"""Faces: present or absent as a person sees them."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from jobs import job_for
from sampled_clips import clip, samples_of

from precompute.errors import ModelNotTrained
from precompute.events import VideoUploaded
from precompute.job import Job
from precompute.results.video import FaceDetectionSchema
from workers.video.face_model import FILE, checked, detector, model_file
from workers.video.faces import Face, FaceSample, detect_faces, faces_in, summary

WITHOUT_FACES = (
    "chelsea",
    "coffee",
    "rocket",
    "brick",
    "gravel",
    "grass",
    "coins",
    "clock",
    "moon",
    "hubble_deep_field",
)
SHARED_CLIPS = Path(__file__).parents[3] / "shared" / "media"


def astronaut(*, side_px: int = 512) -> np.ndarray:
    """The square photo of a woman, whose face is 90 px of 512 wide."""
    picture = np.ascontiguousarray(skimage.data.astronaut()[:, :, ::-1])
    return cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_AREA)


def picture_called(name: str) -> np.ndarray:
    """One of scikit-image's pictures, in BGR."""
    picture = getattr(skimage.data, name)()
    if picture.ndim == 2:
        return cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(picture[:, :, ::-1])


def job() -> Job:
    """A computation at hand."""
    return job_for(VideoUploaded(subject_id="v", user_id="u"))


def test_a_face_is_found_where_it_is():
    """The astronaut's face is boxed: the middle of it between her eyes and her mouth."""
    (face,) = faces_in(astronaut())
    assert face.x < 223 / 512 < face.x + face.width
    assert face.y < 120 / 512 < face.y + face.height
    assert 0.15 < face.width < 0.25
    assert face.confidence > 0.9


def test_a_picture_larger_than_looked_at_gives_the_same_shares():
    """Boxes are shares of the frame, whatever its size."""
    (small,) = faces_in(astronaut())
    (large,) = faces_in(cv2.resize(astronaut(), (1500, 1500)))
    assert (large.x, large.y, large.width, large.height) == pytest.approx(
        (small.x, small.y, small.width, small.height), abs=0.03
    )


@pytest.mark.parametrize("light", [0.5, 0.25, 0.12])
def test_a_face_in_little_light_is_found(light: float):
    """An eighth of the light, with sensor noise, still shows a face."""
    noise = np.random.default_rng(1).normal(0, 4, (512, 512, 3))
    assert len(faces_in(np.clip(astronaut() * light + noise, 0, 255).astype(np.uint8))) == 1


def test_a_small_face_is_found():
    """A face of 20 px in a frame of 640 px, as of a person standing across a street."""
    street = np.full((360, 640, 3), 90, np.uint8)
    street[200:315, 300:415] = astronaut(side_px=115)
    (face,) = faces_in(street)
    assert 300 / 640 < face.x < 415 / 640


def test_a_face_that_fills_the_frame_is_found_and_stays_inside_it():
    """A box that reaches over the edge is cut there, to the last digit that is served."""
    (face,) = faces_in(np.ascontiguousarray(astronaut()[45:190, 180:270]))
    assert face.share > 0.5
    assert face.x >= 0
    assert face.y >= 0
    assert face.x + face.width <= 1
    assert face.y + face.height <= 1


@pytest.mark.parametrize("name", WITHOUT_FACES)
def test_what_is_no_face_is_not_taken_for_one(name: str):
    """A cat, a cup, a rocket and textures have none."""
    assert faces_in(picture_called(name)) == ()


@pytest.mark.parametrize("size", [(512, 512), (360, 640), (321, 181), (100, 40)])
@pytest.mark.parametrize("confidence", [0.3, 0.7])
def test_the_detector_finds_what_opencvs_own_does(size: tuple[int, int], confidence: float):
    """The same boxes and confidences, in the same order, of pictures of any size; OpenCV runs the same file."""
    people = np.hstack([skimage.data.astronaut(), skimage.data.astronaut()[:, ::-1]])[:, :, ::-1]
    picture = np.ascontiguousarray(cv2.resize(people, size))
    content = np.frombuffer(checked(model_file()), np.uint8)
    theirs = cv2.FaceDetectorYN.create("onnx", content, np.empty(0, np.uint8), size, confidence, 0.3)
    _, rows = theirs.detect(picture)
    expected = np.zeros((0, 5)) if rows is None else rows[:, [0, 1, 2, 3, 14]]
    assert detector(confidence).faces(picture) == pytest.approx(expected, abs=0.01)
    assert len(expected) > 0 or size != (512, 512)


def test_a_headlight_is_no_face_at_a_second_look():
    """YuNet alone is surer of it than of many a face."""
    left = np.ascontiguousarray(skimage.data.stereo_motorcycle()[0][:, :, ::-1])
    headlight = cv2.resize(left[139:446, 255:710], (640, 431))
    assert detector().faces(headlight)[:, 4].max() > 0.7
    assert faces_in(headlight) == ()


@pytest.mark.parametrize("shape", [(1, 1), (2, 700), (700, 2), (16, 16), (5000, 1), (181, 321)])
def test_odd_sizes_work(shape: tuple[int, int]):
    """Neither a sliver nor a dot stops the detector."""
    assert faces_in(np.zeros((*shape, 3), np.uint8)) == ()


def test_a_summary_says_how_long_how_many_and_how_large():
    """By hand: two of four samples with a face, the first at half a second, the largest a fifth by two fifths."""
    small = Face(x=0.1, y=0.1, width=0.1, height=0.1, confidence=0.8)
    large = Face(x=0.5, y=0.5, width=0.2, height=0.4, confidence=0.9)
    result = summary(
        [
            FaceSample(at=0.0, faces=()),
            FaceSample(at=0.5, faces=(large, small)),
            FaceSample(at=1.0, faces=(small,)),
            FaceSample(at=1.5, faces=()),
        ]
    )
    assert result["max_faces"] == 2
    assert result["screen_share"] == 0.5
    assert result["first_face_at"] == 0.5
    assert result["largest_face_share"] == pytest.approx(0.08)
    assert [sample["at"] for sample in result["samples"]] == [0.0, 0.5, 1.0, 1.5]
    assert result["samples"][2]["faces"] == [{"x": 0.1, "y": 0.1, "width": 0.1, "height": 0.1, "confidence": 0.8}]


def test_a_video_without_a_face_says_so():
    """Nothing is found, and nothing is made up."""
    result = summary([FaceSample(at=0.0, faces=())])
    assert (result["max_faces"], result["screen_share"], result["first_face_at"]) == (0, 0.0, None)
    assert result["largest_face_share"] == 0.0


def test_faces_of_a_decoded_clip_come_and_go(tmp_path: Path):
    """One second without, two with: seen in the two, first at the second second."""
    path = clip(tmp_path / "a.mp4", scenes=[(picture_called("coffee"), 1.0), (astronaut(), 2.0)])
    shares: list[float] = []
    result = detect_faces(
        samples_of(path),
        job=job_for(VideoUploaded(subject_id="v", user_id="u"), report=shares.append),
    )
    assert FaceDetectionSchema().validate(result) == {}
    assert [len(sample["faces"]) for sample in result["samples"]] == [0, 0, 1, 1, 1, 1]
    assert result["first_face_at"] == pytest.approx(1.0, abs=0.05)
    assert result["screen_share"] == pytest.approx(4 / 6, abs=1e-3)
    assert shares == sorted(shares)
    assert shares[-1] > 0.8


def test_another_file_than_the_model_is_refused(tmp_path: Path):
    """A changed byte is enough; the message names the file."""
    changed = tmp_path / "model.onnx"
    shutil.copy(model_file(), changed)
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    with pytest.raises(ModelNotTrained, match="yunet") as refused:
        checked(changed)
    assert refused.value.code == "wrong_face_model"


def test_a_missing_model_is_named(tmp_path: Path):
    """The one who reads the message knows what to install."""
    with pytest.raises(ModelNotTrained, match=FILE):
        checked(tmp_path / "none.onnx")


def test_the_model_is_loaded_once():
    """Ten milliseconds a frame are for the frame."""
    assert detector() is detector()


@pytest.mark.skipif(not SHARED_CLIPS.is_dir(), reason="the shared clips are not here")
@pytest.mark.parametrize(
    ("name", "with_face"),
    [
        ("bbb_0_30.webm", 0),  # a cartoon rabbit
        ("mdn_crystal.mp4", 0),
        ("nasa_13013.mp4", 0),
        ("carphone_pristine.mp4", 8),
        ("bikes.mp4", 3),  # a man in a suit, then twice a cyclist whom passing cars hide in between
    ],
)
def test_real_clips_have_faces_as_a_person_sees_them(name: str, with_face: int):
    """Counted by eye, half a second apart."""
    result = detect_faces(samples_of(SHARED_CLIPS / name), job=job())
    assert sum(bool(sample["faces"]) for sample in result["samples"]) == with_face
