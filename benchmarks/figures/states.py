"""How large the state can become, whatever is tracked."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from benchmarks.processes import say
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale

from attio_sync.fingerprints import Fingerprint
from attio_sync.ledger import MOST_OVERWRITTEN, MOST_RECENT, Known, Ledger, new_ledger
from attio_sync.parents import parse_parent
from attio_sync.sources import Source
from attio_sync.state import MOST_CURSOR_IDS, MOST_INVALID_IDS, Cursor, SourceState, SyncState, Window, dump_state

MOST = 4e6
RECORDS_A_CELL = 20
"""Enough that no cell of a sketch is empty: then its size does not depend on how many records there are."""

MOST_STAYS_OF_MANY = 1_000

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def measure(scale: Scale) -> list[Section]:
    """The state of several numbers of histories, each with as much in it as there can be."""
    sizes: dict[int, tuple[int, int]] = {}
    for number in scale.histories:
        sizes[number] = _sizes(number)
        say(f"states: {number} histories: {sizes[number][0] / 1e6:.2f} MB, at worst {sizes[number][1] / 1e6:.2f} MB")
    largest = max(between for between, _ in sizes.values())
    worst = max(at_worst for _, at_worst in sizes.values())
    rows = [[f"{n}", f"{between / 1e6:.2f}", f"{at_worst / 1e6:.2f}"] for n, (between, at_worst) in sizes.items()]
    header = ["tracked histories", "between two syncs, MB", "at worst, in the middle of one, MB"]
    figure = Figure(
        f"size of the state, 1 to {max(sizes)} tracked histories of any size",
        "< 4 MB",
        f"at most {largest / 1e6:.2f} MB between two syncs, {worst / 1e6:.2f} MB in the middle of one",
        max(largest, worst) < MOST,
    )
    return [Section("State", (figure,), f"{STATES}\n\n{table(header, rows)}")]


STATES = (
    "Ledgers so full that no cell is empty, and as many records remembered one by one as there may be. *At worst* is a "
    f"sync interrupted within an import of {MOST_CURSOR_IDS:,} records at one instant, with {MOST_INVALID_IDS:,} records "
    "that cannot be read."
)


def _sizes(histories: int) -> tuple[int, int]:
    """Of a state between two syncs, and at worst in the middle of one."""
    chance = random.Random(histories)
    tracked = [Source(parse_parent("applications"), f"attribute_{n}", f"table_{n}") for n in range(histories)]
    states = {
        str(history): SourceState(_full_ledger(histories, chance), last_sync=NOW, reconciled_at=NOW, rechecked_at=NOW)
        for history in tracked
    }
    state = SyncState(states, _id(chance))
    between = len(json.dumps(dump_state(state)))
    for name, one in states.items():
        invalid = {_id(chance): "0123456789ab" for _ in range(MOST_INVALID_IDS // histories)}
        states[name] = replace(one, invalid=invalid)
    first = str(tracked[0])
    states[first] = replace(states[first], under_way=_window(chance), backfill=_window(chance))
    return between, len(json.dumps(dump_state(state)))


def _full_ledger(histories: int, chance: random.Random) -> Ledger:
    ledger = new_ledger(histories)
    slices = sum(past.cells for past in ledger.past if past is not None)
    for _ in range(max(ledger.present.cells, slices) * RECORDS_A_CELL // 4):
        ledger.add(_id(chance), _fingerprint(chance))
    ledger.tallest = [chance.randrange(1, MOST_STAYS_OF_MANY) for _ in ledger.tallest]
    for _ in range(MOST_RECENT // histories):
        ledger.recent[_id(chance)] = Known(_fingerprint(chance), chance.getrandbits(60))
    for _ in range(MOST_OVERWRITTEN // histories):
        ledger.overwritten.add(record_id := _id(chance))
        ledger.recent[record_id] = Known(_fingerprint(chance), 0)
    return ledger


def _window(chance: random.Random) -> Window:
    return Window(
        NOW, NOW, Cursor("2026-11-24T00:00:00.000000000Z", frozenset(_id(chance) for _ in range(MOST_CURSOR_IDS)))
    )


def _fingerprint(chance: random.Random) -> Fingerprint:
    return Fingerprint(chance.getrandbits(40), chance.randrange(1, 300), chance.getrandbits(120))


def _id(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128)))
