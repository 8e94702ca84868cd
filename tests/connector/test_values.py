"""The values of a status attribute: what is valid, what Attio may add, and what is not valid and why."""

import contextlib
import copy
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_simulator import Clock, Mangle, Workspace, generate_hiring_pipeline
from attio_simulator.mangling import mangled, with_unknown_enum, with_unknown_field
from attio_sync.errors import InvalidValueError, SkipError
from attio_sync.histories import AttributeHistory, parse_history
from attio_sync.tables import printable

if TYPE_CHECKING:
    from attio_sync.attio_types.values import StatusValue

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PIPELINE = generate_hiring_pipeline(100, seed=5, clock=Clock(start=NOW, source=lambda: 0.0))


def history_of(workspace: Workspace = PIPELINE) -> list[dict[str, Any]]:
    """A history of several values, as Attio would answer it."""
    return copy.deepcopy(max((workspace.history(one) for one in workspace.record_ids("applications")), key=len)[:5])


def invalid(raw: list[Any]) -> InvalidValueError:
    with pytest.raises(InvalidValueError) as caught:
        parse_history("the-record", raw)
    return caught.value


def test_every_history_of_a_believable_workspace_is_valid_and_kept_as_it_is() -> None:
    for record_id in PIPELINE.record_ids("applications"):
        raw = PIPELINE.history(record_id)
        history = parse_history(record_id, raw)
        assert (history.record_id, history.raw) == (record_id, raw)
        assert [value.model_dump() for value in history.values] == raw


def test_no_values_are_a_history() -> None:
    assert parse_history("the-record", []) == AttributeHistory("the-record", [], [])


@pytest.mark.parametrize("change", [with_unknown_field, with_unknown_enum])
def test_what_attio_may_add_is_kept_and_no_failure(change: Any) -> None:
    raw = [change(value) for value in history_of()]
    assert raw != history_of()
    history = parse_history("the-record", raw)
    assert history.raw == raw
    assert [value.model_dump() for value in history.values] == raw


def test_an_actor_may_be_nobody_and_a_status_may_have_no_target_time() -> None:
    raw = history_of()
    raw[0]["created_by_actor"] = {"type": None, "id": None}
    raw[0]["status"].pop("target_time_in_status")
    raw[1]["status"]["target_time_in_status"] = None
    values = parse_history("the-record", raw).values
    assert (values[0].created_by_actor.type, values[0].created_by_actor.id) == (None, None)
    assert [cast("StatusValue", v).status.target_time_in_status for v in values[:2]] == [None, None]


FIELDS = [
    "active_from",
    "active_until",
    "created_by_actor",
    "created_by_actor.type",
    "created_by_actor.id",
    "status",
    "status.id",
    "status.id.workspace_id",
    "status.id.object_id",
    "status.id.attribute_id",
    "status.id.status_id",
    "status.title",
    "status.is_archived",
    "attribute_type",
]
NULLABLE = {"active_until", "created_by_actor.type", "created_by_actor.id"}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_is_missing_makes_the_record_invalid_and_is_named(field: str) -> None:
    raw = history_of()
    mangled(Mangle(how="missing_field", field=field))(raw[1])
    error = invalid(raw)
    assert (error.record_id, error.field, error.reason) == ("the-record", f"1.{field}", "Field required")
    assert error.raw == raw
    assert str(error) == f"record the-record: 1.{field}: Field required"


@pytest.mark.parametrize("field", [*FIELDS, "status.target_time_in_status"])
@pytest.mark.parametrize("wrong", [7, True, 1.5, ["x"], {"x": 1}])
def test_a_field_of_another_type_makes_the_record_invalid_and_is_named(field: str, wrong: object) -> None:
    raw = history_of()
    *outer, name = field.split(".")
    inside = raw[0]
    for key in outer:
        inside = inside[key]
    if field == "status.is_archived" and wrong is True:
        wrong = "true"
    inside[name] = wrong
    error = invalid(raw)
    # An object of another shape is wrong at its first field.
    assert error.field.startswith(f"0.{field}")
    assert error.reason
    assert error.raw == raw


@pytest.mark.parametrize("field", [f for f in FIELDS if f not in NULLABLE])
def test_a_field_that_is_null_where_attio_documents_a_value_makes_the_record_invalid(field: str) -> None:
    raw = history_of()
    mangled(Mangle(how="null", field=field))(raw[0])
    assert invalid(raw).field == f"0.{field}"


@pytest.mark.parametrize("value", [None, 7, "Applied", [], True])
def test_a_value_that_is_no_object_makes_the_record_invalid(value: object) -> None:
    assert invalid([value]).field == "0"


def test_a_value_of_another_attribute_type_is_not_taken_for_a_status() -> None:
    raw = history_of()
    raw[0]["attribute_type"] = "select"
    assert invalid(raw).field == "0.attribute_type"


@pytest.mark.parametrize("text", ["", "2026-05-15", "2026-13-45T99:99:99Z", "2026-05-15T21:49:04+02:00"])
@pytest.mark.parametrize("field", ["active_from", "active_until"])
def test_a_timestamp_that_is_none_makes_the_record_invalid(field: str, text: str) -> None:
    raw = history_of()
    raw[0][field] = text
    error = invalid(raw)
    assert error.field == f"0.{field}"
    assert "is not a UTC timestamp" in error.reason


@pytest.mark.parametrize(
    ("where", "what", "stored"),
    [
        ("title", "\ud800", "\\ud800"),
        ("extra", "a\x00b", "a\\u0000b"),
        ("extra", {"\udfff": ["\x00"]}, {"\\udfff": ["\\u0000"]}),
    ],
    ids=["title", "text", "key"],
)
def test_what_some_warehouses_refuse_in_a_text_is_escaped(where: str, what: object, stored: object) -> None:
    raw, expected = history_of(), history_of()
    raw[0]["status"][where], expected[0]["status"][where] = what, stored
    history = parse_history("the-record", raw)
    assert history.raw == expected
    assert [value.model_dump() for value in history.values] == expected
    assert json.dumps(history.raw, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "what",
    [float("inf"), float("nan"), [1e400], 10**5_000],
    ids=["infinite", "no number", "too large a float", "too large an integer"],
)
def test_what_no_warehouse_can_store_makes_the_record_invalid(what: object) -> None:
    raw = history_of()
    raw[0]["status"]["extra"] = what
    error = invalid(raw)
    assert str(error).encode()
    assert error.raw == raw


def test_values_that_do_not_come_oldest_first_make_the_record_invalid() -> None:
    error = invalid(history_of()[::-1])
    assert error.field in {"0.active_until", "1.active_from"}
    raw = history_of()
    raw[1], raw[2] = raw[2], raw[1]
    error = invalid(raw)
    assert (error.field, error.reason) == ("2.active_from", "the values do not come oldest first")


def test_an_open_value_that_is_not_the_last_makes_the_record_invalid() -> None:
    raw = history_of()
    raw[1]["active_until"] = None
    error = invalid(raw)
    assert (error.field, error.reason) == ("1.active_until", "a value is open that is not the last")
    assert error.raw == raw


def test_values_that_begin_at_the_same_instant_are_a_history() -> None:
    raw = history_of()[:2]
    raw[0]["active_until"] = raw[1]["active_from"] = raw[0]["active_from"]
    assert parse_history("the-record", raw).raw == raw


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [100, 800, 900, 1_000, 10_000, 100_000])
def test_a_value_nested_deeper_than_anything_can_store_makes_the_record_invalid(depth: int) -> None:
    raw = history_of()
    raw[0]["extra"] = nested(depth)
    assert invalid(raw).field == "values"


def test_a_valid_history_can_be_written_as_json_from_anywhere() -> None:
    raw = history_of()
    raw[0]["extra"] = nested(10)
    history = parse_history("the-record", raw)
    assert json.loads(json.dumps(history.raw)) == raw


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-05-15T21:49:04Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FIELDS[:3], "x"]), inner, max_size=4),
    max_leaves=10,
)


@given(st.lists(json_values, min_size=1, max_size=3))
def test_any_json_at_all_is_a_history_or_a_record_to_skip(raw: list[object]) -> None:
    error = invalid(raw)
    assert isinstance(error, SkipError)
    assert error.field
    assert error.reason


def places(raw: object) -> list[tuple[int | str, ...]]:
    """The way to everything inside, at every level."""
    inside: list[tuple[int | str, object]] = []
    if isinstance(raw, dict):
        inside = list(cast("dict[int | str, object]", raw).items())
    elif isinstance(raw, list):
        inside = list(enumerate(cast("list[object]", raw)))
    return [way for key, one in inside for way in [(key,), *((key, *rest) for rest in places(one))]]


@given(st.data())
def test_one_thing_replaced_anywhere_is_valid_or_a_record_to_skip(data: st.DataObject) -> None:
    raw = history_of()
    *way, last = data.draw(st.sampled_from(places(raw)))
    place: Any = raw
    for key in way:
        place = place[key]
    place[last] = data.draw(json_values)
    history: AttributeHistory | None = None
    with contextlib.suppress(InvalidValueError):
        history = parse_history("the-record", raw)
    if history is not None:
        stored = json.dumps(history.raw, allow_nan=False, ensure_ascii=False).encode()
        assert b"\\u0000" not in stored.replace(b"\\\\u0000", b"")
        assert history.raw in (raw, printable(raw))
        assert [value.model_dump(exclude_unset=True) for value in history.values] == history.raw
