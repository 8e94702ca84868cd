"""`attio-sync history`: one record's stays, drawn to scale."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio
import duckdb
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from attio_sync.attio_types import (
    Actor,
    AttioApplicationWorkflowStatusAttribute,
    AttributeHistory,
    parse_history,
    parse_timestamp,
)
from attio_sync.client import AttioClient
from attio_sync.errors import InvalidValueError, MergeInProgressError
from attio_sync.settings import Settings, TrackedHistory
from attio_sync.tables import current_table, id_column
from attio_sync.value_reader import ValueReader
from attio_workbench.errors import WorkbenchError
from attio_workbench.place import Place, open_database
from attio_workbench.terminal import instant_text, length_text, path_text

COLORS = ("cyan", "green", "yellow", "magenta", "blue", "red", "bright_cyan", "bright_green", "bright_yellow")
HEADER = ("status", "from (UTC)", "to", "how long", "by whom")
DROPPED = (HEADER.index("by whom"), HEADER.index("to"), HEADER.index("from (UTC)"))
"""What is left out first where a line would be cut: how long a stay was is never."""

GAP = 2
LEAST_BESIDE = 16
"""A bar narrower than this says little: then it gets a line of its own."""

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


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


def checked_record_id(text: str) -> str:
    """The id, which becomes part of a URL; of a record's URL in Attio, the first id in its path.

    Raises:
        WorkbenchError: there is none.
    """
    path = re.split(r"[?#]", text)[0].split("/") if text.startswith("https://") else [text]
    found = next(filter(_UUID.fullmatch, path), None)
    if found is None:
        message = (
            f"{text!r} is no record id, such as 6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11, and no URL with one: copy the "
            "address of the record's page in Attio"
        )
        raise WorkbenchError(message)
    return found.lower()


def fetch_histories(settings: Settings, record_id: str) -> list[tuple[TrackedHistory, AttributeHistory]]:
    """What Attio says now: every tracked history that the record has.

    Raises:
        AttioSyncError: it cannot be read.
        WorkbenchError: no tracked object has such a record.
    """
    found = anyio.run(_fetch, settings, record_id)
    if not found:
        parents = " and ".join(sorted({h.parent for h in settings.history}))
        message = f"there is no record {record_id} among the {parents}: it was deleted or merged, or never was"
        raise WorkbenchError(message)
    return found


async def _fetch(settings: Settings, record_id: str) -> list[tuple[TrackedHistory, AttributeHistory]]:
    found: list[tuple[TrackedHistory, AttributeHistory]] = []
    async with AttioClient.connect(settings) as client:
        for history in settings.history:
            outcome = await ValueReader(client, history).read(record_id, None)
            if isinstance(outcome, InvalidValueError | MergeInProgressError):
                raise outcome
            if isinstance(outcome, AttributeHistory):
                found.append((history, outcome))
    return found


def read_histories(settings: Settings, place: Place, record_id: str) -> list[tuple[TrackedHistory, AttributeHistory]]:
    """What the last local sync left in the warehouse.

    Raises:
        WorkbenchError: there is no database, or no such record in it.
    """
    if not place.database.exists():
        message = f"there is no {path_text(place.database)} yet: run attio-sync demo or attio-sync sync first"
        raise WorkbenchError(message)
    found: list[tuple[TrackedHistory, AttributeHistory]] = []
    with open_database(place.database, read_only=True) as connection:
        for history in settings.history:
            query = (
                f'SELECT "{history.attribute}" FROM tester."{current_table(history).name}" '  # noqa: S608 (names from our own settings, quoted)
                f"WHERE {id_column(history)} = ? AND NOT _fivetran_deleted"
            )
            try:
                row = connection.execute(query, [record_id]).fetchone()
            except (duckdb.CatalogException, duckdb.BinderException):
                continue  # not synced yet, or nothing was written into it
            if row:
                found.append((history, parse_history(record_id, json.loads(row[0]))))
    if not found:
        message = f"there is no record {record_id} in {path_text(place.database)}: ask Attio instead, without --local"
        raise WorkbenchError(message)
    return found


def draw(console: Console, history: TrackedHistory, found: AttributeHistory) -> None:
    """Prints a line for each stay, with a bar where it lies in the whole; below the line where there is no room beside."""
    name = f"[bold]{escape(history.parent)}.{escape(history.attribute)}[/bold] of {found.record_id}"
    if not found.values:
        console.print(f"{name}: it has never had a value")
        return
    now = datetime.now(UTC)
    stays = [_Stay.of(value, now) for value in found.values]
    begin, end = stays[0].begin, max(stay.end for stay in stays)
    noun = "stay" if len(stays) == 1 else "stays"
    console.print(f"{name}\n{len(stays):,} {noun} in {length_text(end - begin)}, to scale\n", soft_wrap=True)
    columns = _columns([HEADER, *(stay.cells for stay in stays)], console.width)
    widths = [width for _, width in columns]
    beside = console.width - sum(widths) - GAP * len(widths)
    span = Span(begin, end, beside if beside >= LEAST_BESIDE else console.width)
    console.print(_line(HEADER, columns), style="bold", no_wrap=True, overflow="ellipsis")
    colors: dict[str, str] = {}
    for stay in stays:
        color = colors.setdefault(stay.status_id, COLORS[len(colors) % len(COLORS)])
        line, bar = _line(stay.cells, columns), Text(span.bar(stay.begin, stay.end), color)
        line.stylize(color, 0, len(stay.cells[0]))
        if beside < LEAST_BESIDE:
            line.rstrip()
            line.append("\n")
        console.print(line.append_text(bar), no_wrap=True, overflow="ellipsis")


@dataclass(frozen=True, slots=True)
class _Stay:
    """One stay: when it was, and what its line says."""

    begin: datetime
    end: datetime
    status_id: str
    cells: tuple[str, ...]

    @classmethod
    def of(cls, value: AttioApplicationWorkflowStatusAttribute, now: datetime) -> "_Stay":
        begin = parse_timestamp(value.active_from)
        left = parse_timestamp(value.active_until) if value.active_until else None
        end = left or max(now, begin)
        cells = (
            " ".join(value.status.title.split()),
            instant_text(begin),
            instant_text(left) if left else "now",
            length_text(end - begin),
            actor_text(value.created_by_actor),
        )
        return cls(begin, end, value.status.id.status_id, cells)


def _columns(lines: Sequence[Sequence[str]], room: int) -> list[tuple[int, int]]:
    """Which cells of the lines there is room for, and how wide each is."""
    columns = [(n, max(map(cell_len, cells))) for n, cells in enumerate(zip(*lines, strict=True))]
    for dropped in DROPPED:
        if sum(width + GAP for _, width in columns) - GAP <= room:
            break
        columns = [(n, width) for n, width in columns if n != dropped]
    return columns


def _line(cells: Sequence[str], columns: Sequence[tuple[int, int]]) -> Text:
    return Text("".join(cells[n] + " " * (width + GAP - cell_len(cells[n])) for n, width in columns))


def actor_text(actor: Actor) -> str:
    """Who it was: the kind, and as much of the id as tells them apart."""
    kind = (actor.type or "unknown").replace("workspace-member", "member").replace("-", " ")
    return f"{kind} {actor.id[:8]}" if actor.id else kind
