"""Warehouses to build in: a DuckDB file, and a database of a PostgreSQL server. dbt runs in this process."""

import csv
import io
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import duckdb
import psycopg2
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_common.tests import enable_test_caching

PACKAGE = Path(__file__).parents[1]
PROFILES = Path(__file__).with_name("profiles")
RENDERED = {
    "attio_as_of",
    "attio_few_records",
    "attio_histories",
    "attio_horizon_days",
    "attio_late_entries",
    "attio_late_entry_records",
    "attio_observed_since",
    "attio_segment_values",
    "attio_segments",
    "attio_sources",
    "attio_time_zone",
    "attio_working_days",
    "attio__using_personal_data",
}
"""Variables that say what a model's SQL is, and nothing of what there is and depends on what."""

ANY_SEGMENTS = [{"history": "deals.stage", "by": "moved_by"}]
"""Where there are segments there is one more model; which they are, its SQL says."""

TEST_PROFILE = os.environ.get("TEST_PROFILE", "short")
PROFILE = "short" if TEST_PROFILE == "all" else TEST_PROFILE
"""As for the connector: `short` is what `make test` runs, `all` what CI does, and `long` repeats more of it."""

GIVEN: dict[str, Any] = {"attio_schema": "tester", "attio__using_unit_tests": True}
"""What all tests give besides their own, so that they share what is parsed."""

type Columns = dict[str, str]
type Rows = Iterable[Sequence[object]]

enable_test_caching()  # dbt reads the same macros for each project and warehouse

_parsed: dict[str, Manifest] = {}
"""The package as dbt has parsed it, which takes seconds: once for all that is built or compiled of the same."""


def run_dbt(
    *arguments: str, target: str, work: Path, variables: dict[str, Any] | None = None, project: Path = PACKAGE
) -> Any:
    """One command of dbt; what it compiles lies below `work / target`. Returns its results.

    Raises:
        AssertionError: something in it failed, as its output says.
    """
    given = variables or {}
    options = ["--project-dir", str(project), "--profiles-dir", str(PROFILES), "--target", target]
    options += ["--log-path", str(work / "logs"), "--vars"]
    if arguments == ("deps",):  # it parses nothing, and makes nothing there
        return _run([*arguments, *options, json.dumps(given)], None)
    options = ["--target-path", str(work / target), *options]
    if arguments == ("parse",):
        return _run([*arguments, *options, json.dumps(given)], None)
    decisive = parsed_with(given)
    key = json.dumps([str(project), target, database(target), decisive])
    if key not in _parsed:
        _parsed[key] = _run(["parse", *options, json.dumps(decisive)], None)
    return _run([*arguments, *options, json.dumps(given)], _parsed[key])


def parsed_with(given: dict[str, Any]) -> dict[str, Any]:
    """The variables to parse with; in the long profile all, so that each is parsed as it would be for a user."""
    if PROFILE == "long":
        return given
    decisive = {name: value for name, value in given.items() if name not in RENDERED}
    return decisive | {"attio_segments": ANY_SEGMENTS} if given.get("attio_segments") else decisive


def database(target: str) -> str:
    """What a parsed package calls the database it is in."""
    return os.environ["ATTIO_DBT_DATABASE"] if target == "postgres" else Path(os.environ.get("ATTIO_DBT_FILE", "")).stem


def _run(command: list[str], manifest: Manifest | None) -> Any:
    # dbt writes much and slowly of what happens; what fails is in its results.
    ended = dbtRunner(manifest).invoke(["--log-level", "none", "--log-level-file", "none", "--no-write-json", *command])
    if ended.exception is not None:
        raise AssertionError(str(ended.exception))
    results: Any = ended.result  # of a kind that depends on the command
    assert ended.success, "\n".join(f"{r.node.name}: {r.message}" for r in results if r.status in {"error", "fail"})
    return results


_opened: dict[Path, duckdb.DuckDBPyConnection] = {}


@dataclass(frozen=True)
class Warehouse(ABC):
    """What a test needs of a warehouse; what dbt compiles for it lies in the folder `work`."""

    work: Path
    target: str

    def build(self, *arguments: str, project: Path = PACKAGE, **variables: Any) -> Any:
        """One command of dbt on it, with these variables; in a project of its own with no others."""
        self.hand_over()
        given = GIVEN | variables if project == PACKAGE else variables
        return run_dbt(*arguments, target=self.target, work=self.work, variables=given, project=project)

    def hand_over(self) -> None:
        """Lets dbt have it: what the profiles read is in the environment."""
        os.environ.update(self.environment())

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """What the profiles read."""

    @abstractmethod
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows that a query or a statement gives."""

    @abstractmethod
    def copy(self, table: str, rows: str) -> None:
        """Fills a table with rows of CSV."""

    def load(self, table: str, columns: Columns, rows: Rows) -> None:
        """Makes a table of these columns (name to type) and fills it."""
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.query(f"create schema if not exists {table.partition('.')[0]}")
        self.query(f"create table {table} ({declared})")
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        if text.getvalue():
            self.copy(table, text.getvalue())


@dataclass(frozen=True)
class DuckDB(Warehouse):
    """A file, and one that is attached to it where the profile says so."""

    file: Path
    attached: Path | None = None

    def environment(self) -> dict[str, str]:
        """See Warehouse."""
        return {"ATTIO_DBT_FILE": str(self.file), "ATTIO_DBT_ATTACHED": str(self.attached)}

    def hand_over(self) -> None:
        """See Warehouse; dbt opens a file that nobody has open otherwise."""
        super().hand_over()
        while _opened:
            _opened.popitem()[1].close()

    def connection(self) -> duckdb.DuckDBPyConnection:
        """The file, which stays open until dbt needs one: to open it takes longer than most queries."""
        if self.file not in _opened:
            _opened[self.file] = duckdb.connect(str(self.file))
        return _opened[self.file]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See Warehouse."""
        return self.connection().execute(sql).fetchall()

    def copy(self, table: str, rows: str) -> None:
        """See Warehouse."""
        path = self.work / "rows.csv"
        path.write_text(rows, encoding="utf-8")
        self.query(f"copy {table} from '{path}' (header false, nullstr '')")


@dataclass(frozen=True)
class Postgres(Warehouse):
    """A database of its own on a server that is reached through a socket in a folder."""

    socket: Path
    database: str

    def environment(self) -> dict[str, str]:
        """See Warehouse."""
        return {"ATTIO_DBT_SOCKET": str(self.socket), "ATTIO_DBT_DATABASE": self.database}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See Warehouse."""
        with self._cursor(self.database) as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def copy(self, table: str, rows: str) -> None:
        """See Warehouse."""
        with self._cursor(self.database) as cursor:
            cursor.copy_expert(f"copy {table} from stdin (format csv)", io.StringIO(rows))

    def create(self) -> Self:
        """Makes the database."""
        with self._cursor("postgres") as cursor:
            cursor.execute(f"create database {self.database}")
        return self

    def renamed(self, name: str) -> Self:
        """The database under another name: what is parsed names it, so all are built under one."""
        with self._cursor("postgres") as cursor:
            cursor.execute(f"alter database {self.database} rename to {name}")
        return replace(self, database=name)

    @contextmanager
    def _cursor(self, database: str) -> Generator[Any]:
        connection = psycopg2.connect(host=str(self.socket), user="postgres", dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()
