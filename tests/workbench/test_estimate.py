import io
from pathlib import Path

import pytest
from rich.console import Console
from tests.workbench.conftest import APPLICATIONS, TOKEN, AttioSync
from tests.workbench.test_sync import figure

from attio_simulator import Fault, Limits, Simulator, Workspace
from attio_sync.settings import Settings, load_settings
from attio_workbench.check import run_connection_check
from attio_workbench.estimate import Survey, estimate_rows
from attio_workbench.place import Place

SURVEY = Survey(
    records=10_000, is_all=True, moved=6_000, recent=2_000, changed=1_200, changed_moved=900, stays_of_moved=3.5
)


def settings(**given: str) -> Settings:
    return load_settings({"attio_api_token": TOKEN, **given}, ())


def test_what_a_workspace_costs_is_estimated() -> None:
    assert estimate_rows(SURVEY, settings()) == [
        ("its records", "10,000, 6,000 of them have moved"),
        ("a first sync", "about 6,026 requests, 1 min at 90 a second"),
        ("compared every 24 h", "about 261 requests, 2 s at 90 a second"),
        ("rows", "about 10,000 current ones and 25,000 stays; all are active in the first month"),
        ("active rows later", "about 3,300 a month, if as much changes as in the last 30 days"),
    ]


def test_an_estimate_follows_the_settings() -> None:
    first = dict(estimate_rows(SURVEY, settings(backfill_days="all", page_size="100")))
    slow = dict(estimate_rows(SURVEY, settings(requests_per_second="1")))
    weekly = dict(estimate_rows(SURVEY, settings(reconcile_hours="168", recheck_days="7")))
    each = dict(estimate_rows(SURVEY, settings(reconcile_hours="0")))

    assert first["a first sync"].startswith("about 6,101 requests")
    assert slow["a first sync"].endswith(", 1 h 40 min at 1 a second")
    assert weekly["compared every 168 h"].startswith("about 6,301 requests")
    assert each["compared in each sync"].startswith("about 21 requests")


def test_a_first_sync_costs_what_check_says(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    said = lines(attio_sync("check", "--into", place).out)
    workspace = attio.workspace
    histories = [len(workspace.history(record_id)) for record_id in workspace.record_ids("applications")]
    moved = sum(stays != 1 for stays in histories)

    assert said["its records"] == f"{APPLICATIONS}, {moved} of them have moved"
    assert number(said["a first sync"]) == pytest.approx(
        figure(attio_sync("sync", "--into", place).out, "requests sent"), abs=10
    )
    # Up to twenty histories are looked up, and here there are hardly more.
    assert int(said["rows"].split()[5]) == pytest.approx(sum(histories), rel=0.2)


def test_more_records_than_are_counted_are_said_to_be_more(attio_sync: AttioSync, attio: Simulator) -> None:
    for _ in range(100):
        attio.workspace.create_record("applications", "Applied")
    attio.behaviour.listing_page_maximum = 1

    said = lines(attio_sync("check").out)

    assert said["its records"].startswith("more than 100, ")
    assert said["a first sync"].startswith("more than ")
    assert attio.requests.by_kind["query"] <= 102


def test_a_workspace_without_records_has_nothing_to_estimate(
    attio_sync: AttioSync, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = Simulator(Workspace.hiring(), limits=Limits.off(), token=TOKEN)
    with empty.serve() as server:
        monkeypatch.setenv("ATTIO_BASE_URL", server.url)
        monkeypatch.setenv("ATTIO_API_TOKEN", TOKEN)
        finished = attio_sync("check")

    assert (finished.code, finished.err) == (0, "")
    assert lines(finished.out)["its records"] == "there are none yet"
    assert "a first sync" not in finished.out


def test_a_count_that_takes_long_says_how_far_it_is(attio: Simulator, place: Path) -> None:
    attio.behaviour.listing_page_maximum = 8
    attio.faults.add(Fault(kind="stall", seconds=0.6, on=["query"]))
    shown = io.StringIO()

    run_connection_check(Console(file=shown, width=120, force_terminal=True), load_settings({}, ()), Place(place))

    assert "counting applications: 32 so far" in shown.getvalue()


def test_a_count_that_takes_long_says_so_on_standard_error_where_there_is_no_terminal(
    attio_sync: AttioSync, attio: Simulator
) -> None:
    attio.behaviour.listing_page_maximum = 8
    attio.faults.add(Fault(kind="stall", seconds=0.6, on=["query"]))

    finished = attio_sync("check")

    # One line in the three seconds it takes, though there are five pages.
    assert (finished.code, finished.err) == (0, "counting applications: 32 so far\n")
    assert "counting" not in finished.out


def lines(out: str) -> dict[str, str]:
    """The lines of the last table by their names."""
    cells = [line.strip().split("  ", 1) for line in out.splitlines()]
    return {cell[0]: cell[1].strip() for cell in cells if len(cell) > 1}


def number(text: str) -> int:
    return int(text.split()[1].replace(",", ""))
