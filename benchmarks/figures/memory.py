"""How much memory a sync needs, and whether that grows with the workspace."""

from benchmarks.figures.cost import FAST, cores
from benchmarks.processes import Job, Outcome, run_sync_process, say, simulator
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale

MOST_MIB = 150.0
MOST_DIFFERENCE = 0.1


NAMES = {"null": "the connector", "sdk": "with the SDK's buffers", "duckdb": "with the SDK's local run into DuckDB"}

type Found = dict[tuple[str, int], Outcome]


def measure(scale: Scale) -> list[Section]:
    """First syncs of a small and a large workspace: alone, with the SDK's buffers, and into DuckDB."""
    found: Found = {}
    attios, own = cores()
    for records in (scale.small, scale.large):
        with simulator(records=records, no_limits=True, core=attios) as attio:
            for sink, name in NAMES.items():
                say(f"memory: first sync of {records:,} applications, {name}")
                outcome = run_sync_process(Job(attio.configuration(**FAST), sink=sink, core=own))
                say(f"memory: {outcome.grown_mib:.0f} MiB above the imports, in {outcome.seconds:.0f} s")
                found[sink, records] = outcome
    return [Section("Memory", tuple(_first_sync(found, sink, scale) for sink in NAMES), _body(found))]


def _first_sync(found: Found, sink: str, scale: Scale) -> Figure:
    small, large = (found[sink, records].grown_mib for records in (scale.small, scale.large))
    return Figure(
        f"peak memory above the bare imports, {scale.small:,} and {scale.large:,} records, {NAMES[sink]}",
        "≤ 150 MB, within 10 % of each other",
        f"{small:.0f} and {large:.0f} MiB",
        max(small, large) <= MOST_MIB and abs(large - small) <= MOST_DIFFERENCE * max(small, large),
        LEDGER if sink == "null" else _note(found[sink, scale.large]),
    )


LEDGER = "the difference is the ledger, of which every cell is in use in a large workspace; the number of cells is bounded"


def _note(outcome: Outcome) -> str:
    held = sorted(outcome.held_mib.items(), key=lambda one: -one[1])
    kept = ", ".join(f"{what} {mib:.0f} MiB" for what, mib in held if mib >= 1)
    return (
        "the SDK's local run keeps every row until the next checkpoint and a hash of the key of each until the end, and "
        "DuckDB keeps its indexes and its cache in memory (up to 80 % of the machine's); still held at the end of the "
        f"large sync: {kept or 'less than 1 MiB'}"
    )


def _body(found: Found) -> str:
    rows = [
        [
            f"{records:,}",
            NAMES[sink],
            f"{outcome.imported_mib:.0f}",
            f"{outcome.peak_mib:.0f}",
            f"{outcome.grown_mib:.0f}",
            f"{outcome.seconds:.0f}",
            f"{outcome.report['rows_written']:,}",
        ]
        for (sink, records), outcome in found.items()
    ]
    header = ["records", "", "imports, MiB", "peak, MiB", "above, MiB", "seconds", "rows"]
    return f"{MEMORY}\n\n{table(header, rows)}"


MEMORY = (
    "First syncs. *With the SDK's buffers* is the SDK's local run with a destination that forgets. No limits, no latency; "
    "VmRSS and VmHWM of the sync's process. For a reconciliation see there."
)
