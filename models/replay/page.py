"""A replay as one HTML file that needs nothing else."""

from collections.abc import Sequence
from html import escape

from models.replay.chart import chart
from models.replay.columns import COLUMNS, about, summary
from models.replay.figures import Figures
from models.replay.replay import Replay

_STYLE = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1a1d21; --faint: #59616b; --line: #d9dee4;
  --ours: #0b5cad; --rival: #9a4a00; --oracle: #1b7a3d; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e8ebee; --faint: #a4adb8; --line: #353c45;
  --ours: #7cb8ff; --rival: #ffb066; --oracle: #6fd896; } }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } .lead { font-size: 1.1rem; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; } tr.ours td:first-child { color: var(--ours); font-weight: 600; }
dt { font-weight: 600; } dd { margin: 0 0 .3rem 1.5rem; } .notes { color: var(--faint); }
svg { width: 100%; height: auto; } svg text { fill: var(--faint); font-size: 12px; } svg .axis { fill: var(--ink); }
svg .grid { stroke: var(--line); fill: none; } svg polyline.ours { stroke: var(--ours); stroke-width: 2; fill: none; }
svg path.oracle { stroke: var(--oracle); stroke-width: 2; stroke-dasharray: 6 4; fill: none; }
svg circle.ours, svg text.ours { fill: var(--ours); } svg rect.rival, svg text.rival { fill: var(--rival); }
svg circle.oracle, svg text.oracle { fill: var(--oracle); }
""".strip()


def page(found: Replay, *, title: str, notes: Sequence[str]) -> str:
    """The chart, the table and what they say, as a document.

    Args:
        found: What came out.
        title: Names the log.
        notes: What was assumed, in sentences.
    """
    rows = "".join(_row(line) for line in found.lines)
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head, _, _ in COLUMNS)
    meant = "".join(f"<dt>{escape(head)}</dt><dd>{escape(says)}</dd>" for head, says, _ in COLUMNS)
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in (*about(found), *notes))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f'<p class="lead">{escape(summary(found))}</p>{chart(found)}'
        f'<div class="scroll"><table><thead><tr><th scope="col">policy</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div><dl>{meant}</dl>"
        f'<div class="notes">{told}</div></body></html>\n'
    )


def _row(line: Figures) -> str:
    cells = "".join(f"<td>{escape(cell(line))}</td>" for _, _, cell in COLUMNS)
    return f'<tr class="{"ours" if line.threshold is not None else "rival"}"><td>{escape(line.name)}</td>{cells}</tr>'
