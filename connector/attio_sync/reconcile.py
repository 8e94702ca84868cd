"""Compares what the destination holds (the ledger) with what Attio lists, and mends the difference.

It finds what no filter can: deleted and merged records, cleared statuses, values that became visible late or with an old
date, rewritten histories, and whatever else was missed for whatever reason. The ledger's sketch less the sketch of a
listing of everything names the records that differ; each is read again by its id, and only then written or deleted. The
ledger moves with every row: a reconciliation that is killed anywhere has done a part of its work, the next one the rest.
"""

from collections.abc import Collection
from enum import Enum, auto

from attio_sync import logs
from attio_sync.attio_types import AttributeHistory
from attio_sync.comparison import Listed, Side, differing_field, grown, what_differs
from attio_sync.delivery import ENOUGH_TO_JUDGE, Delivery
from attio_sync.errors import ContractChangedError
from attio_sync.fingerprint import (
    NOTHING_CURRENT,
    Fingerprint,
    fingerprint,
    fingerprint_with_current,
    listed_digest,
    stays_of,
)
from attio_sync.ledger import (
    NAMEABLE,
    SLICES,
    Held,
    Ledger,
    cells_for,
    differences,
    parts_of,
    past_key,
    present_key,
    slice_of,
)
from attio_sync.reader import Reader
from attio_sync.report import counted
from attio_sync.settings import TrackedHistory

MASS_SHARE = 0.2
"""If more than this share of the records is gone at once, the next reconciliation must find the same to be believed."""

ABOUT_AS_MANY = 1.25
"""How many times as many records may be gone the second time to count as the same."""


class Outcome(Enum):
    """How a reconciliation ended."""

    DONE = auto()
    DOUBTED = auto()
    """So much was gone that it is not believed at once; the next reconciliation will be."""
    TOO_MUCH = auto()
    """More differed than can be named; the next sync looks again."""
    STARTED_OVER = auto()
    """More differed than can be named: the tables are empty, and everything is to be delivered anew."""


class Reconciliation:
    """One reconciliation of one history, which reads the histories of these `slices` again besides.

    `sees_everything` is false for a token that sees only what one member may see: then nothing is deleted.
    """

    def __init__(
        self, delivery: Delivery, history: TrackedHistory, reader: Reader, slices: frozenset[int], *, sees_everything: bool
    ) -> None:
        self._delivery = delivery
        self._history = history
        self._reader = reader
        self._slices = slices
        self._sees_everything = sees_everything
        self.missing = 0
        """So many records were gone that it is not believed at once; 0 if it is."""
        self.unnamed = False
        """Whether more differed than can be named, and that was not for want of sight."""
        self._present = self._past = Side({}, {})
        self._unknown: set[int] = set()

    def run(self) -> Outcome:
        """Makes the destination equal to Attio, as far as the listing and the histories of the slices tell."""
        outcome = self._compare()
        unknown = {i for i in self._slices if self._ledger.past[i] is None}
        if outcome is Outcome.DONE and unknown:
            logs.info(f"{self._history.parent}: all histories of {len(unknown)} of {SLICES} slices are written anew")
            self._slices = frozenset(unknown)
            outcome = self._compare()
        if outcome in {Outcome.DONE, Outcome.DOUBTED}:
            self._delivery.report.reconciled += 1
        return outcome

    def _compare(self) -> Outcome:
        ledger, listed = self._ledger, self._read_everything()
        decoded = what_differs(ledger.present, listed.present)
        if decoded is None:
            return self._start_over_if_certain(listed)
        present, past = differences(decoded), self._past_differences(listed)
        ids = {*present, *past, *listed.doubtful, *self._delivery.state.of(self._history).invalid}
        self._present = Side(present, listed.records.of(ids))
        self._past = Side(past, listed.histories.of(ids))
        lost = ids - self._present.shown.keys()
        missing = max(len(lost & present.keys()), ledger.records - len(listed.records))
        is_doubtful = self._is_doubtful(missing)
        self._delivery.judge(self._history, len(listed.records))
        self._mend(listed, ids - lost if is_doubtful else ids)
        # Where the workspace has outgrown a sketch, the larger one of the listing takes its place.
        ledger.present = grown(ledger.present, listed.present)
        ledger.past = [ours and grown(ours, listed.past.get(i, ours)) for i, ours in enumerate(ledger.past)]
        ledger.guesses = 0
        return Outcome.DOUBTED if is_doubtful else Outcome.DONE

    def _read_everything(self) -> Listed:
        """Lists all records, reads the histories of the slices, and writes those of slices of which nothing is known."""
        ledger, delivery, history = self._ledger, self._delivery, self._history
        listed = Listed(ledger, self._slices, delivery.tracked)
        with self._reader.listing(history, lambda record: slice_of(record.record_id) in self._slices) as pages:
            for page in pages:
                listed.note(page)
                delivery.judge(history, len(page.histories), page.invalid)
                for item in page.histories:
                    if slice_of(item.record_id) in listed.unknown and listed.is_certain(item):
                        delivery.write(history, item, None, surplus_to=ledger.most_stays(item.record_id))
                delivery.checkpoint_if_due()
        self._unknown = listed.unknown
        for number in listed.unknown:
            ledger.past[number] = listed.past[number]
        return listed

    @property
    def _ledger(self) -> Ledger:
        return self._delivery.ledger(self._history)

    def _is_doubtful(self, missing: int, *, can_be_named: bool = True) -> bool:
        """Whether the records that a listing lacks are to stay for now."""
        records = self._ledger.records
        if not self._sees_everything and (missing or not can_be_named):
            what = "cannot be seen any more" if missing else "differ, more than can be named"
            self._delivery.warn(
                f"{counted(missing, 'record') if missing else 'Records'} of {self._history.parent} {what}, but the token "
                "sees only what one member may see: nothing is deleted. Make a token of the workspace, in Attio under "
                "Workspace settings → Developers"
            )
            return True
        again = missing <= self._delivery.state.of(self._history).missing * ABOUT_AS_MANY
        if records < ENOUGH_TO_JUDGE or missing <= records * MASS_SHARE or again:
            return False
        self.missing = missing
        self._delivery.warn(
            f"Attio no longer lists {missing:,} of {records:,} records of {self._history.parent}. Nothing is deleted now; "
            "if the next reconciliation finds the same, they are. Check the token and what it may see, if they still exist"
        )
        return True

    def _past_differences(self, listed: Listed) -> dict[str, dict[int, int]]:
        """What differs in the slices that were read; one of which too much does is unknown from now on."""
        found: dict[str, dict[int, int]] = {}
        for number, theirs in listed.past.items():
            ours = self._ledger.past[number]
            decoded = what_differs(ours, theirs) if ours else None
            if decoded is None:
                self._ledger.past[number] = None
            else:
                found |= differences(decoded)
        return found

    def _mend(self, listed: Listed, ids: Collection[str]) -> None:
        otherwise: dict[str, str] = {}
        with self._reader.records(self._history, sorted(ids), filter(self._had_a_value, ids)) as pages:
            for page in pages:
                self._delivery.judge(self._history, 0, page.invalid)
                for item in page.histories:
                    current = present_key(item.record_id, self._deliver(item).current)
                    if self._present.shown.get(item.record_id, current) != current:
                        otherwise[item.record_id] = differing_field(listed.sampled.get(item.record_id, ()), item)
                for record_id in page.gone:
                    # What Attio has just listed and says is gone may be either; the next listing tells.
                    if record_id in self._present.shown:
                        otherwise[record_id] = "not found"
                    else:
                        self._remove(record_id)
                self._delivery.write_invalid(self._history, page.invalid)
                self._delivery.checkpoint_if_due()
        if otherwise:
            record_id = min(otherwise, key=lambda r: (r not in listed.sampled, r))
            say = logs.info if len(otherwise) < ENOUGH_TO_JUDGE else self._delivery.warn
            say(
                f"Attio lists {counted(len(otherwise), 'record')} of {self._history.parent} otherwise than it shows them "
                f"by their ids, such as record {record_id}: {otherwise[record_id]}. What it shows by the id is delivered, "
                "none is deleted, and each comparison reads them again until both agree"
            )

    def _had_a_value(self, record_id: str) -> bool:
        """Whether the destination holds a value of the record."""
        present, past = self._present.held(record_id), self._past.held(record_id)
        digests = {parts_of(key)[1] for key, times in present.items() if times > 0}
        if digests and slice_of(record_id) not in self._slices - self._unknown:
            return True  # cleared, perhaps: what it had before was not compared
        return bool(digests - {NOTHING_CURRENT}) or any(times > 0 and parts_of(key)[0] for key, times in past.items())

    def _deliver(self, item: AttributeHistory) -> Fingerprint:
        """Writes what differs; the ledger then says of the record what was written, whatever the listing showed."""
        ledger, record_id = self._ledger, item.record_id
        past = self._past.held(record_id)
        before, surplus_to = self._before(item, past)
        mark = self._delivery.write(self._history, item, before, surplus_to=surplus_to)
        if not self._is_known(record_id) and before:
            past = {past_key(record_id, before.stays, before.past): 1}
        ledger.settle(record_id, self._present.held(record_id), past)
        ledger.add(record_id, mark)
        return mark

    def _before(self, item: AttributeHistory, past: Held) -> tuple[Fingerprint | None, int]:
        """What the destination holds of a record, if that is certain enough, and how many stays at most."""
        present, most = self._present.held(item.record_id), self._ledger.most_stays(item.record_id)
        if not present:
            return None, max((parts_of(key)[0] for key in past), default=0)
        held = past if self._is_known(item.record_id) else present
        if list(held.values()) != [1]:
            return None, most
        stays, digest = parts_of(*held)
        if held is past:
            return Fingerprint(NOTHING_CURRENT, stays, digest), 0
        known = None if digest == NOTHING_CURRENT else fingerprint_with_current(stays_of(item), digest)
        return known, 0 if known else most

    def _is_known(self, record_id: str) -> bool:
        """Whether the past that the destination holds of a record was compared."""
        number = slice_of(record_id)
        return number in self._slices and self._ledger.past[number] is not None

    def _remove(self, record_id: str) -> None:
        present = self._present.held(record_id)
        if any(times > 0 for times in present.values()):
            # In a slice that was not read, nobody knows how many rows it has: at most as many as any of its group.
            self._delivery.remove(self._history, record_id, self._ledger.most_stays(record_id))
        self._delivery.reads_well(self._history, [record_id])
        self._ledger.settle(record_id, present, self._past.held(record_id))

    def _start_over_if_certain(self, listed: Listed) -> Outcome:
        """More differs than can be named: that must be found twice, and no record that the listing lacks may be there."""
        self.unnamed = self._sees_everything
        self._ledger.guesses = 0  # another look at once would find the same
        if self._is_doubtful(self._ledger.records - len(listed.records), can_be_named=False):
            return Outcome.DOUBTED
        if not self._delivery.state.of(self._history).unnamed:
            logs.info(f"more records of {self._history.parent} differ than can be named; the next sync looks again")
            return Outcome.TOO_MUCH
        if not listed.valued and len(listed.records) >= ENOUGH_TO_JUDGE:
            message = (
                f"Attio shows no value of {self._history.parent}.{self._history.attribute} for any of "
                f"{len(listed.records):,} records; check whether the workspace's plan no longer includes it. Nothing was "
                "changed"
            )
            raise ContractChangedError(message)
        with self._reader.records(self._history, self._ledger.sample, ()) as pages:
            sample = {item.record_id: item for page in pages for item in page.histories}
        if unlisted := sample.keys() - listed.sampled.keys():
            self._delivery.warn(
                f"Attio leaves records of {self._history.parent} out of its listing that exist, such as {min(unlisted)}. "
                "Nothing is deleted; what changes is delivered as ever. Ask Attio's support if this goes on"
            )
            return Outcome.DOUBTED
        otherwise = [
            r for r, item in sample.items() if fingerprint(stays_of(item)).current != listed_digest(listed.sampled[r])
        ]
        cells, _ = cells_for(len(listed.records), self._delivery.tracked)
        # A record that differs has two keys. More than can be named would differ again once everything is delivered anew.
        if len(otherwise) > 1 and 2 * len(otherwise) / len(sample) * len(listed.records) > NAMEABLE * cells:
            record_id = otherwise[0]
            message = (
                f"Attio lists many records of {self._history.parent} otherwise than it shows them by their ids, such as "
                f"record {record_id}: {differing_field(listed.sampled[record_id], sample[record_id])}. To deliver "
                "everything anew would change nothing about that, so nothing was changed; what changes is delivered as "
                "ever. The connector must follow, or Attio's support can help"
            )
            raise ContractChangedError(message)
        return Outcome.STARTED_OVER
