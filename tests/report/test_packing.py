from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_workbench.models import Models
from attio_workbench.report.content import Link, build_content, link_of
from attio_workbench.report.packing import DIGITS, pack, pack_ids, pack_rows


def unpack(packed: str) -> list[float | None]:
    """The numbers of a packed column, as the page reads them."""
    width, unit, text = int(packed[0]), 10 ** int(packed[1]), packed[2:]
    numbers: list[int] = []
    for start in range(0, len(text), width):
        number = 0
        for digit in text[start : start + width]:
            number = number * 64 + DIGITS.index(digit)
        numbers.append(number)
    return [(number - 1) / unit if number else None for number in numbers]


@given(st.lists(st.none() | st.integers(0, 10**9)))
def test_what_is_packed_can_be_read(values: list[int | None]) -> None:
    assert unpack(pack(values)) == values


@given(st.lists(st.none() | st.floats(0, 10**5)), st.integers(0, 6))
def test_of_what_is_packed_as_many_decimals_can_be_read(values: list[float | None], decimals: int) -> None:
    assert unpack(pack(values, decimals)) == [None if value is None else round(value, decimals) for value in values]


@given(st.lists(st.tuples(st.none() | st.integers(0, 50), st.floats(0, 500)), min_size=1))
def test_packed_rows_are_columns(rows: list[tuple[int | None, float]]) -> None:
    columns = pack_rows([{"stays": stays, "median": median} for stays, median in rows], median=2)

    read = zip(unpack(columns["stays"]), unpack(columns["median"]), strict=True)
    assert list(read) == [(stays, round(median, 2)) for stays, median in rows]


def test_nothing_below_zero_is_packed() -> None:
    with pytest.raises(ValueError, match="from 0 on"):
        pack([3, -1])


@given(st.lists(st.uuids(), min_size=1))
def test_ids_take_22_characters(ids: list[object]) -> None:
    assert len(pack_ids([str(one) for one in ids])) == 22 * len(ids)


@pytest.mark.parametrize("strange", ["entry 7", "6F1F1D4C-6b0e-4f0e-9d5a-0f4a3c9f5a11"])
def test_ids_of_another_form_stay_as_they_are(strange: str) -> None:
    ids = ["6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11", strange]

    assert pack_ids(ids) == ids


@pytest.mark.parametrize(
    ("parent", "before"),
    [
        ("people", "https://app.attio.com/acme/person/"),
        ("companies", "https://app.attio.com/acme/company/"),
        ("deals", "https://app.attio.com/acme/deals/record/"),
        ("applications", "https://app.attio.com/acme/custom/applications/record/"),
    ],
)
def test_a_link_is_the_address_that_attio_has(parent: str, before: str) -> None:
    assert link_of(parent, "acme") == Link(before, "/overview")
    assert link_of(parent, None) is None


def test_there_is_no_link_where_the_address_is_not_known() -> None:
    assert link_of("users", "acme") is None


def test_a_long_flow_is_thinned_and_ends_with_the_last_day(models: Models) -> None:
    first = min(row.date_day for row in models.status_daily)
    days = [replace(models.status_daily[0], date_day=first + timedelta(days=n), in_status=n) for n in range(900)]

    flow = build_content("a.b", "", None, {("", "a.b"): replace(models, status_daily=days)}).told["whole"]["flow"]

    [packed] = flow["in"].values()
    counts = unpack(packed)
    assert (flow["step"], flow["days"], len(counts)) == (3, 300, 300)
    assert counts == list(range(2, 900, 3))
    assert flow["start"] == (first + timedelta(days=2)).isoformat()


def test_a_gap_between_stays_is_kept(models: Models) -> None:
    earlier = [
        replace(stay, left_at=stay.left_at and stay.left_at - timedelta(minutes=3)) for stay in models.status_history
    ]

    assert build_content("a.b", "", None, {("", "a.b"): models}).told["open"]["gaps"] == []
    content = build_content("a.b", "", None, {("", "a.b"): replace(models, status_history=earlier)})
    opened = content.told["open"]
    assert len(opened["gaps"]) == len(unpack(opened["stay_status"])) > 0
