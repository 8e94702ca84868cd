"""Pure: what Attio lists, as sketches, and how it differs from the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass

from attio_sync.fingerprint import NOTHING_CURRENT, fingerprint, listed_digest, stays_of
from attio_sync.ledger import Differences, Ledger, cells_for, past_key, present_key, slice_of
from attio_sync.pages import HistoryPage
from attio_sync.sketch import Sketch


class Ids:
    """Many record ids in little room."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes) // 16

    def add(self, record_id: str) -> None:
        """Takes one more."""
        self._bytes += _bytes_of(record_id)

    def which_of(self, record_ids: Iterable[str]) -> set[str]:
        """Those that are among them."""
        wanted = {_bytes_of(record_id): record_id for record_id in record_ids}
        places = range(0, len(self._bytes), 16) if wanted else ()
        return {wanted[one] for i in places if (one := bytes(self._bytes[i : i + 16])) in wanted}


def _bytes_of(record_id: str) -> bytes:
    return bytes.fromhex(record_id.replace("-", ""))  # in a fifth of the time that UUID takes


class Listed:
    """What Attio holds: the sketches of a listing and of the histories of some slices, and whose they are."""

    def __init__(self, ledger: Ledger, slices: Iterable[int], histories: int) -> None:
        # As large as the records need by now; folded to the size of the ledger's where they are compared.
        cells, slice_cells = cells_for(ledger.records, histories)
        self.present = Sketch(max(cells, ledger.present.cells))
        known = {i: past for i in slices if (past := ledger.past[i]) is not None}
        self.past = {i: Sketch(max(slice_cells, past.cells)) for i, past in known.items()}
        self.slice_cells = slice_cells
        self.records = Ids()
        self.histories = Ids()
        self.valued = 0

    def note(self, page: HistoryPage) -> None:
        """Takes the records of a page, and the histories that were read."""
        for record in page.listed:
            self.valued += bool(record.current)
            self.present.add(present_key(record.record_id, listed_digest(record.current)))
            self.records.add(record.record_id)
        for item in page.histories:
            if (past := self.past.get(slice_of(item.record_id))) is not None:
                mark = fingerprint(stays_of(item))
                past.add(past_key(item.record_id, mark.stays, mark.past))
                self.histories.add(item.record_id)


@dataclass(slots=True)
class Differing:
    """The records that differ, in `present` and in the slices of `past` that were read.

    `listed` are those of them that Attio listed, `read` those whose histories were read with their slice.
    """

    present: Differences
    past: Differences
    listed: set[str]
    read: set[str]

    def had_a_value(self, record_id: str) -> bool:
        """Whether the destination holds a value of the record."""
        return any(d.times > 0 and d.digest != NOTHING_CURRENT for d in self.present.get(record_id, ())) or any(
            d.times > 0 and d.stays for d in self.past.get(record_id, ())
        )


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
