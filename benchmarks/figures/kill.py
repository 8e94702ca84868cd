"""How long a sync that was killed takes to catch up, and whether it reads anything again that was safe."""

import contextlib
import json
import signal
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.processes import Job, finish_sync, say, simulator, start_sync
from benchmarks.results import Figure, Section
from benchmarks.scale import Scale

LATENCY = 0.1
MORE_SECONDS = 2.0
"""How long after its first checkpoint the sync is killed: in the middle of the next pages."""

SETTLED_SECONDS = 3.0
PATIENCE_SECONDS = 600.0


def measure(scale: Scale) -> list[Section]:
    """One first sync with default settings, killed with SIGKILL some seconds after its first checkpoint, and another."""
    say(f"kill: {scale.killed:,} applications, SIGKILL after the first checkpoint")
    with simulator(records=scale.killed, limits={"latency": LATENCY}) as attio, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        # The newest of the generated moves lie a second back; by a clock that is not exact, they must not count as new.
        time.sleep(SETTLED_SECONDS)
        job = Job(attio.configuration(buffer_minutes="0"), sink="duckdb", checkpoint_seconds=scale.checkpoint_seconds)
        process, _ = start_sync(job, folder)
        saved = _wait_for_cursor(folder / "files" / "state.json")
        time.sleep(MORE_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed = time.monotonic()
        before = attio.ask("stats")
        finish_sync(*start_sync(job, folder))
        caught_up = time.monotonic() - killed
        twice: dict[str, int] = attio.ask("read_twice")["records"]
    safe = read_though_safe(twice, saved)
    again = len(twice)
    say(f"kill: caught up after {caught_up:.1f} s, {again} histories read again, {len(safe)} of them safe before")
    note = (
        f"killed after {before['requests']:,} requests, {MORE_SECONDS:.0f} s after a checkpoint; {again} histories, "
        f"those after the checkpoint, were read again, which at 90 a second is {again / 90:.1f} s; the rest of the time "
        "is what was left of the first sync, and the start of the process"
    )
    figure = Figure(
        "time from SIGKILL to caught up",
        "no history read twice that the last checkpoint had made safe",
        f"{caught_up:.1f} s, {len(safe)} read twice of those that were safe",
        not safe,
        note,
    )
    return [Section("Killed", (figure,), KILLED)]


KILLED = (
    "With default settings and 100 ms latency, through the SDK into DuckDB; only `buffer_minutes` is 0, because what "
    "changed within it is looked at again by every sync, killed or not."
)


def read_though_safe(twice: dict[str, int], saved: dict[str, Any]) -> list[str]:
    """The records read twice (with when they were created, in nanoseconds) that the saved cursor says are delivered."""
    safe_until = datetime.fromisoformat(saved["created_at"])
    nanoseconds = (safe_until - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    return [one for one, created in twice.items() if created < nanoseconds or one in saved["record_ids"]]


def _wait_for_cursor(state: Path) -> dict[str, Any]:
    """The window under way in the saved state, as soon as there is one.

    Raises:
        TimeoutError: there was no checkpoint in ten minutes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, KeyError):
            histories = json.loads(state.read_text(encoding="utf-8"))["histories"]
            for history in histories.values():
                if "created_at" in history["under_way"]:
                    return history["under_way"]
        time.sleep(0.05)
    raise TimeoutError(state)
