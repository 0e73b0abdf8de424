"""The twelve angles a text can take, and what goes with each; docs/variants.md tells them to people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Angle:
    """One way to win attention.

    Attributes:
        name: Stable, served as ``angle``.
        about: What a text of this angle does, in words for a writer.
        stage: How near its readers are to buying: ``new``, ``considering``, ``ready`` or ``returning``.
    """

    name: str
    about: str
    stage: str


ANGLES = (
    Angle(name="problem", about="names what annoys the reader today", stage="new"),
    Angle(name="benefit", about="says what gets better", stage="new"),
    Angle(name="curiosity", about="holds something back that one wants to know", stage="new"),
    Angle(name="social_proof", about="points to others' experience", stage="considering"),
    Angle(name="urgency", about="gives a reason to act now", stage="returning"),
    Angle(name="offer", about="puts the offer or the price first", stage="ready"),
    Angle(name="how_to", about="promises to show how it is done", stage="considering"),
    Angle(name="question", about="asks something the reader answers inwardly", stage="new"),
    Angle(name="comparison", about="holds it against the alternatives", stage="considering"),
    Angle(name="story", about="begins to tell a story", stage="new"),
    Angle(name="objection", about="takes a doubt seriously and answers it", stage="returning"),
    Angle(name="identity", about="speaks to who the reader is", stage="ready"),
)
"""In the order in which they take turns."""

VIDEO_FORMATS = ("feed_video", "reel", "story")
"""Where texts go with a campaign that has videos."""

STILL_FORMATS = ("feed_image", "carousel", "story")
"""Where texts go with a campaign that has none."""
