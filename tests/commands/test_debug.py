"""`fivetran debug` and `python connector.py`: a whole sync, into a real DuckDB file."""

import asyncio
import importlib
import json
import shutil
from datetime import datetime, timedelta
from typing import Any

import pytest
from fivetran_connector_sdk import Logging
from fivetran_connector_sdk_cli import core_adapter
from fivetran_connector_sdk_common import constants
from tests.commands.conftest import Serve
from tests.commands.projects import (
    HISTORY,
    PATIENCE_SECONDS,
    TABLE,
    TOKEN,
    Attio,
    Project,
    assert_failed,
    assert_succeeded,
    finish,
)
from tests.support.holding import holding

from attio_simulator import RequestInfo, generate_hiring_pipeline

FOLDER_HISTORY = "applications.workflow_status=attio_workflow_status"
STAYS = {
    "application_id": "VARCHAR",
    "position": "INTEGER",
    "status_id": "VARCHAR",
    "active_from": "TIMESTAMP WITH TIME ZONE",
    "active_until": "TIMESTAMP WITH TIME ZONE",
    "is_active": "BOOLEAN",
    "status_title": "VARCHAR",
    "status_is_archived": "BOOLEAN",
    "target_time_in_status": "VARCHAR",
    "created_by_actor_type": "VARCHAR",
    "created_by_actor_id": "VARCHAR",
}
CURRENT = {
    "application_id": "VARCHAR",
    "workflow_status": "JSON",
    "status_id": "VARCHAR",
    "status_title": "VARCHAR",
    "active_from": "TIMESTAMP WITH TIME ZONE",
    "stays": "INTEGER",
}
LOCKED = "the fivetran debug command failed because a connection with 'warehouse.db' is already open"


def test_a_first_sync_delivers_every_history_a_second_what_changed_and_one_with_a_bad_token_nothing(
    project: Project, attio: Attio
) -> None:
    first = project.run("fivetran", "debug", **attio.variables)

    assert_succeeded(first)
    assert "sync done: 60 records listed" in first.out
    project.assert_holds_history_of(attio.workspace)
    assert project.rows("attio_sync_error") == []
    assert project.columns(TABLE) == CURRENT
    assert project.columns(HISTORY) == STAYS
    assert sorted(project.state) == ["definitions", "histories", "last_sync", "version", "workspace_id"]
    assert sorted(path.name for path in (project.folder / "files").iterdir()) == ["state.json", "warehouse.db"]

    # Attio's `Date` has whole seconds: two syncs within one of them may reach equally far.
    attio.workspace.clock.move(timedelta(seconds=2))
    moved = attio.workspace.record_ids("applications")[:2]
    for record_id in moved:
        attio.workspace.set_status(record_id, "Hired")
    attio.workspace.create_record("applications", "Applied")
    before, last_sync = attio.simulator.requests.by_kind["values"], project.state["last_sync"]
    # The other way to run it, and what is filled in goes before the environment.
    (project.folder / "configuration.json").write_text(json.dumps({**attio.settings, "buffer_minutes": "0"}))
    second = project.run("python", "connector.py", ATTIO_API_TOKEN="another", ATTIO_BUFFER_MINUTES="many")

    assert_succeeded(second)
    assert last_sync in second.out
    assert "sync done: 3 records listed" in second.out
    assert TOKEN not in second.text
    assert attio.simulator.requests.by_kind["values"] - before == len(moved)
    project.assert_holds_history_of(attio.workspace)
    assert not (project.folder / "crash-reports").exists()

    state = project.state
    assert state["last_sync"] > last_sync
    (project.folder / "configuration.json").write_text("{}")
    bad = project.run("fivetran", "debug", **{**attio.variables, "ATTIO_API_TOKEN": "another"})

    assert_failed(
        bad,
        "answered 400 missing_value: Token was not recognised. — the token is missing, wrong or revoked. "
        "Create one in Attio under Workspace settings → Developers and set attio_api_token",
    )
    assert "Traceback" not in bad.text
    assert project.state == state
    project.assert_holds_history_of(attio.workspace)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "attio_api_token=x",
            "invalid configuration error: Configuration must be provided as a JSON file",
            marks=pytest.mark.long,
        ),
        pytest.param('{"page_size": 5}', "invalid configuration file; all values must be strings", marks=pytest.mark.long),
        ('{"attio_api_token": "fivetran_encrypted:AAAA"}', "re-run 'fivetran configuration' to regenerate"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_said(project: Project, attio: Attio, text: str, message: str) -> None:
    (project.folder / "configuration.json").write_text(text)

    finished = project.run("python", "connector.py", **attio.variables)

    assert finished.code == 1
    assert message in finished.text
    assert "Traceback" not in finished.text
    assert attio.simulator.requests.total == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"last_sync":', "invalid state error: Expecting value: line 1 column 14"),
        pytest.param("[]", "must hold a JSON object", marks=pytest.mark.long),
    ],
)
def test_a_state_that_cannot_be_read_is_said(project: Project, attio: Attio, text: str, message: str) -> None:
    (project.folder / "files").mkdir()
    (project.folder / "files" / "state.json").write_text(text)

    finished = project.run("python", "connector.py", **attio.variables)

    assert finished.code == 1
    assert message in finished.text
    assert "Traceback" not in finished.text
    assert attio.simulator.requests.total == 0


def test_folder_settings_and_state_may_be_anywhere_the_state_of_the_first_version(project: Project, attio: Attio) -> None:
    elsewhere = project.place / "a folder with spaces" / "Übung"
    shutil.copytree(project.folder, elsewhere)
    given, env, state = project.place / "settings.json", elsewhere / ".env", project.place / "state of yesterday.json"
    given.write_text(json.dumps({"attio_api_token": TOKEN, "definitions": "no"}))
    env.write_text(f"ATTIO_BASE_URL={attio.url}\nATTIO_BACKFILL_DAYS=all\nATTIO_PAGESIZE=7\n")
    last_sync = attio.workspace.clock.now() - timedelta(days=2)
    state.write_text(json.dumps({"last_sync": last_sync.isoformat(timespec="microseconds")}))

    files = ("--configuration", str(given), "--state", str(state))
    finished = project.run("fivetran", "debug", str(elsewhere), *files, PYTHONPATH=str(elsewhere))

    assert finished.code == 0, finished.text
    assert TOKEN not in finished.text
    assert finished.out.count(f"settings that are not in the configuration are read from {env}\n") == 1
    assert f"'ATTIO_PAGESIZE' in {env} is no setting and is ignored; did you mean 'ATTIO_PAGE_SIZE'?" in finished.out
    assert finished.out.count("everything is delivered anew") == 1
    written = json.loads(state.read_text())
    assert written["version"] == 3
    assert datetime.fromisoformat(written["last_sync"]) > last_sync
    assert not (project.folder / "files").exists()
    assert [path.name for path in (elsewhere / "files").iterdir()] == ["warehouse.db"]
    (elsewhere / "files").rename(project.folder / "files")
    project.assert_holds_history_of(attio.workspace)


def test_a_state_file_that_is_not_there_is_said(project: Project, attio: Attio) -> None:
    finished = project.run("fivetran", "debug", "--state", "nowhere.json", **attio.variables)

    assert finished.code == 1
    assert "nowhere.json" in finished.out
    assert attio.simulator.requests.total == 0


@pytest.mark.long
def test_a_missing_token_is_said(project: Project, attio: Attio) -> None:
    finished = project.run("fivetran", "debug", ATTIO_BASE_URL=attio.url)

    assert_failed(finished, "attio_api_token is missing: set it in the connection's setup form on Fivetran")
    assert attio.simulator.requests.total == 0


@pytest.mark.parametrize(
    ("history", "message"),
    [
        # The SDK reads the message as the dashboard does: as HTML, in which <code> would become something else.
        ("<code>.stage=t", "there is no object '<code>' — the objects are"),
        pytest.param(
            "applications.nope=t",
            "no attribute 'nope'; did you mean notes? — the attributes of applications are created_at, ",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "nope.stage=t",
            "there is no object 'nope' — the objects are applications, companies, jobs, people. Correct the",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "applications",
            "history: 'applications' is not object.attribute or lists/list.attribute, with =table behind it if need",
            marks=pytest.mark.long,
        ),
    ],
)
def test_what_does_not_exist_is_named_and_becomes_no_part_of_the_page_that_shows_it(
    project: Project, attio: Attio, history: str, message: str
) -> None:
    finished = project.run("fivetran", "debug", **attio.variables, ATTIO_HISTORY=history)

    assert_failed(finished, message)


def test_what_came_before_a_failure_stays_and_the_next_sync_goes_on_there(project: Project, attio: Attio) -> None:
    read = 0

    def revoke(info: RequestInfo) -> None:
        nonlocal read
        read += info.kind == "values"
        if read == 20:  # the histories of the first page have been read by then, and those of the second have not
            attio.simulator.token = "revoked"  # noqa: S105 (opens nothing)

    stop_revoking = attio.simulator.on_request(revoke)
    failed = project.run("fivetran", "debug", **attio.variables, ATTIO_PAGE_SIZE="15", ATTIO_CONCURRENCY="1")

    assert_failed(failed, "answered 401 unauthorized")
    kept = [row["application_id"] for row in project.rows(TABLE)]
    assert 14 <= len(kept) <= 30
    project.assert_holds_history_of(attio.workspace, kept)
    assert "under_way" in project.state["histories"][FOLDER_HISTORY]
    assert "last_sync" not in project.state

    stop_revoking()
    attio.simulator.token = TOKEN
    again = project.run("fivetran", "debug", **attio.variables)

    assert_succeeded(again)
    assert "going on with applications.workflow_status where the last sync was interrupted" in again.out
    project.assert_holds_history_of(attio.workspace)


def test_a_second_sync_at_the_same_time_is_refused_and_the_first_is_right(project: Project, attio: Attio) -> None:
    with holding(attio.simulator, 2) as has_come:
        first = project.start("fivetran", "debug", **attio.variables)
        assert has_come.wait(PATIENCE_SECONDS)
        second = project.run("fivetran", "debug", **attio.variables)
        assert first.poll() is None, "it was not at the same time"

    assert_failed(second, LOCKED)
    assert_succeeded(finish(first))
    project.assert_holds_history_of(attio.workspace)
    assert attio.simulator.requests.by_kind["query"] <= 6  # what one sync costs


def test_update_works_where_an_event_loop_is_running(
    project: Project, serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    attio = serve(workspace=generate_hiring_pipeline(5, seed=1))
    monkeypatch.setenv("HOME", str(project.home))
    monkeypatch.setattr(constants, "DEBUGGING", True)
    monkeypatch.setattr(Logging, "LOG_LEVEL", Logging.Level.DEBUG)
    connector: Any = importlib.import_module("connector").connector

    async def cell_of_a_notebook() -> None:
        core_adapter.run(connector, str(project.folder), attio.settings, {})

    asyncio.run(cell_of_a_notebook())

    assert "SYNC SUCCEEDED" in capsys.readouterr().out
    project.assert_holds_history_of(attio.workspace)
