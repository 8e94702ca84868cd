"""A sampling profiler that weighs by processor time, over all threads.

Every few milliseconds it looks where each Python thread is and how much processor time that thread has used since. The
time goes to the innermost frame that is not the standard library's, so a layer answers for what it calls there. What no
Python thread used is DuckDB's own threads and the kernel on their behalf.
"""

import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

INTERVAL = 0.005

SWITCH_INTERVAL = 0.000_02
"""How soon a running thread must let the sampler look. With Python's 5 ms it would only ever be seen in system calls."""

LAYERS = (
    ("attio_sync", "the connector"),
    ("fivetran_connector_sdk_core/destination", "DuckDB, called by the SDK"),
    ("fivetran_connector_sdk", "the SDK's local run"),
    ("httpx2", "the HTTP library"),
    ("httpcore2", "the HTTP library"),
    ("h11", "the HTTP library"),
    ("pydantic", "validation"),
    ("anyio", "the event loop"),
    ("asyncio", "the event loop"),
    ("selectors", "the event loop"),
)
"""Where a file belongs, by a part of its path; the first that fits."""


def layer_of(filename: str) -> str | None:
    """The layer a source file belongs to; None for the rest of the standard library, whose callers answer for it."""
    path = filename.replace("\\", "/")
    for part, layer in LAYERS:
        if f"/{part}" in path or part == path:
            return layer
    return None


def place_of(frame: FrameType | None) -> tuple[str, str]:
    """The layer, and the function in it, that a stack stands in."""
    while frame is not None:
        layer = layer_of(frame.f_code.co_filename)
        if layer is not None:
            return layer, f"{Path(frame.f_code.co_filename).stem}.{frame.f_code.co_qualname}"
        frame = frame.f_back
    return "other", "other"


class Sampler:
    """Samples from a thread of its own between `start` and `stop`."""

    def __init__(self) -> None:
        self._layers: Counter[str] = Counter()
        self._functions: Counter[str] = Counter()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._used: dict[int, float] = {}
        self._own = 0.0
        self._started = 0.0
        self._switch_interval = 0.0

    def start(self) -> None:
        """Begins."""
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._started = time.process_time()
        self._thread.start()

    def stop(self) -> dict[str, dict[str, float]]:
        """Ends; gives the processor seconds by layer and by function, each with the most expensive first."""
        self._done.set()
        self._thread.join()
        sys.setswitchinterval(self._switch_interval)
        rest = time.process_time() - self._started - self._own - sum(self._layers.values())
        if rest > 0:
            self._layers["threads that are not Python's"] = rest  # pyright: ignore[reportArgumentType] (seconds)
        return {"layers": dict(self._layers.most_common()), "functions": dict(self._functions.most_common(15))}

    def _sample(self) -> None:
        own = threading.get_ident()
        while not self._done.wait(INTERVAL):
            for ident, frame in sys._current_frames().items():  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] (documented)
                if ident == own:
                    continue
                used = _processor_time(ident)
                spent = used - self._used.get(ident, used)
                self._used[ident] = used
                if spent > 0:
                    layer, function = place_of(frame)
                    self._layers[layer] += spent  # pyright: ignore[reportArgumentType] (seconds)
                    self._functions[function] += spent  # pyright: ignore[reportArgumentType] (seconds)
        self._own = time.thread_time()


def _processor_time(ident: int) -> float:
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(ident))
    except OSError:  # it has just ended
        return 0.0
