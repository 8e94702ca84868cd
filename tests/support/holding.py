"""A simulator that keeps a sync waiting, so that it is amid its work for as long as a test likes."""

import threading
from collections.abc import Generator
from contextlib import contextmanager

from attio_simulator import RequestInfo, Simulator


@contextmanager
def holding(simulator: Simulator, histories: int = 1) -> Generator[threading.Event]:
    """The request for so many histories is answered, as all behind it, when the context ends; gives what is set by it."""
    has_come, goes_on = threading.Event(), threading.Event()

    def hold(_info: RequestInfo) -> None:
        if simulator.requests.by_kind["values"] >= histories:
            has_come.set()
            goes_on.wait()

    remove = simulator.on_request(hold)
    try:
        yield has_come
    finally:
        remove()
        goes_on.set()
