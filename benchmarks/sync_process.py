"""One sync of the connector in a process of its own, so that processor time and memory are the sync's alone.

`python -m benchmarks.sync_process JOB.json` writes what it measured to the file that the job names.
"""

import gc
import itertools
import json
import os
import resource
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.profiling import Sampler
from fivetran_connector_sdk_cli import runtime
from fivetran_connector_sdk_core import constants, runner, settings
from fivetran_connector_sdk_core.destination.duckdb_destination import DuckDbDestination

from attio_sync import delivery
from attio_sync.fivetran import FivetranSink
from attio_sync.runtime import Environment, Sink
from attio_sync.settings import load_settings
from attio_sync.streams import schema
from attio_sync.sync import run_sync
from attio_workbench.local_run import run_in_sdk

if TYPE_CHECKING:
    from attio_sync.runtime import SyncReport

MIB = 1 << 20


class NullSink:
    """A destination that keeps nothing: what is then measured is the connector alone."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def upsert(self, table: str, row: dict[str, Any]) -> None:
        """Forgets the row."""

    def delete(self, table: str, key: dict[str, Any]) -> None:
        """Forgets the key."""

    def truncate(self, table: str) -> None:
        """Has nothing to forget."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Keeps the state."""
        self.state = state

    def warn(self, message: str) -> None:
        """Says nothing."""


class ForgetfulDestination(DuckDbDestination):
    """A DuckDB file whose tables stay empty: what is then measured is the connector with the SDK's own buffers."""

    def upsert(self, table: str, types: dict[str, str], key: list[str], rows: list[dict[str, Any]]) -> None:
        """Forgets the rows."""

    def update(self, table: str, types: dict[str, str], key: list[str], rows: list[dict[str, Any]]) -> None:
        """Forgets the rows."""


def read_memory(name: str) -> float:
    """A line of `/proc/self/status`, in MiB: VmRSS is what is in memory now, VmHWM the most there was."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(one for one in status.splitlines() if one.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


def forget_peak_memory() -> None:
    """Makes VmHWM start again at what is in memory now (what imports needed for a moment does not count)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


class Measured:
    """A sync under measurement."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.report: SyncReport | None = None
        self.pages: list[float] = []
        self.held: dict[str, float] = {}
        self.state: dict[str, Any] = {}
        self.seconds = 0.0

    def sync(self, sink: Sink, state: dict[str, Any]) -> None:
        """Runs the sync itself."""
        started = time.monotonic()
        self.pages = [started]
        loaded = load_settings(self.job["configuration"], env_files=())
        ahead = timedelta(hours=self.job.get("ahead_hours") or 0)
        environment = Environment(
            now=lambda: datetime.now(UTC) + ahead, on_progress=lambda _: self.pages.append(time.monotonic())
        )
        self.report = run_sync(loaded, state, sink, environment)
        self.seconds = time.monotonic() - started

    def run(self) -> None:
        """Runs it into the sink of the job."""
        state: dict[str, Any] = self.job.get("state") or {}
        if self.job["sink"] == "sdk":
            setattr(runner, "DuckDbDestination", ForgetfulDestination)  # noqa: B010 (typed as the real one)
        if self.job["sink"] == "null":
            nothing = NullSink()
            self.sync(nothing, state)
            self.state = nothing.state
            return

        def update(state: dict[str, Any]) -> None:
            self.sync(FivetranSink(), state)
            self.held = held_by_sdk()

        folder = Path(self.job["folder"])
        saved = folder / "files" / "state.json"
        if saved.exists():
            state = json.loads(saved.read_text(encoding="utf-8"))
        declared = schema(load_settings(self.job["configuration"], env_files=()).history.named)
        run_in_sdk(update, declared, folder, state, saved)


def held_by_sdk() -> dict[str, float]:
    """What the SDK's local run still holds at the end of a sync, in MiB: a hash of every key, and DuckDB's own memory."""
    sink: Any = runtime.current()
    hashes = 0
    for table in sink.tables.values():
        hashes += sys.getsizeof(table.upserted) + sum(sys.getsizeof(one) for one in table.upserted)
    rows = sink.destination.con.execute("SELECT tag, memory_usage_bytes FROM duckdb_memory()").fetchall()
    held = {f"DuckDB {tag.lower()}": size / MIB for tag, size in rows if size}
    return held | {"hashes of keys": hashes / MIB}


def main() -> None:
    """Runs the job and reports."""
    job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    if job.get("core") is not None:
        os.sched_setaffinity(0, {job["core"]})
    if job.get("checkpoint_seconds"):
        delivery.CHECKPOINT_SECONDS = job["checkpoint_seconds"]
    # The SDK would ask its package index for a newer version, which is no part of a sync.
    settings.update(**{constants.LAST_VERSION_CHECK_FIELD: int(time.time())})
    measured = Measured(job)
    sampler = Sampler() if job.get("profile") else None
    forget_peak_memory()
    imported = read_memory("VmRSS")
    before = resource.getrusage(resource.RUSAGE_SELF)
    if sampler:
        sampler.start()
    measured.run()
    after = resource.getrusage(resource.RUSAGE_SELF)
    result = {
        "report": asdict(measured.report) if measured.report else {},
        "seconds": measured.seconds,
        "processor_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "imported_mib": imported,
        "peak_mib": read_memory("VmHWM"),
        "held_mib": measured.held,
        "page_gaps": [later - earlier for earlier, later in itertools.pairwise(measured.pages)],
        "profile": sampler.stop() if sampler else {},
        "state": measured.state,
    }
    Path(job["result"]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
