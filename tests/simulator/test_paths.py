"""Filters and sorts along references, saved views, and what queries cost."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulator.support import QUERY, Asking

from attio_simulator import Limits, Simulator, Workspace

PEOPLE = "/v2/objects/people/records/query"
ENTRIES = "/v2/lists/talent_pool/entries/query"
TO_COMPANIES = [["people", "company"], ["companies", "name"]]


@pytest.fixture
def people(workspace: Workspace) -> list[str]:
    """One person of each of two companies, and one of none."""
    companies = [workspace.create_record("companies", values={"name": name}) for name in ("Zeta", "Alpha")]
    values: list[dict[str, Any]] = [{"company": ("companies", one)} for one in companies]
    return [workspace.create_record("people", values=one) for one in [*values, {}]]


@pytest.fixture
def entries(workspace: Workspace) -> list[str]:
    """One entry of each of two applications for two jobs."""
    jobs = [workspace.create_record("jobs", values={"title": title}) for title in ("Engineer", "Designer")]
    records = [workspace.create_record("applications", "Applied", values={"job": ("jobs", job)}) for job in jobs]
    return [workspace.create_entry("talent_pool", record_id) for record_id in records]


def test_a_path_leads_to_an_attribute_of_what_is_referred_to(api: Asking, people: list[str]) -> None:
    for constraints in ({"value": "Zeta"}, {"value": {"$eq": "Zeta"}}, {"$starts_with": "Z"}):
        assert api.ids(PEOPLE, filter={"path": TO_COMPANIES, "constraints": constraints}) == people[:1]
    nowhere = {"path": TO_COMPANIES, "constraints": {"$not_empty": True}}
    assert api.ids(PEOPLE, filter={"$not": nowhere}) == people[2:]
    both = {"$or": [{"path": TO_COMPANIES, "constraints": {"value": name}} for name in ("Zeta", "Alpha")]}
    assert sorted(api.ids(PEOPLE, filter=both)) == sorted(people[:2])
    assert api.ids(PEOPLE, filter={"path": TO_COMPANIES, "constraints": {"value": "Zeta"}, "record_id": people[1]}) == []


def test_a_path_of_one_step_ends_at_an_attribute_of_its_own(api: Asking, workspace: Workspace, people: list[str]) -> None:
    company = workspace.current(people[0], "company")
    assert company is not None
    constraints = {name: company[name] for name in ("target_object", "target_record_id")}
    assert api.ids(PEOPLE, filter={"path": [["people", "company"]], "constraints": constraints}) == people[:1]


def test_a_record_that_is_gone_is_at_the_end_of_no_path(api: Asking, workspace: Workspace, people: list[str]) -> None:
    company = workspace.current(people[0], "company")
    assert company is not None
    workspace.delete_record(company["target_record_id"])
    assert api.ids(PEOPLE, filter={"path": TO_COMPANIES, "constraints": {"value": "Zeta"}}) == []


def test_entries_are_found_by_their_parent_record(api: Asking, workspace: Workspace, entries: list[str]) -> None:
    record = workspace.record(entries[0]).parent
    assert record is not None
    parent = {"target_object": "applications", "target_record_id": record.id}
    to_parent = ["talent_pool", "parent_record"]
    wanted: list[dict[str, Any]] = [
        {"parent_record": parent},
        {"path": [to_parent], "constraints": parent},
        {"path": [to_parent, ["applications", "record_id"]], "constraints": {"value": record.id}},
        {
            "path": [to_parent, ["applications", "workflow_status"]],
            "constraints": {"status": "Applied"},
            "entry_id": entries[0],
        },
        {"path": [to_parent, ["applications", "job"], ["jobs", "title"]], "constraints": {"value": "Engineer"}},
    ]
    for one in wanted:
        assert api.ids(ENTRIES, filter=one) == entries[:1], one


def test_rows_are_sorted_along_a_path(api: Asking, people: list[str], entries: list[str]) -> None:
    first, second, without = people
    sort = {"direction": "asc", "path": TO_COMPANIES}
    assert api.ids(PEOPLE, sorts=[sort]) == [second, first, without]
    assert api.ids(PEOPLE, sorts=[{**sort, "direction": "desc"}]) == [without, first, second]
    path = [["talent_pool", "parent_record"], ["applications", "job"], ["jobs", "title"]]
    assert api.ids(ENTRIES, sorts=[{"direction": "asc", "path": path}]) == entries[::-1]
    by_creation = [["talent_pool", "parent_record"], ["applications", "created_at"]]
    assert len(api.ids(ENTRIES, sorts=[{"direction": "asc", "path": by_creation}])) == 2
    wrong = {"direction": "asc", "path": [["people", "company"], ["companies", "domains"]]}
    assert api.refusal("POST", PEOPLE, {"sorts": [wrong]})[:2] == (400, "missing_sort_field")


def test_a_saved_view_filters(api: Asking, workspace: Workspace) -> None:
    ids = [workspace.create_record("applications", status) for status in ("Offer", "Applied", "Offer")]
    view = workspace.add_view(workspace.object("applications"), "Offers", {"workflow_status": "Offer"})
    newest_first = [{"direction": "desc", "attribute": "created_at"}]
    assert sorted(api.ids(filter_view_id=view.id)) == sorted(ids[::2])
    assert len(api.ids(filter_view_id=view.id, sorts=newest_first, limit=1, offset=1)) == 1
    body: dict[str, Any] = {"filter_view_id": view.id, "filter": {"workflow_status": "Applied"}}
    assert api.refusal("POST", QUERY, body)[:2] == (400, "validation_type")
    assert api.refusal("POST", QUERY, {"filter_view_id": "nothing"})[:2] == (404, "not_found")
    assert api.refusal("POST", PEOPLE, {"filter_view_id": view.id})[:2] == (404, "not_found")


def test_views_are_listed_by_id_and_in_pages(api: Asking, workspace: Workspace) -> None:
    pool = workspace.list("talent_pool")
    views = [workspace.add_view(pool, str(number), {}, is_archived=number == 4) for number in range(5)]
    url = "/v2/lists/talent_pool/views"
    shown = api.get(url)
    assert [one["id"]["view_id"] for one in shown] == sorted(one.id for one in views[:4])
    assert shown[0]["id"].keys() == {"workspace_id", "list_id", "view_id"}
    assert len(api.get(f"{url}?show_archived=true")) == 5
    status, first = api.ask("GET", f"{url}?limit=3")
    assert status == 200
    rest = api.ask("GET", f"{url}?limit=3&cursor={first['pagination']['next_cursor']}")[1]
    assert (first["data"] + rest["data"], rest["pagination"]) == (shown, {"next_cursor": None})
    assert api.ask("GET", "/v2/objects/people/views") == (200, {"data": [], "pagination": {"next_cursor": None}})
    assert api.refusal("GET", "/v2/objects/nothing/views")[:2] == (404, "not_found")


@pytest.mark.parametrize(("records", "score"), [(0, 0), (1, 0), (5, 84), (8, 108), (11, 125)])
def test_a_query_says_what_it_costs(workspace: Workspace, records: int, score: int) -> None:
    workspace.import_records("applications", records)
    api = Asking(Simulator(workspace, limits=Limits(latency=0.0)))
    sorts = [{"direction": "asc", "attribute": "created_at"}]
    bodies: list[dict[str, Any]] = [{}, {"sorts": sorts}, {"sorts": sorts, "filter": {"name": "x"}}]
    shown = [dict(api.answer("POST", QUERY, body).headers) for body in bodies]
    scores = [int(one["x-attio-record-query-score"]) for one in shown]
    assert scores[:2] == [0, score]
    assert scores[2] >= score
    assert "x-attio-record-query-score" not in dict(api.answer("GET", "/v2/objects").headers)
    assert "x-attio-record-query-score" not in dict(api.answer("POST", QUERY, {"filter": []}).headers)
