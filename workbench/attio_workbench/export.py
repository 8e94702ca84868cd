"""`attio-sync export`: what a local sync wrote, in the format of other tools."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TextIO

import duckdb
from rich.console import Console

from attio_sync.settings import Settings
from attio_sync.sources import Source
from attio_sync.streams import history_table
from attio_sync.tables import MEMBER_TABLE, STATUS_TABLE, id_column
from attio_workbench import ocel
from attio_workbench.errors import WorkbenchError
from attio_workbench.place import Place, open_database
from attio_workbench.terminal import path_text

ROWS_AT_ONCE = 10_000


def run_export(console: Console, settings: Settings, place: Place, file: Path, *, names: bool) -> None:
    """Writes the histories as an OCEL 2.0 log; a file that is there is replaced when the new one is complete.

    Raises:
        WorkbenchError: there is no database, or no history in it.
        OSError: the file cannot be written.
    """
    if not place.database.exists():
        message = f"there is no {path_text(place.database)} yet: run attio-sync demo or attio-sync sync first"
        raise WorkbenchError(message)
    part = file.with_name(f"{file.name}.part")
    with open_database(place.database, read_only=True) as connection:
        log = _Log(connection, settings.history)
        try:
            with part.open("w", encoding="utf-8") as output:
                counts = log.write(output, names=names)
            part.replace(file)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    console.print(
        f"{counts['events']:,} events of {counts['records']:,} records and {counts['members']:,} members in "
        f"{path_text(file)}",
        soft_wrap=True,
        markup=False,
    )


class _Log:
    """The tables of a local sync, as an object-centric event log."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, histories: Iterable[Source]) -> None:
        self._connection = connection
        self._there = {
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'tester'"
            ).fetchall()
        }
        self._histories = [history for history in histories if history_table(history).name in self._there]
        if not self._histories:
            wanted = " or ".join(history_table(history).name for history in histories)
            message = f"there is no table {wanted} in the database: run attio-sync sync first, or correct ATTIO_HISTORY"
            raise WorkbenchError(message)

    def write(self, output: TextIO, *, names: bool) -> dict[str, int]:
        """Writes the log, and says how many events, records and members are in it."""
        counts = {"events": 0, "records": 0, "members": 0}

        def counted(kind: str, items: Iterable[ocel.Json]) -> Iterator[ocel.Json]:
            for item in items:
                counts[kind] += 1
                yield item

        titles = self._distinct("title")
        pairs = [(history.parent, history.attribute) for history in self._histories]
        movers = self._distinct("actor_id", "actor_type = 'workspace-member' AND actor_id IS NOT NULL")
        parts: dict[str, Iterable[ocel.Json]] = {
            "eventTypes": ocel.event_types(titles),
            "objectTypes": ocel.object_types(pairs),
            "events": counted("events", ocel.events(self._read("parent, attribute, record_id, position"))),
            "objects": chain(
                counted("records", ocel.records(self._read("parent, record_id, since, attribute, position"))),
                counted("members", ocel.members(self._members() if names else [], movers)),
            ),
        }
        for number, (name, items) in enumerate(parts.items()):
            output.write(f"{',' if number else '{'}\n{json.dumps(name)}: [")
            lines = (json.dumps(item, ensure_ascii=False) for item in items)
            output.writelines(f"{',' if place else ''}\n{line}" for place, line in enumerate(lines))
            output.write("\n]")
        output.write("\n}\n")
        return counts

    @property
    def _moves(self) -> str:
        """A query of all moves of all histories."""
        has_titles = STATUS_TABLE in self._there
        status = f'LEFT JOIN tester."{STATUS_TABLE}" AS s ON s.status_id = h.status_id AND NOT s._fivetran_deleted'
        title = "coalesce(s.title, h.status_title)" if has_titles else "h.status_title"
        return " UNION ALL ".join(
            f"""
            SELECT '{one.parent}' AS parent, '{one.attribute}' AS attribute, h."{id_column(one)}" AS record_id, h.position,
                h.status_id, coalesce({title}, h.status_id) AS title, h.active_from AS since, h.active_until AS until,
                h.created_by_actor_type AS actor_type, h.created_by_actor_id AS actor_id
            FROM tester."{history_table(one).name}" AS h {status if has_titles else ""}
            WHERE NOT h._fivetran_deleted"""  # noqa: S608 (names from our own settings, quoted)
            for one in self._histories
        )

    def _distinct(self, column: str, condition: str = "true") -> list[str]:
        query = f"SELECT DISTINCT {column} FROM ({self._moves}) WHERE {condition}"  # noqa: S608 (words of our own)
        return [value for (value,) in self._connection.execute(query).fetchall()]

    def _read(self, order: str) -> Iterator[ocel.Move]:
        query = f"SELECT * FROM ({self._moves}) ORDER BY {order}"  # noqa: S608 (words of our own)
        found = self._connection.cursor().execute(query)
        while rows := found.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                yield ocel.Move(*row)

    def _members(self) -> list[ocel.Member]:
        if MEMBER_TABLE not in self._there:
            return []
        rows = self._connection.execute(
            "SELECT workspace_member_id, nullif(trim(concat_ws(' ', first_name, last_name)), ''), access_level "  # noqa: S608 (a constant)
            f'FROM tester."{MEMBER_TABLE}" WHERE NOT _fivetran_deleted'
        ).fetchall()
        return [ocel.Member(*row) for row in rows]
