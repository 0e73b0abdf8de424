"""What is said first: how much is read for it, when it starts, and how it reaches who needs it."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from jobs import job_for
from sampled_clips import SOUND_RATE, InMemory, samples_of, sound_of, speech_of

from precompute.events import VideoUploaded
from precompute.settings import Settings
from workers.video.captions import generate_captions
from workers.video.first_speech import FirstSpeech, first_speech, hear_first_words
from workers.video.hearing import VideoSound
from workers.video.speech import speech_in

CLIP = Path(__file__).parents[2] / "media" / "test_vid_001.mp4"
SAID_S = 2.9
"""The clip's first sentence, up to the pause after it."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the speech model is put once for this module."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def clip_sound() -> VideoSound:
    """What is heard in the project's own clip."""
    return sound_of(CLIP)


@pytest.fixture(scope="module")
def said(clip_sound: VideoSound) -> np.ndarray:
    """Its first sentence."""
    return clip_sound.samples()[: round(SAID_S * SOUND_RATE)]


def first(sound: np.ndarray, data_dir: Path) -> FirstSpeech:
    """Of a sound whose opening is three seconds long."""
    return first_speech(sound, opening_s=3.0, model="base", models_dir=data_dir / "models")


class Sounding(VideoSound):
    """Another sound, with pictures from its start."""

    def __init__(self, sound: np.ndarray) -> None:
        self._sound = sound
        self.has_sound = True
        self.starts_at = self.pictures_start_at = 0.0

    def samples(self) -> np.ndarray:
        """The other one."""
        return self._sound


@pytest.mark.parametrize("kind", ["none", "silence", "tone", "noise"])
def test_sounds_that_are_no_speech_need_no_model(kind: str, tmp_path: Path) -> None:
    """And have neither words nor a start."""
    n = 4 * SOUND_RATE
    sounds = {
        "none": np.zeros(0),
        "silence": np.zeros(n),
        "tone": np.sin(2 * np.pi * 440 * np.arange(n) / SOUND_RATE) / 3,
        "noise": np.random.default_rng(1).normal(0, 0.1, n),
    }
    heard = first_speech(sounds[kind].astype(np.float32), opening_s=3.0, model="none", models_dir=tmp_path)
    assert (heard.language, heard.words, heard.unread, heard.starts_at) == (None, (), (), None)


def test_words_that_come_late_are_found_but_not_of_the_opening(said: np.ndarray, data_dir: Path) -> None:
    """When they start is told."""
    heard = first(np.concatenate([np.zeros(35 * SOUND_RATE, np.float32), said]), data_dir)
    assert heard.starts_at == pytest.approx(35.15, abs=0.2)
    assert heard.said_before(3.0) == ""
    assert "shuttle" in heard.said_before(60.0)


def test_only_the_first_window_with_words_is_read(said: np.ndarray, data_dir: Path) -> None:
    """The next, after a long silence, is left to the captions, which have all of it then."""
    silence = np.zeros(12 * SOUND_RATE, np.float32)
    sound = np.concatenate([said, silence, said])
    heard = first(sound, data_dir)
    assert (heard.read, len(heard.unread)) == (1, 1)
    assert max(word.end for word in heard.words) < SAID_S + 0.3

    other = Sounding(sound)
    job = job_for(VideoUploaded(subject_id="v", user_id="u"), settings=Settings(data_dir=data_dir))
    text = generate_captions(samples_of(CLIP), other, speech_of(other, job=job), job=job).value["text"]
    assert text.count("shuttle") == 2
    assert text == speech_in(sound, model="base", models_dir=data_dir / "models").text


def test_a_second_window_that_begins_in_the_opening_is_read_too(said: np.ndarray, data_dir: Path) -> None:
    """Words of the opening are those of all its windows."""
    silence = np.zeros(8 * SOUND_RATE, np.float32)
    sound = np.concatenate([said, silence, said])
    heard = first_speech(sound, opening_s=15.0, model="base", models_dir=data_dir / "models")
    assert (heard.read, heard.unread) == (2, ())
    assert heard.said_before(15.0).count("shuttle") == 2


def test_it_comes_out_of_the_cache_as_it_went_in(clip_sound: VideoSound, data_dir: Path) -> None:
    """Windows and words too."""
    job = job_for(VideoUploaded(subject_id="v", user_id="u"), settings=Settings(data_dir=data_dir))
    told = hear_first_words(clip_sound, job=job)
    stored = FirstSpeech.stored(InMemory(orjson.loads(orjson.dumps(told)), {}))
    assert stored == first(clip_sound.samples(), data_dir)
    assert stored.starts_at == pytest.approx(0.15, abs=0.15)
    assert stored.language == "en"
