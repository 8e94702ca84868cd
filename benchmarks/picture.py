"""The comparison as an SVG: bars for what it costs, marks for whether the rows are right. Legible in light and dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 760
COLUMN = 370
LABEL = 108
BAR = 150
LINE = 22
TOP = 46

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .quiet { fill: #59636e }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .right { fill: #1a7f37 }
  .wrong { fill: #d1242f }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .quiet { fill: #9198a1 }
    .bar { fill: #656c76 }
    .ours { fill: #4493f8 }
    .right { fill: #3fb950 }
    .wrong { fill: #f85149 }
  }
"""


@dataclass(frozen=True)
class Bar:
    """One bar: whose, how long, and what is written at its end."""

    name: str
    value: float
    text: str


@dataclass(frozen=True)
class Panel:
    """Bars under a title, the first one ours."""

    title: str
    bars: tuple[Bar, ...]


def draw(panels: Sequence[Panel], marks: Mapping[str, Mapping[str, bool]]) -> str:
    """The picture: panels two by two, below them a table of marks (tool → what happened → whether its rows are right)."""
    parts: list[str] = []
    height = TOP
    for place in range(0, len(panels), 2):
        for column, panel in enumerate(panels[place : place + 2]):
            parts += _panel(panel, 10 + column * COLUMN, height)
        height += (1 + max(len(p.bars) for p in panels[place : place + 2])) * LINE + 18
    parts += _marks(marks, 10, height)
    height += (2 + len(marks)) * LINE + 8
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = "The history of every application: this connector and others"
    heading = f'<text class="title" x="10" y="24" style="font-size:15px">{title}</text>'
    return "\n".join([head, f"<title>{title}</title>", f"<style>{STYLE}</style>", heading, *parts, "</svg>", ""])


def _panel(panel: Panel, x: int, y: int) -> list[str]:
    parts = [f'<text class="title" x="{x}" y="{y + 15}">{escape(panel.title)}</text>']
    largest = max((bar.value for bar in panel.bars), default=0) or 1
    for number, bar in enumerate(panel.bars):
        top = y + (number + 1) * LINE
        kind = "bar" if number else "ours"
        length = max(1.0, bar.value / largest * BAR)
        parts += [
            f'<text class="quiet" x="{x}" y="{top + 15}">{escape(bar.name)}</text>',
            f'<rect class="{kind}" x="{x + LABEL}" y="{top + 4}" width="{length:.1f}" height="14" rx="2"/>',
            f'<text x="{x + LABEL + length + 6:.1f}" y="{top + 15}">{escape(bar.text)}</text>',
        ]
    return parts


def _marks(marks: Mapping[str, Mapping[str, bool]], x: int, y: int) -> list[str]:
    columns = list(next(iter(marks.values()))) if marks else []
    width = (WIDTH - 20 - LABEL) // max(1, len(columns))
    parts = [f'<text class="title" x="{x}" y="{y + 15}">Are its rows right after …</text>']
    for column, name in enumerate(columns):
        center = x + LABEL + column * width + width // 2
        parts.append(f'<text class="quiet" text-anchor="middle" x="{center}" y="{y + LINE + 15}">{escape(name)}</text>')
    for line, (tool, given) in enumerate(marks.items(), 2):
        parts.append(f'<text class="quiet" x="{x}" y="{y + line * LINE + 15}">{escape(tool)}</text>')
        for column, name in enumerate(columns):
            center = x + LABEL + column * width + width // 2
            kind, sign = ("right", "✓") if given[name] else ("wrong", "✗")
            parts.append(f'<text class="{kind}" text-anchor="middle" x="{center}" y="{y + line * LINE + 15}">{sign}</text>')
    return parts
