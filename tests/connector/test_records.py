"""A listed record: what identifies and dates it, and what the listing proves."""

import copy
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_simulator import Clock, Workspace, generate_hiring_pipeline
from attio_simulator.render import RecordWriter
from attio_sync.attio_types.records import EntryOf, ListedRecord, parse_listed_record
from attio_sync.attio_types.timestamps import sortable_timestamp
from attio_sync.errors import AttioSyncError, ContractChangedError, UnknownNameError
from attio_sync.histories import never_changed
from attio_sync.parents import Parent, parse_parent

APPLICATIONS, HIRING = parse_parent("applications"), parse_parent("lists/hiring")
START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
RECORD_ID = "0e339d90-1b8d-436e-9305-7c08620dc212"
ENTRY_ID = "5b0c8f6e-21c4-4f65-8a52-93f0f1d5b7aa"
CREATED, LISTED = "2026-05-15T21:49:04.642000000Z", "2026-05-15T21:49:04.675000000Z"


def listed(workspace: Workspace, object_slug: str = "applications") -> list[dict[str, Any]]:
    """The records of an object as a query lists them."""
    collection = workspace.object(object_slug)
    writer = RecordWriter(workspace, collection)
    return [writer.write(collection.records[record_id]) for record_id in collection.ids]


def raw_record(**more: object) -> dict[str, Any]:
    return {
        "id": {"workspace_id": "w", "object_id": "o", "record_id": RECORD_ID},
        "created_at": CREATED,
        "values": {"created_at": [{"active_from": CREATED, "value": LISTED}], "workflow_status": [], **more},
    }


def raw_entry(**more: object) -> dict[str, Any]:
    return {
        "id": {"workspace_id": "w", "list_id": "l", "entry_id": ENTRY_ID},
        "parent_record_id": RECORD_ID,
        "parent_object": "people",
        "created_at": CREATED,
        "entry_values": {"created_at": [{"active_from": CREATED, "value": LISTED}], "stage": [], **more},
    }


def read(raw: object, attribute: str = "workflow_status", parent: Parent = APPLICATIONS) -> ListedRecord:
    return parse_listed_record(raw, parent, attribute)


def proves_all(record: ListedRecord) -> bool:
    return never_changed(record, is_multiple=False)


PIPELINE = generate_hiring_pipeline(200, seed=5, clock=Clock(start=START, source=lambda: 0.0))


def test_every_record_of_a_believable_workspace_is_read() -> None:
    for raw in listed(PIPELINE):
        record = read(raw)
        assert record == ListedRecord(
            raw["id"]["record_id"],
            raw["created_at"],
            raw["values"]["created_at"][0]["value"],
            raw["values"]["workflow_status"],
        )


def test_what_the_listing_proves_is_the_truth() -> None:
    never_moved = 0
    for raw in listed(PIPELINE):
        record = read(raw)
        history = PIPELINE.history(record.record_id)
        if proves_all(record):
            never_moved += 1
            assert record.current == history
        else:
            assert len(history) != 1
    assert 0 < never_moved < 200


def test_a_record_without_a_current_value_proves_nothing() -> None:
    record = read(raw_record())
    assert (record.current_from, proves_all(record)) == (None, False)


def test_the_digits_of_a_timestamp_may_differ_in_number_only() -> None:
    value = {"active_from": "2026-05-15T21:49:04.642Z"}
    record = read(raw_record(workflow_status=[value]))
    assert proves_all(record)
    later = read(raw_record(workflow_status=[{"active_from": LISTED}]))
    assert not proves_all(later)


def test_two_current_values_prove_nothing() -> None:
    value = {"active_from": CREATED}
    assert not proves_all(read(raw_record(workflow_status=[value, value])))


def test_of_several_values_at_a_time_no_listing_proves_anything() -> None:
    record = read(raw_record(workflow_status=[{"active_from": CREATED}]))
    assert never_changed(record, is_multiple=False)
    assert not never_changed(record, is_multiple=True)


def test_an_entry_of_a_list_has_its_values_elsewhere_and_says_what_it_is_about() -> None:
    value = {"active_from": CREATED}
    record = read(raw_entry(stage=[value]), "stage", HIRING)
    assert record == ListedRecord(ENTRY_ID, CREATED, LISTED, [value], EntryOf("people", RECORD_ID))
    assert proves_all(record)
    upper = raw_entry()
    upper["id"]["entry_id"], upper["parent_record_id"] = ENTRY_ID.upper(), RECORD_ID.upper()
    assert read(upper, "stage", HIRING) == record._replace(current=[])


@pytest.mark.parametrize("wrong", [None, 7, "", "..", RECORD_ID + "/..", [RECORD_ID], {}])
def test_an_entry_that_does_not_say_what_it_is_about_stops_the_sync(wrong: object) -> None:
    with pytest.raises(ContractChangedError, match="Attio listed an entry without a readable id"):
        read(raw_entry() | {"parent_record_id": wrong}, "stage", HIRING)


@pytest.mark.parametrize("wrong", [None, 7, ["people"], {}])
def test_an_entry_that_does_not_name_the_object_stops_the_sync(wrong: object) -> None:
    with pytest.raises(ContractChangedError, match="nothing of this page was written"):
        read(raw_entry() | {"parent_object": wrong}, "stage", HIRING)


def test_a_name_of_an_object_that_no_warehouse_can_store_is_escaped() -> None:
    assert read(raw_entry() | {"parent_object": "a\x00b"}, "stage", HIRING).entry_of == EntryOf("a\\u0000b", RECORD_ID)


def test_a_record_is_no_entry_and_an_entry_is_no_record() -> None:
    with pytest.raises(ContractChangedError):
        read(raw_record(), "workflow_status", HIRING)
    with pytest.raises(ContractChangedError):
        read(raw_entry(), "stage", APPLICATIONS)


@pytest.mark.parametrize(
    "current", [None, "Applied", 7, {"active_from": CREATED}, [None], [{}], [{"active_from": 7}], [[]]]
)
def test_a_current_value_of_another_shape_proves_nothing(current: object) -> None:
    record = read(raw_record(workflow_status=current))
    assert record.current == (current if isinstance(current, list) else [current])
    assert proves_all(record) == (current == {"active_from": CREATED})


def test_an_attribute_that_no_record_has_is_named() -> None:
    with pytest.raises(UnknownNameError, match="applications has no attribute 'nothing'"):
        read(raw_record(), "nothing")


@pytest.mark.parametrize(
    "record_id",
    [
        None,
        7,
        "",
        "..",
        "a/b",
        RECORD_ID + "/..",
        RECORD_ID + "\n",
        RECORD_ID.replace("-", ""),
        "\u0660" * 36,
        [RECORD_ID],
        "../" * 12,
    ],
)
def test_an_id_that_is_no_uuid_stops_before_it_becomes_part_of_a_path(record_id: object) -> None:
    raw = raw_record()
    raw["id"]["record_id"] = record_id
    with pytest.raises(ContractChangedError, match="nothing of this page was written"):
        read(raw)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("created_at",), None),
        (("created_at",), "2026-13-45T99:99:99Z"),
        (("values", "created_at"), []),
        (("values", "created_at"), "2026-05-15T21:49:04.642000000Z"),
        (("values", "created_at"), [{"value": "2026-02-30T00:00:00Z"}]),
        (("values", "created_at"), [{"value": 7}]),
        (("values",), []),
        (("values",), None),
        (("id",), None),
        (("id",), RECORD_ID),
    ],
)
def test_a_record_that_cannot_be_dated_or_identified_stops_the_sync(path: tuple[str, ...], wrong: object) -> None:
    raw: Any = raw_record()
    *outer, last = path
    inside = raw
    for key in outer:
        inside = inside[key]
    inside[last] = wrong
    with pytest.raises(ContractChangedError, match="without a readable id, created_at or created_at attribute"):
        read(raw)


NAMES = ["id", "record_id", "entry_id", "parent_record_id", "parent_object", "entry_values", "values", "created_at"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(CREATED) | st.just(RECORD_ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, st.sampled_from([APPLICATIONS, HIRING]))
def test_any_json_at_all_is_a_record_or_an_error_of_our_tree(raw: object, parent: Parent) -> None:
    before = copy.deepcopy(raw)
    try:
        record = read(raw, "created_at", parent)
    except AttioSyncError:
        assert repr(raw) == repr(before)
        return
    assert re.fullmatch(r"[0-9a-f-]{36}", record.record_id)
    assert sortable_timestamp(record.created_at) == record.created_at
    assert sortable_timestamp(record.listed_at) == record.listed_at
    assert proves_all(record) in (True, False)
