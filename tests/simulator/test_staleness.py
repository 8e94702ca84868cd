from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.simulator.support import QUERY, RECORDS, Asking, values_url

from attio_simulator import Behaviour, Clock, Fault

BY_STATUS = [{"direction": "asc", "attribute": "workflow_status"}]


def accurate_at(api: Asking, method: str = "GET", url: str = "/v2/objects", body: object = None) -> str | None:
    return dict(api.answer(method, url, body).headers).get("x-accurate-at")


def titles(api: Asking, **body: Any) -> list[str]:
    return [row["values"]["workflow_status"][0]["status"]["title"] for row in api.query(**body)]


def test_every_success_says_how_fresh_it_is_by_the_workspaces_clock(api: Asking, clock: Clock) -> None:
    clock.move(timedelta(seconds=1, microseconds=642_999))
    api.simulator.behaviour.clock_offset = timedelta(minutes=5)
    record_id = api.simulator.workspace.create_record("applications", "Applied")
    for method, url in (("GET", "/v2/self"), ("GET", "/v2/objects"), ("POST", QUERY), ("GET", values_url(record_id))):
        assert accurate_at(api, method, url) == "2026-11-24T10:00:01.642000000Z"
    assert accurate_at(api, "POST", RECORDS, {"data": {"values": {}}}) == "2026-11-24T10:00:01.642000000Z"


def test_neither_refusals_nor_answers_of_others_say_how_fresh_they_are(api: Asking) -> None:
    assert accurate_at(api, "GET", "/v2/objects/nothing") is None
    api.simulator.faults.add(Fault(kind="not_json", times=1))
    assert accurate_at(api) is None
    api.simulator.faults.add(Fault(kind="server_error", times=1))
    assert accurate_at(api) is None
    assert accurate_at(api) is not None


def test_the_freshness_can_be_left_out(api: Asking) -> None:
    api.simulator.behaviour = Behaviour(accurate_at=False)
    assert accurate_at(api) is None


def test_a_stale_query_lists_no_record_created_since(api: Asking, clock: Clock) -> None:
    api.simulator.behaviour = Behaviour(staleness=timedelta(minutes=1))
    record_id = api.simulator.workspace.create_record("applications", "Applied")
    assert accurate_at(api, "POST", QUERY) == "2026-11-24T09:59:00.000000000Z"
    assert api.ids() == api.ids(sorts=BY_STATUS) == api.ids(filter={"workflow_status": "Applied"}) == []
    assert len(api.get(values_url(record_id))) == 1
    clock.move(timedelta(seconds=60) - timedelta(milliseconds=1))
    assert api.ids() == []
    clock.move(timedelta(milliseconds=1))
    assert accurate_at(api, "POST", QUERY) == "2026-11-24T10:00:00.000000000Z"
    assert api.ids() == api.ids(sorts=BY_STATUS) == api.ids(filter={"workflow_status": "Applied"}) == [record_id]


def test_a_stale_query_shows_and_filters_by_the_values_that_were_active_then(api: Asking, clock: Clock) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    clock.move(timedelta(hours=1))
    before = api.query()
    clock.move(timedelta(minutes=10))
    workspace.set_status(record_id, "Offer")
    api.simulator.behaviour.staleness = timedelta(minutes=10)
    since = {"workflow_status": {"active_from": {"$gte": "2026-11-24T10:30:00Z"}}}
    assert api.query() == before
    assert api.ids(filter={"workflow_status": "Offer"}) == api.ids(filter=since) == []
    assert [value["status"]["title"] for value in api.get(values_url(record_id))] == ["Applied", "Offer"]
    clock.move(timedelta(minutes=10))
    assert titles(api, filter=since) == titles(api, filter={"workflow_status": "Offer"}) == ["Offer"]


def test_a_value_cleared_since_is_still_there_in_a_stale_query(api: Asking, clock: Clock) -> None:
    record_id = api.simulator.workspace.create_record("applications", "Applied")
    clock.move(timedelta(hours=1))
    api.simulator.workspace.clear_value(record_id)
    empty = {"workflow_status": {"$not_empty": False}}
    assert api.ids(filter=empty) == [record_id]
    api.simulator.behaviour.staleness = timedelta(minutes=1)
    assert api.ids(filter=empty) == []
    assert titles(api) == ["Applied"]


def test_a_stale_query_sorts_by_what_it_shows(api: Asking, clock: Clock) -> None:
    workspace = api.simulator.workspace
    ids = [workspace.create_record("applications", title) for title in ("Applied", "Interview")]
    clock.move(timedelta(hours=1))
    workspace.set_status(ids[0], "Offer")
    assert titles(api, sorts=BY_STATUS) == ["Interview", "Offer"]
    api.simulator.behaviour.staleness = timedelta(minutes=1)
    assert titles(api, sorts=BY_STATUS) == ["Applied", "Interview"]


@pytest.mark.parametrize("staleness", [timedelta(), timedelta(seconds=1)])
def test_entries_are_as_stale_as_records(api: Asking, clock: Clock, staleness: timedelta) -> None:
    workspace = api.simulator.workspace
    entry = workspace.create_entry("talent_pool", workspace.create_record("applications"), "To contact")
    clock.move(timedelta(seconds=0.5))
    api.simulator.behaviour.staleness = staleness
    assert api.ids("/v2/lists/talent_pool/entries/query") == ([] if staleness else [entry])
