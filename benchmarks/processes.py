"""The processes of a measurement: a fresh simulator on loopback, and the sync that reads from it."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 3_600.0


def say(text: str) -> None:
    """A line of progress."""
    print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)


class SimulatorProcess:
    """A simulated Attio in its own process; see `simulator_process.py` for what it can be asked."""

    def __init__(self, **setup: Any) -> None:
        core = setup.pop("core", None)
        self._process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", "benchmarks.simulator_process", json.dumps(setup)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if core is not None:
            os.sched_setaffinity(self._process.pid, {core})
        first = self._answer()
        self.url: str = first["url"]
        self.token: str = first["token"]

    def ask(self, do: str, **given: Any) -> dict[str, Any]:
        """Sends one command and returns its answer."""
        _pipe(self._process.stdin).write(json.dumps({"do": do, **given}) + "\n")
        _pipe(self._process.stdin).flush()
        return self._answer()

    def configuration(self, **settings: str) -> dict[str, str]:
        """The connector's configuration for this workspace: a first sync takes everything."""
        return {
            "attio_api_token": self.token,
            "attio_base_url": self.url,
            "backfill_days": "all",
            **settings,
        }

    def close(self) -> None:
        """Ends it."""
        _pipe(self._process.stdin).close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _pipe(self._process.stdout).close()

    def _answer(self) -> dict[str, Any]:
        line = _pipe(self._process.stdout).readline()
        if not line:
            message = "the simulator ended; its error is above"
            raise RuntimeError(message)
        return json.loads(line)


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError(pipe)
    return pipe


@contextmanager
def simulator(**setup: Any) -> Generator[SimulatorProcess]:
    """A fresh simulator for as long as the context lasts."""
    process = SimulatorProcess(**setup)
    try:
        yield process
    finally:
        process.close()


@dataclass(frozen=True)
class Job:
    """One sync of the connector: into nothing (`null`), through the SDK into nothing (`sdk`) or into DuckDB (`duckdb`).

    `ahead_hours` is how far its clock is ahead.
    """

    configuration: dict[str, str]
    sink: str = "null"
    state: dict[str, Any] | None = None
    folder: str = ""
    profile: bool = False
    core: int | None = None
    checkpoint_seconds: float | None = None
    ahead_hours: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What a sync process measured of itself; see `sync_process.py`."""

    report: dict[str, Any]
    seconds: float
    processor_seconds: float
    imported_mib: float
    peak_mib: float
    page_gaps: list[float] = field(default_factory=list[float])
    held_mib: dict[str, float] = field(default_factory=dict[str, float])
    profile: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    """What the sync left, where it wrote into nothing."""

    @property
    def grown_mib(self) -> float:
        """The most memory it had, above the bare imports."""
        return self.peak_mib - self.imported_mib


def start_sync(job: Job, folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """Starts a sync process; its output goes to a file in the folder. Returns it and the file of its result."""
    result = folder / "result.json"
    result.unlink(missing_ok=True)
    given = {**job.__dict__, "result": str(result), "folder": job.folder or str(folder)}
    (folder / "job.json").write_text(json.dumps(given), encoding="utf-8")
    with (folder / "sync.log").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 (our own module)
            [sys.executable, "-m", "benchmarks.sync_process", str(folder / "job.json")],
            cwd=ROOT,
            env={**os.environ, "HOME": str(folder), "DO_NOT_TRACK": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return process, result


def finish_sync(process: subprocess.Popen[str], result: Path) -> Outcome:
    """Waits for a sync process and reads its result.

    Raises:
        RuntimeError: it failed; the message ends with the last lines of its output.
    """
    code = process.wait(PATIENCE_SECONDS)
    if code:
        log = (result.parent / "sync.log").read_text(encoding="utf-8")
        message = f"the sync ended with {code}:\n{log[-3000:]}"
        raise RuntimeError(message)
    return Outcome(**json.loads(result.read_text(encoding="utf-8")))


def run_sync_process(job: Job) -> Outcome:
    """Runs one sync to its end; without a folder of its own, in one that is gone afterwards."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(job.folder or temporary)
        return finish_sync(*start_sync(job, folder))


@dataclass(frozen=True)
class Measured:
    """What a command cost."""

    seconds: float
    peak_mib: float
    code: int


def run_measured(command: list[str], *, env: dict[str, str], output: Path, log: Path, timeout: float) -> Measured:
    """Runs a command with its standard output in a file, and watches its memory from outside."""
    started = time.monotonic()
    with output.open("w", encoding="utf-8") as out, log.open("a", encoding="utf-8") as err:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=err, cwd=output.parent)  # noqa: S603 (of this repository)
        watch = _MemoryWatch(process.pid)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = -1
        seconds = time.monotonic() - started
        return Measured(seconds, watch.stop(), code)


class _MemoryWatch:
    """Reads another process's peak memory until it ends.

    What a parent is told when a child has ended can be the parent's own, from the moment of the fork.
    """

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._peak = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._done.set()
        self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            try:
                lines = self._status.read_text(encoding="ascii").splitlines()
            except OSError:
                return
            for line in lines:
                if line.startswith("VmHWM:"):
                    self._peak = int(line.split()[1]) / 1024
