"""Builds the models with dbt and writes the rows of the public ones as JSON: what `attio-sync report` draws from.

`uv run --project dbt python dbt/read_models.py FOLDER [--no-build] [--queries JSON] [--defaults JSON] [options of dbt]`:
whatever warehouse a profile names, dbt's adapter reads it. Variables that `--vars` does not have are those of the defaults.
In FOLDER each model gets a file, `attio__status.jsonl`: a line with the names of the columns, then one for each row, so
that nobody has to hold them all; times are in ISO 8601. Of a model that the queries name it is what that query gives, in
which `{relation}` stands for the model; of all others every row.
"""

import gc
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dbt.adapters.factory import get_adapter_by_type
from dbt.cli.main import dbtRunner
from dbt.clients.yaml_helper import load_yaml_text
from dbt.contracts.graph.manifest import Manifest
from dbt_common.exceptions import DbtValidationError

PACKAGE = Path(__file__).parent
PREFIX = "attio__"
PIECE = 10_000


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 if dbt says no; it has said why."""
    parser = ArgumentParser(allow_abbrev=False)
    parser.add_argument("output", type=Path)
    parser.add_argument("--no-build", action="store_false", dest="builds")
    parser.add_argument("--queries", type=json.loads, default={})
    parser.add_argument("--defaults", type=json.loads, default={})
    parser.add_argument("--vars", default="{}")
    given, options = parser.parse_known_args(arguments)
    try:
        options += ["--vars", json.dumps(variables(given.vars, given.defaults), default=written)]
    except ValueError as error:
        return _failed(error)
    parsed = dbtRunner().invoke(["parse", *options])
    if not parsed.success or not isinstance(parsed.result, Manifest):
        return _failed(parsed.exception)
    manifest = parsed.result
    if given.builds:
        built = dbtRunner(manifest=manifest).invoke(
            ["build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", *options]
        )
        if not built.success:
            return _failed(built.exception)
    kind = manifest.metadata.adapter_type
    given.output.mkdir(parents=True, exist_ok=True)
    for name, relation in public_models(manifest):
        query = given.queries.get(name, "select * from {relation}").replace("{relation}", relation)
        with (given.output / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(line, default=written)}\n" for line in read(str(kind), query))
    return 0


def variables(given: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """The variables that are given, in YAML as dbt takes it, before the defaults.

    Of histories that somebody names themselves, only what they name splits them.

    Raises:
        ValueError: it is no YAML, or no mapping, or names a variable that the package does not have.
    """
    try:
        theirs: Any = load_yaml_text(given)
    except DbtValidationError:
        theirs = None
    if not isinstance(theirs, dict):
        message = f"--vars: {given!r} must be names and values in YAML, as in 'attio_schema: attio'"
        raise ValueError(message)  # noqa: TRY004 (what is wrong is a text)
    project: Any = load_yaml_text((PACKAGE / "dbt_project.yml").read_text("utf-8"))
    declared = project["vars"]["attio"]
    for name in theirs:
        if str(name).startswith("attio") and name not in declared:
            near = get_close_matches(name, declared, n=1)
            instead = f"did you mean {near[0]}?" if near else f"there are {', '.join(declared)}"
            message = f"--vars: the package has no variable {name}; {instead}"
            raise ValueError(message)
    unsplit: dict[str, Any] = {"attio_segments": []} if "attio_histories" in theirs else {}
    return defaults | unsplit | theirs


def _failed(exception: BaseException | None) -> int:
    if exception is not None:
        sys.stderr.write(f"{exception}\n")
    return 1


def public_models(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Each public model of the package and the relation it is in."""
    for node in manifest.nodes.values():
        if node.resource_type == "model" and node.package_name == "attio" and node.name.startswith(PREFIX):
            yield node.name, str(node.relation_name)


def read(kind: str, query: str) -> Iterator[Sequence[Any]]:
    """The columns of a query, then its rows, through the adapter that dbt has set up for this kind of warehouse."""
    adapter = get_adapter_by_type(kind)
    with adapter.connection_named("report"):  # pyrefly: ignore[missing-attribute] (the protocol leaves it out)
        _, cursor = adapter.connections.add_query(query, auto_begin=False)
        yield [str(column[0]).lower() for column in cursor.description]
        while piece := cursor.fetchmany(PIECE):
            yield from map(tuple, piece)


def written(value: object) -> str | int | float:
    """What JSON has no word for."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


if __name__ == "__main__":
    # dbt makes millions of small objects, most of which stay: to look through them often takes a tenth of the time.
    gc.set_threshold(500_000)
    sys.exit(main(sys.argv[1:]))
