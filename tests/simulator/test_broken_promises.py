"""Listings and values that contradict what Attio documents: each can be asked for, and a client must survive it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.simulator.support import QUERY, RECORDS, Asking, values_url

from attio_simulator import Behaviour, Clock, Fault, Limits, Simulator, Workspace

BY_CREATION = [{"direction": "asc", "attribute": "created_at"}]
ENTRIES = "/v2/lists/talent_pool/entries"
NOTHING: dict[str, list[object]] = {"data": []}


@pytest.fixture
def ids(workspace: Workspace) -> list[str]:
    """Twenty applications, in the order of their listing."""
    return sorted(workspace.import_records("applications", 20, "Applied"))


def moved(workspace: Workspace, clock: Clock) -> str:
    """A record with a history of five values."""
    record_id = workspace.create_record("applications", "Applied")
    for title in ("Screening", "Interview", "Offer", "Hired"):
        clock.move(timedelta(days=1))
        workspace.set_status(record_id, title)
    return record_id


def titles(values: list[dict[str, Any]]) -> list[str]:
    return [value["status"]["title"] for value in values]


def test_a_listing_can_end_early(api: Asking, ids: list[str]) -> None:
    api.simulator.faults.add(Fault(kind="answer", status=200, payload=NOTHING, on=["query"], at=range(3, 1_000_000)))
    assert [api.ids(limit=5, offset=offset) for offset in range(0, 25, 5)] == [ids[:5], ids[5:10], [], [], []]


def test_a_listing_can_have_an_empty_page_in_the_middle(api: Asking, ids: list[str]) -> None:
    api.simulator.faults.add(Fault(kind="answer", status=200, payload=NOTHING, on=["query"], at=[2]))
    assert [api.ids(limit=5, offset=offset) for offset in range(0, 20, 5)] == [ids[:5], [], ids[10:15], ids[15:]]


@pytest.mark.parametrize("sorts", [None, BY_CREATION])
def test_pages_of_a_listing_can_be_shorter_than_asked_for(workspace: Workspace, ids: list[str], sorts: object) -> None:
    def lengths(seed: int) -> list[int]:
        behaviour = Behaviour(listing_page_lengths="random", seed=seed)
        api = Asking(Simulator(workspace, limits=Limits.off(), behaviour=behaviour))
        assert api.ids(limit=0) == []
        pages = [api.ids(limit=5, sorts=sorts) for _ in range(40)]
        assert all(page == ids[: len(page)] for page in pages)
        return [len(page) for page in pages]

    assert set(lengths(1)) == {1, 2, 3, 4, 5}
    assert lengths(1) == lengths(1) != lengths(2)


def test_short_pages_still_list_everything_once_to_who_goes_by_what_came(api: Asking, ids: list[str]) -> None:
    api.simulator.behaviour.listing_page_lengths = "random"
    listed: list[str] = []
    while page := api.ids(limit=4, offset=len(listed)):
        listed += page
    assert listed == ids


def test_a_listing_can_ignore_the_offset(api: Asking, ids: list[str]) -> None:
    api.simulator.behaviour.listing_ignores_offset = True
    assert api.ids(limit=5, offset=10) == ids[:5]
    assert api.refusal("POST", QUERY, {"offset": -1})[0] == 400


def test_values_can_ignore_the_offset(api: Asking, workspace: Workspace, clock: Clock) -> None:
    url = values_url(moved(workspace, clock))
    assert titles(api.get(f"{url}&limit=2&offset=3")) == ["Offer", "Hired"]
    api.simulator.behaviour = Behaviour(values_ignore_offset=True)
    assert titles(api.get(f"{url}&limit=2&offset=3")) == ["Applied", "Screening"]
    assert len(api.get(f"{url}&offset=3")) == 5


def test_values_can_come_newest_first(api: Asking, workspace: Workspace, clock: Clock) -> None:
    url = values_url(moved(workspace, clock))
    api.simulator.behaviour.values_order = "newest_first"
    assert titles(api.get(url)) == ["Hired", "Offer", "Interview", "Screening", "Applied"]
    assert titles(api.get(f"{url}&limit=2&offset=2")) == ["Interview", "Screening"]


@pytest.mark.parametrize(
    ("fault", "status", "payload"),
    [
        (Fault(kind="server_error", status=500, body="json"), 500, None),
        (Fault(kind="answer", status=403, payload={"code": "billing_error"}), 403, {"code": "billing_error"}),
        (Fault(kind="answer", status=400, payload={"code": "validation_type"}), 400, {"code": "validation_type"}),
        (Fault(kind="answer", status=200, payload={"data": None}), 200, {"data": None}),
    ],
)
def test_one_record_can_always_be_answered_wrongly(
    api: Asking, ids: list[str], fault: Fault, status: int, payload: object
) -> None:
    fault.on, fault.records = ["values"], ids[3:4]
    api.simulator.faults.add(fault)
    for _ in range(3):
        for record_id in ids:
            answered, found = api.ask("GET", values_url(record_id))
            if record_id != ids[3]:
                assert (answered, len(found["data"])) == (200, 1)
            else:
                assert answered == status
                assert payload in (None, found)
    assert fault.happened == 3
    assert api.ids() == ids
    assert api.get(f"{RECORDS}/{ids[3]}")["id"]["record_id"] == ids[3]


@pytest.mark.parametrize("sorts", [None, BY_CREATION])
def test_a_listing_can_leave_out_records_that_exist_by_id(api: Asking, ids: list[str], sorts: object) -> None:
    unlisted = api.simulator.behaviour.unlisted
    unlisted |= set(ids[5:15])
    assert api.ids(sorts=sorts, limit=8) == [*ids[:5], *ids[15:18]]
    assert api.ids(sorts=sorts, limit=8, offset=8) == ids[18:]
    assert [len(api.get(values_url(record_id))) for record_id in ids] == [1] * 20
    unlisted.clear()
    assert api.ids(sorts=sorts) == ids


def test_records_can_be_listed_and_yet_not_be_found_by_id(api: Asking, ids: list[str]) -> None:
    api.simulator.behaviour.unreadable = {ids[0]}
    assert api.ids() == ids
    for url in (f"{RECORDS}/{ids[0]}", values_url(ids[0])):
        assert api.refusal("GET", url) == (404, "not_found", f'Record with ID "{ids[0]}" not found.')
    assert len(api.get(values_url(ids[1]))) == 1


def test_entries_can_be_left_out_and_not_be_found_alike(api: Asking, workspace: Workspace, ids: list[str]) -> None:
    first, second = (workspace.create_entry("talent_pool", one, "To contact") for one in ids[:2])
    api.simulator.behaviour = Behaviour(unlisted={first}, unreadable={second})
    assert api.ids(f"{ENTRIES}/query") == [second]
    assert api.get(f"{ENTRIES}/{first}")["id"]["entry_id"] == first
    assert api.refusal("GET", f"{ENTRIES}/{second}")[:2] == (404, "not_found")
