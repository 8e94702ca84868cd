"""The loop of a sync: for each source what changed since the last one, then a comparison where one is due.

A first sync may take hours; all sources share Attio's limit. So it has turns, and between them the others are synced.
"""

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from attio_sync import schedule
from attio_sync.catalog import Catalog, Found
from attio_sync.client import AttioClient
from attio_sync.delivery import Delivery
from attio_sync.errors import SAME_FOR_ALL, AttioSyncError, ContractChangedError, ForbiddenError, GaveUpError, together
from attio_sync.reader import Reader
from attio_sync.reconcile import Outcome, Reconciliation
from attio_sync.runtime import Environment, Sink, SyncReport, held_open, open_portal
from attio_sync.settings import Settings
from attio_sync.small_tables import LISTS, OBJECTS, STATUSES, Definition, Place, definitions_for, deliver_definitions
from attio_sync.sources import Source
from attio_sync.state import SourceState, parse_state
from attio_sync.windows import Windows

log = logging.getLogger(__name__)

TURN_SECONDS = 600.0
"""How long a first sync goes on before the other sources are synced again."""


def run_sync(
    settings: Settings,
    state: Mapping[str, Any],
    sink: Sink,
    environment: Environment | None = None,
    found: Found | None = None,
) -> SyncReport:
    """Delivers everything that changed since the last sync, and compares everything where that is due.

    `found` are the sources, where they have been looked up before.

    Raises:
        AttioSyncError: the sync cannot go on; what it delivered before is checkpointed, and the next one goes on there.
    """
    environment = environment or Environment()
    report = SyncReport(settings.requests_per_second, looked_up=found.requests if found else 0)
    delivery = Delivery(settings, parse_state(state, log.warning), sink, environment, report)
    connection = AttioClient.connect(settings, environment.transport, environment.now)
    with open_portal(environment) as portal, held_open(portal, connection) as client:
        reader = Reader(portal, client, delivery)
        sync = _Sync(delivery, reader)
        try:
            sync.run(found)
        except AttioSyncError as error:
            delivery.checkpoint_what_is_delivered()
            if isinstance(error, GaveUpError):
                message = f"{error}. What came before is safe; the next sync goes on from there"
                raise together([GaveUpError(message), *sync.failures.values()]) from None
            raise
        finally:
            reader.count()
        delivery.checkpoint()
    log.info("sync done: %s", report.summary())
    return report


class _Sync:
    """One sync of all sources; one that fails keeps none of the others from being delivered."""

    def __init__(self, delivery: Delivery, reader: Reader) -> None:
        self._settings = delivery.settings
        self._delivery = delivery
        self._reader = reader
        self._environment = delivery.environment
        self._catalog = Catalog(reader.client)
        self.failures: dict[str, AttioSyncError] = {}
        self._windows = Windows(delivery, reader, self._failing_alone, self._alive)
        self._sees_everything = True
        self._seen: dict[str, str] = {}
        """Of which attribute the statuses of a place are that were read."""
        self._reconciled: set[Source] = set()
        self._looked_at: set[Source] = set()
        """Those that no second look is due to: listed for the first time, or found to differ too much, which is doubted."""
        self._unfinished: list[Source] = []
        """Those whose turn was over before all was delivered, and those to be delivered anew."""

    def run(self, found: Found | None) -> None:
        delivery = self._delivery
        identity = self._reader.answer_of(self._reader.client.fetch_self)
        self._sees_everything, is_first = identity.sees_everything, delivery.state.is_new
        delivery.state = schedule.of_this_workspace(delivery.state, identity)
        found = found or self._reader.answer_of(self._catalog.find, self._settings.history)
        self.failures |= found.failures
        before = delivery.state.sources
        delivery.start(found.sources, found.failures.keys())
        for sentence in schedule.left_behind(before, {*delivery.state.sources, *map(str, found.sources)}):
            log.info(sentence)
        for source in found.sources:
            with self._failing_alone(source):
                self._begin(source)
        is_due = is_first or any(self._recheck(s, self._environment.now()) for s in found.sources)
        if is_due and not self._sees_everything:
            delivery.warn(schedule.SEES_A_PART)
        # What is up to date takes least, so it comes first.
        self._deliver(sorted(found.sources, key=lambda s: self._state(s).last_sync is None), found.sources)
        # Those that are read daily are also read where they never were.
        daily = bool(self._reconciled) or not delivery.state.definitions.keys() & {OBJECTS.table, LISTS.table}
        small = definitions_for(found.sources, definitions=self._settings.definitions, daily=daily)
        # The statuses may say why the records of a source that was not looked up cannot be read.
        asked = [s for s in found.sources if isinstance(self.failures.get(s.name), ContractChangedError | None)]
        deliver_definitions(asked, identity, self._read_definitions, delivery, definitions=small)
        self._deliver([s for s in asked if self._is_another(s)], found.sources)
        if self.failures:
            raise together(self.failures.values())

    def _deliver(self, todo: Sequence[Source], sources: Sequence[Source]) -> None:
        while todo:
            groups = schedule.listed_together(self._alive(todo), self._state)
            self._unfinished = [s for group in groups if not self._advance(group) for s in group]
            self._compare([s for s in sources if s not in self._unfinished])
            if todo := self._unfinished:
                todo = [s for s in sources if s not in todo and s.type.is_filtered] + todo

    def _read_definitions(self, wanted: Sequence[tuple[Definition[Any], Place]]) -> list[list[Any] | None]:
        """Small tables as Attio lists them; None for one that cannot be read, which is that source's failure."""
        answers = self._reader.definitions(wanted)
        return [self._listed(*one, answer) for one, answer in zip(wanted, answers, strict=True)]

    def _listed(self, definition: Definition[Any], place: Place, answer: list[Any] | AttioSyncError) -> list[Any] | None:
        if isinstance(answer, SAME_FOR_ALL):
            raise answer
        if isinstance(answer, ForbiddenError) and definition.of in {"workspace", "parent"}:
            log.info(f"{definition.table} is left as it is: {answer}")
            return None
        if isinstance(answer, AttioSyncError):
            of_it = [s for s in self._delivery.sources if s.name == str(place)]
            failure = self._reader.answer_of(self._catalog.explained, of_it[0], answer) if of_it else answer
            self.failures.setdefault(str(place), failure)
            return None
        if definition is STATUSES and answer:
            self._seen[str(place)] = answer[0].attribute_id
        return answer

    def _state(self, source: Source) -> SourceState:
        return self._delivery.state.of(source)

    @contextmanager
    def _failing_alone(self, *sources: Source) -> Generator[None]:
        """What happens to one source happens to no other, unless it is the same for all."""
        try:
            yield
        except SAME_FOR_ALL:
            raise
        except AttioSyncError as error:
            for source in self._alive(sources):
                self.failures[source.name] = self._reader.answer_of(self._catalog.explained, source, error)

    def _alive(self, sources: Sequence[Source]) -> list[Source]:
        return [s for s in sources if s.name not in self.failures]

    def _begin(self, source: Source) -> None:
        state = self._state(source)
        if (reason := schedule.reason_to_start_over(source, state)) is not None:
            self._start_over(source, reason)
        else:
            self._note_what_it_is(source)

    def _start_over(self, source: Source, reason: str) -> None:
        schedule.check_that_all_is_seen(reason, sees_everything=self._sees_everything)
        if reason and not source.attribute_id:  # what is not there, or archived, raises here, and nothing is emptied
            source = self._reader.answer_of(self._catalog.known, source)
        self._delivery.start_over(source, reason)
        self._note_what_it_is(source)

    def _is_another(self, source: Source) -> bool:
        """Whether it turned out to be another attribute than it was, and is to be delivered anew."""
        with self._failing_alone(source):
            seen = self._seen.get(source.name)
            if seen and self._state(source).attribute_id not in {"", seen}:
                known = self._reader.answer_of(self._catalog.known, source)
                if known.attribute_id == seen:  # one answer alone empties nothing
                    self._start_over(known, schedule.is_another(known))
                    self.failures.pop(source.name, None)
                    return True
        return False

    def _note_what_it_is(self, source: Source) -> None:
        state = self._state(source)
        state = replace(state, kind=source.kind, attribute_id=source.attribute_id or state.attribute_id, away=None)
        self._delivery.put(source, replace(state, blind=state.blind or not self._sees_everything))

    def _advance(self, sources: Sequence[Source]) -> bool:
        """An earlier sync's window, a fresh one, and what a first sync leaves for later; false if a turn is too short."""
        first, until = sources[0], self._environment.monotonic() + TURN_SECONDS
        names = ", ".join(s.name for s in sources)
        self._reader.phase(names, "incremental", None)
        with self._failing_alone(*sources):
            window = self._state(first).under_way
            if self._state(first).last_sync is None and window is None:
                self._looked_at.update(sources)
            if window is not None:
                log.info("going on with %s where the last sync was interrupted", names)
                if not self._windows.deliver(sources, window, until):
                    return False
                if not (sources := self._alive(sources)):
                    return True
                first = sources[0]
            window = schedule.fresh_window(first, self._state(first), self._settings, self._environment.now())
            if window is not None:
                # A window ends by Attio's clock where that one is behind ours: `active_from` is Attio's time.
                lead = max(0.0, self._reader.client.clock_lead_seconds or 0.0)
                window = replace(window, started_at=window.started_at - timedelta(seconds=lead))
                if not self._windows.deliver(sources, window, until):
                    return False
            if (rest := self._state(first).backfill) is not None and self._alive(sources):
                log.info("%s: what changed lately is delivered; now everything older", first.parent)
                self._reader.phase(first.name, "everything older", None)
                return self._windows.deliver(sources, rest, until)
        return True

    def _compare(self, sources: Sequence[Source]) -> None:
        """What is due of these sources, those of one parent with one listing."""
        now = self._environment.now()
        rechecks = {s: self._recheck(s, now) for s in self._alive(sources)}
        due = [
            s
            for s, recheck in rechecks.items()
            if recheck
            or (s not in self._looked_at and schedule.is_compared_in_every_sync(s, self._state(s), self._settings))
        ]
        for _, of_parent in groupby(sorted(due, key=lambda s: str(s.parent)), key=lambda s: s.parent):
            compared = {s: rechecks[s] for s in of_parent}
            with self._failing_alone(*compared):
                self._compare_together(compared, now)

    def _compare_together(self, rechecks: Mapping[Source, schedule.Recheck | None], now: datetime) -> None:
        self._reconciled |= {s for s, recheck in rechecks.items() if recheck}
        comparisons = [
            Reconciliation(self._delivery, source, self._reader, recheck, sees_everything=self._sees_everything)
            for source, recheck in rechecks.items()
        ]
        names = ", ".join(s.name for s in rechecks)
        self._reader.phase(names, "comparing everything", max(self._delivery.ledger(s).records for s in rechecks))
        self._windows.compare(comparisons)
        while comparisons:  # none is kept: what differs after a large import takes much room
            comparison = comparisons.pop(0)
            with self._failing_alone(comparison.source):
                self._settle(comparison, now)

    def _recheck(self, source: Source, now: datetime) -> schedule.Recheck | None:
        """What is read again, where it is time, once in a sync; a look at what changed reads nothing again."""
        state = self._state(source)
        if source in self._reconciled or state.last_sync is None:
            return None
        is_due = schedule.reconciliation_is_due(state, self._settings, now)
        return schedule.recheck_due(state, self._settings, now) if is_due else None

    def _settle(self, comparison: Reconciliation, now: datetime) -> None:
        """Mends what a comparison found, and notes when it was."""
        source, recheck, short_pages = comparison.source, comparison.recheck, self._reader.saw_short_pages
        if not self._alive([source]):
            return
        outcome = comparison.finish()
        if outcome is Outcome.DONE and comparison.unknown_slices:
            log.info("%s: all histories of %s slices are written anew", source.name, len(comparison.unknown_slices))
            comparison.begin_unknown()
            self._windows.compare([comparison])
            if not self._alive([source]):
                return
            outcome = comparison.finish()
        if outcome is Outcome.STARTED_OVER:
            self._start_over(source, f"more records of {source.name} differ from what was delivered than can be named")
            self._unfinished.append(source)
            return
        if outcome is Outcome.TOO_MUCH:
            self._looked_at.add(source)
        self._delivery.report.reconciled += outcome is not Outcome.TOO_MUCH
        was = self._state(source)
        state = replace(was, missing=comparison.missing, unnamed=comparison.unnamed, short_pages=short_pages)
        if outcome is not Outcome.TOO_MUCH and recheck:
            state = replace(state, reconciled_at=now)
            # A listing that is doubted left out a part of the slices: they wait for the next one, not for another round.
            is_new_doubt = outcome is Outcome.DOUBTED and self._sees_everything and not (was.missing or was.unnamed)
            if not is_new_doubt:
                state = replace(state, rechecked_at=recheck.until, next_slice=recheck.next_slice)
        if outcome is Outcome.DONE:
            state = replace(state, blind=not self._sees_everything)
            if not source.type.is_filtered:
                reached = min(now, self._reader.client.accurate_at or now)
                state = replace(state, last_sync=max(state.last_sync or reached, reached))
        self._delivery.finish_window(source, state)
