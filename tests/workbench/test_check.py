import json
from pathlib import Path

import pytest
from tests.workbench.conftest import AttioSync, assert_one_line

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
        "object status attributes other attributes",
        "jobs none record_id, title, is_open, budget, opened_on, positions, created_at, created_by",
        "would be synced applications.workflow_status",
        "into attio_workflow_status, attio_workflow_status_history",
        "next sync the first: everything",
        "at most 2000 requests a second",
        "what cannot be read goes into attio_sync_error",
    ):
        assert said in lines
    assert "Phone screen (archived)" in finished.out
    assert not (place / "files").exists()


@pytest.mark.usefixtures("attio")
def test_no_name_is_cut_in_a_narrow_terminal(attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    out = attio_sync("check", "--into", place).out

    assert max(len(line.rstrip()) for line in out.splitlines()) <= 60
    assert "…" not in out
    for name in ("attio_workflow_status_history", "strongest_connection_strength", "user_management:read"):
        assert name in "".join(out.split())


def test_it_reads_only(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    attio_sync("check", "--into", place)

    assert set(attio.requests.by_kind) == {"self", "objects", "attributes", "statuses", "query", "values"}
    assert attio.requests.by_kind["values"] <= 1 + 20


@pytest.mark.usefixtures("attio")
def test_it_says_where_the_next_sync_goes_on(attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attio_sync("sync", "--into", place)
    state = json.loads((place / "files" / "state.json").read_text())
    [history] = state["histories"].values()

    assert "  next sync            what changed since 20" in attio_sync("check", "--into", place).out

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

    assert_one_line(finished, "concurrency: Input should be a valid integer")
    assert finished.err.count("did you mean 'ATTIO_PAGE_SIZE'?") == 1


def test_what_succeeded_before_a_failure_is_shown(attio_sync: AttioSync, attio: Simulator) -> None:
    attio.scopes = frozenset({"record_permission:read"})

    finished = attio_sync("check")

    assert_one_line(finished, "the token lacks object_configuration:read: add it in Attio")
    assert finished.out.startswith("✓ the token is for the workspace")
    assert finished.out.count("✓") == 1
