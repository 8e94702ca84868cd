"""How figures are written in sentences."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from attio_sync.parents import LISTS

HALF, QUARTER = 0.5, 0.75
"""Shares that are left where half, and a quarter, are gone."""


def since_text(day: date, as_of: date) -> str:
    """A first of a month, by its month, any other day with its number; with the year where it is another."""
    month = f"{day:%B}" if day.day == 1 else f"{day.day} {day:%B}"
    return month if day.year == as_of.year else f"{month} {day.year}"


def days_text(days: float) -> str:
    """Days, with a digit after the point where there are few; below two in hours."""
    if days < 2:  # noqa: PLR2004 (see above)
        hours = days * 24
        return f"{hours:.0f} hours" if hours >= 1 else "less than an hour"
    return f"{days:.1f} days" if days < 100 else f"{days:,.0f} days"  # noqa: PLR2004 (three digits are enough)


def share_text(share: float) -> str:
    """A share in per cent."""
    return f"{share * 100:.0f} %"


def more_or_fewer(number: int, noun: str, *, is_more: bool) -> str:
    """`3 more applications`, `1 fewer of the applications`."""
    word = "more" if is_more else "fewer"
    return f"1 {word} of the {noun}" if number == 1 else f"{number:,} {word} {noun}"


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def parent_of(history: str) -> str:
    """The object or list: `deals` of `deals.stage`, `lists/hiring` of `lists/hiring.stage`."""
    return history.partition(".")[0]


def attribute_of(history: str) -> str:
    """The attribute, in words: `lead source` of `people.lead_source`."""
    return history.partition(".")[2].replace("_", " ")


def noun_of(history: str) -> str:
    """What its records are called: `applications.workflow_status` has applications, `lists/hiring.stage` hiring entries."""
    parent = parent_of(history).replace("_", " ")
    return f"{parent.removeprefix(LISTS)} entries" if parent.startswith(LISTS) else parent


def heading_of(history: str) -> str:
    """What a manager calls it: `applications.workflow_status` are `Applications by workflow status`."""
    return f"{noun_of(history).capitalize()} by {attribute_of(history)}"


def quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def stamp(moment: datetime) -> str:
    """A moment in SQL, in UTC: without the time where it is midnight."""
    return quoted(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00"))
