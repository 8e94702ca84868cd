"""Pure: builds the requests we send and turns an answer (status, headers, body) into data or an error of our tree.

https://docs.attio.com/rest-api/overview
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from typing import Any, TypedDict
from urllib.parse import urlencode

import msgspec

from attio_sync.attio_types.timestamps import EPOCH, parse_timestamp
from attio_sync.errors import (
    TOKENS_ARE,
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
from attio_sync.parents import OBJECT_SCOPES, Parent, segment
from attio_sync.tables import as_object

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A page of 500 records with a hundred attributes each stays below a quarter of this."""

CLOCKS_AGREE_SECONDS = 2.0
"""`Date` and `Retry-After` have whole seconds, so clocks closer than this cannot be told apart by them."""

EVERYTHING = msgspec.json.Decoder[Any]()


@dataclass(frozen=True, slots=True)
class Request:
    """One request: path below the base URL, query parameters or JSON body. `reads` names what it asks for."""

    method: str
    path: str
    reads: str
    params: dict[str, str | int] = field(default_factory=dict[str, str | int])
    body: dict[str, Any] | None = None
    scopes: tuple[str, ...] = ()
    """What a token needs for it."""
    enveloped: bool = True
    """Every success but that of /v2/self is `{"data": …}`."""
    needed: msgspec.json.Decoder[Any] = field(default=EVERYTHING, repr=False, compare=False)
    """Reads of the answer what is needed."""

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.params)}" if self.params else self.path


def query(parent: Parent, body: dict[str, Any], attributes: Collection[str]) -> Request:
    """A listing page; `limit` and `offset` go into the body, as query parameters they are silently ignored.

    Of each item come its ids, its times, and the values of these attributes.
    https://docs.attio.com/rest-api/endpoint-reference/records/list-records
    """
    needed = _items_with(parent.values_field, frozenset(attributes))
    return Request("POST", f"{parent.items_path}/query", "records", body=body, scopes=parent.scopes, needed=needed)


class _Ids(TypedDict, total=False):
    record_id: Any
    entry_id: Any


class _Value(TypedDict, total=False):
    value: Any


@cache
def _items_with(values_field: str, attributes: frozenset[str]) -> msgspec.json.Decoder[Any]:
    """To read everything would take four times as long: a record has dozens of attributes, each of many fields."""
    values = TypedDict("values", {"created_at": list[_Value]} | dict.fromkeys(attributes, Any), total=False)  # pyright: ignore[reportArgumentType] (names that are known now)
    fields = dict.fromkeys(("created_at", "parent_object", "parent_record_id"), Any) | {"id": _Ids, values_field: values}
    item = TypedDict("item", fields, total=False)  # pyright: ignore[reportArgumentType]
    return msgspec.json.Decoder(TypedDict("page", {"data": list[item]}))  # pyrefly: ignore[not-callable] (it is)


def attribute_values(parent: Parent, record_id: str, attribute: str, offset: int) -> Request:
    """The history of one attribute of one record or entry, oldest value first.

    https://docs.attio.com/rest-api/endpoint-reference/records/list-attribute-values-for-a-record
    """
    path = f"{parent.items_path}/{segment(record_id)}/attributes/{segment(attribute)}/values"
    params: dict[str, str | int] = {"show_historic": "true"}
    if offset:
        params["offset"] = offset
    return Request("GET", path, "values", params=params, scopes=parent.scopes)


def one_item(parent: Parent, record_id: str) -> Request:
    """One record or entry with its current values.

    https://docs.attio.com/rest-api/endpoint-reference/entries/get-a-list-entry
    """
    return Request("GET", f"{parent.items_path}/{segment(record_id)}", "values", scopes=parent.scopes)


def definitions(path: str, offset: int, scopes: tuple[str, ...]) -> Request:
    """What there is in a workspace, an object, a list or an attribute, archived ones included."""
    params: dict[str, str | int] = {"show_archived": "true"} if "/attributes" in path else {}
    if offset:
        params["offset"] = offset
    return Request("GET", path, "definitions", params=params, scopes=scopes)


def identify() -> Request:
    """https://docs.attio.com/rest-api/endpoint-reference/meta/identify."""
    return Request("GET", "/v2/self", "self", enveloped=False)


def decode(request: Request, status: int, headers: Mapping[str, str], body: bytes | bytearray, now: datetime) -> Any:
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


def _data(request: Request, status: int, body: bytes | bytearray) -> Any:
    try:
        answer = _parsed(body, request.needed)
        return answer["data"] if request.enveloped else answer
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        detail = f"{len(body)} bytes that are not the JSON it should be ({type(error).__name__})"
        raise UnreadableAnswerError(str(Refusal(request.method, request.path, status, message=detail))) from None


def _parsed(body: bytes | bytearray, decoder: msgspec.json.Decoder[Any]) -> Any:
    """As `json.loads` reads it, in less time."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        # It refuses what `json.loads` takes, such as half of a surrogate pair, and what does not have the shape needed.
        return json.loads(body)


def _error_body(body: bytes | bytearray) -> dict[str, Any]:
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
            return error(f"{refusal}{_hint(error, request, refusal)}")
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


def _hint(error: type[AttioSyncError], request: Request, refusal: Refusal) -> str:
    """What to do about it."""
    if error is UnauthorizedError:
        return f" — the token is missing, wrong or revoked. Create one {TOKENS_ARE} and set attio_api_token"
    if error is ForbiddenError:
        if refusal.code == "billing_error":
            return " — the workspace's plan does not include this"
        scopes = request.scopes or OBJECT_SCOPES
        needed, them = (f"scope {scopes[0]}", "it") if len(scopes) == 1 else (f"scopes {' and '.join(scopes)}", "them")
        return f" — the token needs the {needed}; add {them} {TOKENS_ARE}"
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


@lru_cache(maxsize=16)  # the answers of one second have the same
def parse_http_date(value: str) -> datetime | None:
    """An HTTP date as an aware datetime in UTC, or None."""
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
