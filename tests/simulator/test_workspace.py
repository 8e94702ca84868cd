from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.support import START, Time

from attio_simulator import SYSTEM, Actor, Clock, Workspace
from attio_simulator.clock import nanoseconds

if TYPE_CHECKING:
    from attio_simulator.shapes import Json

TITLES = ("Applied", "Screening", "Interview", "Offer", "Rejected")


def titles(history: list[Json]) -> list[str]:
    return [value["status"]["title"] for value in history]


def test_a_hiring_workspace_has_everything_but_records(workspace: Workspace) -> None:
    assert [one.slug for one in workspace.objects()] != []
    assert {one.slug for one in workspace.objects()} == {"applications", "jobs", "people", "companies"}
    assert [one.slug for one in workspace.lists()] == ["talent_pool"]
    assert workspace.record_ids("applications") == workspace.record_ids("talent_pool") == []
    assert len(workspace.members) > 5


def test_the_slugs_can_be_any(clock: Clock) -> None:
    workspace = Workspace.hiring(clock=clock, object_slug="job applications/2026", attribute_slug="état d'avancement")
    record_id = workspace.create_record("job applications/2026", "Applied")
    assert titles(workspace.history(record_id, "état d'avancement")) == ["Applied"]


def test_a_value_set_at_creation_begins_with_the_record_to_the_digit(workspace: Workspace, time: Time) -> None:
    time.seconds = 0.123456
    record_id = workspace.create_record("applications", "Applied")
    record = workspace.record(record_id)
    [value] = workspace.history(record_id)
    assert value["active_from"] == "2026-11-24T10:00:00.123000000Z"
    assert value["active_until"] is None
    assert 0 <= record.stamped - record.created <= 185_000_000
    [created_at] = workspace.history(record_id, "created_at")
    assert created_at["active_from"] == value["active_from"] <= created_at["value"]


def test_moving_ends_one_value_and_begins_another_at_the_same_instant(workspace: Workspace, clock: Clock) -> None:
    recruiter = workspace.members[1].actor
    record_id = workspace.create_record("applications", "Applied")
    clock.move(timedelta(days=1))
    workspace.set_status(record_id, "Interview", actor=recruiter)
    first, second = workspace.history(record_id)
    assert first["active_until"] == second["active_from"] == "2026-11-25T10:00:00.000000000Z"
    assert second["active_until"] is None
    assert second["created_by_actor"] == {"type": "workspace-member", "id": recruiter.id}
    assert workspace.current(record_id) == second


def test_moving_to_the_same_status_changes_nothing(workspace: Workspace, clock: Clock) -> None:
    record_id = workspace.create_record("applications", "Applied")
    before = workspace.history(record_id)
    clock.move(timedelta(days=1))
    workspace.set_status(record_id, "Applied")
    assert workspace.history(record_id) == before


def test_clearing_leaves_no_current_value(workspace: Workspace, clock: Clock) -> None:
    record_id = workspace.create_record("applications", "Applied")
    clock.move(timedelta(hours=1))
    workspace.clear_value(record_id, "workflow_status")
    clock.move(timedelta(hours=1))
    assert workspace.current(record_id) is None
    workspace.set_status(record_id, "Applied")
    first, second = workspace.history(record_id)
    assert first["active_until"] == "2026-11-24T11:00:00.000000000Z"
    assert second["active_from"] == "2026-11-24T12:00:00.000000000Z"


def test_a_record_can_be_without_any_status(workspace: Workspace) -> None:
    assert workspace.history(workspace.create_record("applications")) == []


@given(moves=st.lists(st.sampled_from([*TITLES, None]), max_size=12), steps=st.lists(st.integers(-2, 3), max_size=12))
def test_values_never_overlap_even_when_the_clock_stands_still_or_goes_back(
    moves: list[str | None], steps: list[int]
) -> None:
    clock = Clock(start=START, source=lambda: 0.0)
    workspace = Workspace.hiring(clock=clock)
    record_id = workspace.create_record("applications", "Applied")
    expected: list[str | None] = ["Applied"]
    for move, step in zip(moves, [*steps, *[0] * len(moves)], strict=False):
        clock.move(timedelta(milliseconds=step))
        if move is None:
            workspace.clear_value(record_id)
        else:
            workspace.set_status(record_id, move)
        if move != expected[-1]:
            expected.append(move)
    history = workspace.history(record_id)
    assert titles(history) == [title for title in expected if title is not None]
    for earlier, later in pairwise(history):
        assert earlier["active_from"] < earlier["active_until"] <= later["active_from"]
    assert (workspace.current(record_id) is None) == (expected[-1] is None)
    current_since = (workspace.current(record_id) or {}).get("active_from")
    has_moved = len(history) > 1
    assert not (has_moved and current_since == history[0]["active_from"])


def test_a_write_before_the_last_one_is_refused(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    with pytest.raises(ValueError, match="not after"):
        workspace.set_status(record_id, "Interview", at=START - timedelta(days=1))


def test_an_import_stamps_all_its_records_with_one_millisecond(workspace: Workspace) -> None:
    ids = workspace.import_records("applications", 700, "Applied")
    assert len(set(ids)) == 700
    records = [workspace.record(record_id) for record_id in ids]
    assert len({(record.created, record.stamped) for record in records}) == 1
    assert workspace.record_ids("applications") == sorted(ids)
    workspace.set_status(ids[0], "Offer")
    assert titles(workspace.history(ids[1])) == ["Applied"]


def test_deleting_a_record_deletes_its_entries(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    other_id = workspace.create_record("applications", "Applied")
    entry_id = workspace.create_entry("talent_pool", record_id, "To contact")
    second_id = workspace.create_entry("talent_pool", record_id, "To contact")
    kept_id = workspace.create_entry("talent_pool", other_id, "To contact")
    workspace.delete_record(second_id)
    workspace.delete_record(record_id)
    assert workspace.record_ids("applications") == [other_id]
    assert workspace.record_ids("talent_pool") == [kept_id]
    for gone in (record_id, entry_id, second_id):
        with pytest.raises(KeyError):
            workspace.history(gone)


def test_a_status_on_a_list_names_the_list_as_its_object(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    entry_id = workspace.create_entry("talent_pool", record_id, "To contact")
    workspace.set_status(entry_id, "Referred", actor=SYSTEM)
    first, second = workspace.history(entry_id, "stage")
    assert first["status"]["id"]["object_id"] == workspace.list("talent_pool").id
    assert second["created_by_actor"] == {"type": "system", "id": None}


def test_a_replaced_history_is_exactly_what_was_written(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    day = timedelta(days=1)
    workspace.replace_history(
        record_id,
        [
            ("Offer", START - day, None),
            ("Applied", START - 9 * day, START - 7 * day),
            ("Offer", START - 3 * day, START - day),
        ],
    )
    assert [(value["status"]["title"], value["active_from"][8:10]) for value in workspace.history(record_id)] == [
        ("Applied", "15"),
        ("Offer", "21"),
        ("Offer", "23"),
    ]


def test_several_values_may_overlap_where_an_attribute_takes_several(workspace: Workspace) -> None:
    record = workspace.record(workspace.create_record("people"))
    attribute = workspace.attribute_of(record, "email_addresses")
    since = nanoseconds(START - timedelta(days=2))
    workspace.write_history(record, attribute, [("one@example.com", since, None), ("two@example.com", since, None)])
    workspace.set_values(record, attribute, ["two@example.com", "three@example.com"])
    shown = workspace.history(record.id, "email_addresses")
    assert [(value["email_address"][:3], value["active_until"] is None) for value in shown] == [
        ("one", False),
        ("two", True),
        ("thr", True),
    ]


def test_a_history_can_be_long(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    for turn in range(1_999):
        workspace.set_status(record_id, ("Interview", "Screening")[turn % 2])
    assert len(workspace.history(record_id)) == 2_000


@pytest.mark.parametrize(
    ("intervals", "problem"),
    [
        ([], "at least one"),
        ([(5, None), (3, None)], "overlap"),
        ([(5, 3), (4, 2)], "overlap"),
        ([(3, 5)], "after active_from"),
        ([(3, 3)], "after active_from"),
        ([(-1, None)], "future"),
        ([(3, -1)], "future"),
    ],
)
def test_an_impossible_history_is_refused(
    workspace: Workspace, intervals: list[tuple[int, int | None]], problem: str
) -> None:
    record_id = workspace.create_record("applications", "Applied")
    before = workspace.history(record_id)
    values = [
        ("Offer", START - timedelta(days=since), None if until is None else START - timedelta(days=until))
        for since, until in intervals
    ]
    with pytest.raises(ValueError, match=problem):
        workspace.replace_history(record_id, values)
    assert workspace.history(record_id) == before


def test_a_merge_makes_a_new_record_with_the_history_of_the_primary(workspace: Workspace, clock: Clock) -> None:
    first = workspace.create_record("applications", "Applied", values={"name": "First"})
    second = workspace.create_record("applications", "Screening", values={"name": "Second", "notes": "Kept"})
    clock.move(timedelta(days=1))
    workspace.set_status(first, "Offer")
    entry_id = workspace.create_entry("talent_pool", second, "To contact")
    history = workspace.history(first)
    clock.move(timedelta(days=1))
    merged = workspace.merge_records(first, second)
    assert workspace.record_ids("applications") == [merged]
    assert merged not in (first, second)
    assert workspace.history(merged) == history
    assert [value["value"] for value in workspace.history(merged, "name")] == ["First"]
    assert [value["value"] for value in workspace.history(merged, "notes")] == ["Kept"]
    parent = workspace.record(entry_id).parent
    assert parent is not None
    assert parent.id == merged


def test_no_value_of_a_merged_record_looks_as_if_set_at_its_creation(workspace: Workspace) -> None:
    first = workspace.create_record("applications", "Applied")
    second = workspace.create_record("applications", "Applied")
    workspace.set_status(first, "Offer")
    merged = workspace.record(workspace.merge_records(first, second))
    assert all(value.active_from < merged.created for value in merged.values[1])


def test_a_merge_takes_as_long_as_it_is_told(workspace: Workspace, clock: Clock) -> None:
    first, second = (workspace.create_record("applications", "Applied") for _ in range(2))
    merged = workspace.merge_records(first, second, merging_for=timedelta(minutes=5))
    assert workspace.record_ids("applications") == []
    assert all(workspace.is_merging(one) for one in (first, second, merged))
    clock.move(timedelta(minutes=5))
    assert workspace.record_ids("applications") == [merged]
    assert not any(workspace.is_merging(one) for one in (first, second, merged))


def test_only_two_records_of_one_object_can_be_merged(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    job_id = workspace.create_record("jobs", values={"title": "Data engineer"})
    for other in (record_id, job_id):
        with pytest.raises(ValueError, match="two different records"):
            workspace.merge_records(record_id, other)


def test_renaming_shows_in_current_values_and_in_past_ones_as_asked(workspace: Workspace, clock: Clock) -> None:
    record_id = workspace.create_record("applications", "Applied")
    clock.move(timedelta(days=1))
    workspace.set_status(record_id, "Interview")
    clock.move(timedelta(days=1))
    workspace.rename_status("Applied", "Received")
    workspace.rename_status("Interview", "Conversation")
    clock.move(timedelta(days=1))
    workspace.set_status(record_id, "Received")
    assert titles(workspace.history(record_id)) == ["Received", "Conversation", "Received"]
    assert titles(workspace.history(record_id, past_titles="then")) == ["Applied", "Conversation", "Received"]
    with pytest.raises(KeyError):
        workspace.set_status(record_id, "Applied")


def test_an_archived_status_stays_where_it_is(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    workspace.archive_status("Applied")
    assert workspace.history(record_id)[0]["status"]["is_archived"] is True
    workspace.archive_status("Applied", archived=False)
    assert workspace.history(record_id)[0]["status"]["is_archived"] is False
    workspace.archive_status("To contact", collection="talent_pool")
    with pytest.raises(KeyError):
        workspace.archive_status("No such status")


def test_what_does_not_exist_is_a_key_error(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    with pytest.raises(KeyError):
        workspace.object("nothing")
    with pytest.raises(KeyError):
        workspace.list("applications")
    with pytest.raises(KeyError):
        workspace.history(record_id, "nothing")
    with pytest.raises(KeyError):
        workspace.create_record("applications", values={"nothing": 1})
    with pytest.raises(KeyError):
        workspace.set_status(record_id, "Nothing")
    with pytest.raises(ValueError, match="exists"):
        workspace.add_object("applications", "Application", "Applications")


def test_an_attribute_can_be_added_while_records_exist(workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    attribute = workspace.add_attribute(workspace.object("applications"), "remark", "Remark", "text")
    assert workspace.history(record_id, "remark") == []
    workspace.set_values(workspace.record(record_id), attribute, ["Late"], actor=Actor("app", None))
    assert [value["value"] for value in workspace.history(record_id, "remark")] == ["Late"]
