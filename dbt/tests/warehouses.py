"""Warehouses to build in: a DuckDB file, and a database of a PostgreSQL server. dbt runs in this process."""

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import duckdb
import psycopg2
from dbt.cli.main import dbtRunner

PACKAGE = Path(__file__).parents[1]
PROFILES = Path(__file__).with_name("profiles")

type Columns = dict[str, str]
type Rows = Iterable[Sequence[object]]


def run_dbt(
    *arguments: str, target: str, work: Path, variables: dict[str, Any] | None = None, project: Path = PACKAGE
) -> Any:  # noqa: ANN401 (dbt's own results)
    """One command of dbt; what it compiles lies below `work / target`. Returns its results.

    Raises:
        AssertionError: something in it failed, as its output says.
    """
    command = [*arguments, "--project-dir", str(project), "--profiles-dir", str(PROFILES), "--target", target]
    command += ["--log-path", str(work / "logs"), "--vars", json.dumps(variables or {})]
    if arguments != ("deps",):  # it makes nothing there
        command += ["--target-path", str(work / target)]
    ended = dbtRunner().invoke(["--quiet", "--no-use-colors", *command])
    if ended.exception is not None:
        raise AssertionError(str(ended.exception))
    results: Any = ended.result  # of a kind that depends on the command
    assert ended.success, [f"{r.node.name}: {r.message}" for r in results if r.status in {"error", "fail"}]
    return results


class Warehouse(Protocol):
    """What a test needs of a warehouse."""

    work: Path

    def build(self, *arguments: str, **variables: object) -> Any:  # noqa: ANN401 (dbt's own results)
        """One command of dbt on it, with these variables."""
        ...

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows that a query gives."""
        ...

    def execute(self, sql: str) -> None:
        """A statement."""
        ...

    def load(self, table: str, columns: Columns, rows: Rows) -> None:
        """Makes a table of these columns (name to type) and fills it."""
        ...


@dataclass(frozen=True, slots=True)
class DuckDB:
    """A file; `target` is the one of the profiles that builds in it."""

    file: Path
    work: Path
    target: str = "duckdb"
    attached: Path | None = None

    def build(self, *arguments: str, project: Path = PACKAGE, **variables: object) -> Any:  # noqa: ANN401 (dbt's own results)
        """See Warehouse."""
        os.environ["ATTIO_DBT_FILE"] = str(self.file)
        os.environ["ATTIO_DBT_ATTACHED"] = str(self.attached)
        return run_dbt(*arguments, target=self.target, work=self.work, variables=variables, project=project)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See Warehouse."""
        with duckdb.connect(str(self.file)) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """See Warehouse."""
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(sql)

    def load(self, table: str, columns: Columns, rows: Rows) -> None:
        """See Warehouse."""
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(f"create schema if not exists {table.partition('.')[0]}")
            connection.execute(f"create table {table} ({declared})")
            if data := _csv(rows):
                path = self.work / "rows.csv"
                path.write_text(data, encoding="utf-8")
                connection.execute(f"copy {table} from '{path}' (header false, nullstr '')")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A database of its own on a server that is reached through a socket."""

    socket: Path
    database: str
    work: Path
    target: str = "postgres"

    def build(self, *arguments: str, **variables: object) -> Any:  # noqa: ANN401 (dbt's own results)
        """See Warehouse."""
        os.environ["ATTIO_DBT_SOCKET"] = str(self.socket)
        os.environ["ATTIO_DBT_DATABASE"] = self.database
        return run_dbt(*arguments, target=self.target, work=self.work, variables=variables)

    def connect(self, database: str | None = None) -> Any:  # noqa: ANN401 (psycopg2 has no types)
        """A connection that commits each statement."""
        connection = psycopg2.connect(host=str(self.socket), user="postgres", dbname=database or self.database)
        connection.autocommit = True
        return connection

    def create(self) -> "Postgres":
        """Makes the database."""
        self._on(self.connect("postgres"), f"create database {self.database}")
        return self

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """See Warehouse."""
        return self._on(self.connect(), sql)

    def execute(self, sql: str) -> None:
        """See Warehouse."""
        self._on(self.connect(), sql)

    def load(self, table: str, columns: Columns, rows: Rows) -> None:
        """See Warehouse."""
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        self.execute(f"create schema if not exists {table.partition('.')[0]}")
        self.execute(f"create table {table} ({declared})")
        connection = self.connect()
        try:
            connection.cursor().copy_expert(f"copy {table} from stdin (format csv)", io.StringIO(_csv(rows)))
        finally:
            connection.close()

    @staticmethod
    def _on(connection: Any, sql: str) -> list[tuple[Any, ...]]:  # noqa: ANN401 (psycopg2 has no types)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def _csv(rows: Rows) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
