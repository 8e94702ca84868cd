"""Figures in virtual time, in a tiny size: no processes, no sockets, no waiting."""

import pytest
from benchmarks.figures import differences, minutes, month, states
from benchmarks.figures.pace import measure_in_virtual_time
from benchmarks.scale import TINY
from benchmarks.virtual import HISTORY, CountingSink, VirtualWorld


def test_a_destination_counts_what_each_row_does_to_it() -> None:
    sink = CountingSink({"t": ["id"]}, {"t": {}})

    for value in (1, 1, 2):
        sink.upsert("t", {"id": "a", "value": value})
    sink.delete("t", {"id": "a"})
    sink.delete("t", {"id": "b"})

    assert sink.did == {"new": 1, "same": 1, "changed": 1, "deleted": 1, "absent": 1}
    assert sink.touched == {("t", ("a",))}


def test_a_destination_that_is_not_as_attio_has_wrong_rows() -> None:
    world = VirtualWorld(50)
    world.sync()
    assert world.wrong_rows() == 0

    world.changes.rewrite(1)
    stale = world.wrong_rows()
    world.sink.tables[HISTORY]["too", "many"] = {}

    assert stale == 1
    assert world.wrong_rows() == 2


def test_a_listing_does_not_show_the_history_of_a_record_that_moved() -> None:
    world = VirtualWorld(50)
    before = world.moved()

    world.pass_time(hours=1)
    world.changes.create(3)

    assert world.records == 53
    assert world.moved() == before


def test_a_reconciliation_mends_all_that_was_planted() -> None:
    (section,) = differences.measure(TINY)

    daily, _, wrong = section.figures
    assert daily.met
    assert wrong.met
    assert "0 written as they were" in daily.note


def test_syncs_every_five_minutes_read_a_history_for_a_move_and_nothing_for_no_change() -> None:
    (section,) = minutes.measure(TINY)

    assert all(figure.met for figure in section.figures)


@pytest.mark.long
def test_the_table_of_a_month_has_two_simulated_sizes_and_a_computed_one() -> None:
    (section,) = month.measure(TINY)

    lines = [line for line in section.body.splitlines() if line.startswith("| ")]
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 50", "| 100", "| 1,000 (computed)"]


@pytest.mark.long
def test_the_state_of_many_histories_is_measured() -> None:
    (section,) = states.measure(TINY)

    assert "| 64 | " in section.body


def test_the_pace_in_virtual_time_is_that_of_the_order_of_the_requests() -> None:
    [section] = measure_in_virtual_time(TINY)

    assert len(section.figures) == 4
    quickest, _, slowest, _ = (float(figure.measured.removesuffix("%")) for figure in section.figures)
    assert slowest < quickest < 110  # the first few are not held up
