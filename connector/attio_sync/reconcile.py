"""Compares what the destination holds (the ledger) with what Attio lists, and mends the difference.

It finds what no filter can: deleted and merged records, cleared statuses, values that became visible late or with an old
date, rewritten histories, and whatever else was missed for whatever reason. The ledger's sketch less the sketch of a
listing of everything names the records that differ; each is read again by its id, and only then written or deleted. The
ledger moves with every row: a reconciliation that is killed anywhere has done a part of its work, the next one the rest.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from enum import Enum, auto

from attio_sync.comparison import Listed, Side, grown
from attio_sync.delivery import ENOUGH_TO_JUDGE, Delivery
from attio_sync.errors import ContractChangedError
from attio_sync.fingerprints import Fingerprint, fingerprint_of, fingerprint_with_current, is_nothing, listed_digest
from attio_sync.histories import AttributeHistory, differing_field, stays_of
from attio_sync.ledger import (
    MOST_OVERWRITTEN,
    NAMEABLE,
    Held,
    Ledger,
    cells_for,
    current_of,
    past_key,
    past_of,
    present_key,
    slice_of,
)
from attio_sync.pages import Part
from attio_sync.reader import Reader
from attio_sync.runtime import counted
from attio_sync.schedule import Recheck
from attio_sync.sources import Source

log = logging.getLogger(__name__)

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
    """One reconciliation of one source, which reads the histories of some slices again besides, if a `recheck` is due.

    `sees_everything` is false for a token that sees only what one member may see: then nothing is deleted. What was
    doubted is believed at the next one that is scheduled, so that Attio has the time to show something else.
    """

    def __init__(
        self, delivery: Delivery, source: Source, reader: Reader, recheck: Recheck | None, *, sees_everything: bool
    ) -> None:
        self.source = source
        self.recheck = recheck
        self.missing = 0
        """So many records were gone that it is not believed at once; 0 if it is."""
        self.unnamed = False
        """Whether more differed than can be named, and that was not for want of sight."""
        self._scheduled = recheck is not None
        self._delivery = delivery
        self._reader = reader
        self._due = recheck.slices if recheck else frozenset[int]()
        self._unread: set[str] = set()
        """Records that were to be read again and could not."""
        self.unknown_slices: frozenset[int] = frozenset()
        """Slices that were to be read and of which nothing is known, once it is known which records are there."""
        self._sees_everything = sees_everything
        self._present = self._past = Side({}, {})
        # Not yet those of which nothing is known.
        self._list(frozenset(i for i in self._due if self._ledger.past[i]))

    def begin_unknown(self) -> None:
        """Before another listing, for the slices that are unknown: what is written of those the ledger has to know of."""
        there = self._listed.there(self.unknown_slices) - self._unread
        self._list(self.unknown_slices)
        self._listed.held = there

    def _list(self, slices: frozenset[int]) -> None:
        """Before a listing: nothing is known of what Attio holds; the histories of these slices are to be read."""
        self._slices = slices
        state = self._delivery.state.of(self.source)
        self._listed = Listed(self.source, state, self._ledger, slices, self._delivery.tracked)

    def wants(self, record_id: str) -> bool:
        """Whether the history of a record is to be read with the listing."""
        return slice_of(record_id) in self._slices

    def note(self, part: Part) -> None:
        """Takes what a page brings; of slices of which nothing is known, the histories are written."""
        listed, delivery = self._listed, self._delivery
        listed.note(part)
        delivery.judge(self.source, len(part.histories), part.invalid)
        for item in part.histories:
            if item.values and item.record_id in listed.held:
                delivery.write(self.source, item, None, surplus_to=self._ledger.most_stays(item.record_id))

    def finish(self) -> Outcome:
        """Behind the listing: makes the destination equal to Attio, as far as that and the histories of the slices tell."""
        ledger, listed = self._ledger, self._listed
        for number in listed.unknown:
            ledger.past[number] = listed.past[number]  # one sketch from now on, in which nothing differs
        present = listed.differing(ledger.present, self._histories_of)
        listed.take_empty(present or ())
        if present is None:
            return self._start_over_if_certain(listed)
        past = listed.past_differences(ledger)
        ids = {*present, *past, *listed.doubtful, *self._delivery.state.of(self.source).invalid}
        self._present = Side(present, listed.records.of(ids))
        self._past = Side(past, listed.histories.of(ids))
        lost = ids - self._present.shown.keys()
        missing = max(len(lost & present.keys()), ledger.records - len(listed.records))
        is_doubtful = self._is_doubtful(missing)
        self._delivery.judge(self.source, len(listed.records))
        self._mend(listed, ids - lost if is_doubtful else ids)
        # Where the workspace has outgrown a sketch, the larger one of the listing takes its place.
        listed.complete()
        ledger.present = grown(ledger.present, listed.present)
        ledger.past = [ours and grown(ours, listed.past.get(i, ours)) for i, ours in enumerate(ledger.past)]
        ledger.guesses = 0
        ledger.overwritten = {r for r in ledger.overwritten if slice_of(r) not in self._slices}
        self.unknown_slices = frozenset(i for i in self._due if ledger.past[i] is None)
        return Outcome.DOUBTED if is_doubtful else Outcome.DONE

    @property
    def _ledger(self) -> Ledger:
        return self._delivery.ledger(self.source)

    def _is_doubtful(self, missing: int, *, can_be_named: bool = True) -> bool:
        """Whether the records that a listing lacks are to stay for now."""
        records = self._ledger.records
        if not self._sees_everything and (missing or not can_be_named):
            what = "cannot be seen any more" if missing else "differ, more than can be named"
            self._delivery.warn(
                f"{counted(missing, 'record') if missing else 'Records'} of {self.source.parent} {what}, but the token "
                "sees only what one member may see: nothing is deleted. Make a token of the workspace, in Attio under "
                "Workspace settings → Developers"
            )
            return True
        before = self._delivery.state.of(self.source).missing
        again = self._scheduled and missing <= before * ABOUT_AS_MANY
        if records < ENOUGH_TO_JUDGE or missing <= records * MASS_SHARE or again:
            return False
        self.missing = missing if self._scheduled or not before else before
        if before and not self._scheduled:
            return True
        self._delivery.warn(
            f"Attio no longer lists {missing:,} of {records:,} records of {self.source.parent}. Nothing is deleted now; "
            "if the next reconciliation finds the same, they are. Check the token and what it may see, if they still exist"
        )
        return True

    def _histories_of(self, record_ids: Sequence[str]) -> Iterator[AttributeHistory]:
        """The histories of these records, by their ids."""
        with self._reader.records(self.source, record_ids, (), self._listed.entries(record_ids)) as pages:
            for page in pages:
                yield from page.histories

    def _mend(self, listed: Listed, ids: Collection[str]) -> None:
        otherwise: dict[str, str] = {}
        entries = listed.entries(ids)
        self._unread = set(ids)
        with self._reader.records(self.source, sorted(ids), filter(self._had_a_value, ids), entries) as pages:
            for page in pages:
                self._delivery.judge(self.source, 0, page.invalid)
                for item in page.histories:
                    self._unread.discard(item.record_id)
                    current = present_key(item.record_id, self._deliver(item).current)
                    if self._present.shown.get(item.record_id, current) != current:
                        otherwise[item.record_id] = differing_field(listed.sampled.get(item.record_id), item)
                for record_id in page.gone:
                    # What Attio has just listed and says is gone may be either; the next listing tells.
                    if record_id in self._present.shown:
                        otherwise[record_id] = "not found"
                    else:
                        self._remove(record_id)
                self._delivery.write_invalid(self.source, page.invalid, again=self._scheduled)
                self._delivery.checkpoint_if_due()
        if otherwise:
            record_id = min(otherwise, key=lambda r: (r not in listed.sampled, r))
            say = log.info if len(otherwise) < ENOUGH_TO_JUDGE else self._delivery.warn
            say(
                f"Attio lists {counted(len(otherwise), 'record')} of {self.source.parent} otherwise than it shows them "
                f"by their ids, such as record {record_id}: {otherwise[record_id]}. What it shows by the id is delivered, "
                "none is deleted, and each comparison reads them again until both agree"
            )

    def _had_a_value(self, record_id: str) -> bool:
        """Whether the destination holds a value of the record, or may have held one."""
        present, past = self._present.held(record_id), self._past.held(record_id)
        digests = {current_of(key) for key, times in present.items() if times > 0}
        of_entry = self.source.parent.is_list
        had_one = not all(is_nothing(digest, of_entry=of_entry) for digest in digests)
        if digests and slice_of(record_id) not in self._slices - self._listed.unknown and (had_one or not of_entry):
            return True  # cleared, perhaps: what it had before was not compared
        return had_one or any(times > 0 and past_of(key)[0] for key, times in past.items())

    def _deliver(self, item: AttributeHistory) -> Fingerprint:
        """Writes what differs; the ledger then says of the record what was written, whatever the listing showed."""
        ledger, record_id = self._ledger, item.record_id
        present, past = self._present.held(record_id), self._past.held(record_id)
        before, surplus_to = self._before(item, present, past)
        if not self._is_known(record_id):
            past = {past_key(record_id, before.stays, before.past): 1} if before else {}
            if present and not before:
                ledger.note_overwritten(record_id, MOST_OVERWRITTEN // self._delivery.tracked)
        mark = self._delivery.write(self.source, item, before, surplus_to=surplus_to)
        ledger.settle(record_id, present, past)
        ledger.add(record_id, mark)
        return mark

    def _before(self, item: AttributeHistory, present: Held, past: Held) -> tuple[Fingerprint | None, int]:
        """What the destination holds of a record, if that is certain enough, and how many stays it may hold besides."""
        ledger, is_known = self._ledger, self._is_known(item.record_id)
        if written := ledger.written_over(item.record_id):
            return written, 0
        if not present:
            return None, max((past_of(key)[0] for key in past), default=0)
        most = ledger.most_stays(item.record_id)
        # A guess can have taken from a slice what a removal left there, though the rows are gone: `present` still tells.
        if list(present.values()) != [1] or (is_known and list(past.values()) != [1]):
            return None, most
        digest = current_of(*present)
        if is_known:  # and if no stay is known to be there, some may be all the same
            before = Fingerprint(digest, *past_of(*past))
            return before, 0 if before.stays else most
        # Of several values at a time, one may have come and gone and left the others as they were.
        is_telling = not (self.source.is_multiple or is_nothing(digest, of_entry=self.source.parent.is_list))
        was = fingerprint_with_current(stays_of(item), digest, item.entry_of) if is_telling else None
        return was, 0 if was else most

    def _is_known(self, record_id: str) -> bool:
        """Whether the past that the destination holds of a record was compared."""
        number = slice_of(record_id)
        return number in self._slices and self._ledger.past[number] is not None

    def _remove(self, record_id: str) -> None:
        present, past = self._present.held(record_id), self._past.held(record_id)
        # A wrong guess can have taken it out of `present`; then it took out of `past` what was not there.
        if any(times > 0 for times in present.values()) or any(times < 0 for times in past.values()):
            # However many rows it has: at most as many as any of its group ever had.
            self._delivery.remove(self.source, record_id, self._ledger.most_stays(record_id))
        self._delivery.reads_well(self.source, [record_id])
        self._ledger.settle(record_id, present, past)

    def _start_over_if_certain(self, listed: Listed) -> Outcome:
        """More differs than can be named: that must be found twice, and no record that the listing lacks may be there."""
        self.unnamed = self._sees_everything
        self._ledger.guesses = 0  # another look at once would find the same
        if self._is_doubtful(self._ledger.records - len(listed.records), can_be_named=False):
            return Outcome.DOUBTED
        if not self._delivery.state.of(self.source).unnamed:
            log.info(f"more records of {self.source.parent} differ than can be named; the next sync looks again")
            return Outcome.TOO_MUCH
        if not listed.valued and len(listed.records) >= ENOUGH_TO_JUDGE:
            message = (
                f"Attio shows no value of {self.source.parent}.{self.source.attribute} for any of "
                f"{len(listed.records):,} records; check whether the workspace's plan no longer includes it. Nothing was "
                "changed"
            )
            raise ContractChangedError(message)
        sample = {item.record_id: item for item in self._histories_of(self._ledger.sample)}
        if unlisted := sample.keys() - listed.sampled.keys():
            self._delivery.warn(
                f"Attio leaves records of {self.source.parent} out of its listing that exist, such as {min(unlisted)}. "
                "Nothing is deleted; what changes is delivered as ever. Ask Attio's support if this goes on"
            )
            return Outcome.DOUBTED
        otherwise = [
            r for r, item in sample.items() if fingerprint_of(item).current != listed_digest(listed.sampled[r], self.source)
        ]
        cells, _ = cells_for(len(listed.records), self._delivery.tracked)
        # A record that differs has two keys. More than can be named would differ again once everything is delivered anew.
        if len(otherwise) > 1 and 2 * len(otherwise) / len(sample) * len(listed.records) > NAMEABLE * cells:
            record_id = otherwise[0]
            message = (
                f"Attio lists many records of {self.source.parent} otherwise than it shows them by their ids, such as "
                f"record {record_id}: {differing_field(listed.sampled[record_id], sample[record_id])}. To deliver "
                "everything anew would change nothing about that, so nothing was changed; what changes is delivered as "
                "ever. The connector must follow, or Attio's support can help"
            )
            raise ContractChangedError(message)
        return Outcome.STARTED_OVER
