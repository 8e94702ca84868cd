"""Warehouses to build in: a DuckDB file, and a database of a PostgreSQL server. dbt runs in this process."""

import csv
import io
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import duckdb
import psycopg2
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

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
    "attio_time_zone",
    "attio_working_days",
    "attio__using_personal_data",
}
"""Variables that say what a model's SQL is, and nothing of what there is and depends on what."""

type Columns = dict[str, str]
type Rows = Iterable[Sequence[object]]


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
    options += ["--log-path", str(work / "logs"), "--vars", json.dumps(given)]
    if arguments == ("deps",):  # it parses nothing, and makes nothing there
        return _run([*arguments, *options], None)
    options += ["--target-path", str(work / target)]
    key = json.dumps([str(project), target, database(target), {n: v for n, v in given.items() if n not in RENDERED}])
    if key not in _parsed:
        _parsed[key] = _run(["parse", *options], None)
    return _run([*arguments, *options], _parsed[key])


def database(target: str) -> str:
    """What a parsed package calls the database it is in."""
    return os.environ["ATTIO_DBT_DATABASE"] if target == "postgres" else Path(os.environ.get("ATTIO_DBT_FILE", "")).stem


def _run(command: list[str], manifest: Manifest | None) -> Any:
    # Of what happens dbt writes much and slowly; what fails is in its results.
    ended = dbtRunner(manifest).invoke(
        ["--quiet", "--no-use-colors", "--log-level-file", "none", "--no-write-json", *command]
    )
    if ended.exception is not None:
        raise AssertionError(str(ended.exception))
    results: Any = ended.result  # of a kind that depends on the command
    assert ended.success, "\n".join(f"{r.node.name}: {r.message}" for r in results if r.status in {"error", "fail"})
    return results


@dataclass(frozen=True)
class Warehouse(ABC):
    """What a test needs of a warehouse; what dbt compiles for it lies in the folder `work`."""

    work: Path
    target: str

    def build(self, *arguments: str, project: Path = PACKAGE, **variables: Any) -> Any:
        """One command of dbt on it, with these variables."""
        os.environ.update(self.environment())
        return run_dbt(*arguments, target=self.target, work=self.work, variables=variables, project=project)

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

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See Warehouse."""
        with duckdb.connect(str(self.file)) as connection:
            return connection.execute(sql).fetchall()

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

    @contextmanager
    def _cursor(self, database: str) -> Generator[Any]:
        connection = psycopg2.connect(host=str(self.socket), user="postgres", dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()
