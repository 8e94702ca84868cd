"""The client against all that goes wrong on the way to Attio: what is repeated, how long, and what it says then."""

import json
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

import anyio
import httpx2
import pytest
from tests.support.recording import Recording
from tests.support.world import World, fast_limits, make_world

from attio_simulator import Behaviour, Clock, Fault, Faults, Limits, Simulator, Workspace, generate_hiring_pipeline
from attio_simulator.render import RecordWriter
from attio_sync import client
from attio_sync.attio_types.workspace import AttioAttribute, AttioObject, AttioStatus
from attio_sync.catalog import Catalog
from attio_sync.client import REQUEST_SECONDS, AttioClient
from attio_sync.errors import (
    AttioSyncError,
    ContractChangedError,
    FilterRefusedError,
    ForbiddenError,
    GaveUpError,
    MergeInProgressError,
    NoHistoryError,
    RateLimitedError,
    RecordGoneError,
    RequestRefusedError,
    SettingsError,
    TryAgainError,
    UnauthorizedError,
    UnknownNameError,
    UnreachableError,
)
from attio_sync.limiter import ATTEMPTS, REFUSED_SECONDS, RETRY_SECONDS, Effort
from attio_sync.listing import fetch_attributes
from attio_sync.parents import parse_parent
from attio_sync.small_tables import ATTRIBUTES, LISTS, MEMBERS, OBJECTS, STATUSES, Definition, Place
from attio_sync.sources import Source, Tracked

APPLICATIONS = parse_parent("applications")
HIRING = parse_parent("lists/hiring")

type Ask[T] = Callable[[AttioClient], Awaitable[T]]


def pipeline(clock: Clock) -> Workspace:
    return generate_hiring_pipeline(60, seed=5, clock=clock)


@dataclass(slots=True)
class Line:
    """A client on its line to a simulated workspace, or to whatever `transport` is; waiting takes no time."""

    world: World
    transport: httpx2.AsyncBaseTransport
    configuration: dict[str, str] = field(default_factory=dict[str, str])
    client: AttioClient | None = None

    @property
    def seconds(self) -> float:
        return self.world.time.seconds

    @property
    def asked(self) -> int:
        return self.world.simulator.requests.total

    def ask[T](self, what: Ask[T]) -> T:
        async def body() -> T:
            settings = self.world.settings(**self.configuration)
            async with AttioClient.connect(settings, self.transport, self.world.time.now) as self.client:
                return await what(self.client)

        return anyio.run(body, backend_options={"loop_factory": self.world.time.loop_factory})

    def fails[E: AttioSyncError](self, error: type[E], what: Ask[object]) -> E:
        """The error it ends with, which does not show the token in any way."""
        with pytest.raises(error) as caught:
            self.ask(what)
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value))
        assert self.world.simulator.token not in shown
        assert type(caught.value) is error
        return caught.value


def line(*faults: Fault, limits: Limits | None = None, behaviour: Behaviour | None = None, **configuration: str) -> Line:
    world = make_world(pipeline, faults=Faults(*faults), limits=limits or Limits.off(), behaviour=behaviour)
    return Line(world, world.simulator.transport(), configuration)


def line_to(handler: Callable[[httpx2.Request], httpx2.Response]) -> Line:
    return Line(make_world(), httpx2.MockTransport(handler))


def answering(status: int = 200, data: object = None, **headers: str) -> Line:
    """A line on which every answer is this."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return line_to(lambda _: httpx2.Response(status, headers=sent, json=data))


def first_record(it: Line) -> str:
    return it.world.workspace.record_ids("applications")[0]


def values_of(record_id: str, attribute: str = "workflow_status") -> Ask[list[Any]]:
    return lambda client: client.fetch_values(APPLICATIONS, record_id, attribute)


def listing(client: AttioClient) -> Awaitable[list[Any]]:
    return client.query(APPLICATIONS, {"limit": 500, "offset": 0}, {"workflow_status"})


def attributes(client: AttioClient) -> Awaitable[list[AttioAttribute]]:
    return fetch_attributes(client, APPLICATIONS)


def identity(client: AttioClient) -> Awaitable[object]:
    return client.fetch_self()


# --- What it reads


def test_a_listing_page_comes_as_attio_answers_it() -> None:
    it = line()
    collection = it.world.workspace.object("applications")
    writer = RecordWriter(it.world.workspace, collection)
    whole = [writer.write(collection.records[record_id]) for record_id in collection.ids]
    assert it.ask(listing) == [
        {
            "id": {"record_id": item["id"]["record_id"]},
            "created_at": item["created_at"],
            "values": {
                "created_at": [{"value": one["value"]} for one in item["values"]["created_at"]],
                "workflow_status": item["values"]["workflow_status"],
            },
        }
        for item in whole
    ]


def test_limit_and_offset_reach_attio() -> None:
    it = line()
    page = it.ask(lambda client: client.query(APPLICATIONS, {"limit": 7, "offset": 50}, {"workflow_status"}))
    assert [record["id"]["record_id"] for record in page] == it.world.workspace.record_ids("applications")[50:57]


def test_a_history_comes_with_its_past_and_from_the_offset_on() -> None:
    it = line()
    record_id = max(it.world.workspace.record_ids("applications"), key=lambda one: len(it.world.workspace.history(one)))
    history = it.world.workspace.history(record_id)
    assert it.ask(values_of(record_id)) == history
    assert it.ask(lambda client: client.fetch_values(APPLICATIONS, record_id, "workflow_status", 2)) == history[2:]
    assert len(history) > 3


def test_an_object_whose_slug_needs_escaping_is_reached() -> None:
    world = make_world(
        lambda clock: generate_hiring_pipeline(3, clock=clock, object_slug="über/?#%2e", attribute_slug="a b/c")
    )
    it = Line(world, world.simulator.transport())
    record_id = world.workspace.record_ids("über/?#%2e")[0]
    found = it.ask(lambda client: client.fetch_values(parse_parent("über/?#%2e"), record_id, "a b/c"))
    assert found == world.workspace.history(record_id, "a b/c")


def test_objects_attributes_and_statuses_are_those_of_the_workspace() -> None:
    it = line()
    objects = it.ask(lambda client: client.fetch_definitions(OBJECTS, Place()))
    assert {one.api_slug for one in objects} == {one.slug for one in it.world.workspace.objects()}
    assert all(isinstance(one, AttioObject) for one in objects)
    expected = it.world.workspace.object("applications").attributes
    assert [(one.api_slug, one.type) for one in it.ask(attributes)] == [(one.slug, one.type) for one in expected]
    statuses = it.ask(lambda client: client.fetch_definitions(STATUSES, Place(APPLICATIONS, "workflow_status")))
    assert "Phone screen" in [one.title for one in statuses if one.is_archived]
    assert all(isinstance(one, AttioStatus) for one in statuses)


def test_the_token_is_for_this_workspace_and_may_do_this() -> None:
    it = line()
    found = it.ask(lambda client: client.fetch_self())
    assert (found.active, found.workspace_name) == (True, it.world.workspace.name)
    assert set(found.scope.split()) == it.world.simulator.scopes


def attribute(number: int) -> dict[str, object]:
    return {"id": {"attribute_id": str(number)}, "api_slug": f"a{number}", "title": "A", "type": "text"}


@pytest.mark.parametrize("page_size", [1, 2, 7])
def test_attributes_are_read_page_by_page(page_size: int) -> None:
    every = list(map(attribute, range(7)))

    def answer(request: httpx2.Request) -> httpx2.Response:
        offset = int(request.url.params.get("offset", "0"))
        return httpx2.Response(200, json={"data": every[offset : offset + page_size]})

    found = line_to(answer).ask(attributes)
    assert found == [AttioAttribute.model_validate(one) for one in every]


def test_what_could_be_tracked_instead_is_named_from_every_page() -> None:
    every = [attribute(n) | {"type": kind} for n, kind in enumerate(["interaction", "text", "status", "status"])]
    every[2]["is_archived"] = True

    def answer(request: httpx2.Request) -> httpx2.Response:
        offset = int(request.url.params.get("offset", "0"))
        return httpx2.Response(200, json={"data": every[offset : offset + 1]})

    tracked = Tracked((Source(parse_parent("people"), "a0", "t"),))
    found = line_to(answer).ask(lambda client: Catalog(client).find(tracked))
    assert str(found.failures["people.a0"]).endswith("The status attributes of people are: a3")


def test_a_server_that_ignores_the_offset_is_no_endless_loop() -> None:
    every = list(map(attribute, range(3)))
    assert len(answering(data={"data": every}).ask(attributes)) == 3


def test_a_list_of_attributes_without_end_is_not_read_to_its_end() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        offset = int(request.url.params.get("offset", "0"))
        return httpx2.Response(200, json={"data": list(map(attribute, range(offset, offset + 2_000)))})

    it = line_to(answer)
    said = str(it.fails(ContractChangedError, attributes))
    assert said == "Attio lists more than 10,000 at /v2/objects/applications/attributes: an endless list"


# --- Refused for the rate: everything waits as told


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("next_second", 3.0, 5.5),
        ("seconds", 4.0, 4.1),
        ("absent", 3.5, 3.6),
        ("nonsense", 3.5, 3.6),
        ("past", 3.0, 3.1),
    ],
)
@pytest.mark.parametrize("what", [listing, values_of])
def test_a_refused_request_is_sent_again_when_told_and_that_is_no_failed_attempt(
    retry_after: Literal["next_second", "absent", "nonsense", "past", "seconds"],
    least: float,
    most: float,
    what: Any,
) -> None:
    it = line(Fault(kind="rate_limited", retry_after=retry_after, times=3))
    assert it.ask(listing if what is listing else values_of(first_record(it)))
    assert it.client is not None
    assert (it.client.counts.refused, it.client.counts.retried, it.client.counts.total) == (3, 0, 4)
    assert least - 0.1 <= it.seconds <= most


def test_more_refusals_than_attempts_are_still_no_failure() -> None:
    it = line(Fault(kind="rate_limited", retry_after="seconds", times=2 * ATTEMPTS))
    assert it.ask(listing)
    assert it.asked == 2 * ATTEMPTS + 1


@pytest.mark.parametrize(
    "ours_ahead", [timedelta(hours=-1), timedelta(hours=1), timedelta(seconds=1), timedelta(seconds=-1)]
)
def test_a_date_to_wait_for_is_by_attios_clock(ours_ahead: timedelta) -> None:
    it = line(Fault(kind="rate_limited", times=1))
    it.world.time.ours_ahead = ours_ahead
    assert it.ask(listing)
    assert it.seconds <= 2.1


@pytest.mark.parametrize("offset", [timedelta(hours=-1), timedelta(hours=1)])
def test_attios_clock_may_be_the_one_that_is_wrong(offset: timedelta) -> None:
    it = line(Fault(kind="rate_limited", times=1), behaviour=Behaviour(clock_offset=offset))
    assert it.ask(listing)
    assert it.seconds <= 1.1
    assert it.client is not None
    assert it.client.clock_lead_seconds == pytest.approx(-offset.total_seconds(), abs=1.1)


def test_to_be_asked_to_wait_an_hour_is_the_end_of_this_sync_at_once() -> None:
    it = line(Fault(kind="rate_limited", retry_after="hour"))
    said = str(it.fails(GaveUpError, listing))
    assert "Attio asks to wait another 3600 s after 0 s of refusals" in said
    assert (it.asked, it.seconds) == (1, 0)


@pytest.mark.parametrize("retry_after", ["next_second", "absent", "nonsense", "past", "seconds"])
def test_refusals_without_end_end_the_sync(
    retry_after: Literal["next_second", "absent", "nonsense", "past", "seconds"],
) -> None:
    it = line(Fault(kind="rate_limited", retry_after=retry_after))
    said = str(it.fails(GaveUpError, values_of(first_record(it))))
    assert "of refusals" in said
    assert "429" in said
    assert REFUSED_SECONDS - 60 <= it.seconds <= REFUSED_SECONDS
    # The waits grow: a server in trouble is not asked thousands of times.
    assert it.asked < 50


def test_a_listing_can_be_told_after_how_many_refusals_it_is_too_heavy() -> None:
    it = line(Fault(kind="rate_limited", on=["query"]))
    error = it.fails(RateLimitedError, lambda client: client.query(APPLICATIONS, {}, (), refusals=2))
    assert "429" in str(error)
    assert it.asked == 3


def test_a_refused_listing_says_nothing_about_the_rate_and_a_refused_history_does() -> None:
    for kind, cut in (("query", False), ("values", True)):
        it = line(Fault(kind="rate_limited", on=[kind], retry_after="past", times=1))
        it.ask(listing if kind == "query" else values_of(first_record(it)))
        assert it.client is not None
        assert (it.client.limiter.rate < it.client.limiter.full_rate) == cut


def test_what_is_refused_stops_everything_until_the_moment_told() -> None:
    it = line(Fault(kind="rate_limited", retry_after="seconds", at=[20]), limits=fast_limits())
    recording = it.transport = Recording(it.transport)
    moments: list[float] = []

    def note(_: object) -> None:
        moments.append(it.seconds)

    it.world.simulator.on_request(note)

    async def read_many(client: AttioClient) -> None:
        async with anyio.create_task_group() as tasks:
            for record_id in it.world.workspace.record_ids("applications"):
                tasks.start_soon(client.fetch_values, APPLICATIONS, record_id, "workflow_status")

    it.ask(read_many)
    refused_at = moments[19]
    # What was under way may still arrive; nothing new leaves for a second after the answer.
    quiet = [moment for moment in moments if refused_at + 0.06 < moment < refused_at + 1.05 - 1e-6]
    assert not quiet
    assert len(recording.requests) == 61


# --- What is repeated

FAULTS = [
    Fault(kind="server_error", status=500, body="json"),
    Fault(kind="server_error", status=502, body="html"),
    Fault(kind="server_error", status=503, body="empty"),
    Fault(kind="not_json"),
    Fault(kind="truncated"),
    Fault(kind="cut"),
    Fault(kind="drop"),
    Fault(kind="drop_amid"),
    Fault(kind="refuse"),
    Fault(kind="stall", seconds=60),
    Fault(kind="stall_amid", seconds=60),
    # As long as we are patient, to the second.
    Fault(kind="stall", seconds=30),
    Fault(kind="stall_amid", seconds=30),
    Fault(kind="huge", size=65 * 1024 * 1024),
]


def copy_of(fault: Fault, times: int | None) -> Fault:
    return Fault(kind=fault.kind, status=fault.status, body=fault.body, seconds=fault.seconds, size=fault.size, times=times)


faults = pytest.mark.parametrize("fault", FAULTS, ids=lambda one: f"{one.kind}-{one.status}-{one.seconds:g}")


@faults
def test_what_may_pass_by_itself_is_repeated(fault: Fault) -> None:
    it = line(copy_of(fault, times=1 if fault.kind == "huge" else 3))
    record_id = first_record(it)
    assert it.ask(values_of(record_id)) == it.world.workspace.history(record_id)
    assert it.client is not None
    assert it.client.counts.retried == it.asked - 1 == (1 if fault.kind == "huge" else 3)


@faults
def test_what_does_not_pass_ends_the_sync_within_bounds_and_says_what_next(fault: Fault) -> None:
    it = line(copy_of(fault, times=None))
    said = str(it.fails(GaveUpError, values_of(first_record(it))))
    assert said.startswith(f"gave up after {ATTEMPTS} attempts: ")
    assert "GET /v2/objects/applications/records/" in said
    assert it.asked == ATTEMPTS
    assert it.seconds <= RETRY_SECONDS


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            httpx2.ConnectError("All connection attempts failed"),
            "nothing answers at https://a.example (GET /x: ConnectError",
        ),
        (httpx2.ConnectTimeout(""), "nothing answers at https://a.example (GET /x: ConnectTimeout)"),
        (httpx2.ProxyError("403 Forbidden"), "nothing answers at https://a.example (GET /x: ProxyError: 403 Forbidden)"),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), "https://a.example shows a certificate that is not tru"),
        (httpx2.ReadTimeout(""), "https://a.example does not answer in time (GET /x: ReadTimeout)"),
        (TimeoutError(), "https://a.example does not answer in time (GET /x: TimeoutError)"),
        (httpx2.RemoteProtocolError("cut"), "the connection to https://a.example broke (GET /x: RemoteProtocolError: cut)"),
    ],
)
def test_whoever_cannot_be_reached_is_named_by_address(cause: Exception, said: str) -> None:
    assert str(UnreachableError("https://a.example", "GET /x", cause)).startswith(said)


def test_the_waits_between_attempts_grow_and_how_long_it_is_tried_is_said() -> None:
    it = line(Fault(kind="drop"))
    moments: list[float] = []
    promised: list[datetime] = []

    def on_request(_: object) -> None:
        moments.append(it.seconds)
        if it.client and it.client.waiting:
            tried, until = re.findall(r"attempt (\d) of 6; trying again until about (\S+) UTC: ", it.client.waiting)[0]
            assert int(tried) == len(moments) - 1
            promised.append(datetime.fromisoformat(f"{it.world.time.now():%Y-%m-%d}T{until}Z"))

    it.world.simulator.on_request(on_request)
    it.fails(GaveUpError, listing)
    waits = [later - earlier for earlier, later in pairwise(moments)]
    for wait, least in zip(waits, (0.5, 1, 2, 4, 8), strict=True):
        assert least <= wait <= least + 0.5 + 0.01
    assert len(promised) == 5
    assert all(abs(until - it.world.time.now()) <= timedelta(seconds=2.5) for until in promised)


def test_attempts_that_take_long_are_not_promised_for_longer_than_they_are_made() -> None:
    """Two minutes each: a third begins within the five minutes that all may take, and a fourth does not."""
    effort = Effort()
    effort.pause_after_failure(TryAgainError("slow"), 120.0)
    assert effort.seconds_left(120.0) == pytest.approx(242, abs=1)
    effort.pause_after_failure(TryAgainError("slow"), 120.0)
    assert effort.seconds_left(120.0) == pytest.approx(121, abs=1)
    with pytest.raises(GaveUpError):
        effort.pause_after_failure(TryAgainError("slow"), 120.0)


@dataclass(slots=True)
class Drip(httpx2.AsyncBaseTransport, httpx2.AsyncByteStream):
    """Answers a byte every ten seconds, for ever: never silent for long enough to give up on."""

    asked: int = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        del request
        self.asked += 1
        return httpx2.Response(200, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await anyio.sleep(10)
            yield b" "


def test_an_answer_that_never_ends_is_given_up_on_and_the_time_of_all_attempts_is_bounded() -> None:
    transport = Drip()
    it = Line(make_world(), transport)
    said = str(it.fails(GaveUpError, listing))
    assert it.seconds <= RETRY_SECONDS + REQUEST_SECONDS
    # Three attempts of two minutes each, and it says so.
    assert transport.asked == 3
    assert said.startswith("gave up after 3 attempts: ")


def test_a_wait_that_attio_asked_for_leaves_as_many_attempts_and_as_much_time_as_there_were() -> None:
    answers = [(429, {"retry-after": "600"}), *[(502, dict[str, str]())] * (ATTEMPTS - 1), (200, dict[str, str]())]

    def answer(request: httpx2.Request) -> httpx2.Response:
        del request
        status, headers = answers.pop(0)
        return httpx2.Response(status, headers=headers, json={"data": []})

    it = line_to(answer)
    assert it.ask(listing) == []
    assert it.seconds >= 600


def test_refusals_and_failures_mixed_are_survived() -> None:
    it = line(
        Fault(kind="rate_limited", rate=0.3),
        Fault(kind="drop", rate=0.1),
        Fault(kind="server_error", rate=0.1),
        Fault(kind="truncated", rate=0.1),
    )

    async def read_all(client: AttioClient) -> list[list[Any]]:
        record_ids = it.world.workspace.record_ids("applications")
        return [await client.fetch_values(APPLICATIONS, record_id, "workflow_status") for record_id in record_ids]

    assert it.ask(read_all) == list(map(it.world.workspace.history, it.world.workspace.record_ids("applications")))


def test_a_record_that_is_being_merged_is_asked_for_again_with_some_patience() -> None:
    it = line()
    workspace = it.world.workspace
    primary, secondary = workspace.record_ids("applications")[:2]
    workspace.merge_records(primary, secondary, merging_for=timedelta(seconds=5))
    it.fails(RecordGoneError, values_of(primary))
    assert 5 <= it.seconds <= 20
    workspace.merge_records(*workspace.record_ids("applications")[:2], merging_for=timedelta(days=1))
    merging = next(iter(one for one in workspace.merging if workspace.is_merging(one)))
    before = it.asked
    it.fails(MergeInProgressError, values_of(merging))
    assert it.asked - before == ATTEMPTS


# --- What is not repeated: one request, one sentence that says what to do


def test_an_unknown_token_stops_at_once() -> None:
    it = line()
    it.configuration["attio_api_token"] = "some-other-token"  # noqa: S105 (it opens nothing)
    said = str(it.fails(UnauthorizedError, listing))
    assert "set attio_api_token" in said
    assert "some-other-token" not in said
    assert "Attio does not know this token" in str(it.fails(UnauthorizedError, identity))
    assert it.asked == 2


def test_a_token_without_the_scope_stops_at_once() -> None:
    it = line()
    it.world.simulator.scopes = frozenset({"object_configuration:read"})
    said = str(it.fails(ForbiddenError, listing))
    assert "record_permission:read" in said
    assert it.asked == 1


def test_an_unknown_object_stops_at_once() -> None:
    it = line()
    it.fails(UnknownNameError, lambda client: client.query(parse_parent("nothing"), {}, ()))
    it.fails(UnknownNameError, lambda client: fetch_attributes(client, parse_parent("nothing")))
    assert it.asked == 2


def test_an_unknown_attribute_stops_at_once() -> None:
    it = line()
    assert "nothing" in str(it.fails(UnknownNameError, values_of(first_record(it), "nothing")))
    assert it.asked == 1


def test_an_attribute_without_history_stops_at_once() -> None:
    it = line()
    record_id = it.world.workspace.record_ids("people")[0]
    error = it.fails(NoHistoryError, lambda client: client.fetch_values(parse_parent("people"), record_id, "description"))
    assert "setting history" in str(error)
    assert it.asked == 1


def test_a_filter_that_attio_does_not_take_is_no_reason_to_repeat_it() -> None:
    it = line()
    body = {"filter": {"name": {"active_from": {"$gte": "2026-11-23"}}}}
    it.fails(FilterRefusedError, lambda client: client.query(APPLICATIONS, body, ()))
    assert it.asked == 1


def test_a_record_that_is_gone_is_skipped_at_once() -> None:
    it = line()
    record_id = first_record(it)
    it.world.workspace.delete_record(record_id)
    it.fails(RecordGoneError, values_of(record_id))
    assert it.asked == 1


@pytest.mark.parametrize("body", [b"", b"<html>404 Not Found</html>", b'{"message": "no route"}'])
def test_a_404_that_is_not_attios_own_is_not_taken_for_a_deleted_record(body: bytes) -> None:
    # A gateway that has lost its way answers so for every record: in a reconciliation all of them would seem deleted.
    it = line_to(lambda _: httpx2.Response(404, content=body))
    it.fails(GaveUpError, values_of("0e339d90-1b8d-436e-9305-7c08620dc212"))


# --- Redirects and the token


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    ["https://elsewhere.example.com/v2/self", "http://api.attio.com/v2/self", "//elsewhere.example.com/", "/v2/other"],
)
def test_no_redirect_is_followed(status: int, location: str) -> None:
    it = answering(status, location=location)
    recording = it.transport = Recording(it.transport)
    assert f"answered {status}" in str(it.fails(RequestRefusedError, listing))
    assert [request.url.host for request in recording.requests] == ["api.attio.com"]


@pytest.mark.parametrize("location", ["", "http://[", "https://evil.example.com:port/", "\x00", "x" * 100_000, "ftp://x/"])
def test_a_redirect_to_nowhere_is_an_error_of_ours(location: str) -> None:
    with pytest.raises(AttioSyncError):
        answering(302, location=location).ask(listing)


def test_a_redirect_sends_nothing_to_the_other_server() -> None:
    other = Simulator(Workspace.hiring(), limits=Limits.off())
    with other.serve() as elsewhere:
        fault = Fault(kind="redirect", location=f"{elsewhere.url}/v2/self")
        simulator = Simulator(Workspace.hiring(), limits=Limits.off(), faults=Faults(fault))
        with simulator.serve() as server:
            assert "answered 302" in str(over_a_socket(server.url))
    assert (simulator.requests.total, other.requests.total) == (1, 0)


def test_a_proxy_of_the_environment_is_not_told_the_token_in_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    other = Simulator(Workspace.hiring(), limits=Limits.off())
    simulator = Simulator(Workspace.hiring(), limits=Limits.off())
    with other.serve() as proxy, simulator.serve() as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert over_a_socket(server.url) is None
    assert (simulator.requests.total, other.requests.total) == (1, 0)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:1080", "Using SOCKS proxy"),
        ("HTTPS_PROXY", "ftp://someone:secret@127.0.0.1:21", "Unknown scheme for proxy URL"),
        ("HTTPS_PROXY", "http://someone:secret@127.0.0.1:port", "Invalid port"),
        ("SSL_CERT_FILE", "/nowhere/certificates.pem", "No such file or directory"),
    ],
)
def test_what_the_environment_says_of_the_way_to_attio_and_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    settings = make_world().settings()
    client._trusted.cache_clear()  # pyright: ignore[reportPrivateUsage] (another test may have read them)
    monkeypatch.setenv(name, value)

    async def connect() -> None:
        async with AttioClient.connect(settings):
            pass

    with pytest.raises(SettingsError) as caught:
        anyio.run(connect)

    said = str(caught.value)
    assert said.startswith("a proxy or certificates that the environment names (HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE,")
    assert why in said
    assert "secret" not in said


def over_a_socket(url: str) -> AttioSyncError | None:
    """Asks a server who we are, on a real clock; the error if there is one."""
    settings = make_world().settings(attio_base_url=url)

    async def body() -> None:
        async with AttioClient.connect(settings) as client:
            await client.fetch_self()

    try:
        anyio.run(body)
    except AttioSyncError as error:
        return error
    return None


def test_the_token_is_in_one_header_of_each_request_and_nowhere_else() -> None:
    it = line()
    recording = it.transport = Recording(it.transport)
    it.ask(listing)
    it.ask(values_of(first_record(it)))
    it.ask(attributes)
    token = it.world.simulator.token
    for request in recording.requests:
        assert (request.url.scheme, request.url.host) == ("https", "api.attio.com")
        assert [name for name, value in request.headers.items() if token in value] == ["authorization"]
        assert request.headers["authorization"] == f"Bearer {token}"
        assert token not in str(request.url)
        assert token.encode() not in request.content


def test_the_token_is_not_in_what_the_client_shows_of_itself() -> None:
    it = line()
    it.ask(identity)
    assert it.client is not None
    shown = f"{it.client!r} {vars(it.client)!r} {it.client.counts!r} {it.client.limiter!r}"
    assert it.world.simulator.token not in shown


@pytest.mark.parametrize("cookie", [b"session=1; Path=/", b"a=\x80", b"\xff\xfe", b"a=b; Domain=attio.com; Max-Age=9"])
def test_no_cookie_is_kept_and_none_breaks_what_follows(cookie: bytes) -> None:
    it = line_to(lambda _: httpx2.Response(200, headers=[(b"set-cookie", cookie)], json={"data": []}))
    recording = it.transport = Recording(it.transport)

    async def ask_twice(client: AttioClient) -> None:
        await listing(client)
        await listing(client)

    it.ask(ask_twice)
    assert [request.headers.get("cookie") for request in recording.requests] == [None, None]


@pytest.mark.parametrize("url", ["https://999.1.1.1", "https://1.2.3.4444", "https://axn--.example.com"])
def test_an_url_that_only_the_http_library_refuses_is_a_wrong_setting(url: str) -> None:
    it = line()
    it.configuration["attio_base_url"] = url
    assert str(it.fails(SettingsError, identity)).startswith("attio_base_url: ")


# --- How fast


def test_attio_is_never_asked_faster_than_allowed_and_refuses_nothing() -> None:
    it = line(limits=Limits(latency=(0.02, 0.3)))

    async def read_all(client: AttioClient) -> None:
        async with anyio.create_task_group() as tasks:
            for record_id in it.world.workspace.record_ids("applications") * 8:
                tasks.start_soon(client.fetch_values, APPLICATIONS, record_id, "workflow_status")

    it.ask(read_all)
    assert it.world.simulator.requests.answered_429 == 0
    assert it.world.simulator.requests.maximum_per_second <= 100
    # 480 requests at 90 a second, and the start until the number in flight has grown.
    assert it.seconds <= 480 / 90 + 2


# --- Answers of another shape


@pytest.mark.parametrize(
    ("table", "place", "says"),
    [
        (LISTS, Place(), "the scope list_configuration:read;"),
        (MEMBERS, Place(), "the scope user_management:read;"),
        (ATTRIBUTES, Place(APPLICATIONS), "the scopes record_permission:read and object_configuration:read;"),
        (STATUSES, Place(HIRING, "stage"), "the scopes list_entry:read and list_configuration:read;"),
    ],
)
def test_a_small_table_that_may_not_be_read_says_which_scopes_it_takes(
    table: Definition[Any], place: Place, says: str
) -> None:
    it = answering(403, {"code": "unauthorized", "message": "no"})
    assert f"the token needs {says}" in str(it.fails(ForbiddenError, lambda client: client.fetch_definitions(table, place)))


@pytest.mark.parametrize("data", [None, {}, "text", 7, {"x": []}])
def test_what_is_no_list_is_a_changed_contract(data: object) -> None:
    for what in (listing, values_of("0e339d90-1b8d-436e-9305-7c08620dc212"), attributes):
        assert "that are not a list" in str(answering(data={"data": data}).fails(ContractChangedError, what))


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"api_slug": "a", "title": "A", "type": "text"}, "1.id.attribute_id: Field required"),
        ({**attribute(1), "id": {}}, "1.id.attribute_id: Field required"),
        ({**attribute(1), "api_slug": 7}, "1.api_slug: Input should be a valid string"),
        ("text", "1: "),
    ],
)
def test_an_answer_of_another_shape_is_a_changed_contract_and_names_the_item_and_the_field(item: object, says: str) -> None:
    it = answering(data={"data": [attribute(0), item]})
    said = str(it.fails(ContractChangedError, attributes))
    assert said.startswith(f"Attio's answer does not have the documented shape: {says}")


@pytest.mark.parametrize("data", [7, [], "text", {}, {"active": "perhaps"}, {"data": {"active": True}}])
def test_an_identity_of_another_shape_is_a_changed_contract(data: object) -> None:
    answering(data=data).fails(ContractChangedError, identity)


def test_an_inactive_token_says_where_to_get_another() -> None:
    said = str(answering(data={"active": False}).fails(UnauthorizedError, identity))
    assert "Workspace settings → Developers" in said


# --- What is counted


def test_every_request_is_counted_by_what_it_reads() -> None:
    it = line(Fault(kind="rate_limited", on=["values"], times=2), Fault(kind="drop", on=["query"], times=1))

    async def read(client: AttioClient) -> None:
        await listing(client)
        await values_of(first_record(it))(client)
        await client.fetch_self()

    it.ask(read)
    assert it.client is not None
    counts = it.client.counts
    assert dict(counts.sent) == {"records": 2, "values": 3, "self": 1}
    assert (counts.total, counts.refused, counts.retried) == (6, 2, 1)
    assert counts.total == it.asked


def test_how_far_our_clock_is_ahead_is_known_once_an_answer_has_told() -> None:
    it = line()
    it.world.time.ours_ahead = timedelta(hours=1)
    it.ask(identity)
    assert it.client is not None
    assert it.client.clock_lead_seconds == pytest.approx(3600, abs=1)
    silent = answering(data={"active": True})
    silent.ask(identity)
    assert silent.client is not None
    assert silent.client.clock_lead_seconds is None


def test_a_body_is_json() -> None:
    it = line()
    recording = it.transport = Recording(it.transport)
    it.ask(lambda client: client.query(APPLICATIONS, {"limit": 5, "offset": 0}, {"workflow_status"}))
    assert json.loads(recording.requests[0].content) == {"limit": 5, "offset": 0}
    assert recording.requests[0].headers["content-type"] == "application/json"
