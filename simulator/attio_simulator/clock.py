"""The time in the simulated workspace, and Attio's way of writing it.

Inside the simulator a moment is a whole number of nanoseconds since 1970 (UTC): Attio shows nine fractional digits,
and `datetime` keeps six.
"""

from __future__ import annotations

import functools
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = 1_000_000_000
MILLISECOND = 1_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RFC_3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9})\d*)?)?(Z|z|[+-]\d{2}:\d{2})?",
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Clock:
    """A clock that tests and demonstrations can move.

    Args:
        start: what the clock shows now; by default the real time.
        source: a function that returns passing seconds, such as the `time` of an event loop; by default real time
            passes.
    """

    def __init__(self, start: datetime | None = None, source: Callable[[], float] | None = None) -> None:
        if start is not None and start.tzinfo is None:
            message = "the start of a clock needs a time zone"
            raise ValueError(message)
        self._source = source or time.time
        self._origin = self._source()
        self._start = (start or datetime.now(UTC)).astimezone(UTC)

    def now(self) -> datetime:
        """Tell the time, in UTC."""
        return self._start + timedelta(seconds=self._source() - self._origin)

    def move(self, by: timedelta) -> None:
        """Move the clock forward, or back when `by` is negative."""
        self._start += by

    @property
    def start(self) -> datetime:
        """What the clock showed when it was started, plus what it was moved since: the same in every run."""
        return self._start

    def nanoseconds(self) -> int:
        """Tell the time in nanoseconds since 1970, cut to whole milliseconds as in everything Attio stamps."""
        return nanoseconds(self.now()) // MILLISECOND * MILLISECOND


def nanoseconds(moment: datetime) -> int:
    """Give the exact nanoseconds since 1970 of an aware datetime."""
    return duration(moment - _EPOCH)


def duration(length: timedelta) -> int:
    """Give the exact nanoseconds of a time span."""
    return (length.days * 86_400 + length.seconds) * SECOND + length.microseconds * 1_000


def moment(at: int) -> datetime:
    """Give the datetime of nanoseconds since 1970; what is below a microsecond is dropped."""
    return _EPOCH + timedelta(microseconds=at // 1_000)


@functools.lru_cache(maxsize=65_536)
def _whole_second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).replace(tzinfo=None).isoformat()


def timestamp(at: int) -> str:
    """Write a moment as Attio does: UTC, nine fractional digits and `Z`."""
    second, fraction = divmod(at, SECOND)
    return f"{_whole_second(second)}.{fraction:09d}Z"


def parse_timestamp(text: str) -> int:
    """Read an RFC 3339 timestamp with up to nine fractional digits; UTC is assumed without a zone.

    Raises:
        ValueError: the text is something else, for instance a bare date.
    """
    found = _RFC_3339.fullmatch(text.strip())
    if found is None:
        message = f"not a timestamp with date and time: {text!r}"
        raise ValueError(message)
    date, minute, second, fraction, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z", "z") else zone
    whole = datetime.fromisoformat(f"{date}T{minute}:{second or '00'}{zone}")
    return nanoseconds(whole) + int((fraction or "").ljust(9, "0"))


def parse_date(text: str) -> int:
    """Read a bare date as its first instant in UTC.

    Raises:
        ValueError: the text is not a date alone.
    """
    if _DATE.fullmatch(text) is None:
        message = f"not a date: {text!r}"
        raise ValueError(message)
    return nanoseconds(datetime.fromisoformat(text).replace(tzinfo=UTC))


def http_date(at: int) -> str:
    """Write a moment as HTTP does in `Date` and `Retry-After`: `Tue, 23 May 2023 14:42:01 GMT`."""
    return _http_second(at // SECOND)


@functools.lru_cache(maxsize=16)
def _http_second(second: int) -> str:
    return format_datetime(_EPOCH + timedelta(seconds=second), usegmt=True)
