"""A segment of a history is what the package makes of those of its records alone."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import PROFILE
from synthetic import START, Stay, load, stays_of
from test_build import MODELS, PUBLIC, WITHOUT_TESTS, repr_of_key, same
from warehouses import DuckDB, Postgres, Warehouse

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
HISTORY, BY = "applications.workflow_status", "applications.source"
STATUSES = [("New", False), ("Call", False), ("Hired", True), ("Rejected", False)]
SOURCES = {"referral": 60, "advert": 60, None: 20}
ALONE = {source: f"only_{source or 'none'}" for source in SOURCES}
"""The connection with the records from each source alone."""

ITS_OWN = {"source_relation", "history", "stay_id"}


def moves() -> dict[str | None, list[Stay]]:
    """The stays of records by where they came from; thirty of them were imported at once."""
    chance, stays = random.Random(1), dict[str | None, list[Stay]]()
    for source, records in SOURCES.items():
        stays[source] = []
        for number in range(records):
            entered = START if number < 15 else START + timedelta(hours=chance.randrange(100 * 24))
            ahead = [(status, timedelta(hours=chance.randrange(1, 900))) for status in ("New", "Call", "New")]
            path = [*ahead[: chance.randint(1, 3)], (chance.choice(("Hired", "Rejected", "Call")), None)]
            stays[source] += [one for one in stays_of(f"{source}{number}", entered, *path) if one.entered <= AS_OF]
    return stays


@pytest.fixture(scope="module", params=["duckdb", "postgres"] if PROFILE == "long" else ["duckdb"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """All records as one connection, and those of each source as another, whose imports are known."""
    work = tmp_path_factory.mktemp("segments")
    if request.param == "duckdb":
        warehouse: Warehouse = DuckDB(work, "duckdb", work / "warehouse.db")
    else:
        server: Path = request.getfixturevalue("server")
        warehouse = Postgres(work, "postgres", server, "segments").create()
    by_source = moves()
    for name, sources in {"every": list(SOURCES), **{name: [source] for source, name in ALONE.items()}}.items():
        load(warehouse, [stay for source in sources for stay in by_source[source]], STATUSES, name)
        of_records = {stay.record: source for source in sources for stay in by_source[source]}
        moved_by = f"update {name}.attio_workflow_status_history set created_by_actor_id = 'm2'"
        warehouse.query(f"{moved_by} where application_id like 'referral%'")
        values = [Stay(record, 1, source, START, None) for record, source in of_records.items() if source]
        load(warehouse, values, [], name, f"{BY}=attio_applications_source")
    warehouse.build(
        "build",
        "--exclude-resource-type",
        "unit_test",
        attio_sources=[{"name": name, "schema": name} for name in ("every", *ALONE.values())],
        attio_histories=f"{HISTORY}=attio_workflow_status,{BY}",
        attio_segments=[{"history": HISTORY, "by": BY}, {"history": HISTORY, "by": "moved_by"}],
        attio_as_of=AS_OF.isoformat(),
        attio_late_entries=[START.isoformat()],
    )
    return warehouse


SEGMENTS = [*((f"{BY}={source or ''}", source) for source in SOURCES), ("moved_by=m2", "referral")]


@pytest.mark.parametrize(("segment", "source"), SEGMENTS)
@pytest.mark.parametrize("model", PUBLIC)
def test_a_segment_is_as_if_there_were_no_other_records(
    built: Warehouse, model: str, segment: str, source: str | None
) -> None:
    names = ", ".join(column["name"] for column in MODELS[model]["columns"] if column["name"] not in ITS_OWN)

    def told(relation: str, history: str) -> list[tuple[object, ...]]:
        where = f"source_relation = '{relation}' and history = '{history}'"
        return sorted(built.query(f"select {names} from dbt_attio.{model} where {where}"), key=repr_of_key)

    split, alone = told("every", f"{HISTORY}[{segment}]"), told(ALONE[source], HISTORY)

    assert len(split) == len(alone) > 0
    for one, other in zip(split, alone, strict=True):
        assert all(same(x, y) for x, y in zip(one, other, strict=True)), (one, other)


def test_the_history_itself_has_every_record(built: Warehouse) -> None:
    records = (
        f"select count(*) from dbt_attio.attio__current_status where source_relation = 'every' and history = '{HISTORY}'"
    )

    assert built.query(records) == [(sum(SOURCES.values()),)]


def test_the_columns_of_segments_are_described(built: Warehouse) -> None:
    columns = "select column_name from information_schema.columns where table_name = 'int_attio__segment' order by 1"

    assert built.query(columns) == sorted((column["name"],) for column in MODELS["int_attio__segment"]["columns"])


def test_what_has_one_value_or_too_many_is_no_segment(built: Warehouse) -> None:
    segments = "select source_relation, count(distinct segment) from dbt_int_attio.int_attio__segment group by 1"
    assert built.query(segments) == [("every", len(SOURCES) + 2)]


CHANNEL = "applications.channel"


def split_by_channel(work: Path, **variables: Any) -> dict[str, int]:
    """How many stays each history and segment has, of a record that came in each day, by one channel and the other."""
    warehouse = DuckDB(work, "duckdb", work / "warehouse.db")
    days = [START + timedelta(days=number) for number in range(10)]
    load(warehouse, [Stay(f"r{n}", 1, "New", day, None) for n, day in enumerate(days)], STATUSES)
    channels = [Stay(f"r{n}", 1, "post" if n % 2 else "web", day, None) for n, day in enumerate(days)]
    load(warehouse, channels, [], "attio", f"{CHANNEL}=attio_applications_channel")
    given: dict[str, Any] = {
        "attio_histories": f"{HISTORY}=attio_workflow_status,{CHANNEL}",
        "attio_segments": [{"history": HISTORY, "by": CHANNEL}],
        "attio_as_of": AS_OF.isoformat(),
    }
    warehouse.build("build", "--select", "+attio__status_history", *WITHOUT_TESTS, **given | variables)
    told = warehouse.query("select history, count(*) from dbt_attio.attio__status_history group by 1")
    return {str(history): stays for history, stays in told}


ONCE = {HISTORY: 10, CHANNEL: 10, f"{HISTORY}[{CHANNEL}=post]": 5, f"{HISTORY}[{CHANNEL}=web]": 5}


def test_what_is_split_twice_is_told_once(tmp_path: Path) -> None:
    assert split_by_channel(tmp_path, attio_segments=[{"history": HISTORY, "by": CHANNEL}] * 2) == ONCE


def test_what_a_star_stands_for_is_split(tmp_path: Path) -> None:
    segments = [{"history": HISTORY, "by": by} for by in (CHANNEL, "moved_by")]  # parsed by no other test

    assert split_by_channel(tmp_path, attio_histories=f"*,{CHANNEL}", attio_segments=segments) == ONCE


def test_records_that_were_not_there_yet_split_nothing(tmp_path: Path) -> None:
    first_day = (START + timedelta(hours=12)).isoformat()

    assert split_by_channel(tmp_path, attio_as_of=first_day) == {HISTORY: 1, CHANNEL: 1}
