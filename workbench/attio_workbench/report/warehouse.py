"""Builds and reads the models: dbt in its own environment, as another process, whatever the warehouse is."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from attio_sync.env_files import CONNECTOR
from attio_workbench.errors import WorkbenchError
from attio_workbench.model_rows import read_models
from attio_workbench.models import Models
from attio_workbench.place import PACKAGE
from attio_workbench.report.curves import QUERIES
from attio_workbench.report.segments import WITHOUT_SEGMENTS, wanted_segments
from attio_workbench.terminal import path_text

LOCAL_SCHEMA = "tester"
"""What the SDK calls the schema of a local sync."""

MOST_LINES_QUOTED = 6
_COLOR = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """Where the models are, as dbt's options say it.

    Args:
        profile, target, profiles_dir: as dbt has them; None leaves dbt its default.
        variables: the package's variables, as far as they are known here.
        given: what somebody gives besides, in YAML as dbt takes it, and goes before.
        builds: whether the models are built first, or only read.
    """

    profile: str | None = None
    target: str | None = None
    profiles_dir: Path | None = None
    variables: Mapping[str, Any]
    given: str = "{}"
    builds: bool = True

    def options(self) -> Iterator[str]:
        """The options of dbt's commands; and the variables, which dbt's side puts together."""
        given = {"--profile": self.profile, "--target": self.target, "--profiles-dir": self.profiles_dir}
        for name, value in given.items():
            if value is not None:
                yield from (name, str(value))
        yield from ("--defaults", json.dumps(dict(self.variables)), "--vars", self.given)


def is_installed() -> bool:
    """Whether dbt has an environment already."""
    return (PACKAGE / ".venv").exists()


def local_warehouse(database: Path, histories: list[dict[str, str]], folder: Path) -> Warehouse:
    """The DuckDB file of a local sync: the models go into schemas of their own beside its tables.

    Args:
        database: the file.
        histories: what of it is to be in the models, as the package's variable `attio_histories` takes it.
        folder: where dbt's profile for it is written.
    """
    output = {"type": "duckdb", "path": str(database.absolute()), "schema": "dbt", "threads": 2}
    profile = {"attio": {"target": "local", "outputs": {"local": output}}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profiles.yml").write_text(json.dumps(profile, indent=1), encoding="utf-8")  # JSON is YAML
    variables = {
        "attio_schema": LOCAL_SCHEMA,
        "attio_histories": histories,
        "attio_segments": list(wanted_segments(histories)),
    }
    return Warehouse(profiles_dir=folder.absolute(), variables=variables)


def fetch_models(warehouse: Warehouse, folder: Path) -> Models:
    """Builds the models, unless told not to, and reads their rows; dbt's log stays in the folder.

    Raises:
        WorkbenchError: there is no uv, or dbt cannot do it.
    """
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / "models"
    shutil.rmtree(output, ignore_errors=True)
    command = [
        *_uv(),
        "python",
        str(PACKAGE / "read_models.py"),
        str(output),
        "--queries",
        json.dumps(QUERIES | WITHOUT_SEGMENTS),
    ]
    command += [] if warehouse.builds else ["--no-build"]
    command += ["--quiet", "--project-dir", str(PACKAGE), "--target-path", str(folder / "target")]
    command += ["--log-path", str(folder / "logs"), *warehouse.options()]
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)  # noqa: S603 (our own script, and options that dbt itself reads)
    if done.returncode:
        log = folder / "logs" / "dbt.log"
        quoted = _quoted(done)
        instead = "" if warehouse.builds else ". Where they have not been built yet, leave out --no-build"
        if "Could not find adapter type" in quoted:
            instead = ". make dbt-setup installs the adapters of Snowflake, BigQuery, Redshift and Databricks"
        message = f"dbt could not build or read the models: {quoted} (its log: {path_text(log)}){instead}"
        raise WorkbenchError(message)
    try:
        return read_models(lambda name: _rows(output / f"{name}.jsonl"))
    finally:
        shutil.rmtree(output)


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of one model, one at a time: the first line names the columns."""
    with path.open(encoding="utf-8") as lines:
        columns = cast("list[str]", json.loads(next(lines)))
        for line in lines:
            yield dict(zip(columns, json.loads(line), strict=True))


def _uv() -> Sequence[str]:
    """The command of uv in the environment of the dbt package: dbt and Fivetran's SDK cannot be installed together."""
    ours, beside = CONNECTOR.parent / ".tools" / "bin", Path(sys.executable).parent
    uv = os.environ.get("UV") or shutil.which("uv") or shutil.which("uv", path=f"{ours}{os.pathsep}{beside}")
    if uv is None:
        message = "dbt runs in an environment of its own, which uv makes, and there is no uv here: pip install uv"
        raise WorkbenchError(message)
    if not PACKAGE.exists():
        message = f"there is no dbt package in {path_text(PACKAGE)}: run attio-sync from a checkout of the project"
        raise WorkbenchError(message)
    return [uv, "run", "--quiet", "--locked", "--no-dev", "--project", str(PACKAGE)]


def _environment() -> dict[str, str]:
    """Ours, without what would keep uv in the environment this runs in, or dbt from staying silent to its makers."""
    kept = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "UV_NO_SYNC"}}
    return kept | {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}


def _quoted(done: "subprocess.CompletedProcess[str]") -> str:
    """The last lines of what went wrong, without the times in front."""
    lines = [line.strip() for line in _COLOR.sub("", f"{done.stdout}\n{done.stderr}").splitlines() if line.strip()]
    return " ".join(lines[-MOST_LINES_QUOTED:]) or f"exit code {done.returncode}"
