"""The status history of every application, by dlt's REST API source, into DuckDB.

`pipeline.py sync FOLDER` (incremental), `pipeline.py full FOLDER` (reads and replaces everything), `pipeline.py rows
FOLDER` (prints what is in the table). ATTIO_URL and ATTIO_TOKEN say where to read.

https://dlthub.com/docs/dlt-ecosystem/verified-sources/rest_api/basic and …/advanced
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.rest_api import RESTAPIConfig, rest_api_source

CHANGED = "values.workflow_status[0].active_from"


def with_record_id(application: dict[str, Any]) -> dict[str, Any]:
    """The id at the top level, where `include_from_parent` looks for it."""
    return {**application, "record_id": application["id"]["record_id"]}


def configuration(*, full: bool) -> RESTAPIConfig:
    """Applications as parents, the values of their status as children, ten at a time."""
    query: dict[str, Any] = {"sorts": [{"direction": "asc", "attribute": "created_at"}]}
    endpoint: dict[str, Any] = {
        "path": "objects/applications/records/query",
        "method": "POST",
        "json": query,
        "data_selector": "data",
        "paginator": {
            "type": "offset",
            "limit": 500,
            "offset_body_path": "offset",
            "limit_body_path": "limit",
            "total_path": None,
        },
    }
    if not full:
        query["filter"] = {"workflow_status": {"active_from": {"$gte": "{incremental.start_value}"}}}
        endpoint["incremental"] = {
            "cursor_path": CHANGED,
            "initial_value": "1970-01-01T00:00:00.000000000Z",
            "on_cursor_value_missing": "include",
        }
    return {
        "client": {
            "base_url": f"{os.environ['ATTIO_URL']}/v2/",
            "auth": {"type": "bearer", "token": os.environ["ATTIO_TOKEN"]},
        },
        "resources": [
            {
                "name": "applications",
                "selected": False,
                "endpoint": endpoint,
                "processing_steps": [{"map": with_record_id}],
            },
            {
                "name": "status_history",
                "primary_key": ["_applications_record_id", "active_from"],
                "write_disposition": "replace" if full else "merge",
                "include_from_parent": ["record_id"],
                "parallelized": True,
                "endpoint": {
                    "path": "objects/applications/records/{resources.applications.record_id}"
                    "/attributes/workflow_status/values",
                    "params": {"show_historic": "true"},
                    "data_selector": "data",
                    "paginator": "single_page",
                    "response_actions": [{"status_code": 404, "action": "ignore"}],
                },
            },
        ],
    }


def main() -> None:
    """Does what it is told."""
    what, folder = sys.argv[1], Path(sys.argv[2])
    os.chdir(folder)
    pipeline = dlt.pipeline(
        pipeline_name="attio",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "attio.duckdb")),
        dataset_name="hiring",
    )
    if what == "rows":
        columns = "_applications_record_id, active_from, active_until, status__id__status_id"
        with pipeline.sql_client() as client, client.execute_query(f"SELECT {columns} FROM status_history") as cursor:  # noqa: S608
            for record_id, since, until, status in cursor.fetchall():
                row = [record_id, since.isoformat(), until and until.isoformat(), status]
                sys.stdout.write(json.dumps(row) + "\n")
        return
    pipeline.run(rest_api_source(configuration(full=what == "full")))


if __name__ == "__main__":
    main()
