import json
from pathlib import Path

import duckdb
import pytest
from fivetran_connector_sdk_cli.configuration_decryption import encrypt_value, get_or_create_key
from tests.docs.documents import blocks
from tests.workbench.conftest import APPLICATIONS, TOKEN, AttioSync, assert_one_line
from tests.workbench.test_demo import held_open

from attio_simulator import Fault, Limits, Mangle, RequestInfo, Simulator, Workspace
from attio_sync.settings import load_settings
from attio_sync.streams import tables
from attio_workbench.changes import delivered_stays, true_stays
from attio_workbench.time_in_status import read_time_in_status

ALL_READING = frozenset(
    {
        "record_permission:read",
        "object_configuration:read",
        "list_entry:read",
        "list_configuration:read",
        "user_management:read",
    }
)
KEY = "applications.workflow_status=attio_workflow_status"


def test_a_sync_brings_what_there_is_and_the_next_one_what_changed(
    attio_sync: AttioSync, attio: Simulator, place: Path
) -> None:
    first = attio_sync("sync", "--into", place)
    assert (first.code, first.err) == (0, "")
    assert figure(first.out, "records listed") == APPLICATIONS
    assert_holds(place, attio)

    changed = attio.workspace.create_record("applications", "Applied")
    attio.workspace.set_status(changed, "Offer")
    second = attio_sync("sync", "--into", place)

    assert (second.code, second.err) == (0, "")
    assert figure(second.out, "records listed") < 5
    assert_holds(place, attio)
    for name in ("Database", "State", "Log"):
        assert f"{name:10}{place}" in second.out
    assert f"Next      attio-sync report --into {place}\n" in second.out


def test_an_empty_workspace_leaves_tables_that_queries_find(
    attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulator(Workspace.hiring(), limits=Limits.off(), token=TOKEN).serve() as server:
        monkeypatch.setenv("ATTIO_BASE_URL", server.url)
        monkeypatch.setenv("ATTIO_API_TOKEN", TOKEN)
        assert attio_sync("sync", "--into", place).code == 0

    with duckdb.connect(str(place / "files" / "warehouse.db"), read_only=True) as connection:
        assert [connection.execute(query.text).fetchall() for query in blocks("sql")] == [[], []]
        assert read_time_in_status(connection) == []
        for table in tables(load_settings({}, ()).history.named):
            names = ", ".join(column.name for column in table.columns)
            connection.execute(f"SELECT {names} FROM tester.{table.name}")  # noqa: S608 (names of our own)


def test_a_full_sync_finds_what_was_deleted_and_does_not_warn_of_what_was_asked_for(
    attio_sync: AttioSync, attio: Simulator, synced: Path
) -> None:
    before, ids = attio.requests.by_kind["values"], attio.workspace.record_ids("applications")
    moved = sum(len(attio.workspace.history(record_id)) > 1 for record_id in ids)
    attio.workspace.delete_record(ids[0])

    finished = attio_sync("sync", "--full", "--into", synced)

    assert (finished.code, finished.err) == (0, "")
    # One for each record there is or was, as `--help` says; a first sync asks only for those that moved.
    assert attio.requests.by_kind["values"] - before == APPLICATIONS > moved
    assert figure(finished.out, "comparisons of everything with Attio") == 1
    assert figure(finished.out, "taken out of the warehouse for that") == 1
    assert "comparing everything: " in finished.out
    assert_holds(synced, attio)


def test_a_state_whose_database_is_gone_is_said(attio_sync: AttioSync, attio: Simulator, synced: Path) -> None:
    (synced / "files" / "warehouse.db").unlink()

    finished = attio_sync("sync", "--into", synced)
    assert finished.code == 0
    assert finished.err.startswith(f"warning: {synced / 'files' / 'state.json'} says how far an earlier sync came")
    assert "Delete the state to have everything" in finished.err
    assert figure(finished.out, "records listed") < 5

    (synced / "files" / "state.json").unlink()
    assert attio_sync("sync", "--into", synced).err == ""
    assert_holds(synced, attio)


def test_a_configuration_file_as_fivetran_takes_it_and_a_state_elsewhere(
    attio_sync: AttioSync, attio: Simulator, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATTIO_API_TOKEN")
    secret = encrypt_value(TOKEN, "attio_api_token", get_or_create_key())
    configuration = tmp_path / "configuration.json"
    configuration.write_text(json.dumps({"attio_api_token": secret, "backfill_day": "3", "page_size": "20"}))

    state = tmp_path / "elsewhere" / "mine.json"
    command = ("sync", "--into", place, "--configuration", configuration, "--state", state)

    finished = attio_sync(*command)

    assert finished.code == 0
    assert finished.err == "warning: 'backfill_day' is no setting and is ignored; did you mean 'backfill_days'?\n"
    assert figure(finished.out, "records listed") == APPLICATIONS
    assert attio.requests.by_kind["query"] >= APPLICATIONS / 20
    assert json.loads(state.read_text())["histories"][KEY]["last_sync"]
    assert not (place / "files" / "state.json").exists()
    assert figure(attio_sync(*command).out, "records listed") < 5


@pytest.mark.parametrize("text", ["[]", "{", '{"page_size": 3}'])
def test_a_configuration_that_is_none_is_one_line(attio_sync: AttioSync, tmp_path: Path, text: str) -> None:
    configuration = tmp_path / "configuration.json"
    configuration.write_text(text)

    finished = attio_sync("sync", "--configuration", configuration)

    assert_one_line(finished, 'must be a JSON object of strings, such as {"backfill_days": "90"}')


def test_a_configuration_that_cannot_be_read_is_one_line(attio_sync: AttioSync, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.json"
    assert_one_line(attio_sync("sync", "--configuration", nowhere), f"cannot read {nowhere}: No such file or directory")

    encrypted = tmp_path / "configuration.json"
    encrypted.write_text('{"attio_api_token": "fivetran_encrypted:AAAA"}')
    assert_one_line(attio_sync("sync", "--configuration", encrypted), "encryption key was not found")


@pytest.mark.usefixtures("attio")
@pytest.mark.parametrize("text", ["[]", "nonsense"])
def test_a_state_that_cannot_be_read_is_one_line(attio_sync: AttioSync, place: Path, text: str) -> None:
    (place / "files").mkdir(parents=True)
    (place / "files" / "state.json").write_text(text)

    assert_one_line(attio_sync("sync", "--into", place), "state.json is not a JSON object: mend it, or delete it")


def test_two_syncs_at_once_are_said_plainly(attio_sync: AttioSync, synced: Path) -> None:
    with held_open(synced / "files" / "warehouse.db"):
        finished = attio_sync("sync", "--into", synced)

    assert_one_line(finished, "is open elsewhere: another sync is under way, or a DuckDB session has it")


@pytest.mark.usefixtures("attio")
def test_a_folder_that_cannot_be_made_is_one_line(attio_sync: AttioSync, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert_one_line(attio_sync("sync", "--into", tmp_path / "file"), "Not a directory: ")


def test_a_sync_that_fails_says_why_in_one_line_and_the_next_one_completes_it(
    attio_sync: AttioSync, attio: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_PAGE_SIZE", "10")
    asked = 0

    def revoke(info: RequestInfo) -> None:
        nonlocal asked
        asked += info.kind == "query"
        if asked == 3:
            attio.token = "revoked"  # noqa: S105 (opens nothing)

    stop = attio.on_request(revoke)
    assert_one_line(attio_sync("sync", "--into", place), "answered 401 unauthorized")

    stop()
    attio.token = TOKEN
    assert attio_sync("sync", "--into", place).code == 0
    assert_holds(place, attio)


def test_warnings_are_shown_and_the_log_is_kept_without_the_token(
    attio_sync: AttioSync, attio: Simulator, place: Path
) -> None:
    workspace = attio.workspace
    moved = next(i for i in workspace.record_ids("applications") if len(workspace.history(i)) > 1)
    attio.faults.add(Fault(kind="mangle", on=["values"], records=[moved], mangle=Mangle()))

    finished = attio_sync("sync", "--into", place)

    assert finished.code == 0
    assert finished.err.startswith("warning: 1 record of applications not read. ")
    assert moved in finished.err
    assert finished.err.count("\n") == 1
    assert figure(finished.out, "records that cannot be read: see attio_sync_error") == 1
    log = (place / "files" / "attio-sync.log").read_text()
    assert "SYNC SUCCEEDED" in log
    assert "sync done: " in log
    assert max(map(len, log.splitlines())) < 2_500
    for path in (place / "files").iterdir():
        assert TOKEN.encode() not in path.read_bytes(), path


def test_what_is_no_longer_tracked_is_said(
    attio_sync: AttioSync, crm: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del crm
    monkeypatch.setenv("ATTIO_HISTORY", "deals.stage,lists/hiring.stage=hiring")
    assert attio_sync("sync", "--into", place).err == ""
    monkeypatch.setenv("ATTIO_HISTORY", "deals.stage")

    fewer, again = (attio_sync("sync", "--into", place) for _ in range(2))
    assert (fewer.code, again.err) == (0, "")
    assert fewer.err == (
        "warning: lists/hiring.stage is no longer tracked; the rows of hiring and hiring_history stay as they are\n"
    )


def figure(out: str, name: str) -> int:
    [line] = [line for line in out.splitlines() if line.startswith(name)]
    return int(line.split()[-1].replace(",", ""))


def assert_holds(place: Path, attio: Simulator) -> None:
    with duckdb.connect(str(place / "files" / "warehouse.db"), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        assert sorted(delivered_stays(connection)) == sorted(true_stays(attio.workspace))


@pytest.mark.parametrize(
    ("tracked", "missing", "lacking"),
    [
        (
            "deals.stage,deals.value,lists/hiring.stage",
            {"object_configuration:read", "list_entry:read"},
            # The list's names can be looked up, but what cannot be looked up of deals keeps anything from being written.
            "object_configuration:read (for deals.stage, deals.value): add it",
        ),
        (
            "deals.stage,deals.value,lists/hiring.stage",
            {"record_permission:read", "list_entry:read"},
            "record_permission:read (for deals.stage, deals.value) and list_entry:read (for lists/hiring.stage): add them",
        ),
        pytest.param(
            "*",
            {"record_permission:read"},
            "record_permission:read (for projects.phase, deals.stage): add it",
            marks=pytest.mark.long,
        ),
        ("*", {"object_configuration:read"}, "object_configuration:read (for *): add it"),
        pytest.param(
            "*",
            {"list_entry:read"},
            "list_entry:read (for lists/sales.stage, lists/hiring.stage, lists/onboarding.phase): add it",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_missing_scope_is_named_once_with_what_needs_it_and_no_path(  # noqa: PLR0913, PLR0917 (three are fixtures)
    attio_sync: AttioSync,
    crm: Simulator,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    tracked: str,
    missing: set[str],
    lacking: str,
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", tracked)
    crm.scopes = ALL_READING - missing

    finished = attio_sync("sync", "--into", place)

    assert finished.code == 1
    [error] = [line for line in finished.err.splitlines() if line.startswith("error: ")]
    assert error == f"error: the token lacks {lacking} in Attio under Workspace settings → Developers"
