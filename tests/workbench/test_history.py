import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from tests.workbench.conftest import AttioSync, assert_one_line

from attio_simulator import Actor, Fault, Simulator
from attio_sync.histories import parse_history
from attio_sync.parents import parse_parent
from attio_sync.sources import Source
from attio_workbench.drawing import MOST_LINES, draw

UNKNOWN = "6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11"
TRACKED = Source(parse_parent("applications"), "workflow_status", "attio_workflow_status")
START = datetime(2026, 9, 1, 8, tzinfo=UTC)
MEMBER = Actor("workspace-member", "1a2b3c4d-0000-4000-8000-000000000000")


@pytest.fixture
def application(attio: Simulator) -> str:
    """An application that took four days, ten days, and half an hour."""
    record_id = attio.workspace.create_record("applications", at=START)
    moments = [timedelta(0), timedelta(days=4), timedelta(days=14), timedelta(days=14, minutes=30)]
    titles = ("Applied", "Interview", "Rejected")
    stays = [(t, START + moments[n], START + moments[n + 1]) for n, t in enumerate(titles)]
    attio.workspace.replace_history(record_id, stays, actor=MEMBER)
    return record_id


def drawn_history(attio: Simulator, record_id: str, width: int) -> str:
    """What the command draws of an application in a terminal of this width."""
    console = Console(file=io.StringIO(), width=width, record=True)
    draw(console, TRACKED, parse_history(record_id, attio.workspace.history(record_id)), {})
    return console.export_text()


def test_a_line_for_each_stay_with_a_bar_to_scale(
    attio_sync: AttioSync, application: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "116")

    finished = attio_sync("history", application)

    assert (finished.code, finished.err) == (0, "")
    assert [line.rstrip() for line in finished.out.splitlines()] == [
        f"applications.workflow_status of {application}",
        "3 stays in 14 d, to scale",
        "",
        "status     from (UTC)        to                how long  by whom",
        "Applied    2026-09-01 08:00  2026-09-05 08:00  4 d       member 1a2b3c4d  " + "█" * 12,
        "Interview  2026-09-05 08:00  2026-09-15 08:00  10 d      member 1a2b3c4d  " + " " * 12 + "█" * 30,
        "Rejected   2026-09-15 08:00  2026-09-15 08:30  30 min    member 1a2b3c4d  " + " " * 41 + "█",
    ]


@pytest.mark.parametrize(
    ("width", "drawn"),
    [
        (84, ("Applied    2026-09-01 08:00  2026-09-05 08:00  4 d       member 1a2b3c4d  ███", 10)),
        (83, ("Applied    2026-09-01 08:00  4 d       member 1a2b3c4d  ████████", 27)),
        (66, ("Applied    2026-09-01 08:00  4 d       member 1a2b3c4d  ███", 10)),
        (63, ("Applied    2026-09-01 08:00  4 d       member 1a2b…  ███", 10)),
        (62, ("Applied    2026-09-01 08:00  4 d       member 1a2b3c4d", 0)),
        (51, ("Applied    2026-09-01 08:00  4 d       member 1a2b…", 0)),
        (50, ("Applied    2026-09-01 08:00  4 d", 0)),
        (36, ("Applied   2026-09-01 08:00  4 d", 0)),
    ],
)
def test_a_line_is_one_stay_and_says_when_it_was_to_the_minute_in_any_terminal_but_the_narrowest(
    attio: Simulator, application: str, width: int, drawn: tuple[str, int]
) -> None:
    lines = drawn_history(attio, application, width).splitlines()

    line, bar = drawn
    lines = lines[lines.index("") + 1 :]
    assert len(lines) == 1 + 3
    assert lines[1] == line
    assert max(map(len, lines)) <= width
    assert lines[2].count("█") == pytest.approx(bar * 10 / 14, abs=1)


@pytest.mark.parametrize("width", [35, 24, 17])
def test_in_the_narrowest_terminal_a_line_goes_on_in_the_next_one_and_nothing_is_cut(
    attio: Simulator, application: str, width: int
) -> None:
    out = drawn_history(attio, application, width)

    assert max(len(line.rstrip()) for line in out.splitlines()) <= width
    assert " ".join(out.partition("\n\n")[2].split()) == (
        "status from (UTC) how long Applied 2026-09-01 08:00 4 d "
        "Interview 2026-09-05 08:00 10 d Rejected 2026-09-15 08:00 30 min"
    )


@pytest.mark.parametrize(
    ("width", "header", "last"),
    [
        (
            120,
            "from (UTC)        to                how long  by whom",
            r"  \d{4}-\d\d-\d\d \d\d:\d\d  now               3 d 4 h   member 1a2b3c4d .*█",
        ),
        (
            80,
            "from (UTC)        how long        by whom",
            r"  \d{4}-\d\d-\d\d \d\d:\d\d  3 d 4 h so far  member 1a2b3c4d .*█",
        ),
        (
            66,
            "from (UTC)        how long        by whom",
            r"  \d{4}-\d\d-\d\d \d\d:\d\d  3 d 4 h so far  member 1a2b3c4d",
        ),
        (50, "from (UTC)        how long", r"  \d{4}-\d\d-\d\d \d\d:\d\d  3 d 4 h so far"),
    ],
)
def test_that_a_stay_lasts_is_said_at_any_width(attio: Simulator, width: int, header: str, last: str) -> None:
    entered = datetime.now(UTC) - timedelta(days=3, hours=4)
    record_id = attio.workspace.create_record("applications", "Applied", at=entered - timedelta(days=12, hours=3))
    attio.workspace.set_status(record_id, "Take-home task", at=entered, actor=MEMBER)

    lines = drawn_history(attio, record_id, width).splitlines()
    assert max(map(len, lines[-3:])) <= width
    assert lines[-3].removeprefix("status").strip() == header
    assert re.match(f"Take-home task{last}", lines[-1]), lines[-1]


def test_of_a_long_history_the_last_stays_are_shown_unless_all_are_asked_for(
    attio_sync: AttioSync, attio: Simulator
) -> None:
    start = START - timedelta(days=300)
    record_id = attio.workspace.create_record("applications", at=start)
    titles = ["Applied", "Screening"] * 139
    stays = [(t, start + timedelta(days=n), start + timedelta(days=n + 1)) for n, t in enumerate(titles)]
    attio.workspace.replace_history(record_id, stays)

    some, everything = attio_sync("history", record_id).out, attio_sync("history", record_id, "--all").out

    assert some.splitlines()[1] == "278 stays in 278 d, the last 20 in 20 d, to scale; --all shows all"
    assert everything.splitlines()[1] == "278 stays in 278 d, to scale"
    assert len(some.splitlines()) == 4 + MOST_LINES
    assert len(everything.splitlines()) == 4 + 278
    assert [line[:28] for line in everything.splitlines()[-MOST_LINES:]] == [
        line[:28] for line in some.splitlines()[-MOST_LINES:]
    ]
    assert f"only the last {MOST_LINES}." in attio_sync("history", "--help").out


def test_members_have_names_where_the_token_may_see_them(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    member = attio.workspace.add_member("Zoë", "[b]Ångström", "zoe@example.com")
    unnamed = attio.workspace.add_member("", "", "unnamed@example.com")
    record_id = attio.workspace.create_record("applications", "Applied", actor=member.actor)
    attio.workspace.set_status(record_id, "Offer", actor=unnamed.actor)
    attio_sync("sync", "--into", place)

    asked = attio_sync("history", record_id)

    assert (asked.code, asked.err) == (0, "")
    assert by_whom(asked.out) == ["Zoë [b]Ångström", "unnamed@example.com"]
    assert by_whom(attio_sync("history", record_id, "--local", "--into", place).out) == by_whom(asked.out)
    assert attio.requests.by_kind["members"] == 1 + 1

    attio.scopes = frozenset({"record_permission:read", "object_configuration:read"})
    without = attio_sync("history", record_id)
    assert (without.code, without.err) == (0, "")
    assert by_whom(without.out) == [f"member {member.id[:8]}", f"member {unnamed.id[:8]}"]


def by_whom(out: str) -> list[str]:
    """The last column but the bar."""
    _, _, _, header, *lines = out.splitlines()
    return [line[header.index("by whom") :].rstrip("█ ") for line in lines]


def test_a_stay_that_lasts_is_until_now(attio_sync: AttioSync, attio: Simulator) -> None:
    record_id = attio.workspace.create_record("applications", "Applied", at=datetime.now(UTC) - timedelta(days=3))

    out = attio_sync("history", record_id).out

    assert "1 stay in 3 d" in out
    assert "now  3 d" in out
    assert "API token " in out


def test_a_record_that_never_had_a_status(attio_sync: AttioSync, attio: Simulator) -> None:
    record_id = attio.workspace.create_record("applications")

    assert (
        attio_sync("history", record_id).out == f"applications.workflow_status of {record_id}: it has never had a value\n"
    )


def test_a_history_longer_than_a_page_is_drawn_whole(attio_sync: AttioSync, attio: Simulator) -> None:
    attio.behaviour.values_page_maximum = 7
    record_id = attio.workspace.create_record("applications", at=START)
    titles = ["Applied", "Screening"] * 10
    stays = [(t, START + timedelta(days=n), START + timedelta(days=n + 1)) for n, t in enumerate(titles)]
    attio.workspace.replace_history(record_id, stays)

    assert "\n20 stays in 20 d" in attio_sync("history", record_id).out


def test_a_history_without_end_is_one_line(attio_sync: AttioSync, attio: Simulator, application: str) -> None:
    endless = [attio.workspace.history(application)[1]] * 20_000
    attio.faults.add(Fault(kind="answer", status=200, payload={"data": endless}, on=["values"], at=range(2, 100)))

    assert_one_line(attio_sync("history", application), "more than 65,535 values")
    assert attio.requests.by_kind["values"] < 10


@pytest.mark.parametrize(
    "url",
    [
        "https://app.attio.com/example-hiring/custom/applications/record/{}",
        "https://app.attio.com/example-hiring/custom/applications/record/{}/overview?view=" + UNKNOWN,
        "https://app.attio.com/example-hiring/another-page/{}/activity#" + UNKNOWN,
    ],
)
def test_a_record_can_be_named_by_the_url_of_its_page(attio_sync: AttioSync, application: str, url: str) -> None:
    by_url = attio_sync("history", url.format(application))

    assert by_url.code == 0
    assert by_url == attio_sync("history", application.upper())


def test_titles_are_printed_as_they_are(attio_sync: AttioSync, attio: Simulator) -> None:
    workspace = attio.workspace
    status = workspace.object("applications").attribute("workflow_status")
    assert status is not None
    workspace.add_status(status, "[bold]面接[/bold]")
    record_id = workspace.create_record("applications", "[bold]面接[/bold]")

    assert "\n[bold]面接[/bold]  20" in attio_sync("history", record_id).out


def test_the_local_database_says_the_same_without_a_token_also_of_a_status_that_was_renamed(
    attio_sync: AttioSync, attio: Simulator, application: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attio_sync("sync", "--full", "--into", place)
    attio.workspace.rename_status("Interview", "On-site")
    asked = attio_sync("history", application)
    assert "On-site" in asked.out
    attio_sync("sync", "--into", place)
    monkeypatch.delenv("ATTIO_API_TOKEN")

    assert attio_sync("history", application, "--local", "--into", place) == asked


def test_an_unknown_record_is_one_line(attio_sync: AttioSync, attio: Simulator, synced: Path, tmp_path: Path) -> None:
    before = attio.requests.by_kind["values"]
    said = f"there is no record or entry {UNKNOWN} that the token sees: it was deleted or merged, or never was. "
    said += "Copy the address of its page in Attio once more; "
    tracked = "the setting history names applications.workflow_status, its default\n"
    assert_one_line(attio_sync("history", UNKNOWN), f"{said}{tracked}")
    entry = attio_sync("history", UNKNOWN, "--attribute", "lists/talent_pool.stage")
    assert_one_line(entry, f"{said}--attribute names lists/talent_pool.stage\n")
    assert attio.requests.by_kind["values"] - before == 1

    nowhere = attio_sync("history", UNKNOWN, "--local", "--into", tmp_path / "nowhere")
    assert_one_line(nowhere, "warehouse.db yet: run attio-sync demo")

    local = attio_sync("history", UNKNOWN, "--local", "--into", synced)
    assert_one_line(local, f"there is no record {UNKNOWN} in {synced}")
    assert_one_line(local, "nor an entry about it. It holds applications.workflow_status: ask Attio instead")


def test_every_attribute_of_a_record_and_of_an_entry_is_drawn_and_what_is_not_held_is_said(
    attio_sync: AttioSync, crm: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, member = crm.workspace, crm.workspace.members[1]
    deal = workspace.create_record("deals", "Lead", actor=member.actor, values={"value": (4_000.5, "USD")})
    owner = workspace.object("deals").attribute("owner")
    assert owner is not None
    workspace.set_values(workspace.record(deal), owner, [member.actor], at=START)
    person = workspace.create_record("people")
    entry = workspace.create_entry("hiring", person, "Applied", at=START, values={"channels": "Email"})
    channels = workspace.list("hiring").attribute("channels")
    assert channels is not None
    both = [option for option in channels.options if option.title in {"Email", "Phone"}]
    workspace.set_values(workspace.record(entry), channels, both, at=START + timedelta(days=3))
    attio_sync("sync", "--into", place)

    of_deal, of_entry = attio_sync("history", deal), attio_sync("history", entry)

    assert (of_deal.code, of_deal.err, of_entry.code, of_entry.err) == (0, "", 0, "")
    assert drawn_values(of_deal.out) == {
        "deals.stage": ["Lead"],
        "deals.value": ["4,000.50 USD"],
        "deals.owner": ["Seller 1"],
    }
    assert drawn_values(of_entry.out) == {"lists/hiring.stage": ["Applied"], "lists/hiring.channels": ["Email", "Phone"]}

    assert drawn_values(attio_sync("history", deal, "--attribute", "deals.value").out).keys() == {"deals.value"}
    assert drawn_values(attio_sync("history", deal, "--attribute", "deals.confidence").out).keys() == {"deals.confidence"}

    monkeypatch.delenv("ATTIO_HISTORY")  # what was tracked, the database knows
    local = ("--local", "--into", place)
    assert drawn_values(attio_sync("history", deal, *local).out) == drawn_values(of_deal.out)
    assert drawn_values(attio_sync("history", entry, *local).out) == drawn_values(of_entry.out)
    named = attio_sync("history", deal, "--attribute", "deals.owner,deals.stage", *local)
    assert drawn_values(named.out).keys() == {"deals.stage", "deals.owner"}

    # An attribute that the local database does not hold is told from a record that it does not.
    assert_one_line(
        attio_sync("history", deal, *local, "--attribute", "deals.valeu"), "holds no deals.valeu; did you mean deals.value"
    )
    assert_one_line(
        attio_sync("history", deal, *local, "--attribute", "deals.name"), "Ask Attio instead, without --local, or sync it"
    )
    assert_one_line(
        attio_sync("history", deal, *local, "--attribute", "stge"), "did you mean deals.stage or lists/hiring.stage?"
    )
    every = attio_sync("history", entry, *local, "--attribute", "*")
    assert drawn_values(every.out) == {"lists/hiring.stage": ["Applied"]}


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("deals.onwer", "deals has no attribute 'onwer'; did you mean owner? — the attributes of deals are "),
        ("deal.stage", "there is no object 'deal'; did you mean deals?"),
        ("lists/hirin.stage", "there is no list 'hirin'; did you mean lists/hiring?"),
        ("applications.workflow_status", "there is no object 'applications' — the objects are "),
        ("people.last_interaction", "Attio keeps no history: take it out of --attribute."),
        ("deals.lost_because", "deals.lost_because is archived in Attio: restore it there, or take it out of --attribute"),
        ("owner", "--attribute: 'owner' is not object.attribute or lists/list.attribute"),
        ("onwer", "; did you mean deals.owner or lists/sales.owner?"),
        ("nothing-like-it", "attio-sync check lists what there is"),
    ],
)
def test_an_attribute_that_does_not_exist_is_one_line_that_names_the_option_and_what_may_have_been_meant(
    attio_sync: AttioSync, named: str, message: str
) -> None:
    finished = attio_sync("history", UNKNOWN, "--attribute", named)

    assert_one_line(finished, message)
    assert "--attribute" in finished.err
    assert "setting" not in finished.err


def test_a_missing_scope_is_named_and_no_path(attio_sync: AttioSync, crm: Simulator) -> None:
    deal = crm.workspace.create_record("deals", "Lead")
    crm.scopes = frozenset({"object_configuration:read"})

    finished = attio_sync("history", deal, "--attribute", "deals.stage")
    assert_one_line(
        finished,
        "the token lacks record_permission:read (for deals.stage): add it in Attio under Workspace settings → Developers\n",
    )


def test_a_long_text_is_cut_rather_than_when_it_was(
    attio_sync: AttioSync, crm: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = crm.workspace.create_record("deals", values={"name": "A renewal, " + "and so on " * 20})

    out = attio_sync("history", deal, "--attribute", "deals.name").out
    assert "\nA renewal, and so on and so on and so o…  20" in out

    monkeypatch.setenv("COLUMNS", "70")
    lines = attio_sync("history", deal, "--attribute", "deals.name").out.splitlines()
    assert re.fullmatch(r"A renewal, and .*…  \d{4}-\d\d-\d\d \d\d:\d\d  \d+ s so far  .*", lines[-1]), lines[-1]
    assert len(lines) == 5


def drawn_values(out: str) -> dict[str, list[str]]:
    """The first column of each drawing, by what is drawn."""
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        if title := re.match(r"(\S+) of [0-9a-f-]{36}", line):
            found[title[1]] = []
        elif re.search(r"  \d{4}-\d\d-\d\d", line):
            next(reversed(found.values())).append(re.split(r"  +", line)[0])
    return found


@pytest.mark.parametrize(
    "text", ["", "x", "../../self", UNKNOWN + "/..", UNKNOWN[:-1] + "ä", "https://x/", "https://[", f"/{UNKNOWN}"]
)
def test_what_is_no_id_never_enters_a_url(attio_sync: AttioSync, attio: Simulator, text: str) -> None:
    assert_one_line(attio_sync("history", text), "is no record id")
    assert attio.requests.total == 0
