"""A segment of a history is what the package makes of those of its records alone."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from synthetic import START, Stay, load, stays_of
from test_build import MODELS, PUBLIC, repr_of_key, same
from warehouses import PACKAGE, PROFILE, DuckDB, Postgres, Warehouse

pytestmark = pytest.mark.slow  # every model is built for each segment too

AS_OF, DAY = datetime(2026, 6, 1, tzinfo=UTC), timedelta(days=1)
HISTORY, BY, CODE = "applications.workflow_status", "applications.source", "applications.code"
STATUSES = [("New", False), ("Call", False), ("Hired", True), ("Rejected", False)]
SOURCES = {"Referral": 60, "advert": 60, None: 20}
ALONE = {source: f"only_{source or 'none'}".lower() for source in SOURCES}
"""The connection with the records from each source alone."""

SPLITS = [{"history": HISTORY, "by": by} for by in (BY, BY, CODE, "moved_by")]
"""One is there twice; codes are as many as there must not be."""

VARIABLES: dict[str, Any] = {"attio_histories": f"*,{BY},{CODE}", "attio_segments": SPLITS, "attio_segment_values": 3}
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
        stays = [stay for source in sources for stay in by_source[source]]
        of_records = {stay.record: source for source in sources for stay in by_source[source]}
        # What counts is the value that a record has now, and who moved it last.
        values = [
            stay
            for record, source in of_records.items()
            if source
            for stay in (Stay(record, 1, "unknown", START - DAY, START), Stay(record, 2, source, START, None))
        ]
        if name == "every":
            later = [f"later{number}" for number in range(5)]
            stays += [Stay(record, 1, "New", AS_OF + DAY, None) for record in later]
            values += [Stay(record, 1, "advert", AS_OF + DAY, None) for record in later]
        load(warehouse, stays, STATUSES, name)
        moved_by = f"update {name}.attio_workflow_status_history set created_by_actor_id = 'm2'"
        warehouse.query(f"{moved_by} where application_id like 'Referral%' and active_until is null")
        load(warehouse, values, [], name, f"{BY}=attio_applications_source")
        codes = [Stay(record, 1, f"code {number % 4}", START, None) for number, record in enumerate(of_records)]
        load(warehouse, codes, [], name, f"{CODE}=attio_applications_code")
    warehouse.build(
        "build",
        "--exclude-resource-type",
        "unit_test",
        **VARIABLES,
        attio_sources=[{"name": name, "schema": name} for name in ("every", *ALONE.values())],
        attio_as_of=AS_OF.isoformat(),
        attio_late_entries=[START.isoformat()],
    )
    return warehouse


SEGMENTS = [*((f"{BY}={source or ''}", source) for source in SOURCES), ("moved_by=m2", "Referral")]


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


def test_each_record_that_was_there_is_in_one_segment_of_a_kind(built: Warehouse) -> None:
    segmented = (
        "select source_relation, segmented_by, count(*), count(distinct segment) from dbt_int_attio.int_attio__segment"
    )
    records = sum(SOURCES.values())

    # What has one value only splits nothing, nor does what has too many.
    assert built.query(f"{segmented} group by 1, 2 order by 2") == [
        ("every", BY, records, len(SOURCES)),
        ("every", "moved_by", records, 2),
    ]


def test_a_segment_is_found_by_the_title_of_its_value(built: Warehouse) -> None:
    [example] = re.findall(r"```sql\n(.*?)```", (PACKAGE / "README.md").read_text("utf-8"), re.DOTALL)
    segment = (
        f"select * from dbt_attio.attio__funnel where history = '{HISTORY}[{BY}=Referral]' and cohort_kind = 'quarter'"
    )

    assert sorted(built.query(example), key=repr_of_key) == sorted(built.query(segment), key=repr_of_key) != []


def test_what_a_star_stands_for_need_not_be_known_to_parse(tmp_path: Path) -> None:
    DuckDB(tmp_path, "duckdb", tmp_path / "warehouse.db").build("parse", **VARIABLES)
