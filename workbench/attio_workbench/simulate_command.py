"""`attio-sync simulate`: its options and what `--help` says of them, with every fault."""
# ruff: noqa: D301 (click keeps lines as they are after a backspace)
# ruff: noqa: PLC0415 (what a command needs is imported when it runs: --help answers at once)

from typing import Annotated, Literal

import typer

from attio_workbench.terminal import open_console


def simulate(  # noqa: PLR0913 (each is an option)
    *,
    workspace: Annotated[
        Literal["hiring", "crm"], typer.Option(help="A hiring pipeline, or every object and type of attribute.")
    ] = "hiring",
    records: Annotated[int, typer.Option(metavar="N", min=0, help="Job applications, or records, to make.")] = 10_000,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed makes the same records.")] = 1,
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65_535, help="The port on this machine; 0 takes a free one.")
    ] = 8080,
    moved_share: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="The part of the applications that ever moved.")
    ] = 0.6,
    latency: Annotated[str, typer.Option(metavar="MS", help="Milliseconds an answer takes; 20-300 spreads it.")] = "50",
    other_client: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="The part of the limit another client takes.")
    ] = 0.0,
    no_limits: Annotated[bool, typer.Option("--no-limits", help="Never answer 429.")] = False,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND=SHARE", help="What goes wrong at this share of requests; can be repeated."),
    ] = None,
    scopes: Annotated[
        str, typer.Option(metavar="SCOPE,…", help="What the token may do, as in record_permission:read.")
    ] = "all",
    token_level: Annotated[
        Literal["workspace", "user"], typer.Option(help="Whose the token is: the workspace's, or one member's.")
    ] = "workspace",  # noqa: S107 (no password)
    plant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND=WHAT",
            help="What changes in a pipeline of 270 days that is steady but for this; can be repeated. "
            "slower=STATUS:DAYS_AGO:FACTOR, waiting=RECRUITER:FACTOR, leak=STATUS:DAYS_AGO:SHARE, "
            "leak-of=SOURCE:SHARE, moves-back=DAYS_AGO:SHARE, or nothing.",
        ),
    ] = None,
) -> None:
    """Serves a simulated Attio on this machine.

    A hiring pipeline behind Attio's API, with Attio's limits: for trying things, and for tests of other tools. Or people,
    companies, deals, users, workspaces, projects and three lists. It listens on this machine only, until Ctrl-C.

    \b
    What can go wrong (--fault):
    rate_limited   429
    server_error   502 with a page of HTML
    answer         502 with null as JSON
    not_json       200 with a page of HTML
    truncated      200 with half of the JSON
    cut            the connection is closed after half of the answer
    drop           the connection is reset before the answer
    drop_amid      the connection is reset after half of the answer
    refuse         the same as drop
    stall          a minute of silence before the answer
    stall_amid     a minute of silence in the middle of the answer
    huge           200 MB of blanks behind the answer
    redirect       302 to another host
    vanish         the record that is asked for is deleted just before
    change         some record is created, moved or deleted just before
    mangle         values of the wrong shape
    unknown_field  values with fields that Attio does not have yet
    unknown_enum   values with a kind of actor that Attio does not have yet

    \b
    attio-sync simulate --records 10000 --seed 1 --port 8080
    attio-sync simulate --workspace crm --fault change=0.05
    attio-sync simulate --latency 20-300 --other-client 0.5
    attio-sync simulate --fault server_error=0.01 --fault drop=0.01
    attio-sync simulate --scopes record_permission:read,object_configuration:read --token-level user
    attio-sync simulate --plant slower=Interview:90 --plant waiting=3
    """
    from attio_workbench.simulate import Simulation, run_simulation

    simulation = Simulation(
        records,
        seed,
        port,
        moved_share,
        latency,
        other_client,
        no_limits,
        fault or [],
        scopes,
        token_level,
        workspace,
        plant or [],
    )
    run_simulation(open_console(), simulation)
