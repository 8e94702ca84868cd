"""The setup form Fivetran shows, and the tests it runs when somebody saves it.

https://fivetran.com/docs/connector-sdk/technical-reference/connector-sdk-setup-form
"""

from collections.abc import Awaitable, Callable

from fivetran_connector_sdk import ConfigurationForm, Test, form_field

from attio_sync import logs
from attio_sync.attio_types import parse_listed_record
from attio_sync.attio_types.workspace import MEMBERS_SCOPE, SCOPES
from attio_sync.attribute_fetcher import no_such_object
from attio_sync.bridge import Environment, entered, open_portal
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError, ForbiddenError, SettingsError, UnknownNameError
from attio_sync.report import counted
from attio_sync.settings import Settings, TrackedHistory, default_text, load_settings

type Check = Callable[[AttioClient, Settings], Awaitable[str]]


def build_form() -> ConfigurationForm:
    """Every setting with label, help and default, and the setup tests in the order in which they make sense."""
    form = ConfigurationForm()
    for key, field in Settings.model_fields.items():
        default = default_text(field)
        form.add_field(
            form_field.TextField(
                key,
                field.title or key,
                form_field.TextField.password if key == "attio_api_token" else form_field.TextField.plain_text,
                description=f"{field.description}." + (f" Default: {default}." if default else ""),
                required=field.is_required(),
                placeholder=default or None,
            )
        )
    form.add_test(label="The token is valid", func=token_is_valid)
    form.add_test(label="The token has the scopes it needs", func=token_has_scopes)
    form.add_test(label="The token sees the whole workspace", func=token_sees_everything)
    form.add_test(label="What is to be tracked exists", func=histories_exist)
    form.add_test(label="Attio keeps its history", func=history_is_kept)
    return form


def token_is_valid(configuration: dict) -> object:
    """Asks Attio whom the token belongs to."""
    return _run(configuration, check_token)


def token_has_scopes(configuration: dict) -> object:
    """Compares the token's scopes with what a sync needs."""
    return _run(configuration, check_scopes)


def token_sees_everything(configuration: dict) -> object:
    """Asks Attio whether the token is the workspace's or one member's."""
    return _run(configuration, check_reach)


def histories_exist(configuration: dict) -> object:
    """Looks each object and attribute up."""
    return _run(configuration, check_names)


def history_is_kept(configuration: dict) -> object:
    """Reads one history of each attribute."""
    return _run(configuration, check_history)


async def check_token(client: AttioClient, settings: Settings) -> str:
    """The workspace the token is for.

    Raises:
        UnauthorizedError: Attio does not know the token.
    """
    del settings
    identity = await client.fetch_self()
    return f"the token is for the workspace {identity.workspace_name!r} ({identity.workspace_slug})"


async def check_scopes(client: AttioClient, settings: Settings) -> str:
    """That the token has every scope.

    Raises:
        ForbiddenError: one or more are missing.
    """
    del settings
    identity = await client.fetch_self()
    missing = [s for s in SCOPES if not identity.has_scope(s)]
    if missing:
        them = "it" if len(missing) == 1 else "them"
        message = f"the token lacks {' and '.join(missing)}: add {them} in Attio under Workspace settings → Developers"
        raise ForbiddenError(message)
    if identity.has_scope(MEMBERS_SCOPE):
        return f"the token has {', '.join(SCOPES)} and {MEMBERS_SCOPE}"
    return (
        f"the token has {' and '.join(SCOPES)}, but not {MEMBERS_SCOPE}: without that one attio_workspace_member gets no "
        "rows, and who moved a record is an id without a name"
    )


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
            "be missed, and nothing could be taken for deleted. Create one for the workspace in Attio under Workspace "
            "settings → Developers and set attio_api_token"
        )
        raise ForbiddenError(message)
    return "the token sees the whole workspace"


async def check_names(client: AttioClient, settings: Settings) -> str:
    """That every object and attribute exists and is a status.

    Raises:
        UnknownNameError: one does not; the message lists those that do.
        SettingsError: an attribute is of another type.
    """
    for history in settings.history:
        await _status_attribute(client, history)
    return "tracking " + ", ".join(map(str, settings.history))


async def check_history(client: AttioClient, settings: Settings) -> str:
    """That Attio hands out past values of every attribute.

    Raises:
        NoHistoryError: it does not.
    """
    read = 0
    for history in settings.history:
        for raw in await client.query_records(history.parent, {"limit": 1, "offset": 0}):
            record = parse_listed_record(raw, history.attribute)
            await client.fetch_values(history.parent, record.record_id, history.attribute)
            read += 1
    return f"{counted(read, 'history', 'histories')} read" if read else "there are no records yet"


async def _status_attribute(client: AttioClient, history: TrackedHistory) -> None:
    try:
        attributes = await client.fetch_attributes(history.parent)
    except UnknownNameError as error:
        raise UnknownNameError(await no_such_object(client, history.parent)) from error
    types = {a.api_slug: a.type for a in attributes}
    statuses = ", ".join(sorted(slug for slug, kind in types.items() if kind == "status")) or "none"
    if history.attribute not in types:
        message = f"{history.parent} has no attribute {history.attribute!r}; its status attributes are: {statuses}"
        raise UnknownNameError(message)
    if types[history.attribute] != "status":
        message = (
            f"{history.parent}.{history.attribute} is a {types[history.attribute]}, and only the history of a status is "
            f"tracked; the status attributes are: {statuses}"
        )
        raise SettingsError(message)


def run_check(settings: Settings, check: Check, environment: Environment | None = None) -> str:
    """Runs one check to its end and returns what it found out."""
    environment = environment or Environment()
    with (
        open_portal(environment) as portal,
        entered(portal, AttioClient.connect(settings, environment.transport, environment.now)) as client,
    ):
        return portal.call(check, client, settings)


def _run(configuration: dict, check: Check) -> object:
    test = Test()
    try:
        found = run_check(load_settings(configuration), check)
    except AttioSyncError as error:
        return test.failure(logs.dashboard_text(str(error)))
    logs.info(found)
    return test.success()
