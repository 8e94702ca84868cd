"""What is deployed: the zip holds the connector and nothing else, and runs where only its requirements are installed."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.commands.projects import ROOT, TOKEN, Attio, Project, assert_succeeded, shipped_files
from tests.support.compiled import take_along_what_is_compiled

NOT_SHIPPED = {"configuration.json"}
ADDED_BY_THE_SDK = {"configuration_form.pb"}
LITTER = (
    ".env",
    ".secret/key",
    ".venv/pyvenv.cfg",
    ".venv/lib/module.py",
    "__pycache__/connector.cpython-312.pyc",
    "attio_sync/__pycache__/client.cpython-312.pyc",
    "attio_sync/.env",
    "crash-reports/crash_20261124-120000.log",
    "files/state.json",
    "files/warehouse.db",
)


def uv() -> str:
    """The uv that runs these tests, the one on the path, or the one `make setup` installs."""
    found = os.environ.get("UV") or shutil.which("uv") or shutil.which(ROOT / ".tools" / "bin" / "uv")
    if found is None:
        pytest.skip("there is no uv to make an environment with")
    return found


def make_environment(folder: Path, requirements: Path) -> None:
    """An environment that holds these requirements and what Fivetran provides, in the locked versions, and nothing else."""
    base = str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    # By the lock, for which no index is asked. Half of all files are jedi's, and only the scan of the imports needs it.
    left_out = [f"--no-install-{what}" for what in ("project", "package=pytz", "package=jedi")]
    group = ["--no-default-groups", "--group", "sdk"]
    said = ""
    for command in (
        ["sync", "--quiet", "--frozen", "--no-python-downloads", "--python", base, *group, *left_out],
        ["pip", "install", "--offline", "--dry-run", "--python", str(folder), "--requirement", str(requirements)],
    ):
        environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(folder)}
        done = subprocess.run([uv(), *command], check=False, capture_output=True, text=True, cwd=ROOT, env=environment)  # noqa: S603 (uv)
        said += done.stderr
        assert done.returncode == 0, said
    assert "Would make no changes" in said
    take_along_what_is_compiled(folder)


@pytest.mark.slow
def test_the_package_is_the_connector_and_nothing_else_and_runs_where_only_its_requirements_are_installed(
    project: Project, attio: Attio
) -> None:
    for name in LITTER:
        (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / name).write_text(f"ATTIO_API_TOKEN={TOKEN}\n")
    (project.folder / "configuration.json").write_text(f'{{"attio_api_token": "{TOKEN}"}}')
    tracked = set(shipped_files())
    # The SDK itself calls what one of its dependencies has deprecated.
    packaged = project.run("fivetran", "package", PYTHONWARNINGS="")

    assert (packaged.code, packaged.err) == (0, "")
    assert "WARN" not in packaged.out
    with zipfile.ZipFile(project.folder / "files" / "connector.zip") as package:
        names = package.namelist()
        assert sorted(names) == sorted((tracked - NOT_SHIPPED) | ADDED_BY_THE_SDK)
        for name in names:
            assert TOKEN.encode() not in package.read(name)
            if name in tracked:
                assert package.read(name) == (ROOT / "connector" / name).read_bytes()
        assert b"attio_api_token" in package.read("configuration_form.pb")
        package.extractall(project.place / "unpacked")
    # A .gitignore always ships, so there is none.
    assert tracked > NOT_SHIPPED
    assert all(name == "requirements.txt" or name in NOT_SHIPPED or name.endswith(".py") for name in tracked)

    shutil.rmtree(project.folder)
    shutil.move(project.place / "unpacked", project.folder)
    (project.folder / "configuration.json").write_text("{}")
    make_environment(project.place / "environment", project.folder / "requirements.txt")
    project.programs = [project.place / "environment" / "bin"]

    missing = project.run("python", "-c", "import attio_simulator", PYTHONPATH="")
    assert "No module named 'attio_simulator'" in missing.err
    assert_succeeded(project.run("fivetran", "debug", **attio.variables, PYTHONPATH=""))
    project.assert_holds_history_of(attio.workspace)
