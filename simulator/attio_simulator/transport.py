"""The simulator without a socket: a transport for httpx2.

A fault of the connection becomes the exception that httpx2 raises when it happens on a real socket. Time passes
through `anyio.sleep` alone, so that an event loop with a virtual clock can run it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio
import httpx2

from .requests import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from .requests import Answer, Api

CHUNK = 65_536


class SimulatorTransport(httpx2.AsyncBaseTransport):
    """Hands requests to what answers them in this process."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request."""
        body = await request.aread()
        latency = self._api.draw_latency() / 2
        patience = _Patience(request)
        await patience.wait(latency)
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        answer = self._api.answer(Request(request.method, path, query, _headers(request), body))
        await patience.wait(latency + answer.stall)
        if answer.delivery == "refuse":
            message = "All connection attempts failed"
            raise httpx2.ConnectError(message, request=request)
        if answer.delivery == "drop":
            message = "Connection reset by peer"
            raise httpx2.ReadError(message, request=request)
        if answer.delivery == "whole" and not (answer.padding or answer.stall_amid):
            return httpx2.Response(answer.status, headers=answer.headers, content=answer.body)
        length = len(answer.body) + answer.padding
        headers = [*answer.headers, ("content-length", str(length))]
        return httpx2.Response(answer.status, headers=headers, stream=_Body(answer, request))


class _Patience:
    """Waits, but no longer than the request's read timeout: then the client gives up."""

    def __init__(self, request: httpx2.Request) -> None:
        self._request = request
        timeout: dict[str, float | None] = request.extensions.get("timeout", {})
        self._left = timeout.get("read")

    async def wait(self, seconds: float) -> None:
        if self._left is not None and seconds >= self._left > 0:
            await anyio.sleep(self._left)
            message = "The read operation timed out"
            raise httpx2.ReadTimeout(message, request=self._request)
        await anyio.sleep(seconds)
        if self._left is not None:
            self._left -= seconds


class _Body(httpx2.AsyncByteStream):
    """A body that does not arrive at once, or not whole."""

    def __init__(self, answer: Answer, request: httpx2.Request) -> None:
        self._answer = answer
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        answer = self._answer
        half = len(answer.body) // 2
        yield answer.body[:half]
        if answer.stall_amid:
            await _Patience(self._request).wait(answer.stall_amid)
        if answer.delivery == "drop_amid":
            message = "Connection reset by peer"
            raise httpx2.ReadError(message, request=self._request)
        if answer.delivery == "cut":
            message = (
                "peer closed connection without sending complete message body "
                f"(received {half} bytes, expected {len(answer.body)})"
            )
            raise httpx2.RemoteProtocolError(message, request=self._request)
        async for piece in rest(answer):
            yield piece


async def rest(answer: Answer) -> AsyncIterator[bytes]:
    """Give the second half of a body, its padding before its last byte, in pieces."""
    half = len(answer.body) // 2
    yield answer.body[half:-1]
    left = answer.padding
    while left > 0:
        yield b" " * min(left, CHUNK)
        left -= CHUNK
    yield answer.body[-1:]


def _headers(request: httpx2.Request) -> dict[str, str]:
    return {name.decode("ascii").lower(): value.decode("latin-1") for name, value in request.headers.raw}
