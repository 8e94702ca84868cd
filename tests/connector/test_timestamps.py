"""Attio's timestamps: nine digits stay nine, and comparing texts compares instants."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from attio_sync.attio_types.timestamps import (
    AttioDate,
    AttioTimestamp,
    format_timestamp,
    parse_timestamp,
    sortable_timestamp,
)

instants = st.datetimes(timezones=st.just(UTC))
nanoseconds = st.integers(0, 999_999_999)
NO_TIMESTAMPS = [
    "",
    "now",
    "2026-05-15",
    "2026-05-15T21:49:04",
    "2026-05-15T21:49:04+01:00",
    "2026-05-15T21:49:04-00:00",
    "2026-05-15 21:49:04Z",
    "2026-05-15T21:49:04z",
    "2026-05-15T21:49:04.Z",
    "2026-05-15T21:49:04.1234567890Z",
    "2026-05-15T21:49:04.642000000Z ",
    "2026-05-15T21:49:04.642000000Z\n",
    "\u0662\u0660\u0662\u0666-05-15T21:49:04Z",
    "+2026-05-15T21:49:04Z",
    "2026-13-15T21:49:04Z",
    "2026-02-30T21:49:04Z",
    "2026-05-15T24:00:01Z",
    "2026-05-15T21:60:04Z",
    "2026-05-15T21:49:61Z",
    "0000-05-15T21:49:04Z",
]


def written(whole: datetime, fraction: int, digits: int = 9) -> str:
    """As Attio writes it, with that many fractional digits."""
    text = whole.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{text}.{fraction:09d}"[: len(text) + 1 + digits].removesuffix(".") + "Z"


@given(instants, nanoseconds)
def test_nine_digits_stay_nine_and_python_keeps_six_of_them(whole: datetime, fraction: int) -> None:
    text = written(whole, fraction)
    assert sortable_timestamp(text) == text
    assert parse_timestamp(text) == whole.replace(microsecond=fraction // 1_000)
    assert parse_timestamp(text).tzinfo is UTC


@given(instants, nanoseconds, st.integers(0, 9), st.sampled_from(["Z", "+00:00"]))
def test_fewer_digits_mean_zeros(whole: datetime, fraction: int, digits: int, zone: str) -> None:
    cut = fraction // 10 ** (9 - digits) * 10 ** (9 - digits)
    text = written(whole, fraction, digits).replace("Z", zone)
    assert sortable_timestamp(text) == written(whole, cut)
    assert parse_timestamp(text) == parse_timestamp(written(whole, cut))


moments = st.tuples(instants, nanoseconds, st.integers(0, 9))


@given(st.lists(moments, max_size=20))
def test_sorting_the_texts_sorts_the_instants(several: list[tuple[datetime, int, int]]) -> None:
    def nanoseconds_since_the_beginning(moment: tuple[datetime, int, int]) -> tuple[datetime, int]:
        whole, fraction, digits = moment
        return whole.replace(microsecond=0), fraction // 10 ** (9 - digits) * 10 ** (9 - digits)

    by_text = sorted(several, key=lambda moment: sortable_timestamp(written(*moment)))
    assert list(map(nanoseconds_since_the_beginning, by_text)) == sorted(map(nanoseconds_since_the_beginning, several))


@given(moments, moments)
def test_two_texts_are_equal_exactly_if_their_instants_are(
    one: tuple[datetime, int, int], other: tuple[datetime, int, int]
) -> None:
    first, second = sortable_timestamp(written(*one)), sortable_timestamp(written(*other))
    assert (first == second) == (first[:19] == second[:19] and int(first[20:29]) == int(second[20:29]))
    assert (parse_timestamp(first) <= parse_timestamp(second)) or first > second


@given(instants)
def test_what_a_filter_asks_for_is_never_later_than_meant(instant: datetime) -> None:
    asked = parse_timestamp(format_timestamp(instant))
    assert timedelta(0) <= instant - asked < timedelta(milliseconds=1)
    assert sortable_timestamp(format_timestamp(instant))[-7:] == "000000Z"


@given(st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 (made aware below)
def test_a_filter_is_asked_in_utc_wherever_the_instant_comes_from(local: datetime, offset: int) -> None:
    instant = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    assert format_timestamp(instant) == format_timestamp(instant.astimezone(UTC))
    assert format_timestamp(instant).endswith("Z")


@pytest.mark.parametrize("text", NO_TIMESTAMPS)
def test_anything_else_is_no_timestamp(text: str) -> None:
    for parse in (parse_timestamp, sortable_timestamp, TypeAdapter(AttioTimestamp).validate_python):
        with pytest.raises(ValueError, match=r"is not a UTC timestamp like 2026-05-15T21:49:04\.642000000Z"):
            parse(text)


@given(
    st.text(st.sampled_from("0123456789-:.TZ+"), max_size=34)
    | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
)
def test_the_two_ways_to_read_a_timestamp_agree_on_what_is_one(text: str) -> None:
    readable = {True: 0, False: 0}
    for parse in (parse_timestamp, sortable_timestamp):
        try:
            parse(text)
        except ValueError:
            readable[False] += 1
        else:
            readable[True] += 1
    assert 2 in readable.values()


def test_a_model_keeps_the_text() -> None:
    text = "2026-05-15T21:49:04.642000001Z"
    assert TypeAdapter(AttioTimestamp).validate_python(text) == text
    with pytest.raises(ValidationError):
        TypeAdapter(AttioTimestamp).validate_python(7)


def test_what_is_no_date_is_not_repeated() -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(AttioDate).validate_python("1980-13-45 of somebody")
    assert "1980" not in caught.value.errors(include_input=False)[0]["msg"]
