"""How much a first sync gets when it is not alone on the API, and when its listings are refused for their score."""

import math
from typing import Any

from benchmarks.figures.pace import RATE
from benchmarks.processes import Job, Outcome, run_sync_process, say, simulator
from benchmarks.results import Figure, Section
from benchmarks.scale import Scale

from attio_simulator.limits import SCORE_OF_CONDITION, SCORE_OF_SORT

BUSY = 0.9
LATENCY = 0.1
OTHERS = 0.5
QUERIES_IN_WINDOW = 5
"""How many listings the score limit lets through in ten seconds: more than are needed, less than would be asked for."""


def measure(scale: Scale) -> list[Section]:
    """Two first syncs with default settings."""
    say(f"shared: {scale.shared:,} applications, another client takes half the limit at random times")
    with simulator(records=scale.shared, limits={"latency": LATENCY, "other_client_share": OTHERS}) as attio:
        outcome = run_sync_process(Job(attio.configuration(), sink="duckdb"))
        beside = _figure("another client takes half the limit at random times", attio.ask("stats"), outcome, OTHERS)
    say(f"shared: {scale.shared:,} applications under the score limit")
    # What a listing after the first costs here: one condition and a sort, times the size of the object.
    cost = round((SCORE_OF_SORT + SCORE_OF_CONDITION) * math.log10(scale.shared))
    limits = {"latency": LATENCY, "score_per_window": cost * (QUERIES_IN_WINDOW + 0.5)}
    with simulator(records=scale.shared, limits=limits) as attio:
        outcome = run_sync_process(Job(attio.configuration(), sink="duckdb"))
        scored = _figure("score limit reached", attio.ask("stats"), outcome, 1 - RATE / 100)
    return [Section("Not alone", (beside, scored), SHARED)]


SHARED = (
    "First syncs with default settings and 100 ms latency, through the SDK into DuckDB. The other client takes 50 of "
    "the 100 requests of a second, in half of all five-second periods, at random. The score limit lets five listings "
    "through in ten seconds; four are needed, so what is left is all of the rate; but "
    "the six with which a first sync makes sure of the end of the listing come at once, and they wait when nothing else is "
    "left to read. *What is left* is, for each second, "
    "the rate or what the other client left of the 100, whichever is less. No starvation: the longest wait for a page "
    "is less than twice what a page takes at the lowest rate that was left."
)


def _figure(name: str, stats: dict[str, Any], outcome: Outcome, others: float) -> Figure:
    share = (stats["requests"] - stats["refused"]) / stats["allowed"] if stats["allowed"] else 0.0
    pages = len(outcome.page_gaps)
    page_seconds = outcome.report["histories_read"] / pages / (100 * (1 - others)) if pages else 0.0
    longest = max(outcome.page_gaps, default=0.0)
    measured = f"{share:.1%}, longest wait for a page {longest:.1f} s"
    say(f"shared: {measured}, {stats['refused']} refused")
    note = (
        f"{stats['requests']:,} requests in {stats['last'] - stats['first']:.1f} s, {stats['refused']} of them refused; "
        f"a page takes {page_seconds:.1f} s at the lowest rate that was left; the longest silence between two requests "
        f"was {stats['longest_gap']:.1f} s"
    )
    met = share >= BUSY and longest < 2 * page_seconds + 1
    return Figure(f"share of what is left kept busy, {name}", "≥ 90 %, no starvation", measured, met, note)
