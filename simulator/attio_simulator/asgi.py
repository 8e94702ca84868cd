"""The simulator as an ASGI application, for servers with real sockets."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

import anyio

from .requests import Answer, Request
from .transport import rest

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, MutableMapping

    from .requests import Api

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

EXTENSION = "attio_simulator.transport"
"""Where the server puts the connection's transport, so that an answer can end by losing the connection."""


class SimulatorApp:
    """An ASGI application in front of whatever answers requests."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; there is nothing to do at the start and the end of the server."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        latency = self._api.draw_latency() / 2
        if latency:
            await anyio.sleep(latency)
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["raw_path"].decode("ascii")
        answer = self._api.answer(Request(scope["method"], path, scope["query_string"].decode("ascii"), headers, body))
        if latency:
            await anyio.sleep(latency)
        if answer.stall and await _client_left(answer.stall, receive):
            return
        if answer.delivery in ("refuse", "drop"):
            await _reset(scope, receive)
            return
        await _send(answer, scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _send(answer: Answer, scope: Message, receive: Receive, send: Send) -> None:
    length = len(answer.body) + answer.padding
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.delivery == "whole" and not (answer.padding or answer.stall_amid):
        await send({"type": "http.response.body", "body": answer.body})
        return
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    if answer.stall_amid and await _client_left(answer.stall_amid, receive):
        return
    if answer.delivery == "drop_amid":
        # Let the first half leave before the reset throws away what is still in the buffers.
        await anyio.sleep(0.01)
        await _reset(scope, receive)
        return
    if answer.delivery == "cut":
        _transport(scope).close()
        await _client_left(1, receive)
        return
    async for piece in rest(answer):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _client_left(seconds: float, receive: Receive) -> bool:
    """Wait, and tell whether the client left meanwhile."""
    with anyio.move_on_after(seconds):
        while (await receive())["type"] != "http.disconnect":
            pass
        return True
    return False


def _transport(scope: Message) -> asyncio.Transport:
    transport = scope.get("extensions", {}).get(EXTENSION)
    if transport is None:
        message = "this server does not say how to lose a connection"
        raise RuntimeError(message)
    return transport


async def _reset(scope: Message, receive: Receive) -> None:
    """Lose the connection: the client sees it reset by its peer."""
    transport = _transport(scope)
    # With a linger time of zero the kernel sends a reset instead of an orderly end.
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _client_left(1, receive)
