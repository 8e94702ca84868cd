"""A terminal that cannot show what we print gets something plainer, and never a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.workbench.conftest import Finished

from attio_simulator import Simulator

ASCII = {"PYTHONIOENCODING": "ascii"}
C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
END = "-- end of a command\n"
SEVERAL = f"""if True:
    import json, sys
    from attio_workbench.cli import main
    for arguments in json.loads(sys.argv[1]):
        code = 0
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code
        for shown in (sys.stdout, sys.stderr):
            print(code, {END!r}, sep="\\n", end="", file=shown)
"""


def run(environment: dict[str, str], *command: str) -> "subprocess.CompletedProcess[bytes]":
    """Runs a Python of its own."""
    variables = {**os.environ, **environment}
    return subprocess.run([sys.executable, *command], env=variables, capture_output=True, check=False)  # noqa: S603 (our own)


def run_several(environment: dict[str, str], *commands: tuple[str | Path, ...]) -> list[Finished]:
    """Runs commands one after the other in one process, which is what has an encoding; what they say is ASCII."""
    finished = run(environment, "-c", SEVERAL, json.dumps(commands, default=str))
    shown = [said.decode("ascii").split(END)[:-1] for said in (finished.stdout, finished.stderr)]
    assert [len(said) for said in shown] == [len(commands)] * 2, finished
    pairs = [[said.removesuffix("\n").rpartition("\n") for said in pair] for pair in zip(*shown, strict=True)]
    return [Finished(int(out[2]), out[0] + out[1], err[0] + err[1]) for out, err in pairs]


@pytest.mark.slow
@pytest.mark.parametrize("environment", [pytest.param(ASCII, marks=pytest.mark.long), C_LOCALE])
def test_every_command_shows_what_it_can(environment: dict[str, str], attio: Simulator, place: Path) -> None:
    status = attio.workspace.object("applications").attribute("workflow_status")
    assert status is not None
    attio.workspace.add_status(status, "面接 – erledigt")
    record_id = attio.workspace.create_record("applications", "面接 – erledigt")
    into = ("--into", place)

    shown = run_several(
        environment,
        ("check", *into),
        ("sync", *into),
        ("history", record_id, *into),
        ("history", record_id, "--local", *into),
    )

    check, _, asked, local = shown
    assert [one.code for one in shown] == [0] * 4
    assert [one.err for one in shown] == [""] * 4
    assert check.out.startswith("+ the token is for the workspace 'Example Hiring'")
    for drawn in (asked, local):
        assert "?? - erledigt" in drawn.out
        assert drawn.out.rstrip().endswith("#")


@pytest.mark.long
@pytest.mark.parametrize("environment", [ASCII, C_LOCALE])
def test_the_demo_draws_its_bars_too(environment: dict[str, str], place: Path) -> None:
    [demo] = run_several(environment, ("demo", "--no-report", "--records", "24", "--into", place))

    assert (demo.code, demo.err) == (0, "")
    assert "####" in demo.out
    assert "+ The warehouse holds exactly what the workspace holds" in demo.out


@pytest.mark.slow
@pytest.mark.parametrize("environment", [pytest.param(ASCII, marks=pytest.mark.long), C_LOCALE])
def test_help_and_errors_are_shown_too(environment: dict[str, str]) -> None:
    help_shown = run(environment, "-m", "attio_workbench", "--help")
    assert (help_shown.returncode, help_shown.stderr) == (0, b"")

    wrong = run(environment, "-m", "attio_workbench", "history", "→")
    said = wrong.stderr.decode("ascii")
    assert wrong.returncode == 1
    assert said.startswith("error: '")
    assert said.count("\n") == 1
