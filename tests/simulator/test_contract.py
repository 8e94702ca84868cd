"""The simulator against what others know of Attio: an independent client, Attio's API document, and recordings."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest
from attio import SDK, errors
from tests.simulator.reference import REFERENCE, needs_reference, recording, shape, validator
from tests.simulator.support import QUERY, RECORDS, START, Asking, values_url

from attio_simulator import Clock, Limits, Simulator, Workspace, generate_hiring_pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    workspace = generate_hiring_pipeline(400, seed=11, clock=Clock(start=START, source=lambda: 0.0))
    return Simulator(workspace, limits=Limits.off())


@pytest.fixture
def workspace(simulator: Simulator) -> Workspace:
    return simulator.workspace


@pytest.fixture
def api(simulator: Simulator) -> Asking:
    return Asking(simulator)


@pytest.fixture(scope="module")
def sdk(simulator: Simulator) -> Iterator[SDK]:
    with simulator.serve() as server, httpx.Client() as client:
        yield SDK(oauth2=simulator.token, server_url=server.url, client=client)


def longest(workspace: Workspace) -> str:
    return max(workspace.record_ids("applications"), key=lambda one: len(workspace.history(one)))


# The client from PyPI, made from Attio's own document: it refuses every response that is not exactly as documented.


def test_the_client_reads_who_it_is(sdk: SDK, workspace: Workspace) -> None:
    identity = sdk.meta.get_v2_self()
    assert identity.active is True
    assert identity.model_dump()["workspace_id"] == workspace.id


def test_the_client_reads_objects_and_lists(sdk: SDK, workspace: Workspace) -> None:
    slugs = [one.api_slug for one in sdk.objects.get_v2_objects().data]
    assert slugs == [one.slug for one in workspace.objects()]
    for slug in slugs:
        assert sdk.objects.get_v2_objects_object_(object=str(slug)).data.api_slug == slug
    assert [one.api_slug for one in sdk.lists.get_v2_lists().data] == ["talent_pool"]
    assert sdk.lists.get_v2_lists_list_(list_id="talent_pool").data.parent_object == ["applications"]


def test_the_client_reads_every_attribute_with_its_statuses_and_options(sdk: SDK) -> None:
    kinds: set[str] = set()
    targets = [("objects", str(one.api_slug)) for one in sdk.objects.get_v2_objects().data] + [("lists", "talent_pool")]
    for target, slug in targets:
        where: dict[str, Any] = {"target": target, "identifier": slug}
        listed = sdk.attributes.get_v2_target_identifier_attributes(**where, limit=100, offset=0, show_archived=True)
        for one in listed.data:
            kinds.add(one.type)
            found = sdk.attributes.get_v2_target_identifier_attributes_attribute_(**where, attribute=one.api_slug)
            assert found.data == one
            choices = {
                "status": sdk.attributes.get_v2_target_identifier_attributes_attribute_statuses,
                "select": sdk.attributes.get_v2_target_identifier_attributes_attribute_options,
            }.get(one.type)
            if choices is not None:
                assert choices(**where, attribute=one.api_slug, show_archived=True).data
    assert len(kinds) == 17


def test_the_client_reads_records_of_every_object(sdk: SDK, workspace: Workspace) -> None:
    for one in workspace.objects():
        listed = sdk.records.post_v2_objects_object_records_query(object=one.slug, limit=10, offset=0).data
        assert [row.id.record_id for row in listed] == workspace.record_ids(one.slug)[:10]
        for row in listed:
            got = sdk.records.get_v2_objects_object_records_record_id_(object=one.slug, record_id=row.id.record_id)
            assert got.data.model_dump()["values"] == row.model_dump()["values"]


def test_the_client_filters_and_sorts_records(sdk: SDK) -> None:
    wanted = {"$and": [{"created_at": {"$gte": "2026-09-01T00:00:00.000Z"}}, {"workflow_status": {"$not_empty": True}}]}
    listed = sdk.records.post_v2_objects_object_records_query(
        object="applications",
        filter_=wanted,
        sorts=[{"direction": "desc", "attribute": "created_at"}],
        limit=20,
        offset=5,
    )
    moments = [row.model_dump()["values"]["created_at"][0]["value"] for row in listed.data]
    assert len(moments) == 20
    assert moments == sorted(moments, reverse=True)


def test_the_client_reads_values_of_every_attribute(sdk: SDK, workspace: Workspace) -> None:
    for one in workspace.objects():
        record_id = longest(workspace) if one.slug == "applications" else workspace.record_ids(one.slug)[0]
        for attribute in one.attributes:
            for historic in (False, attribute.keeps_history):
                values = sdk.records.get_v2_objects_object_records_record_id_attributes_attribute_values(
                    object=one.slug,
                    record_id=record_id,
                    attribute=attribute.slug,
                    show_historic=historic,
                    limit=10,
                    offset=0,
                )
                if attribute.type == "status" and historic:
                    assert len(values.data) == min(10, len(workspace.history(record_id)))


def test_the_client_reads_entries_and_their_values(sdk: SDK, workspace: Workspace) -> None:
    entries = sdk.entries.post_v2_lists_list_entries_query(list_id="talent_pool", limit=500, offset=0).data
    assert len(entries) == len(workspace.record_ids("talent_pool"))
    for entry in entries:
        entry_id = entry.id.entry_id
        got = sdk.entries.get_v2_lists_list_entries_entry_id_(list_id="talent_pool", entry_id=entry_id)
        assert got.data.model_dump() == entry.model_dump()
        for slug in ("stage", "owner", "created_at"):
            sdk.entries.get_v2_lists_list_entries_entry_id_attributes_attribute_values(
                list_id="talent_pool", entry_id=entry_id, attribute=slug, show_historic=True
            )
    parent = entries[0].parent_record_id
    listed = sdk.records.get_v2_objects_object_records_record_id_entries(object="applications", record_id=parent).data
    assert entries[0].id.entry_id in [one.entry_id for one in listed]


def test_the_client_reads_members(sdk: SDK) -> None:
    members = sdk.workspace_members.get_v2_workspace_members().data
    for one in members:
        member_id = one.id.workspace_member_id
        found = sdk.workspace_members.get_v2_workspace_members_workspace_member_id_(workspace_member_id=member_id)
        assert found.data == one


def test_the_client_writes_and_understands_the_answers(sdk: SDK) -> None:
    records, where = sdk.records, "applications"
    first, second = (
        records.post_v2_objects_object_records(
            object=where, data={"values": {"workflow_status": ["Applied"]}}
        ).data.id.record_id
        for _ in range(2)
    )
    records.patch_v2_objects_object_records_record_id_(
        object=where, record_id=first, data={"values": {"workflow_status": ["Offer"]}}
    )
    records.put_v2_objects_object_records_record_id_(
        object=where, record_id=first, data={"values": {"workflow_status": ["Applied"]}}
    )
    written = records.put_v2_objects_object_records_record_id_attributes_attribute_values(
        object=where,
        record_id=first,
        attribute="workflow_status",
        data={
            "values": [{"value": "Offer", "active_from": START.replace(hour=1), "active_until": None}],
            "replace_history": True,
        },
    )
    assert len(written.data) == 1
    merged = records.post_v2_objects_object_records_merge(
        object=where, data={"primary_record_id": first, "secondary_record_id": second}
    )
    records.delete_v2_objects_object_records_record_id_(object=where, record_id=merged.data.new_record_id)


def test_the_client_understands_the_refusals(sdk: SDK, workspace: Workspace) -> None:
    person = workspace.record_ids("people")[0]
    with pytest.raises(errors.SDKError) as caught:
        sdk.records.get_v2_objects_object_records_record_id_attributes_attribute_values(
            object="people", record_id=person, attribute="last_email_interaction", show_historic=True
        )
    assert caught.value.status_code == 400
    assert not isinstance(caught.value, errors.ResponseValidationError)
    with pytest.raises(errors.SDKError) as caught:
        sdk.records.post_v2_objects_object_records_query(object="applications", filter_={"name": 5})
    assert caught.value.status_code == 400
    assert not isinstance(caught.value, errors.ResponseValidationError)
    with pytest.raises(errors.SDKError) as caught:
        sdk.objects.get_v2_objects_object_(object="nothing")
    assert caught.value.status_code == 404
    assert not isinstance(caught.value, errors.ResponseValidationError)


# Attio's OpenAPI document.


OBJECTS, LISTS, ATTRIBUTES = "/v2/objects/{object}", "/v2/lists/{list}", "/v2/{target}/{identifier}/attributes"
RECORD_VALUES = OBJECTS + "/records/{record_id}/attributes/{attribute}/values"
ENTRY_VALUES = LISTS + "/entries/{entry_id}/attributes/{attribute}/values"
NOBODY = "00000000-0000-4000-8000-000000000000"

DOCUMENTED = [
    ("GET", "/v2/self", "/v2/self", 200),
    ("GET", "/v2/objects", "/v2/objects", 200),
    ("GET", "/v2/objects/applications", OBJECTS, 200),
    ("GET", "/v2/objects/nothing", OBJECTS, 404),
    ("GET", "/v2/lists", "/v2/lists", 200),
    ("GET", "/v2/lists/talent_pool", LISTS, 200),
    ("GET", "/v2/lists/nothing", LISTS, 404),
    *(("GET", f"/v2/objects/{one}/attributes", ATTRIBUTES, 200) for one in ("applications", "people", "companies", "jobs")),
    ("GET", "/v2/lists/talent_pool/attributes", ATTRIBUTES, 200),
    ("GET", "/v2/objects/applications/attributes/job", ATTRIBUTES + "/{attribute}", 200),
    ("GET", "/v2/objects/applications/attributes/nothing", ATTRIBUTES + "/{attribute}", 404),
    ("GET", "/v2/objects/applications/attributes/workflow_status/statuses", ATTRIBUTES + "/{attribute}/statuses", 200),
    ("GET", "/v2/lists/talent_pool/attributes/stage/statuses", ATTRIBUTES + "/{attribute}/statuses", 200),
    ("GET", "/v2/objects/applications/attributes/source/options", ATTRIBUTES + "/{attribute}/options", 200),
    *(
        ("POST", f"/v2/objects/{one}/records/query", OBJECTS + "/records/query", 200)
        for one in ("applications", "people", "companies", "jobs")
    ),
    ("POST", "/v2/objects/nothing/records/query", OBJECTS + "/records/query", 404),
    ("POST", "/v2/objects/applications/records/query?bad", OBJECTS + "/records/query", 400),
    ("GET", RECORDS + "/RECORD", OBJECTS + "/records/{record_id}", 200),
    ("GET", f"{RECORDS}/{NOBODY}", OBJECTS + "/records/{record_id}", 404),
    ("GET", RECORDS + "/RECORD/entries", OBJECTS + "/records/{record_id}/entries", 200),
    *(
        ("GET", f"{RECORDS}/RECORD/attributes/{one}/values?show_historic=true", RECORD_VALUES, 200)
        for one in ("workflow_status", "job", "source", "recruiter", "score", "created_at", "created_by", "record_id")
    ),
    ("GET", "/v2/objects/people/records/PERSON/attributes/last_email_interaction/values", RECORD_VALUES, 200),
    ("GET", "/v2/objects/people/records/PERSON/attributes/description/values?show_historic=true", RECORD_VALUES, 400),
    ("GET", f"{RECORDS}/RECORD/attributes/nothing/values", RECORD_VALUES, 404),
    ("POST", "/v2/lists/talent_pool/entries/query", LISTS + "/entries/query", 200),
    ("POST", "/v2/lists/nothing/entries/query", LISTS + "/entries/query", 404),
    ("GET", "/v2/lists/talent_pool/entries/ENTRY", LISTS + "/entries/{entry_id}", 200),
    ("GET", "/v2/lists/talent_pool/entries/ENTRY/attributes/stage/values?show_historic=true", ENTRY_VALUES, 200),
    ("GET", "/v2/workspace_members", "/v2/workspace_members", 200),
    ("GET", "/v2/workspace_members/MEMBER", "/v2/workspace_members/{workspace_member_id}", 200),
    ("GET", f"/v2/workspace_members/{NOBODY}", "/v2/workspace_members/{workspace_member_id}", 404),
]


@needs_reference
@pytest.mark.parametrize(("method", "url", "path", "status"), DOCUMENTED)
def test_every_answer_is_as_the_document_says(api: Asking, method: str, url: str, path: str, status: int) -> None:
    workspace = api.simulator.workspace
    for name, found in (
        ("RECORD", longest(workspace)),
        ("PERSON", workspace.record_ids("people")[0]),
        ("ENTRY", workspace.record_ids("talent_pool")[0]),
        ("MEMBER", workspace.members[0].id),
    ):
        url = url.replace(name, found)
    body = {"filter": {"name": 5}} if url.endswith("?bad") else {"limit": 40}
    answered, payload = api.ask(method, url, body if method == "POST" else None)
    assert answered == status
    validator(path, method.lower(), status).validate(payload)


@needs_reference
def test_the_judge_is_not_blind(api: Asking) -> None:
    payload = {"data": api.query(limit=1)}
    del payload["data"][0]["values"]["created_at"][0]["active_from"]
    with pytest.raises(jsonschema.ValidationError):
        validator(OBJECTS + "/records/query", "post", 200).validate(payload)


# Recordings of the live API: the same keys in the same order, and the same types.


def shapes_of_values(values: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """By type of attribute, what its values look like; text and actors can be null."""
    found: dict[str, Any] = {}
    for held in values.values():
        for value in held:
            known = deepcopy(value)
            known["created_by_actor"]["id"] = ""
            if known.get("status"):
                known["status"]["target_time_in_status"] = None
            found[known["attribute_type"]] = shape(known)
    return found


@needs_reference
@pytest.mark.parametrize(
    ("name", "url", "container"),
    [
        ("03_POST_people_records_query_no_sort.json", "/v2/objects/people/records/query", "values"),
        ("13_POST_list_entries_query_no_sort.json", "/v2/lists/talent_pool/entries/query", "entry_values"),
        ("30_list_entries_query_real_status_values_2024.json", "/v2/lists/talent_pool/entries/query", "entry_values"),
    ],
)
def test_rows_have_the_shape_of_recorded_ones(api: Asking, name: str, url: str, container: str) -> None:
    recorded = recording(name)
    recorded_rows = recorded["response"]["data"] if "response" in recorded else recorded["data"]
    rows = api.query(url)
    assert shape({**rows[0], container: 0}) == shape({**recorded_rows[0], container: 0})
    expected: dict[str, Any] = {}
    for row in recorded_rows:
        expected.update(shapes_of_values(row[container]))
    simulated: dict[str, Any] = {}
    everything = [*rows, *api.query(), *api.query("/v2/objects/jobs/records/query")]
    for row in everything:
        simulated.update(shapes_of_values(row.get("values") or row["entry_values"]))
    assert expected
    for kind, wanted in expected.items():
        assert simulated[kind] == wanted, kind


@needs_reference
def test_single_rows_objects_and_members_have_the_shape_of_recorded_ones(api: Asking) -> None:
    workspace = api.simulator.workspace
    person, entry = workspace.record_ids("people")[0], workspace.record_ids("talent_pool")[0]
    for name, url, container in (
        ("07_GET_record_people.json", f"/v2/objects/people/records/{person}", "values"),
        ("15_GET_list_entry.json", f"/v2/lists/talent_pool/entries/{entry}", "entry_values"),
    ):
        recorded = recording(name)["response"]["data"]
        assert shape({**api.get(url), container: 0}) == shape({**recorded, container: 0})
    for name, url in (("01_GET_objects.json", "/v2/objects"), ("20_GET_workspace_members.json", "/v2/workspace_members")):
        recorded = recording(name)["response"]["data"]
        assert {json.dumps(shape(one)) for one in api.get(url)} == {json.dumps(shape(one)) for one in recorded}
    ids = [one["id"]["object_id"] for one in recording("01_GET_objects.json")["response"]["data"]]
    assert ids == sorted(ids)


@needs_reference
def test_an_empty_listing_is_answered_as_recorded(workspace: Workspace) -> None:
    api = Asking(Simulator(Workspace.hiring(clock=workspace.clock), limits=Limits.off()))
    for recorded in recording("25_POST_custom_objects_records_query.json"):
        assert api.ask("POST", QUERY, recorded["request"]["data"]) == (recorded["status"], recorded["response"])


@needs_reference
def test_refusals_are_worded_as_recorded(workspace: Workspace) -> None:
    api = Asking(Simulator(workspace, limits=Limits(reads_per_second=0, latency=0.0)))
    recorded = recording("40_docs_429.json")
    answer = api.answer("GET", "/v2/self")
    assert (answer.status, json.loads(answer.body)) == (recorded["http"]["status"], recorded["body"])
    assert {"retry-after", "content-type"} <= dict(answer.headers).keys()

    api = Asking(Simulator(workspace, limits=Limits.off()))
    documented = recording("42_docs_errors.json")
    person = workspace.record_ids("people")[0]
    url = f"/v2/objects/people/records/{person}/attributes/description/values?show_historic=true"
    assert api.ask("GET", url)[1] == documented["values_comint_400"]
    record_id = workspace.record_ids("applications")[0]
    assert api.ask("GET", values_url(record_id, "my-attribute"))[1] == documented["values_404"]
    assert api.ask("POST", "/v2/objects/nothing/records/query", {})[1] == documented["query_404"]
    assert api.ask("POST", QUERY, {"filter": []})[1] == documented["query_400"]
    missing = "891dcbfc-9141-415d-9b2a-2238a6cc012d"
    assert api.ask("GET", values_url(missing))[1] == documented["record_404"]
    assert api.ask("GET", "/v2/lists/enterprise_sales")[1] == documented["list_404"]

    stranger = Asking(api.simulator)
    stranger.headers = {}
    status, body = stranger.ask("GET", "/v2/objects")
    unauthorized = recording("41_live_401_no_auth_header.json")
    assert status == unauthorized["http"]["status"]
    assert list(body) == list(unauthorized["body"])
    assert {**body, "message": ""} == {**unauthorized["body"], "message": ""}
    assert body["message"].startswith("The Authorization header was not provided.")


@needs_reference
def test_every_type_of_value_has_the_fields_of_the_document(api: Asking) -> None:
    documented = json.loads((REFERENCE / "attribute-values-by-type.json").read_text())
    everything = [api.query(url) for url in (QUERY, "/v2/lists/talent_pool/entries/query")]
    everything += [api.query(f"/v2/objects/{slug}/records/query") for slug in ("people", "companies", "jobs")]
    seen: dict[str, set[str]] = {}
    for rows in everything:
        for row in rows:
            for held in (row.get("values") or row["entry_values"]).values():
                for value in held:
                    seen.setdefault(value["attribute_type"], set()).update(value)
    assert seen.keys() == documented.keys()
    for kind, keys in seen.items():
        assert keys == documented[kind]["fields"].keys(), kind
