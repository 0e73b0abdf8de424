"""The words on the screen in a video's opening."""

from itertools import takewhile
from typing import Any

from precompute.catalogue import VIDEO_TEXT
from workers.binding import computes
from workers.video.opening import opening_end
from workers.video.samples import VideoSamples
from workers.video.screen_text import text_in


@computes(VIDEO_TEXT)
def read_first_text(samples: VideoSamples) -> dict[str, Any]:
    """The lines that stand in the first three seconds, each once.

    A result of its own, as it takes a second that would else be spent after the speech, with another process idle.

    Raises:
        SourceUnavailable: The samples are gone meanwhile.
    """
    end = opening_end(samples)
    pictures = (frame.bgr() for frame in takewhile(lambda frame: frame.at < end, samples.opening()))
    return {"lines": list(text_in(pictures))}
