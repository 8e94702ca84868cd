"""Pure: from rows as a database driver or JSON gives them to the types of `models.py`."""

import sys
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, get_type_hints

from attio_workbench.errors import WorkbenchError
from attio_workbench.models import ROW_TYPES, Models, Row, StatusStay


def read_models(rows_of: Callable[[str], Iterable[Mapping[str, Any]]]) -> Models:
    """All models, by a function that gives the rows of one by its name (`attio__status_history`).

    Raises:
        WorkbenchError: a model lacks a column, or a value is of another type than the column is.
    """
    found: dict[str, Any] = {row.model.removeprefix("attio__"): parse_rows(row, rows_of(row.model)) for row in ROW_TYPES}
    return Models(as_of=as_of_open_stays(found["status_history"]), **found)


def as_of_open_stays(stays: Iterable[StatusStay]) -> datetime:
    """The moment the stays were computed for: where one lasts, its beginning and its length; else the last move."""
    latest = datetime(1970, 1, 1, tzinfo=UTC)
    for stay in stays:
        if stay.left_at is None:
            return stay.entered_at + timedelta(seconds=stay.seconds_in_status)
        latest = max(latest, stay.left_at)
    return latest


def parse_rows[R: Row](row_type: type[R], rows: Iterable[Mapping[str, Any]]) -> list[R]:
    """Rows as a database driver or JSON gives them (times and dates as such or in ISO 8601); other columns are left out.

    Raises:
        WorkbenchError: a column is missing, or a value is of another type than the column is.
    """
    readers = _readers(row_type)
    parsed: list[R] = []
    for row in rows:
        try:
            parsed.append(row_type(**{name: read(row[name]) for name, read in readers}))
        except KeyError as error:
            message = f"{row_type.model} has no column {error.args[0]}: build the models of this version (dbt build)"
            raise WorkbenchError(message) from error
        except (TypeError, ValueError) as error:
            message = f"a row of {row_type.model} cannot be read: {error}"
            raise WorkbenchError(message) from error
    return parsed


@cache
def _readers(row_type: type[Row]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    hints = get_type_hints(row_type)
    return tuple((column.name, _reader(hints[column.name])) for column in fields(row_type))


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What turns a value as it comes into one of this type."""
    if isinstance(hint, types.UnionType):
        read = _READERS[next(one for one in hint.__args__ if one is not types.NoneType)]
        return lambda value: None if value is None else read(value)
    return _READERS[hint]


def _moment(value: Any) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(at, datetime):
        message = f"{value!r} is no time"
        raise TypeError(message)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _day(value: Any) -> date:
    day = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(day, date):
        message = f"{value!r} is no date"
        raise TypeError(message)
    return day.date() if isinstance(day, datetime) else day


def _number(value: Any) -> float:
    if not isinstance(value, int | float | Decimal):
        message = f"{value!r} is no number"
        raise TypeError(message)
    return float(value)


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        message = f"{value!r} is no whole number"
        raise ValueError(message)
    return int(number)


def _text(value: Any) -> str:
    if value is None:
        message = "null where there must be a value"
        raise TypeError(message)
    return sys.intern(str(value))  # one title is one text in a million stays


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        message = f"{value!r} is neither true nor false"
        raise TypeError(message)
    return value


_READERS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _whole,
    float: _number,
    bool: _truth,
    datetime: _moment,
    date: _day,
}
