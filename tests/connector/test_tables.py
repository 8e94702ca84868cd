"""The tables: schema and rows come from one declaration, whole rows are compared."""

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from fivetran_connector_sdk_core.renaming import Renaming
from hypothesis import given
from hypothesis import strategies as st
from tests.support import truth

from attio_simulator import Clock, generate_hiring_pipeline
from attio_sync.attio_types.records import EntryOf
from attio_sync.attribute_types import SELECT, TYPES
from attio_sync.errors import InvalidValueError
from attio_sync.histories import AttributeHistory, parse_history
from attio_sync.parents import parse_parent
from attio_sync.small_tables import ATTRIBUTES, LISTS, MEMBERS, OBJECTS, OPTIONS, STATUSES, Definition, Place
from attio_sync.sources import Source
from attio_sync.streams import Invalid, current_table, error_table, history_rows, history_table, schema, tables
from attio_sync.tables import printable, warehouse_name

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HISTORY = Source(parse_parent("applications"), "workflow_status", "attio_workflow_status")
OTHER = Source(parse_parent("deals"), "stage", "deal_stage")
ENTRIES = Source(parse_parent("lists/hiring"), "channels", "attio_hiring_channels", SELECT, is_multiple=True)
AMOUNT = Source(parse_parent("deals"), "value", "attio_deals_value", TYPES["currency"])
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


def rows_of(read: AttributeHistory) -> list[dict[str, Any]]:
    """All rows of the history table."""
    return list(history_rows(history_table(HISTORY), read, range(len(read.raw))))


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
    assert schema([HISTORY], definitions=False) == [
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


def names(*sources: Source, definitions: bool) -> list[str]:
    return [table["table"] for table in schema(sources, definitions=definitions)]


def test_each_tracked_history_has_two_tables_and_all_share_the_small_ones() -> None:
    assert names(HISTORY, OTHER, definitions=False) == [
        "attio_workflow_status",
        "attio_workflow_status_history",
        "deal_stage",
        "deal_stage_history",
        "attio_sync_error",
        "attio_status",
        "attio_workspace_member",
    ]
    assert names(HISTORY, definitions=True) == [
        "attio_workflow_status",
        "attio_workflow_status_history",
        "attio_sync_error",
        "attio_status",
        "attio_select_option",
        "attio_workspace_member",
        "attio_object",
        "attio_list",
        "attio_attribute",
    ]
    # Without options nobody could read a select.
    assert names(ENTRIES, definitions=False)[2:] == [
        "attio_sync_error",
        "attio_status",
        "attio_select_option",
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


def test_an_entry_says_what_it_is_about_and_several_values_at_a_time_are_one_column() -> None:
    current, stays, *_ = schema([ENTRIES])
    assert current == {
        "table": "attio_hiring_channels",
        "primary_key": ["entry_id"],
        "columns": {
            "entry_id": "STRING",
            "channels": "JSON",
            "parent_object": "STRING",
            "parent_record_id": "STRING",
            "current_values": "JSON",
            "active_from": "UTC_DATETIME",
            "stays": "INT",
        },
    }
    assert stays == {
        "table": "attio_hiring_channels_history",
        "primary_key": ["entry_id", "position"],
        "columns": {
            "entry_id": "STRING",
            "position": "INT",
            "option_id": "STRING",
            "active_from": "UTC_DATETIME",
            "active_until": "UTC_DATETIME",
            "is_active": "BOOLEAN",
            "option_title": "STRING",
            "created_by_actor_type": "STRING",
            "created_by_actor_id": "STRING",
        },
    }


def test_a_value_of_another_type_has_typed_columns_and_the_whole_value_beside_them() -> None:
    current, stays, *_ = schema([AMOUNT])
    money = {"type": "DECIMAL", "precision": 20, "scale": 4}
    assert current["columns"] == {
        "record_id": "STRING",
        "value": "JSON",
        "currency_value": money,
        "currency_code": "STRING",
        "active_from": "UTC_DATETIME",
        "stays": "INT",
    }
    assert stays["columns"] == {
        "record_id": "STRING",
        "position": "INT",
        "currency_value": money,
        "currency_code": "STRING",
        "active_from": "UTC_DATETIME",
        "active_until": "UTC_DATETIME",
        "is_active": "BOOLEAN",
        "value": "JSON",
        "created_by_actor_type": "STRING",
        "created_by_actor_id": "STRING",
    }


@pytest.mark.parametrize("attribute", ["record_id", "status_id", "status_title", "active_from", "stays"])
def test_an_attribute_that_is_called_like_a_column_has_another_one(attribute: str) -> None:
    columns = list(current_table(Source(parse_parent("deals"), attribute, "t")).schema()["columns"])
    assert columns == ["record_id", f"{attribute}_history", "status_id", "status_title", "active_from", "stays"]


@pytest.mark.parametrize("attribute", ["active-from", "Stays", "statusTitle", "status__id"])
def test_an_attribute_that_fivetran_would_call_like_a_column_has_another_one(attribute: str) -> None:
    [_, column, *rest] = current_table(Source(parse_parent("deals"), attribute, "t")).schema()["columns"]
    assert column.endswith("_history")
    assert column.removesuffix("_history") in rest


@given(st.text(st.characters(max_codepoint=127), min_size=1))
def test_names_are_what_fivetran_makes_of_them(text: str) -> None:
    assert warehouse_name(text) == Renaming(apply=True).column(text)


@given(st.sampled_from(sorted(TYPES)), st.booleans(), st.text(min_size=1))
def test_fivetran_leaves_the_names_of_our_columns_as_they_are(kind: str, is_list: bool, attribute: str) -> None:  # noqa: FBT001 (hypothesis passes it)
    parent = parse_parent("lists/hiring" if is_list else "deals")
    for table in tables([Source(parent, attribute, "t", TYPES[kind], is_multiple=TYPES[kind] is SELECT)]):
        names = [column.name for column in table.columns]
        assert [Renaming(apply=True).column(name) for name in names] == names
        assert len(set(names)) == len(names)


def test_the_id_of_an_application_is_called_so_and_that_of_any_other_record_record_id() -> None:
    assert [one.parent.id_column for one in (HISTORY, OTHER, ENTRIES)] == ["application_id", "record_id", "entry_id"]
    lists = Source(parse_parent("lists/applications"), "stage", "t")
    assert current_table(lists).schema()["primary_key"] == ["entry_id"]


def test_an_entry_is_a_row_with_all_its_current_values() -> None:
    def option(option_id: str, active_until: str | None) -> dict[str, Any]:
        raw = value(active_until=active_until) | {"attribute_type": "select"}
        del raw["status"]
        return raw | {"option": {"id": {"option_id": option_id}, "title": option_id.upper(), "is_archived": False}}

    raw = [option("a", UNTIL), option("b", None), option("c", None)]
    entry_of = EntryOf("people", "p-1")
    read = parse_history("e-1", raw, SELECT, is_multiple=True, entry_of=entry_of)
    assert current_table(ENTRIES).row(read) == {
        "entry_id": "e-1",
        "channels": raw,
        "parent_object": "people",
        "parent_record_id": "p-1",
        "current_values": [{"option": raw[1]["option"]}, {"option": raw[2]["option"]}],
        "active_from": STAY_ROW["active_from"],
        "stays": 3,
    }
    empty = parse_history("e-1", [], SELECT, is_multiple=True, entry_of=entry_of)
    assert current_table(ENTRIES).row(empty)["current_values"] == []
    assert [row["option_title"] for row in history_rows(history_table(ENTRIES), read, range(3))] == ["A", "B", "C"]


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
    assert rows_of(history(value())) == [STAY_ROW]


def test_a_stay_that_has_ended_says_when() -> None:
    assert rows_of(history(value(active_until=UNTIL))) == [
        STAY_ROW | {"active_until": datetime(2026, 5, 16, 8, 0, tzinfo=UTC), "is_active": False}
    ]


def test_everything_that_may_be_null_is_null_in_its_own_column() -> None:
    raw = value(target_time_in_status=None, is_archived=True, title="")
    raw["created_by_actor"] = {"type": None, "id": None}
    assert rows_of(history(raw)) == [
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
    rows = rows_of(history(value(active_until=FROM), value(title="Later")))
    assert rows == [
        STAY_ROW | {"active_until": STAY_ROW["active_from"], "is_active": False},
        STAY_ROW | {"position": 2, "status_title": "Later"},
    ]


@pytest.mark.parametrize("places", [[], [0], [2], [0, 2], [0, 1, 2]])
def test_rows_of_some_stays_keep_their_positions(places: list[int]) -> None:
    read = history(value(active_until=UNTIL), value(UNTIL, UNTIL), value(UNTIL, title="Last"))
    rows = list(history_rows(history_table(HISTORY), read, places))
    assert rows == [rows_of(read)[place] for place in places]
    assert [row["position"] for row in rows] == [place + 1 for place in places]


def test_a_believable_workspace_becomes_its_truth() -> None:
    current = current_table(HISTORY)
    read = [parse_history(record_id, PIPELINE.history(record_id)) for record_id in PIPELINE.record_ids("applications")]
    rows = {(row["application_id"], row["position"]): row for one in read for row in rows_of(one)}
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


IDS = {"workspace_id": "w", "object_id": "o-1", "list_id": "l-1", "attribute_id": "a-1", "status_id": "s-1"} | {
    "option_id": "p-1",
    "workspace_member_id": "m-1",
}
CREATED = "2026-05-15T21:49:04.642000000Z"
ATTRIBUTE = Place(parse_parent("lists/hiring"), "stage")

# What Attio answers, with what may be missing or be added, and the row of it.
SMALL: list[tuple[Definition[Any], Place, dict[str, Any], dict[str, Any]]] = [
    (
        STATUSES,
        Place(parse_parent("applications"), "workflow_status"),
        {
            "title": "App\x00lied",
            "is_archived": True,
            "celebration_enabled": False,
            "target_time_in_status": "P3D",
            "new": 1,
        },
        {
            "status_id": "s-1",
            "object": "applications",
            "attribute": "workflow_status",
            "position": 1,
            "title": "App\\u0000lied",
            "is_archived": True,
            "celebration_enabled": False,
            "target_time_in_status": "P3D",
        },
    ),
    (
        OPTIONS,
        ATTRIBUTE,
        {"title": "E-m\ud800ail", "is_archived": False},
        {
            "option_id": "p-1",
            "object": "lists/hiring",
            "attribute": "stage",
            "position": 1,
            "title": "E-m\\ud800ail",
            "is_archived": False,
        },
    ),
    (
        MEMBERS,
        Place(),
        {
            "first_name": "A\ud800da",
            "last_name": "Lovelace",
            "email_address": "ada@example.com",
            "access_level": "admin",
            "avatar_url": "https://example.com/ada",
        },
        {
            "workspace_member_id": "m-1",
            "first_name": "A\\ud800da",
            "last_name": "Lovelace",
            "email_address": "ada@example.com",
            "access_level": "admin",
        },
    ),
    (
        MEMBERS,
        Place(),
        {},
        {"workspace_member_id": "m-1"} | dict.fromkeys(["first_name", "last_name", "email_address", "access_level"]),
    ),
    (
        OBJECTS,
        Place(),
        {"api_slug": "people", "singular_noun": "Per\x00son", "plural_noun": "People", "created_at": CREATED},
        {
            "object_id": "o-1",
            "api_slug": "people",
            "singular_noun": "Per\\u0000son",
            "plural_noun": "People",
            "created_at": datetime(2026, 5, 15, 21, 49, 4, 642000, tzinfo=UTC),
        },
    ),
    (
        OBJECTS,
        Place(),
        {"api_slug": None},
        {"object_id": "o-1"} | dict.fromkeys(["api_slug", "singular_noun", "plural_noun", "created_at"]),
    ),
    (
        LISTS,
        Place(),
        {"api_slug": "hiring", "name": "Hiring", "parent_object": ["people"], "created_at": CREATED},
        {
            "list_id": "l-1",
            "api_slug": "hiring",
            "name": "Hiring",
            "parent_object": ["people"],
            "created_at": datetime(2026, 5, 15, 21, 49, 4, 642000, tzinfo=UTC),
        },
    ),
    (
        ATTRIBUTES,
        Place(parse_parent("lists/hiring")),
        {
            "api_slug": "stage",
            "title": "Stage",
            "description": "Where it \x00is",
            "type": "status",
            "is_multiselect": True,
            "is_required": True,
            "is_unique": False,
            "is_archived": True,
            "created_at": CREATED,
        },
        {
            "attribute_id": "a-1",
            "object": "lists/hiring",
            "api_slug": "stage",
            "title": "Stage",
            "description": "Where it \\u0000is",
            "type": "status",
            "is_multiple": True,
            "is_required": True,
            "is_unique": False,
            "is_archived": True,
            "created_at": datetime(2026, 5, 15, 21, 49, 4, 642000, tzinfo=UTC),
        },
    ),
]


@pytest.mark.parametrize(("definition", "place", "raw", "row"), SMALL, ids=lambda one: getattr(one, "table", ""))
def test_a_row_of_a_small_table_is_one_item_as_attio_lists_it(
    definition: Definition[Any], place: Place, raw: dict[str, Any], row: dict[str, Any]
) -> None:
    item = definition.model.model_validate({"id": IDS, **raw})
    assert definition.rows([item], place) == [row]
    assert list(row) == [column.name for column in definition.columns]
    positions = [one.get("position") for one in definition.rows([item, item], place)]
    assert positions == ([1, 2] if "position" in row else [None, None])


@pytest.mark.parametrize(
    ("definition", "place", "path"),
    [
        (STATUSES, ATTRIBUTE, "/v2/lists/hiring/attributes/stage/statuses"),
        (OPTIONS, Place(parse_parent("deals"), "a b"), "/v2/objects/deals/attributes/a%20b/options"),
        (MEMBERS, Place(), "/v2/workspace_members"),
        (OBJECTS, Place(), "/v2/objects"),
        (LISTS, Place(), "/v2/lists"),
        (ATTRIBUTES, Place(parse_parent("deals")), "/v2/objects/deals/attributes"),
    ],
    ids=lambda one: getattr(one, "table", ""),
)
def test_a_small_table_is_read_where_attio_has_it(definition: Definition[Any], place: Place, path: str) -> None:
    assert definition.path(place) == path


def test_the_key_of_a_row_is_what_the_schema_calls_its_key() -> None:
    for table in tables([HISTORY, OTHER, ENTRIES, AMOUNT]):
        keys = table.schema()["primary_key"]
        assert table.key(*keys) == {name: name for name in keys}
        with pytest.raises(ValueError, match="zip"):
            table.key(*keys, "one too many")


def test_every_column_of_a_row_is_in_the_schema_so_that_it_exists_before_there_is_a_row() -> None:
    for table in tables([HISTORY, OTHER, ENTRIES, AMOUNT]):
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
    rows = rows_of(read)
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
