"""`python test_script.py` and `python main.py`, and where all commands find the token."""

import socket
from datetime import UTC, datetime, timedelta

import pytest
from tests.commands.conftest import NewProject, Serve
from tests.commands.projects import TOKEN, Attio, Finished, Project, assert_failed, finish

from attio_simulator import Fault, Workspace

SCRIPTS = ("test_script.py", "main.py")
MISSING = "attio_api_token is missing: set it in the connection's setup form on Fivetran, or locally as ATTIO_API_TOKEN"
REFUSED = "answered 401 unauthorized"


def assert_one_line(finished: Finished, message: str) -> None:
    assert (finished.code, finished.out) == (1, "")
    assert finished.err.endswith("\n")
    assert len(finished.err.splitlines()) == 1, finished.err
    assert message in finished.err


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_the_smoke_test_prints_a_few_application_ids(project: Project, attio: Attio) -> None:
    finished = project.run("python", "test_script.py", **attio.variables)

    ids = finished.out.splitlines()
    assert (finished.code, finished.err) == (0, "")
    assert len(set(ids)) == 5
    assert set(ids) <= set(attio.workspace.record_ids("applications"))
    assert attio.simulator.requests.total == 1


def test_the_smoke_test_of_an_empty_workspace_says_that_it_is_connected(project: Project, serve: Serve) -> None:
    finished = project.run("python", "test_script.py", **serve(workspace=Workspace.hiring()).variables)

    assert finished == Finished(0, "connected; there are no applications yet\n", "")


def test_main_shows_whole_histories_of_applications_that_have_moved(project: Project, attio: Attio) -> None:
    finished = project.run("python", "main.py", **attio.variables)

    ids = [line for line in finished.out.splitlines() if not line.startswith(" ")]
    assert (finished.code, finished.err) == (0, "")
    assert len(set(ids)) == 5
    assert min(len(attio.workspace.history(record_id)) for record_id in ids) > 1
    assert finished.out.splitlines() == shown(attio, ids)


def test_main_shows_others_where_too_few_have_moved_and_looks_only_so_far(project: Project, serve: Serve) -> None:
    workspace = Workspace.hiring()
    start = datetime.now(UTC) - timedelta(days=1)
    created = [
        workspace.create_record("applications", "Applied", at=start + timedelta(minutes=minutes)) for minutes in range(400)
    ]
    first, last = created[7], created[-1]
    for moved in (first, last):
        workspace.set_status(moved, "Interview")
    attio = serve(workspace=workspace)

    finished = project.run("python", "main.py", **attio.variables)

    ids = [line for line in finished.out.splitlines() if not line.startswith(" ")]
    assert (finished.code, finished.err) == (0, "")
    assert ids[0] == first
    assert last not in ids
    assert len(set(ids)) == 5
    assert finished.out.splitlines() == shown(attio, ids)
    assert attio.simulator.requests.total < 30


def test_main_of_an_empty_workspace_says_that_it_is_connected(project: Project, serve: Serve) -> None:
    finished = project.run("python", "main.py", **serve(workspace=Workspace.hiring()).variables)

    assert finished == Finished(0, "connected; there are no applications yet\n", "")


def test_main_shows_what_a_terminal_without_unicode_can(project: Project, attio: Attio) -> None:
    finished = project.run("python", "main.py", PYTHONIOENCODING="ascii", **attio.variables)

    assert (finished.code, finished.err) == (0, "")
    assert " ? " in finished.out


def shown(attio: Attio, record_ids: list[str]) -> list[str]:
    lines: list[str] = []
    for record_id in record_ids:
        lines.append(record_id)
        for value in attio.workspace.history(record_id):
            until = value["active_until"] or "now"
            lines.append(f"  {value['active_from']} → {until:30} {value['status']['title']}")
    return lines


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_unknown_token_is_one_line(project: Project, attio: Attio, script: str) -> None:
    finished = project.run("python", script, **{**attio.variables, "ATTIO_API_TOKEN": "another"})

    assert_one_line(finished, REFUSED)
    assert "Create one in Attio under Workspace settings → Developers" in finished.err
    assert attio.simulator.requests.total == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_where_every_status_is_tracked_the_first_one_is_shown(project: Project, attio: Attio, script: str) -> None:
    finished = project.run("python", script, **{**attio.variables, "ATTIO_HISTORY": "*"})

    ids = [line for line in finished.out.splitlines() if not line.startswith(" ")]
    assert (finished.code, finished.err, len(set(ids))) == (0, "", 5)
    assert set(ids) <= set(attio.workspace.record_ids("applications"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_of_a_workspace_without_any_status_both_say_that_they_are_connected(
    project: Project, serve: Serve, script: str
) -> None:
    finished = project.run("python", script, **{**serve(workspace=Workspace()).variables, "ATTIO_HISTORY": "*"})

    assert finished == Finished(0, "connected; there are no applications yet\n", "")


# That each of the two says what failed is proven by the unknown token.
ONE_IN_SHORT = (pytest.param("test_script.py", marks=pytest.mark.long), "main.py")


@pytest.mark.parametrize("script", ONE_IN_SHORT)
def test_a_missing_token_is_one_line(project: Project, attio: Attio, script: str) -> None:
    finished = project.run("python", script, ATTIO_BASE_URL=attio.url)

    assert_one_line(finished, MISSING)
    assert attio.simulator.requests.total == 0


@pytest.mark.parametrize("script", ONE_IN_SHORT)
def test_an_answer_of_another_shape_is_one_line(project: Project, serve: Serve, script: str) -> None:
    attio = serve(Fault(kind="answer", status=200, payload={"data": [{"id": 5}]}))

    assert_one_line(project.run("python", script, **attio.variables), "a record without a readable id")


def test_without_a_network_every_command_says_so_and_ends(new_project: NewProject) -> None:
    address = closed_port()
    variables = {"ATTIO_API_TOKEN": TOKEN, "ATTIO_BASE_URL": address}
    project, syncing = new_project("scripts"), new_project("sync")
    scripts = [project.start("python", script, **variables) for script in SCRIPTS]
    sync = syncing.start("fivetran", "debug", **variables)

    said = f"gave up after 6 attempts: nothing answers at {address} ("
    for script in scripts:
        assert_one_line(finish(script), f"{said}POST /v2/objects/applications/records/query: ConnectError")
    assert_failed(finish(sync), f"{said}GET /v2/self: ConnectError")


def test_the_token_may_be_in_a_file_beside_the_script_or_one_folder_up(project: Project, attio: Attio) -> None:
    above, beside = project.folder.parent / ".env", project.folder / ".env"
    elsewhere = {key: value for key, value in attio.variables.items() if key != "ATTIO_API_TOKEN"}

    above.write_text(f"ATTIO_API_TOKEN={TOKEN}\n")
    assert project.run("python", "test_script.py", **elsewhere).code == 0

    above.write_text("ATTIO_API_TOKEN=another\n")
    beside.write_text(f"ATTIO_API_TOKEN={TOKEN}\n")
    assert project.run("python", "main.py", **elsewhere).code == 0

    given = {**elsewhere, "ATTIO_API_TOKEN": "another"}
    assert_one_line(project.run("python", "main.py", **given), REFUSED)
