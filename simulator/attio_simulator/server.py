"""The simulator as a command: `python -m attio_simulator --records 10000 --seed 1 --port 8080`."""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
import threading
from typing import TYPE_CHECKING

from .clock import Clock
from .crm_data import generate_crm
from .data import generate_hiring_pipeline
from .limits import Limits, parse_latency
from .simulator import Simulator
from .sockets import check_loopback
from .tokens import DEFAULT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .behaviour import Behaviour
    from .faults import Faults
    from .planting import Planted
    from .tokens import TokenLevel

WORKSPACES = ("hiring", "crm")
"""What can be served: a pipeline of applications, or every object and type of attribute that Attio has."""


def run(  # noqa: PLR0913 - each is an option of the command
    records: int = 10_000,
    seed: int = 1,
    port: int = 8080,
    *,
    host: str = "127.0.0.1",
    workspace: str = "hiring",
    moved_share: float = 0.6,
    planted: Planted | None = None,
    limits: Limits | None = None,
    faults: Faults | None = None,
    behaviour: Behaviour | None = None,
    token: str = DEFAULT_TOKEN,
    scopes: Iterable[str] | None = None,
    token_level: TokenLevel = "workspace",  # noqa: S107 - no password
    announce: Callable[[str, str], None] | None = None,
) -> None:
    """Generate a workspace and serve it on loopback until interrupted.

    Args:
        records: how many applications, or of `crm` how many records of all objects.
        seed: same seed, same records (their times are counted back from now).
        port: the port; 0 takes any free one.
        host: a loopback address; any other is refused.
        workspace: what is generated, one of `WORKSPACES`.
        moved_share: the part of the applications that moved at least once.
        planted: makes the pipeline steady but for what is planted.
        limits: how fast it may be asked; by default as Attio documents, with a modest latency.
        faults: what goes wrong; by default nothing.
        behaviour: what Attio's documentation leaves open.
        token: the token it knows.
        scopes: what that token may do; by default everything.
        token_level: for whom it acts: the whole `workspace`, or one `user`.
        announce: called with the URL and the token once it listens; by default both are printed.

    Raises:
        ValueError: the host is not a loopback address.
        OSError: the port is taken.
    """
    check_loopback(host)
    if workspace == "crm":
        generated = generate_crm(records, seed=seed, clock=Clock())
    else:
        generated = generate_hiring_pipeline(records, seed=seed, clock=Clock(), moved_share=moved_share, planted=planted)
    # What has been generated stays: without this, each full garbage collection goes through all of it, and answers wait.
    gc.collect()
    gc.freeze()
    simulator = Simulator(
        generated,
        limits=limits,
        faults=faults,
        behaviour=behaviour,
        token=token,
        scopes=scopes,
        token_level=token_level,
    )
    with simulator.serve(port=port, host=host) as server, contextlib.suppress(KeyboardInterrupt):
        (announce or _print)(server.url, token)
        threading.Event().wait()


def _print(url: str, token: str) -> None:
    sys.stdout.write(f"url: {url}\ntoken: {token}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m attio_simulator", description="A stand-in for Attio on loopback.")
    parser.add_argument("--workspace", choices=WORKSPACES, default="hiring", help="what to generate (default: hiring)")
    parser.add_argument("--records", type=int, default=10_000, help="how many records (default: 10000)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same records (default: 1)")
    parser.add_argument("--port", type=int, default=8080, help="port; 0 takes any free one (default: 8080)")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: 127.0.0.1)")
    parser.add_argument("--moved-share", type=float, default=0.6, help="part of the applications that moved (default: 0.6)")
    parser.add_argument("--latency-ms", type=parse_latency, help="100, or 20-300 for a spread one (default: 50)")
    parser.add_argument("--no-limits", action="store_true", help="never answer 429")
    parser.add_argument("--other-client", type=float, default=0.0, help="part of the reads another client takes")
    options = parser.parse_args(arguments)
    limits = Limits.off() if options.no_limits else Limits(other_client_share=options.other_client)
    if options.latency_ms is not None:
        limits.latency = options.latency_ms
    try:
        run(
            options.records,
            options.seed,
            options.port,
            host=options.host,
            workspace=options.workspace,
            moved_share=options.moved_share,
            limits=limits,
        )
    except (OSError, ValueError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")
