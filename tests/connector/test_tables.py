"""The tables: schema and rows come from one declaration, whole rows are compared."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import truth

from attio_simulator import Clock, generate_hiring_pipeline
from attio_sync.attio_types import AttributeHistory, parse_history
from attio_sync.errors import InvalidValueError
from attio_sync.settings import TrackedHistory
from attio_sync.tables import (
    Column,
    Invalid,
    Stay,
    Table,
    current_table,
    error_table,
    history_rows,
    history_table,
    id_column,
    printable,
    schema,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HISTORY = TrackedHistory("applications", "workflow_status", "attio_workflow_status")
OTHER = TrackedHistory("deals", "stage", "deal_stage")
PIPELINE = generate_hiring_pipeline(200, seed=5, clock=Clock(start=NOW, source=lambda: 0.0))

FROM, UNTIL = "2026-05-15T21:49:04.642000001Z", "2026-05-16T08:00:00.000000000Z"


def value(active_from: str = FROM, active_until: str | None = None, **status: object) -> dict[str, Any]:
    ids = {"workspace_id": "w", "object_id": "o", "attribute_id": "a", "status_id": "s-1"}
    return {
        "active_from": active_from,
        "active_until": active_until,
        "created_by_actor": {"type": "workspace-member", "id": "m-1"},
        "attribute_type": "status",
        "status": {"id": ids, "title": "Applied", "is_archived": False, "target_time_in_status": "P3D", **status},
    }


def history(*raw: dict[str, Any]) -> AttributeHistory:
    return parse_history("r-1", raw, NOW)


STAY_ROW = {
    "application_id": "r-1",
    "active_from": datetime(2026, 5, 15, 21, 49, 4, 642000, tzinfo=UTC),
    "status_id": "s-1",
    "active_until": None,
    "is_active": True,
    "status_title": "Applied",
    "status_is_archived": False,
    "target_time_in_status": "P3D",
    "created_by_actor_type": "workspace-member",
    "created_by_actor_id": "m-1",
    "read_at": NOW,
}


def test_the_schema_is_this() -> None:
    assert schema([HISTORY]) == [
        {
            "table": "attio_workflow_status",
            "primary_key": ["application_id"],
            "columns": {"application_id": "STRING", "workflow_status": "JSON"},
        },
        {
            "table": "attio_workflow_status_history",
            "primary_key": ["application_id", "active_from", "status_id"],
            "columns": {
                "application_id": "STRING",
                "active_from": "UTC_DATETIME",
                "status_id": "STRING",
                "active_until": "UTC_DATETIME",
                "is_active": "BOOLEAN",
                "status_title": "STRING",
                "status_is_archived": "BOOLEAN",
                "target_time_in_status": "STRING",
                "created_by_actor_type": "STRING",
                "created_by_actor_id": "STRING",
                "read_at": "UTC_DATETIME",
            },
        },
        {
            "table": "attio_sync_error",
            "primary_key": ["history", "record_id"],
            "columns": {
                "history": "STRING",
                "record_id": "STRING",
                "field": "STRING",
                "reason": "STRING",
                "raw": "JSON",
                "read_at": "UTC_DATETIME",
            },
        },
    ]


def test_each_tracked_history_has_two_tables_and_all_share_one_for_errors() -> None:
    assert [table["table"] for table in schema([HISTORY, OTHER])] == [
        "attio_workflow_status",
        "attio_workflow_status_history",
        "deal_stage",
        "deal_stage_history",
        "attio_sync_error",
    ]
    assert schema([HISTORY, OTHER])[2]["columns"] == {"record_id": "STRING", "stage": "JSON"}
    assert schema([OTHER])[1]["primary_key"] == ["record_id", "active_from", "status_id"]


def test_the_id_of_an_application_is_called_so_and_that_of_any_other_record_record_id() -> None:
    assert (id_column(HISTORY), id_column(OTHER)) == ("application_id", "record_id")


def test_a_row_of_the_first_table_is_one_application_with_its_whole_history() -> None:
    raw = [value(active_until=UNTIL), value(UNTIL, colour="teal")]
    assert current_table(HISTORY).row(history(*raw)) == {"application_id": "r-1", "workflow_status": raw}


def test_a_row_of_the_second_table_is_one_stay() -> None:
    assert list(history_rows(history_table(HISTORY), history(value()))) == [STAY_ROW]


def test_a_stay_that_has_ended_says_when() -> None:
    assert list(history_rows(history_table(HISTORY), history(value(active_until=UNTIL)))) == [
        STAY_ROW | {"active_until": datetime(2026, 5, 16, 8, 0, tzinfo=UTC), "is_active": False}
    ]


def test_everything_that_may_be_null_is_null_in_its_own_column() -> None:
    raw = value(target_time_in_status=None, is_archived=True, title="")
    raw["created_by_actor"] = {"type": None, "id": None}
    assert list(history_rows(history_table(HISTORY), history(raw))) == [
        STAY_ROW
        | {
            "target_time_in_status": None,
            "status_is_archived": True,
            "status_title": "",
            "created_by_actor_type": None,
            "created_by_actor_id": None,
        }
    ]


def test_two_stays_that_begin_in_one_status_at_one_microsecond_are_one_row_the_later() -> None:
    first, second = value(active_until=FROM.replace("001Z", "009Z")), value(FROM.replace("001Z", "009Z"), title="Later")
    assert list(history_rows(history_table(HISTORY), history(first, second))) == [STAY_ROW | {"status_title": "Later"}]


def test_two_statuses_at_one_instant_are_two_rows() -> None:
    ids = {"workspace_id": "w", "object_id": "o", "attribute_id": "a", "status_id": "s-2"}
    rows = list(history_rows(history_table(HISTORY), history(value(), value(id=ids))))
    assert rows == [STAY_ROW, STAY_ROW | {"status_id": "s-2"}]


def test_a_believable_workspace_becomes_its_truth() -> None:
    table = history_table(HISTORY)
    rows = {
        (row["application_id"], row["active_from"], row["status_id"]): row
        for record_id in PIPELINE.record_ids("applications")
        for row in history_rows(table, parse_history(record_id, PIPELINE.history(record_id), NOW))
    }
    assert rows == {key: row | {"read_at": NOW} for key, row in truth.history_table(PIPELINE).items()}


def test_a_row_of_the_error_table_is_one_record_that_could_not_be_read() -> None:
    error = InvalidValueError("r-1", "0.status.title", "Field required", [{"x": "\ud800"}])
    row = error_table().row(Invalid(HISTORY, error, NOW))
    assert row == {
        "history": "applications.workflow_status",
        "record_id": "r-1",
        "field": "0.status.title",
        "reason": "Field required",
        "raw": [{"x": "\\ud800"}],
        "read_at": NOW,
    }
    assert error_table().key(row) == {"history": "applications.workflow_status", "record_id": "r-1"}


def test_the_key_of_a_row_is_what_the_schema_calls_its_key() -> None:
    for table in (current_table(HISTORY), history_table(HISTORY), error_table()):
        row = {column.name: column.name for column in table.columns}
        assert list(table.key(row)) == table.schema()["primary_key"]


def test_an_undeclared_column_is_in_the_row_but_not_in_the_schema() -> None:
    number: Column[int] = Column("number", lambda n: n, "INT", key=True)
    table: Table[int] = Table("numbers", (number, Column("half", lambda n: n / 2)))
    assert table.schema() == {"table": "numbers", "primary_key": ["number"], "columns": {"number": "INT"}}
    assert table.row(3) == {"number": 3, "half": 1.5}


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
nullable = st.none() | texts


@st.composite
def timestamps(draw: st.DrawFn) -> str:
    whole = draw(st.datetimes()).replace(microsecond=0)
    return f"{whole.isoformat()}.{draw(st.integers(0, 999_999_999)):09d}Z"


@st.composite
def values(draw: st.DrawFn) -> dict[str, Any]:
    ids = {"workspace_id": "", "object_id": "", "attribute_id": "", "status_id": draw(texts)}
    raw = value(draw(timestamps()), draw(st.none() | timestamps()), id=ids, title=draw(texts), more=draw(nullable))
    raw["status"] |= {"is_archived": draw(st.booleans()), "target_time_in_status": draw(nullable)}
    raw["created_by_actor"] = {"type": draw(nullable), "id": draw(nullable)}
    return raw


@given(st.lists(values(), max_size=8))
def test_whatever_is_valid_has_complete_rows_of_the_declared_types_and_no_key_twice(raw: list[dict[str, Any]]) -> None:
    read = history(*raw)
    current, stays = current_table(HISTORY), history_table(HISTORY)
    rows = list(history_rows(stays, read))
    keys = [tuple(stays.key(row).values()) for row in rows]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {(read.record_id, truth.instant(v["active_from"]), v["status"]["id"]["status_id"]) for v in raw}
    types: dict[str, type | tuple[type, ...]] = {"STRING": str, "UTC_DATETIME": datetime, "BOOLEAN": bool, "JSON": list}
    for table, row in [(current, current.row(read)), *((stays, row) for row in rows)]:
        declared = table.schema()
        assert list(row) == [column.name for column in table.columns]
        assert all(row[column] is not None for column in declared["primary_key"])
        assert all(row[c] is None or isinstance(row[c], types[kind]) for c, kind in declared["columns"].items())
        assert all(cell.tzinfo is UTC for cell in row.values() if isinstance(cell, datetime))


# --- printable


def children(raw: object) -> list[object]:
    if isinstance(raw, dict):
        return list(cast("dict[str, object]", raw).values())
    return cast("list[object]", raw) if isinstance(raw, list) else []


def depth_of(raw: object) -> int:
    return 1 + max(map(depth_of, children(raw)), default=0)


def integers_in(raw: object) -> list[int]:
    inside = [number for one in children(raw) for number in integers_in(one)]
    return [raw, *inside] if isinstance(raw, int) else inside


scalars = st.none() | st.booleans() | st.integers() | st.integers(-(2**80), 2**80) | st.floats() | st.text()
json_values = st.recursive(
    scalars | st.sampled_from(["\x00", "\ud800", "a\udfffb\x00"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def assert_storable(raw: object) -> None:
    encoded = json.dumps(raw, allow_nan=False, ensure_ascii=False).encode()
    assert json.loads(encoded) == raw
    assert b"\\u0000" not in encoded.replace(b"\\\\u0000", b"")
    assert depth_of(raw) <= 22
    assert all(abs(number) < 2**63 for number in integers_in(raw))


@given(json_values)
def test_whatever_attio_answered_can_be_stored_once_it_is_printable(raw: object) -> None:
    shown = printable(raw)
    assert_storable(shown)
    assert printable(shown) == shown


@given(json_values)
def test_what_can_be_stored_already_stays_as_it_is(raw: object) -> None:
    text = repr(raw)
    if not any(sign in text for sign in ("\\x00", "\\ud", "nan", "inf")) and all(
        n.bit_length() <= 63 for n in integers_in(raw)
    ):
        assert printable(raw) == raw


def test_the_nesting_is_bounded_however_deep_it_is() -> None:
    raw: object = 1
    for level in range(100_000):
        raw = [raw] if level % 2 else {"x": raw}
    assert_storable(printable(raw))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\ud800", "\\ud800"),
        ("a\x00b", "a\\u0000b"),
        ({"\x00": {"\ud800": 1}}, {"\\u0000": {"\\ud800": 1}}),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (2**63 - 1, 2**63 - 1),
        (2**63, "an integer of more than 63 bits"),
        (-(2**63), "an integer of more than 63 bits"),
        (True, True),
        (None, None),
        (1.5, 1.5),
        ("💼", "💼"),
    ],
)
def test_what_cannot_be_stored_is_shown(raw: object, shown: object) -> None:
    assert printable(raw) == shown


def test_an_integer_of_any_length_is_shown() -> None:
    assert printable([10**5_000]) == ["an integer of more than 63 bits"]


def test_a_stay_knows_when_it_was_left() -> None:
    read = history(value(active_until=UNTIL), value(UNTIL))
    assert [Stay(read, v).active_until for v in read.values] == [datetime(2026, 5, 16, 8, 0, tzinfo=UTC), None]
