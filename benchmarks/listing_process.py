"""What listing everything costs without the connector: the same requests through the same HTTP library.

`python -m benchmarks.listing_process '{"url": …, "token": …, "pages": 400, "decode": false}'` prints the processor seconds.
"""

import asyncio
import json
import resource
import sys
from typing import Any

import httpx2
from pydantic_core import from_json

from attio_sync.listing import build_query


async def read(job: dict[str, Any]) -> None:
    """Reads the pages one after the other, as bytes or as JSON."""
    headers = {"Authorization": f"Bearer {job['token']}"}
    async with httpx2.AsyncClient(base_url=job["url"], headers=headers, timeout=60) as http:
        for number in range(job["pages"]):
            body = build_query([], job["page_size"], number * job["page_size"])
            response = await http.post("/v2/objects/applications/records/query", json=body)
            response.raise_for_status()
            if job["decode"]:
                from_json(response.content)


def main() -> None:
    """Runs the job and reports."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    asyncio.run(read(json.loads(sys.argv[1])))
    after = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(json.dumps(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))


if __name__ == "__main__":
    main()
