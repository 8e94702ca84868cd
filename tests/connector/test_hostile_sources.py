"""What could make a source wrong in silence: several values at a time, sources that share a listing or a table."""

from collections.abc import Sequence
from typing import Any

import pytest
from tests.connector.test_sources import assert_equal, crm_world
from tests.support.world import World

from attio_simulator.happenings import Happenings, source_of
from attio_sync.errors import UnknownNameError

EMAILS = "people.email_addresses"


def put(world: World, source: str, record_id: str, data: Sequence[Any]) -> None:
    """Gives a record these values, a while later."""
    world.pass_time(minutes=1)
    _, attribute = source_of(world.workspace, source)
    world.workspace.set_values(world.workspace.record(record_id), attribute, data)


def test_a_value_that_came_and_went_beside_one_that_stays_has_its_row() -> None:
    world = crm_world((EMAILS,), reconcile_hours="24", recheck_days="30")
    world.sync()
    person = world.workspace.create_record("people", values={"email_addresses": ["one@example.com"]})
    world.sync()
    for addresses in (
        ["two@example.com", "one@example.com"],
        ["one@example.com"],
        ["one@example.com", "three@example.com"],
    ):
        put(world, EMAILS, person, addresses)
    world.sync()
    assert_equal(world, (EMAILS,))


def test_an_attribute_that_is_archived_keeps_none_of_its_parent_from_being_compared() -> None:
    sources = ("deals.stage", "deals.value", "deals.owner")
    world = crm_world(sources)
    world.sync()
    _, value = source_of(world.workspace, "deals.value")
    value.is_archived = True
    happenings = Happenings(world.workspace, sources=("deals.stage", "deals.owner"))
    for kind in ("clear", "write", "move", "backdate", "delete"):
        happenings.happen(kind)
    with pytest.raises(UnknownNameError):
        world.sync()
    assert_equal(world, ("deals.stage", "deals.owner"))
