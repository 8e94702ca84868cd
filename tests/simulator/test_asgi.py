from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.simulator.support import Asking

from attio_simulator import Fault, Faults, Limits, Simulator, Workspace

if TYPE_CHECKING:
    from collections.abc import MutableMapping


@pytest.fixture
def simulator(workspace: Workspace) -> Simulator:
    return Simulator(workspace, limits=Limits.off(), faults=Faults())


def get(simulator: Simulator) -> httpx2.Response:
    async def inside() -> httpx2.Response:
        transport = httpx2.ASGITransport(simulator.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get("/v2/self", headers={"authorization": f"Bearer {simulator.token}"})

    return asyncio.run(inside())


def test_the_application_runs_on_any_asgi_server(simulator: Simulator) -> None:
    assert get(simulator).content == Asking(simulator).answer("GET", "/v2/self").body


def test_a_server_that_cannot_lose_connections_says_so(simulator: Simulator) -> None:
    simulator.faults.add(Fault(kind="drop"))
    with pytest.raises(RuntimeError, match="lose a connection"):
        get(simulator)


def test_the_application_starts_and_stops_when_told(simulator: Simulator) -> None:
    said: list[str] = []
    told = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> MutableMapping[str, Any]:
        return told.pop(0)

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message["type"])

    asyncio.run(simulator.app({"type": "lifespan"}, receive, send))
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
