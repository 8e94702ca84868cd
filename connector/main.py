"""The smallest use of the fetcher: shows a few applications' histories in the terminal.

Token from the environment (ATTIO_API_TOKEN) or a `.env` file.
"""

import io
import sys
from collections.abc import AsyncIterator

import anyio

from attio_sync.attribute_fetcher import AttioAttributeFetcher
from attio_sync.checks import find_sources
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError
from attio_sync.histories import AttributeHistory
from attio_sync.pages import HistoryPage
from attio_sync.settings import load_settings

APPLICATIONS = 5
PAGE_SIZE = 10
MOST_PAGES = 20
"""How far it looks for applications that have moved."""


async def stream_a_few() -> None:
    """Prints the histories of a few applications that have moved, or of others where too few have."""
    settings, shown = load_settings({}), list[AttributeHistory]()
    async with AttioClient.connect(settings) as client:
        found = await find_sources(client, settings)
        for error in found.failures.values():
            raise error
        if found.sources:
            fetcher = AttioAttributeFetcher(client, found.sources[:1], page_size=PAGE_SIZE)
            async with fetcher.stream_attribute_values(since=None) as pages:
                shown = await _worth_showing(pages)
    if not shown:
        sys.stdout.write("connected; there are no applications yet\n")
    for item in shown:
        sys.stdout.write(f"{item.record_id}\n")
        for value in item.raw:
            until = value["active_until"] or "now"
            sys.stdout.write(f"  {value['active_from']} → {until:30} {item.type.label(value)}\n")


async def _worth_showing(pages: AsyncIterator[HistoryPage]) -> list[AttributeHistory]:
    moved: list[AttributeHistory] = []
    others: list[AttributeHistory] = []
    pages_seen = 0
    async for page in pages:
        pages_seen += 1
        for item in page.histories:
            (moved if len(item.values) > 1 else others).append(item)
        if len(moved) >= APPLICATIONS or pages_seen == MOST_PAGES:
            break
    return [*moved, *others][:APPLICATIONS]


def main() -> int:
    """Runs it; an error is one line and exit code 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a terminal cannot show must not end it
    try:
        anyio.run(stream_a_few)
    except AttioSyncError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
