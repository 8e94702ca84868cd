"""What each kind of source costs, against the least that Attio's API allows, and whether all are delivered exactly."""

from math import ceil

from benchmarks.processes import say
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale
from tests.support.sources import assert_source_equals_attio, table_of
from tests.support.world import World, make_world

from attio_simulator import Clock, Workspace
from attio_simulator.crm_data import generate_crm
from attio_simulator.happenings import Happenings, source_of

PAGE = 500
MOST = 1.01
CHANGES = 40

KINDS = {
    "a status of an object": "deals.stage",
    "a status of a list": "lists/sales.stage",
    "a select, several at a time": "deals.products",
    "a reference": "people.company",
    "a text": "people.job_title",
    "e-mail addresses, several at a time": "people.email_addresses",
    "an amount of money": "deals.value",
    "a yes or no": "companies.is_customer",
    "a moment, of a list": "lists/onboarding.due_at",
    "a place": "people.primary_location",
}


def measure(scale: Scale) -> list[Section]:
    """Each kind alone; then all of them in one connection, equal to Attio cell by cell."""
    rows, worst = list[list[str]](), 0.0
    for kind, written in KINDS.items():
        world = _world(scale.sources, (written,))
        least = _least(world, written)
        first = world.sync().requests
        share = first / least
        worst = max(worst, share)
        unchanged = world.sync().requests
        rows.append([kind, written, f"{least:,}", f"{first:,}", f"{share:.4f}", f"{unchanged:,}"])
        say(f"sources: {kind}: {first:,} requests, at least {least:,}")
    together, wrong = _together(scale)
    figures = (
        Figure(
            "requests of a first sync whatever kind of source, of the least possible",
            "≤ 1.01 ×",
            f"at most {worst:.4f} ×",
            worst <= MOST,
        ),
        Figure(
            f"sources of {len(KINDS)} kinds in one connection that differ from Attio, after changes of every kind",
            "0",
            f"{wrong}",
            wrong == 0,
        ),
    )
    header = ["kind", "source", "least requests", "requests", "share", "a sync in which nothing changed"]
    return [Section("Sources", figures, f"{SOURCES}\n\n{together}\n\n{table(header, rows)}")]


SOURCES = (
    "A generated workspace of people, companies, deals and three lists. The least is what the API allows anyone: one "
    "request for 500 listed records, and one for the history of each record of which the listing does not prove that it "
    "never changed: there is no bulk history. Besides, every sync asks for the token, the members, the attributes of the "
    "object or list, its statuses or options, and does not believe at once that a listing has ended."
)


def _world(records: int, sources: tuple[str, ...]) -> World:
    def fill(clock: Clock) -> Workspace:
        return generate_crm(records, seed=1, clock=clock)

    world = make_world(fill)
    world.configuration |= {"history": ",".join(sources)}
    world.track(",".join(sources))
    return world


def _least(world: World, written: str) -> int:
    """Listing pages, and a request for each history that the listing does not show whole."""
    collection, attribute = source_of(world.workspace, written)
    unproved = 0
    for record in collection.records.values():
        history = world.workspace.history(record.id, attribute.slug)
        [created] = world.workspace.history(record.id, "created_by")
        is_proved = (
            len(history) == 1 and history[0]["active_until"] is None and history[0]["active_from"] == created["active_from"]
        )
        unproved += attribute.is_multiselect or not is_proved
    return ceil(len(collection.ids) / PAGE) + unproved


def _together(scale: Scale) -> tuple[str, int]:
    """All kinds at once; the sentence about them, and how many are not equal to Attio after changes of every kind."""
    sources = tuple(KINDS.values())
    world = _world(scale.sources, sources)
    first = world.sync()
    happenings = Happenings(world.workspace, seed=1, sources=sources)
    for _ in range(CHANGES):
        happenings.happen_all()
        world.pass_time(seconds=5)
    world.configuration |= {"reconcile_hours": "0", "recheck_days": "1"}
    for _ in range(2):  # a fifth of all gone is believed at the second look
        world.sync()
    wrong = 0
    for written in sources:
        try:
            assert_source_equals_attio(world.workspace, world.warehouse, written, table_of(written))
        except AssertionError as error:
            wrong += 1
            say(f"sources: {written} differs: {error}")
    sentence = (
        f"All {len(sources)} in one connection: {first.requests:,} requests at first. Attributes of one object "
        "or list that Attio cannot filter share one listing."
    )
    return sentence, wrong
