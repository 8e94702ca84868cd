"""`attio-sync demo`: shows the connector at work on a simulated workspace, without any account."""

import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent

from rich.console import Console
from rich.markup import escape

from attio_simulator import (
    Clock,
    LeakOf,
    Planted,
    RequestInfo,
    Simulator,
    Slower,
    Waiting,
    Workspace,
    add_deals,
    generate_hiring_pipeline,
)
from attio_sync import checks
from attio_sync.attribute_types import STATUS
from attio_sync.catalog import Found
from attio_sync.env_files import CONNECTOR
from attio_sync.runtime import SyncReport, counted
from attio_sync.settings import Settings, default_text, load_settings
from attio_sync.sources import FIRST, Source
from attio_workbench.changes import KnownStay, change, delivered_stays, histories_to_read, true_stays, work_the_pool
from attio_workbench.errors import WorkbenchError
from attio_workbench.figures import figures_table, movers_table, sources_table
from attio_workbench.held import open_held
from attio_workbench.local_run import run_locally
from attio_workbench.origin import DEMO, Origin, claim, clear_for_demo
from attio_workbench.place import Place
from attio_workbench.progress import SyncProgress
from attio_workbench.report.command import ReportOptions, write_report
from attio_workbench.simulate import MANY
from attio_workbench.terminal import command_text, path_text, under_way, warn
from attio_workbench.time_in_status import QUERY_TO_PASTE, read_time_in_status, time_in_status_table

MOST_STAYS_DRAWN = 8
MOVED_SHARE = 0.85
PLANTED = Planted((Slower("Interview", days_ago=75), Waiting(recruiter=3), LeakOf("Job board", 0.4)))
"""What has happened in the workspace, for the report to find."""


TRACKED = f"{FIRST},applications.source,deals.stage,deals.value,lists/talent_pool.stage"
"""What the demo syncs: three pipelines, one of them a list's, where applications came from, and what deals are worth."""

HISTORIES = {"values", "entry_values"}
"""How the simulator calls a request that reads a history."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo works with."""

    console: Console
    place: Place
    simulator: Simulator
    settings: Settings
    found: Found

    def sync(self, title: str, since: datetime | None, deleted: int = 0) -> tuple[SyncReport, Counter[str]]:
        """One sync, with a bar that follows the requests the simulator sees; each that was `deleted` is asked for too.

        Returns how many histories of each source were read, too.
        """
        total = histories_to_read(self.simulator.workspace, since, self.found.sources) + deleted
        read = Counter[str]()
        with SyncProgress(self.console, f"{title:16}", total) as progress:
            stop = self.simulator.on_request(_counter(read, progress.on_requests))
            try:
                run = run_locally(self.settings, self.place, progress.on_progress, self.found)
            finally:
                stop()
        for warning in run.warnings:
            self.console.print(f"[yellow]warning:[/yellow] {escape(warning)}")
        return run.report, read


def run_demo(console: Console, place: Place, records: int, seed: int, *, reports: bool = True) -> None:
    """The whole demo; `reports`: with the report at its end.

    Raises:
        WorkbenchError: the database is open elsewhere, or the tables do not hold what the workspace holds.
        KeyboardInterrupt: somebody interrupted it; it says what to do.
    """
    try:
        _run(console, place, records, seed, reports=reports)
    except KeyboardInterrupt:
        message = "interrupted: run the demo again, which begins anew; what it moved away is kept"
        raise KeyboardInterrupt(message) from None


def _run(console: Console, place: Place, records: int, seed: int, *, reports: bool) -> None:
    """A first sync, changes in the workspace, a second sync; then what is in the warehouse."""
    if said := clear_for_demo(place):
        console.print(said, markup=False, soft_wrap=True)
    place = Place(place.folder, place.files / "demo-state.json")
    place.state.unlink(missing_ok=True)
    place.log.unlink(missing_ok=True)
    claim(place, Origin(DEMO, history=TRACKED))

    with under_way(console, f"Making {records:,} simulated applications") if records >= MANY else nullcontext():
        workspace = demo_workspace(records, seed)
    simulator = Simulator(workspace)
    with simulator.serve() as server:
        console.print(
            f"A simulated Attio workspace with {records:,} job applications, {len(workspace.record_ids('deals')):,} deals "
            f"and a list answers on {server.url}: 50 ms each time, and 100 requests a second at most, as Attio does. The "
            "sync asks 90 times a second.\n"
        )
        settings = demo_settings(server.url, simulator.token, TRACKED)
        demo = Demo(console, place, simulator, settings, checks.run(settings, checks.find_sources))
        started = datetime.now(UTC)
        first, read_first = demo.sync("First sync", None)
        changes = change(workspace, seed, started)
        console.print(
            f"In the workspace  moved on: {counted(changes.moved, 'application')}, {counted(changes.deals, 'deal')}, "
            f"{counted(changes.entries, 'entry of the list', 'entries of the list')}; applications that went back to "
            f"Applied: {changes.back:,}, came in: {changes.new:,}, were deleted: {changes.deleted:,}"
        )
        # Everything is compared at once, which is done once a day by default.
        demo = replace(demo, settings=settings.model_copy(update={"reconcile_hours": 0.0}))
        second, read_second = demo.sync("Second sync", started, changes.deleted)

    console.print()
    console.print(figures_table({"first sync": first, "second sync": second}))
    console.print()
    with open_held(place, settings) as held:
        delivered = sorted(delivered_stays(held.connection, held.sources))
        compare(workspace, delivered, held.sources)
        console.print(sources_table(held, {"first": read_first, "second": read_second}))
        console.print(f"[green]✓[/green] The warehouse holds exactly what the workspace holds: {len(delivered):,} stays.\n")
        pipelines = [source for source in held.sources if source.type is STATUS]
        console.print("[bold]Time spent in each status[/bold]")
        console.print(time_in_status_table({s.name: read_time_in_status(held.connection, s) for s in pipelines}))
        console.print()
        console.print(movers_table(held, pipelines))
    say_what_next(console, place, _worth_drawing(delivered))
    if reports:
        _report(console, place, settings)


def demo_workspace(records: int, seed: int, clock: Clock | None = None) -> Workspace:
    """So many applications, some of them in a list, and a tenth as many deals."""
    workspace = generate_hiring_pipeline(records, seed=seed, clock=clock, moved_share=MOVED_SHARE, planted=PLANTED)
    add_deals(workspace, max(10, records // 10), seed=seed)
    work_the_pool(workspace, seed)
    return workspace


def _report(console: Console, place: Place, settings: Settings) -> None:
    """The report of what was synced, which takes dbt: without it the demo has shown the rest."""
    console.print(
        "\n[dim]Planted in the workspace, for the report to find: Interview has taken longer for 75 days, "
        "applications that Recruiter 3 moved wait longer, and of those from a job board fewer move on.[/dim]"
    )
    try:
        write_report(console, place, settings, ReportOptions())
    except WorkbenchError as error:
        warn(f"no report: {error}")


def demo_settings(url: str, token: str, history: str = str(FIRST)) -> Settings:
    """The default settings, whatever the environment and `.env` say, but for the address and everything there is."""
    defaults = {key: default_text(field) for key, field in Settings.model_fields.items()}
    given = defaults | {"attio_base_url": url, "attio_api_token": token, "backfill_days": "all", "history": history}
    return load_settings(given, env_files=())


def compare(workspace: Workspace, delivered: Sequence[KnownStay], sources: Sequence[Source] = (FIRST,)) -> None:
    """Says so if the warehouse does not hold what the workspace holds.

    Raises:
        WorkbenchError: it does not.
    """
    expected = sorted(true_stays(workspace, sources))
    if delivered != expected:
        differ = len(set(delivered) ^ set(expected))
        message = f"the warehouse does not hold what the workspace holds: {differ} stays differ. This is a bug"
        raise WorkbenchError(message)


def _counter(read: Counter[str], on_requests: Callable[[int, int, float], None]) -> Callable[[RequestInfo], None]:
    """Counts the requests the simulator sees, and the histories that are `read` by source."""
    started = time.monotonic()
    requests = 0

    def seen(info: RequestInfo) -> None:
        nonlocal requests
        requests += 1
        if info.kind in HISTORIES:
            parent = f"lists/{info.parts['list']}" if "list" in info.parts else info.parts["object"]
            read[f"{parent}.{info.parts['attribute']}"] += 1
        on_requests(read.total(), requests, time.monotonic() - started)

    return seen


def say_what_next(console: Console, place: Place, deal_id: str) -> None:
    """The commands that somebody who has seen the demo may want."""
    command = command_text()
    steps = (
        ("Look into the tables; they are in the schema tester.", f"{_duckdb()} {path_text(place.database)}"),
        ("What to paste there: the time that applications spend in each status.", QUERY_TO_PASTE.rstrip()),
        ("Draw what one deal went through, its stage and its value.", place.command(f"history {deal_id} --local")),
        (
            (
                "Your own workspace: write ATTIO_API_TOKEN=… into a file called .env here. The token is made in Attio "
                "under Workspace settings → Developers."
            ),
            f"{command} check\n{command} sync",
        ),
    )
    console.print("\n[bold]Next[/bold]")
    for why, what in steps:
        console.print(why, style="dim", markup=False)
        # A terminal breaks what is too long by itself, and then it can be copied as one line.
        console.print(indent(what, "  "), markup=False, soft_wrap=True)
    console.print(f"What was logged: {path_text(place.log)}", style="dim", markup=False, soft_wrap=True)


def _duckdb() -> str:
    """How to call DuckDB's command here: by the uvx on the path or the one `make` has installed, else by pip."""
    ours = CONNECTOR.parent / ".tools" / "bin" / "uvx"
    if shutil.which("uvx"):
        return "uvx --from duckdb-cli duckdb"
    if ours.exists():
        return f"{path_text(ours)} --from duckdb-cli duckdb"
    if find_spec("pip") is None:  # as in an environment that uv has made
        return "pip install --quiet duckdb-cli\nduckdb"
    python = Path(sys.executable)
    return f"{path_text(python)} -m pip install --quiet duckdb-cli\n{path_text(python.with_name('duckdb'))}"


def _worth_drawing(stays: Sequence[KnownStay]) -> str:
    """A deal that moved, and whose value changed."""
    count = Counter(stay.record_id for stay in stays if stay.source.startswith("deals."))
    return max(count, key=lambda deal: (count[deal] <= MOST_STAYS_DRAWN, count[deal]))
