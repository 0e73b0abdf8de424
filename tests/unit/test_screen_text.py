"""Text on the screen: read as it stands there, each line once."""

import resource
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from workers.video.screen_text import TextLine, changed, evenly, in_reading_order, lines_in, text_in
from workers.video.text_model import ReadLines, reader

SIZE = (720, 1280)
FONT = cv2.FONT_HERSHEY_DUPLEX
WHITE, BLACK, YELLOW = (255, 255, 255), (0, 0, 0), (0, 220, 255)


def photo(name: str = "coffee") -> np.ndarray:
    """A photograph that fills a vertical frame of 720x1280, in BGR."""
    picture = np.ascontiguousarray(getattr(skimage.data, name)()[:, :, ::-1])
    scale = max(SIZE[0] / picture.shape[1], SIZE[1] / picture.shape[0])
    return np.ascontiguousarray(cv2.resize(picture, None, fx=scale, fy=scale)[: SIZE[1], : SIZE[0]])


def with_text(picture: np.ndarray, text: str, *, y: int, x: int = 60, scale: float = 1.5, colour=WHITE) -> np.ndarray:
    """The picture with a line of outlined text, its base line at ``y``; capitals are 21 px high at scale 1."""
    written = picture.copy()
    for thickness, ink in ((round(6 * scale), BLACK), (round(2 * scale), colour)):
        cv2.putText(written, text, (x, y), FONT, scale, ink, thickness, cv2.LINE_AA)
    return written


def as_jpeg(picture: np.ndarray) -> np.ndarray:
    """The picture after compression, as samples are."""
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_COLOR)


def line(text: str, *, left: float, top: float, height: float = 0.05) -> TextLine:
    """A line a fifth of the frame wide."""
    return TextLine(text=text, confidence=0.99, box=(left, top, left + 0.2, top + height))


@pytest.mark.parametrize("scale", [0.9, 1.5, 2.5])
@pytest.mark.parametrize("colour", [WHITE, YELLOW])
@pytest.mark.parametrize("name", ["coffee", "astronaut"])
def test_captions_of_all_sizes_are_read(name: str, colour: tuple[int, int, int], scale: float):
    """Capitals of 19, 32 and 53 px in a frame of 720x1280, over a photograph."""
    picture = with_text(photo(name), "STOP SCROLLING", y=300, scale=scale, colour=colour)
    assert text_in([as_jpeg(with_text(picture, "Save $20 today", y=700, scale=scale, colour=colour))]) == (
        "STOP SCROLLING",
        "Save $20 today",
    )


def test_dark_text_on_a_light_box_is_read():
    """As captions are drawn on a white plate."""
    picture = photo()
    cv2.rectangle(picture, (50, 600), (670, 700), WHITE, -1)
    cv2.putText(picture, "3 mistakes to avoid", (80, 665), FONT, 1.5, BLACK, 3, cv2.LINE_AA)
    assert text_in([as_jpeg(picture)]) == ("3 mistakes to avoid",)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_a_picture_without_text_gives_none(name: str):
    """What only looks like a letter is not read."""
    assert text_in([photo(name)]) == ()


def test_the_same_text_in_all_pictures_is_told_once():
    """The picture moves behind it."""
    pictures = [with_text(np.roll(photo(), 40 * step, axis=0), "link in bio", y=300) for step in range(4)]
    assert text_in(pictures) == ("link in bio",)


def test_text_that_comes_later_is_read_too():
    """In the order in which it appears."""
    first = with_text(photo(), "wait for it", y=300)
    then = with_text(photo("astronaut"), "HALF PRICE", y=600)
    assert text_in([first, first, then]) == ("wait for it", "HALF PRICE")


def test_text_that_changes_on_a_still_picture_is_read():
    """Only the caption changes, in a small part of the frame."""
    captions = [with_text(photo(), f"Step {number}", y=1200) for number in (1, 2)]
    assert text_in(captions) == ("Step 1", "Step 2")


def strip_with(text: str, *, colour: tuple[int, int, int] = WHITE) -> np.ndarray:
    """A strip of a picture that holds one line of text."""
    return with_text(np.full((60, 400, 3), 90, np.uint8), text, y=45, x=10, colour=colour)


def test_a_line_that_stands_still_is_read_once():
    """What encoding does to it makes no other line of it."""
    asked: list[int] = []

    def read(strips: list[np.ndarray]) -> list[tuple[str, float]]:
        asked.append(len(strips))
        return [(f"line {sum(asked)}", 0.99) for _ in strips]

    lines = ReadLines()
    assert lines.texts([strip_with("Step 1")], read=read) == [("line 1", 0.99)]
    assert lines.texts([as_jpeg(strip_with("Step 1"))], read=read) == [("line 1", 0.99)]
    assert lines.texts([strip_with("Step 7"), strip_with("Step 1")], read=read) == [("line 2", 0.99), ("line 1", 0.99)]
    assert asked == [1, 1]


def test_a_line_that_turns_into_another_by_small_steps_is_read_anew():
    """As a faint one does that fades over; no picture looks much different from the one before."""
    faint = (120, 120, 120)
    first, last = strip_with("Step 1", colour=faint), strip_with("Step 7", colour=faint)
    lines = ReadLines()
    for step in range(8):
        between = cv2.addWeighted(first, 1 - step / 7, last, step / 7, 0)
        (told,) = lines.texts([between], read=lambda strips, step=step: [(f"step {step}", 0.99)])
    assert told[0] != "step 0"


@pytest.mark.parametrize(
    ("one", "other"), [("Step 1", "Step 7"), ("$15.00", "$16.00"), ("all in", "al1 in"), ("no", "no.")]
)
def test_a_letter_more_or_less_is_another_line(one: str, other: str):
    """Of faint text too."""
    faint = (120, 120, 120)
    lines = ReadLines()
    for text in (one, other):
        (told,) = lines.texts([strip_with(text, colour=faint)], read=lambda strips, text=text: [(text, 0.99)])
        assert told == (text, 0.99)


def test_typed_text_is_told_when_it_is_complete():
    """Letter by letter, in its place."""
    assert text_in([with_text(photo(), text, y=300) for text in ("How I", "How I made", "How I made it")]) == (
        "How I made it",
    )


def test_boxes_say_where_a_line_stands():
    """As shares of the frame: the line drawn from 60 px of 720 and about 300 px of 1280."""
    (found,) = lines_in(with_text(photo(), "link in bio", y=300))
    left, top, right, bottom = found.box
    assert left == pytest.approx(60 / 720, abs=0.03)
    assert top < 300 / 1280 < bottom
    assert right < 0.7


@pytest.mark.parametrize("shape", [(1, 1280, 3), (1280, 2, 3), (15, 15, 3)])
def test_a_strip_is_not_read(shape: tuple[int, int, int]):
    """The reader would take a gigabyte for a picture in which no letter has room."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert lines_in(np.zeros(shape, np.uint8)) == ()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_lines_are_in_reading_order():
    """Rows from the top; within a row from the left, also when the left one is a little lower."""
    lines = [
        line("below", left=0.1, top=0.5),
        line("right", left=0.6, top=0.20),
        line("left", left=0.1, top=0.22),
        line("small", left=0.1, top=0.275, height=0.02),
    ]
    assert [one.text for one in in_reading_order(lines)] == ["left", "right", "small", "below"]


def test_pictures_that_show_nothing_new_are_passed_over():
    """Noise is nothing new."""
    noise = np.random.default_rng(1)
    still = photo()
    noisy = [np.clip(still + noise.normal(0, 6, still.shape), 0, 255).astype(np.uint8) for _ in range(3)]
    assert len(changed([still, *noisy])) == 1
    assert len(changed([still, noisy[0], photo("astronaut"), still])) == 3


def test_few_pictures_are_read_and_they_are_spread():
    """Of six, the first, the last and two between, with at most one left out in a row."""
    pictures = [np.full((2, 2, 3), number, np.uint8) for number in range(6)]
    assert [int(picture[0, 0, 0]) for picture in evenly(pictures, most=4)] == [0, 2, 3, 5]
    assert len(evenly(pictures[:3], most=4)) == 3


SHARED_CLIP = Path(__file__).parents[3] / "shared" / "media" / "autoeditor_example.mp4"


@pytest.mark.skipif(not SHARED_CLIP.is_file(), reason="the shared clips are not here")
def test_a_real_clips_time_code_is_read():
    """White on green, at the lower right."""
    frame = cv2.VideoCapture(str(SHARED_CLIP)).read()[1]
    assert text_in([frame]) == ("01:00:00:00",)


def test_the_detector_is_given_what_rapidocr_makes_of_a_picture():
    """Looked up instead of worked out, to the last bit; 300 px are brought to 288, as it wants multiples of 32."""
    picture = np.random.default_rng(3).integers(0, 256, (480, 300, 3), dtype=np.uint8)
    lines_in(picture)
    detector = reader().text_det
    worked_out = type(detector).get_preprocess(detector)(picture)
    assert worked_out.shape == (1, 3, 480, 288)
    assert np.array_equal(detector.get_preprocess()(picture), worked_out)
