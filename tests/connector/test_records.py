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
from attio_sync.attio_types import ListedRecord, parse_listed_record, sortable_timestamp
from attio_sync.errors import AttioSyncError, ContractChangedError, UnknownNameError

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
RECORD_ID = "0e339d90-1b8d-436e-9305-7c08620dc212"
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


PIPELINE = generate_hiring_pipeline(200, seed=5, clock=Clock(start=START, source=lambda: 0.0))


def test_every_record_of_a_believable_workspace_is_read() -> None:
    for raw in listed(PIPELINE):
        record = parse_listed_record(raw, "workflow_status")
        assert record == ListedRecord(
            raw["id"]["record_id"],
            raw["created_at"],
            raw["values"]["created_at"][0]["value"],
            raw["values"]["workflow_status"],
        )


def test_what_the_listing_proves_is_the_truth() -> None:
    never_moved = 0
    for raw in listed(PIPELINE):
        record = parse_listed_record(raw, "workflow_status")
        history = PIPELINE.history(record.record_id)
        if record.never_moved:
            never_moved += 1
            assert record.current == history
        else:
            assert len(history) != 1
    assert 0 < never_moved < 200


def test_a_record_without_a_current_value_proves_nothing() -> None:
    record = parse_listed_record(raw_record(), "workflow_status")
    assert (record.current_from, record.never_moved) == (None, False)


def test_the_digits_of_a_timestamp_may_differ_in_number_only() -> None:
    value = {"active_from": "2026-05-15T21:49:04.642Z"}
    record = parse_listed_record(raw_record(workflow_status=[value]), "workflow_status")
    assert record.never_moved
    later = parse_listed_record(raw_record(workflow_status=[{"active_from": LISTED}]), "workflow_status")
    assert not later.never_moved


def test_two_current_values_prove_nothing() -> None:
    value = {"active_from": CREATED}
    assert not parse_listed_record(raw_record(workflow_status=[value, value]), "workflow_status").never_moved


@pytest.mark.parametrize(
    "current", [None, "Applied", 7, {"active_from": CREATED}, [None], [{}], [{"active_from": 7}], [[]]]
)
def test_a_current_value_of_another_shape_proves_nothing(current: object) -> None:
    record = parse_listed_record(raw_record(workflow_status=current), "workflow_status")
    assert record.current == (current if isinstance(current, list) else [current])
    assert record.never_moved == (current == {"active_from": CREATED})


def test_an_attribute_that_no_record_has_is_named() -> None:
    with pytest.raises(UnknownNameError, match="records of this object have no attribute 'nothing'"):
        parse_listed_record(raw_record(), "nothing")


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
        parse_listed_record(raw, "workflow_status")


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
        parse_listed_record(raw, "workflow_status")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(CREATED) | st.just(RECORD_ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "record_id", "values", "created_at", "value", "workflow_status"]), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_any_json_at_all_is_a_record_or_an_error_of_our_tree(raw: object) -> None:
    before = copy.deepcopy(raw)
    try:
        record = parse_listed_record(raw, "workflow_status")
    except AttioSyncError:
        assert repr(raw) == repr(before)
        return
    assert re.fullmatch(r"[0-9a-f-]{36}", record.record_id)
    assert sortable_timestamp(record.created_at) == record.created_at
    assert sortable_timestamp(record.listed_at) == record.listed_at
    assert record.never_moved in (True, False)
