"""Log lines, through the SDK's own logger: Fivetran shows them on the dashboard."""

from fivetran_connector_sdk import Logging

if Logging.LOG_LEVEL is None:
    # The SDK sets the level before it calls a connector; a script that uses the fetcher alone has none yet.
    setattr(Logging, "LOG_LEVEL", Logging.Level.INFO)  # noqa: B010 (typed as None in the SDK)

info = Logging.info
warning = Logging.warning
debug = Logging.debug
