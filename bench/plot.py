"""Small line charts as SVG: panels side by side, one x axis in powers of ten, one legend."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 250, 220, 50, 40, 60
_TEXT: Final = 'font-family="sans-serif" font-size="11" fill="#333"'
_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


class Series(NamedTuple):
    """One line. points: (x, y), x above 0. colour: a number, the same for lines that belong together."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: int = 0
    dashed: bool = False


class Panel(NamedTuple):
    """One chart; its y axis starts at 0."""

    title: str
    series: Sequence[Series]


def drawn(panels: Sequence[Panel], x_title: str) -> str:
    """The SVG file. Panels have the same series, in the same order."""
    names = panels[0].series
    height = _TOP + _HEIGHT + 55 + 16 * math.ceil(len(names) / 3)
    width = _LEFT + len(panels) * (_WIDTH + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_TEXT}>',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, _LEFT + number * (_WIDTH + _GAP), x_title)
    for number, series in enumerate(names):
        x, y = _LEFT + number % 3 * 260, _TOP + _HEIGHT + 55 + number // 3 * 16
        parts.append(f'<path d="M{x},{y - 4}h24" {_stroke(series)}/>')
        parts.append(_label(x + 30, y, series.name))
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, left: float, x_title: str) -> list[str]:
    xs = sorted({x for series in panel.series for x, _ in series.points})
    low, span = math.log10(xs[0]), math.log10(xs[-1] / xs[0])
    top = _nice(max(y for series in panel.series for _, y in series.points))

    def place(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - low) / span if span else 0.5
        return round(left + across * _WIDTH, 1), round(_TOP + _HEIGHT * (1 - y / top), 1)

    parts = [_label(left, _TOP - 16, panel.title)]
    for step in range(5):
        _, y = place(xs[0], top * step / 4)
        parts.append(f'<path d="M{left},{y}h{_WIDTH}" stroke="#ddd"/>')
        parts.append(_label(left - 6, y + 4, f"{top * step / 4:g}", anchor="end"))
    parts += [_label(place(x, 0)[0], _TOP + _HEIGHT + 16, f"{x:,g}", anchor="middle") for x in xs]
    parts.append(_label(left + _WIDTH / 2, _TOP + _HEIGHT + 32, x_title, anchor="middle"))
    for series in panel.series:
        path = " ".join(f"{x},{y}" for x, y in (place(*point) for point in series.points))
        parts.append(f'<polyline points="{path}" {_stroke(series)}/>')
    return parts


def _nice(value: float) -> float:
    """The next of 1, 2, 4, 6, 8 × a power of ten."""
    power = 10.0 ** math.floor(math.log10(value or 1))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= value)


def _stroke(series: Series) -> str:
    dash = ' stroke-dasharray="5 3"' if series.dashed else ""
    return f'fill="none" stroke="{_COLOURS[series.colour % len(_COLOURS)]}" stroke-width="2"{dash}'


def _label(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
