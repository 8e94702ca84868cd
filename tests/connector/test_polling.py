"""What a sync costs at any frequency, how complete the first one is, and how far the state may move."""

import json
from datetime import timedelta

import pytest
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.warehouse import Killed
from tests.support.world import Hiring, World, make_synced_world, make_world

from attio_simulator import Behaviour, Limits, RequestInfo
from attio_sync.ledger import cells_for, load_ledger

ROUNDS = 9 if PROFILE == "short" else 200
KEY = "applications.workflow_status=attio_workflow_status"


def test_a_sync_in_which_nothing_changed_costs_four_requests() -> None:
    world = make_synced_world(Hiring(100, seed=11))
    world.workspace.set_status(world.workspace.record_ids("applications")[0], "Offer")
    world.sync()
    for minutes in (0, 1, 5, 59, 61, 120):
        world.pass_time(minutes=minutes)
        report = world.sync()
        assert (report.requests, report.rows_written) == (4, 0)


def test_every_five_minutes_each_change_is_read_once() -> None:
    world = make_synced_world(Hiring(120, seed=11), reconcile_hours="744")
    changes = read = 0
    there = world.workspace.record_ids("applications")
    for number in range(ROUNDS):
        for record_id in there[number % 7 :: 24]:
            world.workspace.set_status(record_id, ("Offer", "Interview", "Rejected")[number % 3])
            changes += 1
        read += world.sync().histories_read
        world.assert_equal_to_attio()
        world.pass_time(minutes=5)
    assert changes > 4 * ROUNDS
    assert read <= changes * 1.05


def test_a_move_writes_the_stay_that_ended_the_one_that_began_and_the_record() -> None:
    world = make_synced_world(Hiring(100, seed=11))
    world.pass_time(days=2)
    record_id = max(world.histories, key=lambda r: len(world.histories[r]))
    world.workspace.set_status(record_id, "Offer")
    assert len(world.workspace.history(record_id)) > 3
    assert world.sync(reconcile_hours="744").rows_written == 3
    world.assert_equal_to_attio()


def test_a_first_sync_delivers_what_is_recent_first_and_then_everything_older() -> None:
    world = make_world(
        Hiring(120, seed=11), backfill_days="30", page_size="15", limits=Limits(latency=28.0), concurrency="2"
    )
    recent_first: list[int] = []

    def count(operation: str) -> None:
        if operation == "checkpointed":
            start = world.time.start - timedelta(days=30)
            recent = [h for h in world.histories.values() if h and truth.instant(h[-1]["active_from"]) >= start]
            recent_first.append(len(world.histories) - len(recent))

    world.warehouse.before = count
    world.sync()
    world.live()
    world.assert_equal_to_attio()
    # Nothing older comes before the last of what is recent.
    assert recent_first[0] == 0
    assert sorted(recent_first) == recent_first
    assert recent_first[-1] > 30


@pytest.mark.parametrize("days", ["0", "1", "30", "36500", "all"])
def test_no_setting_leaves_a_hole(days: str) -> None:
    world = make_world(Hiring(80, seed=11), backfill_days=days, buffer_minutes="0")
    world.workspace.create_record("applications")
    world.sync()
    world.assert_equal_to_attio()


def first_sync() -> World:
    """Answers take so long that a checkpoint is due after every page."""
    return make_world(Hiring(100, seed=11), backfill_days="30", page_size="5", limits=Limits(latency=28.0), concurrency="2")


def killed_at_checkpoint(number: int) -> World:
    world = first_sync()
    world.die_at("checkpointed", number)
    with pytest.raises(Killed):
        world.sync()
    world.live()
    return world


@pytest.mark.parametrize("number", [1, 2, 4, 7, 9] if PROFILE == "long" else [1, 9])
def test_a_first_sync_goes_on_wherever_it_was_killed(number: int) -> None:
    world = killed_at_checkpoint(number)
    before = len(world.histories)
    moved = world.workspace.record_ids("applications")[::9]
    for record_id in moved:
        world.workspace.set_status(record_id, "Interview")
    report = world.sync()
    world.assert_equal_to_attio()
    # What is older follows as in any first sync, and is not left to a comparison.
    assert report.reconciled == 0
    # What was delivered is not read again, but for what changed, a page, and guesses made before everything is there.
    there = len(truth.status_table(world.workspace))
    assert report.histories_read <= there - before + 2 * len(moved) + 25


def test_what_is_remembered_shrinks_to_what_is_needed_only_when_everything_is_there() -> None:
    world = first_sync()
    world.die_amid_the_rest()
    with pytest.raises(Killed):
        world.sync()
    world.live()
    one = world.warehouse.state["histories"][KEY]
    assert one["backfill"]
    assert load_ledger(one["ledger"]).present.cells == cells_for(None, 1)[0]
    world.sync()
    one = world.warehouse.state["histories"][KEY]
    assert load_ledger(one["ledger"]).present.cells == cells_for(100, 1)[0]


def test_last_sync_never_moves_past_what_a_listing_says_of_itself() -> None:
    world = make_world(Hiring(100, seed=11), behaviour=Behaviour(staleness=timedelta(minutes=90)), buffer_minutes="0")
    there = world.workspace.record_ids("applications")
    world.sync()
    for number in range(8):
        world.workspace.set_status(there[number], "Offer")
        world.pass_time(minutes=40)
        world.sync()
        last_sync = world.warehouse.state["last_sync"]
        assert last_sync <= (world.time.now() - timedelta(minutes=90)).isoformat(timespec="microseconds")
    world.pass_time(minutes=91)
    world.sync(reconcile_hours="744")
    world.assert_equal_to_attio()
    # Nor does it move back where another one is older.
    last_sync = world.warehouse.state["last_sync"]
    world.simulator.behaviour.staleness = timedelta(hours=5)
    world.sync(reconcile_hours="744")
    assert world.warehouse.state["last_sync"] == last_sync


def test_records_imported_by_the_page_just_before_the_first_sync_are_not_written_again() -> None:
    world = make_world(page_size="100")
    world.workspace.import_records("applications", 240, "Applied")
    world.pass_time(minutes=1)
    world.sync()
    state = world.warehouse.state["histories"][KEY]["ledger"]
    assert len(json.dumps(state)) < 60_000
    for _ in range(3):
        world.pass_time(minutes=5)
        assert world.sync().rows_written == 0


def test_a_value_that_becomes_visible_late_is_found_within_the_buffer() -> None:
    world = make_world(Hiring(100, seed=11))
    record_id = world.workspace.record_ids("applications")[0]
    world.sync()
    world.workspace.set_status(record_id, "Offer")
    # The listing leaves it out for a while, as a replica that lags behind would.
    world.simulator.behaviour.unlisted = {record_id}
    world.pass_time(minutes=10)
    world.sync()
    world.simulator.behaviour.unlisted = set()
    world.pass_time(minutes=10)
    world.sync(reconcile_hours="744")
    world.assert_equal_to_attio()


def test_what_is_deleted_while_it_is_read_is_not_in_the_way() -> None:
    world = make_world(Hiring(120, seed=11))
    gone: list[str] = []

    def delete(info: RequestInfo) -> None:
        if info.kind == "values" and info.record_id and len(gone) < 5:
            gone.append(info.record_id)
            world.workspace.delete_record(info.record_id)

    remove = world.simulator.on_request(delete)
    report = world.sync()
    remove()
    assert report.gone == 5
    world.sync(reconcile_hours="0")
    world.assert_equal_to_attio()
