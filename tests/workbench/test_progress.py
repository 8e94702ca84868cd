import io
from contextlib import suppress
from types import SimpleNamespace

import pytest
from rich.console import Console

from attio_sync.runtime import SyncReport
from attio_workbench.progress import SyncProgress, progress_text


def report(**changes: object) -> SyncReport:
    made = SyncReport(90.0, listed=1_500, listed_in_phase=1_500, histories_read=600, requests=900, seconds=10.0)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "1,500 listed, 600 histories read, 90 requests/s"),
        ({"phase": "everything older"}, "everything older: 1,500 listed, 600 histories read, 90 requests/s"),
        ({"source": "deals.stage"}, "deals.stage: 1,500 listed, 600 histories read, 90 requests/s"),
        (
            {"source": "deals.stage", "phase": "comparing everything"},
            "deals.stage, comparing everything: 1,500 listed, 600 histories read, 90 requests/s",
        ),
        ({"total": 3_000}, "1,500 of 3,000 listed, 600 histories read, 90 requests/s, about 10 s left"),
        ({"total": 3_000, "listed": 0, "listed_in_phase": 0}, "0 of 3,000 listed, 600 histories read, 90 requests/s"),
        ({"total": 1_400}, "1,500 of 1,400 listed, 600 histories read, 90 requests/s"),
        ({"waiting": "waiting until 10:20"}, "1,500 listed, 600 histories read, 90 requests/s, waiting until 10:20"),
    ],
)
def test_how_far_a_sync_is_is_one_sentence(changes: dict[str, object], text: str) -> None:
    assert progress_text(report(**changes)) == text


@pytest.mark.parametrize("width", [24, 44, 60, 80, 160])
@pytest.mark.parametrize("total", [None, 1_500])
def test_a_terminal_of_any_width_shows_the_time_and_all_that_is_said(width: int, total: int | None) -> None:
    lines = drawn(width, report(waiting="refused with 429, 12 so far"), total)

    assert max(map(len, lines)) <= width
    [time_shown] = [line.split()[-1] for line in lines if ":0" in line]
    assert time_shown == "0:00:00"
    assert " refused with 429, 12 so far " in f" {' '.join(' '.join(lines).split())} "


def test_the_bar_fills_as_records_are_listed_where_their_number_is_known() -> None:
    bars = [
        drawn(100, report(total=2_000, listed=listed, listed_in_phase=listed), None)[0].count("━")
        for listed in (500, 1_000, 2_000)
    ]

    # Without colors rich draws what is left as blanks, and half a cell as another character.
    assert bars == [8, 16, 32]


@pytest.mark.parametrize("asked_for", [75, 90, 93])
def test_a_bar_that_is_finished_is_full_and_says_how_many_there_were(asked_for: int) -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None, record=True)

    with SyncProgress(console, "Second sync", 90) as progress:
        progress.on_requests(asked_for, asked_for + 10, 2.0)
        progress.on_progress(report(histories_read=75))
    bar, said = console.export_text().rstrip().splitlines()[-2:]

    assert bar.count("━") == 32
    assert said.strip() == f"75 histories read, {(asked_for + 10) / 2:.0f} requests/s"


def test_a_listing_shorter_than_expected_is_finished_all_the_same() -> None:
    console = Console(file=io.StringIO(), width=100, record=True)

    with SyncProgress(console, "From https://api.attio.com") as progress:
        progress.on_progress(report(total=1_530, waiting="waiting until 10:20"))

    assert console.export_text() == "From https://api.attio.com: 1,500 listed, 600 histories read, 90 requests/s\n"


def test_of_each_source_a_line_stays_when_the_next_one_begins() -> None:
    console = Console(file=io.StringIO(), width=100, record=True)

    with SyncProgress(console, "Sync") as progress:
        progress.on_progress(report(source="deals.stage", listed_in_phase=500, histories_read=200))
        progress.on_progress(report(source="deals.stage"))
        progress.on_progress(report(source="deals.value", listed_in_phase=0))
        progress.on_progress(report(source="lists/hiring.stage", listed_in_phase=20, histories_read=601))
        progress.on_progress(report(source="lists/hiring.stage", listed_in_phase=30, histories_read=609))
        compared = {"source": "lists/hiring.stage", "phase": "comparing everything"}
        progress.on_progress(report(**compared, listed_in_phase=30, histories_read=610))

    # What had nothing to list says nothing; histories that were read for one are no other's.
    assert console.export_text().splitlines() == [
        "Sync: deals.stage: 1,500 listed, 600 histories read",
        "Sync: lists/hiring.stage: 30 listed, 9 histories read",
        "Sync: lists/hiring.stage, comparing everything: 30 listed, 1 history read, 90 requests/s",
    ]


def test_without_a_terminal_what_is_waited_for_is_said_once_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 100.0
    monkeypatch.setattr("attio_workbench.progress.time", SimpleNamespace(monotonic=lambda: seconds))
    console = Console(file=io.StringIO(), width=100, record=True)

    with suppress(KeyboardInterrupt), SyncProgress(console, "Sync") as progress:
        progress.on_progress(report())
        for _ in range(10):
            progress.on_progress(report(waiting="waiting until 10:20"))
            assert bool(console.export_text(clear=False)) == (seconds >= 102.0)
            seconds += 0.5
        raise KeyboardInterrupt

    assert console.export_text() == f"Sync: {progress_text(report(waiting='waiting until 10:20'))}\n"


def drawn(width: int, seen: SyncReport, total: int | None) -> list[str]:
    """What the terminal shows in the end of a sync that was interrupted, line by line."""
    console = Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system=None, record=True, get_time=lambda: 0.0
    )
    with suppress(KeyboardInterrupt), SyncProgress(console, "From https://api.attio.com", total) as progress:
        progress.on_progress(seen)
        console.export_text()
        raise KeyboardInterrupt
    return console.export_text().rstrip().splitlines()
