"""Every type of attribute that keeps a history: its values, its columns, and what tells one value from another."""

import copy
import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.support.attribute_values import LOCATION, OWN, histories_of, moment, values_of

from attio_sync.attio_types.records import EntryOf, ListedRecord
from attio_sync.attribute_types import SELECT, STATUS, TYPES
from attio_sync.errors import InvalidValueError
from attio_sync.fingerprints import UNREADABLE, fingerprint_of, listed_digest
from attio_sync.histories import parse_history
from attio_sync.parents import parse_parent
from attio_sync.sources import Source
from attio_sync.streams import current_table, history_rows, history_table
from attio_sync.tables import as_object, printable

RECORD_ID = "0e339d90-1b8d-436e-9305-7c08620dc212"
ENTRY = EntryOf("people", "5b0c8f6e-21c4-4f65-8a52-93f0f1d5b7aa")

# What tells one value from another, beside its time and who set it; everything else may change without notice.
IDENTIFYING: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "status": (("status", "id", "status_id"),),
    "select": (("option", "id", "option_id"),),
    "actor-reference": (("referenced_actor_type",), ("referenced_actor_id",)),
    "record-reference": (("target_object",), ("target_record_id",)),
    **dict.fromkeys(("text", "number", "rating", "checkbox", "date", "timestamp"), (("value",),)),
    "currency": (("currency_value",), ("currency_code",)),
    "location": tuple((name,) for name in LOCATION),
    "domain": (("domain",), ("root_domain",)),
    "email-address": tuple(
        (name,)
        for name in (
            "email_address",
            "original_email_address",
            "email_domain",
            "email_root_domain",
            "email_local_specifier",
        )
    ),
    "phone-number": (("phone_number",), ("original_phone_number",), ("country_code",)),
    "personal-name": (("first_name",), ("last_name",), ("full_name",)),
}

kinds = st.sampled_from(sorted(TYPES))


def source_of(kind: str, *, is_multiple: bool = False, place: str = "deals") -> Source:
    return Source(parse_parent(place), "thing", "attio_thing", TYPES[kind], is_multiple)


def part(value: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def paths(value: dict[str, Any]) -> list[tuple[str, ...]]:
    """The way to every field that is no object."""
    found: list[tuple[str, ...]] = []
    for name, inside in value.items():
        shape = as_object(inside)
        found += [(name,)] if shape is None else [(name, *rest) for rest in paths(shape)]
    return found


def test_these_are_the_types_that_keep_a_history() -> None:
    assert TYPES.keys() == OWN.keys() == IDENTIFYING.keys()
    assert (TYPES["status"], TYPES["select"]) == (STATUS, SELECT)
    assert {name for name, one in TYPES.items() if one.is_filtered} == {"status", "select"}
    assert [one.definition for one in (STATUS, SELECT)] == ["statuses", "options"]


@given(kinds, st.data())
def test_what_attio_documents_is_a_history_and_kept_as_it_is(kind: str, data: st.DataObject) -> None:
    is_multiple = data.draw(st.booleans())
    raw = data.draw(histories_of(kind, is_multiple=is_multiple))
    before = copy.deepcopy(raw)
    history = parse_history(RECORD_ID, raw, TYPES[kind], is_multiple=is_multiple)
    assert raw == before
    shown = [json.dumps(value, sort_keys=True) for value in history.raw]
    assert sorted(shown) == sorted(json.dumps(printable_but_for_numbers(v), sort_keys=True) for v in raw)
    assert [v.active_from for v in history.values] == [v["active_from"] for v in raw]
    assert [in_floats(v.model_dump(exclude_unset=True)) for v in history.values] == [in_floats(v) for v in history.raw]


def in_floats(value: Any) -> Any:
    """Numbers as they are validated: those of more than 53 bits lose their last digits, which only what is kept has."""
    if isinstance(value, dict):
        return {name: in_floats(inside) for name, inside in cast("dict[str, Any]", value).items()}
    return float(value) if isinstance(value, int) else value


def printable_but_for_numbers(value: dict[str, Any]) -> dict[str, Any]:
    """A value with its texts as they are stored; numbers of any size are."""
    stored: dict[str, Any] = {}
    for name, inside in value.items():
        shape = as_object(inside)
        stored[name] = (
            printable_but_for_numbers(shape) if shape else inside if isinstance(inside, int) else printable(inside)
        )
    return stored


@given(kinds, st.data())
def test_a_field_that_is_missing_or_of_another_type_makes_the_record_invalid(kind: str, data: st.DataObject) -> None:
    raw = data.draw(values_of(kind))
    *outer, name = data.draw(st.sampled_from([path for path in IDENTIFYING[kind] if path != ("currency_code",)]))
    inside = part(raw, tuple(outer))
    if data.draw(st.booleans()):
        del inside[name]
    else:
        inside[name] = {"another": "shape"}
    with pytest.raises(InvalidValueError) as caught:
        parse_history(RECORD_ID, [raw], TYPES[kind])
    assert caught.value.field == ".".join(["0", *outer, name])


@given(kinds, kinds, st.data())
def test_a_value_of_another_type_is_not_taken_for_one_of_this(kind: str, other: str, data: st.DataObject) -> None:
    assume(kind != other)
    raw = data.draw(values_of(other))
    with pytest.raises(InvalidValueError):
        parse_history(RECORD_ID, [raw], TYPES[kind])


@pytest.mark.parametrize("text", ["", "today", "2026-02-30", "15.05.2026", "2026-05-15T08:00:00Z"])
def test_a_date_that_is_none_makes_the_record_invalid(text: str) -> None:
    raw = {"active_from": moment(0), "active_until": None, "created_by_actor": {"type": None, "id": None}}
    with pytest.raises(InvalidValueError):
        parse_history(RECORD_ID, [{**raw, "attribute_type": "date", "value": text}], TYPES["date"])


@pytest.mark.parametrize("amount", [1e15, -1e15, 10**15, 1e300, 10**400])
def test_an_amount_that_no_column_of_money_holds_makes_the_record_invalid(amount: float) -> None:
    raw = {"active_from": moment(0), "active_until": None, "created_by_actor": {"type": None, "id": None}}
    with pytest.raises(InvalidValueError) as caught:
        parse_history(RECORD_ID, [{**raw, "attribute_type": "currency", "currency_value": amount}], TYPES["currency"])
    assert caught.value.field == "0.currency_value"


PYTHON: Mapping[str, type | tuple[type, ...]] = {
    "STRING": str,
    "INT": int,
    "DOUBLE": float,
    "BOOLEAN": bool,
    "NAIVE_DATE": date,
    "UTC_DATETIME": datetime,
    "JSON": (list, dict),
    "DECIMAL": str,
}


@given(kinds, st.data())
def test_the_columns_of_both_tables_have_the_declared_types(kind: str, data: st.DataObject) -> None:
    is_multiple, place = data.draw(st.booleans()), data.draw(st.sampled_from(["deals", "applications", "lists/hiring"]))
    source = source_of(kind, is_multiple=is_multiple, place=place)
    entry_of = ENTRY if source.parent.is_list else None
    raw = data.draw(histories_of(kind, is_multiple=is_multiple))
    history = parse_history(RECORD_ID, raw, source.type, is_multiple=is_multiple, entry_of=entry_of)
    current, stays = current_table(source), history_table(source)
    rows = [(current, current.row(history))]
    rows += [(stays, row) for row in history_rows(stays, history, range(len(raw)))]
    for table, row in rows:
        declared = table.schema()["columns"]
        assert list(row) == list(declared)
        for name, cell in row.items():
            column = declared[name] if isinstance(declared[name], str) else declared[name]["type"]
            if cell is None:
                continue
            assert isinstance(cell, PYTHON[column]), (name, cell)
            assert not isinstance(cell, datetime) or cell.tzinfo is UTC
            assert isinstance(cell, datetime) == (column == "UTC_DATETIME")
            assert isinstance(cell, bool) == (column == "BOOLEAN")
            if column == "DECIMAL":
                assert re.fullmatch(r"-?\d+(\.\d+)?", str(cell))
            if column == "STRING":
                assert b"\0" not in str(cell).encode()


@given(kinds, st.data())
def test_the_columns_show_what_is_in_the_value(kind: str, data: st.DataObject) -> None:
    """Each column that identifies a value is called as its field, or as its type where the field is just a value."""
    raw = data.draw(values_of(kind))
    history = parse_history(RECORD_ID, [raw], TYPES[kind])
    [row] = history_rows(history_table(source_of(kind)), history, [0])
    for path in IDENTIFYING[kind]:
        name = path[-1] if path != ("value",) else kind
        found, cell = part(history.raw[0], path), row[name]
        if kind == "timestamp":
            assert cell == datetime.fromisoformat(found)
        elif kind == "date":
            assert str(cell) == found
        elif kind in {"number", "rating"}:
            assert cell == float(found)
        elif name == "currency_value":
            assert float(cell) == float(found)
        else:
            assert cell == found
    if not TYPES[kind].is_filtered:
        common = {"active_from", "active_until", "created_by_actor", "attribute_type"}
        assert row["value"] == {k: v for k, v in history.raw[0].items() if k not in common}
    assert TYPES[kind].label(raw) is not None


@given(kinds, st.data())
def test_values_differ_exactly_where_what_identifies_them_does(kind: str, data: st.DataObject) -> None:
    """Of two values, one field of which differs, or none."""
    one = data.draw(values_of(kind))
    other, another = copy.deepcopy(one), data.draw(values_of(kind))
    path = data.draw(st.sampled_from([p for p in paths(another) if p[0] != "created_by_actor"]))
    part(other, path[:-1])[path[-1]] = part(another, path)

    def identifying(value: dict[str, Any]) -> list[Any]:
        # What is the same once it is stored is the same, and so are 1 and 1.0, but not 1 and true.
        return [
            (isinstance(p := part(value, way), bool), p if isinstance(p, int) else printable(p))
            for way in IDENTIFYING[kind]
        ]

    identity = TYPES[kind].identity
    assert (identity(one) == identity(other)) == (identifying(one) == identifying(other))


@pytest.mark.parametrize(("kind", "field"), [("number", "value"), ("rating", "value"), ("currency", "currency_value")])
@given(number=st.integers(-(2**80), 2**80).filter(lambda n: int(float(n)) == n), other=st.integers(-(2**80), 2**80))
def test_a_whole_number_is_the_same_with_and_without_a_point(kind: str, field: str, number: int, other: int) -> None:
    identity = TYPES[kind].identity
    assert identity({field: number}) == identity({field: float(number)})
    assert (identity({field: number}) == identity({field: other})) == (number == other)
    assert identity({field: number}) != identity({field: str(number)})
    assert identity({field: 42}) == identity({field: 42.0}) != identity({field: 42.5})


@given(kinds, st.data())
def test_a_listing_and_the_history_say_the_same_of_what_is_current(kind: str, data: st.DataObject) -> None:
    is_multiple = data.draw(st.booleans())
    entry_of = data.draw(st.sampled_from([None, ENTRY]))
    raw = data.draw(histories_of(kind, is_multiple=is_multiple))
    history = parse_history(RECORD_ID, raw, TYPES[kind], is_multiple=is_multiple, entry_of=entry_of)
    current = [value for value in raw if value["active_until"] is None]
    listed = ListedRecord(RECORD_ID, moment(0), moment(0), data.draw(st.permutations(current)), entry_of)
    digest = listed_digest(listed, source_of(kind, is_multiple=is_multiple))
    assert digest == fingerprint_of(history).current
    # Any other value, actor or time is another current value.
    if current:
        changed = copy.deepcopy(listed.current)
        changed[0]["active_from"] = moment(99)
        assert listed_digest(listed._replace(current=changed), source_of(kind, is_multiple=is_multiple)) != digest
        assert listed_digest(listed._replace(current=[]), source_of(kind, is_multiple=is_multiple)) != digest


@given(kinds, st.data())
def test_an_entry_that_is_about_something_else_is_another(kind: str, data: st.DataObject) -> None:
    current = data.draw(st.lists(values_of(kind), max_size=1))
    listed = [
        listed_digest(ListedRecord(RECORD_ID, moment(0), moment(0), current, entry_of), source_of(kind))
        for entry_of in (None, ENTRY, ENTRY._replace(parent_object="companies"), ENTRY._replace(parent_record_id=RECORD_ID))
    ]
    assert len(set(listed)) == 4


@given(kinds, st.sampled_from(["active_from", "created_by_actor"]), st.sampled_from([None, [], 7, "x"]), st.data())
def test_what_cannot_be_read_in_a_listing_is_like_no_history(
    kind: str, field: str, wrong: object, data: st.DataObject
) -> None:
    raw = data.draw(values_of(kind)) | {field: wrong}
    assert listed_digest(ListedRecord(RECORD_ID, moment(0), moment(0), [raw]), source_of(kind)) == UNREADABLE


@given(kinds, st.data())
def test_several_current_values_where_there_is_one_at_a_time_are_not_believed(kind: str, data: st.DataObject) -> None:
    two = data.draw(st.lists(values_of(kind), min_size=2, max_size=2))
    record = ListedRecord(RECORD_ID, moment(0), moment(0), two)
    assert listed_digest(record, source_of(kind)) == UNREADABLE
    assume(two[0] != two[1])
    assert listed_digest(record, source_of(kind, is_multiple=True)) != UNREADABLE


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (18100.0, "18,100 USD"),
        (18100.5, "18,100.50 USD"),
        (18100.25, "18,100.25 USD"),
        (0.0625, "0.0625 USD"),
        (-4000, "-4,000 USD"),
        (0.0, "0 USD"),
        (123456789012345.6, "123,456,789,012,345.60 USD"),
        (1e-7, "0.0000001 USD"),
    ],
)
def test_money_reads_as_people_write_it_and_loses_no_digit(amount: float, written: str) -> None:
    assert TYPES["currency"].label({"currency_value": amount, "currency_code": "USD"}) == written


@pytest.mark.parametrize(("value", "written"), [(5.0, "5"), (1200, "1,200"), (0.125, "0.125"), (1e21, f"1{',000' * 7}")])
def test_a_number_reads_as_people_write_it(value: float, written: str) -> None:
    assert [TYPES[kind].label({"value": value}) for kind in ("number", "rating")] == [written, written]
