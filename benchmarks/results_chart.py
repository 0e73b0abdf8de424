"""The chart of RESULTS.md: for each figure with a target, how much of what is allowed it takes."""

from collections.abc import Sequence
from html import escape

from figures import Figure, readable
from results import Run, counted

WIDTH_PX, ROW_PX, TOP_PX, LEFT_PX, RIGHT_PX = 960, 26, 56, 400, 170

FARTHEST = 2.0
"""Bars end here: twice the target."""

STYLE = """\
svg { background: #ffffff; font: 13px system-ui, sans-serif; } text { fill: #1f2430; } .faint { fill: #5b6472; }
.met { fill: #2a7d6f; } .missed { fill: #c2410c; }
.grid { stroke: #d5d9e0; } .target { stroke: #1f2430; stroke-width: 1.5; }"""


def taken_of(figure: Figure) -> float:
    """How much of what the target allows is taken: at most 1 where it is met, whichever way the target points."""
    held = figure.ours if figure.rival is None else figure.ratio
    assert figure.target is not None  # noqa: S101 - only those are drawn
    bound = float(figure.target.split()[1])
    if held is None:
        return FARTHEST
    if figure.target.startswith("<="):
        return held / bound if bound else (0.0 if held <= 0 else FARTHEST)
    return bound / held if held > 0 else FARTHEST


def chart(runs: Sequence[Run]) -> str:
    """An SVG document: a bar for each figure, a line where the target is."""
    figures = [figure for run in runs for figure in run.figures if figure.target]
    height = TOP_PX + ROW_PX * len(figures) + 24
    about = f"Targets met: {counted(figures)}. Their bars end left of the line."
    parts = [*_grid(height), *(part for row, figure in enumerate(figures) for part in _bar(figure, row=row))]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" role="img" aria-labelledby="t d">'
        f'<style>{STYLE}</style><title id="t">Each figure against its target</title><desc id="d">{escape(about)}</desc>'
        f'<rect width="{WIDTH_PX}" height="{height}" fill="#ffffff"/>'
        f'<text x="{LEFT_PX}" y="24">taken of what the target allows; shorter is better</text>'
        f"{''.join(parts)}</svg>\n"
    )


def _x(share: float) -> float:
    return LEFT_PX + (WIDTH_PX - LEFT_PX - RIGHT_PX) * min(share, FARTHEST) / FARTHEST


def _grid(height: int) -> list[str]:
    parts = []
    for share in (0.0, 0.5, 1.0, 1.5, 2.0):
        kind, at = ("target" if share == 1.0 else "grid"), _x(share)
        parts.append(f'<path class="{kind}" d="M{at:.0f} {TOP_PX - 8}V{height - 20}"/>')
        label = "target" if share == 1.0 else f"{share:.0%}"
        parts.append(f'<text class="faint" x="{at:.0f}" y="{TOP_PX - 14}" text-anchor="middle">{label}</text>')
    return parts


def _bar(figure: Figure, *, row: int) -> list[str]:
    top, taken = TOP_PX + ROW_PX * row, taken_of(figure)
    width = max(1.0, _x(taken) - LEFT_PX)
    held = f"{readable(figure.ours)} {figure.unit}" if figure.ratio is None else f"{figure.ratio:.2f} of the rival"
    told, kind = f"{held}, {figure.aim}", "met" if figure.met else "missed"
    return [
        f'<text x="{LEFT_PX - 10}" y="{top + 15}" text-anchor="end">{escape(_short(figure.what))}</text>',
        f'<rect class="{kind}" x="{LEFT_PX}" y="{top + 4}" width="{width:.1f}" height="16" rx="2">'
        f"<title>{escape(figure.what)}: {escape(told)}</title></rect>",
        f'<text class="faint" x="{WIDTH_PX - 8}" y="{top + 15}" text-anchor="end" font-size="11">{escape(told)}</text>',
    ]


def _short(text: str) -> str:
    return text if len(text) <= 58 else f"{text[:57]}…"
