"""`attio-sync history`: what one record or entry went through, asked of Attio or of the local database."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import cast

import anyio
from rich.console import Console

from attio_sync.attio_types.workspace import AttioWorkspaceMember
from attio_sync.attribute_types import STATUS
from attio_sync.catalog import Catalog, near
from attio_sync.client import AttioClient
from attio_sync.errors import ForbiddenError, InvalidValueError, MergeInProgressError, summed_up
from attio_sync.histories import AttributeHistory, parse_history
from attio_sync.settings import Settings
from attio_sync.small_tables import MEMBERS
from attio_sync.small_tables import Place as DefinedIn
from attio_sync.sources import Source, Tracked, parse_tracked
from attio_sync.streams import current_table
from attio_sync.value_reader import ValueReader
from attio_workbench.actors import MEMBER
from attio_workbench.asking import asking
from attio_workbench.errors import WorkbenchError
from attio_workbench.held import Held, open_held
from attio_workbench.place import Place
from attio_workbench.terminal import path_text

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)

OPTION = "--attribute"

MOST_MEANT = 5
"""So many names at most that may have been meant."""


@dataclass(frozen=True, slots=True)
class Found:
    """Every tracked history that a record or entry has, and what the workspace's members are called, by id."""

    histories: list[tuple[Source, AttributeHistory]]
    names: Mapping[str, str] = field(default_factory=dict[str, str])


def checked_record_id(text: str) -> str:
    """The id, which becomes part of a URL; of a record's URL in Attio, the first id in its path.

    Raises:
        WorkbenchError: there is none.
    """
    path = re.split(r"[?#]", text)[0].split("/") if text.startswith("https://") else [text]
    found = next(filter(_UUID.fullmatch, path), None)
    if found is None:
        message = (
            f"{text!r} is no record id, such as 6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11, and no URL with one: copy the "
            "address of the record's page in Attio"
        )
        raise WorkbenchError(message)
    return found.lower()


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


def fetch_histories(console: Console, settings: Settings, record_id: str, attributes: str | None = None) -> Found:
    """What Attio says now; of these attributes, if any are named.

    Raises:
        AttioSyncError: it cannot be read.
        WorkbenchError: nothing that is tracked has such a record or entry.
    """
    return anyio.run(_fetch, console, settings, record_id, attributes)


async def _fetch(console: Console, settings: Settings, record_id: str, attributes: str | None) -> Found:
    found: list[tuple[Source, AttributeHistory]] = []
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
        for _, of_parent in groupby(sorted(known.sources, key=lambda s: str(s.parent)), key=lambda s: s.parent):
            for source in of_parent:
                outcome = await ValueReader(client, source).read(record_id, None)
                if isinstance(outcome, InvalidValueError | MergeInProgressError):
                    # The reader takes a missing scope for this one record's failure, as one that only it has.
                    raise await catalog.lacking(source.parent.scopes, source.name) or outcome
                if not isinstance(outcome, AttributeHistory):
                    break  # it is none of this object or list
                found.append((source, outcome))
        if not found:
            for source in known.sources:  # also what was taken for granted, since nobody named it
                await catalog.known(source)
            parents = " and ".join(sorted({str(source.parent) for source in known.sources}))
            elsewhere = f". If it is of another object or list, name what to draw: {OPTION} lists/hiring.stage"
            entries = ". An entry of a list has an id of its own, the entry_id of its tables"
            message = (
                f"there is no record {record_id} among the {parents}: it was deleted or merged, or never was"
                f"{'' if attributes else elsewhere}"
                f"{entries if any(source.parent.is_list for source in known.sources) else ''}"
            )
            raise WorkbenchError(message)
        return Found(found, await _fetch_names(client) if _has_members(history for _, history in found) else {})


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


def read_histories(settings: Settings, place: Place, record_id: str, attributes: str | None = None) -> Found:
    """What the last local sync left; of these attributes only, if any are named.

    Raises:
        WorkbenchError: there is no database, or no such record in it.
    """
    found: list[tuple[Source, AttributeHistory]] = []
    with open_held(place, settings) as held:
        for source in held.sources if attributes is None else _named(held, place, attributes):
            table = current_table(source)
            query = (
                f'SELECT "{table.columns[1].name}" FROM tester."{table.name}" '  # noqa: S608 (names that the setting allows, quoted)
                f'WHERE "{source.parent.id_column}" = ? AND NOT _fivetran_deleted'
            )
            if row := held.connection.execute(query, [record_id]).fetchone():
                values = held.title_today(source, json.loads(row[0]))
                history = parse_history(record_id, values, source.type, is_multiple=source.is_multiple)
                found.append((source, history))
        names = held.names()
    if not found:
        message = f"there is no record {record_id} in {path_text(place.database)}: ask Attio instead, without --local"
        raise WorkbenchError(message)
    return Found(found, names)


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
