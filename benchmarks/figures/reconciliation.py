"""What comparing everything costs: requests, memory, processor time, and the size of the state."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

from benchmarks.figures.cost import FAST, cores
from benchmarks.processes import ROOT, Job, Outcome, SimulatorProcess, run_sync_process, say, simulator
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale

PAGE = 500
CHANGED_SHARE = 0.01
DIFFERENT_SHARE = 0.000_5
"""Of each kind of change that no filter sees."""

AROUND_IT = 4
"""Requests of a sync in which nothing changed."""

MOST_REQUESTS = 1.01
MOST_MIB = 60.0
MOST_MICROSECONDS = 25.0
MOST_STATE = 1e6
DAY, LATER, NEXT_DAY = 24.0, 26.0, 51.0
"""After how many hours what changed is delivered, everything is compared, and compared again when nothing differs."""


def measure(scale: Scale) -> list[Section]:
    """A first sync, a day of moves, what no filter sees, and what it takes to find that; then once more for nothing."""
    attios, own = cores()
    with simulator(records=scale.large, no_limits=True, core=attios) as attio:
        job = Job(attio.configuration(**FAST, reconcile_hours="744"), core=own)
        say(f"reconciliation: first sync of {scale.large:,} applications")
        first = run_sync_process(job)
        attio.ask("move", count=int(scale.large * CHANGED_SHARE))
        attio.ask("pass_time", hours=DAY)
        day = run_sync_process(replace(job, state=first.state, ahead_hours=DAY))
        say(f"reconciliation: what changed in a day: {day.report['requests']:,} requests")
        differ = attio.ask("vanish", count=max(1, int(scale.large * DIFFERENT_SHARE)))["records"]
        attio.ask("pass_time", hours=LATER - DAY)
        everything, due = attio.ask("least"), attio.ask("least", slice_number=0)
        daily = Job(attio.configuration(**FAST), core=own, state=day.state, ahead_hours=LATER)
        found = run_sync_process(daily)
        say(f"reconciliation: {found.report['requests']:,} requests, {found.grown_mib:.0f} MiB above the imports")
        attio.ask("pass_time", hours=NEXT_DAY - LATER)
        listing = Job(attio.configuration(**FAST, recheck_days="365"), core=own, state=found.state, ahead_hours=NEXT_DAY)
        costs = _Costs(attio, listing, everything["listed"], scale.repeats)
        say(f"reconciliation: {costs.connector:.1f} µs a record besides HTTP")
    figures = (
        _requests(found, everything, due, differ, scale),
        _memory(found, scale),
        _processor(costs),
        _state(found, scale),
    )
    return [Section("Reconciliation", figures, f"{RECONCILIATION}\n\n{costs.profile()}")]


class _Costs:
    """Processor time of a reconciliation that lists everything and finds nothing, in µs a record."""

    def __init__(self, attio: SimulatorProcess, job: Job, records: int, repeats: int) -> None:
        self._records = records
        given = {"url": attio.url, "token": attio.token, "pages": -(-records // PAGE), "page_size": PAGE}
        self.http = self._each(min(_list_alone(given, job, decode=False) for _ in range(repeats)))
        self.json = self._each(min(_list_alone(given, job, decode=True) for _ in range(repeats))) - self.http
        outcomes = [run_sync_process(job) for _ in range(repeats)]
        self.whole = self._each(min(outcome.processor_seconds for outcome in outcomes))
        self._profiled = run_sync_process(replace(job, profile=True))

    @property
    def connector(self) -> float:
        """What is left without HTTP."""
        return self.whole - self.http

    def profile(self) -> str:
        """The most expensive functions."""
        functions = self._profiled.profile["functions"]
        rows = [[f"`{name}`", f"{self._each(spent):.1f}"] for name, spent in functions.items()]
        return f"{PROFILE}\n\n{table(['function', 'µs a record'], rows)}"

    def _each(self, seconds: float) -> float:
        return seconds / self._records * 1e6


def _list_alone(given: dict[str, Any], job: Job, *, decode: bool) -> float:
    command = [sys.executable, "-m", "benchmarks.listing_process", json.dumps({**given, "decode": decode})]
    pinned = ["taskset", "-c", str(job.core), *command]
    printed = subprocess.run(pinned, check=True, capture_output=True, text=True, cwd=ROOT).stdout  # noqa: S603 (ours)
    return float(printed)


def _requests(found: Outcome, everything: dict[str, Any], due: dict[str, Any], differ: int, scale: Scale) -> Figure:
    least = -(-everything["listed"] // PAGE) + due["moved"] + differ
    spent = found.report["requests"] - AROUND_IT
    note = (
        f"{everything['listed']:,} records listed, {due['moved']:,} histories of today's slice (a thirtieth of the "
        f"{everything['moved']:,} records that moved is {everything['moved'] / 30:,.0f}), {differ:,} records that differ; "
        f"{spent:,} requests besides the {AROUND_IT} of a sync in which nothing changed, which at 90 a second is "
        f"{spent / 90:.0f} s; {found.report['removed']:,} records removed. A cleared status takes "
        "two requests, for only an empty page shows that a history without a current value is complete; so does a history "
        "of more than a hundred stays"
    )
    return Figure(
        f"requests of a daily reconciliation of {scale.large:,} records against N/500 + moved/30 + differences",
        "≤ 1.01 ×",
        f"{spent / least:.4f} × ({spent:,})",
        spent <= MOST_REQUESTS * least,
        note,
    )


def _memory(found: Outcome, scale: Scale) -> Figure:
    return Figure(
        f"peak memory above the bare imports, reconciliation of {scale.large:,} records",
        "≤ 60 MB",
        f"{found.grown_mib:.0f} MiB",
        found.grown_mib <= MOST_MIB,
    )


def _processor(costs: _Costs) -> Figure:
    note = (
        f"{costs.whole:.1f} µs in all, less {costs.http:.1f} that the same requests take through the same HTTP library in "
        f"a process that reads the answers and drops them; {costs.json:.1f} of the rest is the parsing of the answers. "
        "The better of two runs each"
    )
    return Figure(
        "processor time of a reconciliation per record that is listed, besides HTTP",
        "≤ 25 µs",
        f"{costs.connector:.1f} µs",
        costs.connector <= MOST_MICROSECONDS,
        note,
    )


def _state(found: Outcome, scale: Scale) -> Figure:
    size = len(json.dumps(found.state))
    return Figure(
        f"size of the state, {scale.large:,} records of which 1 % change a day",
        "< 1 MB",
        f"{size / 1e6:.2f} MB",
        size < MOST_STATE,
    )


RECONCILIATION = (
    "A first sync, then 1 % of the records move and a day passes, then deletes, merges, cleared statuses, late moves and "
    "backdated histories, 0.05 % of the records each (a merge is three records that differ: two go and one comes), and "
    "two hours pass: the reconciliation with default settings finds them all. Into a sink that forgets, without limits "
    "and latency."
)

PROFILE = (
    "Where the processor time of a reconciliation goes that finds nothing (a sampling profiler, what each function calls "
    "in the standard library included, HTTP too):"
)
