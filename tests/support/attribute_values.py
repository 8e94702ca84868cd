"""Values of every type of attribute that keeps a history, as Attio documents them: no code of the connector is asked.

https://docs.attio.com/docs/attribute-types
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

FIRST_DAY = datetime(2026, 5, 15, 8, 0, tzinfo=UTC)

ids = st.uuids().map(str)
texts = st.text(max_size=8)
"""Also what no warehouse stores: NULs, halves of surrogate pairs."""
LAST = 30
"""The number of an instant after all others."""

nullable = st.none() | texts
floats = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.integers(-(10**6), 10**6) | floats | st.integers(-(2**80), 2**80)


def written(instant: datetime) -> str:
    """As Attio writes an instant."""
    return f"{instant.replace(tzinfo=None).isoformat(timespec='microseconds')}000Z"


def moment(number: int) -> str:
    """One of a row of instants, a minute apart."""
    return written(FIRST_DAY + timedelta(minutes=number))


def _status(status_id: str, title: str, archived: bool, target: str | None) -> dict[str, Any]:  # noqa: FBT001 (hypothesis calls it)
    ids = {"workspace_id": "w", "object_id": "o", "attribute_id": "a", "status_id": status_id}
    return {"id": ids, "title": title, "is_archived": archived, "target_time_in_status": target}


def _option(option_id: str, title: str, archived: bool) -> dict[str, Any]:  # noqa: FBT001
    ids = {"workspace_id": "w", "object_id": "o", "attribute_id": "a", "option_id": option_id}
    return {"id": ids, "title": title, "is_archived": archived}


def _fields(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


def _value(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"value": strategy})


LOCATION = (
    "line_1",
    "line_2",
    "line_3",
    "line_4",
    "locality",
    "region",
    "postcode",
    "country_code",
    "latitude",
    "longitude",
)

OWN: Mapping[str, st.SearchStrategy[dict[str, Any]]] = {
    "status": _fields(status=st.builds(_status, ids, texts, st.booleans(), nullable)),
    "select": _fields(option=st.builds(_option, ids, texts, st.booleans())),
    "actor-reference": _fields(
        referenced_actor_type=st.none() | st.sampled_from(["workspace-member", "api-token", "app", "system"]),
        referenced_actor_id=st.none() | ids,
    ),
    "record-reference": _fields(target_object=st.sampled_from(["people", "companies"]), target_record_id=ids),
    "text": _value(texts),
    "number": _value(numbers),
    "rating": _value(st.integers(0, 5)),
    "checkbox": _value(st.booleans()),
    "date": _value(st.dates().map(str)),
    "timestamp": _value(st.datetimes().map(written)),
    "currency": _fields(
        currency_value=st.integers(-(10**14), 10**14) | st.floats(-1e14, 1e14),
        currency_code=st.none() | st.sampled_from(["EUR", "USD"]),
    ),
    "location": _fields(**dict.fromkeys(LOCATION, nullable)),
    "domain": _fields(domain=texts, root_domain=nullable),
    "email-address": _fields(
        original_email_address=texts,
        email_address=texts,
        email_domain=nullable,
        email_root_domain=nullable,
        email_local_specifier=nullable,
    ),
    "phone-number": _fields(original_phone_number=texts, country_code=nullable, phone_number=texts),
    "personal-name": _fields(first_name=nullable, last_name=nullable, full_name=nullable),
}
"""What a value of each type has of its own."""

actors: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "type": st.none() | st.sampled_from(["workspace-member", "api-token", "app", "system"]),
        "id": st.none() | ids,
    }
)


@st.composite
def values_of(draw: st.DrawFn, kind: str, began: int = 0, ended: int | None = None) -> dict[str, Any]:
    """One value of a type, with a field that Attio may add one day."""
    return {
        "active_from": moment(began),
        "active_until": None if ended is None else moment(ended),
        "created_by_actor": draw(actors),
        "attribute_type": kind,
        **draw(OWN[kind]),
        "added": draw(nullable),
    }


@st.composite
def histories_of(draw: st.DrawFn, kind: str, *, is_multiple: bool, most: int = 5) -> list[dict[str, Any]]:
    """A history, oldest first: of one value at a time each ends before the next begins; of several, whenever it likes."""
    number = draw(st.integers(0, most))
    if is_multiple:
        began = sorted(draw(st.lists(st.integers(0, 5), min_size=number, max_size=number)))
        spans = [(one, draw(st.none() | st.integers(one, 9))) for one in began]
    else:
        began = sorted(draw(st.sets(st.integers(0, 20), min_size=number, max_size=number)))
        spans = [
            (one, draw(st.none() | st.integers(one, until) if until == LAST else st.integers(one, until)))
            for one, until in zip(began, [*began[1:], LAST], strict=False)
        ]
    return [draw(values_of(kind, one, until)) for one, until in spans]
