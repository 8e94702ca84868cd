"""The small tables: what statuses there are, and who the members of the workspace are."""

from typing import Any

import pytest
from tests.support import truth
from tests.support.world import HISTORY, MEMBERS, STATUSES, World, make_world

from attio_sync.errors import StateError

WITHOUT_MEMBERS = {"record_permission:read", "object_configuration:read"}


def filled() -> World:
    world = make_world()
    record_id = world.workspace.create_record("applications", "Applied")
    world.pass_time(days=1)
    world.workspace.set_status(record_id, "Screening")
    world.workspace.add_member("Ada", "Moss", "ada@example.com")
    return world


def test_every_status_and_every_member_is_there() -> None:
    world = filled()
    world.sync()
    assert {r["status_id"]: r for r in world.warehouse.rows(STATUSES)} == truth.statuses(world.workspace)
    assert {r["workspace_member_id"]: r for r in world.warehouse.rows(MEMBERS)} == truth.members(world.workspace)


def test_a_renamed_status_changes_one_row_and_no_history() -> None:
    world = filled()
    world.sync()
    upserts = world.warehouse.upserts
    world.workspace.rename_status("Applied", "Received")
    for hours in (1, 25, 24 * 31):
        world.pass_time(hours=hours)
        world.sync(recheck_days="1")
    assert world.warehouse.upserts == upserts + 1
    world.assert_equal_to_attio()
    assert world.warehouse.rows(HISTORY)[0]["status_title"] == "Applied"


@pytest.mark.parametrize("fields", [{"is_archived": True}, {"celebration_enabled": True}, {"target_time_in_status": "P3D"}])
def test_whatever_else_changes_of_a_status_changes_its_row_alone(fields: dict[str, Any]) -> None:
    world = filled()
    world.sync()
    upserts = world.warehouse.upserts
    world.workspace.change_status("Applied", **fields)
    world.sync()
    assert world.warehouse.upserts == upserts + 1
    world.assert_equal_to_attio()


def test_a_member_who_changes_is_one_row_and_one_who_left_is_none() -> None:
    world = filled()
    world.sync()
    changed, left = world.workspace.members[0].id, world.workspace.members[-1].id
    upserts = world.warehouse.upserts
    world.workspace.change_member(changed, access_level="suspended")
    world.workspace.remove_member(left)
    world.sync()
    assert world.warehouse.upserts == upserts + 1
    assert {r["workspace_member_id"]: r for r in world.warehouse.rows(MEMBERS)} == truth.members(world.workspace)


def test_without_the_scope_no_member_is_asked_for_and_nothing_is_warned_of() -> None:
    world = filled()
    world.simulator.scopes = frozenset(WITHOUT_MEMBERS)
    world.sync()
    assert world.warehouse.rows(MEMBERS) == []
    assert world.simulator.requests.by_kind["members"] == 0
    assert world.warehouse.warnings == []


def test_a_token_that_loses_the_scope_leaves_the_members_as_they_were() -> None:
    world = filled()
    world.sync()
    before = world.warehouse.rows(MEMBERS)
    world.simulator.scopes = frozenset(WITHOUT_MEMBERS)
    world.sync()
    assert world.warehouse.rows(MEMBERS) == before


def test_statuses_of_an_attribute_that_is_no_longer_tracked_go() -> None:
    world = filled()
    deals = world.workspace.add_object("deals", "Deal", "Deals")
    stage = world.workspace.add_attribute(deals, "stage", "Stage", "status")
    world.workspace.add_status(stage, "Lead")
    both = "applications.workflow_status=attio_workflow_status,deals.stage=attio_deal_stage"
    world.track(both)
    world.sync(history=both)
    assert {r["object"] for r in world.warehouse.rows(STATUSES)} == {"applications", "deals"}
    world.sync()
    assert {r["object"] for r in world.warehouse.rows(STATUSES)} == {"applications"}


def test_a_token_of_another_workspace_is_refused_and_says_what_to_do() -> None:
    world, other = filled(), make_world(seed=9)
    world.sync()
    other.warehouse.state = world.warehouse.state
    with pytest.raises(StateError, match=r"another workspace \(Example Hiring\) than the one .* connection of its own"):
        other.sync()
    assert other.warehouse.tables == {}
