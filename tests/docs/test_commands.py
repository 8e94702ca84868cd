"""The commands of the documents, run from top to bottom in a copy of the repository that nobody has set up yet."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from fivetran_connector_sdk_cli.cli import main as fivetran
from tests.conftest import PROFILE
from tests.docs.documents import ROOT, blocks
from tests.support import compiled
from tests.support.sdk_home import furnished

from attio_simulator import Limits, Simulator, generate_hiring_pipeline

# Before it runs or packages anything, the SDK looks every import up online.
NO_LOOK_UP = "#!/bin/sh\nexit 0\n"
TOKEN = "tok-SECRET-3fb2"  # noqa: S105 (opens nothing but a simulator)
RUN_IN_A_COPY = {
    "uv run fivetran configuration --test": "test_configuration.py",
    "uv run fivetran package": "test_package.py",
    "uv run python test_script.py": "test_scripts.py",
    "uv run python main.py": "test_scripts.py",
    "uv run fivetran debug": "test_debug.py",
    "uv run python connector.py": "test_debug.py",
}
"""What tests in tests/commands run in a copy of connector/: here only the long profile runs it once more."""
NOT_HERE = "warning: no report: dbt could not build or read the models: not here (its log: "
UV = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")


def test_what_is_not_run_needs_somebody_or_something_we_do_not_have() -> None:
    not_run = {block.not_run: block.text for block in blocks("sh") if block.not_run}

    assert list(not_run) == [
        "downloads everything once more",
        "asks for each setting",
        "needs an account at Fivetran",
    ]
    assert not_run["asks for each setting"] == "(cd connector && uv run fivetran configuration)\n"
    assert not_run["needs an account at Fivetran"].startswith("(cd connector && uv run fivetran deploy --api-key ")


def test_the_options_of_what_is_not_run_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for block in blocks("sh"):
        for command, options in re.findall(r"fivetran ([a-z]+)(.*)", block.text) if block.not_run else ():
            with pytest.raises(SystemExit):
                fivetran([command, "--help"])
            said = capsys.readouterr().out
            assert f"fivetran {command} " in said
            assert set(re.findall(r"--[a-z-]+", options)) <= set(re.findall(r"--[a-z-]+", said)), command


@pytest.mark.slow
def test_every_command_runs(tmp_path: Path) -> None:
    clone, home = tmp_path / "clone", tmp_path / "home"
    copy_repository(clone)
    if PROFILE == "short":  # in the long profile the demo is as large as anybody's, and its report installs dbt
        recipe = (clone / "Makefile").read_text()
        assert recipe.count("\t@$(RUN) attio-sync demo\n") == 1
        hurried = f"\t@{sys.executable} {compiled.__file__} .venv\n\t@$(RUN) attio-sync demo --records 40\n"
        (clone / "Makefile").write_text(recipe.replace("\t@$(RUN) attio-sync demo\n", hurried))
        # The report is begun; the tests of the report build models and draw them.
        if (ROOT / "dbt" / ".venv").exists():
            (clone / "dbt" / ".venv").symlink_to(ROOT / "dbt" / ".venv")
        (clone / "dbt" / "read_models.py").write_text("raise SystemExit('not here')\n")
    simulator = Simulator(generate_hiring_pipeline(20, seed=1), limits=Limits.off(), token=TOKEN)
    queries = blocks("sql")
    with simulator.serve() as server:
        attio = {"ATTIO_API_TOKEN": TOKEN, "ATTIO_BASE_URL": server.url, "ATTIO_DEFINITIONS": "no"}
        environment = environment_of_a_newcomer(home) | attio
        for block in blocks("sh"):
            if block.not_run or (PROFILE == "short" and is_run_in_a_copy(block.text)):
                continue
            output = run(block.text, clone, environment)
            assert TOKEN not in output
            if block.text == "make demo\n":
                assert output.startswith("Installing what the demo needs into .venv; this takes a moment.\n")
                assert "✓ The warehouse holds exactly what the workspace holds" in output
                assert (NOT_HERE if PROFILE == "short" else "\nReport  connector/files/report.html\n") in output
                assert not (clone / ".venv" / "bin" / "pytest").exists()
                assert [answers(clone / "connector" / "files" / "warehouse.db", query.text) for query in queries] == [10, 9]
                (clone / ".venv" / "bin" / "pipreqs").write_text(NO_LOOK_UP)
    assert PROFILE == "short" or (clone / "connector" / "files" / "connector.zip").exists()
    exported = (clone / "connector" / "requirements.txt").read_text()
    assert exported == (ROOT / "connector" / "requirements.txt").read_text()


def is_run_in_a_copy(script: str) -> bool:
    commands = set(filter(None, re.split(r"\n| && ", script))) - {"cd connector"}
    if not commands <= RUN_IN_A_COPY.keys():
        return False
    for command in commands:
        words = command.removeprefix("uv run ").split()
        called = ", ".join(f'"{word}"' for word in words)
        assert f"({called}" in (ROOT / "tests" / "commands" / RUN_IN_A_COPY[command]).read_text(encoding="utf-8"), command
    return True


def copy_repository(clone: Path) -> None:
    """What a clone would hold, and what is about to be committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")  # noqa: S603 (no input)
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)


def environment_of_a_newcomer(home: Path) -> dict[str, str]:
    """No virtual environment, a home of one's own; uv with the packages it has at hand."""
    furnished(home)
    cache = subprocess.run([UV, "cache", "dir"], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 (uv's own)
    path = [str(Path(UV).parent), *(p for p in os.environ["PATH"].split(os.pathsep) if not p.startswith(sys.prefix))]
    unwanted = ("VIRTUAL_ENV", "UV_RUN_RECURSION_DEPTH", "PYTHON", "COV_", "ATTIO_", "PYTEST_", "MAKE", "MFLAGS")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return inherited | {
        "PATH": os.pathsep.join(path),
        "HOME": str(home),
        "UV_CACHE_DIR": cache,
        "UV_PYTHON": sys.executable if sys.prefix == sys.base_prefix else str(Path(sys.base_prefix) / "bin" / "python3"),
        "DO_NOT_TRACK": "1",
        "COLUMNS": "100",
    }


def run(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Runs a block as one would paste it, in the repository's root."""
    finished = subprocess.run(  # noqa: S603 (our own documents)
        ["/bin/bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    output = finished.stdout + finished.stderr
    assert finished.returncode == 0, f"{script}\n{output}"
    assert "Traceback" not in output, output
    return output


def answers(database: Path, query: str) -> int:
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("USE tester")
        return len(connection.execute(query).fetchall())
