"""Waiting saved against compute spent, drawn as SVG."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from math import ceil, floor

from models.replay.figures import Figures
from models.replay.replay import EACH_REQUEST, ORACLE, Replay

WIDTH_PX, HEIGHT_PX = 860, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 70, 20, 54

_LABEL_PX = (24.0, 14.0)
"""Width and height of a threshold's label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """From shares to pixels, with a line at every step."""

    low: float
    high: float
    step: float
    from_px: float
    to_px: float

    def px(self, share: float) -> float:
        return self.from_px + (share - self.low) / (self.high - self.low) * (self.to_px - self.from_px)

    def steps(self) -> list[float]:
        first, last = round(self.low / self.step), round(self.high / self.step)
        return [number * self.step for number in range(first, last + 1)]


def chart(found: Replay) -> str:
    """An ``<svg>`` element: ours as a curve over its thresholds, each rival and the oracle as a mark.

    Both axes are shares of computing at each request, whose own mark (100 % spent, nothing saved) is not shown: the
    axes begin and end around the others. Colours are those of the page's style (:mod:`models.replay.page`).
    """
    whole = found.line(EACH_REQUEST)
    shown = [line for line in found.lines if line is not whole]

    def spent(line: Figures) -> float:
        return line.compute_s / whole.compute_s

    x = _axis((spent(line) for line in shown), from_px=_LEFT, to_px=WIDTH_PX - _RIGHT)
    y = _axis((*(line.saved for line in shown), 1.0), from_px=HEIGHT_PX - _BOTTOM, to_px=_TOP)
    parts = [*_grid(x, y)]
    oracle = found.line(ORACLE)
    least, most = x.px(spent(oracle)), x.px(x.high)
    parts.append(f'<path class="oracle" d="M{least:.1f} {y.px(1.0):.1f}H{most:.1f}"/>')
    points = [(x.px(spent(line)), y.px(line.saved)) for line in found.ours]
    if points:
        parts.append(f'<polyline class="ours" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
    crowded = _crowded(points)
    for line in shown:
        kind = "ours" if line.threshold is not None else "oracle" if line is oracle else "rival"
        labelled = line.threshold is None or not crowded[found.ours.index(line)]
        parts.append(_mark(line, kind, x=x.px(spent(line)), y=y.px(line.saved), share=spent(line), labelled=labelled))
    return (
        f'<svg viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" role="img" aria-labelledby="chart-title chart-about">'
        '<title id="chart-title">Waiting saved against compute spent</title>'
        f'<desc id="chart-about">{escape(_about(found))}</desc>{"".join(parts)}</svg>'
    )


def _axis(shares: Iterable[float], *, from_px: float, to_px: float) -> _Axis:
    known = list(shares)
    span = max(max(known) - min(known), 0.05)
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 10.0, 100.0) if span / step <= 10)
    low, high = floor(min(known) / step) * step, ceil(max(known) / step) * step
    return _Axis(low=low, high=max(high, low + step), step=step, from_px=from_px, to_px=to_px)


def _grid(x: _Axis, y: _Axis) -> list[str]:
    parts = []
    for share in x.steps():
        at = x.px(share)
        parts.append(f'<path class="grid" d="M{at:.1f} {y.from_px}V{y.to_px}"/>')
        parts.append(f'<text x="{at:.1f}" y="{y.from_px + 18}" text-anchor="middle">{share:.0%}</text>')
    for share in y.steps():
        at = y.px(share)
        parts.append(f'<path class="grid" d="M{x.from_px} {at:.1f}H{x.to_px}"/>')
        parts.append(f'<text x="{x.from_px - 8}" y="{at + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    middle = (x.from_px + x.to_px) / 2
    told = "compute spent, of one computation for each request"
    parts.append(f'<text class="axis" x="{middle}" y="{HEIGHT_PX - 12}" text-anchor="middle">{told}</text>')
    middle = (y.from_px + y.to_px) / 2
    turned = f'transform="translate(16 {middle}) rotate(-90)"'
    parts.append(f'<text class="axis" {turned} text-anchor="middle">waiting saved</text>')
    return parts


def _crowded(points: list[tuple[float, float]]) -> list[bool]:
    """Which labels would stand on the one before; their marks still tell when pointed at."""
    crowded: list[bool] = []
    last = (float("-inf"), float("-inf"))
    for x, y in points:
        near = abs(x - last[0]) < _LABEL_PX[0] and abs(y - last[1]) < _LABEL_PX[1]
        crowded.append(near)
        last = last if near else (x, y)
    return crowded


def _mark(line: Figures, kind: str, *, x: float, y: float, share: float, labelled: bool) -> str:
    told = f"{line.name}: {line.saved:.1%} of waiting saved, {share:.1%} of compute spent"
    shape = f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
    place = f'x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle"'
    if kind == "rival":
        shape = f'<rect class="rival" x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10"/>'
    elif kind == "ours":
        place = f'x="{x + 10:.1f}" y="{y + 14:.1f}"'
    label = f"{line.threshold:g}" if line.threshold is not None else line.name
    text = f'<text class="{kind}" {place}>{escape(label)}</text>' if labelled else ""
    return f"<g><title>{escape(told)}</title>{shape}{text}</g>"


def _about(found: Replay) -> str:
    parts = [f"{line.name} saves {line.saved:.0%}" for line in found.lines if line.threshold is None]
    best = max(found.ours, key=lambda line: line.saved, default=None)
    if best is not None:
        parts.append(f"ours saves up to {best.saved:.0%}, at a threshold of {best.threshold:g}")
    return "; ".join(parts)
