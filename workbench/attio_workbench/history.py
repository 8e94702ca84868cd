"""`attio-sync history`: what one record or entry went through, asked of Attio or of the local database."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import anyio
from rich.console import Console

from attio_sync.attio_types import AttioWorkspaceMember
from attio_sync.catalog import Catalog
from attio_sync.client import AttioClient
from attio_sync.errors import ForbiddenError, InvalidValueError, MergeInProgressError
from attio_sync.histories import AttributeHistory, parse_history
from attio_sync.settings import Settings
from attio_sync.small_tables import MEMBERS
from attio_sync.small_tables import Place as DefinedIn
from attio_sync.sources import Source, parse_tracked
from attio_sync.streams import current_table
from attio_sync.value_reader import ValueReader
from attio_workbench.asking import asking
from attio_workbench.errors import WorkbenchError
from attio_workbench.held import open_held
from attio_workbench.place import Place
from attio_workbench.terminal import path_text

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


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


def tracked_as(settings: Settings, attributes: str | None) -> Settings:
    """The settings, tracking these attributes only, if any are named as the setting `history` names them.

    Raises:
        WorkbenchError: they cannot be read.
    """
    if attributes is None:
        return settings
    try:
        return settings.model_copy(update={"history": parse_tracked(attributes, ())})
    except ValueError as error:
        raise WorkbenchError(str(error)) from error


def fetch_histories(console: Console, settings: Settings, record_id: str) -> Found:
    """What Attio says now.

    Raises:
        AttioSyncError: it cannot be read.
        WorkbenchError: nothing that is tracked has such a record or entry.
    """
    return anyio.run(_fetch, console, settings, record_id)


async def _fetch(console: Console, settings: Settings, record_id: str) -> Found:
    found: list[tuple[Source, AttributeHistory]] = []
    async with asking(console, settings) as client:
        known = await Catalog(client).find(settings.history)
        if known.failures:
            what = "what cannot be looked up"
            raise ExceptionGroup(what, list(known.failures.values()))
        for _, of_parent in groupby(sorted(known.sources, key=lambda s: str(s.parent)), key=lambda s: s.parent):
            for source in of_parent:
                outcome = await ValueReader(client, source).read(record_id, None)
                if isinstance(outcome, InvalidValueError | MergeInProgressError):
                    raise outcome
                if not isinstance(outcome, AttributeHistory):
                    break  # it is none of this object or list
                found.append((source, outcome))
        if not found:
            parents = " and ".join(sorted({str(source.parent) for source in known.sources}))
            message = f"there is no record {record_id} among the {parents}: it was deleted or merged, or never was"
            raise WorkbenchError(message)
        return Found(found, await _fetch_names(client) if _has_members(history for _, history in found) else {})


def _has_members(histories: Iterable[AttributeHistory]) -> bool:
    """Whether somebody has set a value, or is one."""
    return any(
        "workspace-member" in (value.created_by_actor.type, getattr(value, "referenced_actor_type", None))
        for history in histories
        for value in history.values
    )


async def _fetch_names(client: AttioClient) -> dict[str, str]:
    """Nobody's where the token may not see them."""
    try:
        members = await client.fetch_definitions(MEMBERS.path(DefinedIn()), AttioWorkspaceMember)
    except ForbiddenError:
        return {}
    return {member.id.workspace_member_id: name for member in members if (name := _name(member))}


def _name(member: AttioWorkspaceMember) -> str:
    names = f"{member.first_name or ''} {member.last_name or ''}".split()
    return " ".join(names or (member.email_address or "").split())


def read_histories(settings: Settings, place: Place, record_id: str, attributes: str | None = None) -> Found:
    """What the last local sync left; of these attributes only, if any are named.

    Raises:
        WorkbenchError: there is no database, or no such record in it.
    """
    named = {source.name for source in tracked_as(settings, attributes).history.named} if attributes else None
    found: list[tuple[Source, AttributeHistory]] = []
    with open_held(place, settings) as held:
        for source in held.sources:
            if named is not None and source.name not in named:
                continue
            table = current_table(source)
            query = (
                f'SELECT "{table.columns[1].name}" FROM tester."{table.name}" '  # noqa: S608 (names that the setting allows, quoted)
                f'WHERE "{source.parent.id_column}" = ? AND NOT _fivetran_deleted'
            )
            if row := held.connection.execute(query, [record_id]).fetchone():
                history = parse_history(record_id, json.loads(row[0]), source.type, is_multiple=source.is_multiple)
                found.append((source, history))
        names = held.names()
    if not found:
        message = f"there is no record {record_id} in {path_text(place.database)}: ask Attio instead, without --local"
        raise WorkbenchError(message)
    return Found(found, names)
