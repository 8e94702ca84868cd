"""Where the listing and the histories do not say the same: the ledger says what the destination holds, and nothing else."""

import copy
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.ledger import assert_the_ledger_says_what_the_destination_holds, ledger_state
from tests.support.warehouse import Killed
from tests.support.world import ERRORS, Hiring, World, make_synced_world

from attio_simulator import Actor, Fault, Mangle, RequestInfo
from attio_sync.attio_types.timestamps import EPOCH
from attio_sync.errors import ContractChangedError
from attio_sync.ledger import SLICES, load_ledger, present_key, slice_of

EVERYTHING = {"reconcile_hours": "0", "recheck_days": "1"}
KEY = "applications.workflow_status=attio_workflow_status"
MERGING = {"code": "merge_in_progress", "message": "being merged"}


def synced(applications: int = 24) -> World:
    """A day after its first sync."""
    world = make_synced_world(Hiring(applications, seed=7))
    world.pass_time(hours=25)
    return world


def tall(world: World) -> str:
    """An application with a long history, the last stay of which lasts."""
    there = world.workspace.record_ids("applications")
    return max((r for r in there if world.histories[r][-1]["active_until"] is None), key=lambda r: len(world.histories[r]))


def answers(world: World, record_id: str, values: list[Any]) -> None:
    """What is read of a record is this for now."""
    world.simulator.faults.add(
        Fault(kind="answer", status=200, payload={"data": values}, on=["values"], records=[record_id])
    )


def at_read(world: World, record_id: str, number: int, change: Callable[[], object]) -> None:
    """Does something just before the `number`-th time a history is read from now on."""
    seen = 0

    def hook(info: RequestInfo) -> None:
        nonlocal seen
        if info.kind == "values" and info.record_id == record_id:
            seen += 1
            if seen == number:
                change()

    world.simulator.on_request(hook)


@pytest.mark.parametrize("how", [{}, EVERYTHING], ids=["by the listing", "by its slice too"])
def test_a_record_whose_values_are_staler_than_the_listing_is_found_again(how: dict[str, str]) -> None:
    world = synced()
    record_id = tall(world)
    stale = copy.deepcopy(world.workspace.history(record_id))
    world.workspace.set_status(record_id, "Offer")
    answers(world, record_id, stale)
    world.pass_time(hours=3)
    for _ in range(2):
        world.sync(**{"reconcile_hours": "0", **how})
        assert truth.as_identified(world.histories[record_id]) == truth.as_identified(stale)
        assert_the_ledger_says_what_the_destination_holds(world)
    world.simulator.faults.clear()
    world.sync(**{"reconcile_hours": "0", **how})
    world.assert_equal_to_attio()
    assert world.warehouse.rows(ERRORS) == []


@pytest.mark.parametrize("read", [1, 2], ids=["the first time it is read", "the second time"])
def test_a_record_that_moves_while_everything_is_compared_is_in_the_ledger_as_it_was_written(read: int) -> None:
    world = synced()
    record_id = tall(world)
    began = [truth.instant(v["active_from"]) for v in world.workspace.history(record_id)]
    # It begins as late as the last stay did before: no filter shows it.
    values = [("Screening", began[0] - timedelta(days=1), began[-1]), ("Interview", began[-1], None)]
    world.workspace.replace_history(record_id, values)
    at_read(world, record_id, read, lambda: world.workspace.set_status(record_id, "Offer"))
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)
    report = world.sync(**EVERYTHING)
    assert (report.rows_written, report.rows_deleted) == (0, 0)


def test_what_the_ledger_says_too_little_of_is_settled_with_what_is_written() -> None:
    world = synced()
    record_id = tall(world)
    ledger = load_ledger(ledger_state(world))
    ledger.present.add(present_key(record_id, 12_345), -1)
    ledger_state(world).update(ledger.dump())
    at_read(world, record_id, 2, lambda: world.workspace.set_status(record_id, "Offer"))
    world.sync(**EVERYTHING)
    assert_the_ledger_says_what_the_destination_holds(world)
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()


def test_what_moves_while_its_slice_is_written_anew_is_in_the_ledger_as_it_was_written() -> None:
    world = synced()
    record_id = tall(world)
    ledger_state(world)["past"][slice_of(record_id)] = None
    at_read(world, record_id, 1, lambda: world.workspace.set_status(record_id, "Offer"))
    world.sync()
    world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)


def test_of_a_history_that_became_shorter_no_row_is_left_where_its_slice_is_written_anew() -> None:
    world = synced()
    record_id = tall(world)
    current = world.histories[record_id][-1]
    status, began, actor = (
        current["status"]["id"]["status_id"],
        truth.instant(current["active_from"]),
        current["created_by_actor"],
    )
    # No listing shows the difference.
    for older in [("Screening", began - timedelta(days=2), began)], []:
        world.workspace.replace_history(record_id, [*older, (status, began, None)], actor=Actor(**actor))
        ledger_state(world)["past"][slice_of(record_id)] = None
        world.sync()
        world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)


MANGLED: dict[str, Any] = {"kind": "mangle", "on": ["values"]}
IS_MERGING: dict[str, Any] = {"kind": "answer", "status": 404, "payload": MERGING, "on": ["values"]}


@pytest.mark.parametrize("fault", [MANGLED, IS_MERGING], ids=["invalid", "merging"])
def test_a_record_that_cannot_be_read_while_its_slice_is_written_anew_keeps_its_rows(fault: dict[str, Any]) -> None:
    world = synced()
    record_id = tall(world)
    before = world.histories[record_id]
    ledger_state(world)["past"][slice_of(record_id)] = None
    world.simulator.faults.add(Fault(records=[record_id], **fault))
    world.sync()
    assert world.histories[record_id] == before
    assert {n for r, n in world.stays if r == record_id} == set(range(1, len(before) + 1))
    errors = [row["record_id"] for row in world.warehouse.rows(ERRORS)]
    assert errors == ([record_id] if fault is MANGLED else [])
    # Of what nothing is remembered there may be more rows than there are stays now.
    began = truth.instant(before[-1]["active_from"])
    world.workspace.replace_history(record_id, [(before[-1]["status"]["id"]["status_id"], began, None)])
    world.simulator.faults.clear()
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()
    assert world.warehouse.rows(ERRORS) == []
    assert_the_ledger_says_what_the_destination_holds(world)


def test_histories_that_are_answered_empty_empty_nothing_while_their_slice_is_written_anew() -> None:
    world = synced(60)
    rows, stays = world.histories, world.stays
    for number in range(30):
        ledger_state(world)["past"][number] = None
    attribute = world.workspace.object("applications").attribute("workflow_status")
    assert attribute is not None
    attribute.is_billed = False
    with pytest.raises(ContractChangedError, match="no longer includes"):
        world.sync()
    assert (world.histories, world.stays) == (rows, stays)
    attribute.is_billed = True
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)


def test_a_record_of_which_no_past_is_remembered_and_which_cannot_be_read_is_said() -> None:
    world = synced()
    record_id = tall(world)
    ledger_state(world)["past"][slice_of(record_id)] = None
    world.simulator.faults.add(Fault(records=[record_id], **IS_MERGING))
    world.sync()
    world.simulator.faults.clear()
    world.simulator.faults.add(Fault(records=[record_id], **MANGLED))
    assert world.sync(**EVERYTHING).invalid == 1
    assert [row["record_id"] for row in world.warehouse.rows(ERRORS)] == [record_id]
    assert record_id in world.histories


@pytest.mark.parametrize("how", [{}, EVERYTHING], ids=["by the listing", "by its slice too"])
def test_a_record_that_was_hidden_comes_back_and_moves_is_whole_after_the_next_comparison(how: dict[str, str]) -> None:
    world = synced()
    record_id = tall(world)
    world.simulator.hidden = {record_id}
    world.sync()
    assert record_id not in world.histories
    world.simulator.hidden = set()
    world.pass_time(hours=3)
    world.workspace.set_status(record_id, "Offer")
    assert world.sync().reconciled == 0
    assert world.histories[record_id] == world.workspace.history(record_id)
    world.pass_time(hours=25)
    world.sync(**how)
    world.assert_equal_to_attio()


@pytest.mark.parametrize("how", [{"reconcile_hours": "0"}, EVERYTHING], ids=["by the listing", "by its slice too"])
def test_what_a_window_guessed_wrong_is_mended_though_it_is_remembered(how: dict[str, str]) -> None:
    world = synced()
    record_id = tall(world)
    first, second, *_, last = world.workspace.history(record_id)
    began, status_id = truth.instant(first["active_from"]), last["status"]["id"]["status_id"]
    ended, now = truth.instant(second["active_from"]), world.workspace.clock.now()
    # What an unbroken history was before its newest stay began is taken for what it had been, which this never was.
    values = [(status_id, began, ended), (status_id, ended, now), ("Offer", now, None)]
    world.workspace.replace_history(record_id, values)
    world.pass_time(minutes=1)
    world.sync(**how)
    world.assert_equal_to_attio()


def test_what_began_before_1970_can_be_remembered() -> None:
    world = synced()
    record_id = tall(world)
    world.workspace.replace_history(record_id, [("Offer", EPOCH - timedelta(days=1), None)])
    world.sync()
    world.assert_equal_to_attio()
    assert record_id in load_ledger(ledger_state(world)).overwritten
    world.sync(**EVERYTHING)
    assert_the_ledger_says_what_the_destination_holds(world)


def another_actor(value: Any) -> Any:
    value["created_by_actor"]["id"] = "11111111-1111-4111-8111-111111111111"
    return value


def whole_seconds(value: Any) -> Any:
    value["active_from"] = f"{value['active_from'][:19]}Z"
    return value


DISAGREEMENTS: list[tuple[Any, str]] = [(another_actor, "created_by_actor.id"), (whole_seconds, "active_from")]


@pytest.mark.usefixtures("small_ledger")
@pytest.mark.parametrize(("by", "field"), DISAGREEMENTS if PROFILE == "long" else DISAGREEMENTS[-1:])
def test_a_listing_that_never_agrees_with_the_histories_empties_no_table(by: Any, field: str) -> None:
    world = synced(60)
    del ledger_state(world)["sample"][20:]  # which stands for all, as in a workspace of many records
    world.simulator.faults.add(Fault(kind="mangle", on=["query"], mangle=Mangle(by=by)))
    before, operations = world.histories, list[str]()
    world.warehouse.before = operations.append
    for number in range(4):
        world.pass_time(hours=25)
        moved = world.workspace.record_ids("applications")[number]
        world.workspace.set_status(moved, "Offer")
        if number:
            with pytest.raises(ContractChangedError, match=rf"record [0-9a-f-]{{36}}: {field}"):
                world.sync()
        else:
            world.sync()
        # What changes is delivered all the same.
        assert len(world.histories[moved]) == len(world.workspace.history(moved))
    assert before.keys() == world.histories.keys()
    assert "truncate" not in operations
    world.simulator.faults.clear()
    world.pass_time(hours=25)
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)


def test_a_listing_that_never_agrees_with_some_histories_is_said_and_changes_no_row() -> None:
    world = synced(60)
    world.simulator.faults.add(Fault(kind="mangle", on=["query"], mangle=Mangle(by=another_actor)))
    for number in range(1, 3):
        world.pass_time(hours=25)
        report = world.sync()
        assert (report.rows_written, report.rows_deleted, report.reconciled) == (0, 0, 1)
        said = [w for w in world.warehouse.warnings if "created_by_actor.id" in w]
        assert len(said) == len(world.warehouse.warnings) == number
    assert_the_ledger_says_what_the_destination_holds(world)


def test_a_cleared_record_is_protected_also_where_its_past_is_not_compared() -> None:
    world = synced()
    cleared = tall(world)
    world.workspace.clear_value(cleared, "workflow_status")
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()
    held = len(world.histories[cleared])
    world.pass_time(hours=25)
    answers(world, cleared, [])
    world.sync(**EVERYTHING)
    for _ in range(3):
        world.pass_time(hours=25)
        world.sync()
        assert len(world.histories[cleared]) == held
        assert [row["record_id"] for row in world.warehouse.rows(ERRORS)] == [cleared]

    world.simulator.faults.clear()
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


def test_so_it_is_where_it_has_a_value_again_and_nothing_is_known_of_its_slice() -> None:
    world = synced()
    record_id = tall(world)
    first = truth.instant(world.histories[record_id][0]["active_from"])
    now = world.workspace.clock.now()
    world.workspace.clear_value(record_id, "workflow_status")
    world.sync(**EVERYTHING)
    before = world.histories[record_id]
    # Set before the last sync: no filter shows it.
    again = [("Screening", first, first + timedelta(hours=1)), ("Offer", now - timedelta(hours=9), None)]
    world.workspace.replace_history(record_id, again)
    ledger_state(world)["past"][slice_of(record_id)] = None
    answers(world, record_id, [])
    world.pass_time(hours=25)
    world.sync(recheck_days="1")
    assert world.histories[record_id] == before
    assert [row["record_id"] for row in world.warehouse.rows(ERRORS)] == [record_id]
    world.simulator.faults.clear()
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()


def test_records_without_a_value_are_none_that_cannot_be_read_where_nothing_is_known_of_their_slices() -> None:
    world = synced(60)
    cleared = tall(world)
    for _ in range(20):
        world.workspace.create_record("applications", None)
        world.pass_time(milliseconds=1)
    world.workspace.clear_value(cleared, "workflow_status")
    world.sync(**EVERYTHING)
    held = world.histories[cleared]
    ledger = ledger_state(world)
    ledger["past"] = [None] * len(ledger["past"])
    answers(world, cleared, [])
    for _ in range(3):  # no row goes for an empty answer, and none is written again
        world.pass_time(hours=25)
        assert world.sync(recheck_days="1").invalid == 0
        assert world.histories[cleared] == held
    assert world.sync(**EVERYTHING).rows_written == 0
    # Right again, but shorter: what was there besides goes.
    world.simulator.faults.clear()
    first = world.workspace.history(cleared)[0]
    until = truth.instant(first["active_from"]) + timedelta(hours=1)
    world.workspace.replace_history(
        cleared, [(first["status"]["id"]["status_id"], truth.instant(first["active_from"]), until)]
    )
    world.pass_time(hours=25)
    world.sync(recheck_days="1")
    world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)


@pytest.mark.usefixtures("small_ledger")
def test_what_was_empty_is_known_also_if_too_much_else_differed_when_its_slice_was_read() -> None:
    world = synced(60)
    for _ in range(40):
        world.workspace.create_record("applications", None)
        world.pass_time(milliseconds=1)
    world.sync(**EVERYTHING)
    ledger = ledger_state(world)
    ledger["past"] = [None] * len(ledger["past"])
    world.simulator.faults.add(Fault(kind="mangle", on=["query"], mangle=Mangle(by=another_actor)))
    world.pass_time(hours=25)
    assert world.sync(recheck_days="1").reconciled == 0
    world.simulator.faults.clear()
    world.pass_time(hours=25)
    report = world.sync(recheck_days="1")
    assert (report.reconciled, report.invalid) == (1, 0)
    world.assert_equal_to_attio()
    world.pass_time(hours=25)
    report = world.sync(recheck_days="1")
    assert (report.rows_written, report.rows_deleted) == (0, 0)


def test_all_rows_of_a_record_go_that_grew_while_its_slice_was_written_anew() -> None:
    world = synced()
    record_id = tall(world)
    ledger = world.warehouse.state["histories"][KEY]["ledger"]
    ledger["past"] = [None] * len(ledger["past"])
    ledger["tallest"] = [min(most, 2) for most in ledger["tallest"]]
    world.sync()
    world.workspace.delete_record(record_id)
    world.pass_time(hours=25)
    world.sync()

    world.assert_equal_to_attio()


def cleared_while_it_is_read(world: World, record_id: str, *statuses: str, minutes: int = 180) -> None:
    """A record that has never had a status gets these, with a sync behind each; the last is cleared before it is read."""
    for status in ("", *statuses[:-1]):
        if status:
            world.workspace.set_status(record_id, status)
        world.pass_time(minutes=minutes if status else 180)
        world.sync()
    world.workspace.set_status(record_id, statuses[-1])
    world.pass_time(minutes=5)
    at_read(world, record_id, 1, lambda: world.workspace.clear_value(record_id, "workflow_status"))
    world.sync()
    assert world.histories[record_id]


@pytest.mark.parametrize("statuses", [("Screening",), ("Screening", "Offer")])
def test_a_record_that_no_comparison_has_seen_goes_though_it_was_cleared_while_it_was_read(statuses: Sequence[str]) -> None:
    world = synced()
    world.sync()
    record_id = world.workspace.create_record("applications", None)
    cleared_while_it_is_read(world, record_id, *statuses)
    world.workspace.delete_record(record_id)
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


@pytest.mark.parametrize("minutes", [180, 5], ids=["hours later", "at once"])
@pytest.mark.parametrize("is_known", [True, False], ids=["its slice is known", "nothing is known of its slice"])
def test_so_does_one_that_a_comparison_should_have_seen_once_its_slice_is_read(minutes: int, *, is_known: bool) -> None:
    world = synced()
    record_id = world.workspace.create_record("applications", None)
    world.simulator.behaviour.staleness = timedelta(minutes=10)
    world.pass_time(minutes=5)
    world.sync(reconcile_hours="0")
    world.simulator.behaviour.staleness = timedelta()
    if not is_known:
        ledger_state(world)["past"] = [None] * SLICES
        world.warehouse.state["histories"][KEY]["missing"] = 1  # doubted: everything is compared in a day
    cleared_while_it_is_read(world, record_id, "Screening", "Offer", minutes=minutes)
    world.workspace.delete_record(record_id)
    world.pass_time(days=31)
    world.sync()
    world.assert_equal_to_attio()


def merged_behind_a_comparison(world: World) -> str:
    """A record that is older than the last comparison, which did not see it."""
    first, second = world.workspace.record_ids("applications")[:2]
    record_id = world.workspace.merge_records(first, second, merging_for=timedelta(hours=1))
    world.pass_time(minutes=5)
    world.sync(reconcile_hours="0")
    assert record_id not in world.histories
    world.pass_time(hours=12)
    return record_id


def backdated(world: World) -> str:
    """A record that is newer than the last comparison, with a value that begins so early that no window shows it."""
    record_id = world.workspace.create_record("applications", None)
    for _ in range(2):
        world.pass_time(hours=5)
        world.sync()
    world.workspace.replace_history(record_id, [("Offer", world.workspace.clock.now() - timedelta(hours=3), None)])
    return record_id


@pytest.mark.parametrize(("appear", "unread"), [(backdated, 0), (merged_behind_a_comparison, 0), (backdated, 1)])
def test_what_is_not_in_the_ledger_goes_though_the_sync_is_killed_while_its_slice_is_written_anew(
    appear: Callable[[World], str], unread: int
) -> None:
    world = synced()
    world.sync()
    record_id = appear(world)
    # Where it cannot be read by its id at first, it is read with its slice.
    world.simulator.faults.add(Fault(records=[record_id], times=unread, **MANGLED))
    for _ in range(30):
        world.pass_time(milliseconds=1)
        world.workspace.create_record("applications")
    ledger_state(world)["past"] = [None] * SLICES

    def once_it_is_there(operation: str) -> None:
        if operation == "checkpointed" and record_id in world.histories:
            raise Killed

    world.warehouse.before = once_it_is_there
    with pytest.raises(Killed):
        world.sync(page_size="10", requests_per_second="0.2")
    world.live()
    world.workspace.delete_record(record_id)
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


def test_what_is_gone_is_not_deleted_again_when_its_slice_is_read() -> None:
    world = synced()
    world.workspace.delete_record(tall(world))
    world.pass_time(hours=25)
    assert world.sync().removed == 1
    world.pass_time(days=31)
    report = world.sync()
    assert (report.removed, report.rows_deleted) == (0, 0)
    world.assert_equal_to_attio()


def test_what_was_written_with_its_slice_goes_though_it_was_deleted_before_it_was_read_again() -> None:
    world = synced()
    record_id = world.workspace.create_record("applications", "Applied")
    world.pass_time(minutes=1)
    world.workspace.set_status(record_id, "Offer")
    world.simulator.behaviour.unlisted = {record_id}
    for _ in range(2):
        world.pass_time(hours=25)
        world.sync()
    world.simulator.behaviour.unlisted = set()
    ledger_state(world)["past"] = [None] * SLICES

    def delete() -> None:
        if record_id in world.workspace.record_ids("applications"):
            world.workspace.delete_record(record_id)

    at_read(world, record_id, 2, delete)
    world.sync()
    assert world.histories[record_id]
    delete()  # if it was not read again
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()
