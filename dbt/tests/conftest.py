"""What the tests of the package share: a file that a local sync wrote, and warehouses to build in."""

import gc
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, override

import duckdb
import pytest
from xdist.scheduler import LoadFileScheduling

from postgres import postgres
from warehouses import PROFILE, TEST_PROFILE, DuckDB, Postgres, Warehouse

ROOT = Path(__file__).parents[2]
TYPES = {
    "VARCHAR": "text",
    "JSON": "text",
    "BOOLEAN": "boolean",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "DECIMAL(20,4)": "numeric",
}
TRACKED = "deals.stage,lists/hiring.stage=attio_candidates,lists/sales.priority,lists/hiring.channels,deals.value"
"""Statuses and a select, of an object and of lists; and two that are no status: one has several values at a time."""

OF_WAREHOUSES = [
    "target_times_are_read_as_days",
    "who_moved_it_and_how_many_weekdays",
    "a_day_ends_at_midnight_in_the_time_zone",
    "moves_between_two_statuses",
    "quartiles_mean_and_what_they_rest_on",
    "funnels_count_what_was_passed",
]
"""The unit tests of what each warehouse writes in its own way: durations, weekdays, time zones, medians, months."""

os.environ["DO_NOT_TRACK"] = "1"

# dbt makes millions of small objects, most of which stay: to look through them again and again takes as long as its work.
# Never to do so takes 1.4 GB; in the long profile, in which each worker parses more, it would be too much.
gc.freeze()
gc.set_threshold(0 if PROFILE == "short" else 500_000)


def pytest_sessionfinish() -> None:
    """Nor need they be looked through when all is done."""
    gc.freeze()


OBSERVED: dict[str, Any] = {"attio_observed_since": (datetime.now(UTC) - timedelta(days=120)).isoformat(timespec="seconds")}
"""Of the workspace not everything was seen, so that both warehouses write what that takes."""

SYNCED = {"test_build": "hiring", "test_integrity": "hiring", "test_sources": "crm", "test_read_models": "crm"}


class ByWhatIsBuilt(LoadFileScheduling):
    """A file goes to one worker as a whole, and all that look at one synced file go to the same: it is built once."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return SYNCED.get(Path(file).stem, file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByWhatIsBuilt:
    return ByWhatIsBuilt(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What uses PostgreSQL is slow, whether marked as such or not."""
    for item in items if TEST_PROFILE == "short" else ():
        if item.get_closest_marker("slow") or (isinstance(item, pytest.Function) and "server" in item.fixturenames):
            item.add_marker(pytest.mark.skip(reason="slow: make test-all"))


@pytest.fixture(scope="session")
def as_of() -> str:
    """One moment for everything that is built of the synced file."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@pytest.fixture(scope="session")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `local_sync.py` leaves, in the connector's own environment."""
    folder = tmp_path_factory.mktemp("synced")
    python = ROOT / ".venv" / "bin" / "python"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "DO_NOT_TRACK": "1"}
    command = [python, Path(__file__).with_name("local_sync.py"), folder, TRACKED]
    subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603 (our own)
    return folder


@pytest.fixture(scope="session")
def synced_file(synced: Path) -> Path:
    """A DuckDB file as a local sync of the simulator leaves it."""
    return synced / "hiring" / "files" / "warehouse.db"


@pytest.fixture(scope="session")
def synced_crm(synced: Path) -> Path:
    """The same of a whole workspace, of which several attributes are tracked."""
    return synced / "crm" / "files" / "warehouse.db"


@pytest.fixture(scope="session")
def mapping(synced: Path) -> Path:
    """The mapping that is guessed of the first of them."""
    return synced / "mapping.csv"


@pytest.fixture(scope="session")
def server() -> Iterator[Path]:
    """The socket's folder of a running PostgreSQL."""
    with postgres() as socket:
        yield socket


@pytest.fixture(scope="session")
def variables(as_of: str) -> dict[str, Any]:
    """As of when a synced file is built."""
    return {"attio_as_of": as_of}


@pytest.fixture(scope="session")
def built_duckdb(synced_file: Path, variables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> DuckDB:
    """The synced file with all models in it, every test of dbt passed."""
    warehouse = DuckDB(tmp_path_factory.mktemp("duckdb"), "duckdb", synced_file)
    warehouse.build("build", **variables)
    return warehouse


@pytest.fixture(scope="session")
def crm_duckdb(synced_crm: Path, variables: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> DuckDB:
    """The workspace built in its synced file; data tests run in PostgreSQL. A star stands for a status."""
    warehouse = DuckDB(tmp_path_factory.mktemp("crm_duckdb"), "duckdb", synced_crm)
    options = () if PROFILE == "long" else ("--exclude-resource-type", "test")
    build_crm(warehouse, {**variables, **OBSERVED, "attio_histories": TRACKED.replace("deals.stage", "*")}, *options)
    return warehouse


@pytest.fixture(scope="session")
def crm_postgres(
    synced_crm: Path, variables: dict[str, Any], server: Path, tmp_path_factory: pytest.TempPathFactory
) -> Postgres:
    """The same rows and models in PostgreSQL, with the unit tests of what it writes in its own way."""
    warehouse = Postgres(tmp_path_factory.mktemp("crm_postgres"), "postgres", server, "attio").create()
    copy_tables(synced_crm, warehouse)
    build_crm(warehouse, {**variables, **OBSERVED, "attio_histories": TRACKED})
    assert len(warehouse.build("test", "--select", *OF_WAREHOUSES, **variables)) == len(OF_WAREHOUSES)
    return warehouse.renamed("crm")


def build_crm(warehouse: Warehouse, variables: dict[str, Any], *options: str) -> None:
    """Builds it; the options are mapped as people would."""
    warehouse.build("seed", **variables)
    for title, kind in (("High", "won"), ("Low", "lost")):
        warehouse.query(
            "insert into dbt_attio.attio_status_mapping (history, status_id, status_kind) "
            f"select 'lists/sales.priority', option_id, '{kind}' from tester.attio_select_option where title = '{title}'"
        )
    without = ("--exclude-resource-type", "seed", "--exclude-resource-type", "unit_test", *options)
    warehouse.build("build", *without, **variables)


def copy_tables(file: Path, warehouse: Warehouse) -> None:
    """Brings all tables of a synced file into another warehouse."""
    with duckdb.connect(str(file)) as connection:
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'tester'").fetchall()
        for (name,) in names:
            described = connection.execute(f"describe tester.{name}").fetchall()
            columns = {column: TYPES[kind] for column, kind, *_ in described}
            warehouse.load(f"tester.{name}", columns, connection.execute(f"from tester.{name}").fetchall())


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.slow)])
def crm(request: pytest.FixtureRequest) -> Warehouse:
    """Either of them."""
    return request.getfixturevalue(f"crm_{request.param}")
