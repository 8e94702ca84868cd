"""`attio-sync export`: what a local sync wrote, in the format of other tools."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console

from attio_sync.settings import Settings
from attio_sync.small_tables import MEMBERS
from attio_sync.sources import Source, tables_of
from attio_workbench import ocel
from attio_workbench.held import DEFINED_BY, Held, open_held
from attio_workbench.place import Place, checked_output
from attio_workbench.terminal import path_text, told_again

ROWS_AT_ONCE = 10_000


def run_export(console: Console, settings: Settings, place: Place, file: Path, *, names: bool) -> None:
    """Writes the histories as an OCEL 2.0 log; a file that is there is replaced when the new one is complete.

    Raises:
        WorkbenchError: there is no database, no history in it, or no folder for the file.
        OSError: the file cannot be written.
    """
    with open_held(place, settings) as held:
        log = _Log(held)
        part = checked_output(file).with_name(f"{file.name}.part")
        try:
            with part.open("w", encoding="utf-8") as output, told_again(f"writing {path_text(file)}"):
                counts = log.write(output, names=names)
            part.replace(file)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    console.print(
        f"{counts['events']:,} events of {counts['items']:,} records and {counts['members']:,} members in "
        f"{path_text(file)}",
        soft_wrap=True,
        markup=False,
    )


class _Log:
    """The statuses and selects of a local sync, as an object-centric event log."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._connection = held.connection
        self._sources = held.choices()

    def write(self, output: TextIO, *, names: bool) -> dict[str, int]:
        """Writes the log, and says how many events, records and members are in it."""
        counts = {"events": 0, "items": 0, "members": 0}

        def counted(kind: str, items: Iterable[ocel.Json]) -> Iterator[ocel.Json]:
            for item in items:
                counts[kind] += 1
                yield item

        titles = [title for (title,) in self._rows(f"SELECT DISTINCT title FROM ({self._moves})")]  # noqa: S608 (words of our own)
        movers = [
            actor
            for (actor,) in self._rows(
                f"SELECT DISTINCT actor_id FROM ({self._moves}) "  # noqa: S608 (words of our own)
                "WHERE actor_type = 'workspace-member' AND actor_id IS NOT NULL"
            )
        ]
        about = [(kind, record) for kind, record in self._rows(self._only_about)]
        parts: dict[str, Iterable[ocel.Json]] = {
            "eventTypes": ocel.event_types(titles),
            "objectTypes": ocel.object_types(
                [(str(source.parent), source.attribute) for source in self._sources], {kind for kind, _ in about}
            ),
            "events": counted("events", ocel.events(self._read("parent, attribute, record_id, position"))),
            "objects": chain(
                counted("items", ocel.records(self._read("parent, record_id, since, attribute, position"))),
                ocel.bare(about),
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
        """A query of all moves of all sources."""
        return " UNION ALL ".join(map(self._moves_of, self._sources))

    def _moves_of(self, source: Source) -> str:
        current, history = tables_of(source)
        key = source.parent.id_column
        kind, definition = DEFINED_BY[source.type.definition or ""]
        title, join = f"h.{kind}_title", ""
        if definition.table in self._held:
            title = f"coalesce(d.title, {title})"
            join = f'LEFT JOIN tester."{definition.table}" AS d ON d.{kind}_id = h.{kind}_id AND NOT d._fivetran_deleted'
        about = "NULL, NULL"
        if source.parent.is_list:
            about = "e.parent_object, e.parent_record_id"
            join += f' LEFT JOIN tester."{current}" AS e ON e."{key}" = h."{key}" AND NOT e._fivetran_deleted'
        return f"""
            SELECT '{source.parent}' AS parent, '{source.attribute}' AS attribute, h."{key}" AS record_id, h.position,
                h.{kind}_id AS value_id, coalesce({title}, h.{kind}_id) AS title, h.active_from AS since,
                h.active_until AS until, h.created_by_actor_type AS actor_type, h.created_by_actor_id AS actor_id,
                {str(source.is_multiple).lower()} AS is_one_of_several, {about}
            FROM tester."{history}" AS h {join}
            WHERE NOT h._fivetran_deleted"""  # noqa: S608 (names that the setting allows, quoted)

    @property
    def _only_about(self) -> str:
        """A query of the records that entries are about and that have no history of their own here: type and id."""
        moves = f"({self._moves}) AS m (p, a, r, n, v, t, f, u, k, i, s, about_type, about_id)"
        return (
            f"SELECT DISTINCT about_type, about_id FROM {moves} WHERE about_id IS NOT NULL "  # noqa: S608 (words of our own)
            f"AND about_id NOT IN (SELECT record_id FROM ({self._moves})) ORDER BY ALL"
        )

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query).fetchall()

    def _read(self, order: str) -> Iterator[ocel.Move]:
        query = f"SELECT * FROM ({self._moves}) ORDER BY {order}"  # noqa: S608 (words of our own)
        found = self._connection.cursor().execute(query)
        while rows := found.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                yield ocel.Move(*row)

    def _members(self) -> list[ocel.Member]:
        if MEMBERS.table not in self._held:
            return []
        rows = self._rows(
            "SELECT workspace_member_id, nullif(trim(concat_ws(' ', first_name, last_name)), ''), access_level "  # noqa: S608 (a constant)
            f'FROM tester."{MEMBERS.table}" WHERE NOT _fivetran_deleted'
        )
        return [ocel.Member(*row) for row in rows]
