"""Answers that nobody should give: what a sync makes of them, what the user sees, and that the next one repairs it."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.ledger import ledger_state
from tests.support.world import ERRORS, HISTORY, TABLE, Hiring, World, make_synced_world, make_world

from attio_simulator import Behaviour, Fault, Limits, RequestInfo
from attio_sync.errors import AttioSyncError, ContractChangedError, GaveUpError, UnauthorizedError, UnknownNameError
from attio_sync.ledger import load_ledger
from attio_sync.pages import VALUES_AHEAD

DEALS = "deals.stage=attio_deal_stage"
APPLICATIONS = "applications.workflow_status=attio_workflow_status"


def ids(world: World) -> list[str]:
    return world.workspace.record_ids("applications")


def moved(world: World) -> list[str]:
    return [r for r in ids(world) if len(world.workspace.history(r)) > 1]


def repaired(world: World) -> None:
    """The next reconciliation ends equal to Attio, with no row left in the error table."""
    world.simulator.faults.clear()
    world.sync(reconcile_hours="0")
    world.assert_equal_to_attio()
    assert world.warehouse.rows(ERRORS) == []


def test_records_that_answer_no_values_keep_their_rows_and_are_tried_again() -> None:
    world = make_synced_world(Hiring(60, seed=13))
    there = [r for r in moved(world) if world.workspace.history(r)[-1]["status"]["title"] != "Interview"]
    silent = there[::16]
    before = {r: world.histories[r] for r in silent}
    # Among many others: if more than a tenth cannot be read, the sync stops.
    for record_id in moved(world):
        world.workspace.set_status(record_id, "Interview")
    world.simulator.faults.add(Fault(kind="answer", status=200, payload={"data": []}, on=["values"], records=silent))
    for hours in (1, 25):
        world.pass_time(hours=hours)
        world.sync()
        assert {r: world.histories[r] for r in silent} == before
    assert {row["record_id"] for row in world.warehouse.rows(ERRORS)} == set(silent)
    assert any("Rows written before stay as they are" in w for w in world.warehouse.warnings)
    repaired(world)


def test_of_many_invalid_records_all_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.delivery.ENOUGH_TO_JUDGE", 10)
    world = make_world()
    for _ in range(140):
        world.workspace.create_record("applications", "Applied")
        world.pass_time(minutes=1)
    # Evenly over the listing: at no time are they more than a tenth.
    wrong = [record_id for _, record_id in world.workspace.object("applications").by_creation[10::11]]
    for record_id in wrong:
        world.workspace.set_status(record_id, "Screening")
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=wrong))
    world.sync()
    assert len(world.warehouse.rows(ERRORS)) == len(wrong) > 10
    # None of them is new: however few others are read, they do not stop a sync.
    for _ in range(2):
        world.pass_time(hours=25)
        world.sync()
    repaired(world)


def test_the_row_of_a_record_that_stays_invalid_is_written_once() -> None:
    world = make_world(Hiring(100, seed=13))
    wrong = moved(world)[:5]
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=wrong))
    world.sync()
    rows = world.warehouse.rows(ERRORS)
    for hours in (0, 1, 25, 25):
        world.pass_time(hours=hours)
        world.sync()
        assert world.warehouse.rows(ERRORS) == rows
    repaired(world)


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(values_ignore_offset=True, values_page_maximum=2),
        Behaviour(values_order="newest_first"),
        Behaviour(values_order="newest_first", values_page_maximum=2),
    ],
    ids=["pages ignore the offset", "newest first", "newest first in pages"],
)
def test_a_history_that_cannot_be_whole_is_invalid(behaviour: Behaviour) -> None:
    world = make_world(behaviour=behaviour)
    for _ in range(3):
        record_id = world.workspace.create_record("applications", "Applied")
        for status in ("Screening", "Interview", "Offer"):
            world.pass_time(hours=1)
            world.workspace.set_status(record_id, status)
    world.sync()
    assert world.warehouse.rows(HISTORY) == []
    assert len(world.warehouse.rows(ERRORS)) == 3
    world.simulator.behaviour = Behaviour()
    repaired(world)


ALWAYS = {
    "500": {"kind": "server_error", "status": 500},
    "403": {"kind": "answer", "status": 403, "payload": {"code": "unauthorized", "message": "no"}},
    "400": {"kind": "answer", "status": 400, "payload": {"code": "odd", "message": "no"}},
    "null": {"kind": "answer", "status": 200, "payload": {"data": None}},
    "not JSON": {"kind": "not_json"},
}


@pytest.mark.parametrize("name", ALWAYS)
def test_one_record_that_always_fails_is_one_invalid_record(name: str) -> None:
    world = make_world(Hiring(100, seed=13))
    wrong = moved(world)[3]
    fault: dict[str, Any] = ALWAYS[name]
    world.simulator.faults.add(Fault(on=["values"], records=[wrong], **fault))
    world.sync()
    assert [row["record_id"] for row in world.warehouse.rows(ERRORS)] == [wrong]
    assert {row["application_id"] for row in world.warehouse.rows(TABLE)} == set(ids(world)) - {wrong}
    repaired(world)


def test_several_records_that_always_fail_do_not_stop_the_reconciliation_that_tries_them_again() -> None:
    world = make_world(Hiring(100, seed=13))
    wrong = set(moved(world)[::15])
    world.simulator.faults.add(Fault(kind="answer", status=400, payload={"code": "odd"}, on=["values"], records=wrong))
    world.sync()
    for _ in range(2):
        assert {row["record_id"] for row in world.warehouse.rows(ERRORS)} == wrong
        world.pass_time(hours=25)
        # Nothing else is read besides.
        assert world.sync(recheck_days="365").reconciled == 1
    assert len(wrong) > 3
    repaired(world)


@pytest.mark.parametrize("name", ALWAYS if PROFILE == "long" else ("500", "null"))
def test_many_records_that_always_fail_stop_the_sync(name: str) -> None:
    world = make_world(Hiring(100, seed=13))
    fault: dict[str, Any] = ALWAYS[name]
    world.simulator.faults.add(Fault(on=["values"], **fault))
    with pytest.raises(AttioSyncError):
        world.sync()
    repaired(world)


def test_one_failing_record_stops_the_sync_where_attio_answers_nothing_else_either() -> None:
    world = make_world()
    record_id = world.workspace.create_record("applications", "Applied")
    world.pass_time(hours=1)
    world.workspace.set_status(record_id, "Offer")

    def break_down(info: RequestInfo) -> None:
        if info.kind == "values":
            world.simulator.faults.add(Fault(kind="server_error", status=503))

    remove = world.simulator.on_request(break_down)
    with pytest.raises(GaveUpError):
        world.sync()
    remove()
    assert world.warehouse.rows(ERRORS) == []
    repaired(world)


def with_deals() -> World:
    world = make_world(Hiring(60, seed=13))
    deals = world.workspace.add_object("deals", "Deal", "Deals")
    stage = world.workspace.add_attribute(deals, "stage", "Stage", "status")
    world.workspace.add_status(stage, "Lead")
    world.workspace.create_record("deals", "Lead")
    world.track(f"{APPLICATIONS},{DEALS}")
    return world


@pytest.mark.parametrize("order", [f"{APPLICATIONS},{DEALS}", f"{DEALS},{APPLICATIONS}"])
def test_a_history_that_fails_keeps_none_of_the_others_from_being_delivered(order: str) -> None:
    world = with_deals()
    world.sync(history=order)
    deals = world.workspace.object("deals")
    deals.attributes[:] = [a for a in deals.attributes if a.slug != "stage"]
    world.workspace.set_status(ids(world)[0], "Offer")
    with pytest.raises(UnknownNameError, match="stage"):
        world.sync(history=order)
    world.assert_equal_to_attio_but_for_statuses()


def test_a_table_that_is_given_to_another_attribute_holds_none_of_the_rows_of_the_first() -> None:
    world = with_deals()
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=moved(world)[:2]))
    world.sync()
    assert len(world.warehouse.rows(ERRORS)) == 2
    world.warehouse.keys |= {
        "attio_workflow_status": ["record_id"],
        "attio_workflow_status_history": ["record_id", "position"],
    }
    world.sync(history="deals.stage=attio_workflow_status")
    assert [row["record_id"] for row in world.warehouse.rows(TABLE)] == world.workspace.record_ids("deals")
    assert world.warehouse.rows(ERRORS) == []


def test_after_a_resync_the_error_table_holds_no_record_that_reads_well() -> None:
    world = make_world(Hiring(100, seed=13))
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=moved(world)[:3]))
    world.sync()
    world.simulator.faults.clear()
    world.warehouse.state = {}
    world.sync()
    assert world.warehouse.rows(ERRORS) == []
    world.assert_equal_to_attio()


CODES = ("filter_error", "unknown_filter_attribute_slug", "missing_sort_field", "something_new")


@pytest.mark.parametrize("code", CODES if PROFILE == "long" else CODES[-1:])
def test_a_filter_is_given_up_whatever_code_it_is_refused_with(code: str) -> None:
    behaviour = Behaviour(active_from_filter="refused", active_from_filter_code=code)
    world = make_world(Hiring(80, seed=13), behaviour=behaviour, backfill_days="30")
    world.sync()
    world.assert_equal_to_attio()
    world.pass_time(hours=3)
    world.workspace.set_status(ids(world)[0], "Offer")
    world.sync()
    world.assert_equal_to_attio()


@pytest.mark.parametrize("token", ["", "short", "a well-formed one? no"])
def test_a_malformed_token_is_named(token: str) -> None:
    world = make_world()
    world.simulator.token = "another-token-that-is-well-formed"  # noqa: S105 (opens nothing)
    with pytest.raises(AttioSyncError, match=r"attio_api_token|Workspace settings → Developers"):
        world.sync(attio_api_token=token or "x")


def test_a_token_attio_does_not_know_is_named() -> None:
    world = make_world()
    with pytest.raises(UnauthorizedError, match="does not know this token"):
        world.sync(attio_api_token="a-well-formed-token-of-nobody")


@pytest.mark.parametrize("title", ["nul \x00 inside", "half a pair \ud800", "</script><b>"])
def test_texts_that_some_warehouses_refuse_are_escaped(title: str) -> None:
    world = make_world()
    world.workspace.rename_status("Applied", title)
    record_id = world.workspace.create_record("applications", title)
    world.pass_time(hours=1)
    world.workspace.set_status(record_id, "Screening")
    world.sync()
    assert world.warehouse.rows(ERRORS) == []
    text = f"{world.warehouse.rows(HISTORY)} {world.warehouse.rows('attio_status')} {world.histories}"
    assert "\\x00" not in text
    assert "\\ud800" not in text.replace("\\\\ud800", "")
    assert len(world.stays) == 2


@pytest.mark.long
def test_memory_is_bounded_by_values_and_not_by_records() -> None:
    world = make_world(limits=Limits.off())
    records = [world.workspace.create_record("applications", "Applied") for _ in range(400)]
    now = world.workspace.clock.now()
    for record_id in records:
        values = [
            (
                "Applied" if n % 2 else "Screening",
                now.replace(year=2020, microsecond=n),
                now.replace(year=2020, microsecond=n + 1),
            )
            for n in range(150)
        ]
        world.workspace.replace_history(record_id, [*values, ("Offer", now.replace(year=2021), None)])
    asked: list[str] = []
    world.simulator.on_request(lambda info: asked.append(str(info.record_id)) if info.kind == "values" else None)
    ahead: list[int] = []

    def look(operation: str) -> None:
        if operation == "upsert" and world.warehouse.upserts % 500 == 0:
            ahead.append(len(set(asked)) * 151 - world.warehouse.upserts)

    world.warehouse.before = look
    world.sync(requests_per_second="5000")
    world.live()
    # What waits, what is in flight, and the part of a page that is being written.
    assert max(ahead) <= 2 * VALUES_AHEAD + 40 * 151
    world.assert_equal_to_attio()


@pytest.mark.long
def test_a_history_of_more_stays_than_can_be_counted_is_one_invalid_record() -> None:
    world = make_world(Hiring(20, seed=13), limits=Limits.off(), requests_per_second="5000")
    world.sync()
    record_id = ids(world)[0]
    before = world.histories[record_id]
    start = world.workspace.clock.now() - timedelta(days=9)
    statuses = [before[0]["status"]["id"]["status_id"], before[-1]["status"]["id"]["status_id"]]
    moments = [start + timedelta(seconds=n) for n in range(65_537)]
    values = [(statuses[n % 2], moments[n], moments[n + 1]) for n in range(65_536)]
    world.workspace.replace_history(record_id, values)
    world.sync(reconcile_hours="0")
    assert world.histories[record_id] == before
    assert [row["reason"] for row in world.warehouse.rows(ERRORS)] == ["more than 65,535 values"]
    world.workspace.replace_history(record_id, [*values[1:-1], (*values[-1][:2], None)])
    repaired(world)
    assert len(world.histories[record_id]) == 65_535
    world.workspace.replace_history(record_id, values[:2])
    repaired(world)


def test_a_tenth_of_the_records_that_cannot_be_read_stops_the_sync_before_it_writes_them() -> None:
    world = make_world(Hiring(100, seed=13))
    world.simulator.faults.add(Fault(kind="mangle", on=["values"]))
    with pytest.raises(ContractChangedError, match="cannot be read"):
        world.sync()
    repaired(world)


def test_no_ten_minutes_pass_without_a_checkpoint_while_pages_arrive_quickly() -> None:
    world = make_world(Hiring(120, seed=13), limits=Limits(latency=9.0), page_size="2")
    world.sync()
    world.pass_time(hours=25)
    moments = [world.time.seconds]
    world.warehouse.before = lambda name: moments.append(world.time.seconds) if name == "checkpointed" else None
    world.sync()
    assert max(b - a for a, b in pairwise(moments)) <= 600
    assert truth.status_table(world.workspace).keys() == world.histories.keys()


@pytest.mark.parametrize("order", [f"{APPLICATIONS},{DEALS}", f"{DEALS},{APPLICATIONS}"])
def test_a_history_of_which_nothing_can_be_read_spoils_none_of_the_others(order: str) -> None:
    world = with_deals()
    for _ in range(80):
        world.workspace.create_record("deals", "Lead")
    world.sync(history=order)
    world.pass_time(hours=2)
    deals = world.workspace.record_ids("deals")
    stage = next(a for a in world.workspace.object("deals").attributes if a.slug == "stage")
    world.workspace.add_status(stage, "Won")
    for record_id in deals:
        world.workspace.set_status(record_id, "Won")
    moved_on = ids(world)[0]
    world.workspace.set_status(moved_on, "Offer")
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=deals))

    with pytest.raises(ContractChangedError, match="records cannot be read"):
        world.sync(history=order)

    assert world.histories[moved_on][-1]["status"]["title"] == "Offer"


def test_a_record_that_could_not_be_read_at_first_is_delivered_whole_once_it_moves() -> None:
    world = make_world(Hiring(30, seed=13), reconcile_hours="744")
    record_id = next(r for r in ids(world) if len(world.workspace.history(r)) > 3)
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=[record_id]))
    world.sync()
    assert len(world.warehouse.rows(ERRORS)) == 1
    world.simulator.faults.clear()
    world.pass_time(hours=5)
    world.workspace.set_status(record_id, "Offer")
    world.sync()
    world.assert_equal_to_attio()


def test_what_cannot_be_read_is_said_once_and_then_daily() -> None:
    world = make_world(Hiring(100, seed=13))
    moved = [r for r in ids(world) if len(world.workspace.history(r)) > 1]
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=moved[::20]))
    said: list[int] = []
    for minutes in (0, 5, 5, 25 * 60, 5):
        world.pass_time(minutes=minutes)
        world.sync(requests_per_second="50")
        said.append(len(world.warehouse.warnings))
        assert len(world.warehouse.rows(ERRORS)) == len(moved[::20])
    assert said == [1, 1, 1, 2, 2]
    assert world.warehouse.warnings[0].startswith(f"{len(moved[::20])} records of applications not read")


def test_what_is_found_unreadable_twice_in_a_sync_is_counted_once() -> None:
    world = make_synced_world(Hiring(60, seed=13))
    record_id = moved(world)[0]
    world.pass_time(hours=25)
    world.workspace.set_status(record_id, "Offer")
    world.simulator.faults.add(Fault(kind="mangle", on=["values"], records=[record_id]))
    world.sync()
    assert [w.partition(" not read")[0] for w in world.warehouse.warnings] == ["1 record of applications"]


def test_what_moved_while_no_clock_could_be_trusted_is_read() -> None:
    world = make_synced_world(Hiring(30, seed=13), reconcile_hours="744")
    world.time.ours_ahead = timedelta(hours=30)
    world.simulator.behaviour = Behaviour(clock_offset=timedelta(hours=30), accurate_at=False)
    world.pass_time(minutes=5)
    world.sync()
    world.time.ours_ahead = timedelta(0)
    world.simulator.behaviour = Behaviour()
    world.pass_time(minutes=10)
    world.workspace.set_status(ids(world)[0], "Offer")
    world.pass_time(minutes=10)
    world.sync()
    world.assert_equal_to_attio()


def test_all_histories_together_remember_so_many_pasts_that_were_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.reconcile.MOST_OVERWRITTEN", 10)
    world = with_deals()
    history = f"{APPLICATIONS},{DEALS}"
    world.sync(history=history)
    for number, record_id in enumerate(moved(world)[:15]):
        began = world.workspace.clock.now() - timedelta(days=3, minutes=number)
        world.workspace.replace_history(record_id, [("Offer", began, None)])
    of_nothing = {world.workspace.create_record("applications", None) for _ in range(15)}
    world.pass_time(hours=25)
    world.sync(history=history)
    overwritten = load_ledger(ledger_state(world)).overwritten
    assert len(overwritten - of_nothing) == len(overwritten) == 10 // 2
    world.assert_equal_to_attio_but_for_statuses()
