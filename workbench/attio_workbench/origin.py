"""Whose data a database holds, and what happens to one that holds somebody else's."""

import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from attio_sync.attio_types.workspace import TokenIdentity
from attio_sync.sources import Source
from attio_sync.streams import tables
from attio_workbench.errors import WorkbenchError
from attio_workbench.place import Place, open_database
from attio_workbench.terminal import path_text


@dataclass(frozen=True, slots=True)
class Origin:
    """Where data comes from: an address and, where that is known, which of the workspaces there, and what was tracked.

    `history` is that as the setting says it, with every source by name.
    """

    address: str
    workspace_id: str | None = None
    workspace_name: str | None = None
    workspace_slug: str | None = None
    history: str | None = None

    @classmethod
    def of(cls, address: str, identity: TokenIdentity, sources: Iterable[Source]) -> "Origin":
        """The workspace a token is for, and what is tracked of it."""
        history = ",".join(map(str, sources))
        return cls(address, identity.workspace_id, identity.workspace_name, identity.workspace_slug, history)

    def __str__(self) -> str:
        """`'Example Hiring' (0d4b…)`, or the address."""
        return f"{self.workspace_name!r} ({self.workspace_id})" if self.workspace_id else self.address


DEMO = "the demo"
"""The address of what the demo made."""


def claim(place: Place, origin: Origin) -> str | None:
    """Makes sure that the database holds nothing but what comes from `origin`; returns what was done for that, if anything.

    A database of another address is moved aside together with its state, never deleted.

    Raises:
        WorkbenchError: it holds another workspace of the same address.
    """
    place.files.mkdir(parents=True, exist_ok=True)
    known = read_origin(place.database)
    moved = None
    if known and known.address != origin.address:
        moved = move_aside(place, f"held data from {known.address}")
        if kept := _backup_of(place, origin):
            moved += (
                f". This sync begins anew; what was synced from this workspace before is in {path_text(kept)}: to go on "
                f"from there, stop this, move those files to {path_text(place.files)} and sync again"
            )
    elif known and None not in (known.workspace_id, origin.workspace_id) and known.workspace_id != origin.workspace_id:
        message = (
            f"{path_text(place.database)} holds the workspace {known}, and this token is for {origin}: sync this one into "
            f"another folder with --into, or move the database away together with {path_text(place.state)}"
        )
        raise WorkbenchError(message)
    with open_database(place.database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS attio_sync_origin (origin VARCHAR PRIMARY KEY)")
        columns = ("workspace_id", "workspace_name", "workspace_slug", "history")
        for column in columns:  # databases from before have none
            connection.execute(f"ALTER TABLE attio_sync_origin ADD COLUMN IF NOT EXISTS {column} VARCHAR")
        row = [origin.address, *(getattr(origin, column) for column in columns)]
        names = ", ".join(("origin", *columns))
        connection.execute(f"INSERT OR REPLACE INTO attio_sync_origin ({names}) VALUES (?, ?, ?, ?, ?)", row)  # noqa: S608 (names of our own)
    return moved


def read_origin(database: Path) -> Origin | None:
    """Where the data of a database comes from; None where there is none, or another tool made it."""
    if not database.exists():
        return None
    with open_database(database, read_only=True) as connection:
        return origin_in(connection)


def origin_in(connection: duckdb.DuckDBPyConnection) -> Origin | None:
    """The same of an open database."""
    if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'attio_sync_origin'").fetchone():
        return None
    found = connection.execute("SELECT * FROM attio_sync_origin")
    columns, row = [column[0] for column in found.description or ()], found.fetchone()
    known = dict(zip(columns, row, strict=True)) if row else None  # databases from before lack some
    return Origin(known.pop("origin"), **known) if known else None


def clear_of_other_keys(place: Place, sources: Sequence[Source]) -> str | None:
    """Makes room where a table has another key than the one that is written now, as an earlier version may have left it.

    Its rows cannot be fitted to the new key. Returns what was done, if anything.
    """
    if not place.database.exists():
        return None
    expected = {table.name: set(table.schema()["primary_key"]) for table in tables(sources)}
    query = """
        SELECT table_name, constraint_column_names FROM duckdb_constraints()
        WHERE constraint_type = 'PRIMARY KEY' AND schema_name = 'tester' ORDER BY table_name
    """
    with open_database(place.database, read_only=True) as connection:
        keys = connection.execute(query).fetchall()
    for name, key in keys:
        if name in expected and set(key) != expected[name]:
            moved = move_aside(place, f"has another key in {name} than is written now, as an earlier version left it,")
            return f"{moved}. This sync begins anew"
    return None


def clear_for_demo(place: Place) -> str | None:
    """Makes room for the demo; returns what was done for that, if it concerns anything but the last demo's data.

    A state beside the database tells that somebody synced into it after the demo.
    """
    place.files.mkdir(parents=True, exist_ok=True)
    if not place.database.exists() and not place.state.exists():
        return None
    known = read_origin(place.database)
    if known and known.address == DEMO and not place.state.exists():
        for path in _made_by_a_sync(place):
            path.unlink(missing_ok=True)
        return None
    return move_aside(place, "was not made by the demo")


def move_aside(place: Place, why: str) -> str:
    """Moves the database and its state into a folder of their own; returns a sentence that says so."""
    folder = place.backups / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    folder.mkdir(parents=True)
    moved = [path for path in (*_made_by_a_sync(place), place.state) if path.exists()]
    for path in moved:
        shutil.move(path, folder / path.name)  # the folder beside may be on another disk
    return f"{path_text(place.database)} {why} and was moved to {path_text(folder)}: {', '.join(p.name for p in moved)}"


def _backup_of(place: Place, origin: Origin) -> Path | None:
    """The newest folder with a database of this workspace that was moved aside together with its state."""
    for folder in sorted(place.backups.glob("*/"), reverse=True):
        with suppress(WorkbenchError):  # one that cannot be read is nothing to go on from
            known = read_origin(folder / place.database.name)
            if known and (known.address, known.workspace_id) == (origin.address, origin.workspace_id):
                return folder if (folder / place.state.name).exists() else None
    return None


def _made_by_a_sync(place: Place) -> tuple[Path, ...]:
    """The database, the write-ahead log that a killed sync leaves behind, and the report of that database."""
    return place.database, place.database.with_name(f"{place.database.name}.wal"), place.report
