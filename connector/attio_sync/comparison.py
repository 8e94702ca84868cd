"""What Attio lists, as sketches, and how it differs from the ledger."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from attio_sync.attio_types.records import EntryOf, ListedRecord
from attio_sync.attio_types.timestamps import sortable_instant
from attio_sync.fingerprints import fingerprint_before, fingerprint_of, is_nothing, listed_digest
from attio_sync.histories import AttributeHistory, stays_of
from attio_sync.ledger import (
    PAST,
    PRESENT,
    Held,
    Ledger,
    cells_for,
    current_of,
    differences,
    past_key,
    present_key,
    slice_of,
)
from attio_sync.pages import Part
from attio_sync.sketch import KeySize, Sketch
from attio_sync.sources import Source
from attio_sync.state import SourceState


class Keys:
    """The keys of many records, one each, in little room."""

    def __init__(self, size: KeySize) -> None:
        self._key_bytes = size.key_bytes
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes) // self._key_bytes

    def add(self, key: int) -> None:
        """Takes one more."""
        self._bytes += key.to_bytes(self._key_bytes)

    def where(self, is_wanted: Callable[[int], bool]) -> Iterator[tuple[str, int]]:
        """The records of which the key is wanted, with their keys."""
        for place in range(0, len(self._bytes), self._key_bytes):
            key = int.from_bytes(self._bytes[place : place + self._key_bytes])
            if is_wanted(key):
                yield str(UUID(bytes=bytes(self._bytes[place : place + 16]))), key

    def of(self, record_ids: Iterable[str]) -> dict[str, int]:
        """The keys of those of these records that have one."""
        return {
            r: int.from_bytes(self._bytes[p * self._key_bytes : (p + 1) * self._key_bytes])
            for r, p in self.places(record_ids)
        }

    def places(self, record_ids: Iterable[str]) -> Iterator[tuple[str, int]]:
        """Which of the keys, counted from 0, are those of these records."""
        wanted = {_bytes_of(record_id): record_id for record_id in record_ids}
        for place in range(len(self)) if wanted else ():
            start = place * self._key_bytes
            if (record_id := wanted.get(bytes(self._bytes[start : start + 16]))) is not None:
                yield record_id, place


class Parents:
    """What many entries are about, in the order of their keys, in little room."""

    def __init__(self) -> None:
        self._objects: list[str] = []
        self._bytes = bytearray()

    def add(self, entry_of: EntryOf) -> None:
        """Takes one more."""
        if entry_of.parent_object not in self._objects:
            self._objects.append(entry_of.parent_object)
        self._bytes += self._objects.index(entry_of.parent_object).to_bytes(2) + _bytes_of(entry_of.parent_record_id)

    def at(self, place: int) -> EntryOf:
        """What the entry at this place is about."""
        one = self._bytes[place * 18 : (place + 1) * 18]
        return EntryOf(self._objects[int.from_bytes(one[:2])], str(UUID(bytes=bytes(one[2:]))))


def _bytes_of(record_id: str) -> bytes:
    return bytes.fromhex(record_id.replace("-", ""))  # in a fifth of the time that UUID takes


class Listed:
    """What Attio holds of a source: the sketches of a listing and of the histories of some slices, and the keys in them.

    Of what Attio cannot filter, a listing shows plainly what was created or changed since the last sync; and everywhere
    the histories of what is empty say what was cleared since the last comparison. If too much differs to be named, that
    can be set apart: however much it is, all else can then be named.
    """

    def __init__(self, source: Source, state: SourceState, ledger: Ledger, slices: Iterable[int], tracked: int) -> None:
        # As large as the records need by now; folded to the size of the ledger's where they are compared.
        cells, slice_cells = cells_for(ledger.records, tracked)
        self.present = Sketch(max(cells, ledger.present.cells), PRESENT)
        self.past = {i: Sketch(max(slice_cells, p.cells if (p := ledger.past[i]) else 0), PAST) for i in slices}
        self.unknown = {i for i in slices if ledger.past[i] is None}
        self.records, self.histories, self._parents = Keys(PRESENT), Keys(PAST), Parents()
        self.held: set[str] = set()
        """Records of unknown slices of which the ledger says that they are there. What is written of another before the
        ledger says so could be lost sight of, should this comparison not be finished."""
        self.doubtful: set[str] = set()
        """Records to be read again: they could not be, have another current value than just before, or are not `held`."""
        self.sampled: dict[str, ListedRecord] = {}
        """How the records in the ledger's sample were listed."""
        self.valued = 0
        self._empty: list[str] = []
        """Records of which an empty history was read, and of whose slice nothing is known."""
        since, compared_at = (None, state.reconciled_at) if source.type.is_filtered else (state.last_sync, state.last_sync)
        self._since = None if since is None else sortable_instant(since)
        # Where that was not enough the last time, it is not tried again.
        self._compared_at = None if compared_at is None or state.unnamed else sortable_instant(compared_at)
        self._plain: set[int] = set()
        self._changed: set[str] = set()
        """What is plain to be new or changed, and which records of it were there before."""
        self._apart: dict[int, int] = {}
        """Keys that were taken from the sketch of the listing, with how often."""
        self._source = source
        self._sample = frozenset(ledger.sample)

    def note(self, part: Part) -> None:
        """Takes the records of a page, and the histories that were read."""
        listed: dict[str, int] = {}
        for record in part.listed:
            key = listed[record.record_id] = present_key(record.record_id, listed_digest(record, self._source))
            self.valued += bool(record.current)
            if self._since is not None:
                self._note_plain(record, key, self._since)
            self.present.add(key)
            self.records.add(key)
            if record.entry_of:
                self._parents.add(record.entry_of)
            if record.record_id in self._sample:
                self.sampled[record.record_id] = record
        for item in part.histories:
            if self._is_unknown(item.record_id):
                if not item.values:
                    self._empty.append(item.record_id)
                    continue
                if item.record_id not in self.held:
                    self.doubtful.add(item.record_id)
                    continue
            mark = fingerprint_of(item)
            self._add_past(past_key(item.record_id, mark.stays, mark.past), item.record_id)
            if listed[item.record_id] != present_key(item.record_id, mark.current):
                self.doubtful.add(item.record_id)
        self.doubtful |= {error.record_id for error in part.invalid}

    def take_empty(self, differing: Collection[str]) -> None:
        """Decides what the empty histories of unknown slices say, once what is current is compared.

        Where neither side has a current value there was none before either, as far as anybody can tell. Should there be
        rows all the same, of a value that was cleared, they stay: none is deleted for an empty answer.
        """
        for record_id in self._empty:
            if record_id in differing:
                self.doubtful.add(record_id)
            else:
                self._add_past(past_key(record_id, 0, 0), record_id)

    def _add_past(self, key: int, record_id: str) -> None:
        self.past[slice_of(record_id)].add(key)
        self.histories.add(key)

    def _note_plain(self, record: ListedRecord, key: int, since: str) -> None:
        if max(record.created_at, record.current_from or "") >= since:
            self._plain.add(key)
            if record.created_at < since:
                self._changed.add(record.record_id)

    def differing(
        self, ours: Sketch, histories_of: Callable[[Sequence[str]], Iterable[AttributeHistory]]
    ) -> dict[str, dict[int, int]] | None:
        """What ours holds more or less often than is listed, record by record; None if it is too much to be named."""
        found = self._differing(ours)
        if found is None and self._plain:
            for key in self._plain:
                self._set_apart(key, 1)
            found = self._differing(ours)
        if found is None and self._changed:
            # What ours holds of these is what they were before.
            for item in histories_of(sorted(self._changed)):
                before = fingerprint_before(stays_of(item), self._since or "", item.entry_of)
                self._set_apart(present_key(item.record_id, before.current), -1)
            found = self._differing(ours)
        # Where most is empty, to read all of it would take as long as to deliver everything anew.
        if found is None and self._compared_at and len(self.records) < 2 * self.valued:
            empty = dict(self.records.where(lambda key: is_nothing(current_of(key), of_entry=self._source.parent.is_list)))
            self._set_cleared_apart(empty, histories_of(sorted(empty)), self._compared_at)
            found = self._differing(ours)
        return found

    def _set_cleared_apart(self, empty: Mapping[str, int], histories: Iterable[AttributeHistory], since: str) -> None:
        """What had a value at that instant and has none now: ours holds the last one that it had."""
        for item in histories:
            stays = stays_of(item)
            ends = [s.until for s in stays]
            key = empty[item.record_id]
            if ends and all(ends) and max(ends) >= since and key not in self._plain:
                self._set_apart(key, 1)
                before = fingerprint_before(stays, max(ends), item.entry_of)
                self._set_apart(present_key(item.record_id, before.current), -1)

    def _differing(self, ours: Sketch) -> dict[str, dict[int, int]] | None:
        if (found := what_differs(ours, self.present)) is None:
            return None
        for key, times in self._apart.items():
            found[key] = found.get(key, 0) - times
        return differences({key: times for key, times in found.items() if times}, PRESENT)

    def past_differences(self, ledger: Ledger) -> dict[str, dict[int, int]]:
        """What differs in the slices that were read; one of which too much does is unknown from now on."""
        found: dict[str, dict[int, int]] = {}
        for number, theirs in self.past.items():
            ours = ledger.past[number]
            decoded = what_differs(ours, theirs) if ours else None
            if decoded is None:
                ledger.past[number] = None
            else:
                found |= differences(decoded, PAST)
        return found

    def complete(self) -> None:
        """Puts back what was set apart."""
        for key, times in self._apart.items():
            self.present.add(key, times)

    def _set_apart(self, key: int, times: int) -> None:
        self.present.add(key, -times)
        self._apart[key] = self._apart.get(key, 0) + times

    def there(self, slices: Collection[int]) -> set[str]:
        """The records of these slices that were listed."""
        return {r for r, _ in self.records.where(lambda _: True) if slice_of(r) in slices}

    def _is_unknown(self, record_id: str) -> bool:
        """Whether nothing is known of the slice of a record: an empty history must not replace what may be there."""
        return slice_of(record_id) in self.unknown

    def entries(self, record_ids: Iterable[str]) -> dict[str, EntryOf]:
        """What those of these entries that were listed are about."""
        if not self._source.parent.is_list:
            return {}
        return {record_id: self._parents.at(place) for record_id, place in self.records.places(record_ids)}


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
