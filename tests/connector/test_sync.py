"""A sync over the simulated Attio: what arrives, what it costs, and what a change in between does to it."""

import logging
from collections.abc import Generator
from datetime import timedelta
from typing import Any, Literal

import pytest
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.sdk import LocalRun
from tests.support.warehouse import Row
from tests.support.world import ERRORS, HISTORY, MEMBERS, STATUSES, TABLE, Hiring, World, make_synced_world, make_world

from attio_simulator import Behaviour, Fault, Faults, Limits, RequestInfo
from attio_sync.runtime import SyncReport

KEY = "applications.workflow_status=attio_workflow_status"


def rows(world: World) -> list[tuple[str, Row]]:
    return [(name, row) for name in sorted(world.warehouse.keys) for row in world.warehouse.rows(name)]


def test_a_first_sync_delivers_every_history_exactly_and_costs_what_it_must() -> None:
    world = make_world(Hiring(120, seed=3), page_size="80")
    report = world.sync()
    world.assert_equal_to_attio()
    moved = sum(len(h) != 1 for h in world.histories.values())
    # Beside them: the token, statuses, members, two pages of records, and five to be sure that there are no more.
    assert report.requests == moved + 3 + 2 + 5
    assert report.refused == 0
    assert report.requests_saved == 120 - moved


def test_thousands_of_applications_arrive_exactly_while_the_workspace_changes_under_the_sync() -> None:
    applications, imported, page = (130, 60, 50) if PROFILE == "short" else (10_000, 3_000, 500)
    world = make_world(Hiring(applications, seed=3), page_size=str(page))
    there = world.workspace.record_ids("applications")
    moved = sum(len(h) != 1 for h in truth.status_table(world.workspace).values())
    changes, most, deleted = 0, 15 if PROFILE == "short" else 30, set[str]()

    def change(info: RequestInfo) -> None:
        nonlocal changes
        if info.kind == "query" and changes < most:
            # Between any two pages: one is deleted, one moves, one is created; and once an import of many.
            changes += 1
            deleted.add(there[7 * changes])
            world.workspace.delete_record(there[7 * changes])
            world.workspace.set_status(there[-7 * changes], "Offer")
            world.workspace.create_record("applications", "Applied")
            if changes == 3:
                world.workspace.import_records("applications", imported, "Applied")

    remove = world.simulator.on_request(change)
    world.sync()
    remove()
    assert changes > 8
    # What came in at the very end is the next sync's.
    assert set(there) - deleted <= set(world.histories)
    requests = world.simulator.requests.by_kind
    assert requests["values"] <= moved + changes
    assert requests["query"] <= 2 * (applications + imported) / page + 2 * changes
    world.sync()
    found = truth.status_table(world.workspace)
    assert found.items() <= world.histories.items()
    world.pass_time(days=1)
    world.sync()
    world.assert_equal_to_attio()


def test_the_second_sync_reads_and_writes_only_what_changed() -> None:
    world = make_synced_world(Hiring(120, seed=3), page_size="80")
    world.pass_time(hours=5)
    for record_id in world.workspace.record_ids("applications")[:45]:
        world.workspace.set_status(record_id, "Interview")
    before = rows(world)
    changed = sum(world.workspace.history(r) != h for r, h in world.histories.items())
    report = world.sync()
    world.assert_equal_to_attio()
    # Beside the histories: the token, the listing, statuses and members.
    assert report.requests == changed + 4
    assert changed > 40
    assert report.rows_written == sum(row not in before for row in rows(world))
    assert report.rows_deleted == 0


@pytest.fixture
def logged() -> Generator[list[str]]:
    """What the connector logs, whatever else listens to it."""
    lines: list[str] = []
    handler = logging.Handler(logging.INFO)
    handler.emit = lambda record: lines.append(record.getMessage())  # pyrefly: ignore[method-assign] (of this one)
    package = logging.getLogger("attio_sync")
    level = package.level
    package.addHandler(handler)
    package.setLevel(logging.INFO)
    yield lines
    package.removeHandler(handler)
    package.setLevel(level)


def test_the_log_holds_a_line_at_the_end_and_no_more_than_one_a_page(logged: list[str]) -> None:
    world = make_world(Hiring(100, seed=3))
    logged.clear()
    world.sync(page_size="10")
    lines = logged
    assert len(lines) <= 100 / 10
    assert lines[-1].startswith("sync done: 100 records listed, ")


def test_an_empty_workspace_is_five_requests_and_what_its_statuses_and_members_are() -> None:
    world = make_world()
    report = world.sync()
    world.assert_equal_to_attio()
    # The token, a listing that is empty twice, statuses and members.
    assert report.requests == 5
    assert report.rows_written == len(world.warehouse.rows(STATUSES)) + len(world.warehouse.rows(MEMBERS))
    assert world.warehouse.state["last_sync"] <= world.time.now().isoformat(timespec="microseconds")


def test_an_application_without_any_status_has_an_empty_history() -> None:
    world = make_world()
    record_id = world.workspace.create_record("applications")
    world.sync()
    assert world.histories == {record_id: []}
    assert world.stays == {}


def test_a_cleared_status_is_closed_in_both_tables() -> None:
    world = make_world()
    record_id = world.workspace.create_record("applications", "Applied")
    world.pass_time(days=1)
    world.workspace.clear_value(record_id, "workflow_status")
    world.sync()
    world.assert_equal_to_attio()
    assert [row["is_active"] for row in world.stays.values()] == [False]


def test_a_history_of_several_pages_is_read_to_its_end() -> None:
    world = make_world()
    record_id = world.workspace.create_record("applications", "Applied")
    for _ in range(125):
        for status in ("Screening", "Applied"):
            world.pass_time(minutes=1)
            world.workspace.set_status(record_id, status)
    world.sync()
    world.assert_equal_to_attio()
    assert len(world.histories[record_id]) == 251
    assert world.simulator.requests.by_kind["values"] == 3


@pytest.mark.parametrize("ties", [pytest.param("id", marks=pytest.mark.long), "shuffled", "reshuffled"])
def test_pages_full_of_records_of_one_millisecond_all_arrive(ties: Literal["id", "shuffled", "reshuffled"]) -> None:
    imported, page = (10_000, 500) if PROFILE == "long" else (115, 50)
    if ties == "reshuffled":  # of many small pages one pass misses some
        imported, page = (1_150, 500) if PROFILE == "long" else (60, 10)
    world = make_world(behaviour=Behaviour(ties=ties), limits=Limits.off())
    for _ in range(3):
        world.workspace.create_record("applications", "Applied")
        world.pass_time(minutes=1)
    world.workspace.import_records("applications", imported, "Applied")
    world.pass_time(minutes=1)
    world.workspace.create_record("applications", "Screening")
    world.sync(requests_per_second="1000", page_size=str(page))
    world.assert_equal_to_attio()
    queries = world.simulator.requests.by_kind["query"]
    if ties == "reshuffled":  # which only very many passes that bring nothing prove to be all
        assert queries > 20 * imported / page
    else:  # each page of that instant twice
        assert queries <= 2 * imported / page + 12


def test_pages_that_come_back_empty_once_lose_nothing() -> None:
    world = make_world(page_size="10")
    for imported in (30, 20):
        world.workspace.import_records("applications", imported, "Applied")
        world.pass_time(seconds=1)
    asked = set[bytes]()

    def empty_at_first(info: RequestInfo) -> None:
        if info.kind == "query" and info.body not in asked:
            asked.add(info.body)
            world.simulator.faults.add(Fault(kind="answer", status=200, payload={"data": []}, on=["query"], times=1))

    world.simulator.on_request(empty_at_first)
    world.sync()
    world.assert_equal_to_attio()


def test_an_import_loses_nothing_to_a_delete_between_two_of_its_pages() -> None:
    world = make_world(page_size="40")
    ids = world.workspace.import_records("applications", 137, "Applied")

    def delete_one(info: RequestInfo) -> None:
        if info.kind == "query" and info.number in (3, 4, 6):
            world.workspace.delete_record(ids[info.number])

    world.simulator.on_request(delete_one)
    world.sync()
    missing = set(world.workspace.record_ids("applications")) - set(world.histories)
    assert missing == set()


@pytest.mark.parametrize("seed", range(1 if PROFILE == "short" else 20))
def test_no_record_is_missed_while_the_workspace_changes_under_the_sync(seed: int) -> None:
    faults = Faults(Fault(kind="change", rate=0.2, on=("query", "values")), seed=seed)
    world = make_world(Hiring(120, seed=3), faults=faults)
    before = set(world.workspace.record_ids("applications"))
    world.sync(page_size="12")
    there_all_along = before & set(world.workspace.record_ids("applications"))
    assert there_all_along <= set(world.histories)
    faults.clear()
    world.sync()
    found = truth.status_table(world.workspace)
    assert {k: v for k, v in world.histories.items() if k in found} == found


@pytest.mark.parametrize("maximum", [7, 40, 499])
def test_pages_smaller_than_asked_for_lose_nothing(maximum: int) -> None:
    behaviour = Behaviour(listing_page_maximum=maximum, values_page_maximum=3)
    world = make_world(Hiring(60, seed=3), behaviour=behaviour, limits=Limits.off())
    for created in (0, 1, 20):  # what a listing showed is remembered, also past one that is short because it ends
        for _ in range(created):
            world.workspace.create_record("applications", "Applied")
            world.pass_time(milliseconds=1)
        assert world.sync(requests_per_second="5000").reconciled == 0
        world.assert_equal_to_attio()
        world.pass_time(hours=2)


def test_one_page_that_was_short_amid_full_ones_is_enough_to_believe_none() -> None:
    world = make_synced_world(Hiring(60, seed=3), page_size="10")
    queries: list[int] = []

    def shorten_the_first(info: RequestInfo) -> None:
        if info.kind == "query":
            world.simulator.behaviour.listing_page_maximum = 10 if queries else 6
            queries.append(info.number)

    world.simulator.on_request(shorten_the_first)
    world.warehouse.state = {}
    for created in (0, 20):
        queries.clear()
        for _ in range(created):
            world.workspace.create_record("applications", "Applied")
            world.pass_time(milliseconds=1)
        world.sync()
        world.assert_equal_to_attio()


def test_no_page_is_short_that_is_as_long_as_attio_documents() -> None:
    world = make_synced_world(Hiring(60, seed=3), page_size="1000")
    world.workspace.import_records("applications", 520, "Applied")
    checkpoints = world.warehouse.checkpoints
    world.sync()
    world.assert_equal_to_attio()
    # Within a minute, so few rows are no reason for another one.
    assert world.warehouse.checkpoints == checkpoints + 1


def sync_after_changes(behaviour: Behaviour) -> tuple[World, SyncReport]:
    world = make_world(Hiring(60, seed=3), behaviour=behaviour, reconcile_hours="744")
    world.sync()
    world.pass_time(days=3)
    for record_id in world.workspace.record_ids("applications")[25:40]:
        world.workspace.set_status(record_id, "Offer")
    return world, world.sync()


@pytest.mark.parametrize("accepts", ["dates", "refused"])
def test_a_filter_attio_refuses_misses_nothing_and_reads_no_history_more(accepts: Literal["dates", "refused"]) -> None:
    _, expected = sync_after_changes(Behaviour())
    world, report = sync_after_changes(Behaviour(active_from_filter=accepts))
    world.assert_equal_to_attio()
    assert report.histories_read == expected.histories_read


def test_past_titles_of_then_or_of_now_both_arrive_as_read() -> None:
    for titles in ("then", "now"):
        world = make_world(behaviour=Behaviour(past_titles=titles))
        record_id = world.workspace.create_record("applications", "Applied")
        world.pass_time(days=1)
        world.workspace.set_status(record_id, "Screening")
        world.workspace.rename_status("Applied", "Received")
        world.sync()
        world.assert_equal_to_attio()


def test_a_history_added_later_is_backfilled_into_its_own_tables() -> None:
    world = make_world(Hiring(100, seed=3))
    deals = world.workspace.add_object("deals", "Deal", "Deals")
    stage = world.workspace.add_attribute(deals, "stage", "Stage", "status")
    world.workspace.add_status(stage, "Lead")
    deal = world.workspace.create_record("deals", "Lead")
    world.sync()
    world.pass_time(days=2)
    both = f"{KEY},deals.stage=attio_deal_stage"
    world.track(both)
    report = world.sync(history=both)
    world.assert_equal_to_attio_but_for_statuses()
    lead = world.workspace.history(deal)[0]
    assert [row["stage"] for row in world.warehouse.rows("attio_deal_stage")] == [[lead]]
    assert [(row["record_id"], row["position"]) for row in world.warehouse.rows("attio_deal_stage_history")] == [(deal, 1)]
    assert set(world.warehouse.state["histories"]) == {KEY, "deals.stage=attio_deal_stage"}
    # The one that is new is whole; the other one was compared as on any day.
    assert report.reconciled == 1


def a_state_of(version: int, world: World) -> dict[str, Any]:
    last_sync = (world.time.now() - timedelta(hours=2)).isoformat()
    if not version:
        return {"last_sync": last_sync}
    window: dict[str, Any] = {
        "since": None,
        "started_at": last_sync,
        "created_at": "2026-01-01T00:00:00.000000000Z",
        "record_ids": [],
    }
    one: dict[str, Any] = {
        "last_sync": last_sync,
        "under_way": window,
        "full_pass_at": last_sync,
        "rewriting": True,
        "invalid": ["x"],
    }
    if version == 2:
        ledger = {"present": "eJwLSS0uAQAD0QGL", "past": ["eJwLSS0uAQAD0QGL"] * 30, "recent": ""}
        one = {"last_sync": last_sync, "invalid": {"x": "beef"}, "reconciled_at": last_sync, "ledger": ledger}
    return {"last_sync": last_sync, "version": version, "histories": {KEY: one}}


@pytest.mark.parametrize("version", [0, 1, 2])
def test_after_an_earlier_version_everything_is_delivered_anew_with_one_warning(version: int) -> None:
    world = make_world(Hiring(60, seed=3), backfill_days="30")
    world.warehouse.upsert(TABLE, {"application_id": "gone", "workflow_status": []})
    world.warehouse.upsert(HISTORY, {"application_id": "gone", "position": 1})
    world.warehouse.upsert(ERRORS, {"history": "applications.workflow_status", "record_id": "x"})
    world.warehouse.checkpoint(a_state_of(version, world))
    world.sync()
    world.assert_equal_to_attio()
    assert world.warehouse.rows(ERRORS) == [] or version == 0
    assert [w for w in world.warehouse.warnings if "everything is delivered anew" in w] == world.warehouse.warnings
    assert len(world.warehouse.warnings) == 1
    assert world.warehouse.state["last_sync"] <= world.time.now().isoformat()
    assert world.warehouse.state["version"] == 3
    report = world.sync()
    assert (report.rows_written, len(world.warehouse.warnings)) == (0, 1)


def test_a_history_of_the_state_that_names_no_table_stops_no_sync() -> None:
    world = make_world(Hiring(20, seed=3))
    world.sync()
    state = world.warehouse.state
    world.warehouse.state = {**state, "histories": {**state["histories"], "applications.workflow_status": {}}}
    assert world.sync().rows_written == 0
    assert list(world.warehouse.state["histories"]) == [KEY]


def test_a_last_sync_that_cannot_be_read_means_a_first_sync() -> None:
    world = make_world(Hiring(50, seed=3))
    world.warehouse.state = {"last_sync": "yesterday"}
    world.sync()
    world.assert_equal_to_attio()


def test_last_sync_moves_only_when_everything_before_it_is_delivered() -> None:
    world = make_world(Hiring(100, seed=3))
    world.simulator.faults.add(Fault(kind="server_error", on=("values",), at=(30,), burst=10_000))
    with pytest.raises(Exception, match="gave up after"):
        world.sync(page_size="10")
    assert "last_sync" not in world.warehouse.state
    cursor = world.warehouse.state["histories"][KEY]["under_way"]["created_at"]
    assert 0 < len(world.histories) < 100
    world.simulator.faults.clear()
    world.simulator.requests.reset()
    report = world.sync()
    world.assert_equal_to_attio()
    assert "under_way" not in world.warehouse.state["histories"][KEY]
    assert cursor
    # It went on where it stopped; only the fresh window behind it, of the last hour, is read besides.
    assert report.listed < 100


@pytest.mark.long
def test_the_sdk_writes_the_same_rows_into_a_real_duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = make_world(Hiring(40, seed=3))
    run = LocalRun(tmp_path_factory.mktemp("connection"), world.environment)
    configuration = {"attio_api_token": world.simulator.token, "backfill_days": "all"}
    for _ in range(2):
        run.sync(configuration)
        run.assert_equal_to_attio(world.workspace)
        world.pass_time(hours=3)
        for record_id in world.workspace.record_ids("applications")[:20]:
            world.workspace.set_status(record_id, "Offer")
