import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import get_args

import httpx2
import pytest
from tests.workbench.conftest import AttioSync, assert_one_line

from attio_simulator.faults import FaultKind

COMMAND = (sys.executable, "-m", "attio_workbench", "simulate", "--port", "0", "--records", "20")


@contextmanager
def simulated(*options: str) -> Generator[tuple["subprocess.Popen[str]", str]]:
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    with subprocess.Popen(  # noqa: S603 (our own)
        [*COMMAND, *options], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = "".join(process.stdout.readline() for _ in range(5))
        try:
            yield process, said
        finally:
            process.kill()


def use(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does what it says one should do in another terminal."""
    [variables] = re.findall(r"export (.*)\n", said)
    for variable in variables.split():
        name, _, value = variable.partition("=")
        monkeypatch.setenv(name, value)


def test_it_serves_until_interrupted_and_says_how_to_use_it(attio_sync: AttioSync, monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated("--latency", "1-2", "--fault", "drop=0.05", "--other-client", "0.2") as (process, said):
        use(said, monkeypatch)
        checked = attio_sync("check")
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)

    assert said.startswith("20 simulated job applications on http://127.0.0.1:")
    assert (checked.code, checked.err) == (0, "")
    assert (process.returncode, complained) == (0, "")


def test_it_serves_a_whole_workspace(attio_sync: AttioSync, monkeypatch: pytest.MonkeyPatch) -> None:
    with simulated("--workspace", "crm", "--latency", "1") as (_, said):
        use(said, monkeypatch)
        checked = attio_sync("check")

    assert said.startswith("20 simulated records on http://127.0.0.1:")
    assert (checked.code, checked.err) == (0, "")
    assert "deals.stage" in checked.out


def test_a_port_that_is_taken_is_one_line(attio_sync: AttioSync) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finished = attio_sync("simulate", "--records", "10", "--port", str(port))

    assert_one_line(finished, f"cannot listen on port {port}: Address already in use. --port 0 takes a free one")


@pytest.mark.parametrize("fault", ["flood=0.1", "drop", "drop=often", "drop=2", "=0.1"])
def test_a_fault_that_does_not_exist_is_one_line(attio_sync: AttioSync, fault: str) -> None:
    finished = attio_sync("simulate", "--fault", fault)

    assert_one_line(finished, f"'{fault}' is no fault: write KIND=SHARE, as in drop=0.01 for one request in a hundred")


def test_help_lists_every_kind_of_fault(attio_sync: AttioSync) -> None:
    _, _, listed = attio_sync("simulate", "--help").out.partition("What can go wrong (--fault):\n")

    assert re.findall(r"^ +(\w+)  +\S", listed.partition("\n\n")[0], re.MULTILINE) == list(get_args(FaultKind))


def test_the_tokens_scopes_and_level_can_be_chosen(attio_sync: AttioSync, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = "record_permission:read, object_configuration:read"
    with simulated("--scopes", reading, "--token-level", "user") as (_, announced):
        use(announced, monkeypatch)
        checked = attio_sync("check")

    said = checked.out + checked.err
    assert "the token has record_permission:read and object_configuration:read, but not user_management" in said
    assert "the token is of the level 'user'" in said


def test_a_scope_that_does_not_exist_is_one_line(attio_sync: AttioSync) -> None:
    finished = attio_sync("simulate", "--scopes", "record_permission:read,everything")

    assert_one_line(
        finished, "'everything' is no scope; there are list_configuration:read, list_configuration:read-write, "
    )


@pytest.mark.parametrize("latency", ["slow", "5-", "-5", "30-20"])
def test_a_latency_that_makes_no_sense_is_one_line(attio_sync: AttioSync, latency: str) -> None:
    finished = attio_sync("simulate", "--no-limits", f"--latency={latency}")

    assert_one_line(finished, f"'{latency}' is no latency: write 50, or 20-300 for a spread one")


def test_what_is_planted_is_in_what_is_served() -> None:
    plan = ("--plant", "leak=Applied:200:1", "--plant", "waiting=3")
    with simulated(*plan, "--no-limits", "--latency", "0") as (_, said):
        [url] = re.findall(r"ATTIO_BASE_URL=(\S+)", said)
        [token] = re.findall(r"ATTIO_API_TOKEN=(\S+)", said)
        asked = httpx2.post(
            f"{url}/v2/objects/applications/records/query", headers={"authorization": f"Bearer {token}"}, json={}
        )
    records = asked.json()["data"]
    created = [record["created_at"] for record in records]
    assert len(records) == 20
    # Over 270 days instead of 90.
    spread = datetime.fromisoformat(max(created)[:19]) - datetime.fromisoformat(min(created)[:19])
    assert spread > timedelta(days=150)


@pytest.mark.parametrize("plan", ["slow=Offer:30", "slower=Offer", "waiting=9"])
def test_what_cannot_be_planted_is_one_line(attio_sync: AttioSync, plan: str) -> None:
    finished = attio_sync("simulate", "--plant", plan)

    assert finished.code == 1
    assert finished.err.count("\n") == 1
    assert finished.err.startswith("error: ")


def test_nothing_is_planted_in_a_workspace_that_is_no_pipeline(attio_sync: AttioSync) -> None:
    finished = attio_sync("simulate", "--workspace", "crm", "--plant", "nothing")

    assert_one_line(finished, "--plant is for a hiring pipeline, and --workspace crm makes none: leave one of them out")
