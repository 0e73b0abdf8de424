"""The opening of a video: its first three seconds, which decide whether it is watched."""

from workers.video.hearing import VideoSound
from workers.video.samples import VideoSamples

OPENING_SECONDS = 3.0
"""Length of the opening; a shorter video is all opening."""


def opening_end(samples: VideoSamples) -> float:
    """When the opening ends, in seconds on the video's clock."""
    return samples.first_frame_at + OPENING_SECONDS


def opening_end_heard(sound: VideoSound) -> float:
    """The same in seconds of the sound, by the header of the video: before a picture is decoded nobody knows better."""
    return sound.pictures_start_at + OPENING_SECONDS - sound.starts_at
