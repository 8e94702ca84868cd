"""How much memory a sync needs, and whether that grows with the workspace."""

import tempfile
import time
from datetime import UTC, datetime
from typing import Any

from benchmarks.figures.cost import FAST, cores
from benchmarks.processes import Job, Outcome, run_sync_process, say, simulator
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale

MOST_MIB = 150.0
MOST_MIB_FULL_PASS = 200.0
MOST_DIFFERENCE = 0.1


def measure(scale: Scale) -> list[Section]:
    """First syncs and full passes of a small and a large workspace, into nothing and through the SDK into DuckDB."""
    found: dict[tuple[str, str, int], Outcome] = {}
    attios, own = cores()
    for records in (scale.small, scale.large):
        with simulator(records=records, no_limits=True, core=attios) as attio, tempfile.TemporaryDirectory() as folder:
            for sink in ("null", "duckdb"):
                for kind in ("first sync", "full pass"):
                    say(f"memory: {kind} of {records:,} applications, sink {sink}")
                    started = time.monotonic()
                    found[kind, sink, records] = run_sync_process(
                        _job(attio.configuration(**FAST), kind, sink, folder, own)
                    )
                    grown = found[kind, sink, records].grown_mib
                    say(f"memory: {grown:.0f} MiB above the imports, in {time.monotonic() - started:.0f} s")
    return [Section("Memory", _figures(found, scale), _body(found))]


def _job(configuration: dict[str, str], kind: str, sink: str, folder: str, core: int) -> Job:
    state: dict[str, Any] | None = None
    if kind == "full pass":
        configuration = {**configuration, "full_pass": "now"}
        state = {"last_sync": datetime.now(UTC).isoformat()}
    # The full pass into DuckDB goes on where the first sync ended: its tables are full.
    return Job(configuration, sink=sink, state=state, folder=folder if sink == "duckdb" else "", core=core)


def _figures(found: dict[tuple[str, str, int], Outcome], scale: Scale) -> tuple[Figure, ...]:
    figures: list[Figure] = []
    names = {"null": "the connector", "duckdb": "with the SDK's local run and DuckDB"}
    for sink, name in names.items():
        small, large = (found["first sync", sink, records].grown_mib for records in (scale.small, scale.large))
        met = max(small, large) <= MOST_MIB and abs(large - small) <= MOST_DIFFERENCE * max(small, large)
        note = ""
        if sink == "duckdb":
            held = found["first sync", sink, scale.large].held_mib
            kept = ", ".join(f"{what} {mib:.0f} MiB" for what, mib in sorted(held.items(), key=lambda one: -one[1]))
            note = (
                "the SDK's local run keeps a hash of the key of every row of a sync, and DuckDB keeps its indexes and its "
                f"cache in memory (up to 80 % of the machine's); at the end of the large sync: {kept}. None of it is the "
                "connector's or there in production"
            )
        figures.append(
            Figure(
                f"peak memory above the bare imports, {scale.small:,} and {scale.large:,} records, {name}",
                "≤ 150 MB, within 10 % of each other",
                f"{small:.0f} and {large:.0f} MiB",
                met,
                note,
            )
        )
    for sink, name in names.items():
        grown = found["full pass", sink, scale.large].grown_mib
        figures.append(
            Figure(
                f"peak memory above the bare imports, full pass over {scale.large:,} records, {name}",
                "< 200 MB",
                f"{grown:.0f} MiB",
                grown < MOST_MIB_FULL_PASS,
            )
        )
    return tuple(figures)


def _body(found: dict[tuple[str, str, int], Outcome]) -> str:
    rows = [
        [
            kind,
            f"{records:,}",
            sink,
            f"{outcome.imported_mib:.0f}",
            f"{outcome.peak_mib:.0f}",
            f"{outcome.grown_mib:.0f}",
            f"{outcome.seconds:.0f}",
            f"{outcome.report['rows_written']:,}",
        ]
        for (kind, sink, records), outcome in found.items()
    ]
    header = ["sync", "records", "sink", "imports, MiB", "peak, MiB", "above, MiB", "seconds", "rows"]
    return "Without limits and latency; VmRSS and VmHWM of the sync's process.\n\n" + table(header, rows)
