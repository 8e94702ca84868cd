"""While Attio cannot be reached, refuses or is slow, a command says what it waits for."""

import io
import re
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from rich.console import Console
from tests.support.virtual_time import VirtualTime
from tests.workbench.conftest import TOKEN, AttioSync

from attio_simulator import Fault, Simulator
from attio_sync.settings import load_settings
from attio_workbench import asking as asking_of_the_workbench
from attio_workbench import terminal
from attio_workbench.asking import asking

HISTORY = ("history", "6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11")


@pytest.mark.parametrize("command", [("check",), ("sync",), pytest.param(HISTORY, marks=pytest.mark.long)])  # as check does
def test_what_a_command_waits_for_longer_than_a_moment_is_said(
    attio_sync: AttioSync, attio: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 600.0)  # on a slow machine too it is said once
    # One long pause: amid several short ones a request may be under way when it is time to say something.
    monkeypatch.setattr("attio_sync.limiter.PAUSES", (3.0,))
    attio.faults.add(Fault(kind="drop", at=[1]))

    finished = attio_sync(*command, "--into", place)

    waiting, *rest = finished.err.splitlines()
    assert waiting.startswith("warning: 127.0.0.1 cannot answer, attempt ")
    assert " UTC: the connection to http://127.0.0.1:" in waiting
    assert rest == [] or command[0] == "history"


def test_a_terminal_is_told_too_and_at_once_where_nothing_answers() -> None:
    said = told(closed_port(), seconds=1.0)

    assert re.match(
        r"waiting: 127\.0\.0\.1 cannot answer, attempt 1 of 6; trying again until about \d\d:\d\d:\d\d UTC: ", said
    )
    assert "UTC: nothing answers at http://127.0.0.1:" in said
    assert said.count("waiting:") == 1


def test_an_address_that_is_silent_is_named() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"

        assert told(address, seconds=2.5) == f"waiting: no answer from {address} yet\n"


@pytest.mark.parametrize("command", ["check", "sync"])
def test_while_much_is_looked_up_the_requests_are_told(
    attio_sync: AttioSync, crm: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0.002)
    monkeypatch.setattr(asking_of_the_workbench, "told_again", told_again_at_least_once)
    # For a sync all are looked up beforehand, for a check of one source only to be shown.
    monkeypatch.setenv("ATTIO_HISTORY", "deals.stage" if command == "check" else "*,deals.stge")

    said = attio_sync(command, "--into", place).err

    told = re.findall(r"^looking up objects, lists and attributes: (\d+) requests?, \d+ s so far$", said, re.MULTILINE)
    assert 0 < int(told[-1]) <= crm.requests.total
    assert told == sorted(told, key=int)


@contextmanager
def told_again_at_least_once(what: str, how_far: Callable[[str], str]) -> Generator[None]:
    """The same for what takes long enough, on however fast a machine."""
    is_told = threading.Event()

    def note(so_far: str) -> str:
        said = how_far(so_far)
        if not said.startswith("0 "):
            is_told.set()
        return said

    with terminal.told_again(what, note):
        yield
        assert is_told.wait(60)


def told(address: str, seconds: float) -> str:
    """What a terminal shows while a request is under way."""
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None, record=True)
    settings = load_settings({"attio_api_token": TOKEN, "attio_base_url": address}, ())

    async def ask() -> None:
        async with asking(console, settings) as client:
            with anyio.move_on_after(seconds):
                await client.fetch_self()

    # Nothing is to come but a refusal, which comes at once: waiting for it takes no time.
    anyio.run(ask, backend_options={"loop_factory": VirtualTime().loop_factory})
    return console.export_text()


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
