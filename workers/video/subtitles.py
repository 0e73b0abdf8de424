"""A transcript as subtitles: cues that can be read, as WebVTT and as SRT."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from unicodedata import east_asian_width

from webvtt import Caption, WebVTT

from workers.video.speech import Segment, Word

LINE_WIDTH = 42
"""Longest line in Latin letters; a Chinese, Japanese or Korean letter counts two (Netflix timed text style guide)."""

LINES = 2
"""Most lines of a cue (same source)."""

LONGEST_S = 7.0
"""Longest a cue stays (same source)."""

SHORTEST_S = 1.0
"""Shortest a cue stays, where the next one leaves it the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Lines that are shown together; times in seconds, to the millisecond."""

    start: float
    end: float
    lines: tuple[str, ...]


def cues_of(segments: Iterable[Segment], *, starts_at: float = 0.0, ends_at: float = float("inf")) -> tuple[Cue, ...]:
    """The segments as cues in the order of time that neither overlap nor are empty.

    Args:
        segments: Of the transcript, in the order of time.
        starts_at: Seconds on the video's clock at which the sound starts; added to all times.
        ends_at: When the video ends, in seconds on its clock; no cue stays longer to be read at leisure.
    """
    groups = [group for segment in segments for group in _groups(segment.words)]
    cues: list[Cue] = []
    for index, words in enumerate(groups):
        start = max(round(words[0].start + starts_at, 3), cues[-1].end if cues else 0.0)
        end = words[-1].end + starts_at
        follows = groups[index + 1][0].start + starts_at if index + 1 < len(groups) else ends_at
        end = max(end, min(start + SHORTEST_S, follows))
        # Whisper gives some words no length at all
        end = max(round(end, 3), round(start + 0.001, 3))
        cues.append(Cue(start=start, end=end, lines=_balanced(words)))
    return tuple(cues)


def as_vtt(cues: Iterable[Cue]) -> str:
    """The cues as a WebVTT file; without cues one that is valid and empty."""
    captions = [
        Caption(_timestamp(cue.start), _timestamp(cue.end), escape("\n".join(cue.lines), quote=False)) for cue in cues
    ]
    return str(WebVTT(captions=captions).content)


def as_srt(cues: Iterable[Cue]) -> str:
    """The cues as a SubRip file; the empty string without cues.

    Written by hand, as webvtt-py would leave WebVTT's ``&amp;`` in it, which SRT players show as it stands.
    """
    return "".join(
        f"{number}\n{_timestamp(cue.start)} --> {_timestamp(cue.end)}\n".replace(".", ",")
        + "\n".join(cue.lines).replace("-->", "->")
        + "\n\n"
        for number, cue in enumerate(cues, start=1)
    )


def _groups(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """The words halved, at a comma where there is one near, until each part fits a cue; a lone word always does."""
    if not words:
        return
    if len(words) == 1 or (len(_lines(words)) <= LINES and words[-1].end - words[0].start <= LONGEST_S):
        yield words
        return
    lengths = list(accumulate(len(word.text) for word in words))
    cut = min(range(1, len(words)), key=lambda index: _cost_of_cut(words, lengths, index=index))
    yield from _groups(words[:cut])
    yield from _groups(words[cut:])


def _cost_of_cut(words: Sequence[Word], lengths: Sequence[int], *, index: int) -> int:
    """How bad it is to part before word ``index``: letters by which the sides differ, a third forgiven at commas."""
    at_comma = words[index - 1].text.endswith((",", ";", ":", "\u3001", "\uff0c"))
    return abs(lengths[-1] - 2 * lengths[index - 1]) - (lengths[-1] // 3 if at_comma else 0)


def _balanced(words: Sequence[Word]) -> tuple[str, ...]:
    """The lines of a cue, two of them as equal as words allow."""
    lines = _lines(words)
    if len(lines) != LINES:
        return lines
    pairs = [(_line(words[:index]), _line(words[index:])) for index in range(1, len(words))]
    return min((lines, *pairs), key=lambda pair: max(map(_width, pair)))


def _lines(words: Sequence[Word]) -> tuple[str, ...]:
    """The words in as few lines as can be."""
    lines: list[list[Word]] = [[]]
    for word in words:
        if lines[-1] and _width(_line([*lines[-1], word])) > LINE_WIDTH:
            lines.append([])
        lines[-1].append(word)
    return tuple(_line(line) for line in lines)


def _line(words: Sequence[Word]) -> str:
    return " ".join("".join(word.text for word in words).split())


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _timestamp(seconds: float) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
