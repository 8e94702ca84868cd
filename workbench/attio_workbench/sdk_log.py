"""What the SDK prints and the connector logs during a sync: kept in a file, and the warnings among it remembered."""

import io
import logging
from collections.abc import Generator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import IO, override

from fivetran_connector_sdk import Logging
from fivetran_connector_sdk_common import constants

from attio_sync.fivetran import DASHBOARD_CHARACTERS, FivetranHandler

LONGEST_LINE = DASHBOARD_CHARACTERS + 200
"""A longer one is no sentence of ours: it is the state, which the SDK prints at every checkpoint."""

KEPT = 400

PACKAGE = logging.getLogger("attio_sync")
"""What the connector logs with."""


def _shortened(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[:KEPT]}… ({len(line):,} characters)"


class _Shortened(io.TextIOBase):
    """Takes the place of standard output while the SDK runs: the SDK's logger is `print`."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__()
        self._file = file

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, text: str, /) -> int:
        self._file.write("\n".join(map(_shortened, text.split("\n"))))
        return len(text)

    @override
    def flush(self) -> None:
        self._file.flush()


class _Warnings(logging.Handler):
    """Remembers what was warned of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.sentences: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.sentences.append(record.getMessage())


@contextmanager
def local_logging() -> Generator[None]:
    """While the context lasts the SDK logs as in Fivetran's local run: in plain text, and everything."""
    debugging, level = constants.DEBUGGING, Logging.LOG_LEVEL
    constants.DEBUGGING = True  # pyrefly: ignore[bad-assignment] (it is no constant)
    _set_level(Logging.Level.DEBUG)
    try:
        yield
    finally:
        constants.DEBUGGING = debugging
        _set_level(level)


@contextmanager
def kept_log(path: Path) -> Generator[list[str]]:
    """Sends what is printed and logged to the end of a file while the context lasts; yields what was warned of."""
    # Closed before its file: else Python does so some time later, flushes into a closed file and says so at the very end.
    with path.open("a", encoding="utf-8") as file, _Shortened(file) as log, redirect_stdout(log), local_logging():
        level, propagates, handlers = PACKAGE.level, PACKAGE.propagate, PACKAGE.handlers
        warnings = _Warnings()
        PACKAGE.handlers = [FivetranHandler(), warnings]
        PACKAGE.propagate = False
        PACKAGE.setLevel(logging.INFO)
        try:
            yield warnings.sentences
        finally:
            PACKAGE.handlers, PACKAGE.propagate = handlers, propagates
            PACKAGE.setLevel(level)


def _set_level(level: Logging.Level | None) -> None:
    setattr(Logging, "LOG_LEVEL", level)  # noqa: B010 (typed as None in the SDK)
