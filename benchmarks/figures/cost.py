"""What a record costs in processor time, how many rows a second that makes, and where the time goes."""

import os

from benchmarks.processes import Job, Outcome, run_sync_process, say, simulator
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale

MOST_MILLISECONDS = 1.2
FAST = {"requests_per_second": "10000", "concurrency": "8"}
"""Faster than any sync can be: what bounds it is the processor. The number in flight would follow rate × latency, and
for a rate that is never reached that means as many as there can be; eight is more than 90 a second need without latency.
"""


def cores() -> tuple[int, int]:
    """A core for the simulator and another one for the sync, where there are two."""
    available = sorted(os.sched_getaffinity(0))
    return available[0], available[-1]


def measure(scale: Scale) -> list[Section]:
    """First syncs without limits and latency: through the SDK into DuckDB, into nothing, and once under a profiler."""
    attios, own = cores()
    outcomes: list[Outcome] = []
    with simulator(records=scale.costed, no_limits=True, core=attios) as attio:
        for sink, profile in (("duckdb", False), ("null", False), ("duckdb", True)):
            say(f"cost: {scale.costed:,} applications without limits, sink {sink}" + (", profiled" if profile else ""))
            job = Job(attio.configuration(**FAST), sink=sink, profile=profile, core=own)
            outcomes.append(run_sync_process(job))
    whole, alone, profiled = outcomes
    return [Section("Cost", (_per_record(whole, alone), _rows(whole, alone)), _profile(profiled))]


def _milliseconds(outcome: Outcome) -> float:
    return outcome.processor_seconds / outcome.report["listed"] * 1000


def _per_record(whole: Outcome, alone: Outcome) -> Figure:
    spent = _milliseconds(whole)
    say(f"cost: {spent:.2f} ms a record, {_milliseconds(alone):.2f} ms without the SDK")
    report = whole.report
    note = (
        f"{report['listed']:,} records, {report['requests']:,} requests, {report['rows_written']:,} rows through the SDK "
        "into DuckDB, without limits and latency, both threads on one core. The connector alone (HTTP, validation, "
        f"rows, into a sink that forgets them) takes {_milliseconds(alone):.2f} ms of it; the rest is the SDK's local "
        "run and DuckDB"
    )
    return Figure("processor time per record on one core", "≤ 1.2 ms", f"{spent:.2f} ms", spent <= MOST_MILLISECONDS, note)


def _rows(whole: Outcome, alone: Outcome) -> Figure:
    def rate(outcome: Outcome) -> float:
        return outcome.report["rows_written"] / outcome.seconds

    note = (
        f"{whole.report['requests'] / whole.seconds:,.0f} requests a second with the SDK and DuckDB, "
        f"{alone.report['requests'] / alone.seconds:,.0f} without; at Attio's 100 a second the processor is idle most of "
        "the time"
    )
    measured = f"{rate(whole):,.0f} into DuckDB, {rate(alone):,.0f} into nothing"
    return Figure("rows a second without any limit or latency", "as high as it goes", measured, None, note)


PROFILE = (
    "Where the time goes (a sampling profiler over all threads, weighed by processor time; the standard library's time "
    "goes to whoever called it):"
)


def _profile(profiled: Outcome) -> str:
    layers, functions = profiled.profile["layers"], profiled.profile["functions"]
    total = sum(layers.values())
    records = profiled.report["listed"]
    by_layer = [[name, f"{spent / total:.0%}", f"{spent / records * 1000:.3f}"] for name, spent in layers.items()]
    by_function = [[f"`{name}`", f"{spent / total:.0%}"] for name, spent in functions.items()]
    return "\n\n".join(
        [
            PROFILE,
            table(["layer", "share", "ms a record"], by_layer),
            "The most expensive functions, what they call in the standard library included:",
            table(["function", "share"], by_function),
        ]
    )
