"""Compares what the destination holds (the ledger) with what Attio lists, and mends the difference.

It finds what no filter can: deleted and merged records, cleared statuses, values that became visible late or with an old
date, rewritten histories, and whatever else was missed for whatever reason. The ledger's sketch less the sketch of a
listing of everything names the records that differ; each is read again by its id, and only then written or deleted. The
ledger moves with every row: a reconciliation that is killed anywhere has done a part of its work, the next one the rest.
"""

from collections.abc import Iterable
from enum import Enum, auto

from attio_sync import logs
from attio_sync.attio_types import AttributeHistory
from attio_sync.comparison import Differing, Listed, grown, what_differs
from attio_sync.delivery import ENOUGH_TO_JUDGE, Delivery
from attio_sync.errors import ContractChangedError
from attio_sync.fingerprint import (
    NOTHING_CURRENT,
    Fingerprint,
    fingerprint_with_current,
    stays_of,
)
from attio_sync.ledger import SLICES, Differences, Ledger, differences, past_key, slice_of
from attio_sync.reader import Reader
from attio_sync.report import counted
from attio_sync.settings import TrackedHistory
from attio_sync.sketch import Sketch

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

    def run(self) -> Outcome:
        """Makes the destination equal to Attio, as far as the listing and the histories of the slices tell."""
        listed = Listed(self._ledger, self._slices, self._delivery.tracked)
        with self._reader.listing(self._history, lambda record: slice_of(record.record_id) in self._slices) as pages:
            for page in pages:
                listed.note(page)
                self._delivery.judge(self._history, len(page.histories), page.invalid)
                self._delivery.checkpoint_if_overdue()
        decoded = what_differs(self._ledger.present, listed.present)
        if decoded is None:
            return self._start_over_if_certain(listed)
        present, past = differences(decoded), self._past_differences(listed)
        ids = {*present, *past, *self._invalid}
        differing = Differing(present, past, listed.records.which_of(ids), listed.histories.which_of(ids))
        lost = ids - differing.listed
        missing = max(len(lost & present.keys()), self._ledger.records - len(listed.records))
        is_doubtful = self._is_doubtful(missing)
        self._delivery.judge(self._history, len(listed.records))
        self._mend(differing, ids - lost if is_doubtful else ids)
        self._grow(listed)
        self._ledger.guesses = 0
        self._delivery.report.reconciled += 1
        return Outcome.DOUBTED if is_doubtful else Outcome.DONE

    @property
    def _ledger(self) -> Ledger:
        return self._delivery.ledger(self._history)

    @property
    def _invalid(self) -> Iterable[str]:
        return self._delivery.state.of(self._history).invalid

    def _is_doubtful(self, missing: int) -> bool:
        """Whether the records that a listing lacks are to stay for now."""
        records = self._ledger.records
        if missing and not self._sees_everything:
            self._delivery.warn(
                f"{counted(missing, 'record')} of {self._history.parent} cannot be seen any more, but the token sees only "
                "what one member may see: nothing is deleted. Make a token of the workspace, in Attio under Workspace "
                "settings → Developers"
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

    def _past_differences(self, listed: Listed) -> Differences:
        found: Differences = {}
        for number in sorted(self._slices):
            ours, theirs = self._ledger.past[number], listed.past.get(number)
            decoded = None if ours is None or theirs is None else what_differs(ours, theirs)
            if decoded is None:
                self._write_slice_anew(number, listed)
            else:
                found |= differences(decoded)
        return found

    def _write_slice_anew(self, number: int, listed: Listed) -> None:
        """A slice of which too much differs to name it, or of which nothing is known: all its histories are written."""
        logs.info(f"{self._history.parent}: all histories of slice {number + 1} of {SLICES} are written anew")
        ledger, delivery = self._ledger, self._delivery
        ledger.past[number] = None
        listed.past.pop(number, None)
        anew = Sketch(listed.slice_cells)
        with self._reader.listing(self._history, lambda record: slice_of(record.record_id) == number) as pages:
            for page in pages:
                for item in page.histories:
                    mark = delivery.write(self._history, item, None, surplus_to=ledger.most_stays(item.record_id))
                    anew.add(past_key(item.record_id, mark.stays, mark.past))
                    ledger.add_past(item.record_id, mark)  # how many stays it has; the slice itself is not there yet
                    listed.histories.add(item.record_id)
                delivery.checkpoint_if_due()
        ledger.past[number] = anew

    def _grow(self, listed: Listed) -> None:
        """Where the workspace has outgrown a sketch, takes the larger one of the listing, with what still differs."""
        ledger = self._ledger
        ledger.present = grown(ledger.present, listed.present)
        for number, theirs in listed.past.items():
            if (ours := ledger.past[number]) is not None:
                ledger.past[number] = grown(ours, theirs)

    def _mend(self, differing: Differing, ids: Iterable[str]) -> None:
        contradictory = 0
        valued = [record_id for record_id in ids if differing.had_a_value(record_id)]
        with self._reader.records(self._history, sorted(ids), valued) as pages:
            for page in pages:
                self._delivery.judge(self._history, 0, page.invalid)
                for item in page.histories:
                    self._deliver(differing, item)
                for record_id in page.gone:
                    # What Attio has just listed and says is gone may be either; the next listing tells.
                    contradictory += record_id in differing.listed
                    if record_id not in differing.listed:
                        self._remove(differing, record_id)
                self._delivery.write_invalid(self._history, page.invalid)
                self._delivery.checkpoint_if_due()
        if contradictory:
            logs.info(
                f"{counted(contradictory, 'record')} of {self._history.parent} listed and not found: nothing is deleted"
            )

    def _deliver(self, differing: Differing, item: AttributeHistory) -> None:
        ledger, record_id = self._ledger, item.record_id
        present, past = differing.present.get(record_id, []), differing.past.get(record_id, [])
        before, surplus_to = self._before(item, differing)
        mark = self._delivery.write(self._history, item, before, surplus_to=surplus_to)
        ledger.note_stays(record_id, mark.stays)
        ledger.settle_present(record_id, present)
        if record_id not in differing.listed:
            ledger.add_present(record_id, mark)
        if slice_of(record_id) in self._slices:
            ledger.settle_past(record_id, past)
            if record_id not in differing.read:
                ledger.add_past(record_id, mark)
        elif before != mark:
            ledger.add_past(record_id, mark)
            if before is not None:
                ledger.take_out_past(record_id, before)

    def _before(self, item: AttributeHistory, differing: Differing) -> tuple[Fingerprint | None, int]:
        """What the destination holds of a record, if that is certain enough, and how many stays at most."""
        record_id = item.record_id
        most = self._ledger.most_stays(record_id)
        if slice_of(record_id) in self._slices:
            held = [d for d in differing.past.get(record_id, ()) if d.times > 0]
            if len(held) == 1:
                return Fingerprint(NOTHING_CURRENT, held[0].stays, held[0].digest), held[0].stays
            return None, max((d.stays for d in held), default=0)
        held = [d for d in differing.present.get(record_id, ()) if d.times > 0]
        if not held and record_id in differing.present:
            return None, 0
        if len(held) == 1 and held[0].digest != NOTHING_CURRENT:
            known = fingerprint_with_current(stays_of(item), held[0].digest)
            return known, 0 if known else most
        return None, most

    def _remove(self, differing: Differing, record_id: str) -> None:
        ledger = self._ledger
        present, past = differing.present.get(record_id, []), differing.past.get(record_id, [])
        if any(d.times > 0 for d in present):
            # In a slice that was not read, nobody knows how many rows it has: at most as many as any of its group.
            stays = ledger.most_stays(record_id)
            self._delivery.remove(self._history, record_id, stays)
        self._delivery.reads_well(self._history, [record_id])
        ledger.settle_present(record_id, present)
        if slice_of(record_id) in self._slices:
            ledger.settle_past(record_id, past)

    def _start_over_if_certain(self, listed: Listed) -> Outcome:
        """More differs than can be named: that must be found twice, and no record that the listing lacks may be there."""
        self.unnamed = self._sees_everything
        if self._is_doubtful(self._ledger.records - len(listed.records)):
            return Outcome.DOUBTED
        if not self._sees_everything:
            self._delivery.warn(
                f"more records of {self._history.parent} differ than can be named, and the token sees only what one member "
                "may see: nothing is changed. Make a token of the workspace, in Attio under Workspace settings → Developers"
            )
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
        missing = set(self._ledger.sample) - listed.records.which_of(self._ledger.sample)
        with self._reader.records(self._history, sorted(missing), ()) as pages:
            there = [item.record_id for page in pages for item in page.histories]
        if there:
            self._delivery.warn(
                f"Attio leaves records of {self._history.parent} out of its listing that exist, such as {there[0]}. "
                "Nothing is deleted; what changes is delivered as ever. Ask Attio's support if this goes on"
            )
            return Outcome.DOUBTED
        return Outcome.STARTED_OVER
