"""Whether a reconciliation writes the rows that differ and no others."""

from benchmarks.results import Figure, Section
from benchmarks.scale import Scale
from benchmarks.virtual import SELDOM, Key, Row, VirtualWorld

PLANTED_SHARE = 0.002_5
MOST_ROWS = 1.05

type Tables = dict[str, dict[Key, Row]]


def measure(scale: Scale) -> list[Section]:
    """All that no filter sees is planted; then a daily reconciliation, and those of the month after it in one."""
    world = VirtualWorld(scale.planted)
    world.sync()
    count = max(1, int(scale.planted * PLANTED_SHARE))
    world.pass_time(hours=12)
    _miss(world, count)
    world.pass_time(hours=12)
    changes = world.changes
    for change in (
        changes.delete,
        changes.merge,
        changes.clear,
        changes.move_late,
        changes.backdate,
        changes.rewrite,
    ):
        change(count)
    daily = _reconcile(world, f"a daily reconciliation, {count:,} changes of each kind planted")
    world.pass_time(days=29)
    rest = _reconcile(world, "one a month later, which finds pasts rewritten behind a status that stays")
    wrong = world.wrong_rows()
    figure = Figure(
        "stays of the destination that are not as in Attio, a month after all that no filter sees",
        "0",
        f"{wrong:,}",
        wrong == 0,
    )
    return [Section("Rows of a reconciliation", (daily, rest, figure), DIFFERENCES)]


DIFFERENCES = (
    "Planted are moves that a listing did not show while it should have, deletes, merges, cleared statuses, moves that "
    "become visible with an old date, histories that are moved an hour back as a whole, and pasts that are rewritten "
    "behind a status that stays; the last are found when their slice is read again. *Differ* is counted from the tables "
    "before and after. A delete of a row that is not there changes nothing; it is counted separately."
)


def _miss(world: VirtualWorld, count: int) -> None:
    """Moves that a sync did not list although it should have."""
    unlisted = world.simulator.behaviour.unlisted
    unlisted.update(world.changes.move(count))
    world.sync(reconcile_hours=SELDOM)
    world.pass_time(hours=2)
    world.sync(reconcile_hours=SELDOM)
    unlisted.clear()


def _reconcile(world: VirtualWorld, what: str) -> Figure:
    before: Tables = {table: dict(rows) for table, rows in world.sink.tables.items()}
    world.sink.forget()
    report = world.sync()
    did = world.sink.did
    differ = sum(_differing(before[table], rows) for table, rows in world.sink.tables.items())
    written = did["new"] + did["changed"] + did["same"] + did["deleted"]
    note = (
        f"{differ:,} rows differ; {did['new'] + did['changed']:,} written that do, {did['same']:,} written as they were, "
        f"{did['deleted']:,} deleted that were there, {did['absent']:,} deleted that were not; {report.requests:,} requests"
    )
    ratio = written / differ if differ else 1.0
    return Figure(
        f"rows written by {what}, against those that differ", "≤ 1.05 ×", f"{ratio:.3f} ×", ratio <= MOST_ROWS, note
    )


def _differing(before: dict[Key, Row], after: dict[Key, Row]) -> int:
    return len(before.keys() ^ after.keys()) + sum(before[key] != after[key] for key in before.keys() & after.keys())
