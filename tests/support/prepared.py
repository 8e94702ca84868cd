"""Runs Python's scripts as `subprocess` does, each in a process of its own, but for what it takes to import libraries."""

import atexit
import json
import os
import select
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

AT_ITS_START = {"LANG": "C.UTF-8", "PYTHONWARNINGS": "error"}
"""What Python looks at when it starts, and never again; all else in a script's environment it has from there."""


def is_faithful(environment: dict[str, str]) -> bool:
    """Whether a script with this environment runs as in a Python that starts with it."""
    later = ("PYTHONPATH", "PYTHONASYNCIODEBUG")
    decides = {name for name in environment if name.startswith(("PYTHON", "LANG", "LC_")) and name not in later}
    return sys.platform == "linux" and {name: environment[name] for name in decides} == AT_ITS_START


@cache
def _prepared_python() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        number = theirs.fileno()
        command = [sys.executable, str(Path(__file__).with_name("prepared_python.py")), str(number)]
        process = subprocess.Popen(command, env=AT_ITS_START, stdin=subprocess.DEVNULL, pass_fds=[number])  # noqa: S603 (our own)
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


class Prepared:
    """A script that has been started: its path and arguments. As much of `subprocess.Popen` as the tests need."""

    def __init__(self, folder: Path, environment: dict[str, str], args: list[str]) -> None:
        self.args = args
        self.returncode: int | None = None
        self._written = [os.memfd_create(name) for name in ("out", "err")]
        said, saying = os.pipe()
        message = json.dumps([str(folder), environment, args]).encode()
        socket.send_fds(_prepared_python(), [message], [*self._written, saying])
        os.close(saying)
        self._said = os.fdopen(said)
        self._pid = int(self._said.readline())

    def poll(self, timeout: float = 0) -> int | None:
        if self.returncode is None and select.select([self._said], [], [], timeout)[0]:
            self.returncode = int(self._said.readline())
            self._said.close()
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        if self.poll(timeout) is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        texts = list[str]()
        for number in self._written:
            with os.fdopen(number) as file:
                file.seek(0)
                texts.append(file.read())
        return texts[0], texts[1]

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self._pid, number)
