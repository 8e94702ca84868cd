"""Where a local sync keeps its database and its state."""

import json
import shlex
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from attio_sync.env_files import CONNECTOR
from attio_sync.tables import as_object
from attio_workbench.errors import WorkbenchError
from attio_workbench.terminal import command_text, path_text
from attio_workbench.trouble import trouble_text

PACKAGE = CONNECTOR.parent / "dbt"
"""The dbt package, beside the connector."""

SEED = PACKAGE / "seeds" / "attio_status_mapping.csv"
"""What people say of their statuses, as the package reads it."""


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
    def report(self) -> Path:
        """What was last reported of it."""
        return self.files / "report.html"

    @property
    def state(self) -> Path:
        """How far the last sync has come."""
        return self.chosen_state or self.files / "state.json"

    @property
    def log(self) -> Path:
        """What the SDK and the connector logged during the last command."""
        return self.files / "attio-sync.log"

    @property
    def backups(self) -> Path:
        """Where a database goes that is in the way: `fivetran reset` deletes `files`, what lies in the folder ships."""
        return self.folder.parent / f"{self.folder.name}-backups"

    def command(self, words: str) -> str:
        """A command of ours that looks at what is here, as one can type it."""
        elsewhere = "" if self.folder == CONNECTOR else f" --into {shlex.quote(path_text(self.folder))}"
        return f"{command_text()} {words}{elsewhere}"

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


def checked_output(file: Path) -> Path:
    """The file that a command is told to write, tried before what it is to hold is worked out.

    Raises:
        WorkbenchError: there is no folder for it, or it is one.
        OSError: it cannot be written.
    """
    if file.is_dir():
        message = f"{path_text(file)} is a folder: name a file in it"
        raise WorkbenchError(message)
    if not file.parent.is_dir():
        message = f"there is no folder {path_text(file.parent)} to write {file.name} into: make it, or name another file"
        raise WorkbenchError(message)
    is_new = not file.exists()
    file.open("ab").close()
    if is_new:
        file.resolve().unlink()  # of a link only what it leads to
    return file


@contextmanager
def open_database(path: Path, *, read_only: bool = False) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file; times are UTC.

    Raises:
        WorkbenchError: it is open elsewhere, is no DuckDB file or a damaged one, or there is no room for it.
    """
    try:
        with duckdb.connect(str(path), read_only=read_only) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
    except duckdb.Error as error:
        raise WorkbenchError(trouble_text(path, error)) from error
