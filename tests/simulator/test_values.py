"""Several values at a time, relationships, defaults, and values that begin later than their record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from attio_simulator import Clock, Workspace
from attio_simulator.schema import Attribute, Default

if TYPE_CHECKING:
    from tests.simulator.support import Asking

TEAMS, PEOPLE = "/v2/objects/teams/records", "/v2/objects/people/records"


def attribute_of(workspace: Workspace, collection: str, slug: str) -> Attribute:
    found = workspace.object(collection).attribute(slug)
    assert found is not None
    return found


def set_tags(workspace: Workspace, record_id: str, *titles: str) -> None:
    tags = attribute_of(workspace, "teams", "tags")
    workspace.set_values(workspace.record(record_id), tags, [tags.choice(title) for title in titles])


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    """A workspace in which each person belongs to one team, and a team has members and tags."""
    workspace = Workspace(clock=clock, seed=3)
    member = workspace.add_member("Team", "Lead", "lead@example.com", "admin", avatar_url="https://example.com/lead.png")
    teams = workspace.add_object("teams", "Team", "Teams")
    workspace.add_attribute(
        teams,
        "members",
        "Members",
        "record-reference",
        is_multiselect=True,
        targets=("people",),
        relationship=("people", "team"),
    )
    tags = workspace.add_attribute(teams, "tags", "Tags", "select", is_multiselect=True)
    for title in ("A", "B", "C"):
        workspace.add_option(tags, title)
    people = workspace.add_object("people", "Person", "People", is_standard=True)
    workspace.add_attribute(
        people,
        "team",
        "Team",
        "record-reference",
        targets=("teams",),
        relationship=("teams", "members"),
        description="Where the person works.",
    )
    workspace.add_attribute(people, "language", "Language", "text", default=Default("static", ("English",)))
    workspace.add_attribute(people, "owner", "Owner", "actor-reference", default=Default("dynamic", "current-user"))
    workspace.add_attribute(people, "review_on", "Review on", "date", default=Default("dynamic", 30))
    workspace.add_attribute(people, "call_at", "Call at", "timestamp", default=Default("dynamic", 1))
    assert member.avatar_url is not None
    return workspace


def test_several_values_are_listed_in_their_order_and_their_history_by_time(
    api: Asking, workspace: Workspace, clock: Clock
) -> None:
    team = workspace.create_record("teams")
    for titles in (("A",), ("B", "A"), ("C", "A"), ("A", "C", "B")):
        clock.move(timedelta(days=1))
        set_tags(workspace, team, *titles)
        listed = api.get(f"{TEAMS}/{team}")["values"]["tags"]
        assert [one["option"]["title"] for one in listed] == list(titles)
    history = api.get(f"{TEAMS}/{team}/attributes/tags/values?show_historic=true")
    assert history == workspace.history(team, "tags")
    stays = [(one["option"]["title"], one["active_from"][8:10], (one["active_until"] or "")[8:10]) for one in history]
    assert stays == [("A", "25", ""), ("B", "26", "27"), ("C", "27", ""), ("B", "28", "")]


def test_the_active_from_filter_sees_each_of_several_values(api: Asking, workspace: Workspace, clock: Clock) -> None:
    team = workspace.create_record("teams")
    set_tags(workspace, team, "A")
    clock.move(timedelta(days=2))
    set_tags(workspace, team, "B", "A")
    after = {"tags": {"active_from": {"$gte": "2026-11-25"}}}
    before = {"tags": {"active_from": {"$lt": "2026-11-25"}}}
    assert api.ids(f"{TEAMS}/query", filter=after) == api.ids(f"{TEAMS}/query", filter=before) == [team]
    set_tags(workspace, team, "A")
    assert api.ids(f"{TEAMS}/query", filter=after) == []


def members(workspace: Workspace, team: str) -> list[str]:
    history = workspace.history(team, "members")
    return [one["target_record_id"] for one in history if one["active_until"] is None]


def test_both_sides_of_a_relationship_are_written_at_once(workspace: Workspace, clock: Clock) -> None:
    first, second = (workspace.create_record("teams") for _ in range(2))
    person = workspace.create_record("people", values={"team": ("teams", first)})
    assert members(workspace, first) == [person]
    clock.move(timedelta(days=1))
    team = attribute_of(workspace, "people", "team")
    workspace.set_values(workspace.record(person), team, [("teams", second)])
    assert (members(workspace, first), members(workspace, second)) == ([], [person])
    [left] = workspace.history(first, "members")
    [joined] = workspace.history(second, "members")
    stays = workspace.history(person, "team")
    assert left["active_until"] == joined["active_from"] == stays[1]["active_from"]
    clock.move(timedelta(days=1))
    workspace.set_values(workspace.record(first), attribute_of(workspace, "teams", "members"), [("people", person)])
    assert members(workspace, second) == []
    assert workspace.current(person, "team") == workspace.history(person, "team")[2]
    workspace.delete_record(first)
    assert workspace.current(person, "team") is None
    assert workspace.history(person, "team")[-1]["active_until"] is not None


def test_a_relationship_names_its_other_side(api: Asking, workspace: Workspace) -> None:
    other = attribute_of(workspace, "teams", "members")
    shown = api.get("/v2/objects/people/attributes/team")
    assert shown["description"] == "Where the person works."
    assert shown["relationship"] == {
        "id": {"workspace_id": workspace.id, "object_id": workspace.object("teams").id, "attribute_id": other.id},
        "object_slug": "teams",
        "title": "Members",
        "api_slug": "members",
        "is_multiselect": True,
    }
    assert api.get("/v2/objects/teams/attributes/tags")["relationship"] is None


def test_what_is_not_given_has_its_default(api: Asking, workspace: Workspace) -> None:
    body = {"data": {"values": {"language": "German"}}}
    values = api.ask("POST", PEOPLE, body)[1]["data"]["values"]
    assert values["language"][0]["value"] == "German"
    assert values["owner"][0]["referenced_actor_type"] == "api-token"
    assert values["review_on"][0]["value"] == "2026-12-24"
    assert values["call_at"][0]["value"] == "2026-11-25T10:00:00.000000000Z"
    lead = workspace.members[0].actor
    record_id = workspace.create_record("people", actor=lead)
    shown = api.get(f"{PEOPLE}/{record_id}")["values"]
    assert (shown["language"][0]["value"], shown["owner"][0]["referenced_actor_id"]) == ("English", lead.id)
    imported = workspace.import_records("people", 2)
    assert [len(workspace.history(one, "language")) for one in imported] == [1, 1]


def test_a_default_is_shown_with_its_attribute(api: Asking) -> None:
    shown = {one["api_slug"]: one for one in api.get("/v2/objects/people/attributes")}
    template = {"value": "English", "attribute_type": "text"}
    assert shown["language"]["default_value"] == {"type": "static", "template": [template]}
    assert shown["owner"]["default_value"] == {"type": "dynamic", "template": "current-user"}
    assert shown["review_on"]["default_value"] == {"type": "dynamic", "template": "P30D"}
    assert [one for one in shown if shown[one]["is_default_value_enabled"]] == ["language", "owner", "review_on", "call_at"]


def test_a_part_of_the_records_have_values_that_begin_later(api: Asking, workspace: Workspace) -> None:
    workspace.late_share = 0.25
    late: list[int] = []
    for _ in range(200):
        record = workspace.record(workspace.create_record("people"))
        [value] = workspace.history(record.id, "language")
        begun = int(value["active_from"][20:23])
        late.append(begun - record.created // 1_000_000 % 1_000)
    assert set(late) == {0, 14, 45, 69}
    assert 0.1 < sum(one > 0 for one in late) / len(late) < 0.4
    assert len(api.query(f"{PEOPLE}/query", limit=500)) == 200


def test_the_created_at_attribute_comes_up_to_185_ms_later(workspace: Workspace) -> None:
    records = [workspace.record(workspace.create_record("people")) for _ in range(500)]
    lags = [(record.stamped - record.created) // 1_000_000 for record in records]
    assert (min(lags), max(lags)) == (0, 185)
    assert 0.4 < lags.count(0) / len(lags) < 0.6
