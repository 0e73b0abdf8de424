"""Subtitles: cues a person can read, in files that players and validators take."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webvtt import WebVTT

from workers.video.speech import Segment, Word
from workers.video.subtitles import LINE_WIDTH, LINES, Cue, as_srt, as_vtt, cues_of


def segment(text: str, *, start: float = 0.0, end: float = 1.0) -> Segment:
    """A segment whose words share its time evenly."""
    texts = re.findall(r"\s*\S+", text)
    length = (end - start) / len(texts)
    words = tuple(
        Word(start=start + index * length, end=start + (index + 1) * length, text=word)
        for index, word in enumerate(texts)
    )
    return Segment(start=start, end=end, text=text.strip(), words=words)


def test_files_by_hand() -> None:
    """Two cues give exactly these two files."""
    cues = cues_of([segment("Hello there.", end=1.25), segment(" Over an hour", start=3725.5, end=3727.0)])
    assert as_vtt(cues) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nHello there.\n\n01:02:05.500 --> 01:02:07.000\nOver an hour\n"
    )
    assert as_srt(cues) == (
        "1\n00:00:00,000 --> 00:00:01,250\nHello there.\n\n2\n01:02:05,500 --> 01:02:07,000\nOver an hour\n\n"
    )


def test_no_speech_gives_valid_empty_files() -> None:
    """Without cues the WebVTT file has its header only, and the SRT file nothing."""
    assert (as_vtt(()), as_srt(())) == ("WEBVTT\n", "")


def test_signs_with_a_meaning_are_escaped() -> None:
    """An arrow, an ampersand and a tag cannot break a cue, and reach the reader."""
    cues = cues_of([segment("a --> b & <i>c</i>")])
    assert as_vtt(cues).splitlines()[3] == "a --&gt; b &amp; &lt;i&gt;c&lt;/i&gt;"
    assert as_srt(cues).splitlines()[2] == "a -> b & <i>c</i>"
    assert len(WebVTT.from_string(as_vtt(cues), strict=True)) == 1


def test_a_point_in_the_words_stays_in_srt() -> None:
    """Only the times have commas in SRT."""
    assert "It is 3.5 here." in as_srt(cues_of([segment("It is 3.5 here.")]))


def test_times_are_on_the_video_clock() -> None:
    """The start of the sound is added to every time."""
    (cue,) = cues_of([segment("Hello there.", start=0.5, end=2.0)], starts_at=0.852)
    assert (cue.start, cue.end) == (1.352, 2.852)


def test_long_segments_part_at_commas_near_the_middle() -> None:
    """What does not fit two lines is parted at a comma, and its lines are about equal."""
    long = segment(
        "You are allowed to use this voice for any purpose, including commercial uses, on the bottom right you see it.",
        end=6.0,
    )
    assert [cue.lines for cue in cues_of([long])] == [
        ("You are allowed to use", "this voice for any purpose,"),
        ("including commercial uses, on", "the bottom right you see it."),
    ]


def test_slow_speech_is_parted_too() -> None:
    """A cue stays for seven seconds at most."""
    cues = cues_of([segment("one two three four", end=12.0)])
    assert [cue.lines for cue in cues] == [("one two",), ("three four",)]
    assert [(cue.start, cue.end) for cue in cues] == [(0.0, 6.0), (6.0, 12.0)]


def test_a_short_cue_stays_a_second_when_it_can() -> None:
    """A cue of 0.2 s stays one second, or until the next one starts."""
    alone = cues_of([segment("Yes.", end=0.2)])
    followed = cues_of([segment("Yes.", end=0.2), segment("No.", start=0.6, end=1.9)])
    assert alone == (Cue(start=0.0, end=1.0, lines=("Yes.",)),)
    assert [(cue.start, cue.end) for cue in followed] == [(0.0, 0.6), (0.6, 1.9)]


def test_wide_letters_count_two() -> None:
    """21 Chinese letters fill a line."""
    words = tuple(Word(start=i / 10, end=(i + 1) / 10, text="字") for i in range(42))
    (cue,) = cues_of([Segment(start=0.0, end=4.2, text="字" * 42, words=words)])
    assert cue.lines == ("字" * 21, "字" * 21)


@given(
    spans=st.lists(
        st.tuples(
            st.floats(0, 3), st.floats(0, 3), st.lists(st.text("abcd,.-> &<", min_size=1, max_size=12), max_size=30)
        ),
        max_size=8,
    ),
    starts_at=st.floats(0, 5),
)
def test_any_transcript_gives_valid_files(spans: list[tuple[float, float, list[str]]], starts_at: float) -> None:
    """Whatever is said and however long: cues follow each other, have a length, fit their lines, and validate."""
    at, segments = 0.0, []
    for gap, length, texts in spans:
        words = [f" {text.strip()}" for text in texts if text.strip()]
        if words:
            segments.append(segment("".join(words), start=at + gap, end=at + gap + length))
        at += gap + length
    cues = cues_of(segments, starts_at=starts_at)
    assert all(cue.start < cue.end for cue in cues)
    assert all(before.end <= after.start for before, after in pairwise(cues))
    assert all(len(cue.lines) <= LINES and max(map(len, cue.lines)) <= LINE_WIDTH for cue in cues)
    parsed = WebVTT.from_string(as_vtt(cues), strict=True)
    assert [caption.raw_text.split("\n") for caption in parsed] == [
        [line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in cue.lines] for cue in cues
    ]
    assert len(re.findall(r"^\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}$", as_srt(cues), re.M)) == len(cues)
    heard = " ".join(part.text for part in segments).split()
    assert " ".join(" ".join(cue.lines) for cue in cues).split() == heard


@pytest.mark.parametrize("number", [0, 59.9996, 3599.9999])
def test_times_round_over_the_minute(number: float) -> None:
    """Rounding to the millisecond never gives a sixtieth second."""
    stamp = as_srt([Cue(start=number, end=number + 1, lines=("x",))]).splitlines()[1]
    assert ":60" not in stamp
