"""An event loop whose clock jumps: waiting takes no time, and everything happens in the same order."""

import asyncio
import selectors
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class VirtualTime:
    """Time shared by the simulator, the event loops and the thread that writes."""

    start: datetime = START
    seconds: float = 0.0
    grace: float = 0.0
    """For how long, in truth, the clock waits for other threads before it jumps."""
    ours_ahead: timedelta = timedelta(0)
    """How far the connector's clock is ahead of the simulator's."""

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        """What the connector takes for the time."""
        return self.start + timedelta(seconds=self.seconds) + self.ours_ahead

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def loop_factory(self) -> asyncio.AbstractEventLoop:
        return _VirtualLoop(self)


class _VirtualSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Instead of waiting for a timer it moves the clock to it; without timers it waits for other threads as usual."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        if timeout <= 0:
            # There is something to do. What other threads ask for is in the loop's own queue; here they only wake it up.
            return []
        ready = super().select(self._time.grace)
        if not ready:
            self._time.seconds += timeout
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, time: VirtualTime) -> None:
        self._virtual = time
        super().__init__(_VirtualSelector(time))

    def time(self) -> float:
        return self._virtual.seconds
