"""The bridge between the event loop, which reads, and Fivetran's blocking calls, which write.

The loop runs in a thread of its own, so a connector called from a running loop (a notebook) works too.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import anyio
from anyio.from_thread import BlockingPortal, start_blocking_portal

from attio_sync.client import Transport, utc_now
from attio_sync.pages import HistoryPage, HistoryPages


@dataclass(frozen=True, slots=True)
class Environment:
    """What a sync takes from the world around it; a test hands in another one, and time passes as it likes."""

    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    transport: Transport | None = None
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = field(default=asyncio.new_event_loop)


@contextmanager
def seldom_collected() -> Generator[None]:
    """While a sync lasts, the search for reference cycles comes less often.

    A listing page is twenty thousand objects, rows that wait for a checkpoint are as many, and both hold none: searching
    them over and over takes a fifth of all processor time. What is no cycle is freed at once as ever, so memory stays as
    flat.
    """
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def open_portal(environment: Environment) -> Generator[BlockingPortal]:
    """An event loop in a thread of its own, for as long as the context lasts."""
    with start_blocking_portal("asyncio", backend_options={"loop_factory": environment.loop_factory}) as portal:
        yield portal


@contextmanager
def entered[T](portal: BlockingPortal, context: AbstractAsyncContextManager[T]) -> Generator[T]:
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


async def next_page(pages: HistoryPages, patience_seconds: float) -> HistoryPage | None:
    """The next page; None at the end.

    Raises:
        TimeoutError: none came in time; the next call goes on waiting for the same one.
    """
    with anyio.fail_after(patience_seconds):
        try:
            return await anext(pages)
        except StopAsyncIteration:
            return None
