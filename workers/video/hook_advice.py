"""What would make the first three seconds stronger, in words."""

from collections import defaultdict
from collections.abc import Mapping

from workers.video.hook_score import CUTS, WORDS, HookPart, Opening

MOST_SENTENCES = 3
"""More than three things at once are not done."""

_WEAK_SHARE = 0.6  # of a part's points: below it is worth a sentence


def advice_for(opening: Opening, parts: Mapping[str, HookPart]) -> tuple[str, ...]:
    """A sentence for each weak part, that with most to gain first; empty when none is weak."""
    gains: dict[str, float] = defaultdict(float)
    for name, part in parts.items():
        if part.points < _WEAK_SHARE * part.max_points:
            # a missing sound track or face makes two parts weak, and has one sentence
            gains[_SENTENCES[name](opening)] += part.missing
    return tuple(sorted(gains, key=lambda sentence: -gains[sentence])[:MOST_SENTENCES])


def _motion(opening: Opening) -> str:
    return (
        f"Start with movement: the picture hardly changes in the first three seconds "
        f"(by {opening.motion:.1f} of 255 between frames; 4 and more hold the eye)."
    )


def _cuts(opening: Opening) -> str:
    if opening.cuts > CUTS[3][0]:
        return f"Slow down: {opening.cuts} cuts in three seconds are hard to follow; two to four are enough."
    if opening.cuts == 0:
        return "Cut once or twice within the first three seconds; now they are a single shot."
    return "Cut once more within the first three seconds."


def _face(opening: Opening) -> str:
    if opening.face_share == 0:
        return "Show a person's face within the first three seconds; none is seen."
    return f"Show the face sooner or longer: it is seen in {opening.face_share:.0%} of the first three seconds."


def _close_up(opening: Opening) -> str:
    if opening.face_share == 0:
        return _face(opening)
    return (
        f"Frame the face closer: it takes {opening.largest_face_share:.1%} of the picture; 5 % reads well on a phone."
    )


def _text(opening: Opening) -> str:
    if opening.words == 0:
        return "Put the promise on the screen in three to twelve words: there is no text, and many watch without sound."
    if opening.words > WORDS[3][0]:
        return (
            f"Shorten the text: {opening.words} words are on the screen, and three seconds are enough for about twelve."
        )
    return "Say more in the text on the screen: one or two words leave out what the video promises."


def _speech(opening: Opening) -> str:
    if not opening.has_sound:
        return _NO_SOUND
    if opening.speech_starts_at is None:
        return "Say the main point aloud in the first second; nobody speaks in this video."
    return f"Start speaking at once: the first word comes after {opening.speech_starts_at:.1f} s."


def _loudness(opening: Opening) -> str:
    if not opening.has_sound:
        return _NO_SOUND
    if opening.loudness_dbfs is None:
        return "Let something be heard from the first moment: the sound track is silent in the first three seconds."
    return f"Raise the sound of the opening: it is at {opening.loudness_dbfs:.0f} dBFS, and -20 is usual."


_NO_SOUND = "Add sound: the video has no sound track, so that neither a voice nor music can hold the viewer."

_SENTENCES = {
    "motion": _motion,
    "cuts": _cuts,
    "face": _face,
    "close_up": _close_up,
    "text": _text,
    "speech": _speech,
    "loudness": _loudness,
}
