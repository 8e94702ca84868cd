"""What a sync every five minutes costs."""

import random

from benchmarks.results import Figure, Section
from benchmarks.scale import Scale
from benchmarks.virtual import SELDOM, VirtualWorld

CHANGED_SHARE = 0.01
NEW_SHARE = 0.2
MOST_A_CHANGE = 1.05
LEAST_IN_A_SYNC = 4
QUIET_MINUTES = 65
"""After so long, nothing that changed is within the buffer."""


def measure(scale: Scale) -> list[Section]:
    """A day (of full size) of syncs every five minutes, in which 1 % of the records change, at random moments."""
    world = VirtualWorld(scale.watched)
    world.sync()
    world.pass_time(minutes=QUIET_MINUTES)
    quiet = [world.sync(reconcile_hours=SELDOM).requests]
    world.simulator.requests.reset()
    world.sink.forget()
    syncs = scale.syncs
    changes = max(5, int(scale.watched * CHANGED_SHARE))
    new = int(changes * NEW_SHARE)
    chance = random.Random("minutes")
    due = sorted((chance.random() * syncs, place < new) for place in range(changes))
    for number in range(syncs):
        world.pass_time(minutes=5)
        while due and due[0][0] < number + 1:
            _, is_new = due.pop(0)
            if is_new:
                world.changes.create(1)
            else:
                world.changes.move(1)
        world.sync(reconcile_hours=SELDOM)
    counted = world.simulator.requests.by_kind
    listings, histories = counted["query"], counted["values"]
    wrong = world.wrong_rows()
    rows = sum(world.sink.did[what] for what in ("new", "changed", "same"))
    world.pass_time(minutes=QUIET_MINUTES)
    quiet.append(world.sync(reconcile_hours=SELDOM).requests)
    note = (
        f"{syncs} syncs, {changes - new:,} moves and {new:,} new records: {histories:,} histories read, {listings:,} "
        f"listing pages, and {world.simulator.requests.total - quiet[-1] - histories - listings:,} other requests; "
        f"{world.sink.did['same']:,} of {rows:,} rows written as they were, {wrong:,} stays not as in Attio"
    )
    each = histories / (changes - new)
    return [
        Section(
            "Every five minutes",
            (
                Figure(
                    "requests a move beyond the listing, a sync every five minutes",
                    "≤ 1.05",
                    f"{each:.2f}",
                    each <= MOST_A_CHANGE and not wrong,
                    note,
                ),
                Figure(
                    "requests of a sync in which nothing changed",
                    "4",
                    f"{max(quiet)}",
                    max(quiet) <= LEAST_IN_A_SYNC,
                    QUIET,
                ),
            ),
            MINUTES.format(records=scale.watched),
        )
    ]


QUIET = "one each for the token, what changed, the statuses and the members"

MINUTES = (
    "{records:,} applications, default settings, in virtual time: 1 % of them change in a day at random moments, four "
    "fifths move and one fifth are new. Everything within `buffer_minutes` is listed again by the next twelve syncs and "
    "read by none of them."
)
