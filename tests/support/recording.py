"""Keeps what goes by on its way to Attio."""

from dataclasses import dataclass, field

import httpx2


@dataclass(slots=True)
class Recording(httpx2.AsyncBaseTransport):
    """Every request, and how many were under way at once."""

    inner: httpx2.AsyncBaseTransport
    requests: list[httpx2.Request] = field(default_factory=list[httpx2.Request])
    under_way: int = 0
    most_under_way: int = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self.inner.handle_async_request(request)
        finally:
            self.under_way -= 1
