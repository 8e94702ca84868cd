"""`attio-sync simulate`: the simulated workspace as a server on this machine."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast, get_args

from rich.console import Console

from attio_simulator import ALL_SCOPES, Fault, Faults, Limits, Planted
from attio_simulator.faults import FaultKind
from attio_simulator.limits import parse_latency
from attio_simulator.planting import parse_finding
from attio_simulator.server import run
from attio_simulator.tokens import TokenLevel
from attio_workbench.errors import WorkbenchError
from attio_workbench.terminal import command_text, under_way

MANY = 5_000
"""So many records take longer to make than anyone waits without a word."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What is simulated, and how awkward it is; `latency`, `faults`, `scopes`, `planted` as on the command line."""

    records: int
    seed: int
    port: int
    moved_share: float
    latency: str
    other_client: float
    no_limits: bool
    faults: Sequence[str]
    scopes: str
    token_level: TokenLevel
    workspace: str = "hiring"
    planted: Sequence[str] = ()


def run_simulation(console: Console, simulation: Simulation) -> None:
    """Serves until interrupted.

    Raises:
        WorkbenchError: an option cannot be understood, or the port is taken.
    """
    limits = Limits.off() if simulation.no_limits else Limits(other_client_share=simulation.other_client)
    limits.latency = read_latency(simulation.latency)
    if simulation.planted and simulation.workspace != "hiring":
        message = (
            f"--plant is for a hiring pipeline, and --workspace {simulation.workspace} makes none: leave one of them out"
        )
        raise WorkbenchError(message)
    planted = parse_planted(simulation.planted) if simulation.planted else None
    faults = Faults(*map(parse_fault, simulation.faults), seed=simulation.seed)

    making = ExitStack()

    def announce(url: str, token: str) -> None:
        making.close()
        command = command_text()
        what, history = {
            "hiring": ("job applications", ""),
            # The standard configuration tracks applications, which this one has not.
            "crm": ("records", " ATTIO_HISTORY=deals.stage=attio_deals_stage"),
        }[simulation.workspace]
        console.print(
            f"{simulation.records:,} simulated {what} on {url}, until Ctrl-C. In another terminal:\n\n"
            f"  export ATTIO_BASE_URL={url} ATTIO_API_TOKEN={token}{history}\n"
            f"  {command} check\n"
            f"  {command} sync",
            soft_wrap=True,
        )

    try:
        with making:
            if simulation.records >= MANY:
                making.enter_context(under_way(console, f"Making {simulation.records:,} simulated records"))
            run(
                simulation.records,
                simulation.seed,
                simulation.port,
                workspace=simulation.workspace,
                moved_share=simulation.moved_share,
                planted=planted,
                limits=limits,
                faults=faults,
                scopes=parse_scopes(simulation.scopes),
                token_level=simulation.token_level,
                announce=announce,
            )
    except OSError as error:
        message = f"cannot listen on port {simulation.port}: {error.strerror}. --port 0 takes a free one"
        raise WorkbenchError(message) from error


def read_latency(text: str) -> float | tuple[float, float]:
    """Milliseconds as seconds: `50`, or `20-300` for a spread one.

    Raises:
        WorkbenchError: it is neither.
    """
    try:
        return parse_latency(text)
    except ValueError:
        message = f"{text!r} is no latency: write 50, or 20-300 for a spread one (milliseconds)"
        raise WorkbenchError(message) from None


def parse_fault(text: str) -> Fault:
    """A fault and how probable it is at each request: `drop=0.01`.

    Raises:
        WorkbenchError: there is no such fault, or no such probability.
    """
    kind, _, rate = text.partition("=")
    kinds = get_args(FaultKind)
    try:
        probability = float(rate)
    except ValueError:
        probability = -1.0
    if kind not in kinds or not 0 <= probability <= 1:
        share = "as in drop=0.01 for one request in a hundred"
        message = f"{text!r} is no fault: write KIND=SHARE, {share}; the kinds are {', '.join(kinds)}"
        raise WorkbenchError(message)
    return Fault(kind=cast("FaultKind", kind), rate=probability)


def parse_scopes(text: str) -> frozenset[str]:
    """Scopes as Attio names them, comma-separated; `all` are those of a token that may do everything.

    Raises:
        WorkbenchError: one of them does not exist.
    """
    if text == "all":
        return ALL_SCOPES
    known = ALL_SCOPES | {scope.replace(":read-write", ":read") for scope in ALL_SCOPES}
    scopes = frozenset(filter(None, (part.strip() for part in text.split(","))))
    for scope in sorted(scopes - known):
        message = f"{scope!r} is no scope; there are {', '.join(sorted(known))}"
        raise WorkbenchError(message)
    return scopes


def parse_planted(texts: Sequence[str]) -> Planted:
    """What is planted, each as in `slower=Interview:90:2.5`; `nothing` makes the pipeline steady and plants nothing.

    Raises:
        WorkbenchError: one of them cannot be planted.
    """
    try:
        return Planted(tuple(parse_finding(text) for text in texts if text != "nothing"))
    except ValueError as error:
        raise WorkbenchError(str(error)) from error
