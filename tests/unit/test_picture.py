"""Small images of decoded frames, as differences are measured on them."""

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.filter import Graph
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from workers.video.differences import DifferenceMeter
from workers.video.picture import GlanceScaler, Picture

CLIP = Path(__file__).parents[2] / "media" / "test_vid_001.mp4"
RED, BLUE = (0, 0, 255), (255, 0, 0)


def glance(frame: VideoFrame) -> NDArray[np.uint8]:
    """The frame within 256 px."""
    return GlanceScaler.within(Picture.of(frame, pixel_aspect=None), long_side_px=256).image(frame)


def red_and_blue(width_px: int, height_px: int, *, pixels: str) -> VideoFrame:
    """A frame that is red on the left and blue on the right."""
    image = np.zeros((height_px, width_px, 3), np.uint8)
    image[:, : width_px // 2], image[:, width_px // 2 :] = RED, BLUE
    return VideoFrame.from_ndarray(image, format="bgr24").reformat(format=pixels)


@pytest.mark.parametrize("size", [(1080, 1920), (1919, 1079), (640, 360), (200, 100), (4096, 16)])
@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv444p", "yuv420p10le", "bgr24"])
def test_colours_stay_where_they_are(size: tuple[int, int], pixels: str):
    """Whatever the size of a frame and the kind of its pixels, red stays on the left and blue on the right."""
    small = glance(red_and_blue(*size, pixels=pixels))
    assert max(small.shape[:2]) == min(256, max(size))
    assert small[0, 0].tolist() == pytest.approx(RED, abs=6)
    assert small[-1, -1].tolist() == pytest.approx(BLUE, abs=6)


def upside_down(frame: VideoFrame) -> VideoFrame:
    """The frame stored from the bottom up, as a raw video may say that it is."""
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25))
    flip, sink = graph.add("vflip"), graph.add("buffersink")
    source.link_to(flip)
    flip.link_to(sink)
    graph.configure()
    frame.pts = 0
    graph.push(frame)
    flipped = graph.pull()
    assert isinstance(flipped, VideoFrame)
    assert flipped.planes[0].line_size < 0
    return flipped


def test_a_frame_stored_from_the_bottom_up_is_seen_as_it_is():
    """Read as others are, it would be what lies behind it in memory."""
    image = np.zeros((1080, 1920, 3), np.uint8)
    image[:540], image[540:] = RED, BLUE
    small = glance(upside_down(VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p")))
    assert small[0, 0].tolist() == pytest.approx(BLUE, abs=6)
    assert small[-1, -1].tolist() == pytest.approx(RED, abs=6)


@pytest.mark.parametrize("size", [(1, 1), (3, 1), (1, 3000), (5000, 2)])
def test_a_strip_is_a_picture_too(size: tuple[int, int]):
    """Of the thinnest frame there is an image, of two pixels at least."""
    assert min(glance(VideoFrame(*size, "yuv420p")).shape[:2]) >= 2


def test_differences_are_those_of_whole_frames():
    """They are as large as of whole frames turned into BGR and made smaller by OpenCV, as PySceneDetect does it."""
    ours, theirs = DifferenceMeter(), DifferenceMeter()
    with av.open(str(CLIP)) as clip:
        for number, frame in enumerate(islice(clip.decode(video=0), 100)):
            small = glance(frame)
            whole = frame.to_ndarray(format="bgr24")
            ours.add(small, at=float(number))
            theirs.add(
                np.asarray(cv2.resize(whole, small.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8),
                at=float(number),
            )
    seen, wanted = ours.finish(), theirs.finish()
    assert wanted.luma.max() > 20  # there is a cut
    for name, most in (("hue", 1.6), ("saturation", 1.0), ("luma", 0.2)):
        assert np.abs(getattr(seen, name) - getattr(wanted, name)).mean() < most
