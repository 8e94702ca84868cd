"""What a local database holds: its sources, as its own tables tell."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

import duckdb

from attio_sync.attribute_types import STATUS, TYPES, AttributeType
from attio_sync.settings import Settings
from attio_sync.small_tables import MEMBERS, OPTIONS, STATUSES, Definition
from attio_sync.sources import Source, Tracked, parse_tracked, tables_of
from attio_workbench.errors import WorkbenchError
from attio_workbench.origin import origin_in
from attio_workbench.place import Place, open_database
from attio_workbench.terminal import path_text

DEFINED_BY: dict[str, tuple[str, Definition[Any]]] = {"statuses": ("status", STATUSES), "options": ("option", OPTIONS)}
"""As what Attio speaks of the values of a type, and the table that says what each of them is called today."""


class Held:
    """The tables of a local sync, open for reading.

    Its sources are what the last sync tracked; in a database that another tool made, what the setting `history` names.

    Raises:
        WorkbenchError: what was tracked had a name that no table has any more.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, tracked: Tracked) -> None:
        self.connection = connection
        self._columns: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'tester'"
        ).fetchall():
            self._columns.setdefault(table, set()).add(column)
        origin = origin_in(connection)
        if origin and origin.history:
            tracked = _tracked_before(origin.history)
        self._named = tracked.named
        self.sources = list(self._sources())

    def __contains__(self, table: str) -> bool:
        return table in self._columns

    def choices(self) -> list[Source]:
        """The sources whose values are listed in a table: statuses and selects.

        Raises:
            WorkbenchError: there are none.
        """
        found = [source for source in self.sources if source.type.definition]
        if not found and self.sources:
            names = ", ".join(source.name for source in self.sources)
            message = f"what was synced is no status or select ({names}): name one in the setting history, and sync again"
            raise WorkbenchError(message)
        if not found:
            wanted = " or ".join(tables_of(source)[1] for source in self._named)
            message = f"there is no table {wanted} of a status or select in the database: run attio-sync sync first"
            raise WorkbenchError(message)
        return found

    def pipelines(self) -> list[Source]:
        """Those that have one value at a time, which the models are of.

        Raises:
            WorkbenchError: there are none.
        """
        choices = self.choices()
        found = [source for source in choices if not source.is_multiple]
        if not found:
            names = ", ".join(source.name for source in choices)
            message = f"{names} can have several values at a time; the models are of statuses and selects that have one"
            raise WorkbenchError(message)
        return found

    def names(self) -> dict[str, str]:
        """What members are called, by id; nobody's where the token may not see them."""
        if MEMBERS.table not in self:
            return {}
        query = f"""
            SELECT workspace_member_id, coalesce(nullif(trim(concat_ws(' ', first_name, last_name)), ''), email_address)
            FROM tester.{MEMBERS.table} WHERE NOT _fivetran_deleted
        """  # noqa: S608 (a name of our own)
        return {member: " ".join(name.split()) for member, name in self.connection.execute(query).fetchall() if name}

    def title_today(self, source: Source, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The same values of a status or select, as Attio keeps them, with what they are called today."""
        if source.type.definition is None:
            return values
        kind, definition = DEFINED_BY[source.type.definition]
        if definition.table not in self:
            return values
        query = f"""
            SELECT {kind}_id, title FROM tester.{definition.table}
            WHERE object = ? AND attribute = ? AND NOT _fivetran_deleted
        """  # noqa: S608 (names of our own)
        titles = dict(self.connection.execute(query, [str(source.parent), source.attribute]).fetchall())
        for value in values:
            value[kind]["title"] = titles.get(value[kind]["id"][f"{kind}_id"], value[kind]["title"])
        return values

    def _sources(self) -> Iterator[Source]:
        for source in self._named:
            current, history = (self._columns.get(table) for table in tables_of(source))
            if current and history:
                yield replace(source, type=_type_of(history), is_multiple="current_values" in current)


def _tracked_before(history: str) -> Tracked:
    try:
        return cast("Tracked", parse_tracked(history, ()))
    except ValueError as error:
        message = f"an earlier version tracked {history} ({error}): run attio-sync sync, and it has today's names"
        raise WorkbenchError(message) from None


def _type_of(columns: set[str]) -> AttributeType:
    """The type whose columns a history table has; some have those of another one besides."""
    fitting = [one for one in TYPES.values() if {column.name for column in one.columns} <= columns]
    return max(fitting, key=lambda one: len(one.columns), default=STATUS)


@contextmanager
def open_held(place: Place, settings: Settings) -> Generator[Held]:
    """What the last local sync left.

    Raises:
        WorkbenchError: there is no database, or it cannot be read.
    """
    if not place.database.exists():
        message = f"there is no {path_text(place.database)} yet: run attio-sync demo or attio-sync sync first"
        raise WorkbenchError(message)
    with open_database(place.database, read_only=True) as connection:
        yield Held(connection, settings.history)
