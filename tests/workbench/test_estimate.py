import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from tests.workbench.conftest import APPLICATIONS, TOKEN, AttioSync
from tests.workbench.test_sync import figure

from attio_simulator import Fault, Limits, Simulator, Workspace
from attio_sync.attribute_types import TYPES
from attio_sync.parents import parse_parent
from attio_sync.settings import Settings, load_settings
from attio_sync.sources import Source
from attio_sync.state import SourceState
from attio_workbench.check import run_connection_check
from attio_workbench.estimate import Survey, cost_of_all
from attio_workbench.place import Place
from attio_workbench.plan import source_lines

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DEALS = parse_parent("deals")
STAGE = Source(DEALS, "stage", "deals_stage")
VALUE, OWNER = (Source(DEALS, kind, f"deals_{kind}", TYPES[kind]) for kind in ("currency", "actor-reference"))
SURVEY = Survey(
    records=10_000, is_all=True, moved=6_000, recent=2_000, changed=1_200, changed_moved=900, stays_of_moved=3.5
)


def settings(**given: str) -> Settings:
    return load_settings({"attio_api_token": TOKEN, **given}, ())


def plan(source: Source, found: Survey, given: Settings) -> dict[str, str]:
    return dict(source_lines(source, found, given, SourceState(), NOW))


def test_what_a_source_costs_is_estimated() -> None:
    assert plan(STAGE, SURVEY, settings()) == {
        "into": "deals_stage, deals_stage_history",
        "rows": "10,000 current ones and about 25,000 stays; about 3,300 active in a month like the last",
        "first sync": "about 6,034 requests, 1 min at 90 a second; 6,000 read a history",
        "each later sync": "1 request for what changed, and one a change: about 40 a day",
        "every 24 h": "compared: about 225 requests, 2 s at 90 a second more",
        "next sync": f"the first: what changed since {NOW - timedelta(days=30):%Y-%m-%d %H:%M}, then everything older",
    }


def test_what_attio_cannot_filter_is_compared_each_time_while_that_is_cheap() -> None:
    said = plan(VALUE, SURVEY, settings())
    many = plan(VALUE, replace(SURVEY, records=20_001), settings())

    assert said["first sync"].startswith("about 6,025 requests")
    changes = "and one a change: about 40 a day"
    assert said["each later sync"] == f"everything is compared: 25 requests, 1 s at 90 a second, {changes}"
    assert many["each later sync"] == f"nothing: Attio cannot say what changed, and every 24 h it is found, {changes}"


def test_an_estimate_follows_the_settings() -> None:
    first = plan(STAGE, SURVEY, settings(backfill_days="all", page_size="100"))
    slow = plan(STAGE, SURVEY, settings(requests_per_second="1"))
    weekly = plan(STAGE, SURVEY, settings(reconcile_hours="168", recheck_days="7"))
    each = plan(STAGE, SURVEY, settings(reconcile_hours="0"))

    assert first["first sync"].startswith("about 6,105 requests")
    assert "1 h 40 min at 1 a second" in slow["first sync"]
    assert weekly["every 168 h"].startswith("compared: about 6,025 requests")
    assert each["each later sync"].startswith("everything is compared: 25 requests")


def test_what_has_one_parent_is_listed_together() -> None:
    together = cost_of_all({STAGE: SURVEY, VALUE: SURVEY, OWNER: SURVEY}, settings())

    assert together.first == 6_034 + 6_025 + 6_000
    assert together.later == 1 + 25
    assert together.comparison == 225 + 200 + 200


@pytest.mark.parametrize("workspace", ["attio", "crm"])
def test_a_first_sync_costs_what_check_says(
    attio_sync: AttioSync, request: pytest.FixtureRequest, place: Path, workspace: str
) -> None:
    request.getfixturevalue(workspace)
    said = lines(attio_sync("check", "--into", place).out)

    finished = attio_sync("sync", "--into", place)

    # The table says it of each source, and in the end of all.
    assert number(said["first sync"]) == pytest.approx(figure(finished.out, "requests sent"), rel=0.15)


@pytest.mark.parametrize(("workspace", "history"), [("attio", None), ("crm", None), ("crm", "*")])
def test_a_sync_in_which_nothing_changed_costs_what_check_says(
    attio_sync: AttioSync, request: pytest.FixtureRequest, place: Path, workspace: str, history: str | None
) -> None:
    request.getfixturevalue(workspace)
    if history:
        request.getfixturevalue("monkeypatch").setenv("ATTIO_HISTORY", history)
    attio_sync("sync", "--into", place)
    said = lines(attio_sync("check", "--into", place).out)

    quiet = attio_sync("sync", "--into", place)

    assert number(said["each later sync"]) == figure(quiet.out, "requests sent")


def test_rows_are_those_that_a_sync_writes(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    said = lines(attio_sync("check", "--into", place).out)
    workspace = attio.workspace
    histories = [len(workspace.history(record_id)) for record_id in workspace.record_ids("applications")]

    assert said["rows"].startswith(f"{APPLICATIONS} current ones and about ")
    # Up to twenty histories are looked up, and here there are hardly more.
    assert int(said["rows"].split()[5]) == pytest.approx(sum(histories), rel=0.2)


def test_more_records_than_are_counted_are_said_to_be_more(attio_sync: AttioSync, attio: Simulator) -> None:
    for _ in range(100):
        attio.workspace.create_record("applications", "Applied")
    attio.behaviour.listing_page_maximum = 1

    out = attio_sync("check").out

    assert "rows             more than 100 current ones and more than " in out
    assert "first sync       more than " in out
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
    assert lines(finished.out)["rows"] == "there are no records yet"


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
    """The lines of all tables by their names; of those of one name the last."""
    cells = [line.strip().split("  ", 1) for line in out.splitlines()]
    return {cell[0]: cell[1].strip() for cell in cells if len(cell) > 1}


def number(text: str) -> int:
    return int(text.split()[1].replace(",", ""))
