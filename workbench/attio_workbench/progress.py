"""What can be seen while a sync is under way."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from attio_sync.report import SyncReport

SECONDS_BETWEEN_LINES = 10.0


class SyncProgress:
    """A bar that moves; where output is no terminal, a line now and then.

    With a `total` of requests it fills as they are answered; without one (Attio tells no totals) it only shows that
    something happens, and how much so far.
    """

    def __init__(self, console: Console, title: str, total: int | None = None) -> None:
        self._console = console
        self._title = title
        self._total = total
        self._said = ""
        self._last_line = ""
        self._said_at = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24 if total is None else 32),
            TextColumn("{task.fields[said]}"),
            TimeElapsedColumn(),
            console=console,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(title, total=total, said="")

    def __enter__(self) -> Self:
        """Shows the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leaves the bar where it is; that of a sync that ended well is full."""
        if error is None:
            self._progress.update(self._task, total=self._total or 1, completed=self._total or 1)
        self._progress.stop()
        if not self._console.is_terminal and error is None:
            self._say()

    def on_progress(self, report: SyncReport) -> None:
        """Called by the sync at every page."""
        phase = "" if report.phase == "incremental" else f"{report.phase}: "
        self._said = (
            f"{phase}{report.listed:,} listed, {report.histories_read:,} histories read, {report.rate:.0f} requests/s"
        )
        if self._total is None:
            self._progress.update(self._task, said=self._said)
        if not self._console.is_terminal and time.monotonic() - self._said_at >= SECONDS_BETWEEN_LINES:
            self._say()

    def on_requests(self, histories: int, requests: int, seconds: float) -> None:
        """Called by whoever sees each request: how many histories have been asked for, and how many requests in all."""
        if self._total is None:
            return
        rate = f", {requests / seconds:.0f} requests/s" if seconds >= 1 else ""
        done = min(histories, self._total)
        self._progress.update(self._task, completed=done, said=f"{done:,} of {self._total:,} histories{rate}")

    def _say(self) -> None:
        self._said_at = time.monotonic()
        line = f"{self._title.strip()}: {self._said or 'nothing has changed'}"
        if line != self._last_line:
            self._console.print(line)
        self._last_line = line
