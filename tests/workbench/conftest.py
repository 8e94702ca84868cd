"""What the tests of the workbench share: a served workspace, a home of their own, and `attio-sync` in this process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.sdk_home import furnished

from attio_simulator import Limits, Simulator, generate_crm, generate_hiring_pipeline
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


@pytest.fixture
def attio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A workspace that is served, and named in the environment with a token for it."""
    yield from _served(
        Simulator(generate_hiring_pipeline(APPLICATIONS, seed=2), limits=Limits.off(), token=TOKEN), monkeypatch
    )


@pytest.fixture
def crm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """The same of a whole workspace, of which several attributes are tracked."""
    monkeypatch.setenv("ATTIO_HISTORY", TRACKED)
    yield from _served(Simulator(generate_crm(150, seed=2), limits=Limits.off(), token=TOKEN), monkeypatch)


def _served(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with simulator.serve() as server:
        variables = {"API_TOKEN": TOKEN, "BASE_URL": server.url, "BACKFILL_DAYS": "all", "REQUESTS_PER_SECOND": "2000"}
        for name, value in variables.items():
            monkeypatch.setenv(f"ATTIO_{name}", value)
        yield simulator


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder to sync into."""
    return tmp_path / "place"


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
