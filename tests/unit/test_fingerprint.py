"""What names the input of a computation."""

from precompute.events import VideoUploaded
from precompute.fingerprint import fingerprint_of, title_of
from precompute.media import RemoteVideo

SOURCE = RemoteVideo("https://example.com/v.mp4")


def test_another_title_is_another_input() -> None:
    """Captions are worded with it, and the CTR is told from them; without one it is as it was before titles counted."""
    named = fingerprint_of(SOURCE, title="Summer drop")
    assert len({named, fingerprint_of(SOURCE, title="Winter drop"), fingerprint_of(SOURCE)}) == 3
    assert fingerprint_of(SOURCE, title="Summer drop") == named
    assert fingerprint_of(SOURCE, title="") == fingerprint_of(SOURCE)


def test_a_title_counts_as_it_is_read() -> None:
    """In one line; what is no text is none."""

    def title(said: object) -> str:
        return title_of(VideoUploaded(subject_id="v1", user_id="u1", data={"title": said}))

    assert title("  Summer\n drop ") == title("Summer drop") == "Summer drop"
    assert title(None) == title(5) == title("") == ""
