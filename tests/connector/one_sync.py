"""One sync into the folder given, in a process that can be killed. Checkpoints come quickly, so that kills meet them."""

import sys
from pathlib import Path

from tests.support import no_pandas as no_pandas  # noqa: PLC0414 (imported for what it does)
from tests.support.sdk import LocalRun

from attio_sync.runtime import Environment


class HurriedClock:
    """A minute passes at every look: a checkpoint is due after every page."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 31.0
        return self.seconds


LocalRun(Path(sys.argv[1]), Environment(monotonic=HurriedClock().monotonic)).sync({})
