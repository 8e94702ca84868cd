from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.support import START, Time

from attio_simulator import Clock
from attio_simulator.clock import http_date, moment, nanoseconds, parse_date, parse_timestamp, timestamp


def test_a_clock_runs_with_its_source_and_can_be_moved_both_ways() -> None:
    time = Time()
    clock = Clock(start=START, source=time)
    time.seconds = 1.5
    assert clock.now() == START + timedelta(seconds=1.5)
    clock.move(timedelta(hours=2))
    clock.move(timedelta(hours=-3))
    assert clock.now() == START + timedelta(seconds=1.5, hours=-1)
    assert clock.start == START - timedelta(hours=1)


def test_a_clock_shows_real_time_by_default() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Clock(start=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test


def test_what_is_stamped_is_cut_to_whole_milliseconds() -> None:
    clock = Clock(start=START + timedelta(microseconds=1_999), source=lambda: 0.0)
    assert timestamp(clock.nanoseconds()) == "2026-11-24T10:00:00.001000000Z"


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_timestamps_are_written_with_nine_digits_and_read_back(at: datetime) -> None:
    text = timestamp(nanoseconds(at))
    assert len(text) == len("2026-05-15T21:49:04.642000000Z")
    assert parse_timestamp(text) == nanoseconds(at)
    assert moment(parse_timestamp(text)) == at


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-24T10:00:00.123456789Z", "2026-11-24T10:00:00.123456789Z"),
        ("2026-11-24T10:00:00.1234567891Z", "2026-11-24T10:00:00.123456789Z"),
        ("2026-11-24T12:00:00+02:00", "2026-11-24T10:00:00.000000000Z"),
        ("2026-11-24T10:00", "2026-11-24T10:00:00.000000000Z"),
        ("2026-11-24 10:00:00.5", "2026-11-24T10:00:00.500000000Z"),
    ],
)
def test_rfc_3339_is_read_in_its_many_forms(text: str, same: str) -> None:
    assert timestamp(parse_timestamp(text)) == same


@pytest.mark.parametrize("text", ["2026-11-24", "10:00", "", "2026-13-01T00:00:00Z", "2026-11-24T10:00:00Z and more"])
def test_what_is_no_timestamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_timestamp(text)


def test_a_date_means_its_first_instant() -> None:
    assert timestamp(parse_date("2026-11-24")) == "2026-11-24T00:00:00.000000000Z"
    with pytest.raises(ValueError, match="not a date"):
        parse_date("2026-11-24T10:00:00Z")


def test_http_dates_look_as_in_the_documentation() -> None:
    assert http_date(nanoseconds(datetime(2023, 5, 23, 14, 42, 1, tzinfo=UTC))) == "Tue, 23 May 2023 14:42:01 GMT"
