"""Another attribute takes the name of the default source, which is not looked up: its rows and its statuses say so."""

import pytest
from tests.support.warehouse import Killed
from tests.support.world import HISTORY, STATUSES, TABLE, World, make_world

from attio_simulator import Fault, Faults
from attio_simulator.happenings import source_of
from attio_sync.errors import ContractChangedError, ForbiddenError, UnknownNameError

SOURCE = "applications.workflow_status"


def filled(applications: int = 60, history: str = f"{SOURCE}=attio_workflow_status", **configuration: str) -> World:
    world = make_world(faults=Faults())
    world.configuration |= {"history": history, **configuration}
    world.track(history)
    for _ in range(applications):
        world.workspace.create_record("applications", "Applied")
        world.pass_time(minutes=1)
    return world


def swap(world: World, records: int) -> None:
    """Another status attribute takes the name; so many records have a value of it."""
    applications, earlier = source_of(world.workspace, SOURCE)
    later = world.workspace.add_attribute(applications, earlier.slug, "Another", "status", at_the_end=True)
    earlier.slug = "earlier"
    planned = world.workspace.add_status(later, "Planned")
    for record in applications.records.values():
        record.values.append(None)
    for record_id in applications.ids[:records]:
        world.workspace.set_values(world.workspace.record(record_id), later, [planned])


def assert_delivered_anew(world: World, records: int) -> None:
    assert [row["status_title"] for row in world.warehouse.rows(HISTORY)] == ["Planned"] * records
    assert sum(row["stays"] > 0 for row in world.warehouse.rows(TABLE)) == records
    assert [row["title"] for row in world.warehouse.rows(STATUSES)] == ["Planned"]
    assert world.warehouse.rows("attio_sync_error") == []
    assert ["is another attribute than it was" in said for said in world.warehouse.warnings] == [True]
    assert world.sync().rows_written == 0


@pytest.mark.parametrize("reconcile_hours", ["0", "24"])
def test_it_is_delivered_anew_by_the_next_sync(reconcile_hours: str) -> None:
    world = filled(reconcile_hours=reconcile_hours)
    world.sync()
    swap(world, 1)
    world.sync()
    assert_delivered_anew(world, 1)


def test_it_is_delivered_anew_after_a_first_sync_that_was_killed() -> None:
    world = filled(120, requests_per_second="1", page_size="20")
    for record_id in world.workspace.record_ids("applications"):
        world.workspace.set_status(record_id, "Screening")
    world.die_at("upsert", 240)
    with pytest.raises(Killed):
        world.sync()
    assert len(world.warehouse.rows(HISTORY)) > 100
    world.live()
    swap(world, 36)
    world.sync()
    assert_delivered_anew(world, 36)


def test_it_is_delivered_anew_if_it_was_exchanged_in_the_middle_of_a_first_sync() -> None:
    world = filled(70, page_size="30")
    world.simulator.faults.add(Fault(kind="change", on=["query"], at=[2], change=lambda _: swap(world, 30)))
    world.sync()
    assert_delivered_anew(world, 30)


@pytest.mark.parametrize("history", [f"{SOURCE}=attio_workflow_status", f"{SOURCE}=elsewhere"])
def test_a_token_that_sees_only_a_part_empties_nothing(history: str) -> None:
    world = filled(40, history)
    world.sync()
    table = history.partition("=")[2]
    swap(world, 20)
    world.simulator.token_level = "user"  # noqa: S105 (no password)
    world.simulator.hidden.update(world.workspace.record_ids("applications")[:30])
    with pytest.raises(ForbiddenError, match="is another attribute than it was, and the token may see only a part"):
        world.sync()
    assert len(world.warehouse.rows(table)) == 40
    world.simulator.token_level = "workspace"  # noqa: S105 (no password)
    world.simulator.hidden.clear()
    world.sync()
    assert [row["status_title"] for row in world.warehouse.rows(f"{table}_history")] == ["Planned"] * 20


def test_one_answer_alone_empties_nothing() -> None:
    world = filled()
    world.sync()
    payload = {
        "data": [
            {
                "id": {"workspace_id": "w", "object_id": "o", "attribute_id": "another", "status_id": "s"},
                "title": "Planned",
                "is_archived": False,
            }
        ]
    }
    world.simulator.faults.add(Fault(kind="answer", status=200, payload=payload, on=["statuses"], times=1))
    world.sync()
    assert len(world.warehouse.rows(HISTORY)) == 60
    world.sync()
    world.assert_equal_to_attio()
    assert world.warehouse.warnings == []


def test_few_records_at_a_time_that_cannot_be_read_are_not_let_pass_for_ever() -> None:
    """Histories that come back empty for good are noticed slice by slice: when they are a tenth, that is said."""
    world = filled(60, reconcile_hours="24", recheck_days="30")
    for record_id in world.workspace.record_ids("applications"):
        world.workspace.set_status(record_id, "Screening")
    world.pass_time(hours=25)
    world.sync()
    empty = set(world.workspace.record_ids("applications")[:36])
    world.simulator.faults.add(Fault(kind="answer", status=200, payload={"data": []}, on=["values"], records=empty))
    failed = 0
    for _ in range(12):
        world.pass_time(hours=25)
        try:
            world.sync()
        except ContractChangedError as error:
            assert "of 60 records cannot be read" in str(error)  # noqa: PT017 (of which sync is not the question)
            failed += 1
    assert 5 < failed < 12
    assert len(world.warehouse.rows("attio_sync_error")) <= 6
    assert len(world.warehouse.rows(TABLE)) == 60
    world.simulator.faults.clear()
    world.pass_time(hours=25)
    world.sync()
    world.assert_equal_to_attio()
    assert world.warehouse.rows("attio_sync_error") == []


def test_an_archived_attribute_that_was_away_for_long_keeps_its_rows_when_it_is_named() -> None:
    world = filled(history="*", reconcile_hours="24")
    world.sync()
    _, attribute = source_of(world.workspace, SOURCE)
    attribute.is_archived = True
    for hours in (1, 31 * 24):
        world.pass_time(hours=hours)
        world.sync()
    for history in (f"{SOURCE},*", SOURCE):
        with pytest.raises(UnknownNameError, match="is archived"):
            world.sync(history=history)
        assert len(world.warehouse.rows(TABLE)) == 60
    attribute.is_archived = False
    world.sync(history=SOURCE)
    world.assert_equal_to_attio()


def test_a_table_that_is_given_up_while_names_cannot_be_looked_up_takes_no_error_row_of_the_other() -> None:
    world = filled(history=f"{SOURCE}=old,*", reconcile_hours="24", recheck_days="1")
    world.track(f"{SOURCE},*")
    world.sync()
    record_id = world.workspace.record_ids("applications")[0]
    world.simulator.faults.add(
        Fault(kind="answer", status=200, payload={"data": [{"bad": 1}]}, on=["values"], records=[record_id])
    )
    world.workspace.set_status(record_id, "Screening")
    world.pass_time(hours=25)
    world.sync()
    refused = Fault(kind="answer", status=403, payload={"code": "unauthorized"}, on=["attributes"])
    world.simulator.faults.add(refused)
    world.pass_time(hours=25)
    with pytest.raises(ForbiddenError):
        world.sync(history=f"{SOURCE},*")
    world.simulator.faults.faults.remove(refused)
    for _ in range(2):
        world.pass_time(hours=25)
        world.sync(history=f"{SOURCE},*")
        assert [row["record_id"] for row in world.warehouse.rows("attio_sync_error")] == [record_id]
