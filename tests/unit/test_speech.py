"""Speech: the right words at the right time, and none where nobody speaks."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import av
import jiwer
import numpy as np
import pytest
from sampled_clips import sound_of

from precompute.errors import ModelNotTrained, SourceUnavailable
from workers.video.speech import (
    SAMPLE_RATE,
    SILENCE,
    Listener,
    Transcript,
    Window,
    Word,
    is_clear,
    is_speech,
    sentences_of,
    speech_in,
    speech_starts,
    windows_of,
)
from workers.video.speech_model import SHIPPED_SHA256, loaded, shipped_model

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "media" / "test_vid_001.mp4"
SPOKEN = (
    "She was the first woman to pilot the space shuttle. But every launch begins with someone looking up. "
    "Thousands of galaxies, in one tiny patch of sky. Come to Star Night. The coffee is on us. "
    "Even the cat is coming. Join us this Saturday. It is free for everyone."
)
SHARED = ROOT.parent / "shared" / "media"
SHARED_WORDS = {
    "jfk.flac": "And so my fellow Americans ask not what your country can do for you "
    "ask what you can do for your country",
    "nasa_13013.mp4": "This is the optical and science segment of the Webb Space Telescope in one of the largest clean "
    "rooms in the world at NASA's Goddard Space Flight Center in Greenbelt Maryland",
}
PLAIN = jiwer.Compose(
    [
        jiwer.ToLowerCase(),
        jiwer.RemovePunctuation(),
        jiwer.RemoveMultipleSpaces(),
        jiwer.Strip(),
        jiwer.ReduceToListOfListOfWords(),
    ]
)


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that starts without a model."""
    return tmp_path_factory.mktemp("data") / "models"


@pytest.fixture(scope="module")
def clip_sound() -> np.ndarray:
    """The sound of the project's own clip."""
    return sound_of(CLIP).samples()


@pytest.fixture(scope="module")
def clip_transcript(clip_sound: np.ndarray, models_dir: Path) -> Transcript:
    """What is heard in the project's own clip."""
    return speech_in(clip_sound, model="base", models_dir=models_dir)


def wrong_words(expected: str, heard: str) -> float:
    """The word error rate, without case and punctuation."""
    return float(jiwer.wer(expected, heard, reference_transform=PLAIN, hypothesis_transform=PLAIN))


def test_words_of_clear_speech_are_heard(clip_transcript: Transcript) -> None:
    """The project's clip is transcribed with a word error rate under 8 %, and as English."""
    assert wrong_words(SPOKEN, clip_transcript.text) < 0.08
    assert clip_transcript.language == "en"


def test_segments_follow_each_other(clip_transcript: Transcript, clip_sound: np.ndarray) -> None:
    """Segments lie within the sound, in the order of time, without overlap, and are made of their words."""
    times = [at for segment in clip_transcript.segments for at in (segment.start, segment.end)]
    assert times == sorted(times)
    assert len(clip_transcript.segments) >= 4
    assert 0 <= times[0] < times[-1] <= clip_sound.size / SAMPLE_RATE + 0.1
    for segment in clip_transcript.segments:
        assert segment.text == "".join(word.text for word in segment.words).strip()


def test_a_long_silence_neither_loses_nor_doubles_words(clip_sound: np.ndarray, models_dir: Path) -> None:
    """The same sentence before and after twelve seconds of silence is heard twice, at its times."""
    said = clip_sound[: round(2.9 * SAMPLE_RATE)]
    silence = np.zeros(12 * SAMPLE_RATE, dtype=np.float32)
    heard = speech_in(np.concatenate([said, silence, said]), model="base", models_dir=models_dir)
    assert [segment.text.count("shuttle") for segment in heard.segments] == [1, 1]
    assert heard.segments[0].end < 3.2
    assert heard.segments[1].start == pytest.approx(14.9 + speech_starts(said), abs=0.4)


def test_progress_grows_to_the_end(clip_sound: np.ndarray, models_dir: Path) -> None:
    """Progress is told for each window and ends near one."""
    shares: list[float] = []
    speech_in(clip_sound, model="base", models_dir=models_dir, report=shares.append)
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] <= 1.0


@pytest.mark.parametrize("kind", ["nothing", "silence", "noise", "tone"])
def test_no_words_where_nobody_speaks(kind: str, tmp_path: Path) -> None:
    """An empty sound, silence, noise and a tone have no words, no language, and need no model."""
    n = 5 * SAMPLE_RATE
    sounds = {
        "nothing": np.zeros(0),
        "silence": np.zeros(n),
        "noise": np.random.default_rng(0).normal(0, 0.1, n),
        "tone": 0.3 * np.sin(np.arange(n) * 2 * np.pi * 440 / SAMPLE_RATE),
    }
    sound = sounds[kind].astype(np.float32)
    assert speech_in(sound, model="base", models_dir=tmp_path) == SILENCE
    assert speech_starts(sound) is None
    assert not list(tmp_path.iterdir())


def test_when_speech_starts(clip_sound: np.ndarray) -> None:
    """Silence put in front moves the start of speech by its length."""
    start = speech_starts(clip_sound)
    later = speech_starts(np.concatenate([np.zeros(3 * SAMPLE_RATE, dtype=np.float32), clip_sound]))
    assert start is not None and start < 0.6
    assert later == pytest.approx(start + 3, abs=0.15)


@pytest.mark.parametrize(
    ("avg_logprob", "no_speech_prob", "compression_ratio", "kept"),
    [
        (-0.08, 0.01, 1.4, True),
        (-0.73, 0.21, 0.5, True),
        (-1.00, 0.06, 0.8, False),
        (-0.70, 0.45, 1.0, False),
        (-0.20, 0.48, 1.3, True),
        (-0.03, 0.09, 2.5, True),
        (-0.20, 0.01, 4.5, False),
    ],
)
def test_made_up_words_are_left_out(
    avg_logprob: float, no_speech_prob: float, compression_ratio: float, kept: bool
) -> None:
    """Clear speech, also said twice, and a lone word stay; what Whisper makes of music or in a loop does not."""
    window = SimpleNamespace(
        avg_logprob=avg_logprob, no_speech_prob=no_speech_prob, compression_ratio=compression_ratio
    )
    assert is_speech(window) is kept


@pytest.mark.parametrize(
    ("avg_logprob", "compression_ratio", "clear"), [(-0.3, 1.5, True), (-0.7, 1.5, False), (-0.1, 3.0, False)]
)
def test_unsure_words_and_loops_are_unclear(avg_logprob: float, compression_ratio: float, clear: bool) -> None:
    """So are all that are left out as made up."""
    assert is_clear(SimpleNamespace(avg_logprob=avg_logprob, compression_ratio=compression_ratio)) is clear


def listener(sound: np.ndarray, *, models_dir: Path, filled: bool) -> Listener:
    """One who fills windows up to half a minute, or as usual."""
    usual = Listener.to(sound, first=windows_of(sound)[0], model="base", models_dir=models_dir)
    whisper = usual.whisper.filled() if filled else usual.whisper
    return Listener(sound=sound, language=usual.language, whisper=whisper)


def test_a_short_window_is_read_as_a_filled_one(clip_sound: np.ndarray, models_dir: Path) -> None:
    """The same words at the same times."""
    window = Window(start=0.0, end=8.6)
    short, filled = (listener(clip_sound, models_dir=models_dir, filled=f).words_in(window) for f in (False, True))
    assert [word.text for word in short] == [word.text for word in filled]
    assert "patch of sky" in "".join(word.text for word in short)
    assert [word.start for word in short] == pytest.approx([word.start for word in filled], abs=0.3)


def test_what_is_unclear_is_read_filled(clip_sound: np.ndarray, models_dir: Path) -> None:
    """Speech backwards, whose words are made up, is judged by what Whisper hears in a window as it was trained with."""
    backwards = clip_sound[::-1].copy()
    window = windows_of(backwards)[0]
    usual, filled = (listener(backwards, models_dir=models_dir, filled=f) for f in (False, True))
    assert usual.words_in(window) == filled.words_in(window)


def test_a_language_that_is_not_clear_is_heard_filled(clip_sound: np.ndarray, models_dir: Path) -> None:
    """Two seconds of speech backwards are taken for another language with only a little silence after them."""
    backwards = clip_sound[::-1][9 * SAMPLE_RATE : 11 * SAMPLE_RATE].copy()
    [window] = windows_of(backwards)
    spoken = backwards[int(window.start * SAMPLE_RATE) : int(window.end * SAMPLE_RATE)]
    whisper = loaded("base", models_dir=models_dir)
    features = whisper.feature_extractor(spoken)[..., :-1]
    short, filled = (model.detect_language(features=features)[0] for model in (whisper, whisper.filled()))
    assert short != filled
    assert listener(backwards, models_dir=models_dir, filled=False).language == filled


@pytest.mark.parametrize(("seconds", "filled_s"), [(3.2, 9), (25.0, 30), (28.0, 30)])
def test_windows_are_filled_with_five_seconds(seconds: float, filled_s: int, models_dir: Path) -> None:
    """And up to half a minute by whoever wants that; what is encoded twice is computed once."""
    whisper = loaded("base", models_dir=models_dir)
    features = np.zeros((80, 3000), np.float32)
    features[:, : round(seconds * 100)] = 0.5
    once = whisper.encode(features)
    assert once.shape == [1, filled_s * 50, 512]
    assert whisper.encode(features[np.newaxis]) is once
    assert whisper.reads_alike_filled(seconds) is (filled_s == 30)
    assert whisper.filled().encode(features).shape == [1, 1500, 512]


def test_other_models_read_filled_windows(models_dir: Path) -> None:
    """As only the shipped one was measured without."""
    whisper = loaded(str(shipped_model(models_dir)), models_dir=models_dir)
    assert whisper.encode(np.ones((80, 3000), np.float32)[:, :1000]).shape[1] == 500
    assert whisper.fills and whisper.reads_alike_filled(3.0)


def test_words_part_at_sentence_ends_and_pauses() -> None:
    """A sentence end and a pause part the words; a title like "Mr." does not."""
    texts = [" Mr.", " Smith", " left.", " He", " came", " back"]
    starts = [0.0, 0.3, 0.6, 1.0, 1.2, 2.5]
    words = [Word(start=at, end=at + 0.2, text=text) for at, text in zip(starts, texts, strict=True)]
    assert [segment.text for segment in sentences_of(words)] == ["Mr. Smith left.", "He came", "back"]


def test_the_model_is_the_published_one(clip_transcript: Transcript, models_dir: Path) -> None:
    """The joined model has the published hash, is joined once, and leaves no unfinished file."""
    folder = shipped_model(models_dir)
    joined = folder / "model.bin"
    assert hashlib.sha256(joined.read_bytes()).hexdigest() == SHIPPED_SHA256
    before = joined.stat().st_mtime_ns
    assert shipped_model(models_dir) == folder
    assert joined.stat().st_mtime_ns == before
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]


def test_several_may_join_the_model_at_once(tmp_path: Path) -> None:
    """Three at the same time all get a whole model, also over one that was cut short."""
    folder = tmp_path / f"whisper-base-{SHIPPED_SHA256[:8]}"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"cut short")
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: shipped_model(tmp_path), range(3))) == {folder}
    assert hashlib.sha256((folder / "model.bin").read_bytes()).hexdigest() == SHIPPED_SHA256
    assert len(list(folder.iterdir())) == 4


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    """A folder that lacks files is refused with their names, rather than fetched from a hub."""
    (tmp_path / "model.bin").touch()
    with pytest.raises(ModelNotTrained, match=r"no config\.json and no tokenizer\.json") as refusal:
        loaded(str(tmp_path), models_dir=tmp_path)
    assert refusal.value.code == "no_speech_model"


def test_no_room_for_the_model_is_worth_a_retry(tmp_path: Path) -> None:
    """A data folder that cannot be written to is told as such."""
    (tmp_path / "models").touch()
    with pytest.raises(SourceUnavailable, match="cannot be put into"):
        shipped_model(tmp_path / "models")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared clips are not beside the project")
@pytest.mark.parametrize("name", sorted(SHARED_WORDS))
def test_words_of_others_clips(name: str, models_dir: Path) -> None:
    """A speech of 1961 and a narrator are transcribed with a word error rate under 8 %."""
    heard = speech_in(samples_of_sound(SHARED / name), model="base", models_dir=models_dir)
    assert wrong_words(SHARED_WORDS[name], heard.text) < 0.08


def samples_of_sound(path: Path) -> np.ndarray:
    """The first sound track of any file."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])
