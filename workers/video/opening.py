"""The opening of a video: its first three seconds, which decide whether it is watched."""

from workers.video.samples import VideoSamples

OPENING_SECONDS = 3.0
"""Length of the opening; a shorter video is all opening."""


def opening_end(samples: VideoSamples) -> float:
    """When the opening ends, in seconds on the video's clock."""
    return samples.first_frame_at + OPENING_SECONDS
