"""Smoke test: prints a few application ids, and so proves the token and the connection.

Token from the environment (ATTIO_API_TOKEN) or a `.env` file.
"""

import sys

import anyio

from attio_sync.attio_types.records import parse_listed_record
from attio_sync.checks import find_sources
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError
from attio_sync.settings import load_settings

APPLICATIONS = 5


async def list_a_few() -> list[str]:
    """The ids of the first few applications, or of whatever else is tracked first."""
    settings = load_settings({})
    async with AttioClient.connect(settings) as client:
        found = await find_sources(client, settings)
        for error in found.failures.values():
            raise error
        if not found.sources:
            return []
        source = found.sources[0]
        records = await client.query(source.parent, {"limit": APPLICATIONS, "offset": 0}, {source.attribute})
        return [parse_listed_record(record, source.parent, source.attribute).record_id for record in records]


def main() -> int:
    """Prints the ids; an error is one line and exit code 1."""
    try:
        ids = anyio.run(list_a_few)
    except AttioSyncError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{record_id}\n" for record_id in ids) or "connected; there are no applications yet\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
