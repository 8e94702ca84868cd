from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.simulator.support import RECORDS, Asking, values_url

from attio_simulator import Behaviour, Clock

STATUSES = "/v2/objects/applications/attributes/workflow_status/statuses"
ENTRIES = "/v2/lists/talent_pool/entries"
PEOPLE = "/v2/objects/people/records"


def created(api: Asking, url: str = RECORDS, **values: Any) -> str:
    status, payload = api.ask("POST", url, {"data": {"values": values}})
    assert status == 200, payload
    return payload["data"]["id"]["record_id"]


def test_a_record_is_created_moved_cleared_and_deleted(api: Asking, clock: Clock) -> None:
    record_id = created(api, workflow_status="Applied", name="Application 1")
    url = f"{RECORDS}/{record_id}"
    for given in ("Interview", [{"status": "Offer"}], None):
        clock.move(timedelta(days=1))
        assert api.ask("PATCH", url, {"data": {"values": {"workflow_status": given}}})[0] == 200
    history = api.get(values_url(record_id))
    assert [value["status"]["title"] for value in history] == ["Applied", "Interview", "Offer"]
    assert all(value["active_until"] for value in history)
    assert history[0]["created_by_actor"]["type"] == "api-token"
    assert api.get(url)["values"]["workflow_status"] == []
    assert api.ask("DELETE", url) == (200, {})
    assert api.refusal("DELETE", url)[:2] == (404, "not_found")
    assert api.ids() == []


def test_patch_puts_new_values_first_and_put_replaces_them(api: Asking) -> None:
    record_id = created(api, PEOPLE, email_addresses=["one@example.com"])
    url = f"{PEOPLE}/{record_id}"

    def written(method: str, *addresses: str) -> list[str]:
        status, payload = api.ask(method, url, {"data": {"values": {"email_addresses": list(addresses)}}})
        assert status == 200
        return [value["email_address"] for value in payload["data"]["values"]["email_addresses"]]

    assert written("PATCH", "two@example.com", "ONE@example.com") == ["two@example.com", "one@example.com"]
    assert written("PATCH", "one@example.com") == ["two@example.com", "one@example.com"]
    assert written("PUT", "three@example.com", "two@example.com") == ["three@example.com", "two@example.com"]
    assert written("PUT", "two@example.com", "three@example.com") == ["two@example.com", "three@example.com"]
    assert written("PATCH") == []
    history = api.get(f"{url}/attributes/email_addresses/values?show_historic=true")
    assert [value["email_address"].partition("@")[0] for value in history] == ["one", "two", "three"]


def test_a_value_that_may_be_there_once_is_refused_on_another_record(api: Asking) -> None:
    first = created(api, PEOPLE, email_addresses=["one@example.com", "two@example.com"])
    second = created(api, PEOPLE, email_addresses=["three@example.com"])
    message = (
        'A value provided for attribute with slug "email_addresses" conflicts with one already in the system. This '
        "attribute has a uniqueness constraint. Please ensure all values for this attribute do not exist on another record."
    )
    conflict = (400, "uniqueness_conflict", message)
    body = {"data": {"values": {"name": "One, Candidate", "email_addresses": ["four@example.com", "TWO@example.com"]}}}
    assert api.refusal("POST", PEOPLE, body) == conflict
    for method in ("PATCH", "PUT"):
        assert api.refusal(method, f"{PEOPLE}/{second}", body) == conflict
    # Nothing of it was written, and the address may come back to the record that has it.
    assert api.get(f"{PEOPLE}/{second}")["values"]["name"] == []
    assert api.ask("PUT", f"{PEOPLE}/{first}", {"data": {"values": {"email_addresses": ["TWO@example.com"]}}})[0] == 200
    body["data"]["values"]["email_addresses"] = ["one@example.com"]
    assert api.ask("PATCH", f"{PEOPLE}/{second}", body)[0] == 200


def test_asserting_a_record_updates_the_one_that_matches_or_creates_it(api: Asking) -> None:
    url = f"{PEOPLE}?matching_attribute=email_addresses"
    body: dict[str, Any] = {"data": {"values": {"email_addresses": ["one@example.com"], "name": "One, Candidate"}}}
    first = api.ask("PUT", url, body)[1]["data"]
    body["data"]["values"]["name"] = {"first_name": "Candidate", "last_name": "Two"}
    second = api.ask("PUT", url, body)[1]["data"]
    assert first["id"] == second["id"]
    assert [one["values"]["name"][0]["full_name"] for one in (first, second)] == ["Candidate One", "Candidate Two"]
    assert api.refusal("PUT", f"{PEOPLE}?matching_attribute=name", body)[:2] == (400, "value_not_found")
    assert api.refusal("PUT", PEOPLE, body)[:2] == (400, "value_not_found")


def test_every_type_of_value_can_be_written(api: Asking) -> None:
    workspace = api.simulator.workspace
    member = workspace.members[1]
    job = created(
        api,
        "/v2/objects/jobs/records",
        title={"value": "Data engineer"},
        is_open="true",
        budget={"currency_value": 60_000.123456, "currency_code": "EUR"},
        opened_on="2026-01-15T10:00:00Z",
        positions=2.0,
    )
    record_id = created(
        api,
        workflow_status={"status": "Applied"},
        job=job,
        source={"option": "Referral"},
        recruiter=member.email_address,
        score=4,
    )
    person = created(
        api,
        PEOPLE,
        name="One, Candidate",
        company=None,
        phone_numbers=["+15550100001", {"original_phone_number": "020 7946 0000", "country_code": "GB"}],
        primary_location={"locality": "Example City", "country_code": "DE"},
    )
    company = created(api, "/v2/objects/companies/records", domains=["example.com", {"domain": "app.example.com"}])
    job_values = api.get(f"/v2/objects/jobs/records/{job}")["values"]
    assert job_values["is_open"][0]["value"] is True
    assert job_values["budget"][0]["currency_value"] == 60_000.1235
    assert job_values["opened_on"][0]["value"] == "2026-01-15"
    values = api.get(f"{RECORDS}/{record_id}")["values"]
    assert values["job"][0]["target_record_id"] == job
    assert values["source"][0]["option"]["title"] == "Referral"
    assert values["recruiter"][0]["referenced_actor_id"] == member.id
    numbers = api.get(f"{PEOPLE}/{person}")["values"]["phone_numbers"]
    assert [one["phone_number"] for one in numbers] == ["+15550100001", "+4402079460000"]
    domains = api.get(f"/v2/objects/companies/records/{company}")["values"]["domains"]
    assert [one["root_domain"] for one in domains] == ["example.com", "example.com"]


def test_a_timestamp_is_completed_as_the_documentation_says(api: Asking) -> None:
    record_id = created(api)
    entry = {"parent_record_id": record_id, "parent_object": "applications"}
    for given, shown in (
        ("2023-01-02", "2023-01-02T00:00:00.000000000Z"),
        ("2023-01-02T13:00:00+02:00", "2023-01-02T11:00:00.000000000Z"),
    ):
        body = {"data": {**entry, "entry_values": {"next_contact": given}}}
        values = api.ask("POST", ENTRIES, body)[1]["data"]["entry_values"]
        assert values["next_contact"][0]["value"] == shown


@pytest.mark.parametrize(
    ("slug", "given", "code"),
    [
        ("nothing", 1, "value_not_found"),
        ("workflow_status", "No such status", "value_not_found"),
        ("source", 5, "value_not_found"),
        ("workflow_status", ["Applied", "Offer"], "multiple_values_for_single_value_attribute"),
        ("created_at", "2026-01-01T00:00:00Z", "system_edit_unauthorized"),
        ("name", 5, "validation_type"),
        ("score", 6, "validation_type"),
        ("score", True, "validation_type"),
        ("score", {"number": 3}, "validation_type"),
        ("job", "no such record", "validation_type"),
        ("recruiter", "nobody@example.com", "validation_type"),
    ],
)
def test_what_cannot_be_written_is_refused(api: Asking, slug: str, given: Any, code: str) -> None:
    assert api.refusal("POST", RECORDS, {"data": {"values": {slug: given}}})[:2] == (400, code)
    assert api.ids() == []


def test_a_required_value_may_not_be_missing(api: Asking) -> None:
    assert api.refusal("POST", "/v2/objects/jobs/records", {"data": {"values": {}}})[:2] == (400, "missing_value")


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": {}}, {"data": {"values": []}}])
def test_a_write_of_the_wrong_shape_is_refused(api: Asking, body: Any) -> None:
    status, payload = api.ask("POST", RECORDS, body)
    assert (status, payload["code"]) == (400, "validation_type")
    assert payload["validation_errors"][0]["path"][0] == "data"


def test_a_merge_is_answered_200_or_202(api: Asking, clock: Clock) -> None:
    ids = [created(api, workflow_status="Applied") for _ in range(4)]
    url = f"{RECORDS}/merge"

    def body(first: str, second: str) -> dict[str, Any]:
        return {"data": {"primary_record_id": first, "secondary_record_id": second}}

    status, payload = api.ask("POST", url, body(*ids[:2]))
    assert status == 200
    assert len(api.get(values_url(payload["data"]["new_record_id"]))) == 1
    assert api.refusal("POST", url, body(*ids[:2]))[:2] == (404, "not_found")
    assert api.refusal("POST", url, body(ids[2], ids[2]))[:2] == (400, "self_merge")
    api.simulator.behaviour = Behaviour(merging_for=timedelta(minutes=1))
    status, payload = api.ask("POST", url, body(*ids[2:]))
    assert status == 202
    assert api.refusal("GET", values_url(payload["data"]["new_record_id"]))[1] == "merge_in_progress"
    assert api.refusal("POST", url, body(*ids[2:]))[1] == "merge_in_progress"
    clock.move(timedelta(minutes=1))
    assert len(api.get(values_url(payload["data"]["new_record_id"]))) == 1


def history_body(*values: Any, replace: bool = True) -> dict[str, Any]:
    return {"data": {"values": list(values), "replace_history": replace}}


def interval(value: Any, active_from: Any, active_until: Any) -> dict[str, Any]:
    return {"value": value, "active_from": active_from, "active_until": active_until}


def test_a_whole_history_is_replaced(api: Asking) -> None:
    record_id = created(api, workflow_status="Applied")
    url = values_url(record_id).partition("?")[0]
    body = history_body(
        interval("Offer", "2026-11-02T00:00:00.123456789Z", None),
        interval({"status": "Screening"}, "2026-10-01T00:00:00Z", "2026-10-05T00:00:00+02:00"),
    )
    status, payload = api.ask("PUT", url, body)
    assert status == 200
    assert payload["data"] == api.get(values_url(record_id))
    assert [(one["status"]["title"], one["active_from"]) for one in payload["data"]] == [
        ("Screening", "2026-10-01T00:00:00.000000000Z"),
        ("Offer", "2026-11-02T00:00:00.123456789Z"),
    ]
    assert payload["data"][0]["active_until"] == "2026-10-04T22:00:00.000000000Z"


@pytest.mark.parametrize(
    "body",
    [
        history_body(),
        history_body(interval("Offer", "2026-11-02T00:00:00Z", None), replace=False),
        history_body({"value": "Offer", "active_from": "2026-11-02T00:00:00Z"}),
        history_body(interval("Offer", "2026-11-02", None)),
        history_body(interval("Offer", None, None)),
        history_body(interval("Offer", 5, None)),
        history_body(interval("Offer", "2026-12-24T00:00:00Z", None)),
        history_body("Offer"),
        history_body(*[interval("Offer", "2026-11-02T00:00:00Z", None)] * 401),
        history_body(*[interval("Offer", "2026-11-02T00:00:00Z", None)] * 2),
    ],
)
def test_an_impossible_history_is_refused_over_http(api: Asking, body: dict[str, Any]) -> None:
    record_id = created(api, workflow_status="Applied")
    before = api.get(values_url(record_id))
    assert api.refusal("PUT", values_url(record_id), body)[:2] == (400, "validation_type")
    assert api.get(values_url(record_id)) == before


def test_the_history_of_an_attribute_without_one_cannot_be_written(api: Asking) -> None:
    person = created(api, PEOPLE)
    url = f"{PEOPLE}/{person}/attributes/description/values"
    body = history_body(interval("x", "2026-11-02T00:00:00Z", None))
    assert api.refusal("PUT", url, body)[:2] == (400, "system_edit_unauthorized")


def test_entries_are_created_asserted_moved_and_deleted(api: Asking) -> None:
    record_id = created(api, workflow_status="Applied")
    body: dict[str, Any] = {
        "data": {"parent_record_id": record_id, "parent_object": "applications", "entry_values": {"stage": "To contact"}}
    }
    first = api.ask("PUT", ENTRIES, body)[1]["data"]
    body["data"]["entry_values"]["stage"] = "Referred"
    second = api.ask("PUT", ENTRIES, body)[1]["data"]
    assert first["id"] == second["id"]
    assert second["entry_values"]["stage"][0]["status"]["title"] == "Referred"
    url = f"{ENTRIES}/{first['id']['entry_id']}"
    for method in ("PATCH", "PUT"):
        assert api.ask(method, url, {"data": {"entry_values": {"stage": "In conversation"}}})[0] == 200
    assert len(api.get(f"{url}/attributes/stage/values?show_historic=true")) == 3
    api.ask("POST", ENTRIES, body)
    assert api.refusal("PUT", ENTRIES, body)[:2] == (400, "multiple_match_results")
    assert api.ask("DELETE", url) == (200, {})
    body["data"]["parent_record_id"] = "nothing"
    assert api.refusal("POST", ENTRIES, body)[:2] == (400, "value_not_found")


def test_statuses_are_added_renamed_and_archived(api: Asking) -> None:
    body: dict[str, Any] = {"data": {"title": "On hold", "target_time_in_status": "P0Y0M2DT0H0M0S"}}
    status = api.ask("POST", STATUSES, body)[1]["data"]
    assert (status["title"], status["target_time_in_status"]) == ("On hold", "P0Y0M2DT0H0M0S")
    assert api.refusal("POST", STATUSES, body)[:2] == (409, "slug_conflict")
    url = f"{STATUSES}/{status['id']['status_id']}"
    changed = api.ask("PATCH", url, {"data": {"title": "Waiting", "is_archived": True}})[1]["data"]
    assert changed == {**status, "title": "Waiting", "is_archived": True}
    assert api.refusal("PATCH", url, {"data": {"title": "Applied"}})[:2] == (409, "slug_conflict")
    assert api.refusal("PATCH", f"{STATUSES}/nothing", {"data": {}})[:2] == (400, "value_not_found")
    assert api.refusal("POST", STATUSES, {"data": {}})[:2] == (400, "validation_type")
    wrong = STATUSES.replace("workflow_status", "name")
    assert api.refusal("POST", wrong, body)[:2] == (400, "validation_type")


def test_options_are_added_renamed_and_archived(api: Asking) -> None:
    url = "/v2/objects/applications/attributes/source/options"
    body: dict[str, Any] = {"data": {"title": "Fair"}}
    option = api.ask("POST", url, body)[1]["data"]
    assert (option["title"], option["is_archived"]) == ("Fair", False)
    assert api.refusal("POST", url, body)[:2] == (409, "slug_conflict")
    one = f"{url}/{option['id']['option_id']}"
    changed = api.ask("PATCH", one, {"data": {"title": "Job fair", "is_archived": True}})[1]["data"]
    assert changed == {**option, "title": "Job fair", "is_archived": True}
    assert api.refusal("PATCH", one, {"data": {"title": "Referral"}})[:2] == (409, "slug_conflict")
    assert api.refusal("PATCH", f"{url}/nothing", {"data": {}})[:2] == (400, "value_not_found")
    assert api.refusal("POST", url, {"data": {}})[:2] == (400, "validation_type")
    assert api.refusal("POST", url.replace("source", "workflow_status"), body)[:2] == (400, "validation_type")
