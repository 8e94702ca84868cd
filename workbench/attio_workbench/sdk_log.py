"""What the SDK and the connector print during a sync: kept in a file, and the warnings among it remembered."""

import io
import re
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import IO

from fivetran_connector_sdk import Logging
from fivetran_connector_sdk_common import constants

from attio_sync.fivetran import DASHBOARD_CHARACTERS

_WARNING = re.compile(r"\d\d:\d\d:\d\d\.\d{3} WARNING\s+⚡ (?:sdk|connector)\s+(?P<said>.*)")


LONGEST_LINE = DASHBOARD_CHARACTERS + 200
"""A longer one is no sentence of ours: it is the state, which the SDK prints at every checkpoint."""

KEPT = 400


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[:KEPT]}… ({len(line):,} characters)"


class SdkLog(io.TextIOBase):
    """Takes the place of standard output while the SDK runs: the SDK's logger is `print`."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self._file = file
        self._line = ""

    def writable(self) -> bool:
        """It is written to."""
        return True

    def write(self, text: str, /) -> int:
        """Keeps the text, and remembers each line that warns."""
        self._file.write("\n".join(map(_shortened, text.split("\n"))))
        *lines, self._line = (self._line + text).split("\n")
        self.warnings += [match["said"] for line in lines if (match := _WARNING.fullmatch(line))]
        return len(text)

    def flush(self) -> None:
        """Writes to disk what is waiting."""
        self._file.flush()


@contextmanager
def local_logging() -> Generator[None]:
    """While the context lasts the SDK logs as in Fivetran's local run: in plain text, and everything."""
    debugging, level = constants.DEBUGGING, Logging.LOG_LEVEL
    constants.DEBUGGING = True
    _set_level(Logging.Level.DEBUG)
    try:
        yield
    finally:
        constants.DEBUGGING = debugging
        _set_level(level)


@contextmanager
def kept_log(path: Path) -> Generator[SdkLog]:
    """Sends what is printed to the end of a file while the context lasts, logged as in Fivetran's local run."""
    # Closed before its file: else Python does so some time later, flushes into a closed file and says so at the very end.
    with path.open("a", encoding="utf-8") as file, SdkLog(file) as log, redirect_stdout(log), local_logging():
        yield log


def _set_level(level: Logging.Level | None) -> None:
    setattr(Logging, "LOG_LEVEL", level)  # noqa: B010 (typed as None in the SDK)
