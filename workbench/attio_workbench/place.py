"""Where a local sync keeps its database and its state, and whose data they hold."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from attio_sync.settings import CONNECTOR
from attio_sync.shapes import as_object
from attio_workbench.errors import WorkbenchError
from attio_workbench.terminal import path_text

DEMO = "the demo"
"""What the demo calls the origin of its data."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder laid out as Fivetran's local run does it: the database is `files/warehouse.db`, the state beside it."""

    folder: Path = CONNECTOR
    chosen_state: Path | None = None

    @property
    def files(self) -> Path:
        """Where everything lies."""
        return self.folder / "files"

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.files / "warehouse.db"

    @property
    def state(self) -> Path:
        """How far the last sync has come."""
        return self.chosen_state or self.files / "state.json"

    @property
    def log(self) -> Path:
        """What the SDK and the connector logged during the last command."""
        return self.files / "attio-sync.log"

    def read_state(self) -> dict[str, Any]:
        """The saved state; empty before the first sync.

        Raises:
            WorkbenchError: the file is not a JSON object.
        """
        try:
            state = as_object(json.loads(self.state.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except ValueError:
            state = None
        if state is None:
            message = (
                f"{path_text(self.state)} is not a JSON object: mend it, or delete it and the next sync is a first one"
            )
            raise WorkbenchError(message)
        return state


@contextmanager
def open_database(path: Path, *, read_only: bool = False) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file; times are UTC.

    Raises:
        WorkbenchError: it is open elsewhere, or is no DuckDB file.
    """
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        text = str(error)
        raise WorkbenchError(busy_text(path) if "lock" in text.lower() else text.splitlines()[0]) from error
    with connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


def busy_text(database: Path) -> str:
    """What to say when somebody else has the database open."""
    return (
        f"{path_text(database)} is open elsewhere: another sync is under way, or a DuckDB session has it. Wait for it or "
        "close it, then run this again"
    )


def claim(place: Place, origin: str) -> str | None:
    """Makes sure that the database holds nothing but what comes from `origin`; returns what was done for that, if anything.

    A database of another origin is moved aside together with its state, never deleted.
    """
    place.files.mkdir(parents=True, exist_ok=True)
    known = read_origin(place.database)
    moved = None if known in (None, origin) else move_aside(place, f"held data from {known}")
    with open_database(place.database) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS attio_sync_origin (origin VARCHAR PRIMARY KEY)")
        connection.execute("INSERT OR IGNORE INTO attio_sync_origin VALUES (?)", [origin])
    return moved


def read_origin(database: Path) -> str | None:
    """Where the data of a database comes from; None where there is none, or another tool made it."""
    if not database.exists():
        return None
    with open_database(database, read_only=True) as connection:
        if not connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'attio_sync_origin'").fetchone():
            return None
        row = connection.execute("SELECT origin FROM attio_sync_origin").fetchone()
        return str(row[0]) if row else None


def clear_for_demo(place: Place) -> str | None:
    """Makes room for the demo; returns what was done for that, if it concerns anything but the last demo's data.

    A state beside the database tells that somebody synced into it after the demo.
    """
    place.files.mkdir(parents=True, exist_ok=True)
    if not place.database.exists() and not place.state.exists():
        return None
    if read_origin(place.database) == DEMO and not place.state.exists():
        for path in (place.database, _log_of(place.database)):
            path.unlink(missing_ok=True)
        return None
    return move_aside(place, "was not made by the demo")


def move_aside(place: Place, why: str) -> str:
    """Renames the database and its state; returns a sentence that says so."""
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    moved: list[str] = []
    for path in (place.database, _log_of(place.database), place.state):
        if path.exists():
            name, dot, ending = path.name.partition(".")
            moved.append(path.rename(path.with_name(f"{name}-{stamp}{dot}{ending}")).name)
    return f"{path_text(place.database)} {why} and was moved aside: {', '.join(moved)}"


def _log_of(database: Path) -> Path:
    """DuckDB's write-ahead log, which a killed sync leaves behind."""
    return database.with_name(f"{database.name}.wal")
