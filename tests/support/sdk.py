"""Runs the connector through the SDK's own local run time, into a real DuckDB file."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from fivetran_connector_sdk import Connector, Logging
from fivetran_connector_sdk_cli import core_adapter
from fivetran_connector_sdk_common import constants

from attio_sync.bridge import Environment
from attio_sync.settings import load_settings
from attio_sync.sink import FivetranSink
from attio_sync.sync import run_sync
from attio_sync.tables import schema


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

        def update(configuration: dict[str, Any], state: dict[str, Any]) -> None:
            run_sync(load_settings(configuration, ()), state, self.wrap(FivetranSink()), self.environment)

        def declared(configuration: dict[str, Any]) -> list[dict[str, Any]]:
            return schema(load_settings(configuration, ()).history)

        constants.DEBUGGING = True
        setattr(Logging, "LOG_LEVEL", Logging.Level.DEBUG)  # noqa: B010
        core_adapter.run(Connector(update=update, schema=declared), str(self.folder), configuration, self.state)

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
