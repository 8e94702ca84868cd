import io
import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from tests.workbench.conftest import APPLICATIONS, TOKEN, AttioSync
from tests.workbench.test_sync import figure

from attio_simulator import Limits, RequestInfo, Simulator, Workspace
from attio_sync.attribute_types import TYPES
from attio_sync.parents import parse_parent
from attio_sync.settings import Settings, load_settings
from attio_sync.sources import Source
from attio_sync.state import SyncState
from attio_workbench.check import run_connection_check
from attio_workbench.estimate import Cost, Survey, cost_of_all
from attio_workbench.place import Place
from attio_workbench.plan import next_sync_lines, source_cells, total_lines
from attio_workbench.terminal import Pace

NOW = datetime(2026, 9, 1, tzinfo=UTC)
DEALS = parse_parent("deals")
STAGE = Source(DEALS, "stage", "deals_stage")
VALUE, OWNER = (Source(DEALS, kind, f"deals_{kind}", TYPES[kind]) for kind in ("currency", "actor-reference"))
SOURCES = (STAGE, VALUE, OWNER)
SURVEY = Survey(records=10_000, is_all=True, moved=6_000, recent=2_000, stays=25_000, active_rows=3_300, changes=1_200)


def settings(**given: str) -> Settings:
    return load_settings({"attio_api_token": TOKEN, **given}, ())


def cells(source: Source, found: Survey, given: Settings) -> tuple[str, ...]:
    """What the table of all sources says of one, but for its name."""
    name, *others = source_cells(source, found, given)
    assert name == f"{source.name}\n  {source.table}"
    return tuple(others)


def totals(given: Settings, **found: Survey) -> dict[str, str]:
    return dict(total_lines({{"stage": STAGE, "value": VALUE}[name]: one for name, one in found.items()}, Cost(), given))


def test_what_a_source_costs_is_estimated() -> None:
    assert cells(STAGE, SURVEY, settings()) == ("35,000", "3,300", "6,034 in 1 min", "1 in 1 s")
    assert totals(settings(), stage=SURVEY) == {
        "rows": "10,000 current ones and about 25,000 stays; about 3,300 active in a month like the last",
        "first sync": "about 6,034 requests, 1 min at 90 a second; 6,000 histories read",
        "each later sync": "about 1 request, 1 s at 90 a second, and one a change: about 40 a day",
        "every 24 h": "compared: about 225 requests, 2 s at 90 a second more",
    }


def test_what_the_next_sync_does_is_said_once_and_of_which_sources_where_they_differ() -> None:
    since = f"what changed since {NOW - timedelta(days=30):%Y-%m-%d %H:%M}, then everything older"
    one, several = ([*next_sync_lines(dict.fromkeys(s, SURVEY), SyncState(), settings(), NOW)] for s in ([STAGE], SOURCES))

    assert one == [("next sync", f"the first: {since}")]
    assert several == [
        ("next sync", f"the first: {since} (deals.stage)"),
        ("", "the first: everything (deals.currency, deals.actor-reference)"),
    ]


def test_what_attio_cannot_filter_is_compared_each_time_while_that_is_cheap() -> None:
    many = replace(SURVEY, records=20_001)

    assert cells(VALUE, SURVEY, settings())[2:] == ("6,025 in 1 min", "25 in 1 s")
    assert cells(VALUE, many, settings())[3] == "none"
    assert "only then" not in totals(settings(), stage=SURVEY, value=SURVEY)
    assert totals(settings(), stage=SURVEY, value=many)["only then"].startswith(
        "what changed in deals.currency: Attio cannot"
    )


def test_an_estimate_follows_the_settings() -> None:
    slow = settings(requests_per_second="1")
    weekly = totals(settings(reconcile_hours="168", recheck_days="7"), stage=SURVEY)
    each = settings(reconcile_hours="0")

    assert cells(STAGE, SURVEY, settings(backfill_days="all", page_size="100"))[2].startswith("6,105 in ")
    assert cells(STAGE, SURVEY, slow)[2] == "6,034 in 1 h 40 min"
    assert "1 h 40 min at 1 a second" in totals(slow, stage=SURVEY)["first sync"]
    assert weekly["every 168 h"].startswith("compared: about 6,025 requests")
    assert cells(STAGE, SURVEY, each)[3] == "26 in 1 s"
    assert totals(each, stage=SURVEY, value=SURVEY)["each later sync"].startswith("about 26 requests")


def test_what_was_not_counted_to_its_end_is_more() -> None:
    some = replace(SURVEY, is_all=False)

    assert cells(STAGE, some, settings()) == ("> 35,000", "> 3,300", "> 6,034 in 1 min", "1 in 1 s")
    assert totals(settings(), stage=some, value=SURVEY)["rows"].startswith("more than 20,000 current ones and more than ")


def test_what_has_one_parent_is_listed_together() -> None:
    together = cost_of_all({STAGE: SURVEY, VALUE: SURVEY, OWNER: SURVEY}, settings())

    assert together.first == 6_034 + 6_025 + 6_000
    assert together.later == 1 + 25
    assert together.comparison == 225 + 200 + 200


@pytest.mark.parametrize(
    ("workspace", "given"),
    [
        ("attio", {}),
        pytest.param("crm", {}, marks=pytest.mark.long),
        pytest.param("crm", {"ATTIO_HISTORY": "*"}, marks=pytest.mark.long),
    ],
)
def test_a_first_sync_and_one_in_which_nothing_changed_cost_what_check_says(
    attio_sync: AttioSync, request: pytest.FixtureRequest, place: Path, workspace: str, given: dict[str, str]
) -> None:
    request.getfixturevalue(workspace)
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    said = lines(attio_sync("check", "--into", place).out)

    first = attio_sync("sync", "--into", place)

    assert number(said["first sync"]) == pytest.approx(figure(first.out, "requests sent"), rel=0.15)
    for hours in ("24", "0"):
        monkeypatch.setenv("ATTIO_RECONCILE_HOURS", hours)
        said = lines(attio_sync("check", "--into", place).out)
        quiet = attio_sync("sync", "--into", place)
        assert number(said["each later sync"]) == figure(quiet.out, "requests sent"), hours


def test_rows_are_those_that_a_sync_writes(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    month_ago = attio.workspace.clock.now() - timedelta(days=30)
    [moved, *_] = attio.workspace.record_ids("applications")
    for status in ("Interview", "Applied", "Interview"):
        attio.workspace.set_status(moved, status)
    said = lines(attio_sync("check", "--into", place).out)["rows"]
    histories = [attio.workspace.history(record_id) for record_id in attio.workspace.record_ids("applications")]
    changes = [[v for v in history if is_since(v["active_until"] or v["active_from"], month_ago)] for history in histories]

    # All that has moved is looked up, because it is so little.
    stays, active = sum(map(len, histories)), sum(map(len, changes)) + sum(map(bool, changes))
    assert said.startswith(
        f"{APPLICATIONS} current ones and about {stays} stays; about {active} active in a month like the last"
    )


def is_since(text: str, start: datetime) -> bool:
    return datetime.fromisoformat(text) >= start


def test_more_records_than_are_counted_are_said_to_be_more(attio_sync: AttioSync, attio: Simulator) -> None:
    for _ in range(100):
        attio.workspace.create_record("applications", "Applied")
    attio.behaviour.listing_page_maximum = 1

    out = attio_sync("check").out

    assert "rows                 more than 100 current ones and more than " in out
    assert "first sync           more than " in out
    assert re.search(r"\n *attio_workflow_status *\n", out)
    assert re.search(r"\napplications.workflow_status +> \d+ +> \d+ +> \d+ in \d+ s +1 in 1 s *\n", out)
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
    assert "no records yet" in finished.out
    assert lines(finished.out)["rows"].startswith("0 current ones and about 0 stays")


@pytest.fixture
def slow_pages(attio: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five pages, each of which takes 0.6 s by the clock that says whether it is time to say something."""
    attio.behaviour.listing_page_maximum = 8
    pages = attio.requests.by_kind
    monkeypatch.setattr("attio_workbench.estimate.Pace", lambda: Pace(lambda: 0.6 * pages["query"]))


@pytest.mark.usefixtures("slow_pages")
def test_a_count_that_takes_long_says_how_far_it_is(attio: Simulator, place: Path) -> None:
    shown, until = io.StringIO(), time.monotonic() + 60

    def wait_until_it_is_seen(_info: RequestInfo) -> None:
        # What is shown in a terminal is drawn by another thread now and then: here before the fifth page.
        while attio.requests.by_kind["query"] == 5 and "so far" not in shown.getvalue() and time.monotonic() < until:
            time.sleep(0.01)

    attio.on_request(wait_until_it_is_seen)
    run_connection_check(Console(file=shown, width=120, force_terminal=True), load_settings({}, ()), Place(place))

    assert "counting applications: 32 so far" in shown.getvalue()


@pytest.mark.usefixtures("attio", "slow_pages")
def test_a_count_that_takes_long_says_so_on_standard_error_where_there_is_no_terminal(attio_sync: AttioSync) -> None:
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
