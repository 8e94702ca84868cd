"""What to say when a database cannot be opened, read or written."""

import errno
from collections.abc import Iterator
from pathlib import Path

import duckdb

from attio_workbench.terminal import path_text

_NO_ROOM = {errno.ENOSPC: "No space left on device", errno.EDQUOT: "Disk quota exceeded", errno.EFBIG: "File too large"}
"""As DuckDB words them too."""

_UNREADABLE = (
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.IOException,
    duckdb.SerializationException,
)


def trouble_text(database: Path, error: Exception) -> str:
    """What is wrong with the database, or with the disk it is on, and what to do; one line."""
    # What failed first counts: DuckDB goes on to fail at undoing it.
    causes = list(_causes(error))
    for cause in causes:
        for number, said in _NO_ROOM.items():
            if said in str(cause) or (isinstance(cause, OSError) and cause.errno == number):
                return f"cannot write into {path_text(database.parent)}: {said}. Make room there, then run this again"
    if any("lock on file" in str(cause) or "lock is held" in str(cause) for cause in causes):
        return (
            f"{path_text(database)} is open elsewhere: another sync is under way, or a DuckDB session has it. Wait for it "
            "or close it, then run this again"
        )
    if isinstance(causes[0], OSError):
        return os_error_text(causes[0])
    first = str(causes[0]).partition("\n")[0]
    # What the system does not let it open (no permission, a read-only disk) may well be a good database.
    if isinstance(causes[0], _UNREADABLE) and "Cannot open file" not in first:
        return (
            f"{path_text(database)} is no database of DuckDB's, a damaged one or one of a newer version ({first}): move it "
            "away together with its state, and the next sync begins anew"
        )
    return first


def os_error_text(error: OSError) -> str:
    """What the operating system says, and of which file."""
    said = error.strerror or str(error)
    return f"{said}: {error.filename}" if error.filename else said


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those it came from, the first one first."""
    if error is not None:
        yield from _causes(error.__cause__ or error.__context__)
        yield error
