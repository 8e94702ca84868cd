"""The settings of a command: from a configuration file where one is named, else from the environment and `.env`."""

import json
from pathlib import Path
from typing import Any, cast

from fivetran_connector_sdk_cli import configuration_decryption

from attio_sync.settings import Settings, load_settings, unknown_settings
from attio_sync.tables import as_object
from attio_workbench.errors import WorkbenchError
from attio_workbench.terminal import path_text, warn


def read_settings(configuration: Path | None, *, needs_token: bool = True) -> Settings:
    """The settings, with a warning for each key of the file that is none.

    A command that asks Attio nothing needs no token.

    Raises:
        SettingsError: one or more settings are missing or wrong.
        WorkbenchError: the file cannot be read.
    """
    given = {} if configuration is None else _read(configuration)
    settings = load_settings(given if needs_token else given | {"attio_api_token": "none"})
    # Where a setting is wrong or missing, the error has said this already.
    for sentence in unknown_settings(given):
        warn(sentence)
    return settings


def _read(path: Path) -> dict[str, Any]:
    """A configuration as Fivetran's commands take it; `fivetran configuration` encrypts the token in it."""
    try:
        given = as_object(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        message = f"cannot read {path_text(path)}: {error.strerror}"
        raise WorkbenchError(message) from error
    except ValueError:
        given = None
    if given is None or not all(isinstance(value, str) for value in given.values()):
        message = f'{path_text(path)} must be a JSON object of strings, such as {{"backfill_days": "90"}}'
        raise WorkbenchError(message)
    try:
        return cast("dict[str, Any]", configuration_decryption.decrypt_configuration_values(given))
    except ValueError as error:
        raise WorkbenchError(str(error)) from None
