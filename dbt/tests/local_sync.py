"""Syncs a simulated workspace into a DuckDB file, as `attio-sync sync` would: run in the connector's own environment.

`python local_sync.py FOLDER RECORDS SEED` leaves `FOLDER/files/warehouse.db`.
"""

import sys
from pathlib import Path

from attio_simulator import Limits, Simulator, generate_hiring_pipeline
from attio_workbench.demo import demo_settings
from attio_workbench.local_run import run_locally
from attio_workbench.place import Place


def main(folder: str, records: str, seed: str) -> None:
    """One first sync, as fast as it goes."""
    simulator = Simulator(generate_hiring_pipeline(int(records), seed=int(seed)), limits=Limits.off())
    with simulator.serve() as server:
        settings = demo_settings(server.url, simulator.token).model_copy(update={"requests_per_second": 5_000.0})
        run_locally(settings, Place(Path(folder)), lambda _: None)


if __name__ == "__main__":
    main(*sys.argv[1:])
