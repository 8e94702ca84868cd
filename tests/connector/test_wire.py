"""The wire: what a request becomes, and what an answer means."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal, cast
from urllib.parse import unquote

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from attio_sync import wire
from attio_sync.errors import (
    AttioSyncError,
    FilterRefusedError,
    ForbiddenError,
    MergeInProgressError,
    NoHistoryError,
    RateLimitedError,
    RecordGoneError,
    Refusal,
    RequestRefusedError,
    SkipError,
    StopError,
    TryAgainError,
    UnauthorizedError,
    UnavailableError,
    UnknownNameError,
    UnreadableAnswerError,
)
from attio_sync.parents import Parent, parse_parent
from attio_sync.small_tables import ATTRIBUTES as ATTRIBUTES_OF
from attio_sync.small_tables import OPTIONS, STATUSES, Place

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
RECORD_ID = "0e339d90-1b8d-436e-9305-7c08620dc212"
APPLICATIONS, HIRING = parse_parent("applications"), parse_parent("lists/hiring")
OBJECT_SCOPES = ("record_permission:read", "object_configuration:read")
LIST_SCOPES = ("list_entry:read", "list_configuration:read")
QUERY = wire.query(APPLICATIONS, {"limit": 500, "offset": 0}, {"workflow_status"})
VALUES = wire.attribute_values(APPLICATIONS, RECORD_ID, "workflow_status", 0)
ENTRIES = wire.query(HIRING, {"limit": 500, "offset": 0}, {"stage"})
ENTRY_VALUES = wire.attribute_values(HIRING, RECORD_ID, "stage", 0)
ENTRY = wire.one_item(HIRING, RECORD_ID)
ATTRIBUTES = wire.definitions("/v2/objects/applications/attributes", 0, OBJECT_SCOPES)
LISTS = wire.definitions("/v2/lists", 0, ("list_configuration:read",))
SELF = wire.identify()
NO_HISTORY = "Cannot set show_historic param to true when querying a COMINT attribute."
UNKNOWN_ATTRIBUTE = 'Attribute with slug/ID "nothing" not found.'

type Row = tuple[wire.Request, int, str, str, type[AttioSyncError]]

OUTCOMES: list[Row] = [
    (QUERY, 400, "filter_error", "Error in filter.", FilterRefusedError),
    (VALUES, 400, "validation_type", NO_HISTORY, NoHistoryError),
    (QUERY, 400, "validation_type", "Body payload validation error.", FilterRefusedError),
    (QUERY, 400, "unknown_filter_attribute_slug", "Unknown attribute slug: status.", FilterRefusedError),
    (QUERY, 400, "", "", FilterRefusedError),
    (VALUES, 400, "validation_type", "Query validation error.", RequestRefusedError),
    (SELF, 400, "missing_value", "Token was not recognised.", UnauthorizedError),
    (SELF, 401, "unauthorized", "The access token is invalid.", UnauthorizedError),
    (VALUES, 401, "", "", UnauthorizedError),
    (VALUES, 403, "unauthorized", "The token is missing the required scopes.", ForbiddenError),
    (VALUES, 403, "billing_error", "Not in your plan.", ForbiddenError),
    (VALUES, 404, "merge_in_progress", "It is being merged.", MergeInProgressError),
    (VALUES, 404, "not_found", f'Record with ID "{RECORD_ID}" not found.', RecordGoneError),
    (VALUES, 404, "not_found", UNKNOWN_ATTRIBUTE, UnknownNameError),
    (VALUES, 404, "", "no route", UnavailableError),
    (QUERY, 404, "", "no route", UnknownNameError),
    (QUERY, 404, "not_found", "The referenced object was not found.", UnknownNameError),
    (ATTRIBUTES, 404, "not_found", 'Object with slug/ID "nothing" not found.', UnknownNameError),
    (ENTRIES, 400, "filter_error", "Error in filter.", FilterRefusedError),
    (ENTRIES, 404, "not_found", "The referenced list was not found.", UnknownNameError),
    (ENTRY_VALUES, 404, "not_found", f'Entry with ID "{RECORD_ID}" not found.', RecordGoneError),
    (ENTRY_VALUES, 404, "not_found", UNKNOWN_ATTRIBUTE, UnknownNameError),
    (ENTRY, 404, "not_found", f'Entry with ID "{RECORD_ID}" not found.', RecordGoneError),
    (ENTRY, 404, "", "no route", UnavailableError),
    (ENTRY, 400, "validation_type", "Query validation error.", RequestRefusedError),
    (LISTS, 403, "unauthorized", "The token is missing the required scopes.", ForbiddenError),
    (VALUES, 408, "", "", UnavailableError),
    (VALUES, 425, "", "", UnavailableError),
    (VALUES, 429, "rate_limit_exceeded", "Rate limit exceeded, please try again later", RateLimitedError),
    (QUERY, 301, "", "", RequestRefusedError),
    (QUERY, 302, "", "", RequestRefusedError),
    (QUERY, 307, "", "", RequestRefusedError),
    (QUERY, 304, "", "", RequestRefusedError),
    (QUERY, 405, "", "", RequestRefusedError),
    (QUERY, 409, "slug_conflict", "", RequestRefusedError),
    (QUERY, 413, "", "", RequestRefusedError),
    (QUERY, 500, "", "", UnavailableError),
    (VALUES, 502, "", "", UnavailableError),
    (VALUES, 503, "internal_error", "Something went wrong.", UnavailableError),
    (VALUES, 529, "", "", UnavailableError),
]


def error_body(status: int, code: str, message: str) -> bytes:
    return json.dumps({"status_code": status, "type": "some_error", "code": code, "message": message}).encode()


def refusal_of(request: wire.Request, status: int, body: bytes, headers: dict[str, str] | None = None) -> AttioSyncError:
    with pytest.raises(AttioSyncError) as caught:
        wire.decode(request, status, headers or {}, body, NOW)
    return caught.value


@pytest.mark.parametrize(("request_", "status", "code", "message", "expected"), OUTCOMES)
def test_each_status_has_one_outcome(
    request_: wire.Request, status: int, code: str, message: str, expected: type[AttioSyncError]
) -> None:
    error = refusal_of(request_, status, error_body(status, code, message))
    assert type(error) is expected
    said = str(error)
    assert said.startswith(f"{request_.method} {request_.path} answered {status}")
    assert code in said
    assert message in said


@pytest.mark.parametrize("text", ["two\nlines\r\n", "\ud800", "nul\x00", "\x1b[31mred"])
def test_whatever_attio_says_is_shown_on_one_line(text: str) -> None:
    assert str(refusal_of(QUERY, 400, error_body(400, text, text))).isprintable()


@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad Gateway</html>", b"[]", b"null", b'{"code":7,"message":["x"]}', b"\xff\xfe"]
)
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 418, 429, 500, 503])
def test_a_refusal_without_a_readable_body_is_still_a_refusal_by_its_status(status: int, body: bytes) -> None:
    error = refusal_of(QUERY, status, body)
    assert str(error).startswith(f"POST {QUERY.path} answered {status}")


@pytest.mark.parametrize(("branch", "statuses"), [(TryAgainError, (408, 425, 429, 500, 502, 503, 504))])
def test_what_may_pass_by_itself_is_tried_again(branch: type[AttioSyncError], statuses: tuple[int, ...]) -> None:
    assert all(isinstance(refusal_of(VALUES, status, b""), branch) for status in statuses)


@given(st.integers(300, 599), st.sampled_from(["", "not_found", "unauthorized"]), st.text(max_size=40))
def test_whatever_the_status_the_outcome_is_in_one_branch_of_the_tree(status: int, code: str, message: str) -> None:
    error = refusal_of(VALUES, status, error_body(status, code, message))
    assert sum(isinstance(error, branch) for branch in (TryAgainError, StopError, SkipError)) == 1


def test_a_message_of_any_length_is_cut() -> None:
    assert len(str(refusal_of(QUERY, 400, error_body(400, "c" * 10_000, "m" * 100_000)))) < 2_000


def test_a_missing_token_says_where_to_get_one() -> None:
    said = str(refusal_of(SELF, 401, b""))
    assert "Workspace settings → Developers" in said
    assert "attio_api_token" in said


@pytest.mark.parametrize(
    ("request_", "scopes"),
    [
        *((request, "the scopes record_permission:read and object_configuration:read") for request in (QUERY, VALUES)),
        *(
            (request, "the scopes list_entry:read and list_configuration:read")
            for request in (ENTRIES, ENTRY_VALUES, ENTRY)
        ),
        (LISTS, "the scope list_configuration:read"),
    ],
)
def test_a_missing_scope_says_which_ones_are_needed(request_: wire.Request, scopes: str) -> None:
    said = str(refusal_of(request_, 403, error_body(403, "unauthorized", "")))
    assert said == (
        f"{request_.method} {request_.path} answered 403 unauthorized — the token needs {scopes}; add "
        f"{'it' if request_ is LISTS else 'them'} in Attio under Workspace settings → Developers"
    )


def test_a_plan_that_does_not_include_it_is_not_taken_for_a_missing_scope() -> None:
    said = str(refusal_of(QUERY, 403, error_body(403, "billing_error", "")))
    assert "plan" in said
    assert "scope" not in said


def test_an_attribute_without_history_says_which_setting_to_change() -> None:
    assert "setting history" in str(refusal_of(VALUES, 400, error_body(400, "validation_type", NO_HISTORY)))


def test_a_refusal_reads_as_one_line() -> None:
    assert str(Refusal("GET", "/v2/self", 403, "unauthorized", "No.")) == "GET /v2/self answered 403 unauthorized: No."
    assert str(Refusal("GET", "/v2/self", 502)) == "GET /v2/self answered 502"


# --- Successes


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=10,
    )
)
def test_the_data_of_a_success_comes_out_as_it_was(data: object) -> None:
    assert wire.decode(VALUES, 200, {}, json.dumps({"data": data}).encode(), NOW) == data
    assert wire.decode(SELF, 201, {}, json.dumps(data).encode(), NOW) == data


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
"""Also what Attio never answers, and halves of surrogate pairs."""


def objects_with(*names: str, **known: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of these names, with anything as their values unless more is known of it, and some other ones."""
    fields = {name: known.get(name, json_values) for name in (*names, *known)}
    others = st.dictionaries(st.text(max_size=3), json_values, max_size=3)
    return st.tuples(others, st.fixed_dictionaries({}, optional=fields)).map(merged)


def merged(parts: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return parts[0] | parts[1]


items = objects_with("id", "created_at", values=objects_with("created_at", "workflow_status", "name"))
entries = objects_with("id", "parent_object", "parent_record_id", entry_values=objects_with("created_at", "stage", "owner"))


def cut(items: list[dict[str, Any]], values: str, attribute: str) -> list[dict[str, Any]]:
    """What is needed of each item."""
    known = {"id", "created_at", "parent_object", "parent_record_id", values}
    found = [{name: part for name, part in item.items() if name in known} for item in items]
    for item in found:
        if values in item:
            item[values] = {name: part for name, part in item[values].items() if name in {"created_at", attribute}}
            if isinstance(created := item[values].get("created_at"), list):
                item[values]["created_at"] = [only(one, {"value"}) for one in cast("list[Any]", created)]
        if "id" in item:
            item["id"] = only(item["id"], {"record_id", "entry_id"})
    return found


def only(part: Any, names: set[str]) -> Any:
    """Of an object only these names; anything else as it is."""
    if not isinstance(part, dict):
        return part
    return {name: inside for name, inside in cast("dict[str, Any]", part).items() if name in names}


@given(st.lists(items, max_size=3), st.lists(entries, max_size=3))
def test_of_a_listing_comes_what_is_needed(records: list[dict[str, Any]], listed: list[dict[str, Any]]) -> None:
    of_object, of_list = ({"data": page, "next": None} for page in (records, listed))
    came = wire.decode(QUERY, 200, {}, json.dumps(of_object).encode(), NOW)
    # Of what the parser refuses for what it is, such as half of a pair, everything comes.
    assert cut(came, "values", "workflow_status") == cut(records, "values", "workflow_status")
    came = wire.decode(ENTRIES, 200, {}, json.dumps(of_list).encode(), NOW)
    assert cut(came, "entry_values", "stage") == cut(listed, "entry_values", "stage")


def test_what_is_not_needed_of_a_listing_is_not_even_built() -> None:
    item = {"id": {"record_id": RECORD_ID}, "web_url": "https://…", "values": {"created_at": [], "name": ["x"]}}
    [came] = wire.decode(QUERY, 200, {}, json.dumps({"data": [item]}).encode(), NOW)
    assert came == {"id": {"record_id": RECORD_ID}, "values": {"created_at": []}}


OTHER_SHAPES: list[Any] = [[7], [None], [{"values": []}], [{"name": "x", "values": 7}], {"values": []}]


@given(json_values.filter(lambda data: not isinstance(data, list)) | st.sampled_from(OTHER_SHAPES))
def test_a_listing_of_another_shape_comes_whole(data: object) -> None:
    assert wire.decode(QUERY, 200, {}, json.dumps({"data": data}).encode(), NOW) == data


TOKENS = [
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b'"a"', b"-", b"0", b"1", b".", b"e", b"N", b"true", b"null", b"NaN", b" "),
    *(b"\t", b"\\", b"\x00", b"\x7f", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xc3\xa9", b"1e400", b"-Infinity"),
    *(b'"\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\x01"', b"9" * 30, b"9" * 5_000, b'{"a":1,"a":2}'),
    b"[" * 300 + b"]" * 300,
]


@given(st.lists(st.sampled_from(TOKENS), max_size=8).map(b"".join) | st.sampled_from(TOKENS).map(lambda one: b"[%b]" % one))
@example('{"é": "\ud800"}'.encode("utf-16", "surrogatepass"))
@example(b'{"half": "\\udfff", "nul": "\\u0000", "a": 1, "a": -0, "much": 1e400, "none": [NaN, -Infinity]}')
def test_any_bytes_are_read_as_the_standard_library_reads_them(body: bytes) -> None:
    try:
        expected = repr(json.loads(body))
    except (ValueError, RecursionError):
        assert type(refusal_of(SELF, 200, body)) is UnreadableAnswerError
    else:
        assert repr(wire.decode(SELF, 200, {}, body, NOW)) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<html></html>",
        b"{}",
        b"[]",
        b"7",
        b"null",
        b'"data"',
        b'{"Data": 1}',
        b"\xff",
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"data": ' + b"1" * 5_000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_success_that_is_not_the_json_it_should_be_is_unreadable(body: bytes) -> None:
    error = refusal_of(QUERY, 200, body)
    assert type(error) is UnreadableAnswerError
    assert f"{len(body)} bytes" in str(error)


# --- Retry-After


def asked_to_wait(now: datetime = NOW, **headers: str) -> float | None:
    return wire.retry_after_seconds({name.replace("_", "-"): value for name, value in headers.items()}, now)


def http_date(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


def test_a_refusal_carries_how_long_to_wait() -> None:
    headers = {"retry-after": http_date(NOW + timedelta(seconds=1))}
    error = refusal_of(QUERY, 429, b"", headers)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == 1.0


def test_without_retry_after_nothing_is_said_about_how_long_to_wait() -> None:
    error = refusal_of(QUERY, 429, b"", {"date": http_date(NOW)})
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds is None


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("Tue, 24 Nov 2026 10:00:01 GMT", 1.0),
        ("Tuesday, 24-Nov-26 10:00:01 GMT", 1.0),
        ("Tue Nov 24 10:00:01 2026", 1.0),
        ("Tue, 24 Nov 2026 11:00:01 +0100", 1.0),
        ("Tue, 24 Nov 2026 10:00:01 -0000", 1.0),
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 3_600.0),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("3600", 3_600.0),
        ("999999999", 999_999_999.0),
        ("9" * 400, None),
        ("-7", None),
        ("1.5", None),
        ("\u0663", None),
        ("1e3", None),
        ("in a little while", None),
        ("Tue, 99 Nov 2026 10:00:01 GMT", None),
        ("Tue, 24 Nov 99999 10:00:01 GMT", None),
        ("Tue, 24 Nov 2026 10:00:01 +9999999999", None),
        ("", None),
    ],
)
def test_retry_after_is_a_date_or_seconds_and_anything_else_says_nothing(given_: str, expected: float | None) -> None:
    assert asked_to_wait(retry_after=given_) == expected


instants = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (UTC comes from timezones)
skews = st.timedeltas(timedelta(hours=-30), timedelta(hours=30))


@given(instants, skews, st.integers(0, 100_000))
def test_where_the_clocks_disagree_attios_counts(now: datetime, skew: timedelta, wait: int) -> None:
    theirs = (now + skew).replace(microsecond=0)
    headers = {"date": http_date(theirs), "retry_after": http_date(theirs + timedelta(seconds=wait))}
    told = asked_to_wait(now, **headers)
    assert told is not None
    if abs(skew) > timedelta(seconds=3):
        assert told == wait
    else:
        # Whole seconds do not tell such clocks apart; ours is finer.
        assert abs(told - wait) <= 3


@given(instants, st.integers(-100_000, 100_000))
def test_without_a_date_header_ours_is_the_only_clock_and_the_past_means_now(now: datetime, seconds: int) -> None:
    until = (now + timedelta(seconds=seconds)).replace(microsecond=0)
    assert asked_to_wait(now, retry_after=http_date(until)) == max(0.0, (until - now).total_seconds())


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")), st.text(max_size=60))
def test_no_header_is_a_crash(retry_after: str, date: str) -> None:
    told = asked_to_wait(retry_after=retry_after, date=date)
    assert told is None or 0 <= told < 1e12
    wire.parse_http_date(retry_after)


tokens = st.sampled_from(
    ["Tue", ",", " ", "24", "99", "Nov", "Foo", "2026", "10:00:01", "10:00", ":", "-", "+", "GMT", "UTC", "+0100", "-0000",
     "+99999", "0", "-1", "(", ")", '"', "\\", "\x00", "ä", "1" * 400]
)  # fmt: skip


@given(st.lists(tokens, max_size=12).map("".join))
def test_no_half_of_a_date_is_a_crash(text: str) -> None:
    told = asked_to_wait(retry_after=text, date=text)
    assert told is None or told >= 0
    parsed = wire.parse_http_date(text)
    assert parsed is None or parsed.tzinfo is UTC


@given(instants)
def test_an_http_date_is_read_back(moment: datetime) -> None:
    assert wire.parse_http_date(http_date(moment)) == moment.replace(microsecond=0)


# --- Requests

slugs = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda slug: slug not in {".", ".."}
)
awkward = st.sampled_from(
    [
        "a/b",
        "../..",
        "..%2f..",
        "%2e%2e",
        "a?limit=1",
        "a#b",
        "a b",
        "ä",
        "\x00",
        "a\\b",
        ";x",
        "@evil.example.com",
        "a%00",
        "....//",
    ]
)
base = httpx2.AsyncClient(base_url="https://api.attio.com")


def segments_sent(request: wire.Request) -> list[str]:
    """The path as the HTTP library puts it on the wire, in decoded segments."""
    url = base.build_request(request.method, request.path, params=request.params).url
    assert url.host == "api.attio.com"
    path = url.raw_path.decode("ascii").partition("?")[0]
    return [unquote(segment, errors="strict") for segment in path.removeprefix("/").split("/")]


@pytest.mark.parametrize(("kind", "items"), [("objects", "records"), ("lists", "entries")])
@given(slugs | awkward, slugs | awkward, slugs | awkward)
def test_no_slug_and_no_id_leaves_its_segment_of_the_path(
    kind: Literal["objects", "lists"], items: str, slug: str, record_id: str, attribute: str
) -> None:
    parent = Parent(kind, slug)
    values = wire.attribute_values(parent, record_id, attribute, 0)
    assert segments_sent(values) == ["v2", kind, slug, items, record_id, "attributes", attribute, "values"]
    assert segments_sent(wire.query(parent, {}, set())) == ["v2", kind, slug, items, "query"]
    assert segments_sent(wire.one_item(parent, record_id)) == ["v2", kind, slug, items, record_id]
    attributes = wire.definitions(ATTRIBUTES_OF.path(Place(parent)), 0, ())
    assert segments_sent(attributes) == ["v2", kind, slug, "attributes"]
    for table, name in ((STATUSES, "statuses"), (OPTIONS, "options")):
        defined = wire.definitions(table.path(Place(parent, attribute)), 0, ())
        assert segments_sent(defined) == ["v2", kind, slug, "attributes", attribute, name]


@pytest.mark.parametrize("kind", ["objects", "lists"])
@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_change_the_path_is_refused(name: str, kind: Literal["objects", "lists"]) -> None:
    good, bad = Parent(kind, "good"), Parent(kind, name)
    for build in (
        lambda: wire.query(bad, {}, set()),
        lambda: ATTRIBUTES_OF.path(Place(bad)),
        lambda: STATUSES.path(Place(bad, "status")),
        lambda: STATUSES.path(Place(good, name)),
        lambda: OPTIONS.path(Place(good, name)),
        lambda: wire.one_item(good, name),
        lambda: wire.one_item(bad, RECORD_ID),
        lambda: wire.attribute_values(good, name, "workflow_status", 0),
        lambda: wire.attribute_values(good, RECORD_ID, name, 0),
    ):
        with pytest.raises(UnknownNameError, match=f"^{name!r} "):
            build()


def test_limit_and_offset_of_a_query_go_into_the_body() -> None:
    body = {"limit": 500, "offset": 0}
    assert (
        wire.Request("POST", "/v2/objects/applications/records/query", "records", body=body, scopes=OBJECT_SCOPES) == QUERY
    )
    assert wire.Request("POST", "/v2/lists/hiring/entries/query", "records", body=body, scopes=LIST_SCOPES) == ENTRIES


def test_a_history_asks_for_the_past_and_names_an_offset_only_beyond_the_first_page() -> None:
    past: dict[str, str | int] = {"show_historic": "true"}
    path = f"/v2/objects/applications/records/{RECORD_ID}/attributes/workflow_status/values"
    assert wire.Request("GET", path, "values", params=past, scopes=OBJECT_SCOPES) == VALUES
    path = f"/v2/lists/hiring/entries/{RECORD_ID}/attributes/stage/values"
    assert wire.Request("GET", path, "values", params=past, scopes=LIST_SCOPES) == ENTRY_VALUES
    later = wire.attribute_values(APPLICATIONS, RECORD_ID, "workflow_status", 100)
    assert later.params == {"show_historic": "true", "offset": 100}


def test_the_small_requests_are_these() -> None:
    assert wire.Request("GET", "/v2/lists", "definitions", scopes=("list_configuration:read",)) == LISTS
    path = "/v2/objects/applications/attributes"
    archived: dict[str, str | int] = {"show_archived": "true"}
    assert wire.Request("GET", path, "definitions", params=archived, scopes=OBJECT_SCOPES) == ATTRIBUTES
    assert wire.definitions(path, 30, ()).params == {"show_archived": "true", "offset": 30}
    assert wire.Request("GET", f"/v2/lists/hiring/entries/{RECORD_ID}", "values", scopes=LIST_SCOPES) == ENTRY
    assert wire.identify() == wire.Request("GET", "/v2/self", "self", enveloped=False)
