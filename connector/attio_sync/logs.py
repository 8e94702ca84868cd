"""What Fivetran shows: log lines, through the SDK's own logger, and texts on its dashboard."""

import html

from fivetran_connector_sdk import Logging

if Logging.LOG_LEVEL is None:
    # The SDK sets the level before it calls a connector; a script that uses the fetcher alone has none yet, and its
    # standard output is its own.
    setattr(Logging, "LOG_LEVEL", Logging.Level.WARNING)  # noqa: B010 (typed as None in the SDK)

info = Logging.info
warning = Logging.warning

DASHBOARD_CHARACTERS = 2000
"""Enough for any sentence of ours with a list of all attributes of an object."""


def dashboard_text(text: str) -> str:
    """A text for the dashboard, which shows HTML: of what Attio or the configuration says, nothing becomes a tag.

    Quotes stay: they mean something only within a tag, and the same text is also read where nothing is HTML.
    """
    if len(text) > DASHBOARD_CHARACTERS:
        text = text[: DASHBOARD_CHARACTERS - 1] + "…"
    return html.escape(text, quote=False)
