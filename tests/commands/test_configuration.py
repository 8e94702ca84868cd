"""`fivetran configuration`: the setup form on a terminal, and its tests."""

import json
import os
import pty
import select
import shutil
import subprocess
import time

import pytest
from tests.commands.projects import PATIENCE_SECONDS, TOKEN, Attio, Project, assert_succeeded

QUESTION = (": ", "): ")
TESTS = ("token_is_valid", "token_has_scopes", "token_sees_everything", "histories_exist", "history_is_kept")


def run_on_a_terminal(project: Project, command: list[str], answers: dict[str, str]) -> tuple[int, str]:
    """Runs a command on a terminal of its own and types an answer to each question; what is not listed is left empty."""
    environment = project.environment()
    program = shutil.which(command[0], path=environment["PATH"])
    assert program is not None
    ours, theirs = pty.openpty()
    with (
        subprocess.Popen(  # noqa: S603 (the command is the tests' own)
            [program, *command[1:]],
            cwd=project.folder,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process
    ):
        os.close(theirs)
        shown, answered = "", 0
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            try:
                shown += os.read(ours, 65536).decode()
            except OSError:  # the other end is closed
                break
            asked = shown[answered:].splitlines()[-1:]
            if asked and asked[0].endswith(QUESTION):
                answered = len(shown)
                answer = next((text for label, text in answers.items() if asked[0].startswith(label)), "")
                os.write(ours, answer.encode() + b"\n")
        else:
            process.kill()
        os.close(ours)
        return process.wait(), shown


def fill_in(project: Project, attio: Attio) -> str:
    """Answers the setup form as a person would."""
    answers = {
        "continue?": "y",
        "Attio API token": TOKEN,
        "Attio base URL": attio.url,
        "Backfill days": "all",
        "Requests per second": "5000",
    }
    code, shown = run_on_a_terminal(project, ["fivetran", "configuration"], answers)
    assert code == 0, shown
    return shown


@pytest.mark.slow
def test_the_form_is_saved_with_the_token_encrypted_and_a_sync_runs_from_it(project: Project, attio: Attio) -> None:
    shown = fill_in(project, attio)

    assert TOKEN not in shown
    assert "Configuration saved" in shown
    assert "warning" not in shown.lower()
    assert "<backfill_days [PlainText] [Placeholder: 30] [How many days of changes a first sync delivers" in shown
    assert shown.count("REQUIRED>") == 1
    saved = json.loads((project.folder / "configuration.json").read_text())
    assert saved.pop("attio_api_token").startswith("fivetran_encrypted:")
    assert saved == {
        "attio_base_url": attio.url,
        "history": "",
        "backfill_days": "all",
        "buffer_minutes": "",
        "page_size": "",
        "concurrency": "",
        "requests_per_second": "5000",
        "reconcile_hours": "",
        "recheck_days": "",
        "definitions": "",
    }

    tested = project.run("fivetran", "configuration", "--test")
    assert (tested.code, tested.err) == (0, "")
    assert [line for line in tested.out.splitlines() if line.endswith("]: PASSED")] != []
    assert [name for name in TESTS if f"[{name} - " in tested.out] == list(TESTS)
    assert "the token is for the workspace 'Example Hiring' (example-hiring)" in tested.out
    assert "All tests passed!" in tested.out
    assert "WARN" not in tested.out

    synced = project.run("python", "connector.py")
    assert_succeeded(synced)
    project.assert_holds_history_of(attio.workspace)

    for path in project.place.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes(), path
    assert TOKEN not in tested.text + synced.text


@pytest.mark.long
def test_a_token_attio_does_not_know_fails_the_first_test(project: Project, attio: Attio) -> None:
    (project.folder / "configuration.json").write_text(json.dumps(attio.settings))
    attio.simulator.token = "revoked"  # noqa: S105 (opens nothing)

    tested = project.run("fivetran", "configuration", "--test")

    assert (tested.code, tested.err) == (1, "")
    assert "[token_is_valid - The token is valid]: Attio does not know this token, or it was revoked" in tested.out
    assert "PASSED" not in tested.out
    assert "Traceback" not in tested.out


def test_a_wrong_setting_fails_the_tests_and_is_explained(project: Project, attio: Attio) -> None:
    (project.folder / "configuration.json").write_text(json.dumps(attio.settings))

    tested = project.run("fivetran", "configuration", "--test", ATTIO_HISTORY="applications.nope=t")

    assert (tested.code, tested.err) == (1, "")
    assert "[token_is_valid - The token is valid]: PASSED" in tested.out
    local = "not in the configuration but in the environment or a .env, which is not deployed: history\n"
    assert tested.out.count(local) == 1
    assert (
        "applications has no attribute 'nope'; did you mean notes? — the attributes of applications are created_at, "
        in tested.out
    )
    assert "Traceback" not in tested.out
