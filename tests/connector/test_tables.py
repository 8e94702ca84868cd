"""The tables: schema and rows come from one declaration, whole rows are compared."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import truth

from attio_simulator import Clock, generate_hiring_pipeline
from attio_sync.attio_types import AttioStatus, AttioWorkspaceMember
from attio_sync.errors import InvalidValueError
from attio_sync.histories import AttributeHistory, parse_history
from attio_sync.parents import parse_parent
from attio_sync.shapes import printable
from attio_sync.sources import Source
from attio_sync.streams import Invalid, current_table, error_table, history_rows, history_table, schema, tables
from attio_sync.tables import ListedStatus, Stay, id_column, member_table, status_table

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HISTORY = Source(parse_parent("applications"), "workflow_status", "attio_workflow_status")
OTHER = Source(parse_parent("deals"), "stage", "deal_stage")
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
    return parse_history("r-1", raw)


STAY_ROW = {
    "application_id": "r-1",
    "position": 1,
    "status_id": "s-1",
    "active_from": datetime(2026, 5, 15, 21, 49, 4, 642000, tzinfo=UTC),
    "active_until": None,
    "is_active": True,
    "status_title": "Applied",
    "status_is_archived": False,
    "target_time_in_status": "P3D",
    "created_by_actor_type": "workspace-member",
    "created_by_actor_id": "m-1",
}


def test_the_schema_is_this() -> None:
    assert schema([HISTORY]) == [
        {
            "table": "attio_workflow_status",
            "primary_key": ["application_id"],
            "columns": {
                "application_id": "STRING",
                "workflow_status": "JSON",
                "status_id": "STRING",
                "status_title": "STRING",
                "active_from": "UTC_DATETIME",
                "stays": "INT",
            },
        },
        {
            "table": "attio_workflow_status_history",
            "primary_key": ["application_id", "position"],
            "columns": {
                "application_id": "STRING",
                "position": "INT",
                "status_id": "STRING",
                "active_from": "UTC_DATETIME",
                "active_until": "UTC_DATETIME",
                "is_active": "BOOLEAN",
                "status_title": "STRING",
                "status_is_archived": "BOOLEAN",
                "target_time_in_status": "STRING",
                "created_by_actor_type": "STRING",
                "created_by_actor_id": "STRING",
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
                "found_at": "UTC_DATETIME",
            },
        },
        {
            "table": "attio_status",
            "primary_key": ["status_id"],
            "columns": {
                "status_id": "STRING",
                "object": "STRING",
                "attribute": "STRING",
                "position": "INT",
                "title": "STRING",
                "is_archived": "BOOLEAN",
                "celebration_enabled": "BOOLEAN",
                "target_time_in_status": "STRING",
            },
        },
        {
            "table": "attio_workspace_member",
            "primary_key": ["workspace_member_id"],
            "columns": {
                "workspace_member_id": "STRING",
                "first_name": "STRING",
                "last_name": "STRING",
                "email_address": "STRING",
                "access_level": "STRING",
            },
        },
    ]


def test_each_tracked_history_has_two_tables_and_all_share_those_for_errors_statuses_and_members() -> None:
    assert [table["table"] for table in schema([HISTORY, OTHER])] == [
        "attio_workflow_status",
        "attio_workflow_status_history",
        "deal_stage",
        "deal_stage_history",
        "attio_sync_error",
        "attio_status",
        "attio_workspace_member",
    ]
    assert schema([HISTORY, OTHER])[2]["columns"] == {
        "record_id": "STRING",
        "stage": "JSON",
        "status_id": "STRING",
        "status_title": "STRING",
        "active_from": "UTC_DATETIME",
        "stays": "INT",
    }
    assert schema([OTHER])[1]["primary_key"] == ["record_id", "position"]


def test_the_id_of_an_application_is_called_so_and_that_of_any_other_record_record_id() -> None:
    assert (id_column(HISTORY), id_column(OTHER)) == ("application_id", "record_id")


def test_a_row_of_the_first_table_is_one_application_with_its_whole_history() -> None:
    raw = [value(active_until=UNTIL), value(UNTIL, colour="teal")]
    assert current_table(HISTORY).row(history(*raw)) == {
        "application_id": "r-1",
        "workflow_status": raw,
        "status_id": "s-1",
        "status_title": "Applied",
        "active_from": datetime(2026, 5, 16, 8, 0, tzinfo=UTC),
        "stays": 2,
    }


@pytest.mark.parametrize("raw", [[], [value(active_until=UNTIL)]], ids=["never had any", "cleared"])
def test_an_application_without_a_current_status_has_nulls_in_its_place(raw: list[dict[str, Any]]) -> None:
    assert current_table(HISTORY).row(history(*raw)) == {
        "application_id": "r-1",
        "workflow_status": raw,
        "status_id": None,
        "status_title": None,
        "active_from": None,
        "stays": len(raw),
    }


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


def test_stays_that_begin_in_one_status_at_one_instant_are_rows_of_their_own() -> None:
    rows = list(history_rows(history_table(HISTORY), history(value(active_until=FROM), value(title="Later"))))
    assert rows == [
        STAY_ROW | {"active_until": STAY_ROW["active_from"], "is_active": False},
        STAY_ROW | {"position": 2, "status_title": "Later"},
    ]


@pytest.mark.parametrize("after", range(4))
def test_rows_from_behind_a_stay_on_keep_their_positions(after: int) -> None:
    read = history(value(active_until=UNTIL), value(UNTIL, UNTIL), value(UNTIL, title="Last"))
    table = history_table(HISTORY)
    assert list(history_rows(table, read, after)) == list(history_rows(table, read))[after:]
    assert [row["position"] for row in history_rows(table, read, after)] == [1, 2, 3][after:]


def test_a_believable_workspace_becomes_its_truth() -> None:
    current, table = current_table(HISTORY), history_table(HISTORY)
    read = [parse_history(record_id, PIPELINE.history(record_id)) for record_id in PIPELINE.record_ids("applications")]
    rows = {(row["application_id"], row["position"]): row for one in read for row in history_rows(table, one)}
    as_read = ("status_title", "status_is_archived", "target_time_in_status")
    told = {key: {k: v for k, v in row.items() if k not in as_read} for key, row in rows.items()}
    assert told == truth.history_table(PIPELINE)
    assert {key: {k: row[k] for k in as_read} for key, row in rows.items()} == {
        (one.record_id, position): {
            "status_title": v["status"]["title"],
            "status_is_archived": v["status"]["is_archived"],
            "target_time_in_status": v["status"]["target_time_in_status"],
        }
        for one in read
        for position, v in enumerate(PIPELINE.history(one.record_id), 1)
    }
    for one in read:
        expected = truth.current_columns(PIPELINE.history(one.record_id))
        assert {k: v for k, v in current.row(one).items() if k in expected} == expected


def test_a_row_of_the_error_table_is_one_record_that_could_not_be_read() -> None:
    error = InvalidValueError("r-1", "0.status.title", "Field required\x00", [{"x": "\ud800"}])
    row = error_table().row(Invalid("applications.workflow_status", error, NOW))
    assert row == {
        "history": "applications.workflow_status",
        "record_id": "r-1",
        "field": "0.status.title",
        "reason": "Field required\\u0000",
        "raw": [{"x": "\\ud800"}],
        "found_at": NOW,
    }
    key = error_table().key("applications.workflow_status", "r-1")
    assert key == {"history": "applications.workflow_status", "record_id": "r-1"}


def test_a_row_of_the_status_table_is_one_status_as_attio_lists_it() -> None:
    status = AttioStatus.model_validate(
        {
            "id": {"workspace_id": "w", "object_id": "o", "attribute_id": "a", "status_id": "s-1"},
            "title": "App\x00lied",
            "is_archived": True,
            "celebration_enabled": False,
            "target_time_in_status": "P3D",
            "new": "field",
        }
    )
    assert status_table().row(ListedStatus(HISTORY, 3, status)) == {
        "status_id": "s-1",
        "object": "applications",
        "attribute": "workflow_status",
        "position": 3,
        "title": "App\\u0000lied",
        "is_archived": True,
        "celebration_enabled": False,
        "target_time_in_status": "P3D",
    }


def test_a_row_of_the_member_table_is_one_member_of_whom_all_but_the_id_may_be_missing() -> None:
    member = {
        "id": {"workspace_id": "w", "workspace_member_id": "m-1"},
        "first_name": "A\ud800da",
        "last_name": "Lovelace",
        "email_address": "ada@example.com",
        "access_level": "admin",
        "avatar_url": "https://example.com/ada",
    }
    assert member_table().row(AttioWorkspaceMember.model_validate(member)) == {
        "workspace_member_id": "m-1",
        "first_name": "A\\ud800da",
        "last_name": "Lovelace",
        "email_address": "ada@example.com",
        "access_level": "admin",
    }
    assert member_table().row(AttioWorkspaceMember.model_validate({"id": member["id"]})) == {
        "workspace_member_id": "m-1",
        "first_name": None,
        "last_name": None,
        "email_address": None,
        "access_level": None,
    }


def test_the_key_of_a_row_is_what_the_schema_calls_its_key() -> None:
    for table in tables([HISTORY, OTHER]):
        keys = table.schema()["primary_key"]
        assert table.key(*keys) == {name: name for name in keys}
        with pytest.raises(ValueError, match="zip"):
            table.key(*keys, "one too many")


def test_every_column_of_a_row_is_in_the_schema_so_that_it_exists_before_there_is_a_row() -> None:
    for table in tables([HISTORY, Source(parse_parent("deals"), "stage", "deal_stage")]):
        assert list(table.schema()["columns"]) == [column.name for column in table.columns]


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


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Oldest first, and at most the last one open."""
    raw = sorted(draw(st.lists(values(), max_size=8)), key=lambda one: one["active_from"])
    for one in raw[:-1]:
        one["active_until"] = one["active_until"] or one["active_from"]
    return raw


@given(histories())
def test_whatever_is_valid_has_complete_rows_of_the_declared_types_and_no_key_twice(raw: list[dict[str, Any]]) -> None:
    read = history(*raw)
    current, stays = current_table(HISTORY), history_table(HISTORY)
    rows = list(history_rows(stays, read))
    keys = [tuple(row[column] for column in stays.schema()["primary_key"]) for row in rows]
    assert keys == [("r-1", position) for position in range(1, len(raw) + 1)]
    assert [row["active_from"] for row in rows] == [truth.instant(v["active_from"]) for v in raw]
    types: dict[str, type] = {"STRING": str, "INT": int, "UTC_DATETIME": datetime, "BOOLEAN": bool, "JSON": list}
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
    assert depth_of(raw) <= 52
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
    left = [Stay("r-1", position, v).active_until for position, v in enumerate(read.values, 1)]
    assert left == [datetime(2026, 5, 16, 8, 0, tzinfo=UTC), None]
