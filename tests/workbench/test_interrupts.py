import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fivetran_connector_sdk_core.destination.duckdb_destination import DuckDbDestination
from tests.support.holding import holding
from tests.workbench.conftest import AttioSync
from tests.workbench.test_sync import assert_holds

from attio_simulator import Simulator
from attio_workbench.place import Place
from attio_workbench.sync import kept_text

NOTHING_KEPT = "warning: interrupted before the first checkpoint: nothing of this sync is kept"
PATIENCE_SECONDS = 120.0
PIPES: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def endings(*long: signal.Signals) -> pytest.MarkDecorator:
    """Each signal that ends a command; of those that are `long`, another test shows that they do."""
    marked = [pytest.param(one, id=one.name, marks=[pytest.mark.long] * (one in long)) for one in (INT, TERM, HUP)]
    return pytest.mark.parametrize("number", marked)


@endings(TERM, HUP)
def test_an_interrupted_sync_says_so_and_the_next_one_completes_it(
    attio_sync: AttioSync, attio: Simulator, place: Path, number: signal.Signals
) -> None:
    with holding(attio) as has_come, running(command(place), **PIPES) as process:
        assert has_come.wait(PATIENCE_SECONDS)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 130
    assert err.startswith(NOTHING_KEPT)
    assert "Traceback" not in out + err
    assert attio_sync("sync", "--into", place).code == 0
    assert_holds(place, attio)


@endings(INT, TERM)
def test_the_terminals_cursor_returns(attio: Simulator, place: Path, number: signal.Signals) -> None:
    ours, theirs = pty.openpty()
    with holding(attio) as has_come, running(command(place), stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        assert has_come.wait(PATIENCE_SECONDS)
        process.send_signal(number)
        shown = read_to_the_end(ours)

        assert process.wait(timeout=PATIENCE_SECONDS) == 130
    assert 0 <= shown.rindex("\x1b[?25l") < shown.rindex("\x1b[?25h")
    assert "interrupted before the first checkpoint" in shown


@pytest.mark.long  # the next one does without nohup
def test_a_command_that_nohup_runs_ignores_a_hangup(attio: Simulator, place: Path) -> None:
    with running(["nohup", *command(place)], **PIPES) as process:
        with holding(attio) as has_come:
            assert has_come.wait(PATIENCE_SECONDS)
            process.send_signal(signal.SIGHUP)
        out, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 0
    assert "records listed" in out


def test_a_command_that_was_told_to_ignore_a_hangup_ignores_it(
    attio_sync: AttioSync, attio: Simulator, place: Path
) -> None:
    before = signal.signal(HUP, signal.SIG_IGN)
    stop = attio.on_request(lambda _: os.kill(os.getpid(), HUP))
    try:
        finished = attio_sync("sync", "--into", place)
    finally:
        stop()
        signal.signal(HUP, before)

    assert (finished.code, finished.err) == (0, "")
    assert "records listed" in finished.out


def test_what_is_kept_depends_on_whether_the_state_has_moved(synced: Path) -> None:
    place = Place(synced)

    assert kept_text(place.read_state(), place).startswith("interrupted before the first checkpoint: nothing")
    assert kept_text({}, place).startswith("interrupted: what was delivered until the last checkpoint is kept")


def test_an_interrupted_demo_says_what_to_do(attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        signal.raise_signal(TERM)

    monkeypatch.setattr("attio_workbench.demo.demo_settings", interrupted)

    finished = attio_sync("demo", "--records", "10", "--into", place)

    assert finished.out.startswith("A simulated Attio workspace with 10 job applications")
    assert (finished.code, finished.err) == (
        130,
        "warning: interrupted: run the demo again, which begins anew; what it moved away is kept\n",
    )


@pytest.mark.usefixtures("attio")
def test_an_interruption_in_the_middle_of_a_query_is_one(
    attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upsert(self: DuckDbDestination, *_: object) -> None:
        assert self.con is not None
        threading.Timer(0.05, signal.raise_signal, [TERM]).start()
        while True:
            # Some tenths of a second: where a thread of DuckDB has taken the query up, its end is waited for.
            self.con.execute("SELECT max(hash(range)) FROM range(100000000)")

    monkeypatch.setattr(DuckDbDestination, "upsert", upsert)
    finished = attio_sync("sync", "--into", place)

    assert (finished.code, finished.err.startswith(NOTHING_KEPT)) == (130, True)


def test_a_command_that_has_nothing_to_keep_says_that_it_was_interrupted(
    attio_sync: AttioSync, attio: Simulator, place: Path
) -> None:
    attio.limits.latency = 0.5
    once = [TERM]
    attio.on_request(lambda _: os.kill(os.getpid(), once.pop()) if once else None)

    finished = attio_sync("check", "--into", place)

    assert (finished.code, finished.err) == (130, "warning: interrupted\n")


@contextmanager
def running(arguments: list[str], **streams: Any) -> Generator["subprocess.Popen[Any]"]:
    """A process that does not outlive a test that fails."""
    with subprocess.Popen(arguments, **streams) as process:  # noqa: S603 (our own)
        try:
            yield process
        finally:
            process.kill()


def command(place: Path) -> list[str]:
    return [sys.executable, "-m", "attio_workbench", "sync", "--into", str(place)]


def read_to_the_end(terminal: int) -> str:
    """What a terminal shows until its program ends, which Linux tells by an error."""
    shown = b""
    try:
        while some := os.read(terminal, 4096):
            shown += some
    except OSError:
        pass
    os.close(terminal)
    return shown.decode()
