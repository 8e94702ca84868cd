"""The sketch names what differs between two multisets, however large they are, or says that it cannot."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sync.ledger import PAST, PRESENT
from attio_sync.sketch import KeySize, Sketch

keys = st.integers(0, (1 << 8 * PRESENT.key_bytes) - 1)
sizes = st.sampled_from([PRESENT, PAST])


def sketch_of(counted: Counter[int], cells: int = 96, size: KeySize = PRESENT) -> Sketch:
    sketch = Sketch(cells, size)
    for key, times in counted.items():
        sketch.add(key, times)
    return sketch


def many(number: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    return [chance.getrandbits(8 * PRESENT.key_bytes) for _ in range(number)]


@given(st.lists(keys, max_size=300), st.lists(keys, max_size=15), st.lists(keys, max_size=15), sizes)
def test_what_both_hold_cancels_and_the_rest_is_named(
    shared: list[int], ours: list[int], theirs: list[int], size: KeySize
) -> None:
    ours = [key << 8 * (size.key_bytes - PRESENT.key_bytes) | 1 for key in ours]
    left, right = Counter(shared + ours), Counter(shared + theirs)
    expected = {key: left[key] - right[key] for key in left | right if left[key] != right[key]}
    # In a sketch this large two of thirty keys have the same four cells once in 10⁶ times; in one of 96 once in 10³.
    assert (sketch_of(left, 768, size) - sketch_of(right, 768, size)).decode() == expected


@given(key=keys, times=st.integers(-1000, 1000))
def test_a_key_that_went_in_or_out_many_times_is_still_named(key: int, times: int) -> None:
    assert sketch_of(Counter({key: times})).decode() == ({key: times} if times else {})


@given(counted=st.dictionaries(keys, st.integers(-50, 50), max_size=40), size=sizes)
def test_a_sketch_is_the_same_after_it_was_saved(counted: dict[int, int], size: KeySize) -> None:
    sketch = sketch_of(Counter(counted), size=size)
    loaded = Sketch.load(sketch.dump(), size)
    assert loaded.decode() == sketch.decode()
    assert loaded.total == sketch.total
    assert (loaded - sketch).decode() == {}


def test_what_is_added_to_a_sketch_that_was_saved_is_saved_with_it() -> None:
    sketch = sketch_of(Counter([1, 2]))
    for key in (3, 4):
        sketch.dump()
        sketch.add(key)
    loaded = Sketch.load(sketch.dump(), PRESENT)
    assert loaded.decode() == dict.fromkeys((1, 2, 3, 4), 1)
    loaded.add(1, -1)
    assert Sketch.load(loaded.dump(), PRESENT).decode() == dict.fromkeys((2, 3, 4), 1)


@given(counted=st.dictionaries(keys, st.integers(-3, 3), max_size=12), cells=st.sampled_from([96, 48, 24]))
def test_a_folded_sketch_holds_the_same_keys(counted: dict[int, int], cells: int) -> None:
    assert (sketch_of(Counter(counted), 192).folded(cells) - sketch_of(Counter(counted), cells)).decode() == {}


def test_two_thirds_as_many_differences_as_cells_are_named_among_many_keys() -> None:
    for seed in range(5):
        shared, ours = many(5_000, seed), many(int(768 * 0.66), seed + 1_000)
        decoded = (sketch_of(Counter(shared + ours), 768) - sketch_of(Counter(shared), 768)).decode()
        assert decoded == dict.fromkeys(ours, 1)


@pytest.mark.parametrize("number", [97, 200, 5_000])
def test_too_many_differences_are_never_named_wrongly(number: int) -> None:
    for seed in range(5):
        assert sketch_of(Counter(many(number, seed))).decode() is None


def test_a_sketch_with_few_keys_is_short_and_a_full_one_has_its_size_at_most() -> None:
    assert len(sketch_of(Counter(many(3, 1)), 12_288).dump()) < 3_000
    assert len(sketch_of(Counter(many(20_000, 1)), 12_288).dump()) < 12_288 * PRESENT.cell_bytes * 1.4


@pytest.mark.parametrize("text", ["", "nonsense", "AAAA", "eJwLSS0uAQAD0QGL", "ä"])
def test_what_is_no_sketch_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Sketch.load(text, PRESENT)
