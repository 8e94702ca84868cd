"""Any attribute of any object or list, of every type that keeps a history, in every setting of what Attio leaves open."""

from collections.abc import Mapping

import pytest
from tests.support.sources import assert_source_equals_attio
from tests.support.warehouse import Killed
from tests.support.world import World, make_world

from attio_simulator import Behaviour, Clock, Workspace
from attio_simulator.crm import TRACKED
from attio_simulator.crm_data import generate_crm
from attio_simulator.happenings import Happenings

SOURCES = (
    "deals.stage",
    "deals.value",
    "deals.owner",
    "deals.products",
    "people.email_addresses",
    "people.primary_location",
    "companies.is_customer",
    "users.last_seen",
    "lists/hiring.stage",
    "lists/hiring.channels",
    "lists/sales.priority",
    "lists/onboarding.due_at",
)


def table_of(source: str) -> str:
    return "attio_" + source.removeprefix("lists/").replace(".", "_")


def crm_world(sources: tuple[str, ...] = SOURCES, records: int = 120, seed: int = 1, **configuration: str) -> World:
    def fill(clock: Clock) -> Workspace:
        return generate_crm(records, seed=seed, clock=clock)

    world = make_world(fill, **{"history": ",".join(sources), "reconcile_hours": "0", "recheck_days": "1", **configuration})
    world.track(",".join(sources))
    return world


def assert_equal(world: World, sources: tuple[str, ...] = SOURCES) -> None:
    for source in sources:
        assert_source_equals_attio(world, source, table_of(source))


def test_a_first_sync_delivers_attributes_of_every_type() -> None:
    world = crm_world(TRACKED)
    world.sync()
    assert_equal(world, TRACKED)


@pytest.mark.parametrize("seed", range(3))
def test_changes_of_every_kind_are_delivered_by_the_next_sync(seed: int) -> None:
    world = crm_world(seed=seed)
    world.sync()
    happenings = Happenings(world.workspace, seed=seed, sources=SOURCES)
    for _ in range(3):
        for _ in range(3):
            happenings.happen_all()
            world.pass_time(minutes=7)
        world.sync()
        assert_equal(world)


def test_a_sync_over_an_unchanged_workspace_writes_nothing() -> None:
    world = crm_world()
    world.sync()
    before, upserts = dict(world.warehouse.tables), world.warehouse.upserts
    report = world.sync()
    assert (report.rows_written, report.rows_deleted) == (0, 0)
    assert world.warehouse.upserts == upserts
    assert world.warehouse.tables == before


BEHAVIOURS: Mapping[str, Behaviour] = {
    "dates": Behaviour(active_from_filter="dates"),
    "refused": Behaviour(active_from_filter="refused"),
    "seconds": Behaviour(active_from_precision="second"),
    "shuffled": Behaviour(ties="reshuffled", listing_page_maximum=7),
    "short values": Behaviour(values_page_maximum=1),
    "titles": Behaviour(past_titles="then"),
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS.keys())
def test_whatever_attio_leaves_open(behaviour: Behaviour) -> None:
    world = crm_world(records=60)
    world.simulator.behaviour = behaviour
    world.sync()
    happenings = Happenings(world.workspace, seed=5, sources=SOURCES)
    happenings.happen_all()
    world.pass_time(minutes=90)
    happenings.happen_all()
    world.sync()
    assert_equal(world)


def test_killed_anywhere_the_next_sync_ends_with_the_same_tables() -> None:
    for number in range(1, 12):
        world = crm_world(SOURCES[:4] + SOURCES[-4:-2], records=40, page_size="5")
        world.die_at("checkpoint", number)
        try:
            world.sync()
        except Killed:
            world.live()
            world.sync()
        assert_equal(world, SOURCES[:4] + SOURCES[-4:-2])
