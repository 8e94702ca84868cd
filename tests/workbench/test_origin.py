"""A database holds one workspace."""

import os
import shutil
from pathlib import Path

import duckdb
import pytest
from tests.workbench.conftest import APPLICATIONS, TOKEN, AttioSync, assert_one_line
from tests.workbench.test_sync import assert_holds, figure

from attio_simulator import Limits, Simulator, Workspace, generate_hiring_pipeline

UNTRACKABLE = (
    ("deals.stage=deals", "there is no object 'deals' — the objects are applications, companies, jobs, people"),
    ("applications.stage=a", "applications has no attribute 'stage' — the attributes of applications are created_at, "),
    ("people.last_email_interaction=a", "people.last_email_interaction is of the type interaction, of which Attio keeps"),
)


def test_what_check_refuses_is_refused_before_anything_is_written(
    attio_sync: AttioSync, attio: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for history, message in UNTRACKABLE:
        monkeypatch.setenv("ATTIO_HISTORY", history)

        finished = attio_sync("sync", "--into", place)

        assert_one_line(finished, message)
        assert finished.err == attio_sync("check", "--into", place).err
    assert not place.exists()
    assert not attio.requests.by_kind["query"]


def test_another_workspace_at_the_same_address_is_refused(attio_sync: AttioSync, attio: Simulator, synced: Path) -> None:
    before = contents(synced)
    held, attio.workspace = attio.workspace, Workspace.hiring(seed=77)
    assert held.id != attio.workspace.id

    finished = attio_sync("sync", "--into", synced)

    assert_one_line(finished, f"holds the workspace 'Example Hiring' ({held.id}), and this token is for 'Example Hiring' (")
    assert f"with --into, or move the database away together with {synced / 'files' / 'state.json'}" in finished.err
    assert contents(synced) == before

    attio.workspace = held
    assert attio_sync("sync", "--into", synced).code == 0


def test_a_database_from_before_workspaces_were_recorded_is_taken_up(
    attio_sync: AttioSync, attio: Simulator, synced: Path
) -> None:
    with duckdb.connect(str(synced / "files" / "warehouse.db")) as connection:
        connection.execute("ALTER TABLE attio_sync_origin DROP COLUMN workspace_slug")
        connection.execute("ALTER TABLE attio_sync_origin DROP COLUMN workspace_id")
        connection.execute("ALTER TABLE attio_sync_origin DROP COLUMN workspace_name")

    finished = attio_sync("sync", "--into", synced)

    assert (finished.code, finished.err) == (0, "")
    assert figure(finished.out, "records listed") < 5
    assert_holds(synced, attio)
    with duckdb.connect(str(synced / "files" / "warehouse.db"), read_only=True) as connection:
        rows = connection.execute("SELECT workspace_id, workspace_slug FROM attio_sync_origin").fetchall()
    assert rows == [(attio.workspace.id, attio.workspace.slug)]


def test_a_database_from_elsewhere_is_moved_aside_with_its_state(
    attio_sync: AttioSync, synced: Path, monkeypatch: pytest.MonkeyPatch, attio: Simulator
) -> None:
    another = Simulator(generate_hiring_pipeline(APPLICATIONS, seed=3), limits=Limits.off(), token=TOKEN)
    own = os.environ["ATTIO_BASE_URL"]
    with another.serve() as server:
        monkeypatch.setenv("ATTIO_BASE_URL", server.url)
        finished = attio_sync("sync", "--into", synced)

    assert attio.workspace.id != another.workspace.id
    assert finished.err.startswith(f"warning: {synced / 'files' / 'warehouse.db'} held data from http://127.0.0.1:")
    assert sorted(p.name for p in synced.parent.glob("place-backups/*/*")) == ["state.json", "warehouse.db"]
    assert figure(finished.out, "records listed") == APPLICATIONS
    assert_holds(synced, another)

    monkeypatch.setenv("ATTIO_BASE_URL", own)
    files, [backup] = synced / "files", (synced.parent / "place-backups").iterdir()
    back = attio_sync("sync", "--into", synced)

    assert f"what was synced from this workspace before is in {backup}: to go on from there, stop this, move" in back.err
    for path in backup.iterdir():
        shutil.move(path, files / path.name)
    again = attio_sync("sync", "--into", synced)
    assert (again.code, again.err) == (0, "")
    assert figure(again.out, "records listed") < 5
    assert_holds(synced, attio)


def test_a_database_of_a_version_with_another_key_is_moved_aside_and_the_sync_begins_anew(
    attio_sync: AttioSync, attio: Simulator, place: Path
) -> None:
    database = place / "files" / "warehouse.db"
    database.parent.mkdir(parents=True)
    with duckdb.connect(str(database)) as connection:
        # As the first version wrote it.
        connection.execute("CREATE SCHEMA tester")
        connection.execute("""
            CREATE TABLE tester.attio_workflow_status_history (
                application_id VARCHAR, active_from TIMESTAMPTZ, status_id VARCHAR, is_active BOOLEAN, read_at TIMESTAMPTZ,
                _fivetran_deleted BOOLEAN, PRIMARY KEY (application_id, active_from, status_id)
            )
        """)
        connection.execute(
            "INSERT INTO tester.attio_workflow_status_history VALUES ('a', '2026-01-01', 's', true, '2026-01-02', false)"
        )
    (place / "files" / "state.json").write_text('{"last_sync": "2026-11-01T00:00:00+00:00"}')

    finished = attio_sync("sync", "--into", place)

    [folder] = (place.parent / "place-backups").iterdir()
    assert finished.code == 0
    assert finished.err == (
        f"warning: {database} has another key in attio_workflow_status_history than is written now, as an earlier version "
        f"left it, and was moved to {folder}: warehouse.db, state.json. This sync begins anew\n"
    )
    assert figure(finished.out, "records listed") == APPLICATIONS
    assert_holds(place, attio)
    assert attio_sync("sync", "--into", place).err == ""


def contents(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (place / "files").iterdir() if path.suffix != ".log"}
