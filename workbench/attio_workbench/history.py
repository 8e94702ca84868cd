"""`attio-sync history`: what one record went through, asked of Attio or of the local database."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import anyio
import duckdb
from rich.console import Console

from attio_sync.attio_types import AttioWorkspaceMember
from attio_sync.client import AttioClient
from attio_sync.errors import ForbiddenError, InvalidValueError, MergeInProgressError
from attio_sync.histories import AttributeHistory, parse_history
from attio_sync.settings import Settings
from attio_sync.sources import Source
from attio_sync.streams import current_table
from attio_sync.tables import MEMBER_TABLE, id_column
from attio_sync.value_reader import ValueReader
from attio_workbench.asking import asking
from attio_workbench.errors import WorkbenchError
from attio_workbench.place import Place, open_database
from attio_workbench.terminal import path_text

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Found:
    """Every tracked history that a record has, and what the workspace's members are called, by id."""

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


def fetch_histories(console: Console, settings: Settings, record_id: str) -> Found:
    """What Attio says now.

    Raises:
        AttioSyncError: it cannot be read.
        WorkbenchError: no tracked object has such a record.
    """
    found = anyio.run(_fetch, console, settings, record_id)
    if not found.histories:
        parents = " and ".join(sorted({h.parent for h in settings.history}))
        message = f"there is no record {record_id} among the {parents}: it was deleted or merged, or never was"
        raise WorkbenchError(message)
    return found


async def _fetch(console: Console, settings: Settings, record_id: str) -> Found:
    found: list[tuple[Source, AttributeHistory]] = []
    async with asking(console, settings) as client:
        for history in settings.history:
            outcome = await ValueReader(client, history).read(record_id, None)
            if isinstance(outcome, InvalidValueError | MergeInProgressError):
                raise outcome
            if isinstance(outcome, AttributeHistory):
                found.append((history, outcome))
        actors = {value.created_by_actor.type for _, one in found for value in one.values}
        return Found(found, await _fetch_names(client) if "workspace-member" in actors else {})


async def _fetch_names(client: AttioClient) -> dict[str, str]:
    """Nobody's where the token may not see them."""
    try:
        members = await client.fetch_members()
    except ForbiddenError:
        return {}
    return {member.id.workspace_member_id: name for member in members if (name := _name(member))}


def _name(member: AttioWorkspaceMember) -> str:
    names = f"{member.first_name or ''} {member.last_name or ''}".split()
    return " ".join(names or (member.email_address or "").split())


def read_histories(settings: Settings, place: Place, record_id: str) -> Found:
    """What the last local sync left in the warehouse.

    Raises:
        WorkbenchError: there is no database, or no such record in it.
    """
    if not place.database.exists():
        message = f"there is no {path_text(place.database)} yet: run attio-sync demo or attio-sync sync first"
        raise WorkbenchError(message)
    found: list[tuple[Source, AttributeHistory]] = []
    with open_database(place.database, read_only=True) as connection:
        for history in settings.history:
            query = (
                f'SELECT "{history.attribute}" FROM tester."{current_table(history).name}" '  # noqa: S608 (names from our own settings, quoted)
                f"WHERE {id_column(history)} = ? AND NOT _fivetran_deleted"
            )
            try:
                row = connection.execute(query, [record_id]).fetchone()
            except (duckdb.CatalogException, duckdb.BinderException):
                continue  # not synced yet, or nothing was written into it
            if row:
                found.append((history, parse_history(record_id, json.loads(row[0]))))
        names = _read_names(connection)
    if not found:
        message = f"there is no record {record_id} in {path_text(place.database)}: ask Attio instead, without --local"
        raise WorkbenchError(message)
    return Found(found, names)


def _read_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    query = (
        "SELECT workspace_member_id, first_name, last_name, email_address "  # noqa: S608 (a name of our own)
        f"FROM tester.{MEMBER_TABLE} WHERE NOT _fivetran_deleted"
    )
    try:
        rows = connection.execute(query).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return {}  # not synced yet, or by another version
    members = (
        AttioWorkspaceMember.model_validate(
            {"id": {"workspace_member_id": i}, "first_name": first, "last_name": last, "email_address": address}
        )
        for i, first, last, address in rows
    )
    return {member.id.workspace_member_id: name for member in members if (name := _name(member))}
