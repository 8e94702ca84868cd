"""What listing everything costs without the connector: the same requests through the same HTTP library.

`python -m benchmarks.listing_process '{"url": …, "token": …, "pages": 400, "decode": false}'` prints the processor seconds.
"""

import asyncio
import json
import resource
import sys
from typing import Any

import httpx2

from attio_sync import wire
from attio_sync.listing import build_query
from attio_sync.parents import parse_parent
from attio_sync.runtime import utc_now


async def read(job: dict[str, Any]) -> None:
    """Reads the pages one after the other, as bytes or as JSON."""
    headers = {"Authorization": f"Bearer {job['token']}"}
    async with httpx2.AsyncClient(base_url=job["url"], headers=headers, timeout=60) as http:
        for number in range(job["pages"]):
            body = build_query([], job["page_size"], number * job["page_size"])
            request = wire.query(parse_parent("applications"), body, {"workflow_status"})
            response = await http.post(request.path, json=request.body)
            response.raise_for_status()
            if job["decode"]:
                wire.decode(request, response.status_code, response.headers, response.content, utc_now())


def main() -> None:
    """Runs the job and reports."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    asyncio.run(read(json.loads(sys.argv[1])))
    after = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(json.dumps(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))


if __name__ == "__main__":
    main()
