"""The destination in memory that most tests use behaves as the SDK's own run into DuckDB does."""

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from tests.conftest import PROFILE
from tests.support.sdk import LocalRun
from tests.support.warehouse import MemoryWarehouse
from tests.support.world import make_world

from attio_sync.fivetran import FivetranSink
from attio_sync.runtime import Sink
from attio_workbench.local_run import run_in_sdk
from attio_workbench.sdk_log import local_logging

type Operation = tuple[str, tuple[str, int]]

ROW = st.tuples(st.sampled_from("abc"), st.integers(0, 9))
OPERATION = st.one_of(
    st.tuples(st.just("upsert"), ROW),
    st.tuples(st.just("upsert"), ROW),
    st.tuples(st.just("delete"), ROW),
    st.tuples(st.just("truncate"), ROW),
    st.tuples(st.just("checkpoint"), ROW),
    st.tuples(st.just("die"), ROW),
)


class DiedError(Exception):
    """The end of a sync that does not end well."""


def carry_out(operations: list[Operation], sink: Sink) -> None:
    for operation, (key, value) in operations:
        match operation:
            case "upsert":
                sink.upsert("things", {"id": key, "value": value})
            case "delete":
                sink.delete("things", {"id": key})
            case "truncate":
                sink.truncate("things")
            case "checkpoint":
                sink.checkpoint({"at": value})
            case _:
                raise DiedError


def in_memory(syncs: list[list[Operation]]) -> tuple[list[Any], dict[str, Any]]:
    warehouse = MemoryWarehouse({"things": ["id"]})
    for operations in syncs:
        try:
            carry_out(operations, warehouse)
        except DiedError:
            warehouse.die()
        else:
            warehouse.finish()
    return [(row["id"], row["value"]) for row in warehouse.rows("things")], warehouse.state


def in_duckdb(syncs: list[list[Operation]]) -> tuple[list[Any], dict[str, Any]]:
    declared = [{"table": "things", "primary_key": ["id"], "columns": {"id": "STRING", "value": "INT"}}]
    with TemporaryDirectory() as folder:
        run = LocalRun(Path(folder), make_world().environment)
        for operations in syncs:

            def update(state: object, operations: list[Operation] = operations) -> None:
                del state
                carry_out(operations, FivetranSink())

            with suppress(DiedError), local_logging():
                run_in_sdk(update, declared, run.folder, run.state)
        rows = sorted((row["id"], row["value"]) for row in run.rows("things")) if any(syncs) else []
        return rows, run.state


IN_SHORT: list[list[Operation]] = [
    [("upsert", ("a", 1)), ("upsert", ("b", 2)), ("checkpoint", ("a", 3)), ("delete", ("a", 0)), ("upsert", ("b", 4))],
    [
        ("upsert", ("c", 5)),
        ("truncate", ("a", 0)),
        ("upsert", ("a", 6)),
        ("checkpoint", ("a", 7)),
        ("upsert", ("a", 8)),
        ("die", ("a", 0)),
    ],
    [("delete", ("c", 0)), ("delete", ("z", 0)), ("upsert", ("a", 9)), ("upsert", ("a", 1))],
]
"""Everything that can happen, and what is lost with a sync that dies."""


@settings(max_examples=150, phases=[Phase.explicit] if PROFILE == "short" else tuple(Phase))
@example(IN_SHORT)
@given(st.lists(st.lists(OPERATION, min_size=1, max_size=12), min_size=1, max_size=3))
def test_the_destination_in_memory_behaves_as_the_sdk_and_duckdb_do(syncs: list[list[Operation]]) -> None:
    # A row that is written in each sync, so that the table is there and can be read.
    syncs = [[("upsert", ("z", 0)), ("checkpoint", ("z", 0)), *operations] for operations in syncs]
    assert in_duckdb(syncs) == in_memory(syncs)
