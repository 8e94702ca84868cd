"""The small tables: what statuses, options, objects, lists and attributes there are, and who the members are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import truth
from tests.support.warehouse import MemoryWarehouse, Row
from tests.support.world import HISTORY, MEMBERS, STATUSES, World, make_world

from attio_simulator import Clock, Workspace
from attio_simulator.clock import timestamp
from attio_simulator.crm_data import generate_crm
from attio_simulator.schema import Collection
from attio_sync import small_tables
from attio_sync.attio_types.workspace import AttioStatus
from attio_sync.delivery import Delivery
from attio_sync.errors import StateError
from attio_sync.parents import parse_parent
from attio_sync.runtime import Environment, SyncReport
from attio_sync.settings import load_settings
from attio_sync.small_tables import DEFINITIONS, Definition, Place, definitions_for
from attio_sync.sources import FIRST
from attio_sync.state import SyncState, dump_state, parse_state

WITHOUT_MEMBERS = {"record_permission:read", "object_configuration:read"}


def filled() -> World:
    world = make_world()
    record_id = world.workspace.create_record("applications", "Applied")
    world.pass_time(days=1)
    world.workspace.set_status(record_id, "Screening")
    world.workspace.add_member("Ada", "Moss", "ada@example.com")
    return world


def test_every_status_and_every_member_is_there() -> None:
    world = filled()
    world.sync()
    assert {r["status_id"]: r for r in world.warehouse.rows(STATUSES)} == truth.statuses(world.workspace)
    assert {r["workspace_member_id"]: r for r in world.warehouse.rows(MEMBERS)} == truth.members(world.workspace)


def test_a_renamed_status_changes_one_row_and_no_history() -> None:
    world = filled()
    world.sync()
    upserts = world.warehouse.upserts
    world.workspace.rename_status("Applied", "Received")
    for hours in (1, 25, 24 * 31):
        world.pass_time(hours=hours)
        world.sync(recheck_days="1")
    assert world.warehouse.upserts == upserts + 1
    world.assert_equal_to_attio()
    assert world.warehouse.rows(HISTORY)[0]["status_title"] == "Applied"


@pytest.mark.parametrize("fields", [{"is_archived": True}, {"celebration_enabled": True}, {"target_time_in_status": "P3D"}])
def test_whatever_else_changes_of_a_status_changes_its_row_alone(fields: dict[str, Any]) -> None:
    world = filled()
    world.sync()
    upserts = world.warehouse.upserts
    world.workspace.change_status("Applied", **fields)
    world.sync()
    assert world.warehouse.upserts == upserts + 1
    world.assert_equal_to_attio()


def test_a_member_who_changes_is_one_row_and_one_who_left_is_none() -> None:
    world = filled()
    world.sync()
    changed, left = world.workspace.members[0].id, world.workspace.members[-1].id
    upserts = world.warehouse.upserts
    world.workspace.change_member(changed, access_level="suspended")
    world.workspace.remove_member(left)
    world.sync()
    assert world.warehouse.upserts == upserts + 1
    assert {r["workspace_member_id"]: r for r in world.warehouse.rows(MEMBERS)} == truth.members(world.workspace)


def test_without_the_scope_no_member_is_asked_for_and_nothing_is_warned_of() -> None:
    world = filled()
    world.simulator.scopes = frozenset(WITHOUT_MEMBERS)
    world.sync()
    assert world.warehouse.rows(MEMBERS) == []
    assert world.simulator.requests.by_kind["members"] == 0
    assert world.warehouse.warnings == []


def test_a_token_that_loses_the_scope_leaves_the_members_as_they_were() -> None:
    world = filled()
    world.sync()
    before = world.warehouse.rows(MEMBERS)
    world.simulator.scopes = frozenset(WITHOUT_MEMBERS)
    world.sync()
    assert world.warehouse.rows(MEMBERS) == before


def test_statuses_of_an_attribute_that_is_no_longer_tracked_go() -> None:
    world = filled()
    deals = world.workspace.add_object("deals", "Deal", "Deals")
    stage = world.workspace.add_attribute(deals, "stage", "Stage", "status")
    world.workspace.add_status(stage, "Lead")
    both = "applications.workflow_status=attio_workflow_status,deals.stage=attio_deal_stage"
    world.track(both)
    world.sync(history=both)
    assert {r["object"] for r in world.warehouse.rows(STATUSES)} == {"applications", "deals"}
    world.sync()
    assert {r["object"] for r in world.warehouse.rows(STATUSES)} == {"applications"}


def test_a_token_of_another_workspace_is_refused_and_says_what_to_do() -> None:
    world, other = filled(), make_world(seed=9)
    world.sync()
    other.warehouse.state = world.warehouse.state
    with pytest.raises(StateError, match=r"another workspace \(Example Hiring\) than the one .* connection of its own"):
        other.sync()
    assert other.warehouse.tables == {}


# --- Objects, lists, attributes and options

ALL = ("attio_object", "attio_list", "attio_attribute", "attio_select_option")


def crm(history: str = "deals.stage,deals.products", **configuration: str) -> World:
    def fill(clock: Clock) -> Workspace:
        return generate_crm(12, seed=3, clock=clock)

    world = make_world(fill, history=history)
    world.configuration |= {"definitions": "yes", **configuration}
    world.track(history)
    return world


def rows(world: World, table: str) -> dict[str, Row]:
    return {str(next(iter(row.values()))): row for row in world.warehouse.rows(table)}


def name_of(one: Collection) -> str:
    return f"lists/{one.slug}" if one.is_list else one.slug


def workspace_rows(workspace: Workspace) -> dict[str, dict[str, Row]]:
    """What the tables must hold, worked out from the simulated workspace alone."""
    objects, lists = list(workspace.objects()), list(workspace.lists())
    return {
        "attio_object": {
            one.id: {
                "object_id": one.id,
                "api_slug": one.slug,
                "singular_noun": one.singular,
                "plural_noun": one.plural,
                "created_at": truth.instant(timestamp(one.created)),
            }
            for one in objects
        },
        "attio_list": {
            one.id: {
                "list_id": one.id,
                "api_slug": one.slug,
                "name": one.plural,
                "parent_object": [one.parent_object],
                "created_at": truth.instant(timestamp(one.created)),
            }
            for one in lists
        },
        "attio_attribute": {
            a.id: {
                "attribute_id": a.id,
                "object": name_of(one),
                "api_slug": a.slug,
                "title": a.title,
                "description": a.description,
                "type": a.type,
                "is_multiple": a.is_multiselect,
                "is_required": a.is_required,
                "is_unique": a.is_unique,
                "is_archived": a.is_archived,
                "created_at": truth.instant(timestamp(a.created)),
            }
            for one in (*objects, *lists)
            for a in one.attributes
        },
    }


def options_of(workspace: Workspace, slug: str, attribute_slug: str) -> dict[str, Row]:
    attribute = workspace.object(slug).attribute(attribute_slug)
    assert attribute is not None
    return {
        option.id: {
            "option_id": option.id,
            "object": slug,
            "attribute": attribute_slug,
            "position": position,
            "title": option.title,
            "is_archived": option.is_archived,
        }
        for position, option in enumerate(attribute.options, 1)
    }


def test_every_object_list_and_attribute_and_the_options_of_what_is_tracked_are_there() -> None:
    world = crm()
    world.sync()
    for table, expected in workspace_rows(world.workspace).items():
        assert expected
        assert rows(world, table) == expected
    expected = options_of(world.workspace, "deals", "products")
    assert expected
    assert rows(world, "attio_select_option") == expected


def test_what_there_is_is_read_at_the_first_sync_and_with_each_scheduled_comparison() -> None:
    world = crm(reconcile_hours="24")

    def asked() -> int:
        world.simulator.requests.reset()
        world.pass_time(hours=1)
        before = world.warehouse.upserts
        world.sync()
        assert before in {world.warehouse.upserts, 0}
        return sum(world.simulator.requests.by_kind[kind] for kind in ("objects", "lists"))

    collections = 2
    first, second = asked(), asked()
    world.pass_time(hours=24)
    third = asked()
    assert (first >= collections, second, third) == (True, 0, collections)


def test_only_what_changed_is_written_and_what_is_gone_is_deleted() -> None:
    world = crm(reconcile_hours="0")
    world.sync()
    before, workspace = world.warehouse.upserts, world.workspace
    deals = workspace.object("deals")
    products = deals.attribute("products")
    assert products is not None
    workspace.rename(products.options[0], "Something else")
    products.options.pop()
    products.title = "Goods"
    deals.attributes.remove(
        next(a for a in deals.attributes if a.slug not in {"stage", "products", "name"} and not a.is_system)
    )
    added = workspace.add_attribute(deals, "mood", "Mood", "text", at_the_end=True)
    world.sync()
    assert world.warehouse.upserts == before + 3
    for table, expected in workspace_rows(workspace).items():
        assert rows(world, table) == expected
    assert added.id in rows(world, "attio_attribute")
    assert rows(world, "attio_select_option") == options_of(workspace, "deals", "products")


def test_no_attribute_of_a_list_that_is_gone_stays() -> None:
    world = crm(reconcile_hours="0")
    world.sync()
    before = rows(world, "attio_attribute")
    gone = world.workspace.lists()[0]
    del world.workspace.collections[gone.id]
    world.sync()
    expected = workspace_rows(world.workspace)
    assert {table: rows(world, table) for table in expected} == expected
    assert before.keys() - rows(world, "attio_attribute").keys() == {a.id for a in gone.attributes}
    assert f"attio_attribute lists/{gone.slug}" not in world.warehouse.state["definitions"]


def test_without_the_scope_for_lists_their_rows_stay_as_they_were() -> None:
    world = crm(reconcile_hours="0")
    world.sync()
    before = {table: rows(world, table) for table in ALL}
    world.simulator.scopes = frozenset({"record_permission:read", "object_configuration:read", "user_management:read"})
    world.workspace.lists()[0].plural = "Renamed"
    world.sync()
    assert {table: rows(world, table) for table in ALL} == before
    assert world.warehouse.warnings == []


def test_without_definitions_no_table_of_them_is_declared_or_asked_for() -> None:
    world = crm(definitions="no")
    world.sync()
    assert [name for name in ALL if world.warehouse.rows(name)] == ["attio_select_option"]
    assert world.simulator.requests.by_kind["objects"] == world.simulator.requests.by_kind["lists"] == 0
    assert [key for key in world.warehouse.state["definitions"] if key.partition(" ")[0] in ALL] == [
        "attio_select_option deals.products"
    ]


@pytest.mark.parametrize(
    ("history", "wanted", "tables"),
    [
        ("deals.stage", True, [d.table for d in DEFINITIONS]),
        ("deals.stage", False, ["attio_status", "attio_workspace_member"]),
    ],
)
def test_these_small_tables_there_are(history: str, wanted: bool, tables: list[str]) -> None:  # noqa: FBT001 (a setting)
    settings = load_settings({"attio_api_token": "x", "history": history}, ())
    assert [d.table for d in definitions_for(settings.history.named, definitions=wanted)] == tables


# --- Writing them: only what changed, whatever is listed

statuses = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["One", "Two"]), max_size=5)
PLACES = (Place(FIRST.parent, FIRST.attribute), Place(parse_parent("deals"), "stage"))


def status_items(titles: dict[str, str], place: Place) -> list[AttioStatus]:
    ids = {"workspace_id": "w", "object_id": "o", "attribute_id": "a"}
    return [
        AttioStatus.model_validate({"id": {**ids, "status_id": f"{place}-{key}"}, "title": title, "is_archived": False})
        for key, title in titles.items()
    ]


@given(st.lists(st.tuples(st.sampled_from(PLACES), statuses, st.booleans()), max_size=8))
def test_a_small_table_holds_what_was_listed_last_and_only_what_differs_is_written(
    listings: list[tuple[Place, dict[str, str], bool]],
) -> None:
    """Against a model: of each place what was last listed there, unless nothing was; or what ever was."""
    settings = load_settings({"attio_api_token": "x"}, ())
    warehouse = MemoryWarehouse({"attio_status": ["status_id"]})
    state, definition, held = SyncState(), small_tables.STATUSES, dict[Place, dict[str, Row]]()
    for place, titles, deletes in listings:
        # Each sync reads the state that the last one left.
        delivery = Delivery(settings, state, warehouse, Environment(), SyncReport(90))
        items = status_items(titles, place)
        new = {row["status_id"]: row for row in definition.rows(items, place)}
        before = held.get(place, {})
        delivery.write_definitions(definition, place, items, deletes=deletes)
        delivery.checkpoint()
        written = sum(before.get(key) != row for key, row in new.items())
        gone = len(before.keys() - new.keys()) if new and deletes else 0
        assert (delivery.report.rows_written, delivery.report.rows_deleted) == (written, gone)
        held[place] = new if gone or before.keys() <= new.keys() else before | new
        expected = {key: row for one in held.values() for key, row in one.items()}
        assert {row["status_id"]: row for row in warehouse.rows("attio_status")} == expected
        state = parse_state(dump_state(delivery.state), lambda _: None)
        assert {key: set(digests) for key, digests in state.definitions.items()} == {
            f"attio_status {one}": set(of_place) for one, of_place in held.items()
        }


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.table)
def test_the_rows_of_a_small_table_are_keyed_by_its_first_column(definition: Definition[Any]) -> None:
    assert [column.key for column in definition.columns] == [True] + [False] * (len(definition.columns) - 1)


def test_the_options_of_what_is_no_longer_tracked_go() -> None:
    world = crm("deals.products,deals.stage")
    world.sync()
    assert rows(world, "attio_select_option")
    world.sync(history="deals.stage")
    assert rows(world, "attio_select_option") == {}
    assert not [key for key in world.warehouse.state["definitions"] if key.startswith("attio_select_option")]
