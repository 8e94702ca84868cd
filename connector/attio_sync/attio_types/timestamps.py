"""Attio's timestamps: UTC, nine fractional digits and `Z`, as in `2026-05-15T21:49:04.642000000Z`.

Python keeps six digits and the Fivetran SDK refuses nine, so a timestamp stays a string wherever it identifies something
and becomes a datetime only where it is a column.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)", re.ASCII)
_SORTABLE_LENGTH = len("2026-05-15T21:49:04.642000000Z")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Nothing in Attio is older."""


def parse_timestamp(text: str) -> datetime:
    """An aware datetime in UTC, cut to microseconds.

    Raises:
        ValueError: `text` is not a UTC timestamp.
    """
    try:
        if _TIMESTAMP.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:  # the digits may still be no date
        pass
    message = "is not a UTC timestamp like 2026-05-15T21:49:04.642000000Z"
    raise ValueError(message)


def optional_timestamp(text: str | None) -> datetime | None:
    """The same, where there may be none."""
    return parse_timestamp(text) if text else None


@lru_cache(maxsize=1_024)  # most records were created, and listed, and got their value at one instant
def sortable_timestamp(text: str) -> str:
    """The same instant with exactly nine digits, so that comparing texts compares instants.

    Raises:
        ValueError: `text` is not a UTC timestamp.
    """
    parse_timestamp(text)
    if len(text) == _SORTABLE_LENGTH and text[-1] == "Z":  # as nearly all are
        return text
    bare = text.removesuffix("Z").removesuffix("+00:00")
    return f"{bare[:19]}.{bare[20:]:0<9}Z"


def format_timestamp(instant: datetime) -> str:
    """As Attio's filters take it: UTC, milliseconds, `Z`. Rounds down, so it asks for rather more than less."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def sortable_instant(instant: datetime) -> str:
    """An instant as a sortable timestamp, rounded down to milliseconds as Attio's filters take it."""
    return sortable_timestamp(format_timestamp(instant))


def nanoseconds(instant: datetime) -> int:
    """Unix time, cut to microseconds."""
    return (instant - EPOCH) // timedelta(microseconds=1) * 1000


def _checked(text: str) -> str:
    parse_timestamp(text)
    return text


AttioTimestamp = Annotated[str, AfterValidator(_checked)]


def _checked_date(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        message = "is no date like 2026-05-15"  # Python's own message shows the value, and a record's are not for the log
        raise ValueError(message) from None
    return text


AttioDate = Annotated[str, AfterValidator(_checked_date)]
