"""A copy of the connector's folder, and the commands a person runs in it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import duckdb
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.prepared import Prepared, is_faithful
from tests.support.sdk import warehouse_tables
from tests.support.sdk_home import furnished
from tests.support.world import AS_READ

from attio_simulator import Simulator, Workspace

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
PATIENCE_SECONDS = 120.0
TABLE, HISTORY = "attio_workflow_status", "attio_workflow_status_history"

TOKEN = "tok-SECRET-5b1c9e7d"  # noqa: S105 (opens nothing but a simulator)

# The scan of the imports asks PyPI and has tests of its own; all others do without.
NO_SCAN = "#!/bin/sh\nexit 0\n"


type Started = subprocess.Popen[str] | Prepared


@cache
def shipped_files() -> list[str]:
    """What the repository holds below connector/, by its path there."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=ROOT / "connector", check=True, capture_output=True, text=True)  # noqa: S603 (no input)
    return sorted(name for name in listed.stdout.split("\0") if name and (ROOT / "connector" / name).exists())


@cache
def shipped() -> dict[str, tuple[bytes, int]]:
    """What these files hold, and since when; with what Python has compiled of them, which it else would do in each copy."""
    names = [*shipped_files(), *(cache_from_source(name) for name in shipped_files() if name.endswith(".py"))]
    files = {name: ROOT / "connector" / name for name in names}
    return {name: (file.read_bytes(), file.stat().st_mtime_ns) for name, file in files.items() if file.exists()}


@dataclass(frozen=True, slots=True)
class Attio:
    """A simulator that is served, and where."""

    simulator: Simulator
    url: str

    @property
    def workspace(self) -> Workspace:
        return self.simulator.workspace

    @property
    def settings(self) -> dict[str, str]:
        """What a sync of everything there is takes, as fast as it goes."""
        return {
            "attio_api_token": TOKEN,
            "attio_base_url": self.url,
            "backfill_days": "all",
            "requests_per_second": "5000",
            "definitions": "no",
        }

    @property
    def variables(self) -> dict[str, str]:
        """The same as environment variables."""
        return {"ATTIO_" + key.removeprefix("attio_").upper(): value for key, value in self.settings.items()}


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command has said."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


@dataclass(slots=True)
class Project:
    """`connector/` in a folder of its own, a home beside it, and an environment that holds nothing else."""

    place: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])
    programs: list[Path] = field(default_factory=lambda: [PROGRAMS])
    is_prepared: bool = PROFILE == "short"
    """Whether scripts run where libraries are imported already; else each has a Python of its own from the beginning."""

    def __post_init__(self) -> None:
        for folder in (self.folder, self.home, self.temporary, self.first_on_path):
            folder.mkdir(parents=True)
        for name, (content, since) in shipped().items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            os.utime(file, ns=(since, since))
        self.install("pipreqs", NO_SCAN)
        furnished(self.home)

    @property
    def folder(self) -> Path:
        return self.place / "repository" / "connector"

    @property
    def home(self) -> Path:
        return self.place / "home"

    @property
    def temporary(self) -> Path:
        return self.place / "temporary"

    @property
    def first_on_path(self) -> Path:
        return self.place / "programs"

    def install(self, program: str, script: str) -> None:
        """Puts a program before all others of its name."""
        path = self.first_on_path / program
        path.write_text(script)
        path.chmod(0o755)

    def environment(self, **variables: str) -> dict[str, str]:
        path = [self.first_on_path, *self.programs, Path("/usr/bin"), Path("/bin")]
        return {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "LANG": "C.UTF-8",
            "DO_NOT_TRACK": "1",
            # The environment these tests run in has the repository's own connector on its path: the copy goes first.
            "PYTHONPATH": str(self.folder),
            "PYTHONWARNINGS": "error",
            **self.variables,
            **variables,
        }

    def start(self, *command: str, **variables: str) -> Started:
        """Starts a command in the folder, away from any terminal."""
        environment = self.environment(**variables)
        program = shutil.which(command[0], path=environment["PATH"])
        assert program is not None, f"no program {command[0]}"
        script = [program, *command[1:]] if command[0] != "python" else list(command[1:])
        if self.is_prepared and Path(program).parent == PROGRAMS and script[0] != "-c" and is_faithful(environment):
            return Prepared(self.folder, environment, script)
        return subprocess.Popen(  # noqa: S603 (the commands are the tests' own)
            [program, *command[1:]],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *command: str, **variables: str) -> Finished:
        """Runs a command in the folder to its end."""
        return finish(self.start(*command, **variables))

    @property
    def state(self) -> dict[str, Any]:
        return json.loads((self.folder / "files" / "state.json").read_text())

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of each table that are not deleted, without the columns Fivetran adds."""
        return warehouse_tables(self.folder / "files" / "warehouse.db")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The same of one table."""
        return self.tables()[table]

    def columns(self, table: str) -> dict[str, str]:
        """The columns of a table with their types, without those Fivetran adds."""
        with duckdb.connect(str(self.folder / "files" / "warehouse.db"), read_only=True) as connection:
            found = connection.table(f"tester.{table}")
            columns = zip(found.columns, map(str, found.types), strict=True)
            return {name: kind for name, kind in columns if not name.startswith("_fivetran")}

    def assert_holds_history_of(self, workspace: Workspace, record_ids: list[str] | None = None) -> None:
        """Both tables hold exactly what the workspace says: of all its applications, or of these."""
        tables = self.tables()
        current = {row["application_id"]: json.loads(row["workflow_status"]) for row in tables[TABLE]}
        stays = {
            (row["application_id"], row["position"]): {name: value for name, value in row.items() if name not in AS_READ}
            for row in tables[HISTORY]
        }
        wanted = set(workspace.record_ids("applications") if record_ids is None else record_ids)
        assert current == {key: row for key, row in truth.status_table(workspace).items() if key in wanted}
        assert stays == {key: row for key, row in truth.history_table(workspace).items() if key[0] in wanted}


def finish(process: Started) -> Finished:
    """Waits for the end of a command."""
    try:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
        message = f"{process.args} did not end:\n{out}\n{err}"
        raise AssertionError(message) from None
    assert process.returncode is not None
    return Finished(process.returncode, out, err)


def assert_succeeded(finished: Finished) -> None:
    """A sync that ended well and had nothing to complain about."""
    assert finished.code == 0, finished.text
    assert finished.err == ""
    assert "SYNC SUCCEEDED" in finished.out
    # A state, read or written, holds a ledger: letters in any order.
    said = "\n".join(line for line in finished.out.lower().splitlines() if '"ledger": ' not in line)
    for complaint in ("warn", "severe", "error", "not needed", "include the following", "we recommend"):
        assert complaint not in said.replace("attio_sync_error", ""), finished.out


def assert_failed(finished: Finished, *messages: str) -> None:
    """A sync that stopped and said why."""
    assert finished.code == 1, finished.text
    assert "SYNC FAILED" in finished.out
    for message in messages:
        assert message in finished.out
