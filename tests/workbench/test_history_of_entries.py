"""`attio-sync history` of a record that entries of lists are about, and of one that is not where it is looked for."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from tests.workbench.conftest import AttioSync, assert_one_line

from attio_simulator import Simulator

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
WEB = "https://app.attio.com/example-crm"


def headings(out: str) -> list[str]:
    """What is said of the entries, and what each drawing is of."""
    return re.findall(r"^.* of [0-9a-f-]{36}.*$", out, re.MULTILINE)


@pytest.fixture
def person(crm: Simulator) -> str:
    """Somebody whom no entry is about yet."""
    return crm.workspace.create_record("people")


def test_of_a_record_the_entries_of_tracked_lists_are_drawn_behind_its_own_histories(
    attio_sync: AttioSync, crm: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", "deals.stage,lists/onboarding.phase,lists/onboarding.is_blocked")
    workspace = crm.workspace
    deal, other = (workspace.create_record("deals", "Lead") for _ in range(2))
    later = workspace.create_entry("onboarding", deal, "Set-up", at=START + timedelta(days=9))
    earlier = workspace.create_entry("onboarding", deal, "Kick-off", at=START, values={"is_blocked": True})
    gone = workspace.create_entry("onboarding", deal, "Kick-off", at=START)
    workspace.create_entry("onboarding", other, "Kick-off", at=START)
    attio_sync("sync", "--into", place)
    workspace.delete_record(gone)
    with duckdb.connect(str(place / "files" / "warehouse.db")) as connection:
        for table in ("attio_onboarding_phase", "attio_onboarding_is_blocked"):
            query = f"UPDATE tester.{table} SET _fivetran_deleted = true WHERE entry_id = ?"  # noqa: S608 (names of our own)
            connection.execute(query, [gone])

    asked = attio_sync("history", deal)

    assert (asked.code, asked.err) == (0, "")
    assert headings(asked.out) == [
        f"deals.stage of {deal}",
        f"2 entries of {deal} in lists/onboarding; to draw one alone, give its id instead",
        f"lists/onboarding.phase of {earlier}",
        f"lists/onboarding.is_blocked of {earlier}",
        f"lists/onboarding.phase of {later}",
        f"lists/onboarding.is_blocked of {later}: it has never had a value",
    ]
    assert "\nKick-off  2026-09-01 08:00  now" in asked.out
    assert headings(attio_sync("history", f"{WEB}/deal/{deal}/overview").out) == headings(asked.out)
    assert headings(attio_sync("history", earlier).out) == headings(asked.out)[2:4]

    monkeypatch.delenv("ATTIO_HISTORY")  # what was tracked, the database knows
    local = ("--local", "--into", place)
    held = attio_sync("history", deal, *local)
    assert (held.code, held.err, headings(held.out)) == (0, "", headings(asked.out))
    assert "\nKick-off  2026-09-01 08:00  now" in held.out
    assert headings(attio_sync("history", earlier, *local).out) == headings(asked.out)[2:4]
    some = attio_sync("history", deal, "--attribute", "lists/onboarding.is_blocked", *local)
    assert headings(some.out) == [headings(asked.out)[n] for n in (1, 3, 5)]


def test_more_entries_than_fit_a_page_are_drawn_also_of_a_list_that_is_named_by_its_id(
    attio_sync: AttioSync, crm: Simulator, person: str
) -> None:
    entries = {crm.workspace.create_entry("hiring", person, "Applied") for _ in range(101)}

    out = attio_sync("history", person, "--attribute", f"lists/{crm.workspace.list('hiring').id}.stage").out

    assert headings(out)[0].startswith(f"101 entries of {person} in lists/")
    assert {heading[-36:] for heading in headings(out)[1:]} == entries


def test_a_url_of_another_object_is_an_error_whoever_is_asked(
    attio_sync: AttioSync, crm: Simulator, person: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", "deals.stage,lists/hiring.stage")
    workspace = crm.workspace
    entry, deal = workspace.create_entry("hiring", person, "Applied"), workspace.create_record("deals", "Lead")
    company = workspace.create_record("companies")
    attio_sync("sync", "--into", place)
    local = ("--local", "--into", place)

    for more in ((), local):
        assert attio_sync("history", f"{WEB}/deals/{deal}", *more).code == 0
        about = attio_sync("history", f"{WEB}/deals/{person}", *more)
        assert_one_line(about, f"{person} is no record of deals but a record of people: give the id alone, or copy the")
        alone = attio_sync("history", f"{WEB}/deals/{entry}", *more)
        assert_one_line(alone, f"{entry} is no record of deals but an entry of lists/hiring: ")
        own = attio_sync("history", f"{WEB}/company/{deal}", *more)
        assert_one_line(own, f"{deal} is no record of companies but a record of deals: ")

    untracked = attio_sync("history", f"{WEB}/deals/{company}")
    assert_one_line(untracked, f"{company} is no record of deals but a record of companies: ")
    unheld = attio_sync("history", f"{WEB}/deals/{company}", *local)
    assert_one_line(unheld, f"there is no record {company} in {place}")


@pytest.mark.parametrize("page", ["deal/{}/overview", "deals/record/{}", "custom/deals/record/{}?view=1"])
def test_the_object_in_a_url_is_read_in_each_form_that_it_has(
    attio_sync: AttioSync, crm: Simulator, person: str, page: str
) -> None:
    deal = crm.workspace.create_record("deals", "Lead")

    assert headings(attio_sync("history", f"{WEB}/{page.format(deal)}", "--attribute", "deals.stage").out)
    assert_one_line(attio_sync("history", f"{WEB}/{page.format(person)}"), f"{person} is no record of deals but a record")


def test_an_object_that_the_setting_names_by_its_id_fits_any_url(attio_sync: AttioSync, crm: Simulator) -> None:
    deal, by_id = crm.workspace.create_record("deals", "Lead"), f"{crm.workspace.object('deals').id}.stage"

    assert attio_sync("history", f"{WEB}/deal/{deal}", "--attribute", by_id).code == 0


@pytest.mark.parametrize(
    ("tracked", "said"),
    [
        ("deals.stage", "; the setting history names deals.stage. "),
        (
            "deals.stage,lists/hiring.stage",
            ", without entries in lists/hiring; the setting history names deals.stage, lists/",
        ),
    ],
)
def test_of_a_record_of_which_nothing_is_tracked_it_is_said_what_it_is_what_is_tracked_and_what_to_do(
    attio_sync: AttioSync, crm: Simulator, monkeypatch: pytest.MonkeyPatch, tracked: str, said: str
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", tracked)
    company = crm.workspace.create_record("companies")
    entry = crm.workspace.create_entry("sales", company, "Qualified")

    of_company, of_entry = attio_sync("history", company), attio_sync("history", entry)
    named = attio_sync("history", company, "--attribute", "deals.value")

    assert_one_line(of_company, f"error: {company} is a record of companies{said}")
    assert_one_line(of_company, "as in --attribute companies.NAME (attio-sync check lists what there is)\n")
    assert_one_line(of_entry, f"{entry} is an entry of lists/sales; the setting history names deals.stage")
    assert_one_line(of_entry, ". Name what to draw of it, as in --attribute lists/sales.stage\n")
    assert_one_line(named, f"{company} is a record of companies; --attribute names deals.value. ")


def test_where_the_default_is_tracked_and_there_are_no_applications_a_deal_says_how_it_is_drawn(
    attio_sync: AttioSync, crm: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATTIO_HISTORY")
    deal = crm.workspace.create_record("deals", "Lead")

    finished = attio_sync("history", deal)

    assert_one_line(
        finished, f"{deal} is a record of deals; the setting history names applications.workflow_status, its default. "
    )
    assert_one_line(finished, "Name what to draw of it, as in --attribute deals.stage\n")


def test_a_scope_that_entries_of_a_record_need_is_named(attio_sync: AttioSync, crm: Simulator, person: str) -> None:
    entry = crm.workspace.create_entry("hiring", person, "Applied")
    crm.scopes = frozenset({"list_entry:read", "list_configuration:read"})

    assert attio_sync("history", entry, "--attribute", "lists/hiring.stage").code == 0
    assert_one_line(
        attio_sync("history", person, "--attribute", "lists/hiring.stage"),
        "the token lacks record_permission:read (for entries by the record that they are about) and object_configuration:",
    )
