"""Reconciliation: what it finds, what it costs, what it writes, and that it deletes nothing by mistake."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.ledger import assert_the_ledger_says_what_the_destination_holds, ledger_state
from tests.support.warehouse import Killed, Row
from tests.support.world import ERRORS, HISTORY, TABLE, Hiring, World, make_synced_world, make_world

from attio_simulator import Actor, Behaviour, Fault, Mangle, RequestInfo
from attio_sync.errors import ContractChangedError
from attio_sync.ledger import PAST, SLICES, load_ledger, slice_of
from attio_sync.sketch import Sketch

KEY = "applications.workflow_status=attio_workflow_status"
EVERYTHING = {"reconcile_hours": "0", "recheck_days": "1"}


def synced(applications: int = 60, **configuration: str) -> World:
    return make_synced_world(Hiring(applications), **configuration)


def ids(world: World) -> list[str]:
    return world.workspace.record_ids("applications")


def moved(world: World) -> list[str]:
    """Applications that were in two statuses at least."""
    return [r for r in ids(world) if len(world.workspace.history(r)) > 1]


def tables(world: World) -> dict[str, list[Row]]:
    return {name: world.warehouse.rows(name) for name in sorted(world.warehouse.keys)}


def delete_some(world: World) -> None:
    for record_id in ids(world)[:7]:
        world.workspace.delete_record(record_id)


def merge_two(world: World) -> None:
    world.workspace.merge_records(ids(world)[3], ids(world)[5])


def clear_some(world: World) -> None:
    for record_id in ids(world)[:5]:
        world.workspace.clear_value(record_id, "workflow_status")


def backdate_some(world: World) -> None:
    """A current value that was set long before the last sync, and became visible only now."""
    record_id = moved(world)[0]
    began = [truth.instant(v["active_from"]) for v in world.workspace.history(record_id)]
    values = [("Applied", began[0], began[0] + timedelta(hours=1)), ("Offer", began[0] + timedelta(hours=2), None)]
    world.workspace.replace_history(record_id, values)


def create_without_a_status(world: World) -> None:
    world.workspace.create_record("applications")


def everything_at_once(world: World) -> None:
    for change in (delete_some, merge_two, clear_some, backdate_some, create_without_a_status):
        change(world)


CHANGES = (delete_some, merge_two, clear_some, backdate_some, create_without_a_status, everything_at_once)
IN_PROFILE = CHANGES if PROFILE == "long" else CHANGES[-1:]


@pytest.mark.parametrize("change", IN_PROFILE, ids=lambda change: change.__name__)
def test_a_day_later_the_destination_is_equal_to_attio(change: Callable[[World], None]) -> None:
    world = synced()
    world.pass_time(hours=2)
    change(world)
    world.sync()
    world.pass_time(hours=23)
    assert world.sync().reconciled == 1
    world.assert_equal_to_attio()


@pytest.mark.parametrize("change", IN_PROFILE, ids=lambda change: change.__name__)
def test_with_reconcile_hours_0_it_is_equal_after_every_sync(change: Callable[[World], None]) -> None:
    world = synced(reconcile_hours="0")
    change(world)
    world.sync()
    world.assert_equal_to_attio()


def rewrite_a_past(world: World, record_id: str) -> None:
    """The current value stays as it is: no listing shows the difference."""
    values = world.workspace.history(record_id)
    current = truth.instant(values[-1]["active_from"])
    older = [
        (values[0]["status"]["id"]["status_id"], current - timedelta(days=9 - n), current - timedelta(days=8 - n))
        for n in range(2)
    ]
    stays = [*older, (values[-1]["status"]["id"]["status_id"], current, None)]
    world.workspace.replace_history(record_id, stays, actor=Actor(**values[-1]["created_by_actor"]))


def test_of_a_rewritten_past_only_the_rows_that_differ_are_written() -> None:
    world = synced(120)
    long = [
        r for r in moved(world) if len(world.workspace.history(r)) > 2 and world.histories[r][-1]["active_until"] is None
    ]
    before = world.stays
    for number, record_id in enumerate(long):
        stays = [
            (
                v["status"]["id"]["status_id"],
                truth.instant(v["active_from"]),
                v["active_until"] and truth.instant(v["active_until"]),
            )
            for v in world.workspace.history(record_id)
        ]
        first, second, *rest = stays
        boundary = first[2] - timedelta(minutes=1)
        rewritten = {
            "the first began earlier": [(first[0], first[1] - timedelta(hours=1), first[2]), second, *rest],
            "the second began earlier": [(*first[:2], boundary), (second[0], boundary, second[2]), *rest],
            "another was between": [(*first[:2], boundary), (stays[-1][0], boundary, first[2]), second, *rest],
            "the first was not": [second, *rest],
        }
        world.workspace.replace_history(record_id, list(rewritten.values())[number % 4])
    world.pass_time(hours=25)
    report = world.sync(recheck_days="1")
    world.assert_equal_to_attio()
    differ = sum(before.get(key) != stay for key, stay in world.stays.items())
    # And of each record the row of the table of what is current, which holds all of its values.
    assert len(long) > 20
    assert (report.rows_written, report.rows_deleted) == (differ + len(long), len(before.keys() - world.stays.keys()))


def test_what_is_written_over_a_past_that_nobody_knew_is_not_written_again_when_its_slice_is_read() -> None:
    world = synced(120)
    for record_id in moved(world)[:20]:
        earlier = [
            (
                v["status"]["id"]["status_id"],
                began - timedelta(hours=1),
                until and truth.instant(until) - timedelta(hours=1),
            )
            for v in world.workspace.history(record_id)
            if (began := truth.instant(v["active_from"])) and ((until := v["active_until"]) or True)
        ]
        world.workspace.replace_history(record_id, earlier)
    world.pass_time(hours=25)
    assert world.sync().rows_written > 20
    world.assert_equal_to_attio()
    world.pass_time(hours=25)
    again = moved(world)[5]
    world.workspace.set_status(again, "Offer")
    assert world.sync().rows_written == 3
    world.pass_time(hours=25)
    report = world.sync(recheck_days="1")
    assert (report.rows_written, report.rows_deleted) == (0, 0)
    assert ledger_state(world)["overwritten"] == ""
    assert_the_ledger_says_what_the_destination_holds(world)


def test_a_rewritten_past_is_found_within_recheck_days_at_a_thirtieth_of_the_histories_a_day() -> None:
    world = synced(120)
    record_id = next(r for r in moved(world) if world.workspace.history(r)[-1]["active_until"] is None)
    rewrite_a_past(world, record_id)
    days, most = 0, 0
    while True:
        world.pass_time(days=1)
        report = world.sync()
        days, most = days + 1, max(most, report.histories_read)
        if truth.as_identified(world.histories[record_id]) == truth.as_identified(world.workspace.history(record_id)):
            break
    world.assert_equal_to_attio()
    assert days == slice_of(record_id) + 1  # one slice a day, from the first on
    assert most <= len(moved(world)) / 30 * 1.8 + 5


def test_with_recheck_days_1_a_rewritten_past_is_found_at_once() -> None:
    world = synced()
    rewrite_a_past(world, next(r for r in moved(world) if world.workspace.history(r)[-1]["active_until"] is None))
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()


@pytest.mark.parametrize("change", IN_PROFILE, ids=lambda change: change.__name__)
def test_what_it_writes_is_what_differs(change: Callable[[World], None]) -> None:
    world = synced()
    world.pass_time(hours=25)
    before = tables(world)
    change(world)
    written = world.warehouse.upserts
    world.sync()
    after = tables(world)
    differing = sum(row not in before[name] for name, rows in after.items() for row in rows)
    assert world.warehouse.upserts - written <= differing * 1.05


def test_two_syncs_over_an_unchanged_workspace_write_no_row_and_leave_every_table_as_it_is() -> None:
    world = synced(backfill_days="30")
    before, upserts = tables(world), world.warehouse.upserts
    for hours, more in ((0, {}), (1, {}), (25, {}), (0, EVERYTHING), (24 * 40, {})):
        world.pass_time(hours=hours)
        report = world.sync(**more)
        assert (report.rows_written, report.rows_deleted) == (0, 0)
    assert tables(world) == before
    assert world.warehouse.upserts == upserts


def test_a_first_value_of_a_record_that_was_compared_is_nothing_that_differs_later() -> None:
    world = synced()
    empty = [world.workspace.create_record("applications", None) for _ in range(5)]
    world.pass_time(hours=2)
    world.sync(reconcile_hours="0")
    world.pass_time(hours=3)
    for record_id in empty:
        world.workspace.set_status(record_id, "Offer")
    world.sync()
    world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)


def test_so_is_nothing_that_was_delivered_of_the_buffer_and_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.delivery.MOST_RECENT", 10)
    world = synced()
    world.pass_time(hours=3)
    there = moved(world)[:25]
    for status in ("Interview", "Offer"):
        for record_id in there:
            world.workspace.set_status(record_id, status)
            world.pass_time(minutes=1)
        world.sync()
    world.assert_equal_to_attio()
    assert_the_ledger_says_what_the_destination_holds(world)


def test_a_reconciliation_costs_the_listing_a_thirtieth_of_the_moved_and_one_request_a_difference() -> None:
    world = synced(180, page_size="100")
    world.pass_time(days=1)
    delete_some(world)
    world.simulator.requests.reset()
    report = world.sync()
    # Beside them: self, statuses, members, the incremental listing, and five to be sure that the listing has ended.
    assert report.requests <= 180 / 100 + len(moved(world)) / 30 * 1.4 + 7 + 1 + 9


@pytest.mark.usefixtures("small_ledger")
def test_it_comes_early_when_many_deliveries_had_to_guess() -> None:
    world = synced(60)
    world.pass_time(hours=2)
    for record_id in ids(world)[:40]:
        world.workspace.set_status(record_id, "Interview")
    assert world.sync().reconciled == 1
    world.assert_equal_to_attio()


def test_a_mass_delete_is_believed_at_the_second_reconciliation_and_said_at_the_first() -> None:
    world = synced()
    for record_id in ids(world)[:20]:
        world.workspace.delete_record(record_id)
    world.pass_time(hours=25)
    world.sync()
    assert len(world.histories) == 60
    assert [w for w in world.warehouse.warnings if "no longer lists 20 of 60 records of applications" in w]
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


def test_it_is_doubted_too_where_as_many_are_new() -> None:
    world = synced()
    world.simulator.hidden = set(ids(world)[:20])
    for _ in range(20):
        world.workspace.create_record("applications", None)
    world.pass_time(hours=25)
    world.sync()
    assert len(world.histories) == 80


def test_records_that_come_back_after_a_doubted_listing_are_all_still_there() -> None:
    world = synced()
    world.simulator.hidden = set(ids(world)[::2])
    world.pass_time(hours=25)
    world.sync()
    world.simulator.hidden = set()
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()
    # A doubt that was not confirmed is forgotten: the next mass loss is doubted again.
    world.simulator.hidden = set(ids(world)[::2])
    world.pass_time(hours=25)
    world.sync()
    assert len(world.histories) == 60


def test_what_was_left_out_of_a_doubted_listing_waits_no_longer_to_be_read_again() -> None:
    world = synced()
    record_id = next(r for r in moved(world) if world.workspace.history(r)[-1]["active_until"] is None and slice_of(r))
    rewrite_a_past(world, record_id)
    for number in range(SLICES):
        is_its_turn = slice_of(record_id) == number
        world.simulator.behaviour.unlisted = {record_id, *ids(world)[:20]} if is_its_turn else set()
        world.pass_time(days=1)
        world.sync()
    world.assert_equal_to_attio()


def listed_otherwise(world: World) -> None:
    """The listing shows other actors than the histories do: nearly every record differs."""

    def by(value: Any) -> Any:
        value["created_by_actor"]["id"] = "11111111-1111-4111-8111-111111111111"
        return value

    world.simulator.faults.add(Fault(kind="mangle", on=["query"], mangle=Mangle(by=by)))


@pytest.mark.usefixtures("small_ledger")
def test_that_too_much_differed_lends_no_belief_to_a_mass_delete() -> None:
    world = synced(100)
    listed_otherwise(world)
    world.pass_time(hours=25)
    assert world.sync().reconciled == 0
    world.simulator.faults.clear()
    world.simulator.hidden = set(ids(world)[::3])
    world.pass_time(hours=25)
    world.sync()
    assert len(world.histories) == 100
    assert [w for w in world.warehouse.warnings if "no longer lists 34 of 100 records of applications" in w]


def test_a_mass_delete_is_believed_if_about_as_many_are_missing_again() -> None:
    world = synced()
    there = ids(world)
    for missing, left in ((20, 60), (30, 60), (32, 28)):
        world.simulator.hidden = set(there[:missing])
        world.pass_time(hours=25)
        world.sync()
        assert len(world.histories) == left


def test_a_doubt_waits_for_the_next_comparison_that_is_due_whatever_else_asks_for_one() -> None:
    world = synced()
    world.warehouse.state["histories"][KEY]["ledger"]["past"][3] = Sketch(4, PAST).dump()
    world.simulator.hidden = set(ids(world)[:20])
    world.pass_time(hours=25)
    world.sync(recheck_days="1")
    world.sync(recheck_days="30")
    assert len(world.histories) == 60


def test_what_was_removed_is_delivered_by_the_next_sync_that_lists_it_again() -> None:
    world = synced()
    record_id = moved(world)[0]
    world.workspace.set_status(record_id, "Offer")
    world.sync()
    world.simulator.hidden = {record_id}
    assert world.sync(reconcile_hours="0").removed == 1
    world.simulator.hidden = set()
    assert world.sync().reconciled == 0
    assert world.histories[record_id] == world.workspace.history(record_id)


def test_a_token_of_one_member_deletes_nothing_and_the_warning_says_why() -> None:
    world = synced()
    world.simulator.token_level = "user"  # noqa: S105 (no password)
    world.simulator.hidden = set(ids(world)[:10])
    for _ in range(3):
        world.pass_time(hours=25)
        world.sync()
    assert len(world.histories) == 60
    assert any("the token sees only what one member may see: nothing is deleted" in w for w in world.warehouse.warnings)


def test_what_moved_while_a_token_of_one_member_did_not_see_it_is_delivered_once_it_moves_again() -> None:
    world = synced(reconcile_hours="744")
    record_id = next(r for r in moved(world) if world.histories[r][-1]["active_until"] is None)
    world.simulator.token_level, world.simulator.hidden = "user", {record_id}
    world.workspace.set_status(record_id, "Screening")
    for _ in range(2):
        world.pass_time(hours=3)
        world.sync()
    world.simulator.token_level, world.simulator.hidden = "workspace", set()
    world.workspace.set_status(record_id, "Offer")
    assert world.sync().reconciled == 0
    world.assert_equal_to_attio()


def test_a_token_of_one_member_compares_no_more_often_where_slices_are_unknown() -> None:
    world = synced()
    world.warehouse.state["histories"][KEY]["ledger"]["past"] = [None] * SLICES
    world.simulator.token_level = "user"  # noqa: S105 (no password)
    world.simulator.hidden = set(ids(world)[:10])
    world.pass_time(hours=25)
    assert world.sync().reconciled == 1
    world.pass_time(minutes=5)
    assert world.sync().reconciled == 0
    world.simulator.token_level = "workspace"  # noqa: S105 (no password)
    world.simulator.hidden = set()
    world.pass_time(hours=25)
    assert world.sync().reconciled == 1
    assert None not in world.warehouse.state["histories"][KEY]["ledger"]["past"]
    world.assert_equal_to_attio()


def test_that_a_token_of_one_member_sees_too_little_is_said_at_first_and_daily() -> None:
    world = make_world(Hiring(20))
    world.simulator.token_level = "user"  # noqa: S105 (no password)
    said: list[int] = []
    for hours in (0, 1, 25):
        world.pass_time(hours=hours)
        world.sync()
        said.append(sum("what that member may not see is missing" in w for w in world.warehouse.warnings))
    assert said == [1, 1, 2]


def ends_early(pages: int) -> Fault:
    return Fault(kind="answer", status=200, payload={"data": []}, on=["query"], at=range(pages + 1, 1_000_000))


@pytest.mark.parametrize("pages", [0, 1, 2, 5] if PROFILE == "long" else [0, 2])
@pytest.mark.parametrize("times", [1, 3] if PROFILE == "long" else [3])
def test_a_listing_that_is_empty_or_ends_early_deletes_nothing(pages: int, times: int) -> None:
    world = synced(90, page_size="15")
    before = tables(world)
    world.simulator.faults.add(ends_early(pages + 1))  # the incremental listing comes first
    for _ in range(times):
        world.pass_time(hours=25)
        world.sync()
    assert tables(world) == before
    world.simulator.faults.clear()
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


def test_a_listing_that_leaves_out_records_that_exist_by_id_deletes_none_of_them() -> None:
    world = synced()
    world.simulator.behaviour.unlisted = set(ids(world)[:8])
    before = tables(world)
    for _ in range(3):
        world.pass_time(hours=25)
        world.sync()
    assert tables(world) == before


def test_records_that_are_listed_and_answer_404_are_not_deleted() -> None:
    world = synced()
    world.simulator.behaviour.unreadable = set(moved(world))
    before = tables(world)
    for _ in range(2):
        world.pass_time(hours=25)
        world.sync(recheck_days="1")
    assert tables(world) == before
    world.simulator.behaviour.unreadable = set()
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


def test_a_record_that_is_being_merged_is_not_deleted_before_it_is() -> None:
    world = synced()
    first, second = ids(world)[3], ids(world)[5]
    world.pass_time(hours=25)
    world.workspace.merge_records(first, second, merging_for=timedelta(hours=2))
    world.sync()
    assert {first, second} <= set(world.histories)
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


def test_a_gateways_404_is_no_delete() -> None:
    world = synced()
    gone = ids(world)[0]
    world.workspace.delete_record(gone)
    world.pass_time(hours=25)
    world.simulator.faults.add(
        Fault(kind="answer", status=404, payload={"message": "no route"}, on=["values"], records=[gone], times=10)
    )
    world.sync()
    assert gone in world.histories
    world.simulator.faults.clear()
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


@pytest.mark.parametrize("knows", [True, False])
def test_a_listing_that_could_not_be_read_to_its_end_is_compared_with_nothing(knows: bool) -> None:  # noqa: FBT001 (parametrized)
    world = synced(120)
    [history] = world.warehouse.state["histories"].values()
    if not knows:  # then it is the second listing that reads histories
        history["ledger"]["past"] = [None] * SLICES
    before = tables(world)
    world.simulator.faults.add(Fault(kind="mangle", on=["values"]))
    world.pass_time(hours=25)
    with pytest.raises(ContractChangedError, match="records cannot be read"):
        world.sync(page_size="20", recheck_days="1")
    # What is behind the page at which it failed is not missing, and nothing was compared.
    assert world.warehouse.warnings == []
    assert [one["reconciled_at"] for one in world.warehouse.state["histories"].values()] == [history["reconciled_at"]]
    assert tables(world) == before


@pytest.mark.usefixtures("small_ledger")
@pytest.mark.parametrize("applications", [30, 65])
def test_an_attribute_that_answers_nothing_at_all_empties_nothing(applications: int) -> None:
    """As where the workspace's plan no longer includes it."""
    world = synced(applications)
    before = tables(world)
    attribute = world.workspace.object("applications").attribute("workflow_status")
    assert attribute is not None
    attribute.is_billed = False
    for number in range(3):
        world.pass_time(hours=25)
        with (
            pytest.raises(ContractChangedError, match="no longer includes")
            if number or applications == 30
            else nullcontext()
        ):
            world.sync()
    after = tables(world)
    assert {name: rows for name, rows in after.items() if name != ERRORS} == {
        name: rows for name, rows in before.items() if name != ERRORS
    }
    attribute.is_billed = True
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()


@pytest.mark.usefixtures("small_ledger")
def test_more_differences_than_can_be_named_are_looked_at_twice_and_then_delivered_anew_with_one_warning() -> None:
    world = synced(100)
    for record_id in ids(world)[::7]:
        world.workspace.delete_record(record_id)
    for record_id in ids(world)[::2]:
        world.workspace.clear_value(record_id, "workflow_status")
    world.pass_time(hours=25)
    before = tables(world)
    world.sync()
    assert tables(world) == before
    world.sync()
    world.assert_equal_to_attio()
    assert len([w for w in world.warehouse.warnings if "delivered anew" in w]) == 1
    world.pass_time(hours=25)
    assert world.sync().rows_written == 0


@pytest.mark.usefixtures("small_ledger")
@pytest.mark.parametrize("keeps", [False, True] if PROFILE == "long" else [True])
def test_killed_behind_a_truncate_nothing_is_compared_with_what_is_no_longer_there(keeps: bool) -> None:  # noqa: FBT001 (parametrized)
    world = synced(100)
    records = [world.workspace.record(record_id) for record_id in ids(world)]
    before = [list(record.values) for record in records]
    for record in records[::2]:
        world.workspace.clear_value(record.id, "workflow_status")
    world.pass_time(hours=25)
    world.sync()
    world.warehouse.keeps = keeps
    world.die_at("truncate", 2)
    with pytest.raises(Killed):
        world.sync()
    world.live()
    for record, values in zip(records, before, strict=True):  # then all is again as what was delivered before
        record.values[:] = values
    world.sync()
    world.assert_equal_to_attio()
    world.pass_time(hours=25)
    assert world.sync().rows_written == 0


@pytest.mark.usefixtures("small_ledger")
def test_a_token_that_sees_too_little_to_name_does_not_compare_in_every_sync() -> None:
    world = synced(100)
    for record_id in ids(world)[::2]:
        world.workspace.clear_value(record_id, "workflow_status")
    world.simulator.token_level = "user"  # noqa: S105 (no password)
    world.simulator.hidden = set(ids(world)[1::3])
    world.pass_time(hours=25)
    world.sync()
    world.pass_time(minutes=5)
    assert world.sync().requests <= 5
    assert len(world.histories) == 100


@pytest.mark.usefixtures("small_ledger")
def test_they_are_not_delivered_anew_while_records_exist_that_the_listing_lacks() -> None:
    world = synced(100)
    world.simulator.behaviour.unlisted = set(ids(world)[::6])
    for record_id in ids(world)[1::2]:
        world.workspace.clear_value(record_id, "workflow_status")
    for _ in range(3):
        world.pass_time(hours=25)
        world.sync()
    assert len(world.histories) == 100
    assert any("leaves records of applications out of its listing that exist" in w for w in world.warehouse.warnings)


def test_a_slice_with_more_rewritten_pasts_than_can_be_named_is_written_anew() -> None:
    world = synced(100)
    pasts = world.warehouse.state["histories"][KEY]["ledger"]["past"]
    pasts[4] = Sketch(4, PAST).dump()
    pasts[9] = None
    assert world.sync(**EVERYTHING).reconciled == 1
    world.assert_equal_to_attio()
    assert None not in world.warehouse.state["histories"][KEY]["ledger"]["past"]
    world.pass_time(hours=25)
    report = world.sync(recheck_days="1")
    assert (report.rows_written, report.rows_deleted) == (0, 0)


def test_the_sketches_grow_with_the_workspace() -> None:
    world = synced()
    small = load_ledger(world.warehouse.state["histories"][KEY]["ledger"])
    small.present = small.present.folded(48)
    small.past = [past and past.folded(12) for past in small.past]
    world.warehouse.state["histories"][KEY]["ledger"] = small.dump()
    world.workspace.delete_record(ids(world)[7])
    cleared = next(r for r in moved(world) if world.histories[r][-1]["active_until"] is None)
    world.workspace.clear_value(cleared, "workflow_status")
    # What is not read is as it was in the larger ones too, and is found again.
    payload = {"code": "merge_in_progress", "message": "being merged"}
    world.simulator.faults.add(Fault(kind="answer", status=404, payload=payload, on=["values"], records=[cleared]))
    world.sync(**EVERYTHING)
    grown = load_ledger(world.warehouse.state["histories"][KEY]["ledger"])
    assert (grown.present.cells, {past.cells for past in grown.past if past}) == (768, {96})
    world.simulator.faults.clear()
    world.sync(reconcile_hours="0", recheck_days="30")
    world.assert_equal_to_attio()
    report = world.sync(**EVERYTHING)
    assert (report.rows_written, report.rows_deleted) == (0, 0)


def test_while_a_reconciliation_goes_on_no_right_row_is_missing() -> None:
    world = synced()
    world.pass_time(hours=25)
    everything_at_once(world)
    right = {r: h for r, h in world.histories.items() if world.workspace.record_ids("applications").count(r)}

    def nothing_is_missing(_operation: str) -> None:
        assert right.keys() <= world.histories.keys()
        assert len(world.warehouse.rows(TABLE)) >= 52
        assert len(world.warehouse.rows(HISTORY)) >= 52

    world.warehouse.before = nothing_is_missing
    world.sync(**EVERYTHING)
    world.live()
    world.assert_equal_to_attio()


def test_a_record_deleted_between_listing_and_reading_stays_until_the_next_listing() -> None:
    world = synced(reconcile_hours="0")
    victim = moved(world)[0]
    world.workspace.clear_value(victim, "workflow_status")

    def delete(info: RequestInfo) -> None:
        if info.kind == "values" and info.record_id == victim and victim in ids(world):
            world.workspace.delete_record(victim)

    remove = world.simulator.on_request(delete)
    world.sync()
    remove()
    assert victim in world.histories
    world.sync()
    world.assert_equal_to_attio()


def test_that_a_short_page_is_not_the_last_is_learnt_from_a_reconciliation_too() -> None:
    world = make_world(behaviour=Behaviour(listing_page_maximum=6))
    world.sync()

    def create_some() -> None:
        for _ in range(20):
            world.workspace.create_record("applications", "Applied")
            world.pass_time(milliseconds=1)

    create_some()
    world.pass_time(hours=25)
    assert world.sync().reconciled == 1
    create_some()
    assert world.sync().reconciled == 0
    world.assert_equal_to_attio()


@pytest.mark.parametrize(
    ("lengths", "ignores_offset"),
    [("full", True), ("random", False)] + [("full", False), ("random", True)] * (PROFILE == "long"),
)
def test_a_server_that_lists_as_it_likes_loses_nothing_and_ends(lengths: Any, ignores_offset: bool) -> None:  # noqa: FBT001 (parametrized)
    behaviour = Behaviour(listing_page_lengths=lengths, listing_ignores_offset=ignores_offset, ties="shuffled")
    world = make_world(Hiring(90), behaviour=behaviour, page_size="25")
    world.workspace.import_records("applications", 20, "Applied")
    world.pass_time(seconds=1)
    world.sync()
    world.assert_equal_to_attio()
    delete_some(world)
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()
