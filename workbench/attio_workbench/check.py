"""`attio-sync check`: who the token is, what the workspace holds, what syncs would bring and cost."""

from collections.abc import AsyncGenerator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, groupby

import anyio
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from attio_sync.attio_types.workspace import AttioAttribute, TokenIdentity
from attio_sync.attribute_types import TYPES
from attio_sync.catalog import Catalog, Found
from attio_sync.checks import check_reach, check_scopes, check_token
from attio_sync.client import AttioClient
from attio_sync.env_files import env_files_read
from attio_sync.errors import SAME_FOR_ALL, AttioSyncError, MissingScopesError, summed_up
from attio_sync.parents import Parent
from attio_sync.runtime import utc_now
from attio_sync.settings import Settings, settings_warnings
from attio_sync.small_tables import LISTS, MEMBERS, OBJECTS, definitions_for
from attio_sync.sources import EVERYTHING, FIRST, Source
from attio_sync.state import SyncState, parse_state
from attio_sync.streams import error_table
from attio_workbench.asking import asking, find_all, looking_up
from attio_workbench.estimate import Cost, Counting, Listed, Survey, list_all, survey
from attio_workbench.place import Place
from attio_workbench.plan import COLUMNS, legend, next_sync_lines, source_cells, total_lines
from attio_workbench.terminal import path_text, warn


@dataclass(slots=True)
class Findings:
    """What a workspace holds, as far as it concerns a sync, and what is wrong with what is to be tracked."""

    catalog: Catalog
    attributes: dict[Parent, list[AttioAttribute]] = field(default_factory=dict[Parent, list[AttioAttribute]])
    surveys: dict[Source, Survey] = field(default_factory=dict[Source, Survey])
    beside: Cost = field(default_factory=Cost)
    failures: list[AttioSyncError] = field(default_factory=list[AttioSyncError])

    @asynccontextmanager
    async def failing_alone(self, *sources: Source) -> AsyncGenerator[None]:
        """What goes wrong meanwhile, with these sources if any, is kept, and keeps nothing else from being found out.

        Raises:
            GaveUpError, UnauthorizedError: nothing can be found out now.
        """
        try:
            yield
        except SAME_FOR_ALL:
            raise
        except AttioSyncError as error:
            lacking = [one.lacking for one in self.failures if isinstance(one, MissingScopesError)]
            said = {scope for one in lacking for scope, names in one.items() if EVERYTHING in names}
            for failure in [await self.catalog.explained(source, error) for source in sources] or [error]:
                # What is missing for everything is missing for each.
                if not (isinstance(failure, MissingScopesError) and failure.lacking.keys() <= said):
                    self.failures.append(failure)


def run_connection_check(console: Console, settings: Settings, place: Place) -> None:
    """Prints each check as it ends, then what the workspace holds and what syncs would bring and cost.

    Raises:
        AttioSyncError: nothing can be found out.
        ExceptionGroup: a check fails, or something cannot be tracked; the rest is shown.
    """
    for path in env_files_read():
        console.print(f"Settings from {escape(path_text(path))}", soft_wrap=True)
    for sentence in settings_warnings(settings):
        warn(sentence)
    findings = anyio.run(_look, console, settings)
    state = parse_state(place.read_state(), warn)
    if findings.attributes:
        console.print()
        console.print(_attributes_table(findings))
    if findings.surveys:
        console.print()
        for part in _plan(settings, findings, state):
            console.print(part)
    if findings.failures:
        what = "what is wrong"
        raise ExceptionGroup(what, summed_up(findings.failures))


async def _look(console: Console, settings: Settings) -> Findings:
    async with asking(console, settings) as client:
        findings, found = Findings(Catalog(client)), Found()
        _passed(console, await check_token(client, settings))
        for check in (check_scopes, check_reach):
            async with findings.failing_alone():
                await _say(console, check(client, settings))
        catalog, identity = findings.catalog, await client.fetch_self()
        async with findings.failing_alone():
            with looking_up(client):
                found = await find_all(catalog, settings)
        for error in found.failures.values():
            async with findings.failing_alone():
                raise error
        for parent, of_parent in groupby(sorted(found.sources, key=lambda s: str(s.parent)), key=lambda s: s.parent):
            sources = list(of_parent)
            async with findings.failing_alone(*sources):
                listed = await _listed(console, client, parent, sources)
                for source in sources:
                    async with findings.failing_alone(source):
                        findings.surveys[source] = await survey(client, settings, source, listed, utc_now())
        if findings.surveys:
            _passed(console, f"tracking {', '.join(map(str, findings.surveys))}")
        if identity.has_scope(OBJECTS.scope or ""):
            async with findings.failing_alone():
                with looking_up(client):
                    findings.attributes = {parent: await catalog.attributes(parent) for parent in await catalog.parents()}
        for scope, what in _lacking(settings, found.sources, identity).items():
            console.print(f"[yellow]–[/yellow] without {escape(scope)} {what}")
        findings.beside = _beside(settings, findings, identity)
        return findings


async def _say(console: Console, check: Awaitable[str]) -> None:
    """Says in its place whether a check succeeds; what to do about it if it does not stands below, with all else."""
    try:
        _passed(console, await check)
    except AttioSyncError as error:
        console.print(f"[red]✗[/red] {escape(str(error).partition(': ')[0])}", soft_wrap=True)
        raise


def _passed(console: Console, sentence: str) -> None:
    console.print(f"[green]✓[/green] {escape(sentence)}")


def _lacking(settings: Settings, sources: list[Source], identity: TokenIdentity) -> dict[str, str]:
    """Which scopes the token lacks that no source needs, and what there is not without them."""
    wanted = definitions_for(sources, definitions=settings.definitions)
    return {
        d.scope: f"{d.table} gets no rows{', and no list is seen here' if d is LISTS else ''}"
        for d in wanted
        if d.scope and d is not MEMBERS and not identity.has_scope(d.scope)
    }


async def _listed(console: Console, client: AttioClient, parent: Parent, sources: list[Source]) -> Listed:
    counting = Counting(console, parent)
    try:
        return await list_all(client, parent, sources, counting.on_page)
    finally:
        counting.stop()


def _beside(settings: Settings, findings: Findings, identity: TokenIdentity) -> Cost:
    """Requests for what is read beside the histories: who the token is, names, and the small tables."""
    wanted = definitions_for(findings.surveys, definitions=settings.definitions)
    known = [d for d in wanted if d.scope is None or identity.has_scope(d.scope)]
    places = {
        "workspace": 1,
        "parent": len(findings.attributes),
        "statuses": sum(s.type.definition == "statuses" for s in findings.surveys),
        "options": sum(s.type.definition == "options" for s in findings.surveys),
    }
    everywhere = 2 + 2 * len(findings.attributes)
    each = 1 + (everywhere if settings.history.everything else len({s.parent for s in findings.surveys if s != FIRST}))
    daily = sum(places[d.of] * (1 + d.is_paged) for d in known if d.daily)
    each += sum(places[d.of] for d in known if not d.daily)
    return Cost(each + daily, each, daily) if settings.reconcile_hours else Cost(each + daily, each + daily)


def _attributes_table(findings: Findings) -> Table:
    tracked = {(source.parent, source.attribute) for source in findings.surveys}

    def marked(parent: Parent, attribute: AttioAttribute) -> str:
        slug = escape(attribute.api_slug)
        return f"[green]{slug}[/green]" if (parent, attribute.api_slug) in tracked else slug

    table = _table("object or list", "statuses", "other attributes")
    for parent, attributes in findings.attributes.items():
        kept = [a for a in attributes if a.type in TYPES and not a.is_archived]
        statuses = [marked(parent, a) for a in kept if a.type == "status"]
        others = [marked(parent, a) for a in kept if a.type != "status"]
        rest = ", ".join(escape(a.api_slug) for a in attributes if a not in kept)
        left = f"[dim]; archived, or without a history: {rest}[/dim]" if rest else ""
        table.add_row(escape(str(parent)), ", ".join(statuses) or "[dim]none[/dim]", ", ".join(others) + left)
    return table


def _plan(settings: Settings, findings: Findings, state: SyncState) -> Iterator[RenderableType]:
    """What would be synced: a table of all sources, then what holds for all together."""
    surveys = findings.surveys
    sources = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, name in enumerate(COLUMNS):
        sources.add_column(name, overflow="fold", justify="right" if number else "left")
    for source, found in surveys.items():
        sources.add_row(*map(escape, source_cells(source, found, settings)))
    yield sources
    yield Padding(f"[dim]{legend(settings)}[/dim]", (0, 0, 1, 0))
    yield "[bold]all together[/bold]: rows of the histories, requests of the small tables too"
    table = _table("", "")
    for name, text in chain(
        total_lines(surveys, findings.beside, settings), next_sync_lines(surveys, state, settings, utc_now())
    ):
        table.add_row(name, escape(text))
    table.add_row("from", escape(settings.attio_base_url))
    table.add_row("at most", f"{settings.requests_per_second:g} requests a second")
    table.add_row("what cannot be read", f"goes into {error_table().name}")
    yield table


def _table(*names: str) -> Table:
    """A table in which nothing is cut: what is too long for a narrow terminal goes on in the next line."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_header=any(names))
    table.add_column(names[0], no_wrap=True)
    for name in names[1:]:
        table.add_column(name, overflow="fold")
    return table
