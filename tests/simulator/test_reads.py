from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import pytest
from tests.simulator.support import QUERY, RECORDS, Asking, values_url

from attio_simulator import Behaviour, Clock, Limits, Simulator, Workspace

if TYPE_CHECKING:
    from attio_simulator.requests import RequestInfo

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_objects_and_lists_are_found_by_slug_and_by_id(api: Asking) -> None:
    objects = api.get("/v2/objects")
    assert [one["id"]["object_id"] for one in objects] == sorted(one["id"]["object_id"] for one in objects)
    for one in objects:
        assert api.get(f"/v2/objects/{one['api_slug']}") == one
        assert api.get(f"/v2/objects/{one['id']['object_id']}") == one
    for one in api.get("/v2/lists"):
        assert api.get(f"/v2/lists/{one['api_slug']}") == api.get(f"/v2/lists/{one['id']['list_id']}") == one


def test_attributes_page_by_the_query_string(api: Asking) -> None:
    url = "/v2/objects/applications/attributes"
    attributes = api.get(url)
    assert [one["api_slug"] for one in attributes][:3] == ["record_id", "name", "workflow_status"]
    assert [one["api_slug"] for one in attributes][-2:] == ["created_at", "created_by"]
    assert api.get(f"{url}?limit=2&offset=1") == attributes[1:3]
    assert api.get(f"{url}/workflow_status") == attributes[2]
    assert api.get(f"{url}/{attributes[2]['id']['attribute_id']}") == attributes[2]
    job = api.get(f"{url}/job")
    assert job["config"]["record_reference"]["allowed_object_ids"] == [api.simulator.workspace.object("jobs").id]
    assert api.get("/v2/lists/talent_pool/attributes")[1]["api_slug"] == "stage"


def test_archived_attributes_are_shown_only_when_asked_for(api: Asking) -> None:
    workspace = api.simulator.workspace
    attribute = workspace.add_attribute(workspace.object("jobs"), "old", "Old", "text", is_archived=True)
    workspace.create_record("jobs", values={"title": "Data engineer"})
    assert "old" not in [one["api_slug"] for one in api.get("/v2/objects/jobs/attributes")]
    shown = api.get("/v2/objects/jobs/attributes?show_archived=true")
    assert attribute.id in [one["id"]["attribute_id"] for one in shown]
    assert "old" not in api.query("/v2/objects/jobs/records/query")[0]["values"]


def test_archived_statuses_and_options_are_shown_only_when_asked_for(api: Asking) -> None:
    base = "/v2/objects/applications/attributes"
    statuses = api.get(f"{base}/workflow_status/statuses")
    assert [one["title"] for one in statuses][:2] == ["Applied", "Screening"]
    assert "Phone screen" not in [one["title"] for one in statuses]
    everything = api.get(f"{base}/workflow_status/statuses?show_archived=true")
    assert [one["title"] for one in everything if one["is_archived"]] == ["Phone screen"]
    assert len(api.get(f"{base}/source/options?show_archived=true")) == len(api.get(f"{base}/source/options")) + 1
    assert api.get("/v2/lists/talent_pool/attributes/stage/statuses")[0]["title"] == "To contact"


def test_members_are_listed_and_found(api: Asking) -> None:
    members = api.get("/v2/workspace_members")
    assert members[0]["access_level"] == "admin"
    assert {one["access_level"] for one in members} == {"admin", "member", "suspended"}
    assert api.get(f"/v2/workspace_members/{members[1]['id']['workspace_member_id']}") == members[1]
    assert api.refusal("GET", f"/v2/workspace_members/{NOBODY}")[:2] == (404, "not_found")


def test_a_record_shows_every_attribute_and_only_active_values(api: Asking, clock: Clock) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    clock.move(timedelta(days=1))
    workspace.set_status(record_id, "Interview")
    record = api.get(f"{RECORDS}/{record_id}")
    assert api.query() == [record]
    slugs = [one["api_slug"] for one in api.get("/v2/objects/applications/attributes")]
    assert list(record["values"]) == slugs
    assert record["values"]["notes"] == []
    [current] = record["values"]["workflow_status"]
    assert current["status"]["title"] == "Interview"
    assert record["values"]["record_id"][0]["value"] == record_id
    assert record["web_url"].endswith(record_id)


def test_an_entry_shows_its_parent(api: Asking) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    entry_id = workspace.create_entry("talent_pool", record_id, "To contact")
    [entry] = api.query("/v2/lists/talent_pool/entries/query")
    assert entry == api.get(f"/v2/lists/talent_pool/entries/{entry_id}")
    assert (entry["parent_object"], entry["parent_record_id"]) == ("applications", record_id)
    stage = entry["entry_values"]["stage"][0]["status"]
    assert stage["id"]["object_id"] == entry["id"]["list_id"]
    [listed] = api.get(f"{RECORDS}/{record_id}/entries")
    assert listed["entry_id"] == entry_id
    values = api.get(f"/v2/lists/talent_pool/entries/{entry_id}/attributes/stage/values?show_historic=true")
    assert values == entry["entry_values"]["stage"]


def test_values_are_the_active_ones_unless_history_is_asked_for(api: Asking, clock: Clock) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    clock.move(timedelta(days=1))
    workspace.set_status(record_id, "Interview")
    history = api.get(values_url(record_id))
    assert history == workspace.history(record_id)
    assert [value["active_from"] for value in history] == sorted(value["active_from"] for value in history)
    assert api.get(values_url(record_id, historic=False)) == history[1:]


def test_values_page_by_the_query_string_and_never_beyond_the_maximum(api: Asking) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    for turn in range(249):
        workspace.set_status(record_id, ("Interview", "Screening")[turn % 2])
    history = workspace.history(record_id)
    url = values_url(record_id)
    assert api.get(url) == history[:100]
    assert api.get(f"{url}&limit=1000&offset=100") == history[100:200]
    assert api.get(f"{url}&limit=7.0&offset=245.0") == history[245:]
    assert api.get(f"{url}&offset=250") == []
    api.simulator.behaviour.values_page_maximum = None
    assert api.get(f"{url}&limit=1000") == history


@pytest.mark.parametrize(("past_titles", "title"), [("then", "Applied"), ("now", "Received")])
def test_past_values_show_the_title_of_then_or_of_now(
    api: Asking, clock: Clock, past_titles: Literal["then", "now"], title: str
) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    clock.move(timedelta(days=1))
    workspace.set_status(record_id, "Interview")
    clock.move(timedelta(days=1))
    workspace.rename_status("Applied", "Received")
    api.simulator.behaviour = Behaviour(past_titles=past_titles)
    assert [value["status"]["title"] for value in api.get(values_url(record_id))] == [title, "Interview"]


def test_attributes_without_history_refuse_it(api: Asking) -> None:
    workspace = api.simulator.workspace
    person = workspace.create_record("people", values={"description": "A candidate."})
    url = f"/v2/objects/people/records/{person}/attributes/%s/values?show_historic=true"
    for slug in ("last_email_interaction", "description"):
        status, body = api.ask("GET", url % slug)
        assert status == 400
        assert body == {
            "status_code": 400,
            "type": "invalid_request_error",
            "code": "validation_type",
            "message": "Cannot set show_historic param to true when querying a COMINT attribute.",
        }
        assert api.ask("GET", (url % slug).replace("true", "false"))[0] == 200


def test_an_attribute_that_is_not_paid_for_is_empty(api: Asking) -> None:
    workspace = api.simulator.workspace
    person = workspace.create_record("people", values={"strongest_connection_strength": "Good"})
    url = f"/v2/objects/people/records/{person}"
    assert api.get(url)["values"]["strongest_connection_strength"] == []
    assert api.get(f"{url}/attributes/strongest_connection_strength/values") == []


@pytest.mark.parametrize(
    ("method", "url", "message"),
    [
        ("POST", "/v2/objects/nothing/records/query", "The referenced object was not found."),
        ("GET", "/v2/objects/nothing", 'Object with slug/ID "nothing" not found.'),
        ("GET", "/v2/lists/nothing", 'List with slug/ID "nothing" not found.'),
        ("POST", "/v2/lists/nothing/entries/query", 'List with slug/ID "nothing" not found.'),
        ("GET", "/v2/objects/nothing/attributes", 'Object with slug/ID "nothing" not found.'),
        ("GET", "/v2/lists/nothing/attributes/stage/statuses", 'List with slug/ID "nothing" not found.'),
        ("GET", "/v2/objects/applications/attributes/x", 'Attribute with slug/ID "x" not found.'),
        ("GET", f"{RECORDS}/{NOBODY}", f'Record with ID "{NOBODY}" not found.'),
        ("GET", values_url(NOBODY), f'Record with ID "{NOBODY}" not found.'),
        ("GET", f"/v2/lists/talent_pool/entries/{NOBODY}", f'Entry with ID "{NOBODY}" not found.'),
        ("GET", "/v2/nothing", 'Could not find endpoint "GET /v2/nothing".'),
        ("PATCH", "/v2/self", 'Could not find endpoint "PATCH /v2/self".'),
        ("GET", "/v2/things/applications/attributes", 'Could not find endpoint "GET /v2/things/applications/attributes".'),
    ],
)
def test_what_does_not_exist_is_404(api: Asking, method: str, url: str, message: str) -> None:
    status, body = api.ask(method, url, {} if method == "POST" else None)
    expected = {"status_code": 404, "type": "invalid_request_error", "code": "not_found", "message": message}
    assert (status, body) == (404, expected)


def test_records_of_a_merge_answer_merge_in_progress_until_it_is_done(api: Asking, clock: Clock) -> None:
    workspace = api.simulator.workspace
    first, second = (workspace.create_record("applications", "Applied") for _ in range(2))
    merged = workspace.merge_records(first, second, merging_for=timedelta(minutes=1))
    for record_id in (first, second, merged):
        assert api.refusal("GET", values_url(record_id))[:2] == (404, "merge_in_progress")
    clock.move(timedelta(minutes=1))
    assert api.ids() == [merged]
    for record_id in (first, second):
        assert api.refusal("GET", values_url(record_id))[:2] == (404, "not_found")
    assert len(api.get(values_url(merged))) == 1


def test_slugs_are_decoded_after_the_path_is_split(clock: Clock) -> None:
    slug, attribute = "job applications/2026", "état & d'avancement"
    workspace = Workspace.hiring(clock=clock, object_slug=slug, attribute_slug=attribute)
    record_id = workspace.create_record(slug, "Applied")
    api = Asking(Simulator(workspace, limits=Limits.off()))
    base = f"/v2/objects/{quote(slug, safe='')}"
    assert api.ids(f"{base}/records/query") == [record_id]
    url = f"{base}/records/{record_id}/attributes/{quote(attribute, safe='')}/values?show_historic=true"
    assert api.get(url)[0]["status"]["title"] == "Applied"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (values_url(NOBODY).replace("true", "maybe"), "show_historic"),
        ("/v2/objects/applications/attributes?limit=many", "limit"),
        ("/v2/objects/applications/attributes?offset=-1", "offset"),
        ("/v2/objects/applications/attributes?limit=1.5", "limit"),
        ("/v2/objects/applications/attributes?limit=inf", "limit"),
        ("/v2/objects/applications/attributes?limit=nan", "limit"),
    ],
)
def test_a_query_string_of_the_wrong_type_is_refused(api: Asking, url: str, name: str) -> None:
    record_id = api.simulator.workspace.create_record("applications")
    status, payload = api.ask("GET", url.replace(NOBODY, record_id))
    assert (status, payload["code"]) == (400, "validation_type")
    assert name in str(payload)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b"\xff", "invalid_json"),
        (b"[]", "validation_type"),
        ({"limit": "10"}, "validation_type"),
        ({"limit": 1.5}, "validation_type"),
        ({"offset": -1}, "validation_type"),
        ({"offset": True}, "validation_type"),
        ({"sorts": {}}, "validation_type"),
        ({"sorts": ["created_at"]}, "validation_type"),
        ({"sorts": [{"attribute": "created_at"}]}, "validation_type"),
        ({"sorts": [{"direction": "up", "attribute": "created_at"}]}, "validation_type"),
        ({"sorts": [{"direction": "asc", "attribute": "nothing"}]}, "filter_error"),
        ({"sorts": [{"direction": "asc"}]}, "filter_error"),
        ({"sorts": [{"direction": "asc", "attribute": "workflow_status", "field": "active_from"}]}, "filter_error"),
    ],
)
def test_a_malformed_query_is_refused(api: Asking, body: Any, code: str) -> None:
    status, payload = api.ask("POST", QUERY, body)
    assert (status, payload["code"]) == (400, code)
    assert ("validation_errors" in payload) == (code == "validation_type")


def test_hooks_see_each_request_before_it_is_answered(api: Asking) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    seen: list[RequestInfo] = []
    remove = api.simulator.on_request(seen.append)
    api.get(values_url(record_id))
    api.query(limit=5)
    remove()
    api.query()
    assert [(info.number, info.kind, info.record_id) for info in seen] == [(1, "values", record_id), (2, "query", None)]
    assert seen[0].parts["attribute"] == "workflow_status"
    assert seen[0].query == "show_historic=true"
    assert seen[1].body == b'{"limit": 5}'


def test_a_hook_can_change_the_workspace_or_end_it_all(api: Asking) -> None:
    def hook(info: RequestInfo) -> None:
        if info.number == 1:
            api.simulator.workspace.create_record("applications", "Applied")
        else:
            raise KeyboardInterrupt

    api.simulator.on_request(hook)
    assert len(api.query()) == 1
    with pytest.raises(KeyboardInterrupt):
        api.query()


def test_requests_are_counted(api: Asking, clock: Clock) -> None:
    for _ in range(3):
        api.query()
    clock.move(timedelta(seconds=1))
    api.ask("GET", "/v2/nothing")
    counters = api.simulator.requests
    assert counters.total == 4
    assert counters.by_kind == {"query": 3, "unknown": 1}
    assert counters.by_status == {200: 3, 404: 1}
    assert counters.maximum_per_second == 3
    assert counters.answered_429 == 0
    counters.reset()
    assert (counters.total, counters.maximum_per_second) == (0, 0)


def test_half_of_a_surrogate_pair_is_shown_escaped(api: Asking) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", values={"name": "\ud83d"})
    assert b'"value":"\\ud83d"' in api.answer("GET", f"{RECORDS}/{record_id}").body
