"""`attio-sync report` and `export`: what comes out of a sync for people and for other tools."""
# ruff: noqa: D301 (click keeps lines as they are after a backspace)
# ruff: noqa: PLC0415 (what a command needs is imported when it runs: --help answers at once)

from pathlib import Path
from typing import Annotated

import typer

from attio_workbench.options import Configuration, Into, place_of
from attio_workbench.terminal import open_console


def report(  # noqa: PLR0913 (each is an option)
    *,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Without it: report.html beside the database.", show_default=False),
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="A profile of dbt, instead of the database.", show_default=False)
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="NAME", help="Its target, as dbt has it.", show_default=False)
    ] = None,
    profiles_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where dbt's profiles.yml is.", show_default=False)
    ] = None,
    variables: Annotated[
        str, typer.Option("--vars", metavar="YAML", help="Variables of the dbt package, as dbt takes them: dbt/README.md.")
    ] = "{}",
    no_build: Annotated[bool, typer.Option("--no-build", help="Read the models as they are.")] = False,
    workspace: Annotated[
        str | None, typer.Option(metavar="SLUG", help="As in app.attio.com/SLUG, for links.", show_default=False)
    ] = None,
    configuration: Configuration = None,
    into: Into = None,
) -> None:
    """Writes one HTML file: what changed, pictures of the pipeline, and who is stuck.

    Builds the models of the dbt package (dbt/) and draws them. The file needs no network and sends nothing; whoever opens
    it sees ids of records and names of members.

    \b
    attio-sync report
    attio-sync report --profile warehouse --vars 'attio_schema: attio' --workspace acme
    """
    from attio_workbench.command_settings import read_settings
    from attio_workbench.report.command import ReportOptions, write_report

    settings = read_settings(configuration, needs_token=False)
    options = ReportOptions(
        output=output.resolve() if output else None,
        profile=profile,
        target=target,
        profiles_dir=profiles_dir.resolve() if profiles_dir else None,
        variables=variables,
        builds=not no_build,
        slug=workspace,
    )
    write_report(open_console(), place_of(into), settings, options)


def export(
    *,
    ocel: Annotated[
        Path,
        typer.Option("--ocel", metavar="FILE", help="Where to: an event log in OCEL 2.0, as JSON.", show_default=False),
    ],
    no_names: Annotated[bool, typer.Option("--no-names", help="Leave out what members are called.")] = False,
    configuration: Configuration = None,
    into: Into = None,
) -> None:
    """Writes what a local sync brought as an event log, for process miners such as PM4Py.

    Each move is an event, named like the status or option that was entered; records, entries and members are objects.

    \b
    attio-sync export --ocel applications.json
    attio-sync export --ocel applications.json --no-names
    """
    from attio_workbench.command_settings import read_settings
    from attio_workbench.export import run_export

    settings = read_settings(configuration, needs_token=False)
    run_export(open_console(), settings, place_of(into), ocel, names=not no_names)
