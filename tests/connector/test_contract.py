"""A server that does not keep to what Attio documents: said plainly, and nothing wrong is written."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.support import truth
from tests.support.world import ERRORS, Hiring, World, make_world

from attio_sync.errors import ContractChangedError
from attio_sync.runtime import Environment
from attio_sync.sync import run_sync

type Alter = Callable[[Any], object]


class Altered(httpx2.AsyncBaseTransport):
    """The simulator behind something that alters the questions or the answers of one kind of request."""

    def __init__(self, world: World, ending: str, question: Alter | None = None, answer: Alter | None = None) -> None:
        self._inner = world.simulator.transport()
        self._ending, self._question, self._answer = ending, question, answer

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not request.url.path.endswith(self._ending):
            return await self._inner.handle_async_request(request)
        if self._question is not None:
            body = self._question(json.loads(request.content))
            headers = {k: v for k, v in request.headers.items() if k.lower() not in {"content-length", "content-type"}}
            request = httpx2.Request(request.method, request.url, headers=headers, json=body, extensions=request.extensions)
        response = await self._inner.handle_async_request(request)
        if self._answer is None:
            return response
        return httpx2.Response(response.status_code, json=self._answer(json.loads(await response.aread())))


def sync_through(world: World, transport: Altered) -> None:
    environment = Environment(world.time.now, world.time.monotonic, transport, world.time.loop_factory)
    run_sync(world.settings(), world.warehouse.state, world.warehouse, environment)
    world.warehouse.finish()


def test_a_listing_that_is_not_in_order_stops_before_anything_is_written() -> None:
    world = make_world(Hiring(50))
    backwards = Altered(world, "/query", answer=lambda answer: {"data": answer["data"][::-1]})
    with pytest.raises(ContractChangedError, match=r"did not list applications by created_at as asked"):
        sync_through(world, backwards)
    assert (world.histories, world.stays) == ({}, {})
    world.sync()
    world.assert_equal_to_attio()


def test_a_listing_that_cannot_go_past_an_instant_stops_and_says_so() -> None:
    world = make_world(page_size="50")
    world.workspace.import_records("applications", 60, "Applied")
    world.pass_time(minutes=1)
    world.workspace.create_record("applications", "Applied")

    def without_later_than(question: object) -> object:
        return json.loads(json.dumps(question).replace('"$gt"', '"$gte"'))

    with pytest.raises(ContractChangedError, match=r"listed a record created at .* when asked for later than"):
        sync_through(world, Altered(world, "/query", question=without_later_than))
    assert world.histories.items() <= truth.status_table(world.workspace).items()
    world.sync()
    world.assert_equal_to_attio()


def test_a_history_without_end_is_given_up_and_reported_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.value_reader.MOST_STAYS", 6_553)
    world = make_world()
    endless = world.workspace.create_record("applications", "Applied")
    world.pass_time(days=1)
    world.workspace.set_status(endless, "Screening")
    other = world.workspace.create_record("applications", "Applied")
    closed = world.workspace.history(endless)[0]
    pages = 0

    def another_page(_answer: object) -> object:
        nonlocal pages
        pages += 1
        return {"data": [{**closed, "number": pages}] * 1_000}

    sync_through(world, Altered(world, "/values", answer=another_page))
    assert pages == 7
    assert [(row["record_id"], row["reason"]) for row in world.warehouse.rows(ERRORS)] == [
        (endless, "more than 6,553 values")
    ]
    assert set(world.histories) == {other}
    world.sync()
    assert world.warehouse.rows(ERRORS) == []
    world.assert_equal_to_attio()
