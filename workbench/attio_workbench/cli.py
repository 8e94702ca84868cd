"""`attio-sync`: the commands, their options and what `--help` says of them.

What a command needs is imported when it runs: `--help` answers at once, without loading Fivetran's SDK.
"""
# ruff: noqa: D301 (click keeps lines as they are after a backspace)
# ruff: noqa: PLC0415 (imports: see above)

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, override

import typer
from typer.core import TyperGroup

from attio_workbench.options import Configuration, Into, place_of
from attio_workbench.output_commands import export, report
from attio_workbench.simulate_command import simulate
from attio_workbench.terminal import ended_as_by_ctrl_c, fail, open_console, path_text, show_what_can_be_shown, warn


class _Commands(TyperGroup):
    """They all say that they were interrupted, and what that means where they know it."""

    @override
    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interruption:
            warn(str(interruption) or "interrupted")
            raise
        except EOFError as error:  # typer says no more of it than that it aborted
            message = f"EOFError: {error}"
            raise RuntimeError(message) from error


app = typer.Typer(
    cls=_Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,  # they print local variables, and a token may be among them
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _say_version(value: bool) -> None:  # noqa: FBT001 (as typer calls it)
    if value:
        from importlib.metadata import version

        typer.echo(f"attio-sync {version('attio-history-connector')}")
        raise typer.Exit


@app.callback()
def attio_sync(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """The history of an Attio workspace, in the warehouse: try it, check a connection, sync locally, look at a record.

    \b
    attio-sync demo     needs nothing, and shows what it is
    attio-sync check    is the next step, with a token of your own

    Settings come from the environment or a .env file (ATTIO_API_TOKEN, ATTIO_HISTORY, …); the README lists them.
    """


@app.command()
def demo(
    *,
    records: Annotated[
        int, typer.Option(metavar="N", min=10, max=100_000, help="Job applications in the simulated workspace.")
    ] = 1_500,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed makes the same applications.")] = 1,
    report: Annotated[bool, typer.Option(help="At the end, models by dbt and a report of them.")] = True,
    into: Into = None,
) -> None:
    """Shows it working, without any account.

    Serves a simulated Attio workspace on this machine, runs a first sync and, after changes in the workspace, an
    incremental one, through Fivetran's SDK into connector/files/warehouse.db, shows what happened, and writes a report. A
    database of your own that is in the way is moved into connector-backups, not overwritten.

    \b
    attio-sync demo
    attio-sync demo --records 10000
    """
    from attio_workbench.demo import run_demo

    run_demo(open_console(), place_of(into), records, seed, reports=report)


@app.command()
def check(*, configuration: Configuration = None, into: Into = None) -> None:
    """Who the token is, what the workspace holds, and what syncing it would cost.

    Runs the setup tests that Fivetran runs, then lists objects, attributes and statuses, counts the records, and estimates
    what syncs will cost in requests, time and rows. Changes nothing.

    \b
    ATTIO_API_TOKEN=… attio-sync check
    ATTIO_HISTORY=deals.stage=attio_deal_stage attio-sync check
    attio-sync check --configuration connector/configuration.json
    """
    from attio_workbench.check import run_connection_check
    from attio_workbench.command_settings import read_settings

    run_connection_check(open_console(), read_settings(configuration), place_of(into))


@app.command()
def sync(
    *,
    full: Annotated[
        bool,
        typer.Option(
            "--full",
            help="Read every history again, to find what was deleted, merged or rewritten. That takes a request for each "
            "record, also for one that never moved: more than a first sync.",
        ),
    ] = False,
    configuration: Configuration = None,
    into: Into = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Go on from this state, and keep it there. Without it: state.json.", show_default=False
        ),
    ] = None,
) -> None:
    """Syncs into a DuckDB file on this machine, as Fivetran would into the warehouse.

    The first sync delivers what changed in the last ATTIO_BACKFILL_DAYS, then everything older; each later one reads
    what changed since the one before. After an interruption the next one goes on from the last checkpoint, which is a
    minute back at most.

    \b
    attio-sync sync
    attio-sync sync --full
    attio-sync sync --into /tmp/elsewhere
    """
    from attio_workbench.command_settings import read_settings
    from attio_workbench.sync import run_local_sync

    run_local_sync(open_console(), read_settings(configuration), place_of(into, state), full=full)


@app.command()
def history(  # noqa: PLR0913 (each is an option)
    *,
    record: Annotated[
        str, typer.Argument(metavar="RECORD", help="The id of a record or entry, or the URL of its page in Attio.")
    ],
    attribute: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What to draw instead, as in deals.value or lists/hiring.stage. Of Attio it need not be tracked.",
            show_default=False,
        ),
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="Read the local database instead of asking Attio.")] = False,
    whole: Annotated[bool, typer.Option("--all", help="Show every stay, not only the last 20.")] = False,
    configuration: Configuration = None,
    into: Into = None,
) -> None:
    """Draws what one record or entry went through: value, from, to, how long, by whom.

    Drawn is what is tracked (ATTIO_HISTORY), or what the local database holds: of a record its own attributes, and those of
    its entries in lists, such as a company's in a list of sales.

    A line is one stay. Where there can be several values at a time, their bars overlap. Members have names if the token
    has the scope user_management:read, or the local database knows them.

    \b
    attio-sync history 6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11
    attio-sync history 6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11 --local
    attio-sync history 6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11 --attribute deals.owner
    attio-sync history https://app.attio.com/acme/company/6f1f1d4c-…/overview
    attio-sync history https://app.attio.com/acme/custom/applications/record/6f1f1d4c-…/overview
    """
    from attio_workbench.asked import checked_record
    from attio_workbench.command_settings import read_settings
    from attio_workbench.drawing import draw
    from attio_workbench.history import fetch_histories, read_histories

    console, asked = open_console(), checked_record(record)
    settings = read_settings(configuration, needs_token=not local)
    if local:
        found = read_histories(settings, place_of(into), asked, attribute)
    else:
        found = fetch_histories(console, settings, asked, attribute)
    for number, (source, values) in enumerate([*found.own, *found.entries]):
        if number:
            console.print()
        if number == len(found.own):
            console.print(f"{found.entries_text(asked)}\n", markup=False)
        draw(console, source, values, found.names, whole=whole)


app.command()(report)
app.command()(export)


@app.command()
def mapping(
    *,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="The seed file to add to. Without it: the terminal.", show_default=False),
    ] = None,
    configuration: Configuration = None,
    into: Into = None,
) -> None:
    """Guesses the order and kind of each status and option, for the dbt package.

    Reads the local database, and covers all statuses and selects in it, of objects and lists. Rows that the file has stay
    as they are; only what it does not name is added.

    \b
    attio-sync mapping
    attio-sync mapping dbt/seeds/attio_status_mapping.csv
    """
    from rich.markup import escape

    from attio_workbench.command_settings import read_settings
    from attio_workbench.mapping import mapping_text, read_guesses, write_mapping

    settings, place = read_settings(configuration, needs_token=False), place_of(into)
    if file is None:
        typer.echo(mapping_text(read_guesses(place, settings)), nl=False)
    else:
        open_console().print(escape(write_mapping(place, settings, file)))


app.command()(simulate)


def main(arguments: list[str] | None = None) -> None:
    """Runs a command; whatever goes wrong is one line each, and exit code 1."""
    show_what_can_be_shown()
    try:
        with ended_as_by_ctrl_c():
            app(arguments, prog_name="attio-sync")
    except ExceptionGroup as several:
        for error in several.exceptions:
            fail(sentence_of(error))
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 (nobody at a terminal is helped by a traceback; it is kept where we say)
        fail(sentence_of(error))
        sys.exit(1)


def sentence_of(error: Exception, log: Path | None = None) -> str:
    """What to say of an error; of one that nobody foresaw, the traceback goes to the log."""
    import duckdb
    from fivetran_connector_sdk_core import SdkException

    from attio_sync.errors import AttioSyncError
    from attio_workbench.errors import WorkbenchError
    from attio_workbench.place import Place
    from attio_workbench.trouble import os_error_text

    if isinstance(error, AttioSyncError | WorkbenchError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return os_error_text(error)
    if isinstance(error, SdkException | duckdb.Error):
        return str(error).partition("\n")[0]
    log = log or Place().log
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        traceback.print_exception(error, file=file)
    return f"unexpected, and a bug: {type(error).__name__}: {error} (where: {path_text(log)})"
