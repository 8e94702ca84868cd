"""One record's stays, a line each, drawn to scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from attio_sync.attio_types.timestamps import parse_timestamp
from attio_sync.attio_types.values import Actor, ActorReferenceValue, AttioValue
from attio_sync.attribute_types import STATUS, AttributeType
from attio_sync.histories import AttributeHistory
from attio_sync.runtime import counted
from attio_sync.sources import Source
from attio_workbench.actors import MEMBER, actor_text
from attio_workbench.terminal import instant_text, length_text

MOST_LINES = 20
"""So many stays are shown, the last ones, unless all are asked for: what fits into a terminal."""

COLORS = ("cyan", "green", "yellow", "magenta", "blue", "red", "bright_cyan", "bright_green", "bright_yellow")
HEADER = ("value", "from (UTC)", "to", "how long", "how long", "by whom")
VALUE, FROM, TO, HOW_LONG, SO_FAR, WHO = range(len(HEADER))
LAYOUTS: tuple[tuple[tuple[int, ...], int], ...] = (
    ((VALUE, FROM, TO, HOW_LONG, WHO), 10),
    ((VALUE, FROM, SO_FAR, WHO), 10),
    ((VALUE, FROM, SO_FAR, WHO), 0),
    ((VALUE, FROM, SO_FAR), 0),
)
"""What a line says and how wide its bar is at least (0: there is none). The first one there is room for is taken.

When a stay began, to the minute, and whether it lasts is said in each: where there is no room for its end, behind how long
it has been.
"""

WIDEST_VALUE = 40
"""A longer text is cut."""

LEAST_OF = {WHO: 12, VALUE: 16}
"""What is cut, and to no less than this, rather than to leave out the bar, or when it was."""

LEAST_OF_VALUE_ALONE = 8
"""The same of the value where there is no room for who it was. Where there is none for this, lines are broken."""

GAP = 2


@dataclass(frozen=True, slots=True)
class Span:
    """The time a drawing covers, and the width it has for that."""

    begin: datetime
    end: datetime
    width: int

    def bar(self, begin: datetime, end: datetime) -> str:
        """A bar where these two instants lie; however short, it can be seen."""
        seconds = max((self.end - self.begin).total_seconds(), 1.0)
        first = round((begin - self.begin).total_seconds() / seconds * self.width)
        last = round((end - self.begin).total_seconds() / seconds * self.width)
        first = min(first, self.width - 1)
        return " " * first + "█" * max(1, last - first)


def draw(
    console: Console, source: Source, found: AttributeHistory, names: Mapping[str, str], *, whole: bool = False
) -> None:
    """Prints a line for each stay, or for each of the last ones, with a bar where it lies in what is shown.

    `names` says what members are called, by id.
    """
    name = f"[bold]{escape(source.name)}[/bold] of {found.record_id}"
    if not found.values:
        console.print(f"{name}: it has never had a value")
        return
    now = datetime.now(UTC)
    stays = [_DrawnStay.of(value, found.type, raw, now, names) for value, raw in zip(found.values, found.raw, strict=True)]
    header = ("status" if found.type is STATUS else "value", *HEADER[1:])
    shown = stays if whole else stays[-MOST_LINES:]
    begin, end = shown[0].begin, max(stay.end for stay in shown)
    columns, room = _layout([header, *(stay.cells for stay in shown)], console.width)
    said = [f"{counted(len(stays), 'stay')} in {length_text(max(stay.end for stay in stays) - stays[0].begin)}"]
    if len(shown) < len(stays):
        said.append(f"the last {len(shown)} in {length_text(end - begin)}")
    scale = ", to scale" if room else ""
    more = "; --all shows all" if len(shown) < len(stays) else ""
    console.print(f"{name}\n{', '.join(said)}{scale}{more}\n")
    span = Span(begin, end, room)
    console.print(_line(header, columns).rstrip(), style="bold")
    colors: dict[str, str] = {}
    for stay in shown:
        color = colors.setdefault(stay.what, COLORS[len(colors) % len(COLORS)])
        line = Text(_line(stay.cells, columns))
        line.stylize(color, 0, len(stay.cells[VALUE]))
        if room:
            line.append_text(Text(span.bar(stay.begin, stay.end), color))
        line.rstrip()
        console.print(line)


@dataclass(frozen=True, slots=True)
class _DrawnStay:
    """One stay: when it was, and what its line may say."""

    begin: datetime
    end: datetime
    what: str
    cells: tuple[str, ...]

    @classmethod
    def of(
        cls, value: AttioValue, kind: AttributeType, raw: object, now: datetime, names: Mapping[str, str]
    ) -> "_DrawnStay":
        begin = parse_timestamp(value.active_from)
        left = parse_timestamp(value.active_until) if value.active_until else None
        end = left or max(now, begin)
        how_long = length_text(end - begin)
        cells = (
            value_text(value, kind, raw, names),
            instant_text(begin),
            instant_text(left) if left else "now",
            how_long,
            how_long if left else f"{how_long} so far",
            _mover(value.created_by_actor, names),
        )
        return cls(begin, end, kind.identity(raw), cells)


def _layout(lines: Sequence[Sequence[str]], room: int) -> tuple[list[tuple[int, int]], int]:
    """Which cells of the lines there is room for, how wide each is, and how wide the bars beside them are."""
    whole = [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]
    for columns, bar in LAYOUTS:
        left = room - sum(whole[n] + GAP for n in columns)
        widths, too_much = list(whole), bar - left if bar else -GAP - left
        for n in (WHO, VALUE) if TO not in columns else ():
            if n in columns and too_much > 0:
                cut = min(too_much, max(0, widths[n] - LEAST_OF[n]))
                widths[n] -= cut
                too_much -= cut
        if too_much <= 0:
            return [(n, widths[n]) for n in columns], max(bar, left) if bar else 0
    # When a stay was and how long is never cut.
    left = room - 2 * GAP - whole[FROM] - whole[SO_FAR]
    whole[VALUE] = min(whole[VALUE], left) if left >= LEAST_OF_VALUE_ALONE else whole[VALUE]
    return [(n, whole[n]) for n in LAYOUTS[-1][0]], 0


def _line(cells: Sequence[str], columns: Sequence[tuple[int, int]]) -> str:
    return "".join(_fitted(cells[n], width) + " " * GAP for n, width in columns)


def _fitted(cell: str, width: int) -> str:
    return set_cell_size(cell, width) if cell_len(cell) <= width else set_cell_size(cell, width - 1) + "…"


def value_text(value: AttioValue, kind: AttributeType, raw: object, names: Mapping[str, str]) -> str:
    """What a value says, in a line that is not too long; of an actor the name."""
    if isinstance(value, ActorReferenceValue):
        said = _mover(Actor(type=value.referenced_actor_type, id=value.referenced_actor_id), names)
    else:
        said = " ".join(kind.label(raw).split()) or "(empty)"
    return _fitted(said, min(cell_len(said), WIDEST_VALUE))


def _mover(actor: Actor, names: Mapping[str, str]) -> str:
    name = names.get(actor.id) if actor.type == MEMBER and actor.id else None
    return actor_text(actor.type, actor.id, name)
