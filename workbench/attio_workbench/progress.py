"""What can be seen while a sync is under way."""

import math
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from attio_sync.runtime import SyncReport, counted
from attio_workbench.terminal import SECONDS_BETWEEN_LINES, SECONDS_WITHOUT_A_WORD, length_text

WIDEST_BAR = 32


class _TwoLines(Progress):
    """The bar with its time, and below it what is said of it: beside it there is no room in many terminals."""

    def get_renderables(self) -> Iterable[RenderableType]:
        """The lines, from top to bottom."""
        yield from super().get_renderables()
        yield from (Text(f"  {task.fields['said']}") for task in self.tasks if task.fields["said"])


class SyncProgress:
    """A bar that moves; where output is no terminal, a line now and then.

    With a `total` of requests it fills as they are answered; else as records are listed, where the sync knows how many
    there are; else it only shows that something happens, and how much so far.
    """

    def __init__(self, console: Console, title: str, total: int | None = None) -> None:
        self._console = console
        self._title = title
        self._total = total
        self._said = ""
        self._report: SyncReport | None = None
        self._rate = ""
        self._last_line = ""
        self._doing = ("", "", 0, 0)
        self._read_before = 0
        self._said_at = time.monotonic()
        self._say_at = self._said_at + SECONDS_WITHOUT_A_WORD
        self._progress = _TwoLines(
            # Where there is little room the title is broken into lines: bar and time are no use in pieces.
            TextColumn("{task.description}", markup=False, table_column=Column(overflow="fold")),
            BarColumn(bar_width=max(4, min(WIDEST_BAR, console.width // 3)), table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
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
            # How many there would be was expected beforehand: in the end what counts is how many there were.
            if self._report:
                self._said = progress_text(replace(self._report, total=None, waiting=""), self._read_before)
            said = self._said
            if self._total is not None and self._report:
                said = counted(self._report.histories_read, "history", "histories") + f" read{self._rate}"
            self._progress.update(self._task, total=self._total or 1, completed=self._total or 1, said=said)
        self._progress.stop()
        if not self._console.is_terminal and error is None:
            self._say()

    def on_progress(self, report: SyncReport) -> None:
        """Called by the sync at every page, and every second while none comes."""
        self._keep_what_is_done(report)
        self._report, self._said = report, progress_text(report, self._read_before)
        if self._total is None:
            # A total of None is no change to rich: what was known of an earlier listing would stay.
            self._progress.tasks[self._task].total = report.total
            self._progress.update(self._task, said=self._said, completed=report.listed_in_phase)
        elif report.waiting:
            self._progress.update(self._task, said=report.waiting)
        now = time.monotonic()
        if not report.waiting:
            self._say_at = now + SECONDS_WITHOUT_A_WORD
        if not self._console.is_terminal and now >= min(self._say_at, self._said_at + SECONDS_BETWEEN_LINES):
            if report.waiting:
                self._say_at = math.inf
            self._say()

    def _keep_what_is_done(self, report: SyncReport) -> None:
        """A line for what is finished where the sync goes on to something else; where a total is known it says enough."""
        source, phase, listed, read = self._doing
        self._doing = (report.source, report.phase, report.listed_in_phase, report.histories_read)
        if (source, phase) == self._doing[:2]:
            return
        if source and self._total is None and listed:
            line = f"{self._title.strip()}: {_where(source, phase)}{_done(listed, read - self._read_before)}"
            self._console.print(line, markup=False, soft_wrap=True)
            self._last_line = line
        self._read_before = read

    def on_requests(self, histories: int, requests: int, seconds: float) -> None:
        """Called by whoever sees each request: how many histories have been asked for, and how many requests in all."""
        if self._total is None:
            return
        self._rate = f", {requests / seconds:.0f} requests/s" if seconds >= 1 else ""
        done = min(histories, self._total)
        said = f"{done:,} of {self._total:,} histories{self._rate}"
        self._progress.update(self._task, completed=done, said=said)

    def _say(self) -> None:
        self._said_at = time.monotonic()
        line = f"{self._title.strip()}: {self._said or 'no history has changed'}"
        if line != self._last_line:
            self._console.print(line, markup=False, soft_wrap=True)
        self._last_line = line


def progress_text(report: SyncReport, read_before: int = 0) -> str:
    """How far a sync is, how long it will take where that is known, and what it waits for if it does.

    What was read before belongs to other sources or phases than the one that is under way.
    """
    said = [
        _done(report.listed_in_phase, report.histories_read - read_before, report.total),
        f"{report.rate:.0f} requests/s",
    ]
    if report.total is not None and 0 < report.listed_in_phase < report.total:
        left = timedelta(seconds=report.seconds / report.listed * (report.total - report.listed_in_phase))
        if left >= timedelta(seconds=1):
            said.append(f"about {length_text(left)} left")
    if report.waiting:
        said.append(report.waiting)
    return f"{_where(report.source, report.phase)}{', '.join(said)}"


def _done(listed: int, read: int, total: int | None = None) -> str:
    of_total = "" if total is None else f" of {total:,}"
    return f"{listed:,}{of_total} listed, {counted(read, 'history', 'histories')} read"


def _where(source: str, phase: str) -> str:
    """What is being done now, and of which source."""
    parts = [part for part in (source, "" if phase == "incremental" else phase) if part]
    return f"{', '.join(parts)}: " if parts else ""
