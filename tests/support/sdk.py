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

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table that are not deleted, without the columns Fivetran adds."""
        with duckdb.connect(str(self.folder / "files" / "warehouse.db")) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            found = connection.table(f"tester.{table}")
            names = found.columns
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        # A declared table that never had a row has no such column yet.
        return [
            {n: v for n, v in row.items() if not n.startswith("_fivetran")}
            for row in rows
            if not row.get("_fivetran_deleted")
        ]

    def assert_equal_to_attio(self, workspace: Workspace) -> None:
        """All tables, as the same comparison of a world does it, and no row of a record that cannot be read."""
        current = {r["application_id"]: r for r in self.rows("attio_workflow_status")}
        histories = truth.status_table(workspace)
        delivered = {r: truth.as_identified(json.loads(row["workflow_status"])) for r, row in current.items()}
        assert delivered == {r: truth.as_identified(h) for r, h in histories.items()}
        for record_id, history in histories.items():
            expected = truth.current_columns(history)
            assert {k: current[record_id][k] for k in expected} == expected
        stays = {(r["application_id"], r["position"]): r for r in self.rows("attio_workflow_status_history")}
        expected_stays = truth.history_table(workspace)
        assert stays.keys() == expected_stays.keys()
        for key, stay in expected_stays.items():
            assert {k: stays[key][k] for k in stay} == stay
        assert {r["status_id"]: r for r in self.rows("attio_status")} == truth.statuses(workspace)
        assert {r["workspace_member_id"]: r for r in self.rows("attio_workspace_member")} == truth.members(workspace)
        assert self.rows("attio_sync_error") == []
