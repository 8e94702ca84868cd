"""What a sync takes from the world around it, and the bridge from the event loop, which reads, to the thread that writes.

The loop runs in a thread of its own, so a connector called from a running loop (a notebook) works too.
"""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from anyio.from_thread import BlockingPortal, start_blocking_portal

from attio_sync.report import SyncReport

if TYPE_CHECKING:  # whoever writes rows needs no HTTP library
    from attio_sync.client import Transport


def utc_now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


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
