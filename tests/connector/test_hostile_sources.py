"""What could make a source wrong in silence: several values at a time, sources that share a listing or a table."""

from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connector.test_sources import assert_equal, crm_world, synced_crm
from tests.support.sources import assert_source_equals_attio
from tests.support.warehouse import Killed
from tests.support.world import World, make_world

from attio_simulator import Fault, RequestInfo
from attio_simulator.faults import Mangle
from attio_simulator.happenings import Happenings, source_of
from attio_sync.catalog import Catalog
from attio_sync.errors import AttioSyncError, ForbiddenError, GaveUpError, UnknownNameError
from attio_sync.ledger import load_ledger
from attio_sync.sources import Source
from attio_sync.sync import TURN_SECONDS

DAILY: Any = {"reconcile_hours": "24", "recheck_days": "30"}
EMAILS = "people.email_addresses"


def track(world: World, history: str) -> None:
    """Changes what is tracked."""
    world.configuration["history"] = history
    world.track(history)


def put(world: World, source: str, record_id: str, data: Sequence[Any]) -> None:
    """Gives a record these values, a while later."""
    world.pass_time(minutes=1)
    _, attribute = source_of(world.workspace, source)
    world.workspace.set_values(world.workspace.record(record_id), attribute, data)


def test_a_value_that_came_and_went_beside_one_that_stays_has_its_row() -> None:
    world = synced_crm((EMAILS,), reconcile_hours="24", recheck_days="30")
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


def test_so_it_has_where_a_sync_between_could_not_see_it() -> None:
    world = synced_crm(("deals.products",), reconcile_hours="744")
    _, products = source_of(world.workspace, "deals.products")
    one, two, three = products.options[:3]
    deal = world.workspace.create_record("deals", "Lead")
    for there in ([one], [one, two], [one], [one, three]):
        put(world, "deals.products", deal, there)
        world.pass_time(hours=3)
        if two not in there:
            world.sync()
    assert_equal(world, ("deals.products",))


def test_an_attribute_that_is_archived_keeps_none_of_its_parent_from_being_compared() -> None:
    sources = ("deals.stage", "deals.value", "deals.owner")
    world = synced_crm(sources)
    _, value = source_of(world.workspace, "deals.value")
    value.is_archived = True
    happenings = Happenings(world.workspace, sources=("deals.stage", "deals.owner"))
    for kind in ("clear", "write", "move", "backdate", "delete"):
        happenings.happen(kind)
    with pytest.raises(UnknownNameError):
        world.sync()
    assert_equal(world, ("deals.stage", "deals.owner"))


def test_an_attribute_that_takes_several_values_from_now_on_is_delivered_anew() -> None:
    world = synced_crm(("people.job_title",), **DAILY)
    _, titles = source_of(world.workspace, "people.job_title")
    titles.is_multiselect = True
    world.sync()
    assert_equal(world, ("people.job_title",))
    assert ["of another type" in said for said in world.warehouse.warnings] == [True]
    assert world.sync().rows_written == 0


def test_a_table_that_was_another_sources_for_a_while_is_filled_anew() -> None:
    world = synced_crm(("deals.stage=shared",), **DAILY)
    # It cannot be looked up for a while, and meanwhile its table is given to another.
    deals = world.workspace.object("deals")
    stage = deals.attribute("stage")
    assert stage
    stage.slug = "phase"
    track(world, "deals.stage=elsewhere,people.job_title=shared")
    with pytest.raises(UnknownNameError):
        world.sync()
    assert_source_equals_attio(world.workspace, world.warehouse, "people.job_title", "shared")
    stage.slug = "stage"
    track(world, "deals.stage=shared")
    world.sync()
    assert_source_equals_attio(world.workspace, world.warehouse, "deals.stage", "shared")


def test_statuses_of_an_attribute_that_was_tracked_under_another_name_too_stay() -> None:
    world = synced_crm(("deals.stage",), **DAILY)
    [stage] = [a for a in world.workspace.object("deals").attributes if a.slug == "stage"]
    stage.slug = "phase"
    track(world, "deals.stage,deals.phase")
    with pytest.raises(UnknownNameError):
        world.sync()
    track(world, "deals.phase")
    world.sync()
    assert {(row["status_id"], row["attribute"]) for row in world.warehouse.rows("attio_status")} == {
        (status.id, "phase") for status in stage.statuses
    }


def test_what_is_said_of_an_object_or_a_list_goes_with_it() -> None:
    world = synced_crm(("deals.stage",), definitions="yes", reconcile_hours="0")
    workspace, rows = world.workspace, world.warehouse.rows
    hiring, projects = workspace.list("hiring"), workspace.object("projects")
    hiring.slug = "jobs"
    gone = {a.id for a in projects.attributes}
    del workspace.collections[projects.id]
    world.sync()
    shown = {row["attribute_id"]: row["object"] for row in rows("attio_attribute")}
    assert not gone & shown.keys()
    assert {shown[a.id] for a in hiring.attributes} == {"lists/jobs"}
    assert projects.id not in {row["object_id"] for row in rows("attio_object")}


@pytest.mark.parametrize("payload", [{"data": []}, {"status_code": 403, "code": "unauthorized", "message": "No."}])
def test_what_is_said_stays_where_the_lists_cannot_be_seen(payload: dict[str, Any]) -> None:
    world = synced_crm(("deals.stage",), definitions="yes", reconcile_hours="0")
    before = world.warehouse.rows("attio_attribute"), world.warehouse.rows("attio_list")
    status = payload.get("status_code", 200)
    world.simulator.faults.add(Fault(kind="answer", status=status, payload=payload, on=["lists"]))
    world.sync()
    assert (world.warehouse.rows("attio_attribute"), world.warehouse.rows("attio_list")) == before
    world.simulator.faults.clear()
    world.sync()
    assert (world.warehouse.rows("attio_attribute"), world.warehouse.rows("attio_list")) == before


def test_small_tables_that_a_first_sync_could_not_read_follow_in_the_next() -> None:
    world = crm_world(("deals.stage",), definitions="yes", reconcile_hours="24")
    world.simulator.faults.add(Fault(kind="server_error", on=["objects"]))
    with pytest.raises(GaveUpError):
        world.sync()
    world.simulator.faults.clear()
    world.sync()
    assert world.warehouse.rows("attio_object")
    assert world.warehouse.rows("attio_attribute")


def test_what_was_wrong_before_attio_went_away_is_said_too() -> None:
    world = crm_world(("deals.stage",), definitions="yes")
    world.simulator.faults.add(Fault(kind="server_error", on=["objects"]))
    with pytest.raises(GaveUpError, match=r"gave up after .* the next sync goes on from there; .* no attribute 'nope'"):
        world.sync(history="deals.stage,deals.nope=nope")


def test_a_token_that_sees_fewer_lists_deletes_nothing_of_what_is_said() -> None:
    world = synced_crm(("deals.stage",), definitions="yes", reconcile_hours="0")
    before = world.warehouse.rows("attio_attribute"), world.warehouse.rows("attio_list")
    hiring = world.workspace.list("hiring")
    hiring.workspace_access = None
    world.simulator.token_level = "user"  # noqa: S105 (no password)
    world.sync()
    assert (world.warehouse.rows("attio_attribute"), world.warehouse.rows("attio_list")) == before


def test_a_value_that_begins_in_a_far_year_stops_no_sync() -> None:
    world = crm_world(("deals.stage",))
    record_id = world.workspace.create_record("deals", "Lead")
    began = Mangle(by=lambda value: value | {"active_from": "9999-12-31T23:59:59.000000000Z", "active_until": None})
    world.simulator.faults.add(Fault(kind="mangle", mangle=began, on=["values"], records=[record_id]))
    for _ in range(2):
        world.sync()
    shown = {row["record_id"]: row["active_from"] for row in world.warehouse.rows("attio_deals_stage")}
    assert shown[record_id] == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.usefixtures("small_ledger")
def test_more_new_and_changed_records_than_can_be_named_are_delivered_at_once() -> None:
    world = synced_crm(("people.job_title",), records=20, **DAILY)
    world.pass_time(minutes=5)
    imported = world.workspace.import_records("people", 90)
    world.sync()
    assert_equal(world, ("people.job_title",))
    for record_id in imported:
        put(world, "people.job_title", record_id, ["Engineer"])
    world.workspace.delete_record(imported[0])
    world.sync()
    assert_equal(world, ("people.job_title",))
    assert world.warehouse.warnings == []


@pytest.mark.usefixtures("small_ledger")
def test_so_they_are_where_the_listing_before_was_older_than_they_are() -> None:
    world = synced_crm(("people.job_title",), records=20, **DAILY)
    world.pass_time(hours=2)
    imported = world.workspace.import_records("people", 90)
    world.pass_time(minutes=30)
    world.simulator.behaviour.staleness = timedelta(hours=1)
    assert world.sync().rows_written == 0
    world.simulator.behaviour.staleness = timedelta()
    world.sync()
    assert_equal(world, ("people.job_title",))
    assert len(world.warehouse.rows("attio_people_job_title")) > len(imported)


@pytest.mark.usefixtures("small_ledger")
def test_the_sketches_grow_with_a_workspace_in_which_too_much_is_new_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = synced_crm(("people.job_title",), records=20, **DAILY)
    monkeypatch.setattr("attio_sync.ledger.RECORDS_PER_CELL", 1)
    for imported in (90, 200):
        world.pass_time(minutes=5)
        world.workspace.import_records("people", imported)
        world.sync()
        assert_equal(world, ("people.job_title",))
    [history] = world.warehouse.state["histories"].values()
    assert load_ledger(history["ledger"]).present.cells == 192
    assert world.warehouse.warnings == []


def test_a_doubt_is_neither_confirmed_nor_moved_nor_forgotten_by_looks_that_are_not_scheduled() -> None:
    world = synced_crm(("people.job_title",), records=160, **DAILY)
    there = world.workspace.record_ids("people")
    left, said = list[int](), list[int]()
    for hours, hidden in ((25, 3), (1, 2), (24, 2), (1, 2), (25, 2)):
        world.simulator.hidden = set(there[: len(there) // hidden])
        world.pass_time(hours=hours)
        world.sync()
        left.append(len(there) - len(world.warehouse.rows("attio_people_job_title")))
        said.append(sum("no longer lists" in w for w in world.warehouse.warnings))
    assert left == [0, 0, 0, 0, len(there) // 2]
    assert said == [1, 1, 2, 2, 2]


@pytest.mark.usefixtures("small_ledger")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("people.job_title", marks=pytest.mark.long),
        "people.email_addresses",
        pytest.param("deals.stage", marks=pytest.mark.long),
        "lists/hiring.stage",
    ],
)
def test_more_cleared_values_than_can_be_named_are_cleared_at_once(name: str) -> None:
    world = crm_world((name,), records=20, **DAILY)
    workspace = world.workspace
    parent, attribute = source_of(workspace, name)
    world.pass_time(minutes=1)
    made = [fill_one(world, name, number) for number in range(120)]
    world.pass_time(hours=1)
    for record_id in made[:7]:
        workspace.set_values(workspace.record(record_id), attribute, [])
    world.sync()
    world.pass_time(hours=25)
    for record_id in made[7:47]:
        workspace.set_values(workspace.record(record_id), attribute, [])
    report = world.sync()
    assert_equal(world, (name,))
    assert world.warehouse.warnings == []
    # Each that is empty is read to find it and, where it was cleared, to write it: two requests, as all histories are
    # equally long, so that none shows how long a page may be. Of the others the day's slices; and what any sync costs.
    assert report.requests < 2 * (47 + 40) + len(parent.ids) / 10 + 20
    assert world.sync().rows_written == 0


@pytest.mark.usefixtures("small_ledger")
def test_so_they_are_beside_as_many_that_were_cleared_long_ago_or_are_new_and_cleared_already() -> None:
    world = crm_world((EMAILS,), records=20, **DAILY)
    before = [fill_one(world, EMAILS, number) for number in range(220)]
    for record_id in before[:44]:
        put(world, EMAILS, record_id, [])
    world.pass_time(hours=1)
    world.sync()
    world.pass_time(hours=1)
    new = [fill_one(world, EMAILS, number) for number in range(220, 260)]
    for record_id in before[44:84] + new:
        put(world, EMAILS, record_id, [])
    world.sync()
    assert_equal(world, (EMAILS,))
    assert world.warehouse.warnings == []


def fill_one(world: World, source: str, number: int) -> str:
    """One more record or entry that has a value of the source."""
    workspace = world.workspace
    if source == "deals.stage":
        return workspace.create_record("deals", "Lead")
    if source == "lists/hiring.stage":
        return workspace.create_entry("hiring", workspace.record_ids("people")[0], "Applied")
    name = source.removeprefix("people.")
    value = [f"someone{number}@example.com"] if name == "email_addresses" else "Engineer"
    return workspace.create_record("people", values={name: value})


def test_where_everything_is_tracked_a_list_that_cannot_be_looked_up_disturbs_no_other() -> None:
    world = synced_crm(("*",), records=40)
    happenings = Happenings(world.workspace, sources=("deals.stage", "projects.phase"))
    for kind in ("move", "create", "delete"):
        happenings.happen(kind)
    refused = {"status_code": 403, "code": "unauthorized", "message": "Not this one."}
    # The eighth to be looked up is one of the objects, behind deals.
    world.simulator.faults.add(Fault(kind="answer", status=403, payload=refused, on=["attributes"], at=[8]))
    with pytest.raises(ForbiddenError):
        world.sync()
    assert_equal(world, ("deals.stage", "projects.phase"))


def test_what_changed_while_a_first_listing_was_interrupted_is_seen_by_the_sync_that_ends_it() -> None:
    world = crm_world(("people.job_title",), records=200, page_size="5", requests_per_second="1", **DAILY)
    world.die_at("checkpoint", 2)
    with pytest.raises(Killed):
        world.sync()
    world.live()
    delivered = world.warehouse.rows("attio_people_job_title")[0]["record_id"]
    put(world, "people.job_title", delivered, ["Engineer"])
    world.sync()
    assert_equal(world, ("people.job_title",))


def test_what_is_said_of_two_lists_that_swap_their_names_stays() -> None:
    world = synced_crm(("deals.stage",), definitions="yes", reconcile_hours="0")
    one, other = world.workspace.lists()[:2]
    one.slug, other.slug = other.slug, one.slug
    for _ in range(2):
        world.sync()
    shown = {row["attribute_id"]: row["object"] for row in world.warehouse.rows("attio_attribute")}
    for swapped in (one, other):
        assert {shown.get(a.id) for a in swapped.attributes} == {f"lists/{swapped.slug}"}


def test_statuses_of_an_attribute_that_is_called_as_before_again_say_so() -> None:
    world = synced_crm(("*",), **DAILY)
    [stage] = [a for a in world.workspace.object("deals").attributes if a.slug == "stage"]
    for name in ("phase", "stage"):
        stage.slug = name
        track(world, "*")
        world.sync()
        shown = {row["status_id"]: row["attribute"] for row in world.warehouse.rows("attio_status")}
        assert {shown.get(status.id) for status in stage.statuses} == {name}


@pytest.mark.usefixtures("small_ledger")
def test_what_is_delivered_anew_is_complete_though_it_takes_longer_than_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.sync.TURN_SECONDS", turn := TURN_SECONDS / 2)
    world = synced_crm(("people.job_title", "deals.stage"), records=100, page_size="4", **DAILY)
    people, titles = source_of(world.workspace, "people.job_title")
    for record_id in people.ids:
        record = world.workspace.record(record_id)
        began = record.created + 1_000_000
        rewritten = [("Engineer", began, began + 1_000_000), ("Director", began + 1_000_000, None)]
        world.workspace.write_history(record, titles, rewritten)
    world.pass_time(hours=25)
    world.sync()
    report = world.sync(requests_per_second="0.125")
    assert_equal(world, ("people.job_title", "deals.stage"))
    assert report.seconds > turn
    assert len(world.warehouse.warnings) == 1
    assert "differ from what was delivered than can be named: everything is delivered anew" in world.warehouse.warnings[0]


def test_what_is_wrong_with_a_source_is_asked_once_though_its_listing_fails_too(monkeypatch: pytest.MonkeyPatch) -> None:
    sources, asked = ("deals.value", "deals.owner"), list[str]()
    explained = Catalog.explained

    def noted(catalog: Catalog, source: Source, error: AttioSyncError) -> Coroutine[Any, Any, AttioSyncError]:
        asked.append(source.name)
        return explained(catalog, source, error)

    monkeypatch.setattr(Catalog, "explained", noted)
    world = synced_crm(sources, page_size="4")
    refusal = {"status_code": 403, "type": "auth_error", "code": "billing_error", "message": "No."}
    world.simulator.faults.add(Fault(kind="answer", status=403, payload=refusal, on=["values"]))
    world.simulator.faults.add(Fault(kind="answer", status=403, payload=refusal, on=["query"], at=[3]))
    with pytest.raises(ForbiddenError):
        world.sync()
    assert sorted(asked) == sorted(sources)


def test_what_was_listed_beside_a_source_that_fails_is_not_delivered_twice() -> None:
    sources = ("people.job_title", "people.email_addresses")
    world = crm_world(sources, records=100, page_size="4", requests_per_second="0.25", **DAILY)
    world.die_at("checkpoint", 2)
    with pytest.raises(Killed):
        world.sync()
    world.live()
    _, titles = source_of(world.workspace, "people.job_title")

    def archive(info: RequestInfo) -> None:
        titles.is_archived = titles.is_archived or info.kind == "query"

    world.simulator.on_request(archive)
    for _ in range(2):
        with pytest.raises(UnknownNameError, match=r"people\.job_title is archived"):
            world.sync()
        assert_equal(world, ("people.email_addresses",))
    assert world.warehouse.warnings == []


def test_options_go_with_a_select_in_the_place_of_which_there_is_a_status() -> None:
    world = synced_crm(("deals.products", "lists/hiring.channels"), **DAILY)
    deals = world.workspace.object("deals")
    products = deals.attribute("products")
    assert products
    products.slug = "goods"
    status = world.workspace.add_status(world.workspace.add_attribute(deals, "products", "Products", "status"), "Sold")
    world.sync()
    assert {row["attribute"] for row in world.warehouse.rows("attio_select_option")} == {"channels"}
    assert [row["status_id"] for row in world.warehouse.rows("attio_status") if row["object"] == "deals"] == [status.id]


def test_each_source_that_fails_is_named() -> None:
    world = crm_world(("deals.stage", "deals.sum", "people.linkedin", "lists/hiring.stage"))
    world.simulator.scopes = frozenset({"record_permission:read", "object_configuration:read"})
    with pytest.raises(UnknownNameError) as caught:
        world.sync()
    said = str(caught.value)
    lacking = (
        "the token lacks list_entry:read (for lists/hiring.stage) and list_configuration:read (for lists/hiring.stage)"
    )
    assert said.index("deals has no attribute 'sum'") < said.index(f"{lacking}: add them in Attio under")
    assert "lists/hiring/" not in said
    assert "/attributes/linkedin/values answered 400" in said
    assert_equal(world, ("deals.stage",))


def test_options_of_a_select_that_is_no_longer_named_go_though_every_status_is_tracked() -> None:
    world = synced_crm(("deals.products", "people.lead_source"), **DAILY)
    track(world, "people.lead_source,*")
    world.sync()
    assert {row["attribute"] for row in world.warehouse.rows("attio_select_option")} == {"lead_source"}


@pytest.mark.parametrize("source", ["projects.phase", "projects.name"])
def test_an_attribute_in_the_place_of_another_one_of_its_type_is_delivered_anew(source: str) -> None:
    world = synced_crm((source,), records=120, **DAILY)
    projects, earlier = source_of(world.workspace, source)
    later = world.workspace.add_attribute(projects, earlier.slug, "Another", earlier.type, at_the_end=True)
    earlier.slug = "earlier"
    status = world.workspace.add_status(later, "Planned") if later.type == "status" else None
    for record in projects.records.values():
        record.values.append(None)
    put(world, source, projects.ids[0], [status or "The only one"])
    world.sync()
    assert_equal(world, (source,))
    assert world.warehouse.rows("attio_sync_error") == []
    assert [f"{source} is another attribute than it was" in said for said in world.warehouse.warnings] == [True]
    assert world.sync().rows_written == 0


def test_a_long_first_sync_of_another_source_has_none_compared_in_each_of_its_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("attio_sync.sync.TURN_SECONDS", turn := TURN_SECONDS / 4)
    world = crm_world(("projects.phase",))
    world.workspace.import_records("projects", 60)
    world.sync()
    gone = world.workspace.record_ids("projects")[:30]
    for record_id in gone:
        world.workspace.delete_record(record_id)
    people = world.workspace.import_records("people", 40)
    for record_id in people:
        put(world, "people.job_title", record_id, ["Engineer"])
    track(world, "projects.phase,people.job_title")
    report = world.sync(page_size="5", requests_per_second="0.1")
    assert report.seconds > 2 * turn
    assert report.reconciled == 2
    # What must be found twice is not found twice by one sync.
    assert {row["record_id"] for row in world.warehouse.rows("attio_projects_phase")} > set(gone)
    world.sync()
    assert_equal(world, ("projects.phase", "people.job_title"))


@pytest.mark.usefixtures("small_ledger")
def test_what_differs_too_much_is_not_looked_at_again_in_the_turns_of_one_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """More cleared values than can be named are found twice, by two syncs: nothing is emptied in the first one."""
    monkeypatch.setattr("attio_sync.sync.TURN_SECONDS", turn := TURN_SECONDS / 4)
    world = make_world(requests_per_second="90")
    workspace = world.workspace
    applications, _ = source_of(workspace, "applications.workflow_status")
    note = workspace.add_attribute(applications, "note", "Note", "text")
    phase = workspace.add_attribute(applications, "phase", "Phase", "status")
    begun = workspace.add_status(phase, "Begun")
    for _ in range(80):
        workspace.create_record("applications", "Applied")
    world.pass_time(hours=1)
    for number, record_id in enumerate(applications.ids):
        workspace.set_values(workspace.record(record_id), note, [f"Note {number}"])
        workspace.set_values(workspace.record(record_id), phase, [begun])
    world.pass_time(hours=2)
    track(world, "applications.workflow_status,applications.note")
    world.sync(**DAILY)
    world.pass_time(hours=1)
    for record_id in applications.ids[:45]:
        workspace.set_values(workspace.record(record_id), note, [])
    track(world, "applications.workflow_status,applications.note,applications.phase")
    assert world.sync(**DAILY | {"requests_per_second": "0.125"}).seconds > 2 * turn
    notes = world.warehouse.rows("attio_applications_note")
    assert sum(row["text"] is not None for row in notes) == 80
    assert world.warehouse.warnings == []
    world.sync(**DAILY)
    assert sum(row["text"] is not None for row in world.warehouse.rows("attio_applications_note")) == 35
    assert len(world.warehouse.warnings) == 1


def test_a_list_that_the_token_sees_no_more_is_said_once_and_follows_again_when_it_does() -> None:
    world = synced_crm(("*",), records=40, reconcile_hours="24", recheck_days="30")
    every = world.simulator.scopes
    world.simulator.scopes = (
        every
        - {"list_configuration:read", "list_entry:read"}
        - {
            "list_configuration:read-write",
            "list_entry:read-write",
        }
    )
    for _ in range(3):
        Happenings(world.workspace, seed=3, sources=("lists/hiring.stage",)).happen("move")
        world.pass_time(hours=25)
        world.sync()
    [said] = [w for w in world.warehouse.warnings if w.startswith("not found any more: lists/")]
    lists = {key.partition("=")[0] for key in world.warehouse.state["histories"] if key.startswith("lists/")}
    assert set(said.partition(": ")[2].partition(". ")[0].split(", ")) == lists
    world.simulator.scopes = every
    upserts = world.warehouse.upserts
    world.pass_time(hours=25)
    world.sync()
    assert_equal(world, ("lists/hiring.stage", "deals.stage"))
    assert world.warehouse.upserts - upserts < 30


def test_what_is_not_found_for_long_takes_hardly_any_room_and_is_delivered_anew() -> None:
    world = synced_crm(("*",), records=40, reconcile_hours="24", recheck_days="30")
    key = next(k for k in world.warehouse.state["histories"] if k.startswith("lists/hiring.stage"))
    _, stage = source_of(world.workspace, "lists/hiring.stage")
    stage.is_archived = True
    for hours in (1, 31 * 24):
        world.pass_time(hours=hours)
        world.sync()
    assert world.warehouse.state["histories"][key].keys() == {"away", "kind", "next_slice"}
    stage.is_archived = False
    world.sync()
    assert_equal(world, ("lists/hiring.stage",))
    assert "away" not in world.warehouse.state["histories"][key]
    assert world.warehouse.warnings[-1].startswith("lists/hiring.stage was not found for more than 30 days: everything is")


def test_what_is_not_found_once_after_a_long_pause_keeps_its_place() -> None:
    world = synced_crm(("*",), records=40, reconcile_hours="24", recheck_days="30")
    _, stage = source_of(world.workspace, "lists/hiring.stage")
    for is_archived in (True, False):
        world.pass_time(hours=is_archived * 31 * 24)
        stage.is_archived = is_archived
        upserts = world.warehouse.upserts
        world.sync()
    assert_equal(world, ("lists/hiring.stage",))
    assert world.warehouse.upserts - upserts < 10


def test_a_token_of_one_member_empties_nothing_of_what_was_not_found_for_long() -> None:
    world = synced_crm(("*",), records=40, reconcile_hours="24", recheck_days="30")
    rows = len(world.warehouse.rows("attio_hiring_stage"))
    _, stage = source_of(world.workspace, "lists/hiring.stage")
    stage.is_archived = True
    for hours in (1, 31 * 24):
        world.pass_time(hours=hours)
        world.sync()
    stage.is_archived = False
    world.simulator.token_level = "user"  # noqa: S105 (no password)
    with pytest.raises(ForbiddenError, match="was not found for more than 30 days, and the token may see only a part"):
        world.sync()
    assert len(world.warehouse.rows("attio_hiring_stage")) == rows


def test_what_cannot_be_looked_up_is_not_taken_for_gone() -> None:
    world = synced_crm(("*",), records=40, reconcile_hours="24", recheck_days="30")
    refusal = {"status_code": 400, "type": "invalid_request_error", "code": "validation_type", "message": "No."}
    world.simulator.faults.add(Fault(kind="answer", status=400, payload=refusal, on=["attributes"]))
    for hours in (1, 31 * 24):
        world.pass_time(hours=hours)
        with pytest.raises(AttioSyncError):
            world.sync()
    assert not [w for w in world.warehouse.warnings if "not found any more" in w]
    world.simulator.faults.clear()
    upserts = world.warehouse.upserts
    world.sync()
    assert_equal(world, ("lists/hiring.stage", "deals.stage"))
    assert world.warehouse.upserts - upserts < 10


def test_small_tables_that_a_re_sync_left_out_are_emptied_before_they_are_filled_again() -> None:
    world = synced_crm(("deals.stage",), records=30, definitions="yes")
    gone = world.workspace.list("hiring")
    del world.workspace.collections[gone.id]
    world.warehouse.state = {}
    world.sync(definitions="no")
    world.pass_time(hours=25)
    world.sync(definitions="yes")
    assert gone.id not in {row["list_id"] for row in world.warehouse.rows("attio_list")}
    assert not [row for row in world.warehouse.rows("attio_attribute") if row["object"] == "lists/hiring"]


def test_what_is_new_and_empty_is_nothing_that_cannot_be_read_where_nothing_is_known_of_its_slice() -> None:
    world = synced_crm(("people.job_title",), **DAILY)
    world.workspace.create_record("people", values={})
    world.pass_time(hours=1)
    world.sync()
    for history in world.warehouse.state["histories"].values():
        history["ledger"]["past"] = [None] * len(history["ledger"]["past"])
    world.pass_time(hours=25)
    world.sync()
    assert_equal(world, ("people.job_title",))
    assert world.warehouse.rows("attio_sync_error") == []
