"""Pure: builds the requests we send and turns an answer (status, headers, body) into data or an error of our tree.

https://docs.attio.com/rest-api/overview
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from pydantic_core import from_json

from attio_sync.attio_types import parse_timestamp
from attio_sync.attio_types.timestamps import EPOCH
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
    UnauthorizedError,
    UnavailableError,
    UnknownNameError,
    UnreadableAnswerError,
)
from attio_sync.shapes import as_object

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A page of 500 records with a hundred attributes each stays below a quarter of this."""

CLOCKS_AGREE_SECONDS = 2.0
"""`Date` and `Retry-After` have whole seconds, so clocks closer than this cannot be told apart by them."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request: path below the base URL, query parameters or JSON body. `reads` names what it asks for."""

    method: str
    path: str
    reads: str
    params: dict[str, str | int] = field(default_factory=dict[str, str | int])
    body: dict[str, Any] | None = None
    enveloped: bool = True
    """Every success but that of /v2/self is `{"data": …}`."""


def query_records(object_slug: str, body: dict[str, Any]) -> Request:
    """A listing page; `limit` and `offset` go into the body, as query parameters they are silently ignored.

    https://docs.attio.com/rest-api/endpoint-reference/records/list-records
    """
    return Request("POST", f"/v2/objects/{_segment(object_slug)}/records/query", "records", body=body)


def attribute_values(object_slug: str, record_id: str, attribute: str, offset: int) -> Request:
    """The history of one attribute of one record, oldest value first.

    https://docs.attio.com/rest-api/endpoint-reference/records/list-attribute-values-for-a-record
    """
    path = f"/v2/objects/{_segment(object_slug)}/records/{_segment(record_id)}/attributes/{_segment(attribute)}/values"
    params: dict[str, str | int] = {"show_historic": "true"}
    if offset:
        params["offset"] = offset
    return Request("GET", path, "values", params=params)


def list_objects() -> Request:
    """https://docs.attio.com/rest-api/endpoint-reference/objects/list-objects."""
    return Request("GET", "/v2/objects", "objects")


def list_attributes(object_slug: str, offset: int) -> Request:
    """https://docs.attio.com/rest-api/endpoint-reference/attributes/list-attributes."""
    params: dict[str, str | int] = {"offset": offset} if offset else {}
    return Request("GET", f"/v2/objects/{_segment(object_slug)}/attributes", "attributes", params=params)


def list_statuses(object_slug: str, attribute: str) -> Request:
    """https://docs.attio.com/rest-api/endpoint-reference/attributes/list-statuses."""
    path = f"/v2/objects/{_segment(object_slug)}/attributes/{_segment(attribute)}/statuses"
    return Request("GET", path, "statuses", params={"show_archived": "true"})


def list_members() -> Request:
    """https://docs.attio.com/rest-api/endpoint-reference/workspace-members/list-workspace-members."""
    return Request("GET", "/v2/workspace_members", "members")


def identify() -> Request:
    """https://docs.attio.com/rest-api/endpoint-reference/meta/identify."""
    return Request("GET", "/v2/self", "self", enveloped=False)


def _segment(text: str) -> str:
    """One segment of a path: no slug or id can reach outside its place.

    Raises:
        UnknownNameError: it is empty or a dot segment, which on its way is dropped or takes the one before it along.
    """
    if text in {"", ".", ".."}:
        message = f"{text!r} is no name of an object, an attribute or a record"
        raise UnknownNameError(message)
    return quote(text, safe="")


def decode(request: Request, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Any:  # noqa: ANN401
    """The data of a success; `now` is this machine's time, to which a `Retry-After` date is compared.

    Raises:
        AttioSyncError: the outcome the table below gives for this status, code and message.
        UnreadableAnswerError: the body is not the JSON it should be.
    """
    if 200 <= status < 300:  # noqa: PLR2004 (the HTTP range of success)
        return _data(request, status, body)
    answer = _error_body(body)
    refusal = Refusal(request.method, request.path, status, _text(answer, "code"), _text(answer, "message"))
    raise _outcome(request, refusal, headers, now)


def _data(request: Request, status: int, body: bytes) -> Any:  # noqa: ANN401
    try:
        answer = _parsed(body)
        return answer["data"] if request.enveloped else answer
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        detail = f"{len(body)} bytes that are not the JSON it should be ({type(error).__name__})"
        raise UnreadableAnswerError(str(Refusal(request.method, request.path, status, message=detail))) from None


def _parsed(body: bytes) -> Any:  # noqa: ANN401
    """As `json.loads` reads it, in two thirds of the time."""
    try:
        return from_json(body)
    except ValueError:  # it refuses what `json.loads` takes: half of a surrogate pair, deep nesting, other encodings
        return json.loads(body)


def _error_body(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return as_object(answer) or {}


def _text(answer: dict[str, Any], key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        return ""
    # It ends in log lines and on a dashboard: one line, and nothing that cannot be encoded.
    return "".join(c if c.isprintable() else " " for c in value[:500]).strip()


# Read from top to bottom; the first row that matches decides. (status, code or None for any, start of the message or None)
_OUTCOMES: tuple[tuple[int, str | None, str | None, type[AttioSyncError]], ...] = (
    (400, "missing_value", "Token was not recognised", UnauthorizedError),
    (400, "validation_type", "Cannot set show_historic", NoHistoryError),
    (401, None, None, UnauthorizedError),
    (403, None, None, ForbiddenError),
    (404, "merge_in_progress", None, MergeInProgressError),
    (404, "not_found", "Attribute with", UnknownNameError),
    (408, None, None, UnavailableError),
    (425, None, None, UnavailableError),
)


def _outcome(request: Request, refusal: Refusal, headers: Mapping[str, str], now: datetime) -> AttioSyncError:
    if refusal.status == 429:  # noqa: PLR2004 (Too Many Requests)
        return RateLimitedError(refusal, retry_after_seconds(headers, now))
    for status, code, message, error in _OUTCOMES:
        if (
            refusal.status == status
            and code in (None, refusal.code)
            and (message is None or refusal.message.startswith(message))
        ):
            return error(f"{refusal}{_hint(error, refusal)}")
    if refusal.status == 404:  # noqa: PLR2004 (Not Found)
        if request.reads != "values":
            return UnknownNameError(str(refusal))
        # A 404 that is not Attio's own says nothing about the record: some gateway has lost its way.
        return RecordGoneError(str(refusal)) if refusal.code == "not_found" else UnavailableError(str(refusal))
    if refusal.status >= 500:  # noqa: PLR2004 (the HTTP range of server errors)
        return UnavailableError(str(refusal))
    # Seen of a query are filter_error, unknown_filter_attribute_slug, missing_sort_field and others.
    is_filter = refusal.status == 400 and request.reads == "records"  # noqa: PLR2004 (Bad Request)
    return (FilterRefusedError if is_filter else RequestRefusedError)(str(refusal))


def _hint(error: type[AttioSyncError], refusal: Refusal) -> str:
    """What to do about it."""
    if error is UnauthorizedError:
        return (
            " — the token is missing, wrong or revoked. Create one in Attio under Workspace settings → Developers "
            "and set attio_api_token"
        )
    if error is ForbiddenError:
        return " — " + (
            "the workspace's plan does not include this"
            if refusal.code == "billing_error"
            else "the token needs the scopes record_permission:read and object_configuration:read; "
            "add them in Attio under Workspace settings → Developers"
        )
    if error is NoHistoryError:
        return " — Attio keeps no history of this attribute; take it out of the setting history"
    return ""


def retry_after_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """How long from now Attio asks to wait; None where it does not say or says nonsense.

    It is an HTTP date, by Attio's clock. Where that clock (the `Date` header) and ours disagree, Attio's counts.
    https://docs.attio.com/rest-api/guides/rate-limiting
    """
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004 (thirty years would do)
        return float(value)
    until = parse_http_date(value)
    if until is None:
        return None
    date = parse_http_date(headers.get("date", ""))
    reference = now if date is None or abs((date - now).total_seconds()) < CLOCKS_AGREE_SECONDS else date
    return max(0.0, (until - reference).total_seconds())


def parse_accurate_at(headers: Mapping[str, str]) -> datetime | None:
    """How fresh the data of an answer is, where Attio says so: in a header seen on nearly every answer, not documented."""
    try:
        accurate_at = parse_timestamp(headers.get("x-accurate-at", ""))
    except ValueError:
        return None
    return accurate_at if accurate_at >= EPOCH else None


def parse_http_date(value: str) -> datetime | None:
    """An HTTP date as an aware datetime in UTC, or None."""
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
