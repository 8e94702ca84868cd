"""Requests as the simulator sees them, answers as it gives them, and how many there were."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl

from .errors import bad_request, invalid_body
from .shapes import as_object

Delivery = Literal["whole", "refuse", "drop", "drop_amid", "cut"]


@dataclass(slots=True)
class Request:
    """One request as it came over the wire: the path still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def parameters(self) -> dict[str, str]:
        """Parse the query string."""
        return dict(parse_qsl(self.query, keep_blank_values=True)) if self.query else {}

    def json(self) -> dict[str, Any]:
        """Parse the body, which must be an object; an empty one means `{}`.

        Raises:
            ApiError: 400 for anything else.
        """
        try:
            parsed: object = json.loads(self.body) if self.body.strip() else {}
        except (ValueError, RecursionError):
            raise bad_request(code="invalid_json", message="Body is not valid JSON.") from None
        found = as_object(parsed)
        if found is None:
            raise invalid_body([], "Expected object")
        return found


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """What a hook is told of a request before it is answered.

    Attributes:
        number: which request it is, counted from 1; resetting the counters does not start again.
        kind: the endpoint, for example `query`, `values` or `self` (see `endpoints.py`).
        parts: the named parts of the path: `object`, `list`, `record_id`, `entry_id`, `attribute`, …
    """

    number: int
    kind: str
    method: str
    path: str
    query: str
    parts: dict[str, str]
    body: bytes

    @property
    def record_id(self) -> str | None:
        """The record or entry the request is about, if it is about one."""
        return self.parts.get("record_id") or self.parts.get("entry_id")


@dataclass(slots=True)
class Answer:
    """An answer and the way it reaches the client.

    Attributes:
        stall: seconds of silence before the first byte (on top of the latency).
        stall_amid: seconds of silence in the middle of the body.
        delivery: `whole`; `refuse`: no connection; `drop`: the connection is reset instead of an answer;
            `drop_amid`: it is reset in the middle of the body; `cut`: it is closed in the middle of the body.
        padding: bytes of blanks that follow the body (before its last byte), sent in pieces.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    stall: float = 0.0
    stall_amid: float = 0.0
    delivery: Delivery = "whole"
    padding: int = 0


class Api(Protocol):
    """What answers requests, as servers and transports see it."""

    def answer(self, request: Request) -> Answer:
        """Answer one request that arrives now."""
        ...

    def draw_latency(self) -> float:
        """Draw how many seconds one request and its answer are on the way."""
        ...


@dataclass(slots=True)
class RequestCounters:
    """How many requests there were.

    Attributes:
        total: all of them.
        by_kind: by endpoint kind.
        by_status: by status of the answer; 0 for those whose connection was dropped instead of an answer.
        by_second: by second of the workspace's clock (since 1970) in which they arrived.
    """

    total: int = 0
    by_kind: Counter[str] = field(default_factory=Counter[str])
    by_status: Counter[int] = field(default_factory=Counter[int])
    by_second: Counter[int] = field(default_factory=Counter[int])

    @property
    def answered_429(self) -> int:
        """How many were answered 429."""
        return self.by_status[429]

    @property
    def maximum_per_second(self) -> int:
        """The most that arrived in one clock second."""
        return max(self.by_second.values(), default=0)

    def reset(self) -> None:
        """Start counting from zero."""
        self.total = 0
        self.by_kind.clear()
        self.by_status.clear()
        self.by_second.clear()
