from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx2
import pytest
from tests.simulator.support import QUERY, Asking, values_url

from attio_simulator import Fault, Faults, Limits, Simulator, Workspace
from attio_simulator.sockets import check_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attio_simulator import RunningServer
    from attio_simulator.faults import FaultKind


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Simulator, RunningServer]]:
    simulator = Simulator(Workspace.hiring(seed=2), limits=Limits.off(), faults=Faults())
    with simulator.serve() as server:
        yield simulator, server


@pytest.fixture
def simulator(served: tuple[Simulator, RunningServer]) -> Iterator[Simulator]:
    yield served[0]
    served[0].faults.clear()


@pytest.fixture
def client(served: tuple[Simulator, RunningServer]) -> Iterator[httpx2.Client]:
    headers = {"authorization": f"Bearer {served[0].token}"}
    with httpx2.Client(base_url=served[1].url, headers=headers, timeout=60) as client:
        yield client


def test_a_socket_gives_the_same_bytes_as_no_socket(simulator: Simulator, client: httpx2.Client) -> None:
    record_id = simulator.workspace.create_record("applications", "Applied")
    for method, url, body in (
        ("GET", values_url(record_id), None),
        ("POST", QUERY, b'{"limit": 1}'),
        ("GET", "/v2/objects/a%2Fb%20c", None),
        ("PUT", "/v2/nothing", b"{}"),
    ):
        response = client.request(method, url, content=body)
        answer = Asking(simulator).answer(method, url, body)
        assert (response.status_code, response.content) == (answer.status, answer.body)
        assert response.headers["content-type"] == "application/json"
        assert len(response.headers.get_list("date")) == 1


def test_a_large_body_is_read_whole(client: httpx2.Client) -> None:
    name = "x" * 300_000
    response = client.post("/v2/objects/applications/records", json={"data": {"values": {"name": name}}})
    assert response.json()["data"]["values"]["name"][0]["value"] == name


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", httpx2.ReadError),
        ("drop", httpx2.ReadError),
        ("drop_amid", httpx2.ReadError),
        ("cut", httpx2.RemoteProtocolError),
        ("stall", httpx2.ReadTimeout),
        ("stall_amid", httpx2.ReadTimeout),
    ],
)
def test_faults_happen_on_the_socket(
    simulator: Simulator, client: httpx2.Client, kind: FaultKind, error: type[httpx2.TransportError]
) -> None:
    # A query is answered with more bytes than the client reads at once, so that it is amid the body.
    simulator.workspace.import_records("applications", 200, "Applied")
    simulator.faults.add(Fault(kind=kind, times=1))
    with pytest.raises(error):
        client.post(QUERY, timeout=httpx2.Timeout(60, read=0.3 if error is httpx2.ReadTimeout else 60))
    assert client.post(QUERY).status_code == 200


def test_a_stall_passes_and_a_huge_body_arrives(simulator: Simulator, client: httpx2.Client) -> None:
    simulator.faults.add(Fault(kind="stall", seconds=0.05))
    simulator.faults.add(Fault(kind="stall_amid", seconds=0.05))
    simulator.faults.add(Fault(kind="huge", size=2_000_000))
    response = client.get("/v2/self")
    assert len(response.content) == 2_000_000
    assert response.json()["active"] is True


def test_latency_is_real(simulator: Simulator, client: httpx2.Client) -> None:
    simulator.limits.latency = 0.2
    asked_at = time.monotonic()
    assert client.get("/v2/self").status_code == 200
    assert time.monotonic() - asked_at >= 0.2
    simulator.limits.latency = 0.0


def test_a_client_that_leaves_early_does_not_stop_the_server(served: tuple[Simulator, RunningServer]) -> None:
    server = served[1]
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /v2/self HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    assert httpx2.get(f"{server.url}/v2/self").status_code == 400


def test_other_threads_may_write_while_it_serves(simulator: Simulator, client: httpx2.Client) -> None:
    workspace = simulator.workspace

    def write() -> None:
        for _ in range(300):
            workspace.delete_record(workspace.create_record("applications", "Applied"))

    writer = threading.Thread(target=write)
    writer.start()
    sorts = [{"direction": "asc", "attribute": "name"}]
    while writer.is_alive():
        assert client.post(QUERY, json={"sorts": sorts, "limit": 5}).status_code == 200
    writer.join()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.com", "::", ""])  # noqa: S104 - they are refused
def test_only_loopback_is_listened_on(workspace: Workspace, host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"), Simulator(workspace).serve(host=host):
        pass


def test_every_loopback_address_will_do() -> None:
    for host in ("127.0.0.1", "127.0.0.2", "::1", "localhost"):
        check_loopback(host)


def test_a_taken_port_is_an_error(workspace: Workspace) -> None:
    simulator = Simulator(workspace)
    with simulator.serve() as first, pytest.raises(OSError, match="in use"), simulator.serve(port=first.port):
        pass
