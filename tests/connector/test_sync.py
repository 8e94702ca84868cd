"""A sync over the simulated Attio: what arrives, what it costs, and what a change in between does to it."""

import json
from datetime import timedelta
from functools import partial
from typing import Literal

import pytest
from tests.support import truth
from tests.support.sdk import LocalRun
from tests.support.world import ERRORS, HISTORY, TABLE, World, make_world

from attio_simulator import Behaviour, Clock, Fault, Faults, Limits, RequestInfo, Workspace, generate_hiring_pipeline
from attio_sync.report import SyncReport
from attio_sync.tables import schema

KEY = "applications.workflow_status=attio_workflow_status"


def pipeline(applications: int, clock: Clock) -> Workspace:
    return generate_hiring_pipeline(applications, seed=3, clock=clock)


def requests_at_least(world: World) -> float:
    """Records listed in pages of 500, and one request for each that the listing does not prove unmoved."""
    histories = truth.status_table(world.workspace).values()
    moved = sum(1 for h in histories if len(h) != 1)
    return len(histories) / 500 + moved


def test_a_first_sync_delivers_every_history_exactly_and_costs_what_it_must() -> None:
    world = make_world(partial(pipeline, 2_000))
    report = world.sync()
    world.assert_equal_to_attio()
    assert report.requests <= requests_at_least(world) * 1.03
    assert report.refused == 0
    assert report.requests_saved == sum(len(h) == 1 for h in world.histories.values())


def test_ten_thousand_applications_arrive_exactly_while_the_workspace_changes_under_the_sync() -> None:
    world = make_world(partial(pipeline, 10_000))
    least = requests_at_least(world)
    there = world.workspace.record_ids("applications")
    deleted: list[str] = []

    def change(info: RequestInfo) -> None:
        if info.kind == "query":
            # Between any two pages: one is deleted, one moves, one is created; and once an import of thousands.
            deleted.append(there[info.number % len(there)])
            if deleted[-1] in world.workspace.record_ids("applications"):
                world.workspace.delete_record(deleted[-1])
            world.workspace.set_status(there[-1 - len(deleted)], "Offer")
            world.workspace.create_record("applications", "Applied")
            if len(deleted) == 5:
                world.workspace.import_records("applications", 3_000, "Applied")

    remove = world.simulator.on_request(change)
    report = world.sync()
    remove()
    # What came in at the very end is the next sync's.
    assert set(there) - set(deleted) <= set(world.histories)
    imported_pages = 2 * (3_000 / 500 + 2)
    assert report.requests <= (least + 3_000 / 500) * 1.03 + imported_pages
    world.sync()
    found = truth.status_table(world.workspace)
    assert found.items() <= world.histories.items()
    world.pass_time(days=8)
    world.sync()
    world.assert_equal_to_attio()


def test_the_second_sync_reads_and_writes_only_what_changed() -> None:
    world = make_world(partial(pipeline, 2_000))
    world.sync()
    world.pass_time(hours=5)
    changed = world.workspace.record_ids("applications")[:200]
    for record_id in changed:
        world.workspace.set_status(record_id, "Interview")
    world.warehouse.upserts = 0
    report = world.sync()
    world.assert_equal_to_attio()
    # A few more had moved within the buffer, the hour before the first sync.
    assert report.requests <= 200 + 10
    buffered = world.time.start - timedelta(hours=1)
    in_window = [h for h in world.histories.values() if h and truth.instant(h[-1]["active_from"]) >= buffered]
    assert world.warehouse.upserts == sum(1 + len(history) for history in in_window)


def test_a_first_sync_goes_back_as_far_as_backfill_days_says() -> None:
    world = make_world(partial(pipeline, 500), backfill_days="30")
    world.sync()
    start = world.time.start - timedelta(days=30)
    recent = {
        record_id: history
        for record_id, history in truth.status_table(world.workspace).items()
        if history and history[-1]["active_until"] is None and truth.instant(history[-1]["active_from"]) >= start
    }
    assert 0 < len(recent) < 500
    assert world.histories == recent


def test_the_log_holds_a_line_at_the_end_and_no_more_than_one_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    world = make_world(partial(pipeline, 400))
    capsys.readouterr()
    world.sync(page_size="20")
    lines = [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()]
    assert len(lines) <= 400 / 20
    assert lines[-1].startswith("sync done: 400 records listed, ")


def test_an_empty_workspace_is_one_request_and_no_row() -> None:
    world = make_world()
    report = world.sync()
    assert (report.requests, report.rows_written) == (1, 0)
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


def test_a_history_of_five_thousand_values_is_read_to_its_end() -> None:
    world = make_world()
    record_id = world.workspace.create_record("applications", "Applied")
    for _ in range(2_500):
        for status in ("Screening", "Applied"):
            world.pass_time(minutes=1)
            world.workspace.set_status(record_id, status)
    report = world.sync()
    world.assert_equal_to_attio()
    assert len(world.histories[record_id]) == 5_001
    assert report.requests == 51 + 5  # and the listing, which makes sure that nothing else was created in that instant


@pytest.mark.parametrize("ties", ["id", "shuffled", "reshuffled"])
def test_ten_thousand_records_of_one_millisecond_all_arrive(ties: Literal["id", "shuffled", "reshuffled"]) -> None:
    world = make_world(behaviour=Behaviour(ties=ties), limits=Limits.off())
    for _ in range(3):
        world.workspace.create_record("applications", "Applied")
        world.pass_time(minutes=1)
    world.workspace.import_records("applications", 1_500 if ties == "reshuffled" else 10_000, "Applied")
    world.pass_time(minutes=1)
    world.workspace.create_record("applications", "Screening")
    report = world.sync(requests_per_second="1000")
    world.assert_equal_to_attio()
    if ties != "reshuffled":
        assert report.requests <= 60


def test_an_import_loses_nothing_to_a_delete_between_two_of_its_pages() -> None:
    world = make_world()
    ids = world.workspace.import_records("applications", 1_715, "Applied")

    def delete_one(info: RequestInfo) -> None:
        if info.kind == "query" and info.number in (3, 4, 6):
            world.workspace.delete_record(ids[info.number])

    world.simulator.on_request(delete_one)
    world.sync()
    missing = set(world.workspace.record_ids("applications")) - set(world.histories)
    assert missing == set()


@pytest.mark.parametrize("seed", range(6))
def test_no_record_is_missed_while_the_workspace_changes_under_the_sync(seed: int) -> None:
    faults = Faults(Fault(kind="change", rate=0.2, on=("query", "values")), seed=seed)
    world = make_world(partial(pipeline, 1_500), faults=faults)
    before = set(world.workspace.record_ids("applications"))
    world.sync(page_size="100")
    there_all_along = before & set(world.workspace.record_ids("applications"))
    assert there_all_along <= set(world.histories)
    faults.clear()
    world.sync()
    found = truth.status_table(world.workspace)
    assert {k: v for k, v in world.histories.items() if k in found} == found


@pytest.mark.parametrize("maximum", [7, 100, 499])
def test_pages_smaller_than_asked_for_lose_nothing(maximum: int) -> None:
    behaviour = Behaviour(listing_page_maximum=maximum, values_page_maximum=3)
    world = make_world(partial(pipeline, 300), behaviour=behaviour, limits=Limits.off())
    world.sync(requests_per_second="5000")
    world.assert_equal_to_attio()


def sync_after_changes(behaviour: Behaviour) -> tuple[World, SyncReport]:
    world = make_world(partial(pipeline, 800), behaviour=behaviour)
    world.sync()
    world.pass_time(days=3)
    for record_id in world.workspace.record_ids("applications")[100:150]:
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
    world = make_world(partial(pipeline, 100))
    deals = world.workspace.add_object("deals", "Deal", "Deals")
    stage = world.workspace.add_attribute(deals, "stage", "Stage", "status")
    world.workspace.add_status(stage, "Lead")
    deal = world.workspace.create_record("deals", "Lead")
    world.sync()
    world.pass_time(days=2)
    both = f"{KEY},deals.stage=attio_deal_stage"
    world.warehouse.keys.update({t["table"]: t["primary_key"] for t in schema(world.settings(history=both).history)})
    report = world.sync(history=both)
    assert [row["record_id"] for row in world.warehouse.rows("attio_deal_stage")] == [deal]
    assert [row["status_title"] for row in world.warehouse.rows("attio_deal_stage_history")] == ["Lead"]
    assert set(world.warehouse.state["histories"]) == {KEY, "deals.stage=attio_deal_stage"}
    assert report.full_passes == 0


def test_the_state_of_the_first_version_is_taken_up_and_a_full_pass_fills_the_new_table() -> None:
    world = make_world(partial(pipeline, 300))
    world.warehouse.state = {"last_sync": (world.time.now() - timedelta(hours=2)).isoformat()}
    report = world.sync()
    assert report.full_passes == 1
    world.assert_equal_to_attio()
    assert world.warehouse.state["last_sync"] <= world.time.now().isoformat()


def test_a_last_sync_that_cannot_be_read_means_a_first_sync() -> None:
    world = make_world(partial(pipeline, 50))
    world.warehouse.state = {"last_sync": "yesterday"}
    world.sync()
    world.assert_equal_to_attio()


def test_last_sync_moves_only_when_everything_before_it_is_delivered() -> None:
    world = make_world(partial(pipeline, 400))
    world.simulator.faults.add(Fault(kind="server_error", on=("values",), at=(100,), burst=10_000))
    with pytest.raises(Exception, match="gave up after"):
        world.sync(page_size="20")
    assert "last_sync" not in world.warehouse.state
    cursor = world.warehouse.state["histories"][KEY]["under_way"]["created_at"]
    assert 0 < len(world.histories) < 400
    world.simulator.faults.clear()
    world.simulator.requests.reset()
    report = world.sync()
    world.assert_equal_to_attio()
    assert "under_way" not in world.warehouse.state["histories"][KEY]
    assert cursor
    # It went on where it stopped; only the fresh window behind it, of the last hour, is read besides.
    assert report.listed < 400


def test_the_sdk_writes_the_same_rows_into_a_real_duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = make_world(partial(pipeline, 300))
    run = LocalRun(tmp_path_factory.mktemp("connection"), world.environment)
    configuration = {"attio_api_token": world.simulator.token, "backfill_days": "all"}
    for _ in range(2):
        run.sync(configuration)
        rows = run.rows(TABLE)
        assert {r["application_id"]: json.loads(r["workflow_status"]) for r in rows} == truth.status_table(world.workspace)
        stays = {
            (r["application_id"], r["active_from"], r["status_id"]): {k: v for k, v in r.items() if k != "read_at"}
            for r in run.rows(HISTORY)
        }
        assert stays == truth.history_table(world.workspace)
        assert run.rows(ERRORS) == []
        world.pass_time(hours=3)
        for record_id in world.workspace.record_ids("applications")[:40]:
            world.workspace.set_status(record_id, "Offer")
