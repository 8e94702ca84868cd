"""Syncs simulated workspaces into DuckDB files, as `attio-sync sync` would: run in the connector's own environment.

`python local_sync.py FOLDER HISTORY` leaves `FOLDER/hiring/files/warehouse.db`; `FOLDER/mapping.csv`, the mapping that is
guessed of it; and `FOLDER/crm/files/warehouse.db`, of a whole workspace and with HISTORY as the connector's `history`.
"""

import sys
from pathlib import Path
from typing import Any

from attio_simulator import Limits, Simulator, Workspace, generate_crm, generate_hiring_pipeline
from attio_sync import checks
from attio_sync.fivetran import FivetranSink
from attio_sync.settings import load_settings
from attio_sync.streams import schema
from attio_sync.sync import run_sync
from attio_workbench.cli import app
from attio_workbench.local_run import run_in_sdk

RECORDS, SEED = 200, 1


def main(folder: Path, history: str) -> None:
    """Both first syncs, as fast as they go, and the mapping."""
    sync(generate_hiring_pipeline(RECORDS, seed=SEED), folder / "hiring")
    sync(generate_crm(2 * RECORDS, seed=SEED), folder / "crm", history)
    app(["mapping", str(folder / "mapping.csv"), "--into", str(folder / "hiring")], standalone_mode=False)


def sync(workspace: Workspace, folder: Path, history: str = "") -> None:
    """One first sync; the history is the connector's setting."""
    simulator = Simulator(workspace, limits=Limits.off())
    folder.mkdir()
    with simulator.serve() as server:
        given = {"attio_api_token": simulator.token, "attio_base_url": server.url, "history": history}
        settings = load_settings({**given, "backfill_days": "all", "requests_per_second": "5000"}, ())
        found = checks.run(settings, checks.find_sources)

        def update(state: dict[str, Any]) -> None:
            run_sync(settings, state, FivetranSink(), found=found)

        run_in_sdk(update, schema(found.sources, definitions=settings.definitions), folder, {})


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
