"""`attio-sync report`: from the warehouse to one HTML file."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from attio_sync.runtime import counted
from attio_sync.settings import Settings
from attio_workbench.errors import WorkbenchError
from attio_workbench.findings import Finding, findings
from attio_workbench.findings.groups import MOST_VALUES
from attio_workbench.findings.pipelines import pipeline_histories
from attio_workbench.findings.sentences import listed
from attio_workbench.held import open_held
from attio_workbench.mapping import read_mapping
from attio_workbench.models import Models, Status
from attio_workbench.origin import read_origin
from attio_workbench.place import SEED, Place, checked_output
from attio_workbench.report.content import build_content, leave_out_segments, split_histories
from attio_workbench.report.page import Page, render, title_of
from attio_workbench.report.segments import segment_of
from attio_workbench.report.warehouse import Warehouse, fetch_models, is_installed, local_warehouse
from attio_workbench.terminal import path_text, under_way

ATTIO = "https://api.attio.com"

NO_VARIABLES = "{}"

MOST_BYTES = 2_000_000
"""In a larger file the curves of segments are coarser, and what its histories are split by is left out if need be."""

COARSER = (1, 2, 4)
"""How many times fewer points these curves may have; none of it is a figure of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What was said on the command line.

    Args:
        output: the file; None for the one beside the local database.
        profile, target, profiles_dir: of dbt; without any of them it is the local database.
        variables: of the dbt package, in YAML.
        builds: whether the models are built first.
        slug: the workspace's name in Attio's addresses; None for that of the local sync.
    """

    output: Path | None = None
    profile: str | None = None
    target: str | None = None
    profiles_dir: Path | None = None
    variables: str = NO_VARIABLES
    builds: bool = True
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was written, and what it begins with."""

    path: Path
    first_sentence: str


def checked_slug(given: str) -> str:
    """The workspace's name in Attio's addresses, of which a whole one may be given.

    Raises:
        WorkbenchError: it is neither.
    """
    found = re.fullmatch(r"(?:https://app\.attio\.com/([\w-]+)(?:/.*)?|([\w-]+))", given)
    if found is None:
        message = f"--workspace {given!r} is no workspace: write SLUG, as in https://app.attio.com/SLUG"
        raise WorkbenchError(message)
    return found[1] or found[2]


def write_report(console: Console, place: Place, settings: Settings, options: ReportOptions) -> Report:
    """Builds the models, writes the report and says where it is.

    Raises:
        WorkbenchError: there is no database yet, dbt cannot build or read the models, or they hold nothing.
    """
    options = replace(options, slug=options.slug and checked_slug(options.slug))
    if options.variables != NO_VARIABLES and not options.builds:
        message = "--no-build reads the models as they were built, so --vars would change nothing: leave one of them out"
        raise WorkbenchError(message)
    warehouse = warehouse_of(console, place, settings, options)
    path = checked_output(options.output) if options.output else place.report
    if options.builds:
        read_mapping(SEED)  # dbt would build wrong models of a wrong one
    building = "Building the models with dbt" if options.builds else "Reading the models"
    with under_way(console, building if is_installed() else f"{building}, and installing it before"):
        models = fetch_models(warehouse, place.files / "dbt")
    if not models.current_status:
        message = "there is nothing to report: the models hold no record"
        raise WorkbenchError(message)
    with under_way(console, "Looking for what is not chance, and drawing the rest"):
        found = findings(models)
        path.write_text(report_of(models, found, options.slug or _slug(place, options)), encoding="utf-8")
    report = Report(path, found[0].sentence)
    console.print(f"[bold]Report[/bold]  {escape(path_text(path))}", soft_wrap=True)
    console.print(escape(report.first_sentence))
    if (more := sum(one.compares for one in found) - 1) > 0:
        console.print(f"[dim]{counted(more, 'more finding')} in the report.[/dim]")
    return report


def warehouse_of(console: Console, place: Place, settings: Settings, options: ReportOptions) -> Warehouse:
    """What the models are built in and read from, with the package's variables.

    Raises:
        WorkbenchError: there is no local database.
    """
    if _is_local(options):
        warehouse = local_warehouse(place.database, _statuses(console, place, settings), place.files / "dbt")
        return replace(warehouse, given=options.variables, builds=options.builds)
    return Warehouse(
        profile=options.profile,
        target=options.target,
        profiles_dir=options.profiles_dir,
        variables={},
        given=options.variables,
        builds=options.builds,
    )


def _statuses(console: Console, place: Place, settings: Settings) -> list[dict[str, str]]:
    """The statuses and selects that the local database holds, as the package's variable takes them."""
    with open_held(place, settings) as held:
        pipelines = held.pipelines()
        if several := [s.name for s in held.choices() if s not in pipelines]:
            console.print(
                f"[dim]left out, since there can be several values at a time: {escape(', '.join(several))}[/dim]",
                soft_wrap=True,
            )
        return [
            {"history": s.name, "table": s.table, "id_column": s.parent.id_column, "type": s.type.name} for s in pipelines
        ]


def _is_local(options: ReportOptions) -> bool:
    return options.profile is None and options.target is None and options.profiles_dir is None


def _slug(place: Place, options: ReportOptions) -> str | None:
    """The workspace that the local database came from, if it is one of Attio's: a simulated one has no pages."""
    origin = read_origin(place.database) if _is_local(options) else None
    return origin.workspace_slug if origin and origin.address == ATTIO else None


def report_of(models: Models, found: list[Finding], slug: str | None) -> str:
    """The file itself."""
    parts = split_histories(models)
    shown = pipeline_histories(models)
    names = [history for _, history in shown]
    is_one = len({relation for relation, _ in parts}) == 1  # the links are of one workspace
    records = sum(len(parts[key].current_status) for key in shown)
    statuses = [row for key in shown for row in parts[key].status]
    contents = [build_content(history, relation, slug if is_one else None, parts) for relation, history in shown]
    page = Page(
        title=title_of(names),
        subtitle=f"{records:,} records of {', '.join(dict.fromkeys(names))}, as of "
        f"{models.as_of:%d %B %Y, %H:%M} UTC".replace(" 0", " ")
        + (f"; days begin at midnight in {models.time_zone}" if (models.time_zone or "UTC") != "UTC" else ""),
        made="Made by attio-sync report from the models of the dbt package attio. Every figure is a value of a row of "
        "the model named beneath it, or a count of its rows; those of a sentence are computed as its evidence "
        f"says. Days, periods and cohorts are dates in {models.time_zone or 'UTC'} (attio_time_zone), moments are UTC, "
        "and a length of a day is 24 hours.",
        warning=warning_text(statuses),
        notes=(
            guessed_text(statuses),
            filters_text({key for key in parts.keys() - set(shown) if not segment_of(key[1])}),
        ),
        findings=found,
        histories=[],
    )
    excess = 0
    for coarser in COARSER:
        page = replace(page, histories=[content.drawn(coarser) for content in contents])
        html = render(page)
        excess = len(html.encode()) - MOST_BYTES
        if excess <= 0:
            return html
    leave_out_segments(page.histories, excess)
    return render(page)


def filters_text(keys: Collection[tuple[str, str]]) -> str:
    """Which histories are no pipelines, and so only filters; empty where all are."""
    if not keys:
        return ""
    names = listed(sorted(f"{relation} {history}".strip() for relation, history in keys))
    return (
        f"Not shown as a pipeline: {names}. Hardly any record has had a second value there, and no value is known to be "
        "won, lost or paused (attio_status_mapping can say which is). Records are compared by these values, and can be "
        f"filtered by them where there are from 2 to {MOST_VALUES}."
    )


def warning_text(statuses: Sequence[Status]) -> str:
    """What to know before all else: how much rests on a guess; empty where nothing does."""
    guessed = len(_guessed(statuses))
    which = "all statuses" if guessed == len(statuses) else f"{guessed:,} of {len(statuses):,} statuses"
    return f"Whether they are open, won, lost or paused is guessed for {which}: see the end of the page." if guessed else ""


def guessed_text(statuses: Sequence[Status]) -> str:
    """Which statuses have only a guess at their order and kind, and how to say better; empty where all are mapped."""
    guessed = _guessed(statuses)
    if not guessed:
        return ""
    titles = ", ".join(status.status_title for status in guessed)
    some = f"{len(guessed):,} of the {len(statuses):,} statuses are guessed: {titles}"
    which = some if len(guessed) < len(statuses) else "all statuses are guessed"
    return (
        f"Order and kind (open, won, lost, paused) of {which}. attio_status_mapping has no row for them "
        "(is_mapped of attio__status is false). attio-sync mapping dbt/seeds/attio_status_mapping.csv writes the guess "
        "into that file: correct it there, and the next report goes by it."
    )


def _guessed(statuses: Sequence[Status]) -> list[Status]:
    return [status for status in statuses if not status.is_mapped]
