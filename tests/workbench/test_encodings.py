"""A terminal that cannot show what we print gets something plainer, and never a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from attio_simulator import Simulator

ASCII = {"PYTHONIOENCODING": "ascii"}
C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def attio_sync(environment: dict[str, str], *arguments: str | Path) -> tuple[int, str, str]:
    """Runs a command in a process of its own: exit code, output and errors, which are ASCII."""
    command = [sys.executable, "-m", "attio_workbench", *map(str, arguments)]
    finished = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, check=False)  # noqa: S603 (our own)
    return finished.returncode, finished.stdout.decode("ascii"), finished.stderr.decode("ascii")


@pytest.mark.parametrize("environment", [pytest.param(ASCII, marks=pytest.mark.long), C_LOCALE])
def test_every_command_shows_what_it_can(environment: dict[str, str], attio: Simulator, place: Path) -> None:
    status = attio.workspace.object("applications").attribute("workflow_status")
    assert status is not None
    attio.workspace.add_status(status, "面接 – erledigt")
    record_id = attio.workspace.create_record("applications", "面接 – erledigt")

    code, out, err = attio_sync(environment, "check", "--into", place)
    assert (code, err) == (0, "")
    assert out.startswith("+ the token is for the workspace 'Example Hiring'")

    assert attio_sync(environment, "sync", "--into", place)[::2] == (0, "")

    for local in ([], ["--local"]):
        code, out, err = attio_sync(environment, "history", record_id, *local, "--into", place)
        assert (code, err) == (0, "")
        assert "?? - erledigt" in out
        assert out.rstrip().endswith("#")


@pytest.mark.parametrize("environment", [pytest.param(ASCII, marks=pytest.mark.long), C_LOCALE])
def test_help_and_errors_are_shown_too(environment: dict[str, str]) -> None:
    help_shown = subprocess.run(
        [sys.executable, "-m", "attio_workbench", "--help"],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )
    assert (help_shown.returncode, help_shown.stderr) == (0, b"")

    code, _, err = attio_sync(environment, "history", "→")
    assert code == 1
    assert err.startswith("error: '")
    assert err.count("\n") == 1


def test_the_demo_draws_its_bars_in_plain_characters(place: Path) -> None:
    code, out, err = attio_sync(ASCII, "demo", "--no-report", "--records", "24", "--into", place)

    assert (code, err) == (0, "")
    assert "####" in out
    assert "+ The warehouse holds exactly what the workspace holds" in out
