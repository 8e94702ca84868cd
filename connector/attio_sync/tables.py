"""Pure: one declaration a table, from which both schema() and the rows come."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attio_sync.attio_types import AttioApplicationWorkflowStatusAttribute, AttributeHistory, parse_timestamp
from attio_sync.errors import InvalidValueError
from attio_sync.settings import TrackedHistory
from attio_sync.shapes import as_array, as_object

type Row = dict[str, Any]

ERROR_TABLE = "attio_sync_error"


@dataclass(frozen=True, slots=True)
class Column[T]:
    """A column: its name, how its value comes from what the row is made of, and its type where Fivetran must not guess.

    Forced are keys, timestamps, JSON and columns that may be null in every row: an undeclared key whose values look like
    numbers becomes a number, and an undeclared column with nothing but nulls is not created.
    """

    name: str
    value: Callable[[T], Any]
    type: str | None = None
    key: bool = False


@dataclass(frozen=True, slots=True)
class Table[T]:
    """A table: its name and its columns, in order."""

    name: str
    columns: tuple[Column[T], ...]

    def schema(self) -> dict[str, Any]:
        """As Fivetran's `schema()` takes it."""
        return {
            "table": self.name,
            "primary_key": [c.name for c in self.columns if c.key],
            "columns": {c.name: c.type for c in self.columns if c.type is not None},
        }

    def row(self, item: T) -> Row:
        """One row, with every column."""
        return {c.name: c.value(item) for c in self.columns}

    def key(self, row: Row) -> Row:
        """The key of a row: what a delete needs."""
        return {c.name: row[c.name] for c in self.columns if c.key}


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a record in one status."""

    history: AttributeHistory
    value: AttioApplicationWorkflowStatusAttribute

    @property
    def active_until(self) -> datetime | None:
        """When it was left; None while it lasts."""
        return parse_timestamp(self.value.active_until) if self.value.active_until else None


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record that could not be read, and when that was tried."""

    history: TrackedHistory
    error: InvalidValueError
    read_at: datetime


def id_column(history: TrackedHistory) -> str:
    """What the record's id is called: `application_id` for applications, `record_id` for any other object."""
    return "application_id" if history.parent == "applications" else "record_id"


def current_table(history: TrackedHistory) -> Table[AttributeHistory]:
    """Each row is one record, with its whole history as JSON."""
    return Table(
        history.table,
        (
            Column(id_column(history), lambda h: h.record_id, "STRING", key=True),
            Column(history.attribute, lambda h: h.raw, "JSON"),
        ),
    )


def history_table(history: TrackedHistory) -> Table[Stay]:
    """Each row is one stay of one record in one status."""
    return Table(
        f"{history.table}_history",
        (
            Column(id_column(history), lambda s: s.history.record_id, "STRING", key=True),
            Column("active_from", lambda s: parse_timestamp(s.value.active_from), "UTC_DATETIME", key=True),
            Column("status_id", lambda s: s.value.status.id.status_id, "STRING", key=True),
            Column("active_until", lambda s: s.active_until, "UTC_DATETIME"),
            Column("is_active", lambda s: s.value.active_until is None, "BOOLEAN"),
            Column("status_title", lambda s: s.value.status.title, "STRING"),
            Column("status_is_archived", lambda s: s.value.status.is_archived, "BOOLEAN"),
            Column("target_time_in_status", lambda s: s.value.status.target_time_in_status, "STRING"),
            Column("created_by_actor_type", lambda s: s.value.created_by_actor.type, "STRING"),
            Column("created_by_actor_id", lambda s: s.value.created_by_actor.id, "STRING"),
            Column("read_at", lambda s: s.history.read_at, "UTC_DATETIME"),
        ),
    )


def error_table() -> Table[Invalid]:
    """Each row is one record whose values do not have the shape Attio documents; it goes when the record reads well."""
    return Table(
        ERROR_TABLE,
        (
            Column("history", lambda i: f"{i.history.parent}.{i.history.attribute}", "STRING", key=True),
            Column("record_id", lambda i: i.error.record_id, "STRING", key=True),
            Column("field", lambda i: i.error.field, "STRING"),
            Column("reason", lambda i: i.error.reason, "STRING"),
            Column("raw", lambda i: printable(i.error.raw), "JSON"),
            Column("read_at", lambda i: i.read_at, "UTC_DATETIME"),
        ),
    )


def schema(histories: Sequence[TrackedHistory]) -> list[dict[str, Any]]:
    """All tables, as Fivetran's `schema()` takes them."""
    tables = [table for h in histories for table in (current_table(h).schema(), history_table(h).schema())]
    return [*tables, error_table().schema()]


def history_rows(table: Table[Stay], history: AttributeHistory) -> Iterator[Row]:
    """The stays of one record, oldest first. Two that begin in one status at one microsecond are one, the later."""
    rows = (table.row(Stay(history, value)) for value in history.values)
    return iter({tuple(table.key(row).values()): row for row in rows}.values())


def printable(raw: Any, depth: int = 0) -> Any:  # noqa: ANN401 (what Attio answered may be anything)
    """Raw JSON as a warehouse can store it: bounded in depth, without lone surrogates, NULs and numbers that are none."""
    if depth > 20:  # noqa: PLR2004 (deeper than any value Attio documents)
        return "…"
    if (shape := as_object(raw)) is not None:
        return {printable(key): printable(value, depth + 1) for key, value in shape.items()}
    if (array := as_array(raw)) is not None:
        return [printable(value, depth + 1) for value in array]
    return _printable_scalar(raw)


def _printable_scalar(raw: object) -> object:
    if isinstance(raw, str):
        return raw.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\u0000")
    if isinstance(raw, float) and not math.isfinite(raw):
        return str(raw)
    if isinstance(raw, int) and raw.bit_length() > 63:  # noqa: PLR2004 (what a warehouse's integers hold)
        return "an integer of more than 63 bits"
    return raw
