"""An event loop whose clock jumps: waiting takes no time, and everything happens in the same order.

So it does where another thread asks the loop for things, as the one that writes does: one of the two goes on while the
other waits, and nothing depends on which of them a machine lets run, or for how long.
"""

import asyncio
import selectors
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)

GLANCE_SECONDS = 0.00005
"""How long, in truth, one thread sleeps before it looks again what the other one does."""


@dataclass(slots=True)
class VirtualTime:
    """Time shared by the simulator, the event loops and the thread that writes."""

    start: datetime = START
    seconds: float = 0.0
    grace: float = 0.0
    """For how long, in truth, the clock waits for a server on a socket before it jumps."""
    ours_ahead: timedelta = timedelta(0)
    """How far the connector's clock is ahead of the simulator's."""
    turn: threading.RLock = field(default_factory=threading.RLock)
    """The loop holds it but while it waits: only then can the other thread ask for something, or let time pass."""
    is_ahead: bool = False
    """Whether the loop goes on while the thread that writes is busy."""
    is_idle: bool = False
    """Whether the loop waits for nothing but another thread."""

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        """What the connector takes for the time."""
        return self.start + timedelta(seconds=self.seconds) + self.ours_ahead

    def sleep(self, seconds: float) -> None:
        with self.turn:
            self.seconds += seconds

    def stall(self) -> None:
        """The thread that writes does nothing until the loop has gone on as far as it can without it."""
        self.is_ahead = True
        while not self.is_idle:
            time.sleep(GLANCE_SECONDS)
        self.is_ahead = False

    def loop_factory(self) -> asyncio.AbstractEventLoop:
        return _VirtualLoop(self)


class _VirtualSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Instead of waiting for a timer it moves the clock to it; without timers it waits for other threads as usual."""

    def __init__(self, virtual: VirtualTime) -> None:
        super().__init__()
        self.asking: int | None = None
        """The thread that asks the loop for things, once it has."""
        self._time = virtual
        self._has_turn = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        until = self._time.seconds + (timeout or 0.0)
        self._give_turn()
        try:
            return self._select(timeout, until)
        finally:
            self._time.turn.acquire()
            self._has_turn = True

    def close(self) -> None:
        self._give_turn()
        super().close()

    def _give_turn(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._time.turn.release()

    def _select(self, timeout: float | None, until: float) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            self._time.is_idle = True
            try:
                return super().select(None)
            finally:
                self._time.is_idle = False
        while self.asking is not None and not self._time.is_ahead and is_busy(self.asking):
            time.sleep(GLANCE_SECONDS)
        if timeout <= 0:
            # There is something to do. What other threads ask for is in the loop's own queue; here they only wake it up.
            return []
        ready = super().select(self._time.grace)
        if not ready:
            self._time.seconds = max(self._time.seconds, until)
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, virtual: VirtualTime) -> None:
        self._virtual = virtual
        self._its_selector = _VirtualSelector(virtual)
        self._its_thread = threading.get_ident()
        super().__init__(self._its_selector)

    def time(self) -> float:
        return self._virtual.seconds

    def call_soon_threadsafe[*Args](
        self, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.Handle:
        with self._virtual.turn:
            if self._its_selector.asking is None and threading.get_ident() != self._its_thread:
                self._its_selector.asking = threading.get_ident()
            return super().call_soon_threadsafe(callback, *args, context=context)


def is_busy(thread: int) -> bool:
    """Whether a thread is at something else than waiting for what the loop gives it, or for the loop's end."""
    frame = sys._current_frames().get(thread)  # pyright: ignore[reportPrivateUsage] (documented)
    if frame is None:
        return False
    while frame is not None:
        if frame.f_code is Future.result.__code__:
            asked: Future[object] | None = frame.f_locals["self"]
            return asked is None or asked.done()
        if frame.f_code is threading.Thread.join.__code__:
            return False
        frame = frame.f_back
    return True
