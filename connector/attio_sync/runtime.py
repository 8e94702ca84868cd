"""What a sync takes from the world around it, and the bridge from the event loop, which reads, to the thread that writes.

The loop runs in a thread of its own, so a connector called from a running loop (a notebook) works too.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from anyio.from_thread import BlockingPortal, start_blocking_portal

if TYPE_CHECKING:  # whoever writes rows needs no HTTP library
    from attio_sync.client import Transport


def utc_now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


@dataclass(slots=True)
class RequestCounts:
    """What a client has sent: requests by what they read, and how many of all were refused with 429."""

    sent: Counter[str] = field(default_factory=Counter[str])
    refused: int = 0
    retried: int = 0

    @property
    def total(self) -> int:
        """All requests sent, refused and repeated ones included."""
        return self.sent.total()


def counted(number: int, one: str, more: str = "") -> str:
    """`1 record`, `2 records`."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


@dataclass(slots=True)
class SyncReport:
    """Counts of one sync. `seconds` is the time it took, `requests_per_second` the limit it was given."""

    requests_per_second: float
    phase: str = "incremental"
    source: str = ""
    """What is being read now, as in `applications.workflow_status`."""
    listed: int = 0
    histories_read: int = 0
    requests_saved: int = 0
    gone: int = 0
    invalid: int = 0
    removed: int = 0
    rows_written: int = 0
    rows_deleted: int = 0
    reconciled: int = 0
    looked_up: int = 0
    """Requests made before the sync, to find out what is tracked."""
    requests: int = 0
    """All of them, those included."""
    refused: int = 0
    retried: int = 0
    seconds: float = 0.0
    listed_in_phase: int = 0
    total: int | None = None
    """How many records are expected to be listed in this phase, where that is known."""
    waiting: str = ""
    """What is waited for while Attio refuses requests or cannot be reached."""

    @property
    def rate(self) -> float:
        """Requests per second, over the whole sync."""
        return self.requests / self.seconds if self.seconds else 0.0

    def summary(self) -> str:
        """The one line that sums a sync up."""
        parts = [
            f"{self.listed:,} records listed",
            f"{self.histories_read:,} histories read",
            f"{self.requests_saved:,} requests saved where the listing proved that a record never moved",
            f"{self.rows_written:,} rows written" + (f" and {self.rows_deleted:,} deleted" if self.rows_deleted else ""),
            f"{self.requests:,} requests in {self.seconds:.1f} s",
            f"{self.rate:.1f} a second of {self.requests_per_second:g} allowed",
            f"{self.refused:,} refused with 429",
        ]
        if self.retried:
            parts.append(f"{self.retried:,} repeated")
        if self.gone:
            parts.append(f"{self.gone:,} deleted or merged since they were listed")
        if self.removed:
            parts.append(f"{self.removed:,} gone from Attio and removed")
        if self.invalid:
            parts.append(f"{self.invalid:,} not readable, see the table attio_sync_error")
        if self.reconciled:
            parts.append("everything compared")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Environment:
    """What a sync takes from the world around it; a test hands in another one, and time passes as it likes."""

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    transport: "Transport | None" = None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = field(default=asyncio.new_event_loop)
    on_progress: Callable[[SyncReport], None] | None = None
    """Is told now and then how far a sync has come."""


class Sink(Protocol):
    """What a sync needs of a destination. Nothing is safe before the checkpoint that follows it."""

    def upsert(self, table: str, row: dict[str, Any]) -> None:
        """Inserts the row, or replaces the one with the same key."""

    def delete(self, table: str, key: dict[str, Any]) -> None:
        """Marks the row with this key as deleted."""

    def truncate(self, table: str) -> None:
        """Marks every row of the table that was written before this call as deleted."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Commits everything before it together with the state; returns when that is done."""

    def warn(self, message: str) -> None:
        """Shows a warning on Fivetran's dashboard."""


@contextmanager
def open_portal(environment: Environment) -> Generator[BlockingPortal]:
    """An event loop in a thread of its own, for as long as the context lasts."""
    with start_blocking_portal("asyncio", backend_options={"loop_factory": environment.loop_factory}) as portal:
        yield portal


@contextmanager
def held_open[T](portal: BlockingPortal, context: AbstractAsyncContextManager[T]) -> Generator[T]:
    """An asynchronous context, held open from this thread.

    Whatever is raised within is raised again behind it and does not pass through the loop: a KeyboardInterrupt, or the
    SDK's own way of ending a sync, would break the loop before everything in it is closed.
    """
    failure: BaseException | None = None
    with portal.wrap_async_context_manager(context) as value:
        try:
            yield value
        except BaseException as error:  # noqa: BLE001 (raised again below)
            failure = error
    if failure is not None:
        raise failure
