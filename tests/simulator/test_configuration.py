from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulator.support import QUERY, START, Asking, values_url

if TYPE_CHECKING:
    from attio_simulator import Clock, Workspace

MEMBERS = "/v2/workspace_members"
STATUSES = "/v2/objects/applications/attributes/workflow_status/statuses"
NOBODY = "00000000-0000-4000-8000-000000000000"


def statuses(api: Asking, url: str = STATUSES) -> dict[str, dict[str, Any]]:
    return {one["title"]: one for one in api.get(url)}


def test_members_have_names_and_addresses(api: Asking) -> None:
    members = api.get(MEMBERS)
    assert len({one["email_address"] for one in members}) == len(members) == 7
    assert all(one["first_name"] and one["last_name"] for one in members)


def test_a_member_is_renamed_suspended_and_removed(api: Asking, workspace: Workspace) -> None:
    member = workspace.members[1]
    record_id = workspace.create_record("applications", "Applied", actor=member.actor)
    workspace.change_member(member.id, first_name="Renamed", last_name="Person", email_address="renamed@example.com")
    workspace.change_member(member.id, access_level="suspended")
    shown = api.get(f"{MEMBERS}/{member.id}")
    assert (shown["first_name"], shown["last_name"], shown["email_address"], shown["access_level"]) == (
        "Renamed",
        "Person",
        "renamed@example.com",
        "suspended",
    )
    assert shown in api.get(MEMBERS)
    workspace.remove_member(member.id)
    assert api.refusal("GET", f"{MEMBERS}/{member.id}")[:2] == (404, "not_found")
    assert member.id not in [one["id"]["workspace_member_id"] for one in api.get(MEMBERS)]
    [value] = api.get(values_url(record_id))
    assert value["created_by_actor"] == {"type": "workspace-member", "id": member.id}


def test_a_member_has_no_other_fields_and_nobody_is_no_member(workspace: Workspace) -> None:
    with pytest.raises(AttributeError):
        workspace.change_member(workspace.members[1].id, shoe_size="42")
    with pytest.raises(KeyError):
        workspace.change_member(NOBODY, access_level="admin")
    with pytest.raises(KeyError):
        workspace.remove_member(NOBODY)


def test_a_status_changes_its_celebration_and_its_target_time(api: Asking, workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    applied = statuses(api)["Applied"]
    assert (applied["celebration_enabled"], applied["target_time_in_status"]) == (False, "P0Y0M3DT0H0M0S")
    for celebrated, target in ((True, "P0Y0M1DT0H0M0S"), (False, None)):
        workspace.change_status("Applied", celebration_enabled=celebrated, target_time_in_status=target)
        of_value = api.get(values_url(record_id))[0]["status"]
        for shown in (statuses(api)["Applied"], of_value):
            assert (shown["celebration_enabled"], shown["target_time_in_status"]) == (celebrated, target)
    workspace.change_status("Referred", collection="talent_pool", target_time_in_status="P0Y0M2DT0H0M0S")
    shown = statuses(api, "/v2/lists/talent_pool/attributes/stage/statuses")["Referred"]
    assert shown["target_time_in_status"] == "P0Y0M2DT0H0M0S"


def test_a_status_has_no_other_fields(workspace: Workspace) -> None:
    with pytest.raises(AttributeError):
        workspace.change_status("Applied", title="Received")
    with pytest.raises(KeyError):
        workspace.change_status("No such status", is_archived=True)


def test_a_value_set_now_can_have_begun_in_the_past(api: Asking, workspace: Workspace, clock: Clock) -> None:
    first, second = (workspace.create_record("applications", "Applied") for _ in range(2))
    clock.move(timedelta(days=10))
    workspace.set_status(first, "Offer", at=START + timedelta(days=3))
    workspace.replace_history(second, [("Offer", START - timedelta(days=3), None)])
    recent = {"workflow_status": {"active_from": {"$gte": "2026-12-01"}}}
    assert api.ids(QUERY, filter=recent) == []
    begun = {row["id"]["record_id"]: row["values"]["workflow_status"][0]["active_from"] for row in api.query()}
    assert begun == {first: "2026-11-27T10:00:00.000000000Z", second: "2026-11-21T10:00:00.000000000Z"}
