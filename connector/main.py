"""The smallest use of the fetcher: streams a few applications' histories to the terminal.

Token from the environment (ATTIO_API_TOKEN) or a `.env` file.
"""

import sys

import anyio

from attio_sync.attribute_fetcher import AttioAttributeFetcher
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError
from attio_sync.settings import load_settings

APPLICATIONS = 5


async def stream_a_few() -> None:
    """Prints the histories of the first few applications, as they arrive."""
    settings = load_settings({})
    history = settings.history[0]
    async with AttioClient.connect(settings) as client:
        fetcher = AttioAttributeFetcher(client, history, page_size=APPLICATIONS)
        async with fetcher.stream_attribute_values(since=None) as pages:
            page = await anext(pages, None)
            if page is None:
                sys.stdout.write("connected; there are no applications yet\n")
                return
            for item in page.histories:
                sys.stdout.write(f"{item.record_id}\n")
                for value in item.values:
                    until = value.active_until or "now"
                    sys.stdout.write(f"  {value.active_from} → {until:30} {value.status.title}\n")


def main() -> int:
    """Runs it; an error is one line and exit code 1."""
    try:
        anyio.run(stream_a_few)
    except AttioSyncError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
