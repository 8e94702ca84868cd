"""The full pass: reads everything again and makes the destination equal to Attio.

It finds what no filter can: deleted and merged records, cleared statuses, rewritten histories. Everything is read and
spooled to disk first; only then are the tables truncated and written anew. So a pass that fails while reading, or is
killed, changes nothing. From the first truncate on the state says `rewriting`: a sync that dies then is followed by one
that begins with another full pass, whatever the calendar says.
"""

import json
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import IO

from attio_sync import logs
from attio_sync.attio_types import AttributeHistory, parse_history
from attio_sync.attribute_fetcher import HistoryPage
from attio_sync.delivery import ENOUGH_TO_JUDGE, Delivery
from attio_sync.errors import ContractChangedError, InvalidValueError, SpoolError
from attio_sync.settings import TrackedHistory

RECORDS_AT_ONCE = 500

ROWS_WHILE_REWRITING = 10_000
"""No rate limit slows the rewriting down, so what the SDK's local run keeps in memory is bounded by checkpoints."""


class Spool:
    """Histories on disk, one line each, read back in the order they came."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def append(self, histories: Iterable[AttributeHistory]) -> None:
        """Adds histories.

        Raises:
            SpoolError: the disk is full or cannot be written.
        """
        with _room_on_disk():
            for history in histories:
                line = [history.record_id, history.read_at.isoformat(), history.raw]
                self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            # A full disk must show now, and not when what is buffered leaves: by then the tables are truncated.
            self._file.flush()

    def batches(self) -> Iterator[list[AttributeHistory]]:
        """All histories, some hundreds at a time."""
        self._file.seek(0)
        batch: list[AttributeHistory] = []
        for line in self._file:
            record_id, read_at, raw = json.loads(line)
            batch.append(parse_history(record_id, raw, datetime.fromisoformat(read_at)))
            if len(batch) == RECORDS_AT_ONCE:
                yield batch
                batch = []
        yield batch


@contextmanager
def open_spool() -> Generator[Spool]:
    """A spool in the temporary folder. The file has no name there, so nothing remains even if the process is killed."""
    with _room_on_disk():
        file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (closed below; closing must not hide a full disk)
    try:
        yield Spool(file)
    finally:
        with _room_on_disk():
            file.close()


def run_full_pass(delivery: Delivery, history: TrackedHistory, pages: Iterable[HistoryPage], started_at: datetime) -> None:
    """Reads all pages, then writes both tables of the history anew.

    Raises:
        SpoolError: no room on disk; nothing has been changed.
        ContractChangedError: what was read cannot be what Attio holds; nothing has been changed.
    """
    invalid: list[InvalidValueError] = []
    read = with_values = 0
    with open_spool() as spool:
        for page in pages:
            delivery.judge(page.histories, page.invalid)
            spool.append(page.histories)
            invalid += page.invalid
            read += len(page.histories)
            with_values += sum(bool(h.raw) for h in page.histories)
        if read >= ENOUGH_TO_JUDGE and not with_values:
            # Attio answers nothing at all where a plan does not include an attribute: that must not empty the tables.
            message = (
                f"Attio shows no value of {history.parent}.{history.attribute} for any of {read:,} records; check whether "
                "the workspace's plan still includes it. Nothing was changed"
            )
            raise ContractChangedError(message)
        logs.info(f"full pass over {history.parent}: everything is read, writing it anew")
        delivery.put(history, replace(delivery.state.of(history), rewriting=True))
        delivery.checkpoint()
        delivery.truncate(history)
        for batch in spool.batches():
            delivery.write(history, batch, [])
            delivery.checkpoint_if_due(ROWS_WHILE_REWRITING)
    delivery.replace_invalid(history, invalid)
    delivery.put(history, replace(delivery.state.of(history), rewriting=False, full_pass_at=started_at))
    delivery.checkpoint()
    delivery.report.full_passes += 1


@contextmanager
def _room_on_disk() -> Generator[None]:
    try:
        yield
    except OSError as error:
        message = (
            f"the full pass cannot keep what it reads in {tempfile.gettempdir()}: {error.strerror or error}. Nothing was "
            "changed; make room there, or switch full passes off with full_pass_days = 0"
        )
        raise SpoolError(message) from error
