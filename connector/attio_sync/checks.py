"""What is looked at before a first sync: the token, its scopes, and whether what is to be tracked has a history."""

from collections.abc import Awaitable, Callable

from attio_sync.attio_types.records import parse_listed_record
from attio_sync.attio_types.workspace import MEMBERS_SCOPE
from attio_sync.catalog import Catalog, Found
from attio_sync.client import AttioClient
from attio_sync.errors import (
    FOR_ALL_TO_SEE,
    SAME_FOR_ALL,
    AttioSyncError,
    ForbiddenError,
    MissingScopesError,
    in_a_row,
    together,
)
from attio_sync.parents import LIST_CONFIGURATION, LIST_SCOPES, OBJECT_SCOPES
from attio_sync.runtime import Environment, counted, held_open, open_portal
from attio_sync.settings import Settings
from attio_sync.sources import EVERYTHING

type Check = Callable[[AttioClient, Settings], Awaitable[str]]


def run[T](
    settings: Settings, check: Callable[[AttioClient, Settings], Awaitable[T]], environment: Environment | None = None
) -> T:
    """Runs one check to its end and returns what it found out."""
    environment = environment or Environment()
    connection = AttioClient.connect(settings, environment.transport, environment.now)
    with open_portal(environment) as portal, held_open(portal, connection) as client:
        return portal.call(check, client, settings)


async def find_sources(client: AttioClient, settings: Settings) -> Found:
    """The sources that the setting `history` names, and what is wrong with the others."""
    return await Catalog(client).find(settings.history)


async def check_token(client: AttioClient, settings: Settings) -> str:
    """The workspace the token is for.

    Raises:
        UnauthorizedError: Attio does not know the token.
    """
    del settings
    identity = await client.fetch_self()
    return f"the token is for the workspace {identity.workspace_name!r} ({identity.workspace_slug})"


async def check_scopes(client: AttioClient, settings: Settings) -> str:
    """That the token has every scope that a sync cannot do without; those it can are said.

    Raises:
        MissingScopesError: one or more are missing.
    """
    identity = await client.fetch_self()
    needed: dict[str, list[str]] = {}
    for source in settings.history.named:
        for scope in source.parent.scopes:
            needed.setdefault(scope, []).append(source.name)
    if settings.history.everything:
        # Lists are left out where the token may not see them; where it may, they are read.
        sees_lists = identity.has_scope(LIST_CONFIGURATION)
        for scope in (*OBJECT_SCOPES, *(LIST_SCOPES if sees_lists else ())):
            needed.setdefault(scope, []).append(EVERYTHING)
    lacking = {scope: names for scope, names in needed.items() if not identity.has_scope(scope)}
    if lacking:
        raise MissingScopesError(lacking)
    without = {LIST_SCOPES: f"{EVERYTHING} brings nothing of lists"} if settings.history.everything else {}
    without |= {(MEMBERS_SCOPE,): "attio_workspace_member gets no rows, and who moved a record is an id without a name"}
    wanted = dict.fromkeys([*needed, *(scope for scopes in without for scope in scopes)])
    said = f"the token has {in_a_row([scope for scope in wanted if identity.has_scope(scope)])}"
    misses: list[str] = []
    for scopes, what in without.items():
        if those := [scope for scope in scopes if not identity.has_scope(scope)]:
            misses.append(f"{in_a_row(those)}: without {'them' if those[1:] else 'that one'} {what}")
    return f"{said}, but not {'; nor '.join(misses)}" if misses else said


async def check_reach(client: AttioClient, settings: Settings) -> str:
    """That the token sees what every member sees.

    Raises:
        ForbiddenError: it is one member's, and sees what that member may see.
    """
    del settings
    identity = await client.fetch_self()
    if not identity.sees_everything:
        message = (
            f"the token is of the level {identity.token_level!r} and may see only a part of the workspace: records would "
            f"be missed, and nothing could be taken for deleted; {FOR_ALL_TO_SEE}"
        )
        raise ForbiddenError(message)
    return "the token sees the whole workspace"


async def check_names(client: AttioClient, settings: Settings) -> str:
    """That every object, list and attribute exists, and is of a type that keeps a history.

    Raises:
        AttioSyncError: one does not, or is not; the message says so of each, and what there is.
    """
    catalog = Catalog(client)
    found = await catalog.find(settings.history)
    failures = dict(found.failures)
    for source in found.sources:  # also what a sync takes for granted
        try:
            await catalog.known(source)
        except AttioSyncError as error:
            failures[source.name] = await catalog.explained(source, error)
    if failures:
        raise together(failures.values())
    return "tracking " + ", ".join(map(str, found.sources))


async def check_histories(client: AttioClient, settings: Settings) -> str:
    """That Attio hands out past values of every attribute.

    Raises:
        NoHistoryError: it does not.
    """
    catalog = Catalog(client)
    found = await catalog.find(settings.history)
    read, failures = 0, list(found.failures.values())
    for source in found.sources:
        try:
            for raw in await client.query(source.parent, {"limit": 1, "offset": 0}, {source.attribute}):
                record = parse_listed_record(raw, source.parent, source.attribute)
                await client.fetch_values(source.parent, record.record_id, source.attribute)
                read += 1
        except SAME_FOR_ALL:
            raise
        except AttioSyncError as error:
            explained = await catalog.explained(source, error)
            failures.append(type(error)(f"{source.name}: {error}") if explained is error else explained)
    if failures:
        raise together(failures)
    return f"{counted(read, 'history', 'histories')} read" if read else "there are no records yet"
