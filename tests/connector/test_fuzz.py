"""Answers that no server should give: only errors of our tree come of them, and nothing hangs or fills the memory."""

import json
import re
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.world import World, make_world

from attio_simulator import Clock, Limits, Simulator, generate_hiring_pipeline
from attio_simulator.crm_data import generate_crm
from attio_simulator.requests import Request
from attio_sync import wire
from attio_sync.attio_types.records import parse_listed_record
from attio_sync.attribute_types import TYPES
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError, GaveUpError, InvalidValueError, StateError
from attio_sync.fingerprints import fingerprint_of, listed_digest
from attio_sync.histories import never_changed, parse_history, stays_of
from attio_sync.limiter import ATTEMPTS
from attio_sync.listing import fetch_attributes
from attio_sync.parents import parse_parent
from attio_sync.runtime import Environment
from attio_sync.small_tables import MEMBERS, OBJECTS, STATUSES, Place
from attio_sync.sources import FIRST, Source
from attio_sync.streams import Invalid, current_table, error_table, history_rows, history_table
from attio_sync.sync import run_sync
from attio_sync.tables import as_array, as_object

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
RECORDED = Path(__file__).parents[2].parent / "shared" / "attio"
MIB = 1024 * 1024

APPLICATIONS = parse_parent("applications")
QUERY = wire.query(APPLICATIONS, {}, {"workflow_status"})
VALUES = wire.attribute_values(APPLICATIONS, "0e339d90-1b8d-436e-9305-7c08620dc212", "workflow_status", 0)


# --- Real answers


def simulated() -> list[bytes]:
    """Answers of every endpoint we use, as the simulator gives them."""
    workspace = generate_hiring_pipeline(8, seed=5, clock=Clock(start=NOW, source=lambda: 0.0))
    simulator = Simulator(workspace, limits=Limits.off())
    moved = max(workspace.record_ids("applications"), key=lambda one: len(workspace.history(one)))
    asked = [
        ("POST", QUERY.path, b'{"limit": 4}'),
        ("GET", f"/v2/objects/applications/records/{moved}/attributes/workflow_status/values?show_historic=true", b""),
        ("GET", "/v2/objects", b""),
        ("GET", "/v2/objects/applications/attributes", b""),
        ("GET", "/v2/objects/applications/attributes/workflow_status/statuses", b""),
        ("GET", "/v2/workspace_members", b""),
        ("GET", "/v2/self", b""),
        ("GET", "/v2/objects/nothing/attributes", b""),
    ]
    headers = {"authorization": f"Bearer {simulator.token}"}
    return [
        simulator.answer(Request(method, path, query, headers, body)).body
        for method, target, body in asked
        for path, _, query in [target.partition("?")]
    ]


def recorded() -> list[bytes]:
    """What the live API answered, where the recordings are at hand."""
    return [
        answer for path in sorted(RECORDED.glob("recordings/*.json")) for answer in answers_in(json.loads(path.read_text()))
    ]


def answers_in(recording: object) -> list[bytes]:
    if (several := as_array(recording)) is not None:
        return [answer for one in several for answer in answers_in(one)]
    found = as_object(recording) or {}
    answer = found.get("response") or found.get("body") or found
    return [json.dumps(answer).encode()[:20_000]]


ANSWERS = simulated() + recorded()


# --- Mangled

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|\[\]|\{\}')
WEIRD = [
    b"null",
    b"true",
    b"0",
    b"-1",
    b'""',
    b"[]",
    b"{}",
    b"[[]]",
    b'{"id": []}',
    b"1e400",
    b"-1e400",
    b"NaN",
    b"Infinity",
    b"1" * 4_000,
    b"1" * 5_001,
    b"0." + b"1" * 5_000,
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\\u0000\\udfff"',
    b'"' + b"x" * 100_000 + b'"',
    b"[" * 40 + b"]" * 40,
    b"[" * 400 + b"]" * 400,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b"[" * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'"9999-99-99T99:99:99.000000000Z"',
    b'"9999-12-31T23:59:59.999999999Z"',
    b'"0001-01-01T00:00:00.000000000Z"',
    b'"../../self"',
    b'"status"',
    b"\xff\xfe",
    b"\xed\xa0\x80",
]
places = st.floats(0, 1, exclude_max=True)

type Mangling = Callable[[bytes], bytes]


def flip(flips: list[tuple[float, int]], body: bytes) -> bytes:
    changed = bytearray(body)
    for place, bits in flips:
        if changed:
            changed[int(place * len(changed))] ^= bits
    return bytes(changed)


def cut(place: float, body: bytes) -> bytes:
    return body[: int(place * len(body))]


def insert(place: float, what: bytes, body: bytes) -> bytes:
    return body[: int(place * len(body))] + what + body[int(place * len(body)) :]


def repeat(start: float, end: float, body: bytes) -> bytes:
    low, high = sorted((int(start * len(body)), int(end * len(body))))
    return body[:high] + body[low:]


def replace_token(place: float, what: bytes, body: bytes) -> bytes:
    """Another value, or another key, where there was one."""
    tokens = list(TOKEN.finditer(body))
    if not tokens:
        return what
    token = tokens[int(place * len(tokens))]
    return body[: token.start()] + what + body[token.end() :]


manglings: st.SearchStrategy[Mangling] = st.one_of(
    st.builds(partial, st.just(replace_token), places, st.sampled_from(WEIRD)),
    st.builds(partial, st.just(flip), st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=5)),
    st.builds(partial, st.just(cut), places),
    st.builds(partial, st.just(insert), places, st.sampled_from(WEIRD) | st.binary(max_size=8)),
    st.builds(partial, st.just(repeat), places, places),
)


def mangled(body: bytes, changes: list[Mangling]) -> bytes:
    for change in changes:
        body = change(body)
    return body


bodies = st.builds(mangled, st.sampled_from(ANSWERS), st.lists(manglings, min_size=1, max_size=3)) | st.binary(max_size=200)


# --- Nothing but errors of our tree


def assert_presentable(error: AttioSyncError) -> None:
    """It can be logged, stored and shown on a dashboard."""
    said = str(error)
    assert said.encode()
    assert len(said) < 5_000
    if isinstance(error, InvalidValueError):
        assert_storable(error_table().row(Invalid("applications.workflow_status", error, NOW)))


def assert_storable(row: dict[str, Any]) -> None:
    json.dumps(row, allow_nan=False, ensure_ascii=False, default=date.isoformat).encode()


def from_deep_within(frames: int, what: Callable[[], object]) -> object:
    return what() if frames == 0 else from_deep_within(frames - 1, what)


def digest(request: wire.Request, status: int, body: bytes, source: Source = FIRST) -> None:
    """All that is done with an answer, from the bytes to the rows."""
    data = as_array(wire.decode(request, status, {}, body, NOW)) or []
    histories = [data]
    if request.reads == "records":
        listed = [parse_listed_record(raw, source.parent, source.attribute) for raw in data]
        for record in listed:
            listed_digest(record, source)
        # Several values at a time are listed in any order; what is no proof of a history is not read as one.
        proofs = [r for r in listed if never_changed(r, is_multiple=source.is_multiple) or not source.is_multiple]
        histories = [record.current for record in proofs]
    for values in histories:
        history = parse_history("the-record", values, source.type, is_multiple=source.is_multiple)
        assert len(stays_of(history)) == fingerprint_of(history).stays
        assert all(isinstance(source.type.label(value), str) for value in history.raw)
        rows = [current_table(source).row(history)]
        rows += history_rows(history_table(source), history, range(len(history.raw)))
        for row in rows:
            # The SDK writes it elsewhere, with less of the stack left than here.
            from_deep_within(300, partial(assert_storable, row))


@given(st.sampled_from([QUERY, VALUES]), st.sampled_from([200, 200, 200, 400, 404, 429, 500]), bodies)
def test_a_mangled_answer_is_rows_or_an_error_of_our_tree(request: wire.Request, status: int, body: bytes) -> None:
    try:
        digest(request, status, body)
    except AttioSyncError as error:
        assert_presentable(error)


CRM = ("deals", "companies", "people", "users", "projects", "lists/sales", "lists/hiring", "lists/onboarding")


@cache
def simulated_types() -> list[tuple[Source, wire.Request, bytes]]:
    """Of each type, and of each with several values at a time, a listing and the longest history there is."""
    workspace = generate_crm(60, seed=3, clock=Clock(start=NOW, source=lambda: 0.0))
    simulator = Simulator(workspace, limits=Limits.off())
    headers = {"authorization": f"Bearer {simulator.token}"}
    found: dict[tuple[str, bool], list[tuple[Source, wire.Request, bytes]]] = {}
    for parent in map(parse_parent, CRM):
        collection = workspace.list(parent.slug) if parent.is_list else workspace.object(parent.slug)
        for attribute in collection.attributes:
            kind = (attribute.type, attribute.is_multiselect)
            if kind in found or not attribute.keeps_history or attribute.type not in TYPES:
                continue
            longest = max(collection.ids, key=lambda one: len(workspace.history(one, attribute.slug)))
            if not workspace.history(longest, attribute.slug):
                continue
            source = Source(parent, attribute.slug, "t", TYPES[attribute.type], attribute.is_multiselect)
            listing, values = (
                wire.query(parent, {}, {attribute.slug}),
                wire.attribute_values(parent, longest, attribute.slug, 0),
            )
            query = "show_historic=true"
            found[kind] = [
                (source, listing, simulator.answer(Request("POST", listing.path, "", headers, b'{"limit": 3}')).body),
                (source, values, simulator.answer(Request("GET", values.path, query, headers, b"")).body),
            ]
    assert {kind for kind, _ in found} == set(TYPES)
    return [one for of_type in found.values() for one in of_type]


def test_what_is_not_mangled_is_rows_of_every_type() -> None:
    for source, request, body in simulated_types():
        digest(request, 200, body, source)


@given(st.integers(min_value=0), st.lists(manglings, min_size=1, max_size=3))
def test_a_mangled_answer_of_any_type_is_rows_or_an_error_of_our_tree(number: int, changes: list[Mangling]) -> None:
    answers = simulated_types()
    source, request, body = answers[number % len(answers)]
    try:
        digest(request, 200, mangled(body, changes), source)
    except AttioSyncError as error:
        assert_presentable(error)


def test_a_weird_thing_in_any_place_of_any_type_is_rows_or_an_error_of_our_tree() -> None:
    for source, request, body in simulated_types():
        if request.reads == "values":
            count = min(40 if PROFILE == "long" else 16, len(list(TOKEN.finditer(body))))
            for number in range(count):
                for what in WEIRD[number % 4 :: 4]:
                    if len(what) < 50_000:
                        with suppress(AttioSyncError):
                            digest(request, 200, replace_token(number / count, what, body), source)


@pytest.mark.parametrize("request_", [QUERY, VALUES], ids=["listing", "values"])
def test_each_weird_thing_in_each_place_is_rows_or_an_error_of_our_tree(request_: wire.Request) -> None:
    body = ANSWERS[0 if request_ is QUERY else 1]
    count = len(list(TOKEN.finditer(body)))
    for number in range(0, count, 23 if PROFILE == "long" else 53):
        for what in WEIRD:
            if len(what) < 50_000:
                try:
                    digest(request_, 200, replace_token((number + len(what) % 7) / (count + 7), what, body))
                except AttioSyncError as error:
                    assert_presentable(error)


@pytest.mark.parametrize("depth", [60, 500, 900, 1_000, 5_000, 100_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_nesting_of_any_depth_is_an_error_of_our_tree(depth: int, brackets: tuple[bytes, bytes], status: int) -> None:
    nested = brackets[0] * depth + b"1" + brackets[1] * depth
    value = ANSWERS[1].removeprefix(b'{"data":[{').partition(b"}]}")[0]
    bodies = [
        nested,
        b'{"error":' + nested + b"}",
        b'{"data":[' + nested + b"]}",
        b'{"data":[{"extra":' + nested + b"," + value + b"}]}",
    ]
    for body in bodies:
        for request in (QUERY, VALUES):
            with pytest.raises(AttioSyncError) as caught:
                digest(request, status, body)
            assert_presentable(caught.value)


# --- Through the client

METHODS: list[Callable[[AttioClient], Awaitable[object]]] = [
    lambda client: client.query(APPLICATIONS, {}, {"workflow_status"}),
    lambda client: client.fetch_values(APPLICATIONS, "0e339d90-1b8d-436e-9305-7c08620dc212", "workflow_status"),
    lambda client: client.fetch_definitions(OBJECTS, Place()),
    lambda client: fetch_attributes(client, APPLICATIONS),
    lambda client: client.fetch_definitions(STATUSES, Place(APPLICATIONS, "workflow_status")),
    lambda client: client.fetch_definitions(MEMBERS, Place()),
    lambda client: client.fetch_self(),
]


def ask(transport: httpx2.AsyncBaseTransport, what: Callable[[AttioClient], Awaitable[object]]) -> object:
    """Asks on a clock that jumps over the waits between attempts."""
    world = make_world()

    async def body() -> object:
        async with AttioClient.connect(world.settings(), transport, world.time.now) as client:
            return await what(client)

    return anyio.run(body, backend_options={"loop_factory": world.time.loop_factory})


@given(st.sampled_from(METHODS), st.sampled_from([200, 200, 200, 204, 400, 401, 404, 429, 503]), bodies)
def test_no_method_of_the_client_raises_anything_else(
    method: Callable[[AttioClient], Awaitable[object]], status: int, body: bytes
) -> None:
    try:
        ask(httpx2.MockTransport(lambda _: httpx2.Response(status, content=body)), method)
    except AttioSyncError as error:
        assert_presentable(error)


header_names = st.sampled_from(
    [
        "retry-after",
        "date",
        "location",
        "content-encoding",
        "content-type",
        "content-length",
        "set-cookie",
        "transfer-encoding",
    ]
)
header_values = st.binary(max_size=40).map(lambda raw: raw.replace(b"\r", b"").replace(b"\n", b"")) | st.sampled_from(
    [b"gzip", b"deflate", b"br", b"zstd", b", ".join([b"gzip"] * 6), b"x", b"//[", b"a=b; Max-Age=x", b"\x80", b"9" * 400]
)


@given(st.integers(200, 599), st.lists(st.tuples(header_names, header_values), max_size=4), st.binary(max_size=60))
def test_no_header_makes_it_raise_anything_else(status: int, headers: list[tuple[str, bytes]], body: bytes) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield body

    def answer(request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(status, headers=[(name.encode(), value) for name, value in headers], content=parts())

    try:
        ask(httpx2.MockTransport(answer), METHODS[0])
    except AttioSyncError as error:
        assert_presentable(error)


# --- Too much


@dataclass(slots=True)
class Flood(httpx2.AsyncBaseTransport, httpx2.AsyncByteStream):
    """Answers the same piece over and over, for ever; counts how much of it was taken."""

    piece: bytes
    headers: dict[str, str]
    taken: int = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(200, headers=self.headers, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.taken += len(self.piece)
            yield self.piece


@pytest.mark.parametrize("method", METHODS[: 2 if PROFILE == "long" else 1])
def test_a_body_without_end_is_not_read_to_its_end(method: Callable[[AttioClient], Awaitable[object]]) -> None:
    transport = Flood(b" " * MIB, {})
    tracemalloc.start()
    try:
        with pytest.raises(GaveUpError, match="the body is larger than 64 MiB"):
            ask(transport, method)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert transport.taken <= ATTEMPTS * (wire.MAX_BODY_BYTES + 2 * MIB)
    assert peak < 2.5 * wire.MAX_BODY_BYTES


def test_a_body_that_unpacks_to_a_thousand_times_its_size_is_not_unpacked() -> None:
    packer = zlib.compressobj(level=1, wbits=31)
    piece = packer.compress(b" " * MIB * 16) + packer.flush(zlib.Z_FULL_FLUSH)
    middle = packer.compress(b" " * MIB * 16) + packer.flush(zlib.Z_FULL_FLUSH)

    async def parts() -> AsyncIterator[bytes]:
        yield piece
        for _ in range(1_000):
            yield middle

    def answer(request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(200, headers={"content-encoding": "gzip"}, content=parts())

    tracemalloc.start()
    try:
        with pytest.raises(GaveUpError, match="the body is larger than 64 MiB"):
            ask(httpx2.MockTransport(answer), METHODS[0])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * wire.MAX_BODY_BYTES


def test_a_body_just_below_the_limit_is_read() -> None:
    padding = b" " * (wire.MAX_BODY_BYTES - len(b'{"data": []}'))
    assert (
        ask(httpx2.MockTransport(lambda _: httpx2.Response(200, content=b'{"data": []' + padding + b"}")), METHODS[0]) == []
    )


# --- Through a whole sync


@dataclass(slots=True)
class Mangler(httpx2.AsyncBaseTransport):
    """Mangles some of the answers on their way; refuses to go on for ever."""

    inner: httpx2.AsyncBaseTransport
    changes: dict[int, list[Mangling]]
    asked: int = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        assert self.asked < 2_000, "a sync of a few records has asked two thousand times"
        response = await self.inner.handle_async_request(request)
        changes = self.changes.get(self.asked)
        if not changes:
            return response
        return httpx2.Response(response.status_code, content=mangled(await response.aread(), changes))


def sync_over(transport: httpx2.AsyncBaseTransport, world: World, **more: str) -> None:
    """A sync whose requests go this way."""
    environment = Environment(world.time.now, world.time.monotonic, transport, world.time.loop_factory)
    try:
        run_sync(world.settings(**more), world.warehouse.state, world.warehouse, environment)
    except BaseException:
        world.warehouse.die()
        raise
    world.warehouse.finish()


EVERYTHING = {"reconcile_hours": "0", "recheck_days": "1"}


@settings(max_examples=settings.default.max_examples // 8 if settings.default else 12)
@given(
    st.dictionaries(st.integers(1, 16), st.lists(manglings, min_size=1, max_size=2), min_size=1, max_size=4), st.booleans()
)
def test_a_sync_that_was_told_nonsense_is_healed_by_the_next_reconciliation(
    changes: dict[int, list[Mangling]],
    first: bool,  # noqa: FBT001 (drawn)
) -> None:
    world = make_world(lambda clock: generate_hiring_pipeline(8, seed=5, clock=clock))
    if not first:
        world.sync()
        there = world.workspace.record_ids("applications")
        world.workspace.delete_record(there[0])
        world.workspace.clear_value(there[1], "workflow_status")
        world.workspace.set_status(there[2], "Offer")
    mangler = Mangler(world.simulator.transport(), changes)
    try:
        sync_over(mangler, world, **EVERYTHING)
    except AttioSyncError as error:
        assert_presentable(error)
    for table in world.warehouse.tables.values():
        for row in table.values():
            assert_storable(row)
    json.dumps(world.warehouse.state, allow_nan=False)
    try:
        world.sync(**EVERYTHING)
    except StateError as error:
        # It was told of another workspace; what it says then, a re-sync, helps.
        assert "re-sync this one" in str(error)  # noqa: PT017 (any other end is none)
        world.warehouse.state = {}
        world.sync()
    # What identifies a stay is in the second table; what else a value says, such as the ids of its attribute, is as read.
    assert world.histories.keys() == truth.status_table(world.workspace).keys()
    assert world.stays == truth.history_table(world.workspace)
    assert world.warehouse.rows("attio_sync_error") == []
