"""What JSON of unknown shape turns out to be."""

from hypothesis import given
from hypothesis import strategies as st

from attio_sync.tables import as_array, as_object

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_a_value_is_an_object_an_array_or_neither_and_is_handed_out_as_it_is(value: object) -> None:
    is_object, is_array = isinstance(value, dict), isinstance(value, list)
    assert as_object(value) is (value if is_object else None)
    assert as_array(value) is (value if is_array else None)


def test_nothing_that_json_cannot_be_is_taken_for_an_array() -> None:
    assert as_array((1, 2)) is None
    assert as_array("text") is None
    assert as_object([("key", "value")]) is None
