"""What the analyses found, in words."""

from collections.abc import Callable, Mapping
from typing import Any

Result = Mapping[str, Any]


def in_words(task_type: str, result: Result) -> list[str]:
    """A few lines on the result of one task type, the most telling first."""
    tell = _TELLERS.get(task_type)
    return tell(result) if tell else [f"{len(result)} fields"]


def _scenes(result: Result) -> list[str]:
    cuts = ", ".join(f"{at:.2f}" for at in result["cuts"][:12]) or "none"
    more = " …" if len(result["cuts"]) > 12 else ""
    return [
        f"{len(result['scenes'])} scenes in {result['duration']:.1f} s at {result['frame_rate']:.3g} frames a second",
        f"cuts at {cuts}{more} s",
    ]


def _faces(result: Result) -> list[str]:
    if result["first_face_at"] is None:
        return ["no face"]
    return [
        f"a face for {result['screen_share']:.0%} of the time, at most {result['max_faces']} at once",
        f"the first at {result['first_face_at']:.1f} s, the largest {result['largest_face_share']:.0%} of the frame",
    ]


def _hook(result: Result) -> list[str]:
    lines = [f"{result['score']:.0f} of 100 for the first three seconds"]
    if result["text"]:
        lines.append(f"on the screen: {' / '.join(result['text'])}")
    if result["spoken"]:
        lines.append(f"spoken: “{result['spoken']}”")
    return lines + [f"advice: {sentence}" for sentence in result["advice"][:2]]


def _thumbnails(result: Result) -> list[str]:
    return [
        f"{still['rank']}. at {still['at']:.1f} s, {still['width']} by {still['height']}: {', '.join(still['reasons'])}"
        for still in result["thumbnails"]
    ]


def _captions(result: Result) -> list[str]:
    said = f"“{result['text']}” ({result['language']})" if result["text"] else "no speech"
    return [
        said,
        f"caption: {result['caption']} {' '.join(result['hashtags'])}".rstrip(),
        f"worded by {result['source']}",
    ]


def _ctr(result: Result) -> list[str]:
    drivers = sorted(result["drivers"], key=lambda driver: -abs(driver["effect"]))[:3]
    moved = ", ".join(f"{driver['name']} {driver['effect']:+.0%}" for driver in drivers)
    return [
        f"{result['ctr']:.2%}, with 80 % certainty between {result['low']:.2%} and {result['high']:.2%}",
        f"moved most by {moved}" if moved else "nothing moved it",
        f"behind it: {result['evidence']['outcomes']} outcomes ({result['model_version']})",
    ]


_TELLERS: Mapping[str, Callable[[Result], list[str]]] = {
    "scene_detection": _scenes,
    "face_detection": _faces,
    "hook_analysis": _hook,
    "thumbnail_generation": _thumbnails,
    "caption_generation": _captions,
    "ctr_prediction": _ctr,
}
