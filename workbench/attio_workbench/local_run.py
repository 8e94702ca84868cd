"""Runs the connector as Fivetran's local run does: the SDK's own run time, in this process, into a DuckDB file.

`fivetran debug` does the same after a scan of all imports, which asks PyPI about packages and fails slowly without it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, override

import duckdb
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk_cli import core_adapter
from fivetran_connector_sdk_core import SdkException

from attio_sync import checks, streams
from attio_sync.catalog import Found
from attio_sync.fivetran import FivetranSink
from attio_sync.runtime import Environment, SyncReport
from attio_sync.settings import Settings
from attio_sync.sync import run_sync
from attio_workbench.errors import WorkbenchError
from attio_workbench.place import Place
from attio_workbench.sdk_log import kept_log
from attio_workbench.trouble import trouble_text

INTERRUPTED = "Query interrupted"
"""What DuckDB says of a query during which a signal came."""

type OnProgress = Callable[[SyncReport], None]

log = logging.getLogger("attio_sync.local_run")  # what the connector logs goes the same way


@dataclass(frozen=True, slots=True)
class LocalRun:
    """What a local sync did, and what it warned of."""

    report: SyncReport
    warnings: list[str]


class _LocalSink(FivetranSink):
    """Fivetran's operations, but for warnings: here is no dashboard."""

    @override
    def warn(self, message: str) -> None:
        log.warning(message)


class _LocalConnector(Connector):
    """A connector whose errors come out as they were raised, not as a message with a traceback in it.

    And without the SDK's memory watch, which prints its findings when the process ends, below everything we print.
    """

    def run_update(self, configuration: dict[str, Any] | None = None, state: dict[str, Any] | None = None) -> None:
        """Runs one sync."""
        self.update_method(configuration=configuration, state=state)


def run_in_sdk(
    update: Callable[[dict[str, Any]], None],
    declared: list[dict[str, Any]],
    folder: Path,
    state: dict[str, Any],
    state_path: Path | None = None,
) -> None:
    """One run of the SDK's own run time in this process, into the folder's `files/warehouse.db`.

    `update` is called with the state and emits what it has; `declared` are the tables. The state is kept in the folder's
    `files/state.json`, or where `state_path` says.
    """

    def schema(configuration: Mapping[str, Any]) -> list[dict[str, Any]]:
        del configuration
        return declared

    def update_method(configuration: Mapping[str, Any], state: dict[str, Any]) -> None:
        del configuration
        update(state)

    path = None if state_path is None else str(state_path.absolute())
    core_adapter.run(_LocalConnector(update=update_method, schema=schema), str(folder), {}, state, state_path=path)


def run_locally(settings: Settings, place: Place, on_progress: OnProgress, found: Found | None = None) -> LocalRun:
    """One sync into the place's database, from the place's state; what is logged goes to the place's log.

    `found` are the sources, where they have been looked up before.

    Raises:
        AttioSyncError: the sync could not go on; what it delivered before is kept.
        WorkbenchError: the database is open elsewhere, damaged, or there is no room for it.
        KeyboardInterrupt: somebody interrupted it, also in the middle of a query, which DuckDB calls a RuntimeError.
    """
    reports: list[SyncReport] = []

    def update(state: dict[str, Any]) -> None:
        reports.append(run_sync(settings, state, _LocalSink(), Environment(on_progress=on_progress), found))

    found = found or checks.run(settings, checks.find_sources)
    declared = streams.schema(found.sources, definitions=settings.definitions)
    state = place.read_state()
    place.files.mkdir(parents=True, exist_ok=True)
    try:
        with kept_log(place.log) as warnings:
            run_in_sdk(update, declared, place.folder, state, place.state)
    except (SdkException, duckdb.Error, OSError) as error:
        raise WorkbenchError(trouble_text(place.database, error)) from error
    except RuntimeError as error:
        if str(error) == INTERRUPTED:
            raise KeyboardInterrupt from error
        raise
    return LocalRun(reports[0], warnings)
