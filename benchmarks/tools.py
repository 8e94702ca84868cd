"""The tools of the comparison: how each is installed, run and read. What each is told to do lies in `others/`."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from benchmarks.processes import ROOT, Measured, SimulatorProcess, run_measured
from benchmarks.stays import Messages, Stay, stay

OTHERS = Path(__file__).with_name("others")
ENVIRONMENTS = ROOT / ".tools" / "benchmarks"
MOST_SECONDS = 3_600.0

ROWS = """
    SELECT application_id, active_from, active_until, status_id
    FROM tester.attio_workflow_status_history
    WHERE NOT _fivetran_deleted
"""

type Rows = Callable[[Path], list[Stay]]
type Sync = Callable[[Path, SimulatorProcess, bool], Measured]


@dataclass(frozen=True)
class Tool:
    """One tool. `sync(folder, attio, full)` runs it once; `rows(folder)` is what its destination then holds.

    `imports` is a command that imports what the tool imports, and ends.
    """

    name: str
    version: str
    sync: Sync
    rows: Rows
    imports: tuple[str, ...]

    def measure_imports(self, folder: Path) -> Measured:
        """What starting it costs."""
        return _run(list(self.imports), folder, PYTHONPATH=str(ROOT))


def own_tool() -> Tool:
    """This connector, through the SDK into DuckDB."""
    imports = (sys.executable, "-c", "import benchmarks.sync_process")
    return Tool("this connector", "", _sync_own, _rows_own, imports)


def other_tools() -> list[Tool]:
    """The others, each in its own environment.

    Raises:
        subprocess.CalledProcessError: an environment cannot be installed.
    """
    return [
        Tool(
            "dlt",
            *_installed("dlt", "dlt"),
            _rows_dlt,
            (str(_python("dlt")), "-c", "import duckdb, dlt, dlt.destinations.impl.duckdb.duck, dlt.sources.rest_api"),
        ),
        Tool(
            "airbyte-cdk",
            *_installed("airbyte", "airbyte-cdk"),
            _rows_of_messages,
            (str(_python("airbyte")), "-c", "import airbyte_cdk.cli.source_declarative_manifest"),
        ),
        Tool(
            "singer-sdk",
            *_installed("singer", "singer-sdk"),
            _rows_of_messages,
            (str(_python("singer")), str(OTHERS / "singer" / "tap.py"), "--version"),
        ),
    ]


def _installed(folder: str, package: str) -> tuple[str, Sync]:
    requirements = OTHERS / folder / "requirements.txt"
    environment = ENVIRONMENTS / folder
    wanted = requirements.read_text(encoding="utf-8")
    stamp = environment / "requirements.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        uv = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
        for command in (
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(environment)],
            [uv, "pip", "install", "--quiet", "--python", str(environment / "bin" / "python"), "-r", str(requirements)],
        ):
            subprocess.run(command, check=True)  # noqa: S603 (uv, with what the repository pins)
        stamp.write_text(wanted, encoding="utf-8")
    pinned = next(line for line in wanted.splitlines() if line.startswith(package)).rpartition("==")[2]
    return pinned, {"dlt": _sync_dlt, "airbyte": _sync_airbyte, "singer": _sync_singer}[folder]


def _run(command: list[str], folder: Path, **env: str) -> Measured:
    return run_measured(
        command,
        env={**os.environ, "DO_NOT_TRACK": "1", "HOME": str(folder), **env},
        output=folder / "out.jsonl",
        log=folder / "log.txt",
        timeout=MOST_SECONDS,
    )


def let_days_pass(folder: Path, days: int) -> None:
    """Makes this connector's last reconciliation older: the next sync is that of so many days later."""
    saved = folder / "files" / "state.json"
    state = json.loads(saved.read_text(encoding="utf-8"))
    for history in state["histories"].values():
        for key in ("reconciled_at", "rechecked_at"):
            history[key] = (datetime.fromisoformat(history[key]) - timedelta(days=days)).isoformat()
    saved.write_text(json.dumps(state), encoding="utf-8")


def _sync_own(folder: Path, attio: SimulatorProcess, full: bool) -> Measured:  # noqa: FBT001 (as all of them)
    settings = {"reconcile_hours": "0", "recheck_days": "1"} if full and (folder / "files").exists() else {}
    job: dict[str, Any] = {
        "configuration": attio.configuration(backfill_days="30", **settings),
        "sink": "duckdb",
        "folder": str(folder),
        "result": str(folder / "result.json"),
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.sync_process", str(folder / "job.json")]
    return _run(command, folder, PYTHONPATH=str(ROOT))


def _rows_own(folder: Path) -> list[Stay]:
    with duckdb.connect(str(folder / "files" / "warehouse.db"), read_only=True) as warehouse:
        return [stay(row) for row in warehouse.execute(ROWS).fetchall()]


def _sync_dlt(folder: Path, attio: SimulatorProcess, full: bool) -> Measured:  # noqa: FBT001 (as all of them)
    shutil.copytree(OTHERS / "dlt" / ".dlt", folder / ".dlt", dirs_exist_ok=True)
    what = "full" if full else "sync"
    command = [str(_python("dlt")), str(OTHERS / "dlt" / "pipeline.py"), what, str(folder)]
    return _run(command, folder, ATTIO_URL=attio.url, ATTIO_TOKEN=attio.token)


def _rows_dlt(folder: Path) -> list[Stay]:
    command = [str(_python("dlt")), str(OTHERS / "dlt" / "pipeline.py"), "rows", str(folder)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (ours)
    return [stay(json.loads(line)) for line in printed.splitlines() if line.startswith("[")]


def _sync_airbyte(folder: Path, attio: SimulatorProcess, full: bool) -> Measured:  # noqa: FBT001 (as all of them)
    ours = OTHERS / "airbyte"
    catalog = json.loads((ours / "catalog.json").read_text(encoding="utf-8"))
    state = folder / "state.json"
    if full:  # Airbyte's "full refresh | overwrite": no state, and the table is replaced
        catalog["streams"][0] |= {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
        state.unlink(missing_ok=True)
    (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    _write_config(folder, attio)
    command = [
        str(_python("airbyte").with_name("source-declarative-manifest")),
        "read",
        *("--config", str(folder / "config.json")),
        *("--catalog", str(folder / "catalog.json")),
        *("--manifest-path", str(ours / "manifest.yaml")),
        *(("--state", str(state)) if state.exists() else ()),
    ]
    measured = _run(command, folder)
    rows = Messages() if full and measured.code == 0 else Messages.load(folder / "rows.json")
    rows.apply_airbyte((folder / "out.jsonl").read_text(encoding="utf-8").splitlines())
    _keep(rows, folder)
    return measured


def _sync_singer(folder: Path, attio: SimulatorProcess, full: bool) -> Measured:  # noqa: FBT001 (as all of them)
    state = folder / "state.json"
    if full:
        state.unlink(missing_ok=True)
    # A read of everything announces that rows which are not of this version are gone.
    _write_config(folder, attio, emit_activate_version_messages=full)
    command = [
        str(_python("singer")),
        str(OTHERS / "singer" / "tap.py"),
        *("--config", str(folder / "config.json")),
        *(("--state", str(state)) if state.exists() else ()),
    ]
    measured = _run(command, folder)
    rows = Messages.load(folder / "rows.json")
    rows.apply_singer((folder / "out.jsonl").read_text(encoding="utf-8").splitlines())
    _keep(rows, folder)
    return measured


def _rows_of_messages(folder: Path) -> list[Stay]:
    return Messages.load(folder / "rows.json").stays()


def _keep(rows: Messages, folder: Path) -> None:
    rows.save(folder / "rows.json")
    if rows.state is not None:
        (folder / "state.json").write_text(json.dumps(rows.state), encoding="utf-8")


def _write_config(folder: Path, attio: SimulatorProcess, **more: bool) -> None:
    config = {"api_url": attio.url, "auth_token": attio.token, **more}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def _python(environment: str) -> Path:
    return ENVIRONMENTS / environment / "bin" / "python"
