"""The simulator as a server on loopback."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .asgi import EXTENSION

if TYPE_CHECKING:
    from collections.abc import Generator

    from .asgi import SimulatorApp

START_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers: `url` is its base URL, for example `http://127.0.0.1:8080`."""

    url: str
    port: int


class _Protocol(HttpToolsProtocol):
    """Lets the application lose the connection, which ASGI has no message for."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: self.transport}  # pyright: ignore[reportGeneralTypeIssues]


def check_loopback(host: str) -> None:
    """Refuse every host but this machine: a simulator has no business on a network.

    Raises:
        ValueError: the host is not a loopback address.
    """
    with contextlib.suppress(ValueError):
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    message = f"the simulator listens on loopback only, not on {host!r}"
    raise ValueError(message)


def bind(host: str, port: int) -> socket.socket:
    """Open the listening socket."""
    check_loopback(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Said to be TCP, because asyncio switches Nagle's algorithm off (40 ms an answer) for such sockets only.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except BaseException:
        listener.close()
        raise
    return listener


def _server(app: SimulatorApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        # The date is the workspace's, not this machine's.
        date_header=False,
        server_header=False,
        # Longer than any pause of a client, so that no request meets a connection that is just being closed.
        timeout_keep_alive=300,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def serve(app: SimulatorApp, *, host: str = "127.0.0.1", port: int = 0) -> Generator[RunningServer]:
    """Serve an application from a thread while the context lasts."""
    listener = bind(host, port)
    server = _server(app)
    thread = threading.Thread(target=server.run, args=([listener],), name="attio-simulator", daemon=True)
    thread.start()
    try:
        deadline = threading.Event()
        for _ in range(int(START_TIMEOUT / 0.005)):
            if server.started or not thread.is_alive():
                break
            deadline.wait(0.005)
        if not server.started:
            message = "the simulator did not start"
            raise RuntimeError(message)
        yield RunningServer(_url(listener), listener.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
