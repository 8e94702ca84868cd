"""One report in a process of its own, of models that are built: `python -m benchmarks.report_process JOB`, a JSON file.

The job is {database, folder, output, result}; the result says how much processor time each step took and how much memory
was needed.
"""

import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

from attio_workbench.findings import findings
from attio_workbench.report.command import report_of
from attio_workbench.report.warehouse import fetch_models, local_warehouse

HISTORIES = [
    {
        "history": "applications.workflow_status",
        "table": "attio_workflow_status",
        "id_column": "application_id",
        "type": "status",
    }
]


def main(job: Path) -> None:
    """Builds and reads the models, finds what there is to say, writes the page; each step with its clock."""
    given = json.loads(job.read_text(encoding="utf-8"))
    folder = Path(given["folder"])
    local = local_warehouse(Path(given["database"]), HISTORIES, folder)
    warehouse = replace(local, variables={**local.variables, "attio_schema": "attio"})
    clock = [time.process_time()]
    models = fetch_models(warehouse, folder)
    clock.append(time.process_time())
    found = findings(models)
    clock.append(time.process_time())
    Path(given["output"]).write_text(report_of(models, found, "acme"), encoding="utf-8")
    clock.append(time.process_time())
    result = {
        "dbt": _processor_seconds_of_children(),
        "reading": clock[1] - clock[0],
        "finding": clock[2] - clock[1],
        "writing": clock[3] - clock[2],
        "peak_mib": _peak_mib(resource.RUSAGE_SELF),
        "dbt_mib": _peak_mib(resource.RUSAGE_CHILDREN),
        "stays": len(models.status_history),
        "open": sum(row.outcome == "open" for row in models.current_status),
    }
    Path(given["result"]).write_text(json.dumps(result), encoding="utf-8")


def _processor_seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _peak_mib(who: int) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
