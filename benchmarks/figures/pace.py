"""How much of the allowed rate a first sync uses, how often it is refused, and what it costs in requests."""

from typing import Any

from benchmarks.processes import Job, Outcome, run_sync_process, say, simulator
from benchmarks.results import Figure, Section
from benchmarks.scale import Scale
from benchmarks.virtual import VirtualWorld

RATE = 90.0
"""`requests_per_second` by default."""

BUSY = 0.97
LATENCIES: dict[str, float | list[float]] = {
    "20 ms": 0.02,
    "100 ms": 0.1,
    "300 ms": 0.3,
    "20 to 300 ms": [0.02, 0.3],
}
MOST_REFUSED = 0.001
MOST_REQUESTS = 1.01


def share_kept_busy(stats: dict[str, Any], rate: float = RATE) -> float:
    """Requests answered per second, from the first request's arrival to the last one's, over the rate."""
    span = stats["last"] - stats["first"]
    return (stats["requests"] - stats["refused"] - 1) / span / rate if span else 0.0


def measure(scale: Scale) -> list[Section]:
    """Four first syncs with default settings, alone on the API."""
    figures: list[Figure] = []
    requests = refused = late = 0
    ratio = 0.0
    for name, latency in LATENCIES.items():
        say(f"pace: {scale.paced:,} applications, latency {name}")
        with simulator(records=scale.paced, limits={"latency": latency}) as attio:
            outcome = run_sync_process(Job(attio.configuration(), sink="duckdb"))
            stats, least = attio.ask("stats"), attio.ask("least")
        share = share_kept_busy(stats)
        say(f"pace: {share:.1%} busy, {stats['refused']} refused")
        figures.append(_busy(name, share, stats, outcome))
        requests += stats["requests"]
        refused += stats["refused"]
        late += stats["refused_late"]
        ratio = max(ratio, stats["requests"] / least["requests"])
    figures += [_refused(requests, refused, late), _least(ratio)]
    return [Section("Pace", tuple(figures), PACE)]


def measure_in_virtual_time(scale: Scale) -> list[Section]:
    """The same four syncs, whatever the machine has to do meanwhile."""
    figures: list[Figure] = []
    for name, latency in LATENCIES.items():
        say(f"virtual: {scale.paced:,} applications, latency {name}")
        report = VirtualWorld(scale.paced, (latency[0], latency[1]) if isinstance(latency, list) else latency).sync()
        share = report.requests / report.seconds / RATE
        title = f"share of requests_per_second kept busy from beginning to end, in virtual time, latency {name}"
        note = f"{report.requests:,} requests in {report.seconds:.1f} s"
        figures.append(Figure(title, "≥ 97 %", f"{share:.1%}", share >= BUSY, note))
    return [Section("Pace in virtual time", tuple(figures), VIRTUAL)]


VIRTUAL = (
    "The connector and the simulator in one process, in which waiting takes no time and computing counts for nothing: "
    "what the order of the requests allows. With long answers what cannot be asked for at once weighs: the first listing, "
    "and at the end the pages that are listed one after the other and the small tables."
)
PACE = (
    "First syncs with default settings, through the SDK into DuckDB. *Kept busy* is requests answered per second from "
    "the arrival of the first to the arrival of the last, as the simulator saw them, over the 90 a second that are "
    "allowed. The first listing, during which there is nothing else to ask, and the climb of the number in flight are "
    "in it; connecting and the last checkpoint are not: the time from beginning to end of the sync is given with each."
)


def _busy(name: str, share: float, stats: dict[str, Any], outcome: Outcome) -> Figure:
    note = (
        f"{stats['requests']:,} requests in {stats['last'] - stats['first']:.1f} s; from beginning to end of the sync "
        f"{outcome.seconds:.1f} s, which is {stats['requests'] / outcome.seconds / RATE:.1%}"
    )
    return Figure(f"share of requests_per_second kept busy, latency {name}", "≥ 97 %", f"{share:.1%}", share >= BUSY, note)


def _refused(requests: int, refused: int, late: int) -> Figure:
    return Figure(
        "429s met when alone on the API",
        "0 in steady state, ≤ 1 per 1,000 requests overall",
        f"{late} in steady state, {refused} of {requests:,} overall",
        late == 0 and refused <= requests * MOST_REFUSED,
        "over the four syncs above; steady state is after the first five seconds",
    )


def _least(ratio: float) -> Figure:
    return Figure(
        "requests against the least possible (C/500 + M)",
        "≤ 1.01 ×",
        f"{ratio:.4f} ×",
        ratio <= MOST_REQUESTS,
        "the worst of the four; C records listed in pages of 500, M of which the listing does not prove unmoved",
    )
