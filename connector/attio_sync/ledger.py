"""What the destination holds of one history, in a size that does not grow with the workspace.

It never says less than the destination holds, or a row could be lost sight of (but for what was cleared long ago, see
`Listed.take_empty`). It may say more: a delivery that had to guess what was there before leaves a trace, and the next
reconciliation looks at the record again.
"""

import struct
from base64 import b64decode, b64encode
from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from attio_sync.fingerprints import DIGEST_BYTES, PAST_BYTES, Fingerprint
from attio_sync.histories import MOST_STAYS
from attio_sync.sketch import COPIES, KeySize, Sketch

SLICES = 30
"""Into how many slices records are divided; the histories of a slice are read again together."""

GROUPS = 1_024
"""Into how many groups records are divided, of each of which it is kept how many stays any of its histories had at most."""

MOST_CELLS = 12_288
LEAST_CELLS = 768
RECORDS_PER_CELL = 16
"""How many records share a cell of `present`: with 16, a fortieth of them may differ, with two keys each."""

MOST_SLICE_CELLS = 192
LEAST_SLICE_CELLS = 96
RECORDS_PER_SLICE_CELL = 1_000

MOST_RECENT = 7_000
"""Records remembered exactly because the next listing shows them again, over all histories: half a megabyte at most."""

MOST_OVERWRITTEN = 1_000
"""Records remembered exactly until their slice is read, over all histories. Of more all rows are written once more then."""

SAMPLE = 64
"""Records of which the ids are kept, to ask for where a listing is doubted."""

NAMEABLE = 0.7
"""As many keys as this part of the cells can be named."""

ROOM_FOR_GUESSES = NAMEABLE / 2
"""A reconciliation comes early when so many deliveries had to guess."""

_STAYS_BITS = MOST_STAYS.bit_length()
_DIGEST_BITS, _PAST_BITS = 8 * DIGEST_BYTES, 8 * PAST_BYTES
_ID_BYTES = 16

# 2**n less 237 is a prime for both.
PRESENT = KeySize(_ID_BYTES + (_STAYS_BITS + _DIGEST_BITS) // 8, 2**192 - 237)
PAST = KeySize(_ID_BYTES + (_STAYS_BITS + _PAST_BITS) // 8, 2**272 - 237)

LATEST = 2**64 - 1
"""The year 2554, in nanoseconds of Unix time: what begins later counts as this, what began before 1970 as 1970."""

_RECENT = struct.Struct(f">16s{DIGEST_BYTES}sH{PAST_BYTES}sQ")


class Known(NamedTuple):
    """What was delivered of a record, and when its newest stay began, in nanoseconds of Unix time."""

    fingerprint: Fingerprint
    began: int


type Held = Mapping[int, int]
"""Keys of one record, with how often each is held."""


@dataclass(slots=True)
class Ledger:
    """`present` holds a key for each record and its current value, `past[i]` one for each whole history in slice i.

    A slice that is None is not known: its histories are written anew at the next reconciliation. `tallest` is how many
    stays any history of a group of records ever had, `recent` what was delivered so lately that the next listing shows it
    again (were they too many, only what began since `recent_since`), `sample` the ids of a few records, `guesses` how
    many deliveries since the last reconciliation had to guess what was there. `overwritten` are records whose slice still
    holds a past that has been written over: what it was nobody knew. They stay among the recent until their slice is read.
    """

    present: Sketch
    past: list[Sketch | None]
    tallest: list[int] = field(default_factory=lambda: [0] * GROUPS)
    recent: dict[str, Known] = field(default_factory=dict[str, Known])
    recent_since: int = 0
    sample: list[str] = field(default_factory=list[str])
    guesses: int = 0
    overwritten: set[str] = field(default_factory=set[str])

    @property
    def records(self) -> int:
        """About how many records the destination holds."""
        return max(0, self.present.total)

    @property
    def is_full(self) -> bool:
        """Whether so many deliveries had to guess that a reconciliation should come before there are too many to name."""
        return self.guesses > self.present.cells * ROOM_FOR_GUESSES

    def add(self, record_id: str, delivered: Fingerprint) -> None:
        """Notes what was delivered."""
        self.present.add(present_key(record_id, delivered.current))
        if (past := self.past[slice_of(record_id)]) is not None:
            past.add(past_key(record_id, delivered.stays, delivered.past))
        if len(self.sample) < SAMPLE or record_id < self.sample[-1]:
            if record_id not in self.sample:
                insort(self.sample, record_id)
            del self.sample[SAMPLE:]

    def note_stays(self, record_id: str, stays: int) -> None:
        """Notes how many rows a record may have from now on."""
        group = _group_of(record_id)
        self.tallest[group] = max(self.tallest[group], stays)

    def most_stays(self, record_id: str) -> int:
        """How many stays a record has at most, of which that is not known."""
        return self.tallest[_group_of(record_id)]

    def take_out(self, record_id: str, before: Fingerprint) -> None:
        """Notes that this is there no longer."""
        key = past_key(record_id, before.stays, before.past)
        self.settle(record_id, {present_key(record_id, before.current): 1}, {key: 1})

    def settle(self, record_id: str, present: Held, past: Held) -> None:
        """Takes out what is held of a record in `present` and in its slice of `past`."""
        for sketch, held in ((self.present, present), (self.past[slice_of(record_id)], past)):
            if sketch is not None:
                for key, times in held.items():
                    sketch.add(key, -times)

    def note_overwritten(self, record_id: str, most: int) -> None:
        """Notes that what is about to be written over a past that nobody knew is to be remembered, of so many at most."""
        if self.past[slice_of(record_id)] is not None and len(self.overwritten) < most:
            self.overwritten.add(record_id)

    def written_over(self, record_id: str) -> Fingerprint | None:
        """What was last written of an overwritten record, all rows of which are as it says.

        Of other recent ones a window may have guessed what was there, and left in older rows what it got wrong.
        """
        known = self.recent.get(record_id) if record_id in self.overwritten else None
        return known.fingerprint if known else None

    def forget(self, record_id: str) -> None:
        """A record that is gone needs no place among those remembered one by one."""
        self.recent.pop(record_id, None)
        self.overwritten.discard(record_id)
        if record_id in self.sample:
            self.sample.remove(record_id)

    def prune(self, since: int, most: int) -> None:
        """Forgets what no listing from `since` on shows again, and the oldest beyond `most`; but for the overwritten."""
        began = sorted((k.began for k in self.recent.values() if k.began >= since), reverse=True)
        if len(began) > most:
            since = began[most] + 1
        self.recent_since = max(self.recent_since, since)
        self.recent = {r: k for r, k in self.recent.items() if k.began >= since or r in self.overwritten}

    def fold(self, histories: int) -> None:
        """Takes no more room than so many records need, as far as that can be done without losing anything."""
        cells, slice_cells = cells_for(self.records, histories)
        if cells < self.present.cells:
            self.present = self.present.folded(cells)
        self.past = [p.folded(slice_cells) if p and p.cells > slice_cells else p for p in self.past]

    def dump(self) -> dict[str, Any]:
        """As the state holds it."""
        return {
            "present": self.present.dump(),
            "past": [p and p.dump() for p in self.past],
            "tallest": self.tallest,
            "recent": b64encode(b"".join(_packed(r, k) for r, k in self.recent.items())).decode(),
            "recent_since": self.recent_since,
            "sample": self.sample,
            "guesses": self.guesses,
            "overwritten": b64encode(b"".join(UUID(r).bytes for r in sorted(self.overwritten))).decode(),
        }


def new_ledger(histories: int) -> Ledger:
    """An empty one, of the size that one of so many histories may take; it is folded when it is known what is needed."""
    cells, slice_cells = cells_for(None, histories)
    return Ledger(Sketch(cells, PRESENT), [Sketch(slice_cells, PAST) for _ in range(SLICES)])


def load_ledger(raw: Mapping[str, Any]) -> Ledger:
    """Reads what `dump` wrote.

    Raises:
        ValueError: it is something else.
    """
    try:
        past = [None if p is None else Sketch.load(p, PAST) for p in raw["past"]]
        tallest = [int(n) for n in raw["tallest"]]
        recent = dict(_unpacked(one) for one in _RECENT.iter_unpack(b64decode(raw["recent"], validate=True)))
        sample = sorted(str(UUID(r)) for r in raw["sample"])
        if len(past) != SLICES or len(tallest) != GROUPS:
            raise ValueError  # noqa: TRY301 (one handler says it for every part)
        since, guesses = int(raw["recent_since"]), int(raw["guesses"])
        ids = b64decode(raw["overwritten"], validate=True)
        overwritten = {str(UUID(bytes=ids[place : place + _ID_BYTES])) for place in range(0, len(ids), _ID_BYTES)}
        return Ledger(Sketch.load(raw["present"], PRESENT), past, tallest, recent, since, sample, guesses, overwritten)
    except (LookupError, TypeError, ValueError, AttributeError, struct.error) as error:
        message = f"the ledger cannot be read ({type(error).__name__}: {error})"
        raise ValueError(message) from None


def cells_for(records: int | None, histories: int) -> tuple[int, int]:
    """How many cells `present` and a slice of `past` have, in one of so many histories, for so many records (None: any)."""
    most, most_slice = MOST_CELLS, MOST_SLICE_CELLS
    while histories > 2:  # noqa: PLR2004 (two of full size stay below 2 MB)
        most, most_slice, histories = most // 2, max(most_slice // 2, 3 * COPIES), (histories + 1) // 2
    if records is None:
        return most, most_slice
    return (
        _halved(most, max(LEAST_CELLS, records // RECORDS_PER_CELL)),
        _halved(most_slice, max(LEAST_SLICE_CELLS, records // RECORDS_PER_SLICE_CELL)),
    )


def slice_of(record_id: str) -> int:
    """Which slice a record belongs to."""
    return int(record_id[-8:], 16) % SLICES


def _group_of(record_id: str) -> int:
    return int(record_id[:8], 16) % GROUPS


def present_key(record_id: str, current: int) -> int:
    """What stands for a record and its current value."""
    return _number(record_id) << (_STAYS_BITS + _DIGEST_BITS) | current


def past_key(record_id: str, stays: int, past: int) -> int:
    """What stands for a record and its whole history."""
    return (_number(record_id) << _STAYS_BITS | stays) << _PAST_BITS | past


def current_of(key: int) -> int:
    """The digest of the current value that a key in `present` stands for."""
    return key & (1 << _DIGEST_BITS) - 1


def past_of(key: int) -> tuple[int, int]:
    """How many stays a key in `past` stands for, and what of them is compared."""
    return key >> _PAST_BITS & MOST_STAYS, key & (1 << _PAST_BITS) - 1


def differences(decoded: Mapping[int, int], size: KeySize) -> dict[str, dict[int, int]]:
    """What a decoded sketch of keys of this size says, record by record."""
    found: dict[str, dict[int, int]] = {}
    for key, times in decoded.items():
        record_id = str(UUID(int=key >> 8 * (size.key_bytes - _ID_BYTES)))
        found.setdefault(record_id, {})[key] = times
    return found


def _number(record_id: str) -> int:
    return int(record_id.replace("-", ""), 16)


def _halved(cells: int, needed: int) -> int:
    while cells // 2 >= needed and cells % (2 * COPIES) == 0:
        cells //= 2
    return cells


def _packed(record_id: str, known: Known) -> bytes:
    mark = known.fingerprint
    current, past = mark.current.to_bytes(DIGEST_BYTES), mark.past.to_bytes(PAST_BYTES)
    return _RECENT.pack(UUID(record_id).bytes, current, mark.stays, past, max(0, min(known.began, LATEST)))


def _unpacked(one: tuple[bytes, bytes, int, bytes, int]) -> tuple[str, Known]:
    record, current, stays, past, began = one
    return str(UUID(bytes=record)), Known(Fingerprint(int.from_bytes(current), stays, int.from_bytes(past)), began)
