"""What is listed, page by page: of a window the rows, then the cursor, then a checkpoint if one is due."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

from attio_sync.attio_types.records import ListedRecord
from attio_sync.attio_types.timestamps import nanoseconds, parse_timestamp, sortable_instant
from attio_sync.delivery import Delivery
from attio_sync.fingerprints import Fingerprint, fingerprint_before, listed_digest
from attio_sync.histories import Stay, is_unbroken, stays_of
from attio_sync.ledger import Known
from attio_sync.pages import Part
from attio_sync.reader import Reader, readable
from attio_sync.reconcile import Reconciliation
from attio_sync.sources import Source
from attio_sync.state import SourceState, Window


class Windows:
    """Delivers or compares what a listing brings, for one source or for several of one parent.

    `failing_alone` is the context in which what goes wrong with a source is that source's alone; `alive` says which of
    some sources have not failed.
    """

    def __init__(
        self,
        delivery: Delivery,
        reader: Reader,
        failing_alone: Callable[[Source], AbstractContextManager[None]],
        alive: Callable[[Sequence[Source]], list[Source]],
    ) -> None:
        self._delivery = delivery
        self._reader = reader
        self._environment = delivery.environment
        self._failing_alone = failing_alone
        self._alive = alive

    def _state(self, source: Source) -> SourceState:
        return self._delivery.state.of(source)

    def deliver(self, sources: Sequence[Source], window: Window, until: float) -> bool:
        """One window: page by page rows, then cursor, then a checkpoint if one is due. False if the turn is over."""
        states = [self._state(s) for s in sources]
        is_rest = window.before is not None
        has_turns = (is_rest or window.since is None) and len(self._delivery.sources) > 1
        thorough = is_rest or any(s.short_pages or s.last_sync is None for s in states)
        wants = {s: self._wants(s, window) for s in sources}
        with self._reader.window(sources, window, lambda s, record: wants[s](record), thorough=thorough) as pages:
            for page in pages:
                # What is remembered depends on when the window ends.
                window = self._move(sources, _as_fresh_as(window, page.accurate_at))
                for source in self._alive(sources):
                    with self._failing_alone(source):
                        self._write(source, readable(page.parts[source]), is_rest=is_rest)
                window = self._move(sources, replace(window, cursor=page.cursor))
                self._delivery.checkpoint_if_due()
                if not self._alive(sources):
                    return True
                if has_turns and self._environment.monotonic() > until:
                    return False
        window = _as_fresh_as(window, self._reader.client.accurate_at)
        for source in self._alive(sources):
            self._finish(source, window)
        return True

    def compare(self, comparisons: Sequence[Reconciliation]) -> None:
        """One listing of a parent for all of its sources; one that cannot be read keeps none of the others."""
        by_source = {c.source: c for c in comparisons}
        sources = list(by_source)
        with self._reader.listing(sources, lambda s, record: by_source[s].wants(record.record_id)) as pages:
            for page in pages:
                for source in self._alive(sources):
                    with self._failing_alone(source):
                        by_source[source].note(readable(page.parts[source]))
                self._delivery.checkpoint_if_due()

    def _finish(self, source: Source, window: Window) -> None:
        """Behind a window that is delivered."""
        was, is_rest = self._state(source), window.before is not None
        state = replace(was, backfill=None) if is_rest else replace(was, under_way=None)
        # Only a listing of everything tells that Attio lists as it should again.
        state = replace(state, short_pages=was.short_pages or self._reader.saw_short_pages)
        if not is_rest:
            reached = min(max(window.started_at, was.last_sync or window.started_at), self._environment.now())
            state = replace(state, last_sync=reached)
            if was.last_sync is None:
                rest = None if window.since is None else Window(None, window.started_at, before=window.since)
                state = replace(state, backfill=rest, reconciled_at=reached, rechecked_at=reached)
        self._delivery.finish_window(source, state)

    def _move(self, sources: Sequence[Source], window: Window) -> Window:
        """Notes how far a window has come."""
        for source in self._alive(sources):
            state = self._state(source)
            state = replace(state, backfill=window) if window.before else replace(state, under_way=window)
            self._delivery.put(source, state)
        return window

    def _wants(self, source: Source, window: Window) -> Callable[[ListedRecord], bool]:
        """Whether a listed record is new to this window."""
        since = None if window.since is None else sortable_instant(window.since)
        before = None if window.before is None else sortable_instant(window.before)
        ledger, invalid = self._delivery.ledger(source), self._state(source).invalid
        completed = self._state(source).last_sync
        if completed and completed > self._environment.now():
            completed = None  # by a clock that was wrong
        last_sync = None if completed is None else sortable_instant(completed)

        def wants(record: ListedRecord) -> bool:  # noqa: PLR0911 (a reason each)
            began = record.current_from
            if since is None and before is None:
                return True
            if before and last_sync and began is not None and before <= began < last_sync:
                return False  # delivered with what changed lately
            if since is not None and (not record.current or (began is not None and began < since)):
                return False  # a filter coarser than asked for let it through
            known = ledger.recent.get(record.record_id)
            if known is not None:
                return known.fingerprint.current != listed_digest(record, source)
            # What is not remembered was delivered only if a window that is finished has seen it.
            if since is None or completed is None or began is None:
                return True
            if record.record_id in invalid and last_sync:
                return began >= last_sync
            return nanoseconds(parse_timestamp(began)) >= min(ledger.recent_since, nanoseconds(completed))

        return wants

    def _write(self, source: Source, part: Part, *, is_rest: bool) -> None:
        self._delivery.judge(source, len(part.histories), part.invalid)
        ledger, listed, state = self._delivery.ledger(source), {r.record_id: r for r in part.listed}, self._state(source)
        for item in part.histories:
            known, record, stays = ledger.recent.get(item.record_id), listed[item.record_id], stays_of(item)
            before = known.fingerprint if known else None if is_rest else self._guess(source, record, stays)
            # Before a first sync is finished, where one saw only a part, and of what could not be read, what a guess says
            # was there may not be there.
            is_certain = known is not None or (
                state.backfill is None
                and not state.blind
                and item.record_id not in state.invalid
                and is_unbroken(stays, record.created_at)
            )
            mark = self._delivery.write(source, item, before if is_certain else None)
            if mark != before:
                ledger.add(item.record_id, mark)
                # A guess may have taken out what was not there. Should that come back, nothing is taken out for it: so the
                # newest value that was ever added stays in, and no record is lost sight of.
                if before is not None and (known is None or _is_later(stays, known)):
                    ledger.take_out(item.record_id, before)
        self._delivery.reads_well(source, part.gone)
        self._delivery.write_invalid(source, part.invalid)

    def _guess(self, source: Source, listed: ListedRecord, stays: Sequence[Stay]) -> Fingerprint | None:
        """What is there of a record of which that is not known: what its history was at the last sync.

        None where nothing can be there, or where what was current then is so again, or still: it may have become visible
        late, and what would be taken out is what is about to be delivered.
        """
        state = self._state(source)
        last_sync, compared_at = state.last_sync, state.reconciled_at
        if last_sync is None:
            return None
        # What was delivered of the buffer is remembered: of a record that is not, nothing was.
        instant = sortable_instant(self._delivery.remembered_since(source, last_sync))
        if listed.created_at >= instant:
            return None
        before = fingerprint_before(stays, instant, listed.entry_of)
        # Without a value it was delivered only if everything has been listed since it was created.
        is_compared = state.backfill is None and compared_at and listed.created_at < sortable_instant(compared_at)
        if not before.stays and not is_compared:
            return None
        self._delivery.ledger(source).guesses += 1
        return before if any(s.began >= instant and not s.until for s in stays) else None


def _as_fresh_as(window: Window, accurate_at: datetime | None) -> Window:
    """A window that ends no later than what a listing says of itself."""
    return window if accurate_at is None else replace(window, started_at=min(window.started_at, accurate_at))


def _is_later(stays: Sequence[Stay], known: Known) -> bool:
    """Whether there is a current value, and one that began later than the newest stay that is known."""
    return any(nanoseconds(parse_timestamp(s.began)) > known.began for s in stays if not s.until)
