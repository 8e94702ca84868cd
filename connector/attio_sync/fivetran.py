"""Everything that is Fivetran's: operations, log, dashboard, setup form. With `connector.py` the only user of its SDK.

https://fivetran.com/docs/connector-sdk/technical-reference
"""

import html
import logging
from typing import Any, override

from fivetran_connector_sdk import ConfigurationForm, Logging, Operations, Test, form_field

from attio_sync.checks import Check, check_histories, check_names, check_reach, check_scopes, check_token, run
from attio_sync.errors import AttioSyncError
from attio_sync.settings import Settings, default_text, load_settings

DASHBOARD_CHARACTERS = 2000
"""Enough for any sentence of ours with a list of all attributes of an object."""


def dashboard_text(text: str) -> str:
    """A text for the dashboard, which shows HTML: of what Attio or the configuration says, nothing becomes a tag.

    Quotes stay: they mean something only within a tag, and the same text is also read where nothing is HTML.
    """
    if len(text) > DASHBOARD_CHARACTERS:
        text = text[: DASHBOARD_CHARACTERS - 1] + "…"
    return html.escape(text, quote=False)


class FivetranHandler(logging.Handler):
    """Hands log records on to Fivetran's log."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """One line of Fivetran's log, if there is one: the SDK sets a level before it calls a connector."""
        if Logging.LOG_LEVEL is None:
            return
        say = Logging.warning if record.levelno >= logging.WARNING else Logging.info
        say(self.format(record))


def log_to_fivetran() -> None:
    """From now on what this package logs is in Fivetran's log, and nowhere else."""
    package = logging.getLogger("attio_sync")
    if not any(isinstance(handler, FivetranHandler) for handler in package.handlers):
        package.addHandler(FivetranHandler())
    package.setLevel(logging.INFO)
    package.propagate = False


class FivetranSink:
    """Fivetran's operations. https://fivetran.com/docs/connector-sdk/technical-reference/connector-sdk-code/connector-sdk-methods."""

    def upsert(self, table: str, row: dict[str, Any]) -> None:
        """Inserts or replaces a row."""
        Operations.upsert(table, row)

    def delete(self, table: str, key: dict[str, Any]) -> None:
        """Soft-deletes a row."""
        Operations.delete(table, key)

    def truncate(self, table: str) -> None:
        """Soft-deletes all rows written so far."""
        Operations.truncate(table)

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Commits rows and state."""
        Operations.checkpoint(state)

    def warn(self, message: str) -> None:
        """Shows a warning on the dashboard."""
        Operations.warning(dashboard_text(message))


def build_form() -> ConfigurationForm:
    """Every setting with label, help and default, and the setup tests in the order in which they make sense."""
    form = ConfigurationForm()
    for key, field in Settings.model_fields.items():
        default = default_text(field)
        help_text = f"{field.description}." + (f" Default: {default}." if default else "")
        if field.annotation is bool:  # an untouched toggle would say no
            answers = [form_field.DropdownFieldParam(value="yes"), form_field.DropdownFieldParam(value="no")]
            title = field.title or key
            form.add_field(form_field.DropdownField(key, title, fields=answers, description=help_text, placeholder=default))
            continue
        form.add_field(
            form_field.TextField(
                key,
                field.title or key,
                form_field.TextField.password if key == "attio_api_token" else form_field.TextField.plain_text,
                description=help_text,
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
    return _run(configuration, check_histories)


def _run(configuration: dict, check: Check) -> object:
    log_to_fivetran()
    test = Test()
    try:
        settings = load_settings(configuration)
        # On Fivetran there are none; before a deploy the tests could pass with what is on this machine alone.
        local = sorted(settings.model_fields_set - {key for key, value in configuration.items() if value})
        if local and check is check_token:
            sentence = "not in the configuration but in the environment or a .env, which is not deployed: %s"
            logging.getLogger(__name__).warning(sentence, ", ".join(local))
        found = run(settings, check)
    except AttioSyncError as error:
        return test.failure(dashboard_text(str(error)))
    logging.getLogger(__name__).info(found)
    return test.success()
