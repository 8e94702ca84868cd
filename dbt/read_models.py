"""Builds the models with dbt and writes every row of the public ones as JSON: what `attio-sync report` draws from.

`uv run --project dbt python dbt/read_models.py FILE [--no-build] [options of dbt]`: whatever warehouse a profile names,
dbt's adapter reads it. FILE is `{"attio__status": {"columns": […], "rows": [[…], …]}, …}`; times are in ISO 8601.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dbt.adapters.factory import get_adapter_by_type
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

PREFIX = "attio__"
PIECE = 10_000


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if dbt says no; it has said why."""
    output, options = Path(arguments[0]), list(arguments[1:])
    builds = "--no-build" not in options
    options = [option for option in options if option != "--no-build"]
    parsed = dbtRunner().invoke(["parse", *options])
    if not parsed.success or not isinstance(parsed.result, Manifest):
        return _failed(parsed.exception)
    manifest = parsed.result
    if builds:
        built = dbtRunner(manifest=manifest).invoke(
            ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *options]
        )
        if not built.success:
            return _failed(built.exception)
    kind = manifest.metadata.adapter_type
    with output.open("w", encoding="utf-8") as file:
        file.write("{")
        for number, (name, relation) in enumerate(public_models(manifest)):
            file.write(f"{',' if number else ''}{json.dumps(name)}:")
            query = f"select * from {relation}"  # noqa: S608 (as dbt itself quotes it)
            json.dump(read(str(kind), query), file, default=written)
        file.write("}\n")
    return 0


def _failed(exception: BaseException | None) -> int:
    if exception is not None:
        sys.stderr.write(f"{exception}\n")
    return 1


def public_models(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Each public model of the package and the relation it is in."""
    for node in manifest.nodes.values():
        if node.resource_type == "model" and node.package_name == "attio" and node.name.startswith(PREFIX):
            yield node.name, str(node.relation_name)


def read(kind: str, query: str) -> dict[str, list[Any]]:
    """The rows of a query, through the adapter that dbt has set up for this kind of warehouse."""
    adapter = get_adapter_by_type(kind)
    with adapter.connection_named("report"):
        _, cursor = adapter.connections.add_query(query, auto_begin=False)
        columns = [str(column[0]).lower() for column in cursor.description]
        rows: list[Sequence[Any]] = []
        while piece := cursor.fetchmany(PIECE):
            rows += [list(row) for row in piece]
        return {"columns": columns, "rows": rows}


def written(value: object) -> str | int | float:
    """What JSON has no word for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
