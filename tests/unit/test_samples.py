"""What one decode leaves: frames, stills and sound at their times, within their bytes."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from jobs import job_for

from precompute.errors import UnusableSource
from precompute.events import VideoUploaded
from precompute.job import Job
from precompute.settings import Settings
from tests.unit.sampled_clips import InMemory, samples_of, sound_of
from tests.unit.video_files import BLACK, SIZE, pattern, plain, shots, tone, video
from workers.video.differences import FrameDifferences
from workers.video.frames import FrameSampler
from workers.video.hearing import listen
from workers.video.jpeg import JpegWriter, decode_jpeg
from workers.video.picture import Picture, Scaler
from workers.video.samples import VideoSamples, sample_video, sampled
from workers.video.sound import RATE_HZ, SoundCollector, pack_sound, unpack_sound


def job(media_root: Path, *, reports: list[float] | None = None, **data: object) -> Job:
    """The job of sampling ``vid_1``."""
    event = VideoUploaded(subject_id="vid_1", user_id="u", data=data)
    report = (lambda share: None) if reports is None else reports.append
    return job_for(event, settings=Settings(media_root=media_root), report=report)


def noise(size: tuple[int, int], *, seed: int = 0) -> np.ndarray:
    """The picture that compresses worst."""
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)


def test_the_video_of_an_event_is_sampled(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Found by its id, decoded once (the log counts it), progress rising to the end."""
    caplog.set_level("INFO", logger="workers.video.samples")
    video(tmp_path / "vid_1.mp4", shots(1.2, 1.2), sounds=[tone(2.4)])
    reports: list[float] = []
    computed = sample_video(job=job(tmp_path, reports=reports))
    samples = VideoSamples(InMemory(computed.value, computed.parts))
    assert (samples.width_px, samples.height_px, samples.frame_rate) == (*SIZE, 25.0)
    assert samples.duration == pytest.approx(2.4, abs=0.001)
    assert len(samples.differences().at) == 60
    assert reports == sorted(reports)
    assert (reports[0], reports[-1]) == (0.0, 1.0)
    decodes = [record for record in caplog.records if getattr(record, "action", "") == "video_decoded"]
    assert [record.video_id for record in decodes] == ["vid_1"]


def test_a_video_that_is_gone_meanwhile_is_missing(tmp_path: Path):
    """The trigger found it, the worker does not: no retry can help."""
    with pytest.raises(UnusableSource) as raised:
        sample_video(job=job(tmp_path))
    assert raised.value.code == "video_missing"


def test_two_frames_a_second_are_kept(tmp_path: Path):
    """At each half second since the first frame, the first frame from there on, at its time."""
    times = [0.852 + number / 25 for number in range(75)]
    samples = samples_of(video(tmp_path / "a.mp4", shots(1, 1, 1), times=times))
    wanted = [0.852, 1.372, 1.852, 2.372, 2.852, 3.372]
    assert [frame.at for frame in samples.frames()] == pytest.approx(wanted, abs=0.001)
    assert samples.first_frame_at == pytest.approx(0.852, abs=0.001)
    for frame, shot in zip(samples.frames(), (0, 0, 1, 1, 2, 2), strict=True):
        assert np.abs(frame.bgr().astype(int) - pattern(shot)).mean() < 12


def test_the_opening_is_its_first_three_seconds(tmp_path: Path):
    """Six frames for reading text, whatever follows."""
    samples = samples_of(video(tmp_path / "a.mp4", shots(3, 3)))
    assert [frame.at for frame in samples.opening()] == pytest.approx([0, 0.52, 1, 1.52, 2, 2.52], abs=0.021)


def test_images_keep_their_shape_up_to_their_limits(tmp_path: Path):
    """640 px for frames, 1280 px for the opening and stills; nothing is made larger."""
    samples = samples_of(video(tmp_path / "large.mp4", [pattern(1, size=(720, 1600))] * 3))
    assert next(samples.frames()).bgr().shape == (640, 288, 3)
    assert next(samples.opening()).bgr().shape == (1280, 576, 3)
    still = next(samples.stills())
    assert still.bgr().shape == (still.height_px, still.width_px, 3) == (1280, 576, 3)
    small = samples_of(video(tmp_path / "small.mp4", [pattern(1)] * 3))
    assert next(small.stills()).bgr().shape == next(small.frames()).bgr().shape == (64, 96, 3)


def test_stills_are_spread_and_avoid_the_dark_and_the_blurred(tmp_path: Path):
    """Of each half second, the frame with something to see in it."""
    second = [plain(BLACK)] * 6 + [noise(SIZE) // 2 + 64] * 6 + [plain(BLACK)] * 13
    samples = samples_of(video(tmp_path / "a.mp4", second * 4))
    at = [still.at for still in samples.stills()]
    assert len(at) == 8
    assert [any(second + 0.2 < moment < second + 0.5 for moment in at) for second in range(4)] == [True] * 4


def test_there_are_never_more_than_24_stills(tmp_path: Path):
    """Also of a video whose header does not say how long it is; they reach from its start to its end."""
    for ending in ("mp4", "ts"):
        samples = samples_of(video(tmp_path / f"long.{ending}", shots(*[2.5] * 16, size=(32, 32))))
        at = [still.at for still in samples.stills()]
        assert 12 <= len(at) <= 24
        assert (min(at) < 4, max(at) > 36) == (True, True)
        assert at == sorted(at)


def test_sound_is_mono_at_16_khz_from_its_own_start(tmp_path: Path):
    """A surround tone that starts after the pictures: where it starts, how long and how high it is."""
    path = video(tmp_path / "a.mp4", shots(3), sounds=[tone(2, hertz=1000, channels=6)], sound_starts=0.7)
    heard = sound_of(path)
    sound = heard.samples()
    assert heard.has_sound
    assert sound.dtype == np.float32
    assert heard.starts_at + len(sound) / RATE_HZ == pytest.approx(2.7, abs=0.05)
    first_loud = heard.starts_at + np.flatnonzero(np.abs(sound) > 0.05)[0] / RATE_HZ
    assert first_loud == pytest.approx(0.7, abs=0.01)
    second = sound[8000:24000]
    assert np.abs(np.fft.rfft(second)).argmax() == pytest.approx(1000, abs=2)


def test_without_a_sound_track_there_is_no_sound(tmp_path: Path):
    """An empty array, not an error."""
    heard = sound_of(video(tmp_path / "a.mp4", shots(1)))
    assert (heard.has_sound, heard.starts_at, heard.samples().shape) == (False, 0.0, (0,))


def audio_frame(samples: np.ndarray, *, rate: int, layout: str) -> AudioFrame:
    """A piece of decoded sound."""
    frame = AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
    frame.sample_rate = rate
    return frame


def test_a_gap_in_the_sound_is_silence():
    """What is said after a gap keeps its time; a file cannot ask for hours of silence."""
    ears = SoundCollector(max_seconds=20)
    second = audio_frame(tone(1, rate=8000), rate=8000, layout="mono")
    for at in (0.0, 3.0, 1e9):
        ears.add(second, at=at)
    track = ears.finish()
    assert track is not None
    assert np.abs(track.samples[17000:47000]).max() == 0
    assert np.abs(track.samples[49000:63000]).max() > 10_000
    assert len(track.samples) / RATE_HZ == pytest.approx(21, abs=0.01)


def test_sound_may_change_its_form_on_the_way():
    """Broadcasts switch from stereo to surround and between rates."""
    ears = SoundCollector(max_seconds=20)
    ears.add(audio_frame(tone(1, rate=44_100, channels=2), rate=44_100, layout="stereo"), at=0.0)
    ears.add(audio_frame(tone(1, rate=48_000, channels=6), rate=48_000, layout="5.1"), at=1.0)
    track = ears.finish()
    assert track is not None
    assert len(track.samples) == pytest.approx(2 * RATE_HZ, abs=50)


def test_sound_is_kept_without_loss_where_it_fits():
    """FLAC gives back the very samples."""
    samples = (np.sin(np.arange(50_001) / 7) * 9000).astype(np.int16)
    packed = pack_sound(samples, max_bytes=10**6)
    assert len(packed) < samples.nbytes
    assert np.array_equal(unpack_sound(packed) * 32768, samples)


def test_sound_that_does_not_fit_is_kept_as_heard():
    """Opus, at the same length and without a shift in time."""
    samples = (tone(4, hertz=300, rate=RATE_HZ)[0] * np.hanning(4 * RATE_HZ) * 30_000).astype(np.int16)
    packed = pack_sound(samples, max_bytes=10_000)
    heard = unpack_sound(packed)
    assert len(packed) < 40_000
    assert len(heard) == pytest.approx(len(samples), abs=RATE_HZ // 50)
    both = min(len(heard), len(samples))
    assert np.corrcoef(heard[:both], samples[:both])[0, 1] > 0.98


def test_noisy_frames_share_their_bytes():
    """Whatever the pictures are, all of them together take no more than their budget."""
    frame = av.VideoFrame.from_ndarray(noise((320, 180)), format="bgr24")
    scaler = Scaler.within(Picture.of(frame, pixel_aspect=None), long_side_px=640)
    sampler = FrameSampler(scaler=scaler, bytes_left=400_000, most_bytes=80_000)
    for number in range(60):
        sampler.add(frame, at=number / 2, seconds_left=(59 - number) / 2)
    assert sum(len(kept.jpeg) for kept in sampler.kept) <= 400_000
    assert len(sampler.kept) == 60


def test_one_image_takes_no_more_than_it_may():
    """Frames may shrink for it, stills only lose quality."""
    for keeps_size in (False, True):
        jpeg = JpegWriter(keeps_size=keeps_size).write(noise((640, 360)), max_bytes=60_000)
        assert len(jpeg) <= 60_000
        assert (decode_jpeg(jpeg).shape == (360, 640, 3)) == keeps_size


def test_differences_survive_being_kept():
    """Packed and read again they are the same."""
    rows = np.arange(5)
    kept = FrameDifferences(
        at=rows / 30,
        hue=rows.astype(np.float32),
        saturation=rows.astype(np.float32) * 2,
        luma=rows.astype(np.float32) * 3,
        returns=rows.astype(np.uint8),
    )
    read = FrameDifferences.unpack(kept.pack())
    for name in FrameDifferences.__slots__:
        assert np.array_equal(getattr(read, name), getattr(kept, name))
    assert len(kept.pack()) == 5 * 21


def test_sound_and_pictures_are_decoded_apart(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """What is heard says where the opening is before a picture was decoded, and what version of the video it is of."""
    caplog.set_level("INFO", logger="workers.video.hearing")
    times = [0.852 + number / 25 for number in range(50)]
    video(tmp_path / "vid_1.mp4", shots(1, 1), times=times, sounds=[tone(2)])
    heard, seen = listen(job=job(tmp_path)), sample_video(job=job(tmp_path))
    assert heard.value["pictures_start_at"] == pytest.approx(seen.value["first_frame_at"], abs=0.001)
    assert (set(heard.parts), "sound" in seen.parts) == ({"sound"}, False)
    assert heard.read == seen.read
    assert [getattr(record, "action", "") for record in caplog.records] == ["sound_decoded"]


def test_what_is_no_video_is_refused_alike(tmp_path: Path):
    """By whoever looks first: a reader is told one thing of one file."""
    (tmp_path / "vid_1.mp4").write_bytes(b"just words " * 500)
    refusals = []
    for look in (listen, sample_video):
        with pytest.raises(UnusableSource) as raised:
            look(job=job(tmp_path))
        refusals.append((raised.value.code, raised.value.message))
    assert refusals[0] == refusals[1]


def test_a_single_picture_is_not_a_video(tmp_path: Path):
    """Image files of the kinds that share a container with video: AVIF, GIF."""
    path = video(tmp_path / "one.gif", [pattern(1)], codec="gif", pixels="rgb8")
    with pytest.raises(UnusableSource) as raised:
        sampled(path, settings=Settings(), report=lambda share: None)
    assert raised.value.code == "not_a_video"
