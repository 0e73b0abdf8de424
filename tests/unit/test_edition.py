"""What workers of two versions have to agree on, as it was when the edition was last raised."""

from pathlib import Path

from precompute.catalogue import ROWS
from precompute.edition import EDITION
from precompute.settings import Settings
from tests.unit.video_files import shots, tone, video
from workers.video.hearing import listened
from workers.video.samples import sampled

COMPUTED_FROM = {
    "caption_generation": ("video_samples", "video_sound", "video_speech"),
    "ctr_prediction": ("scene_detection", "face_detection", "hook_analysis", "caption_generation"),
    "face_detection": ("video_samples",),
    "hook_analysis": ("video_samples", "video_sound", "video_speech", "video_text"),
    "roas_prediction": ("variant_generation", "variant_scoring"),
    "scene_detection": ("video_samples",),
    "thumbnail_generation": ("video_samples",),
    "variant_scoring": ("variant_generation",),
    "video_speech": ("video_sound",),
    "video_text": ("video_samples",),
}

LEFT = {
    "video_samples": {
        *("duration", "frame_rate", "first_frame_at", "width_px", "height_px"),
        *("differences", "frames", "opening", "stills"),
    },
    "video_sound": {"has_sound", "starts_at", "pictures_start_at", "sound"},
}
"""Names in the value, and of the parts."""


def test_the_edition_goes_up_with_what_is_computed_from_what() -> None:
    """A worker of the version before would fail or drop what it does not know: raise it where these change."""
    now = {row.name: tuple(needed.name for needed in row.inputs) for row in ROWS if row.inputs}
    assert (EDITION, now) == (2, COMPUTED_FROM)


def test_the_edition_goes_up_with_what_is_left_of_a_video(tmp_path: Path) -> None:
    """The same for what is taken away or means something else; what is only added does no harm."""
    clip = video(tmp_path / "clip.mp4", shots(1.2, 1.2), sounds=[tone(2.4)])
    samples = sampled(clip, settings=Settings(), report=lambda share: None)
    sound = listened(clip, settings=Settings())
    now = {"video_samples": {*samples.value, *samples.parts}, "video_sound": {*sound.value, *sound.parts}}
    assert (EDITION, {name: names - now[name] for name, names in LEFT.items()}) == (2, {name: set() for name in LEFT})
