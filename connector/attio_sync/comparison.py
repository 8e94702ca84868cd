"""Pure: what Attio lists, as sketches, and how it differs from the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from attio_sync.attio_types import AttributeHistory
from attio_sync.fingerprint import fingerprint, listed_digest, stays_of
from attio_sync.ledger import Held, Ledger, cells_for, past_key, present_key, slice_of
from attio_sync.pages import HistoryPage
from attio_sync.shapes import as_object
from attio_sync.sketch import KEY_BYTES, Sketch

IDENTIFYING = ("active_from", "status.id.status_id", "created_by_actor.type", "created_by_actor.id")
"""The fields that identify a stay."""


class Keys:
    """The keys of many records, one each, in little room."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes) // KEY_BYTES

    def add(self, key: int) -> None:
        """Takes one more."""
        self._bytes += key.to_bytes(KEY_BYTES)

    def of(self, record_ids: Iterable[str]) -> dict[str, int]:
        """The keys of those of these records that have one."""
        wanted = {_bytes_of(record_id): record_id for record_id in record_ids}
        found: dict[str, int] = {}
        for place in range(0, len(self._bytes), KEY_BYTES) if wanted else ():
            if (record_id := wanted.get(bytes(self._bytes[place : place + 16]))) is not None:
                found[record_id] = int.from_bytes(self._bytes[place : place + KEY_BYTES])
        return found


def _bytes_of(record_id: str) -> bytes:
    return bytes.fromhex(record_id.replace("-", ""))  # in a fifth of the time that UUID takes


class Listed:
    """What Attio holds: the sketches of a listing and of the histories of some slices, and the keys in them."""

    def __init__(self, ledger: Ledger, slices: Iterable[int], histories: int) -> None:
        # As large as the records need by now; folded to the size of the ledger's where they are compared.
        cells, slice_cells = cells_for(ledger.records, histories)
        self.present = Sketch(max(cells, ledger.present.cells))
        self.past = {i: Sketch(max(slice_cells, past.cells if (past := ledger.past[i]) else 0)) for i in slices}
        self.unknown = {i for i in slices if ledger.past[i] is None}
        self.records, self.histories = Keys(), Keys()
        self.doubtful: set[str] = set()
        """Records to be read again: they could not be, or have another current value than was listed just before."""
        self.sampled: dict[str, list[Any]] = {}
        """The current values that were listed of the records in the ledger's sample."""
        self.valued = 0
        self._sample = frozenset(ledger.sample)

    def note(self, page: HistoryPage) -> None:
        """Takes the records of a page, and the histories that were read."""
        listed = {r.record_id: present_key(r.record_id, listed_digest(r.current)) for r in page.listed}
        for record in page.listed:
            self.valued += bool(record.current)
            self.present.add(listed[record.record_id])
            self.records.add(listed[record.record_id])
            if record.record_id in self._sample:
                self.sampled[record.record_id] = record.current
        for item in page.histories:
            if not self.is_certain(item):
                self.doubtful.add(item.record_id)
                continue
            mark = fingerprint(stays_of(item))
            key = past_key(item.record_id, mark.stays, mark.past)
            self.past[slice_of(item.record_id)].add(key)
            self.histories.add(key)
            if listed[item.record_id] != present_key(item.record_id, mark.current):
                self.doubtful.add(item.record_id)
        self.doubtful |= {error.record_id for error in page.invalid}

    def is_certain(self, item: AttributeHistory) -> bool:
        """Whether a history may be what it seems: an empty one must not replace another, which is not known here."""
        return bool(item.values) or slice_of(item.record_id) not in self.unknown


@dataclass(frozen=True, slots=True)
class Side:
    """Of some records what the ledger holds more or less often than Attio shows, and the key that Attio shows."""

    differences: Mapping[str, Held]
    shown: Mapping[str, int]

    def held(self, record_id: str) -> Held:
        """What the ledger holds of a record."""
        held = dict(self.differences.get(record_id, {}))
        if (key := self.shown.get(record_id)) is not None:
            held[key] = held.get(key, 0) + 1
        return {key: times for key, times in held.items() if times}


def what_differs(ours: Sketch, theirs: Sketch) -> dict[int, int] | None:
    """The keys that differ, with how often; None if there are too many to name."""
    return (ours - theirs.folded(ours.cells)).decode()


def grown(ours: Sketch, theirs: Sketch) -> Sketch:
    """What ours holds in the size of theirs, if that is larger and what differs can be named."""
    rest = what_differs(ours, theirs) if theirs.cells > ours.cells else None
    if rest is None:
        return ours
    for key, times in rest.items():
        theirs.add(key, times)
    return theirs


def differing_field(current: Sequence[Any], history: AttributeHistory) -> str:
    """The first identifying field that a listing shows otherwise than the newest value of a history."""
    differing = (name for name in IDENTIFYING if _newest(current, name) != _newest(history.raw, name))
    return next(differing, "current value")


def _newest(values: Sequence[object], name: str) -> object:
    value = values[-1] if values else None
    for part in name.split("."):
        value = (as_object(value) or {}).get(part)
    return value
