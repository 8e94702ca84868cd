"""Fivetran's entry: `update`, `schema`, `configuration_form` and `connector`. `python connector.py` runs it locally.

https://fivetran.com/docs/connector-sdk/technical-reference/connector-sdk-code
"""

import argparse
import logging
from pathlib import Path

from fivetran_connector_sdk import ConfigurationForm, Connector, Operations

from attio_sync import checks, fivetran, streams
from attio_sync.catalog import Found
from attio_sync.env_files import env_files_read
from attio_sync.errors import AttioSyncError, GaveUpError
from attio_sync.settings import load_settings, settings_warnings, unknown_settings
from attio_sync.sync import run_sync

log = logging.getLogger("attio_sync.connector")

declared: list[Found | AttioSyncError] = []
"""What `schema` found and declared, for the `update` that follows: it must write to no table that is not declared."""


def schema(configuration: dict) -> list:
    """The tables, for these settings. Where somebody must act there are none: `update` says so, on the dashboard."""
    fivetran.log_to_fivetran()
    declared.clear()
    try:
        settings = load_settings(configuration)
        found = checks.run(settings, checks.find_sources)
    except GaveUpError:
        raise
    except AttioSyncError as error:
        declared.append(error)
        return []
    declared.append(found)
    return streams.schema(found.sources, definitions=settings.definitions)


def update(configuration: dict, state: dict) -> None:
    """One sync. What needs somebody to act is shown on the dashboard as an error; what passes by itself is raised."""
    fivetran.log_to_fivetran()
    try:
        for path in env_files_read():
            log.info("settings that are not in the configuration are read from %s", path)
        settings = load_settings(configuration)
        for sentence in unknown_settings(configuration) + settings_warnings(settings):
            log.warning(sentence)
        found = declared.pop() if declared else None
        if isinstance(found, AttioSyncError):
            raise found
        run_sync(settings, state, fivetran.FivetranSink(), found=found)
    except GaveUpError:
        raise
    except AttioSyncError as error:
        Operations.error(fivetran.dashboard_text(str(error)))
        raise


def configuration_form() -> ConfigurationForm:
    """The setup form with its tests."""
    return fivetran.build_form()


connector = Connector(update=update, schema=schema, configuration_form=configuration_form)

if __name__ == "__main__":
    from fivetran_connector_sdk_cli.connector_helper import get_configuration, get_state

    # As `fivetran debug` does: takes configuration.json, decrypted, and goes on from the state the last run left, wherever
    # it is called from.
    folder = str(Path(__file__).parent)
    asked = argparse.Namespace(command="debug", configuration=None, state=None, project_path=folder)
    configuration, _ = get_configuration(asked)
    connector.debug(folder, configuration=configuration or {}, state=get_state(asked))
