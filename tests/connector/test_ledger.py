"""The ledger: what it says is there is there after a dump and a load, and its size is bounded."""

import json
import random
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import PROFILE

from attio_sync.fingerprints import Fingerprint
from attio_sync.ledger import (
    MOST_RECENT,
    PAST,
    PRESENT,
    SAMPLE,
    SLICES,
    Known,
    Ledger,
    cells_for,
    current_of,
    differences,
    load_ledger,
    new_ledger,
    past_key,
    past_of,
    present_key,
    slice_of,
)
from attio_sync.sketch import Sketch

marks = st.builds(Fingerprint, st.integers(0, 2**40 - 1), st.integers(0, 2**16 - 1), st.integers(0, 2**120 - 1))
record_ids = st.uuids().map(str)


def small_ledger() -> Ledger:
    """Large enough that no two keys of a test have the same four cells, but once in a million times."""
    return Ledger(Sketch(768, PRESENT), [Sketch(32, PAST) for _ in range(SLICES)])


@given(delivered=st.dictionaries(record_ids, marks, max_size=20), taken=st.dictionaries(record_ids, marks, max_size=5))
def test_what_was_delivered_and_taken_out_is_named_after_a_dump_and_a_load(
    delivered: dict[str, Fingerprint], taken: dict[str, Fingerprint]
) -> None:
    ledger = small_ledger()
    for record_id, mark in delivered.items():
        ledger.add(record_id, mark)
        ledger.recent[record_id] = Known(mark, 7)
    for record_id, mark in taken.items():
        ledger.take_out(record_id, mark)
    ledger.fold(1)
    loaded = load_ledger(json.loads(json.dumps(ledger.dump())))
    found = differences(loaded.present.decode() or {}, PRESENT)
    expected: dict[str, dict[int, int]] = {}
    for sign, marks_of in ((1, delivered), (-1, taken)):
        for record_id, mark in marks_of.items():
            expected.setdefault(record_id, {})[present_key(record_id, mark.current)] = sign
    if not delivered.keys() & taken.keys():
        assert found == expected
    assert loaded.recent == ledger.recent
    assert loaded.sample == sorted(delivered)[:SAMPLE]
    assert loaded.tallest == ledger.tallest


def test_the_past_of_a_record_is_in_its_slice_and_nowhere_else() -> None:
    ledger, record_id = new_ledger(1), str(uuid.UUID(int=12_345))
    ledger.add(record_id, Fingerprint(1, 3, 99))
    for number, past in enumerate(ledger.past):
        assert past is not None
        found = differences(past.decode() or {}, PAST)
        assert found == ({record_id: {past_key(record_id, 3, 99): 1}} if number == slice_of(record_id) else {})
    ledger.note_stays(record_id, 3)
    assert ledger.most_stays(record_id) == 3


@given(record_id=record_ids, mark=marks)
def test_a_key_says_how_many_stays_it_stands_for_and_their_digest(record_id: str, mark: Fingerprint) -> None:
    assert past_of(past_key(record_id, mark.stays, mark.past)) == (mark.stays, mark.past)
    assert current_of(present_key(record_id, mark.current)) == mark.current


def test_what_was_written_over_is_remembered_up_to_a_bound_however_old_it_is() -> None:
    ledger = new_ledger(1)
    there = [str(uuid.UUID(int=number)) for number in range(4)]
    ledger.past[slice_of(there[0])] = None  # of which nothing is held that could be wrong
    for record_id in there:
        ledger.note_overwritten(record_id, 2)
        ledger.recent[record_id] = Known(Fingerprint(1, 1, 1), 5)
    ledger.prune(9, 4)
    assert sorted(ledger.recent) == sorted(ledger.overwritten) == there[1:3]
    loaded = load_ledger(ledger.dump())
    assert (loaded.recent, loaded.overwritten) == (ledger.recent, ledger.overwritten)
    ledger.forget(there[1])
    assert sorted(ledger.recent) == sorted(ledger.overwritten) == there[2:3]


def test_too_many_lately_delivered_records_are_forgotten_from_the_oldest_on() -> None:
    ledger = new_ledger(1)
    for began in range(10):
        ledger.recent[str(began)] = Known(Fingerprint(1, 1, 1), began)
    ledger.prune(0, 4)
    assert (sorted(ledger.recent), ledger.recent_since) == (["6", "7", "8", "9"], 6)


@pytest.mark.parametrize("histories", [1, 3, 4, 10, 64] if PROFILE == "long" else [1, 64])
def test_all_ledgers_together_stay_below_four_megabytes(histories: int) -> None:
    chance = random.Random(histories)
    ledger = new_ledger(histories)
    for _ in range(15_000):
        mark = Fingerprint(chance.getrandbits(40), chance.randint(1, 20), chance.getrandbits(120))
        record_id = str(uuid.UUID(int=chance.getrandbits(128)))
        ledger.add(record_id, mark)
        ledger.recent[record_id] = Known(mark, 1)
    ledger.prune(0, MOST_RECENT // histories)
    assert len(json.dumps(ledger.dump())) * histories < 3_900_000
    assert load_ledger(ledger.dump()).records == 15_000


def test_a_ledger_shrinks_to_what_its_records_need() -> None:
    assert cells_for(1_000, 1) == (768, 96)
    assert cells_for(200_000, 1) == (12_288, 192)
    ledger = new_ledger(1)
    ledger.fold(1)
    assert (ledger.present.cells, {p.cells for p in ledger.past if p}) == (768, {96})


@pytest.mark.parametrize(
    "damage",
    [
        {"present": "x"},
        {"past": []},
        {"tallest": [1]},
        {"recent": "AAAA"},
        {"sample": ["no id"]},
        {"guesses": None},
        {"overwritten": "AAAA"},
    ],
)
def test_a_damaged_ledger_is_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="the ledger cannot be read"):
        load_ledger({**new_ledger(1).dump(), **damage})


def test_a_slice_that_is_not_known_stays_so() -> None:
    ledger = new_ledger(1)
    ledger.past[3] = None
    assert load_ledger(ledger.dump()).past[3] is None


def test_a_ledger_is_full_when_many_deliveries_had_to_guess() -> None:
    ledger: Ledger = new_ledger(1)
    ledger.guesses = int(ledger.present.cells * 0.35)
    assert not ledger.is_full
    ledger.guesses += 1
    assert ledger.is_full


def test_slices_are_of_much_the_same_size() -> None:
    chance = random.Random(1)
    counted = [0] * SLICES
    for _ in range(30_000):
        counted[slice_of(str(uuid.UUID(int=chance.getrandbits(128))))] += 1
    assert 850 < min(counted) <= max(counted) < 1_150
