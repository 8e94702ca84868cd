"""Syncs a simulated workspace into a DuckDB file, as `attio-sync sync` would: run in the connector's own environment.

`python local_sync.py FOLDER WORKSPACE RECORDS SEED [HISTORY]` leaves `FOLDER/files/warehouse.db`; the workspace is `hiring`
or `crm`, the history the connector's setting.
"""

import sys
from pathlib import Path
from typing import Any

from attio_simulator import Limits, Simulator, generate_crm, generate_hiring_pipeline
from attio_sync import checks
from attio_sync.fivetran import FivetranSink
from attio_sync.settings import load_settings
from attio_sync.streams import schema
from attio_sync.sync import run_sync
from attio_workbench.local_run import run_in_sdk

WORKSPACES = {"hiring": generate_hiring_pipeline, "crm": generate_crm}


def main(folder: str, workspace: str, records: str, seed: str, history: str = "") -> None:
    """One first sync, as fast as it goes."""
    simulator = Simulator(WORKSPACES[workspace](int(records), seed=int(seed)), limits=Limits.off())
    with simulator.serve() as server:
        given = {"attio_api_token": simulator.token, "attio_base_url": server.url, "history": history}
        settings = load_settings({**given, "backfill_days": "all", "requests_per_second": "5000"}, ())
        found = checks.run(settings, checks.find_sources)

        def update(state: dict[str, Any]) -> None:
            run_sync(settings, state, FivetranSink(), found=found)

        run_in_sdk(update, schema(found.sources, definitions=settings.definitions), Path(folder), {})


if __name__ == "__main__":
    main(*sys.argv[1:])
