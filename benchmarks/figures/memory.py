"""How much memory a sync needs, and whether that grows with the workspace."""

from datetime import UTC, datetime

from benchmarks.figures.cost import FAST, cores
from benchmarks.processes import Job, Outcome, run_sync_process, say, simulator
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale

MOST_MIB = 150.0
MOST_MIB_FULL_PASS = 200.0
MOST_DIFFERENCE = 0.1


RUNS = (("first sync", "null"), ("first sync", "sdk"), ("full pass", "sdk"), ("first sync", "duckdb"))
NAMES = {"null": "the connector", "sdk": "with the SDK's buffers", "duckdb": "with the SDK's local run into DuckDB"}

type Found = dict[tuple[str, str, int], Outcome]


def measure(scale: Scale) -> list[Section]:
    """First syncs and full passes of a small and a large workspace: alone, with the SDK's buffers, and into DuckDB."""
    found: Found = {}
    attios, own = cores()
    for records in (scale.small, scale.large):
        with simulator(records=records, no_limits=True, core=attios) as attio:
            for kind, sink in RUNS:
                say(f"memory: {kind} of {records:,} applications, {NAMES[sink]}")
                # A full pass by itself: what changed since just now is nothing.
                more, state = {}, None
                if kind == "full pass":
                    more, state = {"full_pass": "now"}, {"last_sync": datetime.now(UTC).isoformat()}
                job = Job(attio.configuration(**FAST, **more), sink=sink, state=state, core=own)
                outcome = run_sync_process(job)
                say(f"memory: {outcome.grown_mib:.0f} MiB above the imports, in {outcome.seconds:.0f} s")
                found[kind, sink, records] = outcome
    figures = [_first_sync(found, sink, scale) for sink in NAMES]
    return [Section("Memory", (*figures, _full_pass(found, scale)), _body(found))]


def _first_sync(found: Found, sink: str, scale: Scale) -> Figure:
    small, large = (found["first sync", sink, records].grown_mib for records in (scale.small, scale.large))
    return Figure(
        f"peak memory above the bare imports, {scale.small:,} and {scale.large:,} records, {NAMES[sink]}",
        "≤ 150 MB, within 10 % of each other",
        f"{small:.0f} and {large:.0f} MiB",
        max(small, large) <= MOST_MIB and abs(large - small) <= MOST_DIFFERENCE * max(small, large),
        _note(found["first sync", sink, scale.large]) if sink != "null" else "",
    )


def _note(outcome: Outcome) -> str:
    held = sorted(outcome.held_mib.items(), key=lambda one: -one[1])
    kept = ", ".join(f"{what} {mib:.0f} MiB" for what, mib in held if mib >= 1)
    return (
        "the SDK's local run keeps every row until the next checkpoint and a hash of the key of each until the end, and "
        "DuckDB keeps its indexes and its cache in memory (up to 80 % of the machine's); still held at the end of the "
        f"large sync: {kept or 'less than 1 MiB'}"
    )


def _full_pass(found: Found, scale: Scale) -> Figure:
    outcome = found["full pass", "sdk", scale.large]
    return Figure(
        f"peak memory above the bare imports, full pass over {scale.large:,} records, {NAMES['sdk']}",
        "< 200 MB",
        f"{outcome.grown_mib:.0f} MiB",
        outcome.grown_mib < MOST_MIB_FULL_PASS,
        _note(outcome),
    )


def _body(found: Found) -> str:
    rows = [
        [
            kind,
            f"{records:,}",
            NAMES[sink],
            f"{outcome.imported_mib:.0f}",
            f"{outcome.peak_mib:.0f}",
            f"{outcome.grown_mib:.0f}",
            f"{outcome.seconds:.0f}",
            f"{outcome.report['rows_written']:,}",
        ]
        for (kind, sink, records), outcome in found.items()
    ]
    header = ["sync", "records", "", "imports, MiB", "peak, MiB", "above, MiB", "seconds", "rows"]
    return f"{MEMORY}\n\n{table(header, rows)}"


MEMORY = (
    "*With the SDK's buffers* is the SDK's local run with a destination that forgets. No limits, no latency; VmRSS and "
    "VmHWM of the sync's process."
)
