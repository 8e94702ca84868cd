import json
import re
from pathlib import Path

import pytest
from tests.workbench.conftest import TRACKED, AttioSync, assert_one_line
from tests.workbench.test_sync import ALL_READING

from attio_simulator import Simulator

SCOPES = {"record_permission:read", "object_configuration:read"}


@pytest.mark.usefixtures("attio")
def test_it_says_who_the_token_is_and_what_would_be_synced(attio_sync: AttioSync, place: Path) -> None:
    finished = attio_sync("check", "--into", place)

    assert (finished.code, finished.err) == (0, "")
    lines = [" ".join(line.split()) for line in finished.out.splitlines()]
    assert lines[0].startswith("✓ the token is for the workspace 'Example Hiring'")
    assert [line[0] for line in lines[:4]] == ["✓"] * 4
    for said in (
        "object or list statuses other attributes",
        "jobs none record_id, title, is_open, budget, opened_on, positions, created_at, created_by",
        "lists/talent_pool stage entry_id, owner, next_contact, created_at, created_by",
        "attio_workflow_status",
        "next sync the first: everything",
        "at most 2000 requests a second",
        "what cannot be read goes into attio_sync_error",
    ):
        assert said in lines
    assert not (place / "files").exists()


def test_more_requests_than_attio_allows_are_warned_of(
    attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_API_TOKEN", "a-token")
    monkeypatch.setenv("ATTIO_BASE_URL", "https://127.0.0.1:9")
    monkeypatch.setenv("ATTIO_REQUESTS_PER_SECOND", "900")

    finished = attio_sync("check", "--into", place)

    assert finished.code == 1
    assert finished.err.startswith("warning: requests_per_second is 900, and Attio allows 100 over all its clients: ")


def test_what_cannot_be_tracked_stands_apart(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    budget = attio.workspace.object("jobs").attribute("budget")
    assert budget
    budget.is_archived = True

    out = " ".join(attio_sync("check", "--into", place).out.split())

    assert "opened_on, positions, created_at, created_by; archived, or without a history: budget" in out


@pytest.mark.usefixtures("attio")
def test_what_is_tracked_is_named_in_a_line_of_70_columns(
    attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "70")

    assert "\napplications.workflow_status  " in attio_sync("check", "--into", place).out


@pytest.mark.usefixtures("attio")
def test_no_name_is_cut_in_a_narrow_terminal(attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    out = attio_sync("check", "--into", place).out

    assert max(len(line.rstrip()) for line in out.splitlines()) <= 60
    assert "…" not in out
    for name in (
        "attio_workflow_status",
        "lists/talent_pool",
        "strongest_connection_strength",
        "user_management:read",
    ):
        assert name in "".join(out.split())


def test_it_reads_only(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    attio_sync("check", "--into", place)

    assert set(attio.requests.by_kind) == {"self", "objects", "lists", "attributes", "query", "values"}
    assert attio.requests.by_kind["values"] <= 1 + 20


@pytest.mark.usefixtures("attio")
def test_it_says_where_the_next_sync_goes_on(attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attio_sync("sync", "--into", place)
    state = json.loads((place / "files" / "state.json").read_text())
    [history] = state["histories"].values()

    assert "\nnext sync            what changed since 20" in attio_sync("check", "--into", place).out

    history |= {"reconciled_at": "2026-01-01T00:00:00+00:00"}
    (place / "files" / "state.json").write_text(json.dumps(state))
    assert ", then a comparison of everything" in attio_sync("check", "--into", place).out

    history["under_way"] = {"since": None, "started_at": "2026-11-01T00:00:00+00:00"}
    (place / "files" / "state.json").write_text(json.dumps(state))
    assert "goes on where the last one stopped: everything" in attio_sync("check", "--into", place).out

    (place / "files" / "state.json").unlink()
    monkeypatch.setenv("ATTIO_BACKFILL_DAYS", "7")
    out = attio_sync("check", "--into", place).out
    assert "the first: what changed since 20" in out
    assert ", then everything older" in out


def test_a_missing_token_is_one_line(attio_sync: AttioSync) -> None:
    assert_one_line(attio_sync("check"), "attio_api_token is missing")


def test_what_is_wrong_and_what_is_no_setting_are_said_once(attio_sync: AttioSync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTIO_API_TOKEN", "any")
    monkeypatch.setenv("ATTIO_CONCURRENCY", "lots")
    monkeypatch.setenv("ATTIO_PAGESIZE", "5")

    finished = attio_sync("check")

    assert_one_line(finished, "concurrency: write a whole number, or auto")
    assert finished.err.count("did you mean 'ATTIO_PAGE_SIZE'?") == 1


def test_what_succeeded_before_a_failure_is_shown(attio_sync: AttioSync, attio: Simulator) -> None:
    attio.scopes = frozenset({"record_permission:read"})

    finished = attio_sync("check")

    assert_one_line(
        finished, "the token lacks object_configuration:read (for applications.workflow_status): add it in Attio"
    )
    assert finished.out.startswith("✓ the token is for the workspace")
    assert [line[0] for line in finished.out.splitlines()[:3]] == ["✓", "✗", "✓"]
    assert finished.out.splitlines()[1] == "✗ the token lacks object_configuration:read (for applications.workflow_status)"
    assert finished.out.count("✓") == 2


def test_a_token_that_sees_a_part_is_marked_where_it_is_found_out(
    attio_sync: AttioSync, attio: Simulator, place: Path
) -> None:
    attio.token_level = "user"  # noqa: S105 (no password)

    finished = attio_sync("check", "--into", place)

    assert_one_line(finished, "may see only a part of the workspace: records would be missed")
    assert [line[0] for line in finished.out.splitlines()[:4]] == ["✓", "✓", "✗", "✓"]
    assert "\n✗ the token is of the level 'user' and may see only a part of the workspace\n" in finished.out


@pytest.mark.usefixtures("crm")
def test_the_plan_says_of_each_source_what_it_brings_and_costs(attio_sync: AttioSync, place: Path) -> None:
    finished = attio_sync("check", "--into", place)

    assert (finished.code, finished.err) == (0, "")
    table, _, total = finished.out.partition("into which table")[2].partition("Of a sync: its requests")
    rows = [line.rstrip() for line in table.splitlines()[1:]]
    for source, of_source, into in zip(TRACKED.split(","), rows[::2], rows[1::2], strict=True):
        later = "6 in 1 s" if source in {"deals.value", "deals.owner"} else "1 in 1 s"
        assert re.fullmatch(rf"{source} +[\d,]+ +[\d,]+ +[\d,]+ in 1 s +{later}", of_source)
        assert into == f"  attio_{source.removeprefix('lists/').replace('.', '_')}"
    assert "\nall together: rows of the histories, requests of the small tables too\n" in total
    for said in ("rows", "first sync", "each later sync", "every 24 h", "from", "at most"):
        assert total.count(f"\n{said}  ") == 1
    assert len(finished.out.splitlines()) < 80


@pytest.mark.parametrize("tracked", ["*,deals.value,deals.owner,companies.name,people.job_title,deals.name", "deals.stage"])
def test_the_plan_fits_into_80_columns_a_source_a_row(
    attio_sync: AttioSync, crm: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch, tracked: str
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", tracked)
    monkeypatch.setenv("COLUMNS", "80")
    assert crm.workspace.find("deals")

    plan = attio_sync("check", "--into", place).out.partition("what is tracked,")[2].partition("Of a sync:")[0]

    assert max(len(line.rstrip()) for line in plan.splitlines()) <= 80
    rows = [line for line in plan.splitlines()[1:] if not line.startswith("  ")][1:]
    assert len(rows) == (10 if "*" in tracked else 1)
    assert all(re.fullmatch(r"\S+ +[\d,]+ +[\d,]+ +[\d,]+ in \d+ s +\d+ in \d+ s *", row) for row in rows), plan


def test_every_wrong_entry_is_a_line_with_what_may_have_been_meant_and_the_others_are_shown(
    attio_sync: AttioSync, crm: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", "deals.stge,deals.value,deal.stage,lists/sale.stage,people.last_interaction")

    finished = attio_sync("check", "--into", place)

    assert finished.code == 1
    lines = finished.err.splitlines()
    assert [line.split(" — ")[0] for line in lines[:3]] == [
        "error: deals has no attribute 'stge'; did you mean stage?",
        "error: there is no object 'deal'; did you mean deals?",
        "error: there is no list 'sale'; did you mean lists/sales?",
    ]
    assert lines[3].startswith("error: people.last_interaction is of the type interaction, of which Attio keeps no history")
    assert len(lines) == 4
    assert "✓ tracking deals.value=attio_deals_value\n" in finished.out
    assert "\ndeals.value  " in finished.out

    synced = attio_sync("sync", "--into", place)
    assert (synced.code, synced.err) == (1, finished.err)
    assert not crm.requests.by_kind["values"] > 20
    assert not place.exists()


def test_it_says_which_scope_is_missing_for_what(attio_sync: AttioSync, crm: Simulator, place: Path) -> None:
    crm.scopes = frozenset({*SCOPES, "list_configuration:read"})

    finished = attio_sync("check", "--into", place)

    assert_one_line(
        finished, "the token lacks list_entry:read (for lists/hiring.stage, lists/hiring.channels): add it in Attio"
    )
    assert "\ndeals.owner  " in finished.out
    assert "\nlists/hiring.stage  " not in finished.out


@pytest.mark.parametrize("missing", ["list_entry:read", "record_permission:read", "object_configuration:read"])
def test_where_everything_is_tracked_a_missing_scope_is_named_once_and_no_path(
    attio_sync: AttioSync, crm: Simulator, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", "*")
    crm.scopes = ALL_READING - {missing}

    finished = attio_sync("check")

    assert_one_line(finished, f"error: the token lacks {missing} (for *): add it in Attio under Workspace settings")


def test_what_comes_without_a_scope_is_said_too(
    attio_sync: AttioSync, attio: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_DEFINITIONS", "yes")
    attio.scopes = frozenset(SCOPES)

    finished = attio_sync("check", "--into", place)

    assert (finished.code, finished.err) == (0, "")
    assert "– without list_configuration:read attio_list gets no rows, and no list is seen here\n" in finished.out
    assert "not user_management:read" in " ".join(finished.out.split())
