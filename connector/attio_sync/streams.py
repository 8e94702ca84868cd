"""Pure: every table of a connection: two for each source, which hold its histories, and the small ones beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attio_sync.attio_types.timestamps import optional_timestamp, parse_timestamp
from attio_sync.attribute_types import ValueColumn, value_of
from attio_sync.errors import InvalidValueError
from attio_sync.histories import AttributeHistory
from attio_sync.small_tables import definitions_for
from attio_sync.sources import Source, tables_of
from attio_sync.tables import Column, Row, Table, printable, warehouse_name


@dataclass(frozen=True, slots=True)
class StayRow:
    """One stay of a record, the `position`-th, as Attio answered it."""

    record_id: str
    position: int
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invalid:
    """A record of a source that cannot be read, and when that was found."""

    source: str
    error: InvalidValueError
    found_at: datetime


def current_table(source: Source) -> Table[AttributeHistory]:
    """Each row is one record or entry, with its whole history as JSON and what people ask first."""
    beside: tuple[Column[AttributeHistory], ...] = (
        *_about(source),
        *_current_values(source),
        Column("active_from", _newest_from, "UTC_DATETIME"),
        Column("stays", lambda h: len(h.raw), "INT"),
    )
    taken = {source.parent.id_column, *(column.name for column in beside)}
    values = warehouse_name(source.attribute)
    if values in taken:
        values = f"{values}_history"
    record: Column[AttributeHistory] = Column(source.parent.id_column, lambda h: h.record_id, key=True)
    return Table(tables_of(source)[0], (record, Column(values, lambda h: h.raw, "JSON"), *beside))


def history_table(source: Source) -> Table[StayRow]:
    """Each row is one stay: a value of one record or entry, for as long as it was there."""
    columns = source.type.columns
    whole: Column[StayRow] = Column("value", lambda s: value_of(s.value), "JSON")
    return Table(
        tables_of(source)[1],
        (
            Column(source.parent.id_column, lambda s: s.record_id, key=True),
            Column("position", lambda s: s.position, "INT", key=True),
            *(_part_of_stay(c) for c in columns if c.identifies),
            Column("active_from", lambda s: parse_timestamp(s.value["active_from"]), "UTC_DATETIME"),
            Column("active_until", lambda s: optional_timestamp(s.value["active_until"]), "UTC_DATETIME"),
            Column("is_active", lambda s: s.value["active_until"] is None, "BOOLEAN"),
            *(_part_of_stay(c) for c in columns if not c.identifies),
            *(() if source.type.is_filtered else (whole,)),
            Column("created_by_actor_type", lambda s: s.value["created_by_actor"]["type"]),
            Column("created_by_actor_id", lambda s: s.value["created_by_actor"]["id"]),
        ),
    )


def history_rows(table: Table[StayRow], history: AttributeHistory, places: Iterable[int]) -> Iterable[Row]:
    """The stays of one record at these places, from 0."""
    for place in places:
        yield table.row(StayRow(history.record_id, place + 1, history.raw[place]))


def error_table() -> Table[Invalid]:
    """Each row is one record that cannot be read; it goes when the record reads well."""
    return Table(
        "attio_sync_error",
        (
            Column("history", lambda i: i.source, key=True),
            Column("record_id", lambda i: i.error.record_id, key=True),
            Column("field", lambda i: i.error.field),
            Column("reason", lambda i: printable(i.error.reason)),
            Column("raw", lambda i: printable(i.error.raw), "JSON"),
            Column("found_at", lambda i: i.found_at, "UTC_DATETIME"),
        ),
    )


def tables(sources: Sequence[Source], *, definitions: bool = True) -> list[Table[Any]]:
    """All tables of a connection that tracks these sources."""
    tracked = [table for s in sources for table in (current_table(s), history_table(s))]
    small = [Table(d.table, d.columns) for d in definitions_for(sources, definitions=definitions)]
    return [*tracked, error_table(), *small]


def schema(sources: Sequence[Source], *, definitions: bool = True) -> list[dict[str, Any]]:
    """All tables, as Fivetran's `schema()` takes them."""
    return [table.schema() for table in tables(sources, definitions=definitions)]


def _about(source: Source) -> tuple[Column[AttributeHistory], ...]:
    """What an entry is about."""
    if not source.parent.is_list:
        return ()
    return (
        Column("parent_object", lambda h: h.entry_of and h.entry_of.parent_object),
        Column("parent_record_id", lambda h: h.entry_of and h.entry_of.parent_record_id),
    )


def _current_values(source: Source) -> tuple[Column[AttributeHistory], ...]:
    """The current value; where there can be several at a time, all of them in one column."""
    if source.is_multiple:
        return (Column("current_values", lambda h: [value_of(v) for v in _current(h)], "JSON"),)
    columns = source.type.columns
    if source.type.definition == "statuses":
        columns = columns[:2]
    return tuple(_part_of_current(c) for c in columns)


def _current(history: AttributeHistory) -> list[dict[str, Any]]:
    return [value for value in history.raw if value["active_until"] is None]


def _newest_from(history: AttributeHistory) -> datetime | None:
    current = _current(history)
    return parse_timestamp(current[-1]["active_from"]) if current else None


def _part_of_current(column: ValueColumn) -> Column[AttributeHistory]:
    def value(history: AttributeHistory) -> Any:
        current = _current(history)
        return column.of(current[-1]) if current else None

    return Column(column.name, value, column.type)


def _part_of_stay(column: ValueColumn) -> Column[StayRow]:
    return Column(column.name, lambda s: column.of(s.value), column.type)
