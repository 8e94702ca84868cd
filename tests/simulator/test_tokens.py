from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulator.support import RECORDS, Asking, values_url

from attio_simulator import Limits, Simulator, Workspace

if TYPE_CHECKING:
    from attio_simulator import Clock
    from attio_simulator.tokens import TokenLevel

ENTRIES = "/v2/lists/talent_pool/entries"


def test_self_says_which_workspace_and_what_the_token_may(api: Asking) -> None:
    status, identity = api.ask("GET", "/v2/self")
    assert status == 200
    assert identity["active"] is True
    assert identity["workspace_id"] == identity["sub"] == api.simulator.workspace.id
    assert "record_permission:read-write" in identity["scope"].split(" ")


def test_without_a_token_every_other_endpoint_answers_401(simulator: Simulator) -> None:
    api = Asking(simulator)
    api.headers = {}
    status, body = api.ask("GET", "/v2/objects")
    assert status == 401
    assert body == {
        "status_code": 401,
        "type": "auth_error",
        "code": "unauthorized",
        "message": "The Authorization header was not provided.",
    }
    api.headers = {"authorization": "Bearer wrong"}
    assert api.refusal("GET", "/v2/objects")[:2] == (401, "unauthorized")


def test_basic_authentication_with_the_token_as_user_works(simulator: Simulator) -> None:
    credentials = base64.b64encode(f"{simulator.token}:".encode()).decode()
    api = Asking(simulator, {"authorization": f"Basic {credentials}"})
    assert len(api.get("/v2/objects")) == 4


def test_a_missing_scope_is_named(workspace: Workspace) -> None:
    scopes = ["record_permission:read", "object_configuration:read-write"]
    api = Asking(Simulator(workspace, limits=Limits.off(), scopes=scopes))
    assert api.query() == []
    status, body = api.ask("GET", "/v2/workspace_members")
    assert (status, body["type"], body["code"]) == (403, "auth_error", "unauthorized")
    assert "user_management:read" in body["message"]
    assert api.refusal("POST", RECORDS, {"data": {"values": {}}})[0] == 403


@pytest.mark.parametrize(("target", "slug"), [("objects", "applications/attributes"), ("lists", "talent_pool/attributes")])
def test_the_attributes_of_a_list_need_the_scope_of_lists(workspace: Workspace, target: str, slug: str) -> None:
    attribute = {"objects": "workflow_status", "lists": "stage"}[target]
    for scope, other in (("object_configuration:read", "lists"), ("list_configuration:read", "objects")):
        api = Asking(Simulator(workspace, limits=Limits.off(), scopes=[scope]))
        for url in (slug, f"{slug}/{attribute}", f"{slug}/{attribute}/statuses", f"{slug}/{attribute}/options"):
            status, body = api.ask("GET", f"/v2/{target}/{url}")
            assert status == (403 if target == other else 200)
            if target == other:
                assert f"{target.removesuffix('s')}_configuration:read" in body["message"]


@pytest.mark.parametrize("header", ["Bearer 4a1fdc83_0000-unknown", "Basic NGExZmRjODNfMDAwMC11bmtub3duOg=="])
def test_self_answers_an_unknown_token_with_inactive(simulator: Simulator, header: str) -> None:
    assert Asking(simulator, {"authorization": header}).ask("GET", "/v2/self") == (200, {"active": False})


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer wrong", "Bearer wrong-though-long-enough!", "Basic !!!", "Basic d3Jvbmc6", "Token x"],
)
def test_self_does_not_recognise_what_is_no_token(simulator: Simulator, header: str | None) -> None:
    api = Asking(simulator)
    api.headers = {} if header is None else {"authorization": header}
    assert api.ask("GET", "/v2/self") == (
        400,
        {
            "status_code": 400,
            "type": "invalid_request_error",
            "code": "missing_value",
            "message": "Token was not recognised.",
        },
    )


def test_the_token_that_is_known_may_look_as_it_likes(workspace: Workspace) -> None:
    api = Asking(Simulator(workspace, limits=Limits.off(), token="short one"))
    assert api.ask("GET", "/v2/self")[1]["active"] is True


def test_self_says_for_whom_the_token_acts(workspace: Workspace) -> None:
    levels: list[TokenLevel] = ["workspace", "user"]
    shown: list[str] = []
    for level in levels:
        api = Asking(Simulator(workspace, limits=Limits.off(), token_level=level))
        shown.append(api.ask("GET", "/v2/self")[1]["token_level"])
        api.simulator.token_level = levels[0]
        shown.append(api.ask("GET", "/v2/self")[1]["token_level"])
    assert shown == ["workspace", "workspace", "user", "workspace"]


def test_a_record_that_the_token_does_not_see_is_neither_listed_nor_found(workspace: Workspace) -> None:
    seen, hidden = (workspace.create_record("applications", "Applied") for _ in range(2))
    api = Asking(Simulator(workspace, limits=Limits.off(), token_level="user", hidden=[hidden]))
    by_creation = [{"direction": "asc", "attribute": "created_at"}]
    bodies: list[dict[str, Any]] = [{}, {"limit": 1}, {"sorts": by_creation}, {"filter": {"workflow_status": "Applied"}}]
    for body in bodies:
        assert api.ids(**body) == [seen]
    expected = (404, "not_found", f'Record with ID "{hidden}" not found.')
    assert api.refusal("GET", f"{RECORDS}/{hidden}") == expected
    assert api.refusal("GET", values_url(hidden)) == expected
    assert api.refusal("PATCH", f"{RECORDS}/{hidden}", {"data": {"values": {}}}) == expected


def test_a_token_can_lose_sight_of_a_record_and_see_it_again(api: Asking, workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    for _ in range(2):
        api.simulator.hidden.add(record_id)
        assert api.ids() == []
        assert api.refusal("GET", values_url(record_id))[:2] == (404, "not_found")
        api.simulator.hidden.clear()
        assert api.ids() == [record_id]
        assert len(api.get(values_url(record_id))) == 1
    assert workspace.record_ids("applications") == [record_id]


def test_each_token_has_scopes_of_its_own(workspace: Workspace) -> None:
    simulator = Simulator(workspace, limits=Limits.off(), scopes=["object_configuration:read"])
    simulator.add_token("one-of-the-members", scopes=["user_management:read"])
    first, second = Asking(simulator), Asking(simulator, {"authorization": "Bearer one-of-the-members"})
    assert first.get("/v2/objects")
    assert first.refusal("GET", "/v2/workspace_members")[0] == 403
    assert second.get("/v2/workspace_members")
    assert second.refusal("GET", "/v2/objects")[0] == 403
    assert [one.ask("GET", "/v2/self")[1]["scope"] for one in (first, second)] == [
        "object_configuration:read",
        "user_management:read",
    ]
    del simulator.tokens["one-of-the-members"]
    assert second.refusal("GET", "/v2/workspace_members")[0] == 401


def test_a_token_of_a_member_sees_the_lists_that_the_member_may_see(workspace: Workspace) -> None:
    lead, recruiter = workspace.members[:2]
    private = workspace.add_list(
        "shortlist", "Shortlist", "applications", workspace_access=None, member_access={lead.id: "read-only"}
    )
    record_id = workspace.create_record("applications", "Applied")
    entry_id = workspace.create_entry("shortlist", record_id)
    simulator = Simulator(workspace, limits=Limits.off())
    seen: dict[str, list[str]] = {}
    for member in (lead, recruiter):
        simulator.add_token(f"token-of-{member.id}", level="user", member_id=member.id)
        api = Asking(simulator, {"authorization": f"Bearer token-of-{member.id}"})
        assert api.ask("GET", "/v2/self")[1]["authorized_by_workspace_member_id"] == member.id
        seen[member.id] = [one["api_slug"] for one in api.get("/v2/lists")]
        listed = [one["entry_id"] for one in api.get(f"{RECORDS}/{record_id}/entries")]
        if member is lead:
            assert listed == [entry_id]
            assert api.ids("/v2/lists/shortlist/entries/query") == [entry_id]
            assert api.get("/v2/lists/shortlist")["workspace_member_access"] == [
                {"workspace_member_id": lead.id, "level": "read-only"}
            ]
        else:
            assert listed == []
            assert api.refusal("POST", "/v2/lists/shortlist/entries/query", {})[:2] == (404, "not_found")
    assert seen == {lead.id: ["talent_pool", "shortlist"], recruiter.id: ["talent_pool"]}
    assert private.slug in [one["api_slug"] for one in Asking(simulator).get("/v2/lists")]


def test_entries_can_be_out_of_sight_too(api: Asking, workspace: Workspace) -> None:
    record_id = workspace.create_record("applications", "Applied")
    entries = [workspace.create_entry("talent_pool", record_id, "To contact") for _ in range(2)]
    api.simulator.hidden = {entries[0]}
    assert api.ids(f"{ENTRIES}/query") == entries[1:]
    assert [one["entry_id"] for one in api.get(f"{RECORDS}/{record_id}/entries")] == entries[1:]
    assert api.refusal("GET", f"{ENTRIES}/{entries[0]}")[:2] == (404, "not_found")


def test_a_merge_out_of_sight_is_not_found_instead_of_in_progress(api: Asking, workspace: Workspace, clock: Clock) -> None:
    first, second = (workspace.create_record("applications", "Applied") for _ in range(2))
    api.simulator.hidden.add(first)
    merged = workspace.merge_records(first, second, merging_for=timedelta(minutes=1))
    codes = [api.refusal("GET", values_url(one))[1] for one in (first, second, merged)]
    assert codes == ["not_found", "merge_in_progress", "merge_in_progress"]
    clock.move(timedelta(minutes=1))
    assert api.ids() == [merged]
