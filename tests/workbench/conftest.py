"""What the tests of the workbench share: a served workspace, a home of their own, and `attio-sync` in this process."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from tests.support.sdk_home import furnished
from tests.support.sharing import alone, shared_folder

from attio_simulator import Clock, Limits, Simulator, generate_crm, generate_hiring_pipeline
from attio_workbench.cli import main

TOKEN = "tok-SECRET-91d0f7"  # noqa: S105 (opens nothing but a simulator)
APPLICATIONS = 40
TRACKED = "deals.stage,deals.value,deals.owner,lists/hiring.stage,lists/hiring.channels"
"""Statuses, a select of which several hold at a time, and two that Attio cannot filter; of an object and of a list."""


@dataclass(frozen=True, slots=True)
class Finished:
    code: int
    out: str
    err: str


type AttioSync = Callable[..., Finished]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = furnished(tmp_path / "home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("COLUMNS", "120")
    return home


@pytest.fixture(scope="session")
def moment() -> datetime:
    """When the workspaces were made: the same one each time."""
    return datetime.now(UTC)


@pytest.fixture
def attio(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A workspace that is served, and named in the environment with a token for it."""
    is_made = False
    clock = Clock(moment, source=lambda: time.time() if is_made else moment.timestamp())
    workspace = generate_hiring_pipeline(APPLICATIONS, seed=2, clock=clock)
    is_made = True
    yield from _served(Simulator(workspace, limits=Limits.off(), token=TOKEN), monkeypatch)


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """The same of a whole workspace, of which several attributes are tracked."""
    monkeypatch.setenv("ATTIO_HISTORY", TRACKED)
    yield from _served(Simulator(generate_crm(60, seed=2), limits=Limits.off(), token=TOKEN), monkeypatch)


def _served(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with simulator.serve() as server:
        variables = {"API_TOKEN": TOKEN, "BASE_URL": server.url, "BACKFILL_DAYS": "all", "REQUESTS_PER_SECOND": "2000"}
        # For each table DuckDB takes its time; the demo has those of the definitions too.
        for name, value in (variables | {"DEFINITIONS": "no"}).items():
            monkeypatch.setenv(f"ATTIO_{name}", value)
        yield simulator


OF_A_REAL_WORKSPACE = {
    "ATTIO_API_TOKEN": "real",
    "ATTIO_BASE_URL": "https://attio.invalid",
    "ATTIO_HISTORY": "deals.stage=deals",
    "ATTIO_BACKFILL_DAYS": "1",
    "ATTIO_FULL_PASS": "now",
}
"""Settings of which a demo takes no notice."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A demo of 200 applications that has run, and its folder; nobody changes it."""

    finished: Finished
    place: Path


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """It ran in a process of its own, away from any terminal, where a database and settings were that are not its own."""
    folder = shared_folder(tmp_path_factory) / "demonstration"
    place, said = folder / "place", folder / "finished.json"
    with alone(folder.with_suffix(".lock")):
        if not said.exists():
            home = furnished(folder / "home")
            (place / "files").mkdir(parents=True)
            with duckdb.connect(str(place / "files" / "warehouse.db")) as connection:
                connection.execute("CREATE TABLE mine AS SELECT 42 AS n")
            (place / "files" / "state.json").write_text('{"mine": true}')
            command = [
                sys.executable,
                "-m",
                "attio_workbench",
                "demo",
                "--no-report",
                "--records",
                "200",
                "--into",
                str(place),
            ]
            environment = {
                **os.environ,
                **OF_A_REAL_WORKSPACE,
                "HOME": str(home),
                "PYTHONWARNINGS": "error",
                "COLUMNS": "120",
            }
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
            said.write_text(json.dumps(asdict(Finished(done.returncode, done.stdout, done.stderr))))
    return Demonstration(Finished(**json.loads(said.read_text())), place)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder to sync into."""
    return tmp_path / "place"


@pytest.fixture(scope="session")
def synced_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of the first place that was synced are kept."""
    return tmp_path_factory.mktemp("synced") / "files"


@pytest.fixture
def synced(attio: Simulator, attio_sync: AttioSync, place: Path, synced_once: Path) -> Path:
    """A folder into which a sync of the workspace has run, as it was when the first test asked for one."""
    assert attio.requests.total == 0
    if not synced_once.exists():
        assert attio_sync("sync", "--into", place).code == 0
        shutil.copytree(place / "files", synced_once)
        return place
    shutil.copytree(synced_once, place / "files")
    with duckdb.connect(str(place / "files" / "warehouse.db")) as connection:
        # It is served at another port now.
        connection.execute("UPDATE attio_sync_origin SET origin = ?", [os.environ["ATTIO_BASE_URL"]])
    return place


@pytest.fixture
def attio_sync(capsys: pytest.CaptureFixture[str]) -> AttioSync:
    """Runs a command in this process."""

    def run(*arguments: str | Path) -> Finished:
        code: object = 0
        try:
            main([str(a) for a in arguments])
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        assert isinstance(code, int)
        assert TOKEN not in said.out + said.err
        return Finished(code, said.out, said.err)

    return run


def assert_one_line(finished: Finished, message: str) -> None:
    """An error is one line on standard error, and exit code 1."""
    assert finished.code == 1
    assert finished.err.count("\n") == 1, finished.err
    assert finished.err.startswith("error: ")
    assert message in finished.err
