"""Any attribute of any object or list, of every type that keeps a history, in every setting of what Attio leaves open."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import PROFILE
from tests.support.sdk import LocalRun
from tests.support.sources import assert_source_equals_attio, table_of
from tests.support.warehouse import Killed
from tests.support.world import Crm, World, make_synced_world, make_world

from attio_simulator import Behaviour
from attio_simulator.crm import TRACKED
from attio_simulator.happenings import KINDS, Happenings
from attio_sync.errors import UnknownNameError
from attio_sync.schedule import left_behind
from attio_sync.sync import TURN_SECONDS

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


OF_EACH_KIND = ("deals.stage", "deals.value", "deals.products", "people.email_addresses", "lists/hiring.stage")
"""With a filter and without, of one value and of several, of an object and of a list."""


def crm_world(sources: tuple[str, ...] = SOURCES, records: int = 60, seed: int = 1, **more: str) -> World:
    world = make_world(Crm(records, seed))
    world.configuration |= _configuration(sources, more)
    world.track(",".join(sources))
    return world


def synced_crm(sources: tuple[str, ...] = SOURCES, records: int = 60, seed: int = 1, **more: str) -> World:
    """The same behind its first sync."""
    return make_synced_world(Crm(records, seed), **_configuration(sources, more))


def _configuration(sources: tuple[str, ...], more: dict[str, str]) -> dict[str, str]:
    return {"history": ",".join(sources), "reconcile_hours": "0", "recheck_days": "1", **more}


def assert_equal(world: World, sources: tuple[str, ...] = SOURCES) -> None:
    for source in sources:
        assert_source_equals_attio(world.workspace, world.warehouse, source, table_of(source))


def happen_all(world: World, happenings: Happenings) -> None:
    """One thing of every kind, one after the other."""
    for kind in KINDS:
        happenings.happen(kind)
        world.pass_time(milliseconds=1)


def test_a_first_sync_delivers_attributes_of_every_type() -> None:
    world = synced_crm(TRACKED, records=8)
    assert_equal(world, TRACKED)


@pytest.mark.parametrize("seed", range(1 if PROFILE == "short" else 2))
def test_changes_of_every_kind_are_delivered_by_the_next_sync(seed: int) -> None:
    world = synced_crm(records=25, seed=seed + 1)
    happenings = Happenings(world.workspace, seed=seed, sources=SOURCES)
    for _ in range(2):
        for _ in range(2):
            happen_all(world, happenings)
            world.pass_time(minutes=7)
        world.sync()
        assert_equal(world)


def test_a_sync_over_an_unchanged_workspace_writes_nothing() -> None:
    world = synced_crm(records=25)
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
    world = crm_world(OF_EACH_KIND, records=15)
    world.simulator.behaviour = behaviour
    world.sync()
    happenings = Happenings(world.workspace, seed=5, sources=OF_EACH_KIND)
    happen_all(world, happenings)
    world.pass_time(minutes=90)
    happen_all(world, happenings)
    world.sync()
    assert_equal(world, OF_EACH_KIND)


def test_what_an_entry_is_about_changes_though_none_of_its_values_does() -> None:
    for source in ("lists/hiring.stage", "lists/hiring.channels"):
        world = synced_crm((source,), records=30)
        workspace = world.workspace
        about = workspace.record(workspace.list("hiring").ids[0]).parent
        assert about
        other = next(one for one in about.collection.ids if one != about.id)
        workspace.create_entry("hiring", about.id)  # which has none
        world.sync()
        workspace.merge_records(about.id, other)
        world.pass_time(hours=25)
        world.sync(reconcile_hours="24", recheck_days="365")
        assert_equal(world, (source,))
        assert world.warehouse.rows("attio_sync_error") == []


def test_killed_anywhere_the_next_sync_ends_with_the_same_tables() -> None:
    for number in range(1, 12, 5 if PROFILE == "short" else 2):
        world = crm_world(SOURCES[:4] + SOURCES[-4:-2], records=20, page_size="3")
        world.die_at("checkpoint", number)
        try:
            world.sync()
        except Killed:
            world.live()
            world.sync()
        assert_equal(world, SOURCES[:4] + SOURCES[-4:-2])


def test_everything_tracks_every_status_and_picks_up_one_that_appears_later() -> None:
    world = synced_crm(("*",), records=30)
    statuses = ("deals.stage", "projects.phase", "lists/sales.stage", "lists/hiring.stage", "lists/onboarding.phase")
    assert_equal(world, statuses)
    assert {key.partition("=")[0] for key in world.warehouse.state["histories"]} == set(statuses)

    mood = world.workspace.add_attribute(world.workspace.object("people"), "mood", "Mood", "status", at_the_end=True)
    for title in ("Good", "Bad"):
        world.workspace.add_status(mood, title)
    for _ in range(5):
        assert Happenings(world.workspace, sources=("people.mood",)).happen("move")
    world.track("*")
    world.sync()
    assert_equal(world, (*statuses, "people.mood"))


def test_one_source_that_fails_keeps_none_of_the_others() -> None:
    world = crm_world(("deals.stage", "deals.nothing", "lists/nowhere.stage", "people.description", "people.job_title"))
    with pytest.raises(UnknownNameError) as caught:
        world.sync()
    assert "deals has no attribute 'nothing'" in str(caught.value)
    assert_equal(world, ("deals.stage", "people.job_title"))
    assert world.warehouse.rows("attio_people_description") == []
    # It goes on like this, and the others with it.
    happen_all(world, Happenings(world.workspace, sources=("deals.stage", "people.job_title")))
    with pytest.raises(UnknownNameError):
        world.sync()
    assert_equal(world, ("deals.stage", "people.job_title"))


LEFT_BEHIND = "{0}; the rows of {1} and {1}_history stay as they are".format


def test_adding_removing_and_renaming_a_source_disturbs_no_other(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world = synced_crm(("deals.stage", "people.job_title", "lists/hiring.stage"))
    before = world.warehouse.state["histories"]
    kept = {key: before[key]["reconciled_at"] for key in before if key.startswith("deals")}
    deals = dict(world.warehouse.tables["attio_deals_stage"])

    history = "deals.stage,people.job_title=job_titles,people.email_addresses"
    world.configuration["history"] = history
    world.configuration["reconcile_hours"] = "24"
    world.track(history)
    world.sync()
    assert_equal(world, ("deals.stage", "people.email_addresses"))
    assert_source_equals_attio(world.workspace, world.warehouse, "people.job_title", "job_titles")
    after = world.warehouse.state["histories"]
    assert {key: after[key]["reconciled_at"] for key in kept} == kept
    assert not any(key.startswith("lists/hiring") for key in after)
    assert all(row is deals[key] for key, row in world.warehouse.tables["attio_deals_stage"].items())
    # What is no longer tracked keeps its rows, and that is said once.
    world.sync()
    assert caplog.text.count(LEFT_BEHIND("lists/hiring.stage is no longer tracked", "attio_hiring_stage")) == 1
    moved = (
        "people.job_title goes into job_titles now; the rows of attio_people_job_title and attio_people_job_title_history"
    )
    assert caplog.text.count(f"{moved} stay as they are") == 1
    assert world.warehouse.rows("attio_hiring_stage")


def test_where_a_history_goes_that_changes_its_table_is_said() -> None:
    before, after = (f"deals.stage={table}" for table in ("deals", "moved"))

    said = "deals.stage goes into moved now; the rows of deals and deals_history stay as they are"
    assert left_behind([before], [after]) == [said]
    assert left_behind([], [after]) == left_behind([after], [after]) == left_behind([], []) == []


def test_nothing_goes_into_a_table_that_is_not_named() -> None:
    [said] = left_behind(["deals.stage=attio_deals_stage", "deals.value"], ["deals.stage"])
    assert said.startswith("deals.stage is no longer tracked; the rows of attio_deals_stage and")


def test_a_long_first_sync_lets_the_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.sync.TURN_SECONDS", turn := TURN_SECONDS / 4)
    world = synced_crm(("deals.stage",), records=60)
    begun = world.time.seconds
    world.configuration |= {"history": "deals.stage,people.job_title", "requests_per_second": "0.1", "page_size": "10"}
    world.track(world.configuration["history"])
    moved = None

    def before(operation: str) -> None:
        nonlocal moved
        # In the second turn: at the end of the first everything is compared.
        is_second = world.time.seconds - begun > 1.2 * turn and world.warehouse.rows("attio_people_job_title")
        if operation == "checkpoint" and is_second and moved is None:
            moved = Happenings(world.workspace, seed=3, sources=("deals.stage",)).happen("move")

    world.warehouse.before = before
    world.sync()
    assert moved
    assert_equal(world, ("deals.stage", "people.job_title"))


def test_a_source_too_large_to_be_listed_in_every_sync_is_compared_when_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.schedule.CHEAP_REQUESTS", 10)
    world = synced_crm(("people.job_title",), records=30, reconcile_hours="24", recheck_days="30", page_size="1")
    Happenings(world.workspace, sources=("people.job_title",)).happen("write")
    world.pass_time(hours=1)
    assert world.sync().listed == 0
    world.pass_time(hours=24)
    world.sync()
    assert_equal(world, ("people.job_title",))


def test_one_listing_serves_all_attributes_of_a_parent() -> None:
    sources = ("people.job_title", "people.email_addresses", "people.phone_numbers", "people.primary_location")
    world = synced_crm(sources, records=40, reconcile_hours="24", recheck_days="30", definitions="no")
    # The token, the members, the attributes, and a page that is not at once believed to be the last.
    assert world.sync().requests == 1 + 1 + 1 + 1 + 5


def test_the_small_tables_say_what_there_is() -> None:
    world = synced_crm(("deals.stage", "deals.products"), definitions="yes")
    objects = {row["api_slug"] for row in world.warehouse.rows("attio_object")}
    assert objects == {one.slug for one in world.workspace.objects()}
    assert {row["api_slug"] for row in world.warehouse.rows("attio_list")} == {one.slug for one in world.workspace.lists()}
    shown = {(row["object"], row["api_slug"]): row for row in world.warehouse.rows("attio_attribute")}
    assert shown["deals", "products"]["is_multiple"] is True
    assert shown["deals", "stage"]["type"] == "status"
    assert shown["lists/hiring", "stage"]["type"] == "status"
    [products] = [a for a in world.workspace.object("deals").attributes if a.slug == "products"]
    assert {row["option_id"] for row in world.warehouse.rows("attio_select_option")} == {o.id for o in products.options}


ONE_OF_EACH_COLUMN = (
    "deals.value",
    "deals.close_date",
    "deals.products",
    "companies.headcount",
    "lists/hiring.stage",
)
"""Of each type that a column of a destination can have, of one value and of several, of an object and of a list; moments
and booleans are in the history of any."""


def test_the_sdk_writes_values_of_every_type_into_a_real_duckdb_file(tmp_path: Path) -> None:
    tracked = TRACKED if PROFILE == "long" else ONE_OF_EACH_COLUMN  # for each table DuckDB takes its time
    world = crm_world(tracked, records=12)
    run = LocalRun(tmp_path, world.environment)
    configuration = {"attio_api_token": world.simulator.token, "history": ",".join(tracked), "definitions": "no"}
    run.sync(configuration)
    happen_all(world, Happenings(world.workspace, seed=2, sources=tracked))
    run.sync(configuration | {"reconcile_hours": "0", "recheck_days": "1"})
    tables = DuckDBTables(run.tables())
    for written in tracked:
        assert_source_equals_attio(world.workspace, tables, written, table_of(written))


@dataclass(slots=True)
class DuckDBTables:
    """The tables of a local run, with what DuckDB gives in types of its own as the connector gave it."""

    tables: Mapping[str, list[dict[str, Any]]]

    def rows(self, table: str) -> list[dict[str, Any]]:
        rows = [{name: self._value(name, part) for name, part in row.items()} for row in self.tables[table]]
        return sorted(rows, key=lambda row: (row.get("entry_id") or row["record_id"], row.get("position", 0)))

    @staticmethod
    def _value(name: str, part: Any) -> Any:
        if isinstance(part, Decimal):
            return f"{part.normalize():f}"
        return json.loads(part) if name == "current_values" else part
