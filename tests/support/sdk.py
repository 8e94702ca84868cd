"""Runs the connector through the SDK's own local run time, into a real DuckDB file."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from tests.support import truth

from attio_simulator import Workspace
from attio_sync.checks import find_sources
from attio_sync.checks import run as look_up
from attio_sync.fivetran import FivetranSink
from attio_sync.runtime import Environment
from attio_sync.settings import load_settings
from attio_sync.streams import schema
from attio_sync.sync import run_sync
from attio_workbench.local_run import run_in_sdk
from attio_workbench.sdk_log import local_logging


def warehouse_tables(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table of a local destination that are not deleted, without the columns Fivetran adds."""
    tables: dict[str, list[dict[str, Any]]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        named = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'tester'")
        for (table,) in named.fetchall():
            found = connection.table(f"tester.{table}")
            rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
            # A declared table that never had a row has no such column yet.
            kept = [row for row in rows if not row.get("_fivetran_deleted")]
            tables[table] = [{n: v for n, v in row.items() if not n.startswith("_fivetran")} for row in kept]
    return tables


@dataclass(slots=True)
class LocalRun:
    """One connection: its folder with `files/warehouse.db` and `files/state.json`."""

    folder: Path
    environment: Environment
    wrap: Callable[[FivetranSink], Any] = lambda sink: sink

    @property
    def state(self) -> dict[str, Any]:
        path = self.folder / "files" / "state.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def sync(self, configuration: dict[str, str]) -> None:
        """One sync, from the state the last one left."""

        settings = load_settings(configuration, ())
        found = look_up(settings, find_sources, self.environment)

        def update(state: dict[str, Any]) -> None:
            run_sync(settings, state, self.wrap(FivetranSink()), self.environment, found)

        with local_logging():
            run_in_sdk(update, schema(found.sources, definitions=settings.definitions), self.folder, self.state)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of each table that are not deleted, without the columns Fivetran adds."""
        return warehouse_tables(self.folder / "files" / "warehouse.db")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The same of one table."""
        return self.tables()[table]

    def assert_equal_to_attio(self, workspace: Workspace) -> None:
        """All tables, as the same comparison of a world does it, and no row of a record that cannot be read."""
        tables = self.tables()
        current = {r["application_id"]: r for r in tables["attio_workflow_status"]}
        histories = truth.status_table(workspace)
        delivered = {r: truth.as_identified(json.loads(row["workflow_status"])) for r, row in current.items()}
        assert delivered == {r: truth.as_identified(h) for r, h in histories.items()}
        for record_id, history in histories.items():
            expected = truth.current_columns(history)
            assert {k: current[record_id][k] for k in expected} == expected
        stays = {(r["application_id"], r["position"]): r for r in tables["attio_workflow_status_history"]}
        expected_stays = truth.history_table(workspace)
        assert stays.keys() == expected_stays.keys()
        for key, stay in expected_stays.items():
            assert {k: stays[key][k] for k in stay} == stay
        assert {r["status_id"]: r for r in tables["attio_status"]} == truth.statuses(workspace)
        assert {r["workspace_member_id"]: r for r in tables["attio_workspace_member"]} == truth.members(workspace)
        assert tables["attio_sync_error"] == []
