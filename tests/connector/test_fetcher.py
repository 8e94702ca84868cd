"""The fetcher: how many histories are read at once, what is held once it is left, and failures that are one source's."""

import gc
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import anyio
import anyio.lowlevel
import pytest
from tests.conftest import PROFILE
from tests.support.recording import Recording
from tests.support.world import Crm, Hiring, World, make_world

from attio_simulator import Behaviour, Limits, RequestInfo
from attio_sync.attribute_fetcher import AttioAttributeFetcher
from attio_sync.attribute_types import TYPES
from attio_sync.client import AttioClient
from attio_sync.errors import NoHistoryError
from attio_sync.histories import AttributeHistory
from attio_sync.limiter import Limiter
from attio_sync.pages import HistoryPage, HistoryPages
from attio_sync.parents import parse_parent
from attio_sync.sources import FIRST, Source
from attio_sync.state import Cursor

PEOPLE = parse_parent("people")
JOB_TITLE = Source(PEOPLE, "job_title", "titles", TYPES["text"])
DESCRIPTION = Source(PEOPLE, "description", "descriptions", TYPES["text"])
EMAILS = Source(PEOPLE, "email_addresses", "emails", TYPES["email-address"], is_multiple=True)


def hiring_world(latency: float = 0.05, concurrency: str = "auto") -> World:
    return make_world(Hiring(60), limits=Limits(latency=latency), concurrency=concurrency)


def crm_world() -> World:
    return make_world(Crm(130, seed=1))


def run(world: World, body: Callable[[AttioClient], Awaitable[None]], recording: Recording | None = None) -> None:
    async def connected() -> None:
        transport = recording or world.simulator.transport()
        async with AttioClient.connect(world.settings(), transport, world.time.now) as client:
            await body(client)

    anyio.run(connected, backend_options={"loop_factory": world.time.loop_factory})


# --- How many at once


@pytest.mark.parametrize(("concurrency", "most"), [("1", 1), ("3", 3), ("auto", 40), ("60", 60)])
def test_no_more_histories_are_under_way_than_allowed(concurrency: str, most: int) -> None:
    # Answers that take a second want more in flight than any number here allows.
    world = hiring_world(latency=1.0, concurrency=concurrency)
    recording = Recording(world.simulator.transport())
    record_ids = world.workspace.record_ids("applications") * 4
    read: list[str] = []

    async def read_all(client: AttioClient) -> None:
        async with AttioAttributeFetcher(client, [FIRST]).stream_records(FIRST, record_ids) as pages:
            async for page in pages:
                read.extend(history.record_id for history in page.histories)

    run(world, read_all, recording)
    assert read == record_ids
    assert recording.most_under_way == most


# --- How much waits


def test_what_comes_next_is_listed_while_histories_are_read() -> None:
    world = make_world(Hiring(0), limits=Limits(latency=0.05))
    moved, never_moved = list[str](), 240
    for _ in range(200):
        moved.append(world.workspace.create_record("applications", "Applied"))
        world.pass_time(seconds=1)
    world.pass_time(hours=1)
    for _ in range(never_moved):
        world.workspace.create_record("applications", "Applied")
        world.pass_time(seconds=1)
    for record_id in moved:
        world.workspace.set_status(record_id, "Offer")
    recording = Recording(world.simulator.transport())

    async def read_all(client: AttioClient) -> None:
        fetcher = AttioAttributeFetcher(client, [FIRST], page_size=30)
        async with fetcher.stream_attribute_values(None) as pages:
            assert len([history async for page in pages for history in page.histories]) == len(moved) + never_moved

    run(world, read_all, recording)
    asked = ["query" if request.url.path.endswith("/query") else "values" for request in recording.requests]
    # Of eight pages at whose records only the listing looks, none is left for when there is nothing else to ask for.
    assert asked[-1] == "values"


def test_of_long_histories_no_more_waits_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.pages.VALUES_AHEAD", 80)
    world = make_world(limits=Limits(latency=0.05), behaviour=Behaviour(values_page_maximum=20))
    now = world.workspace.clock.now()
    created: list[str] = []
    for number in range(24):
        moments = [now - timedelta(days=40 - number, seconds=n) for n in range(140, 0, -1)]
        titles = ["Applied", "Screening"] * 70 if number % 3 else ["Applied"]
        stays = list(zip(titles, moments, [*moments[1 : len(titles)], None], strict=False))
        created.append(world.workspace.create_record("applications", "Applied", at=moments[0]))
        world.workspace.replace_history(created[-1], stays)
    came, taken, waiting, alive = [0], [0], [0], list[int]()
    ids, listed_at = list[str](), dict[str, str]()

    def count(info: RequestInfo) -> None:
        came[0] += 20 * (info.kind == "values")
        waiting.append(came[0] - taken[0])

    async def read(client: AttioClient) -> None:
        async with AttioAttributeFetcher(client, [FIRST]).stream_attribute_values(None) as pages:
            async for page in pages:
                taken[0] += sum(20 * -(-len(history.raw) // 20) for history in page.histories)
                ids.extend(record.record_id for record in page.parts[FIRST].listed)
                listed_at.update({record.record_id: record.listed_at for record in page.parts[FIRST].listed})
                newest = max(listed_at.values())
                assert page.cursor == Cursor(newest, frozenset(one for one, at in listed_at.items() if at == newest))
                await anyio.sleep(60)  # while the consumer is busy nothing goes on
                if len(ids) % 5 == 0:
                    gc.collect()
                    alive.append(sum(isinstance(one, AttributeHistory) for one in gc.get_objects()))

    world.simulator.on_request(count)
    run(world, read)
    assert ids == created
    # A page of each history under way, and the first of them as a whole.
    assert max(waiting) <= 80 + 40 * 20 + 140 < taken[0] / 2
    assert max(alive) < 13


# --- Left in the middle


async def after_some_turns(pages: HistoryPages, number: int) -> None:
    """Turns of the event loop: the stream is left also between the moment a task is made and that at which it begins."""
    del pages
    for _ in range(number):
        await anyio.lowlevel.checkpoint()


async def after_a_while(pages: HistoryPages, number: int) -> None:
    with anyio.move_on_after(number / 40):
        async for _ in pages:
            pass


async def with_an_error(pages: HistoryPages, number: int) -> None:
    await after_a_while(pages, number)
    raise ZeroDivisionError


async def assert_all_places_are_free(limiter: Limiter) -> None:
    places = [object() for _ in range(limiter.most_in_flight)]
    with anyio.fail_after(1):
        for place in places:
            await limiter.take_place(place)
    for place in places:
        limiter.leave_place(place)


@pytest.mark.parametrize("concurrency", [pytest.param("1", marks=pytest.mark.long), "7"])
@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("leave", [after_some_turns, pytest.param(after_a_while, marks=pytest.mark.long), with_an_error])
def test_a_stream_that_is_left_holds_no_place_and_no_request(
    leave: Callable[[HistoryPages, int], Awaitable[None]],
    listed: bool,  # noqa: FBT001 (a case)
    concurrency: str,
) -> None:
    world = hiring_world(concurrency=concurrency)
    recording = Recording(world.simulator.transport())
    record_ids = world.workspace.record_ids("applications") * 2
    under_way: list[int] = []

    async def leave_again_and_again(client: AttioClient) -> None:
        fetcher = AttioAttributeFetcher(client, [FIRST])
        for number in range(0, 25, 1 if PROFILE == "long" else 3):
            stream = fetcher.stream_attribute_values(None) if listed else fetcher.stream_records(FIRST, record_ids)
            with suppress(ZeroDivisionError):
                async with stream as pages:
                    try:
                        await leave(pages, number)
                    finally:
                        under_way.append(recording.under_way)
            assert recording.under_way == 0
            await assert_all_places_are_free(client.limiter)

    run(world, leave_again_and_again, recording)
    assert any(under_way)


def test_a_caller_that_is_cancelled_leaves_no_place_and_no_request_behind() -> None:
    world = hiring_world()
    recording = Recording(world.simulator.transport())
    record_ids = world.workspace.record_ids("applications") * 2
    cancelled: list[bool] = []

    async def be_cancelled(client: AttioClient) -> None:
        fetcher = AttioAttributeFetcher(client, [FIRST])
        for number in range(0, 25, 1 if PROFILE == "long" else 3):
            with anyio.move_on_after(number / 40) as scope:
                async with fetcher.stream_records(FIRST, record_ids) as pages:
                    async for _ in pages:
                        pass
            cancelled.append(scope.cancelled_caught)
            assert recording.under_way == 0
            await assert_all_places_are_free(client.limiter)

    run(world, be_cancelled, recording)
    assert any(cancelled)


# --- Where a later sync goes on


def test_a_cursor_names_all_that_came_of_its_instant_also_with_earlier_pages() -> None:
    pages: list[HistoryPage] = []

    async def read(client: AttioClient) -> None:
        pages.extend(await all_pages(client, FIRST, page_size=3))

    world = hiring_world()
    world.workspace.import_records("applications", 7, "Applied")
    run(world, read)
    came: dict[str, set[str]] = {}
    for page in pages:
        for record in page.parts[FIRST].listed:
            came.setdefault(record.listed_at, set()).add(record.record_id)
        newest = max(came)
        assert page.cursor == Cursor(newest, frozenset(came[newest]))
    assert max(map(len, came.values())) > 3, "more than a page of one instant"


# --- Several attributes with one listing


def histories(pages: list[HistoryPage], source: Source) -> dict[str, list[object]]:
    return {history.record_id: list(history.raw) for page in pages for history in page.parts[source].histories}


async def all_pages(client: AttioClient, *sources: Source, page_size: int = 20) -> list[HistoryPage]:
    async with AttioAttributeFetcher(client, sources, page_size).stream_attribute_values(None) as pages:
        return [page async for page in pages]


def pages_of(world: World, *sources: Source, recording: Recording | None = None) -> list[HistoryPage]:
    pages: list[HistoryPage] = []

    async def read(client: AttioClient) -> None:
        pages.extend(await all_pages(client, *sources))

    run(world, read, recording)
    return pages


def asked_for(recording: Recording) -> Counter[str]:
    """How many histories were asked for, by attribute."""
    parts = [request.url.path.split("/") for request in recording.requests]
    return Counter(path[-2] for path in parts if path[-1] == "values")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_attribute_without_history_stops_no_other_of_its_listing(place: int) -> None:
    world = crm_world()
    people = world.workspace.record_ids("people")
    sources = [JOB_TITLE, EMAILS]
    sources.insert(place, DESCRIPTION)
    recording = Recording(world.simulator.transport())
    pages = pages_of(world, *sources, recording=recording)
    for source in (JOB_TITLE, EMAILS):
        assert all(page.parts[source].failure is None for page in pages)
        assert histories(pages, source) == {one: world.workspace.history(one, source.attribute) for one in people}
    failures = [page.parts[DESCRIPTION].failure for page in pages]
    assert {type(failure) for failure in failures} == {NoHistoryError}
    assert len(pages) > 2
    # What was under way when it was found out, and nothing after that.
    assert asked_for(recording)["description"] <= 40 < len(people)
