"""`attio-sync check`: who the token is, what the workspace holds, what syncs would bring and cost."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

import anyio
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from attio_sync.attio_types import AttioAttribute, TokenIdentity
from attio_sync.attribute_types import TYPES
from attio_sync.catalog import Catalog
from attio_sync.checks import check_reach, check_scopes, check_token
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError, ForbiddenError, GaveUpError, UnauthorizedError
from attio_sync.parents import Parent
from attio_sync.runtime import utc_now
from attio_sync.settings import Settings, env_files_read
from attio_sync.small_tables import LISTS, MEMBERS, definitions_for
from attio_sync.sources import FIRST, Source
from attio_sync.state import SyncState, parse_state
from attio_sync.streams import error_table
from attio_workbench.asking import asking, find_all
from attio_workbench.estimate import Cost, Counting, Listed, Survey, cost_of_all, list_all, survey
from attio_workbench.place import Place
from attio_workbench.plan import Lines, source_lines, total_lines
from attio_workbench.terminal import path_text, warn


@dataclass(slots=True)
class Findings:
    """What a workspace holds, as far as it concerns a sync, and what is wrong with what is to be tracked."""

    attributes: dict[Parent, list[AttioAttribute]] = field(default_factory=dict[Parent, list[AttioAttribute]])
    surveys: dict[Source, Survey] = field(default_factory=dict[Source, Survey])
    beside: Cost = field(default_factory=Cost)
    failures: list[AttioSyncError] = field(default_factory=list[AttioSyncError])

    @contextmanager
    def failing_alone(self) -> Generator[None]:
        """What goes wrong meanwhile is kept, and keeps nothing else from being found out.

        Raises:
            GaveUpError, UnauthorizedError: nothing can be found out now.
        """
        try:
            yield
        except (GaveUpError, UnauthorizedError):
            raise
        except AttioSyncError as error:
            # Which scope is missing for what has been said once, and of all.
            if not (isinstance(error, ForbiddenError) and any(isinstance(e, ForbiddenError) for e in self.failures)):
                self.failures.append(error)


def run_connection_check(console: Console, settings: Settings, place: Place) -> None:
    """Prints each check as it succeeds, then what the workspace holds and what syncs would bring and cost.

    Raises:
        AttioSyncError: nothing can be found out.
        ExceptionGroup: a check fails, or something cannot be tracked; the rest is shown.
    """
    for path in env_files_read():
        console.print(f"Settings from {escape(path_text(path))}", soft_wrap=True)
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
        raise ExceptionGroup(what, findings.failures)


async def _look(console: Console, settings: Settings) -> Findings:
    findings = Findings()
    async with asking(console, settings) as client:
        _passed(console, await check_token(client, settings))
        for check in (check_scopes, check_reach):
            with findings.failing_alone():
                _passed(console, await check(client, settings))
        catalog, identity = Catalog(client), await client.fetch_self()
        found = await find_all(catalog, settings)
        for error in found.failures.values():
            with findings.failing_alone():
                raise error
        for parent, of_parent in groupby(sorted(found.sources, key=lambda s: str(s.parent)), key=lambda s: s.parent):
            sources = list(of_parent)
            with findings.failing_alone():
                listed = await _listed(console, client, parent, sources)
                for source in sources:
                    with findings.failing_alone():
                        findings.surveys[source] = await survey(client, settings, source, listed, utc_now())
        if findings.surveys:
            _passed(console, f"tracking {', '.join(map(str, findings.surveys))}")
        with findings.failing_alone():
            findings.attributes = {parent: await catalog.attributes(parent) for parent in await catalog.parents()}
        for scope, what in _lacking(settings, found.sources, identity).items():
            console.print(f"[yellow]–[/yellow] without {escape(scope)} {what}")
        findings.beside = _beside(settings, findings, identity)
        return findings


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
    return Cost(each + daily, each, daily)


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
    """What would be synced: a heading and a table for each source, then what holds for all."""
    for source, found in findings.surveys.items():
        several = ", several at a time" if source.is_multiple else ""
        yield f"[bold green]{escape(source.name)}[/bold green] ({source.type.name}{several})"
        yield _lines(source_lines(source, found, settings, state.of(source), utc_now()))
    yield "[bold]all together[/bold], with the small tables"
    changes = sum(found.changes_a_day for found in findings.surveys.values())
    yield _lines(total_lines(cost_of_all(findings.surveys, settings) + findings.beside, changes, settings))
    table = _table("", "")
    table.add_row("from", escape(settings.attio_base_url))
    table.add_row("at most", f"{settings.requests_per_second:g} requests a second")
    table.add_row("what cannot be read", f"goes into {error_table().name}")
    yield table


def _lines(lines: Lines) -> Padding:
    table = _table("", "")
    for name, text in lines:
        table.add_row(name, escape(text))
    return Padding(table, (0, 0, 1, 2), expand=False)


def _table(*names: str) -> Table:
    """A table in which nothing is cut: what is too long for a narrow terminal goes on in the next line."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", show_header=any(names))
    table.add_column(names[0], no_wrap=True)
    for name in names[1:]:
        table.add_column(name, overflow="fold")
    return table
