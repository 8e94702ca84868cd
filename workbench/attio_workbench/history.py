"""`attio-sync history`: what one record or entry went through, asked of Attio or of the local database."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import cast

import anyio
from rich.console import Console

from attio_sync.attio_types.records import EntryOf
from attio_sync.attio_types.timestamps import sortable_timestamp
from attio_sync.attio_types.workspace import AttioWorkspaceMember
from attio_sync.attribute_types import STATUS
from attio_sync.catalog import Catalog, near
from attio_sync.client import AttioClient
from attio_sync.errors import ForbiddenError, InvalidValueError, MergeInProgressError, in_a_row, summed_up
from attio_sync.histories import AttributeHistory, parse_history
from attio_sync.parents import parse_parent
from attio_sync.runtime import counted
from attio_sync.settings import Settings
from attio_sync.small_tables import MEMBERS
from attio_sync.small_tables import Place as DefinedIn
from attio_sync.sources import EVERYTHING, FIRST, Source, Tracked, parse_tracked
from attio_sync.streams import current_table
from attio_sync.value_reader import ValueReader
from attio_workbench.actors import MEMBER
from attio_workbench.asked import Asked, item_of
from attio_workbench.asking import asking
from attio_workbench.errors import WorkbenchError
from attio_workbench.held import Held, open_held
from attio_workbench.place import Place
from attio_workbench.terminal import path_text
from attio_workbench.whereabouts import fetch_entries, whereabouts

OPTION = "--attribute"

MOST_MEANT = 5
"""So many names at most that may have been meant."""


type Histories = list[tuple[Source, AttributeHistory]]


@dataclass(frozen=True, slots=True)
class Found:
    """Every tracked history that a record or entry has, and those of the entries about it, one entry after the other.

    Each in the order of its list and oldest first; beside them what the workspace's members are called, by id.
    """

    own: Histories
    entries: Histories
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, asked: Asked, histories: Histories, names: Mapping[str, str]) -> "Found":
        """What was found, in the order in which it is drawn.

        Raises:
            WorkbenchError: it is not where the URL says.
        """
        began: dict[str, str] = {}
        for source, history in histories:
            about = history.entry_of if history.record_id != asked.id else None
            asked.check_is(parse_parent(about.parent_object) if about else source.parent)
            for value in history.values[:1]:
                first = sortable_timestamp(value.active_from)
                began[history.record_id] = min(first, began.get(history.record_id, first))
        own = [one for one in histories if one[1].record_id == asked.id]
        entries = [one for one in histories if one[1].record_id != asked.id]
        entries.sort(key=lambda one: (str(one[0].parent), began.get(one[1].record_id, "~"), one[1].record_id))
        return cls(own, entries, names)

    def entries_text(self, asked: Asked) -> str:
        """What the entries are, and how to see one of them alone."""
        lists = sorted({str(source.parent) for source, _ in self.entries})
        how_many = counted(len({history.record_id for _, history in self.entries}), "entry", "entries")
        return f"{how_many} of {asked.id} in {in_a_row(lists)}; to draw one alone, give its id instead"


def tracked_as(attributes: str, there_are: Iterable[str]) -> Tracked:
    """These attributes, named with `--attribute` as the setting `history` names them; `there_are` those with a history.

    Raises:
        WorkbenchError: they cannot be read; it names those that may have been meant.
    """
    try:
        return cast("Tracked", parse_tracked(attributes, ()))
    except ValueError as error:
        parts = [part.strip() for part in attributes.split(",")]
        # Most often the object is missing.
        meant = [name for name in there_are for part in parts if part and near(part, [name.rpartition(".")[2]])]
        instead = (
            f"; did you mean {' or '.join(meant[:MOST_MEANT])}?" if meant else ". attio-sync check lists what there is"
        )
        message = f"{OPTION}: {error}{instead}"
        raise WorkbenchError(message) from error


def fetch_histories(console: Console, settings: Settings, asked: Asked, attributes: str | None = None) -> Found:
    """What Attio says now; of these attributes, if any are named.

    Raises:
        AttioSyncError: it cannot be read.
        WorkbenchError: nothing that is tracked has such a record or entry, or is about it.
    """
    return anyio.run(_fetch, console, settings, asked, attributes)


async def _fetch(console: Console, settings: Settings, asked: Asked, attributes: str | None) -> Found:
    async with asking(console, settings) as client:
        catalog = Catalog(client) if attributes is None else Catalog(client, OPTION)
        tracked = settings.history
        if attributes is not None:
            is_readable = all("." in part for part in attributes.split(","))
            tracked = tracked_as(attributes, [] if is_readable else await catalog.names())
        known = await catalog.find(tracked)
        if known.failures:
            what = "what cannot be looked up"
            raise ExceptionGroup(what, summed_up(known.failures.values()))
        in_order = sorted(known.sources, key=lambda s: str(s.parent))
        sources = {parent: list(of_parent) for parent, of_parent in groupby(in_order, key=lambda s: s.parent)}
        found: Histories = []
        for of_parent in sources.values():
            found += await _read(client, catalog, of_parent, asked.id)
        of = found[0][0].parent if found else None
        lists = [] if of and of.is_list else [parent for parent in sources if parent.is_list]
        if lists:
            for parent, entry_id, entry_of in await fetch_entries(client, catalog, asked.id, lists, of):
                found += await _read(client, catalog, sources[parent], entry_id, entry_of)
        if not found:
            raise await _not_found(client, catalog, asked, in_order, OPTION if attributes else None)
        names = await _fetch_names(client) if _has_members(history for _, history in found) else {}
        return Found.of(asked, found, names)


async def _read(
    client: AttioClient, catalog: Catalog, sources: Sequence[Source], item_id: str, entry_of: EntryOf | None = None
) -> Histories:
    """The histories of a record or entry by these sources of one object or list; none if it is none of that."""
    found: Histories = []
    for source in sources:
        reader = ValueReader(client, source)
        reader.entries = {item_id: entry_of} if entry_of else {}
        outcome = await reader.read(item_id, None)
        if isinstance(outcome, InvalidValueError | MergeInProgressError):
            # The reader takes a missing scope for this one record's failure, as one that only it has.
            raise await catalog.lacking(source.parent.scopes, source.name) or outcome
        if not isinstance(outcome, AttributeHistory):
            break
        found.append((source, outcome))
    return found


async def _not_found(
    client: AttioClient, catalog: Catalog, asked: Asked, sources: Sequence[Source], named_by: str | None
) -> WorkbenchError:
    """Why nothing is drawn, what would be, and what to do."""
    parent = await whereabouts(client, catalog, asked.id)
    names = ", ".join(source.name for source in sources) or EVERYTHING
    is_default = sources == [FIRST] and not named_by  # nobody need have set it
    looked_for = f"{named_by or 'the setting history'} names {names}{', its default' if is_default else ''}"
    if parent is None:
        for source in sources:  # also what was taken for granted, since nobody named it
            await catalog.known(source)
        gone = f"there is no record or entry {asked.id} that the token sees: it was deleted or merged, or never was"
        return WorkbenchError(f"{gone}. Copy the address of its page in Attio once more; {looked_for}")
    asked.check_is(parent)
    lists = sorted({str(source.parent) for source in sources if source.parent.is_list})
    without = f", without entries in {in_a_row(lists)}" if lists and not parent.is_list else ""
    # Of any other type Attio may keep no history, as of what it finds out about a company by itself.
    statuses = [a.api_slug for a in await catalog.attributes(parent) if a.type == STATUS.name and not a.is_archived]
    name, hint = (statuses[0], "") if statuses else ("NAME", " (attio-sync check lists what there is)")
    instead = f"Name what to draw of it, as in {OPTION} {parent}.{name}{hint}"
    return WorkbenchError(f"{asked.id} is {item_of(parent)}{without}; {looked_for}. {instead}")


def _has_members(histories: Iterable[AttributeHistory]) -> bool:
    """Whether somebody has set a value, or is one."""
    return any(
        MEMBER in (value.created_by_actor.type, getattr(value, "referenced_actor_type", None))
        for history in histories
        for value in history.values
    )


async def _fetch_names(client: AttioClient) -> dict[str, str]:
    """Nobody's where the token may not see them."""
    try:
        members = await client.fetch_definitions(MEMBERS, DefinedIn())
    except ForbiddenError:
        return {}
    return {member.workspace_member_id: name for member in members if (name := _name(member))}


def _name(member: AttioWorkspaceMember) -> str:
    names = f"{member.first_name or ''} {member.last_name or ''}".split()
    return " ".join(names or (member.email_address or "").split())


def read_histories(settings: Settings, place: Place, asked: Asked, attributes: str | None = None) -> Found:
    """What the last local sync left; of these attributes only, if any are named.

    Raises:
        WorkbenchError: there is no database, or no such record in it and no entry about it.
    """
    found: Histories = []
    with open_held(place, settings) as held:
        sources = sorted(
            held.sources if attributes is None else _named(held, place, attributes), key=lambda s: str(s.parent)
        )
        for source in sources:
            found += _held_of(held, source, asked.id)
        names = held.names()
    if not found:
        holds = ", ".join(source.name for source in sources) or "no history"
        message = (
            f"there is no record {asked.id} in {path_text(place.database)}, nor an entry about it. It holds {holds}: ask "
            "Attio instead, without --local"
        )
        raise WorkbenchError(message)
    return Found.of(asked, found, names)


def _held_of(held: Held, source: Source, item_id: str) -> Histories:
    """What a local database holds of a record or entry, and of the entries about it."""
    table, key = current_table(source), f'"{source.parent.id_column}"'
    about, or_about = (
        (", parent_object, parent_record_id", " OR parent_record_id = $id") if source.parent.is_list else ("", "")
    )
    query = (
        f'SELECT {key}, "{table.columns[1].name}"{about} FROM tester."{table.name}" '  # noqa: S608 (names that the setting allows, quoted)
        f"WHERE NOT _fivetran_deleted AND ({key} = $id{or_about})"
    )
    found: Histories = []
    for record_id, raw, *of in held.connection.execute(query, {"id": item_id}).fetchall():
        values = held.title_today(source, json.loads(raw))
        entry_of = EntryOf(*of) if of and all(of) else None
        history = parse_history(record_id, values, source.type, is_multiple=source.is_multiple, entry_of=entry_of)
        found.append((source, history))
    return found


def _named(held: Held, place: Place, attributes: str) -> list[Source]:
    """Those of a local database's sources that these names name.

    Raises:
        WorkbenchError: one of them is not in it.
    """
    there_are = [source.name for source in held.sources]
    tracked = tracked_as(attributes, there_are)
    named = {source.name for source in tracked.named}
    for name in sorted(named - set(there_are)):
        meant = near(name, there_are)
        instead = f"; did you mean {' or '.join(meant)}?" if meant else ""
        message = (
            f"{OPTION}: {path_text(place.database)} holds no {name}{instead} — it holds {', '.join(sorted(there_are))}. "
            "Ask Attio instead, without --local, or sync it"
        )
        raise WorkbenchError(message)
    return [s for s in held.sources if s.name in named or (tracked.everything and s.type is STATUS)]
