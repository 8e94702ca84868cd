from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.simulator.support import QUERY, START, Asking, values_url

from attio_simulator import Clock, Fault, Faults, Limits, Mangle, Simulator, Workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from attio_simulator.faults import FaultKind, RetryAfter


class VirtualTime(asyncio.SelectorEventLoop):
    """An event loop in which nothing is waited for: the clock jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        ready, scheduled = self._ready, self._scheduled  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
        if scheduled and not ready:
            self.now = max(self.now, scheduled[0].when())  # pyright: ignore[reportUnknownArgumentType]
        super()._run_once()  # pyright: ignore[reportAttributeAccessIssue]


def run[T](task: Callable[[httpx2.AsyncClient], Awaitable[T]], simulator: Simulator) -> tuple[T, float]:
    """Run a task with a client of the simulator; give its result and the virtual seconds it took."""
    loop = VirtualTime()

    async def inside() -> T:
        headers = {"authorization": f"Bearer {simulator.token}"}
        async with httpx2.AsyncClient(
            transport=simulator.transport(), base_url="https://api.attio.com", headers=headers, timeout=30
        ) as client:
            return await task(client)

    try:
        return loop.run_until_complete(inside()), loop.now
    finally:
        loop.close()


def get(url: str = "/v2/self") -> Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]:
    return lambda client: client.get(url)


@pytest.fixture
def simulator(workspace: Workspace) -> Simulator:
    return Simulator(workspace, limits=Limits.off(), faults=Faults())


@pytest.fixture
def record_id(workspace: Workspace) -> str:
    return workspace.create_record("applications", "Applied")


def test_the_transport_answers_as_the_simulator_does(simulator: Simulator, record_id: str) -> None:
    response, seconds = run(get(values_url(record_id)), simulator)
    answer = Asking(simulator).answer("GET", values_url(record_id))
    assert response.content == answer.body
    assert response.headers["content-type"] == "application/json"
    assert response.headers["date"] == "Tue, 24 Nov 2026 10:00:00 GMT"
    assert seconds == 0.0


def test_latency_passes_half_before_the_request_arrives_and_half_after(workspace: Workspace) -> None:
    limits = Limits.off()
    limits.latency = 0.4
    simulator = Simulator(workspace, limits=limits)
    arrived: list[float] = []
    simulator.on_request(lambda _: arrived.append(asyncio.get_running_loop().time()))
    _, seconds = run(get(), simulator)
    assert seconds == pytest.approx(0.4)
    assert arrived == [pytest.approx(0.2)]


def test_a_client_whose_patience_is_shorter_than_the_latency_times_out(workspace: Workspace) -> None:
    limits = Limits.off()
    limits.latency = 100.0
    simulator = Simulator(workspace, limits=limits)

    async def task(client: httpx2.AsyncClient) -> None:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get("/v2/self", timeout=httpx2.Timeout(5, read=2))
        assert (await client.get("/v2/self", timeout=None)).status_code == 200

    _, seconds = run(task, simulator)
    assert seconds == pytest.approx(102.0)


def test_a_workspace_can_live_in_the_time_of_the_event_loop(workspace: Workspace) -> None:
    async def task(client: httpx2.AsyncClient) -> list[int]:
        workspace.clock = Clock(start=START, source=asyncio.get_running_loop().time)
        statuses: list[int] = []
        for _ in range(7):
            statuses.append((await client.get("/v2/self")).status_code)
            await asyncio.sleep(0.25)
        return statuses

    simulator = Simulator(workspace, limits=Limits(reads_per_second=3, latency=0.0))
    assert run(task, simulator)[0] == [200, 200, 200, 429, 200, 200, 200]


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [
        ("next_second", "Tue, 24 Nov 2026 10:00:01 GMT"),
        ("absent", None),
        ("nonsense", "in a little while"),
        ("past", "Tue, 24 Nov 2026 09:00:00 GMT"),
        ("hour", "Tue, 24 Nov 2026 11:00:00 GMT"),
        ("seconds", "1"),
    ],
)
def test_a_burst_of_429_comes_with_every_kind_of_retry_after(
    simulator: Simulator, retry_after: RetryAfter, header: str | None
) -> None:
    simulator.faults.add(Fault(kind="rate_limited", at=[2], burst=2, retry_after=retry_after))
    answers = [Asking(simulator).answer("GET", "/v2/self") for _ in range(4)]
    assert [one.status for one in answers] == [200, 429, 429, 200]
    assert dict(answers[1].headers).get("retry-after") == header
    assert json.loads(answers[1].body)["code"] == "rate_limit_exceeded"
    assert simulator.requests.answered_429 == 2


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors_have_json_html_or_nothing(simulator: Simulator, status: int) -> None:
    simulator.faults.add(Fault(kind="server_error", at=[1], status=status, body="json"))
    simulator.faults.add(Fault(kind="server_error", at=[2], status=status, body="html"))
    simulator.faults.add(Fault(kind="server_error", at=[3], status=status, body="empty"))
    answers = [run(get(), simulator)[0] for _ in range(3)]
    assert [one.status_code for one in answers] == [status] * 3
    assert answers[0].json()["status_code"] == status
    assert answers[1].text.startswith("<html>")
    assert answers[2].content == b""


def test_any_answer_can_be_given(api: Asking) -> None:
    body = {"status_code": 403, "type": "auth_error", "code": "billing_error", "message": "Please upgrade."}
    api.simulator.faults.add(Fault(kind="answer", status=403, payload=body))
    assert api.ask("GET", "/v2/objects") == (403, body)


def test_a_200_can_be_no_json_or_half_of_it(simulator: Simulator, record_id: str) -> None:
    whole = Asking(simulator).answer("GET", values_url(record_id)).body
    simulator.faults.add(Fault(kind="not_json", times=1))
    assert run(get(values_url(record_id)), simulator)[0].text.startswith("<html>")
    simulator.faults.add(Fault(kind="truncated"))
    response = run(get(values_url(record_id)), simulator)[0]
    assert response.content == whole[: len(whole) // 2]
    assert int(response.headers["content-length"]) == len(response.content)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", httpx2.ConnectError),
        ("drop", httpx2.ReadError),
        ("drop_amid", httpx2.ReadError),
        ("cut", httpx2.RemoteProtocolError),
        ("stall", httpx2.ReadTimeout),
        ("stall_amid", httpx2.ReadTimeout),
    ],
)
def test_a_broken_connection_becomes_the_error_of_a_real_one(
    simulator: Simulator, kind: FaultKind, error: type[httpx2.TransportError]
) -> None:
    simulator.faults.add(Fault(kind=kind, times=1))

    async def task(client: httpx2.AsyncClient) -> httpx2.Response:
        with pytest.raises(error) as caught:
            await client.get("/v2/self")
        assert caught.value.request.url.path == "/v2/self"
        return await client.get("/v2/self")

    response, seconds = run(task, simulator)
    assert response.status_code == 200
    assert seconds == (30.0 if kind.startswith("stall") else 0.0)
    is_unanswered = kind in ("refuse", "drop")
    assert simulator.requests.by_status == ({0: 1, 200: 1} if is_unanswered else {200: 2})


def test_a_short_stall_only_takes_time(simulator: Simulator) -> None:
    whole = Asking(simulator).answer("GET", "/v2/self").body
    stalls: list[tuple[FaultKind, float]] = [("stall", 7.0), ("stall_amid", 8.0)]
    for kind, seconds in stalls:
        simulator.faults.clear()
        simulator.faults.add(Fault(kind=kind, seconds=seconds))
        response, took = run(get(), simulator)
        assert response.content == whole
        assert took == pytest.approx(seconds)


def test_a_huge_body_comes_in_pieces_and_is_still_json(simulator: Simulator) -> None:
    simulator.faults.add(Fault(kind="huge", size=3_000_000))

    async def task(client: httpx2.AsyncClient) -> list[bytes]:
        async with client.stream("GET", "/v2/self") as response:
            assert response.headers["content-length"] == "3000000"
            return [piece async for piece in response.aiter_raw()]

    pieces = run(task, simulator)[0]
    assert sum(map(len, pieces)) == 3_000_000
    assert max(map(len, pieces)) < 100_000
    assert json.loads(b"".join(pieces))["active"] is True


def test_a_redirect_points_to_another_host(simulator: Simulator) -> None:
    simulator.faults.add(Fault(kind="redirect"))
    response = run(get(), simulator)[0]
    assert response.status_code == 302
    assert httpx2.URL(response.headers["location"]).host == "elsewhere.example.com"


def test_a_dropped_write_is_not_done_but_one_whose_answer_is_lost_is(simulator: Simulator, workspace: Workspace) -> None:
    body = {"data": {"values": {"workflow_status": "Applied"}}}

    async def task(client: httpx2.AsyncClient) -> None:
        lost: list[tuple[FaultKind, int]] = [("drop", 0), ("cut", 1)]
        for kind, count in lost:
            simulator.faults.clear()
            simulator.faults.add(Fault(kind=kind))
            with pytest.raises(httpx2.TransportError):
                await client.post("/v2/objects/applications/records", json=body)
            assert len(workspace.record_ids("applications")) == count

    run(task, simulator)


def test_a_record_vanishes_between_listing_and_reading(api: Asking, record_id: str) -> None:
    other_id = api.simulator.workspace.create_record("applications", "Applied")
    api.simulator.faults.add(Fault(kind="vanish", on=["values"], records=[record_id]))
    assert set(api.ids()) == {record_id, other_id}
    assert api.refusal("GET", values_url(record_id))[:2] == (404, "not_found")
    assert len(api.get(values_url(other_id))) == 1
    assert api.ids() == [other_id]


def test_the_workspace_changes_between_two_pages(api: Asking, record_id: str) -> None:
    workspace = api.simulator.workspace
    api.simulator.faults.add(
        Fault(kind="change", on=["query"], at=[2], change=lambda store: store.delete_record(record_id))
    )
    assert api.ids() == [record_id]
    assert api.ids() == []
    api.simulator.faults.clear()
    api.simulator.faults.add(Fault(kind="change"))
    sizes: set[int] = set()
    moved = 0
    for _ in range(60):
        api.query()
        sizes.add(len(workspace.record_ids("applications")))
        moved = max(moved, *(len(workspace.history(one)) for one in workspace.record_ids("applications")), 0)
    assert len(sizes) > 2
    assert moved > 1


@pytest.mark.parametrize(
    ("mangle", "expected"),
    [
        (Mangle(), "missing"),
        (Mangle(how="wrong_type"), 12_345),
        (Mangle(how="wrong_type", field="status"), 12_345),
        (Mangle(how="wrong_type", field="status.is_archived"), ["wrong"]),
        (Mangle(how="null", field="status.id.status_id"), None),
        (Mangle(how="not_an_object"), "not an object"),
        (Mangle(by=lambda value: {**value, "active_from": "never"}), "never"),
    ],
)
def test_the_values_of_given_records_are_mangled(api: Asking, record_id: str, mangle: Mangle, expected: object) -> None:
    other_id = api.simulator.workspace.create_record("applications", "Applied")
    before = {one: api.get(values_url(one)) for one in (record_id, other_id)}
    api.simulator.faults.add(Fault(kind="mangle", records=[record_id], mangle=mangle))
    [value] = api.get(values_url(record_id))
    shown: Any = value
    for name in () if mangle.how == "not_an_object" else mangle.field.split("."):
        shown = shown.get(name, "missing")
    assert shown == expected
    assert api.get(values_url(other_id)) == before[other_id]
    listed = {row["id"]["record_id"]: row["values"]["workflow_status"] for row in api.query()}
    assert listed == {record_id: [value], other_id: before[other_id]}
    assert api.get(f"/v2/objects/applications/records/{record_id}")["values"]["workflow_status"] == [value]
    api.simulator.faults.clear()
    assert api.get(values_url(record_id)) == before[record_id]


def test_values_can_go_beyond_what_is_known(api: Asking, record_id: str) -> None:
    api.simulator.faults.add(Fault(kind="unknown_field"))
    api.simulator.faults.add(Fault(kind="unknown_enum"))
    [value] = api.get(values_url(record_id))
    assert value["source_of_value"]["kind"] == "automation"
    assert value["status"]["colour"] == "teal"
    assert value["created_by_actor"]["type"] == "ai-agent"
    assert api.query()[0]["values"]["workflow_status"] == [value]
    assert api.ask("GET", "/v2/self")[1]["active"] is True
    assert api.refusal("GET", values_url(record_id, "nothing"))[0] == 404


def test_a_rate_decides_by_its_seed(workspace: Workspace) -> None:
    def statuses(seed: int) -> list[int]:
        faults = Faults(Fault(kind="server_error", rate=0.3, status=503), seed=seed)
        api = Asking(Simulator(workspace, limits=Limits.off(), faults=faults))
        return [api.answer("GET", "/v2/self").status for _ in range(300)]

    assert statuses(1) == statuses(1) != statuses(2)
    assert 60 < statuses(1).count(503) < 120


def test_a_schedule_counts_the_requests_it_is_about(api: Asking, record_id: str) -> None:
    fault = api.simulator.faults.add(Fault(kind="server_error", on=["values"], at=[2, 3], status=500))
    urls = [values_url(record_id), "/v2/self", values_url(record_id), "/v2/self", values_url(record_id), "/v2/self"]
    assert [api.answer("GET", url).status for url in urls] == [200, 200, 500, 200, 500, 200]
    assert fault.happened == 2


def test_a_fault_happens_at_most_so_many_times(api: Asking) -> None:
    api.simulator.faults.add(Fault(kind="server_error", rate=1.0, times=2))
    assert [api.answer("POST", QUERY).status for _ in range(4)] == [502, 502, 200, 200]


def test_of_two_faults_that_answer_the_first_happens_and_the_other_does_not(api: Asking, record_id: str) -> None:
    first = api.simulator.faults.add(Fault(kind="server_error", status=500, times=1))
    second = api.simulator.faults.add(Fault(kind="server_error", status=503, times=1))
    vanish = api.simulator.faults.add(Fault(kind="vanish", at=[1]))
    stall = api.simulator.faults.add(Fault(kind="stall", at=[1]))
    assert [api.answer("GET", values_url(record_id)).status for _ in range(3)] == [500, 503, 200]
    assert [fault.happened for fault in (first, second, vanish, stall)] == [1, 1, 0, 1]


def test_faults_can_be_mixed(api: Asking, record_id: str) -> None:
    api.simulator.faults.add(Fault(kind="unknown_field"))
    api.simulator.faults.add(Fault(kind="stall", seconds=2))
    api.simulator.faults.add(Fault(kind="stall", seconds=3))
    api.simulator.faults.add(Fault(kind="cut"))
    api.simulator.faults.add(Fault(kind="drop_amid"))
    answer = api.answer("GET", values_url(record_id))
    assert (answer.stall, answer.delivery) == (5, "cut")
    assert b"source_of_value" in answer.body
    api.simulator.faults.add(Fault(kind="drop"))
    assert api.answer("GET", values_url(record_id)).delivery == "drop"
