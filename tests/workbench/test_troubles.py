"""What a disk can do to a local sync: each trouble is one line that names the file and says what to do."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from tests.conftest import PROFILE
from tests.workbench.conftest import AttioSync, assert_one_line
from tests.workbench.test_history import UNKNOWN
from tests.workbench.test_sync import assert_holds

from attio_simulator import Simulator
from attio_workbench.trouble import trouble_text

DAMAGED = "is no database of DuckDB's, a damaged one or one of a newer version ("
AWAY = "move it away together with its state, and the next sync begins anew"


def test_a_truncated_database_is_named_and_the_next_sync_without_it_begins_anew(
    attio_sync: AttioSync, attio: Simulator, synced: Path
) -> None:
    database = synced / "files" / "warehouse.db"
    assert database.stat().st_size > 300_000
    for size in (300_000, 4096, 100, 1, 0) if PROFILE == "long" else (300_000, 100, 0):
        os.truncate(database, size)

        finished = attio_sync("sync", "--into", synced)

        assert_one_line(finished, f"{database} {DAMAGED}")
        assert AWAY in finished.err
        assert database.stat().st_size == size
    database.unlink()
    (synced / "files" / "state.json").unlink()
    assert attio_sync("sync", "--into", synced).code == 0
    assert_holds(synced, attio)


@pytest.mark.usefixtures("attio")
@pytest.mark.parametrize(
    "command", [("sync",), ("demo", "--no-report", "--records", "24"), ("history", UNKNOWN, "--local")]
)
def test_a_file_that_is_no_database_is_named_by_every_command(
    attio_sync: AttioSync, place: Path, command: tuple[str, ...]
) -> None:
    database = place / "files" / "warehouse.db"
    database.parent.mkdir(parents=True)
    database.write_text("a text" * 1000)

    finished = attio_sync(*command, "--into", place)

    assert_one_line(finished, f"{database} {DAMAGED}")
    assert AWAY in finished.err
    assert database.read_text().startswith("a text")


def test_a_database_with_a_block_that_was_overwritten_is_not_taken_for_a_locked_one(
    attio_sync: AttioSync, synced: Path
) -> None:
    database = synced / "files" / "warehouse.db"
    with database.open("r+b") as file:
        file.seek(100)
        file.write(b"nonsense" * 100)

    assert_one_line(attio_sync("sync", "--into", synced), f"{database} {DAMAGED}IO Error: Corrupt database file")


@pytest.mark.parametrize("room", [pytest.param(1_000, marks=pytest.mark.long), 20_000])
@pytest.mark.usefixtures("attio")
def test_a_disk_that_is_full_is_one_line(place: Path, room: int) -> None:
    # No file may grow beyond this, which fails in the same places as a disk that has no more room.
    code = (
        # Python's own compiled files would be cut too, and a cut one stops every later start.
        "import resource, sys; sys.dont_write_bytecode = True;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2);"
        "from attio_workbench.cli import main; main(sys.argv[2:])"
    )
    command = [sys.executable, "-c", code, str(room), "sync", "--into", str(place)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own)

    assert finished.returncode == 1
    assert finished.stderr == (
        f"error: cannot write into {place / 'files'}: File too large. Make room there, then run this again\n"
    )


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            duckdb.IOException('IO Error: Could not write file "w.db": No space left on device'),
            "cannot write into files: No space left on device. Make room there, then run this again",
        ),
        (
            OSError(28, "No space left on device"),
            "cannot write into files: No space left on device. Make room there, then run this again",
        ),
        (duckdb.IOException('IO Error: Cannot open file "w.db": Permission denied'), 'Cannot open file "w.db": Permission'),
        (PermissionError(13, "Permission denied", "files/attio-sync.log"), "Permission denied: files/attio-sync.log"),
        (duckdb.CatalogException("Catalog Error: no table\nmore"), "Catalog Error: no table"),
    ],
)
def test_each_trouble_has_a_sentence(error: Exception, sentence: str) -> None:
    assert sentence in trouble_text(Path("files/warehouse.db"), error)


@pytest.mark.parametrize("said", ["Permission denied", "Read-only file system", "Too many open files"])
def test_a_database_that_the_system_does_not_open_is_not_called_damaged(said: str) -> None:
    text = f'IO Error: Cannot open file "w.db": {said}'

    assert trouble_text(Path("files/warehouse.db"), duckdb.IOException(text)) == text


def test_what_failed_first_counts() -> None:
    with pytest.raises(duckdb.Error) as caught:
        fail_and_fail_to_undo()

    assert "No space left on device" in trouble_text(Path("files/warehouse.db"), caught.value)


def fail_and_fail_to_undo() -> None:
    """As a transaction does on a full disk."""
    with contextlib.ExitStack() as undoing:
        undoing.callback(raise_, duckdb.Error("TransactionContext Error: cannot rollback - no transaction is active"))
        raise_(OSError(28, "No space left on device"))


def raise_(error: Exception) -> None:
    raise error
