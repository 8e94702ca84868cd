"""What goes wrong on demand: each fault alone or mixed, at random (seeded) or on schedule."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .clock import SECOND, http_date
from .errors import rate_limited
from .mangling import Mangle, alter_values, mangled, with_unknown_enum, with_unknown_field
from .requests import Answer, Delivery, RequestInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .writes import Workspace

FaultKind = Literal[
    "rate_limited",
    "server_error",
    "answer",
    "not_json",
    "truncated",
    "cut",
    "drop",
    "drop_amid",
    "refuse",
    "stall",
    "stall_amid",
    "huge",
    "redirect",
    "vanish",
    "change",
    "mangle",
    "unknown_field",
    "unknown_enum",
]
RetryAfter = Literal["next_second", "absent", "nonsense", "past", "hour", "seconds"]
HTML = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
JSON_HEADERS = (("content-type", "application/json"),)
HTML_HEADERS = (("content-type", "text/html"),)


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong, and when.

    | kind | what happens |
    | --- | --- |
    | rate_limited | 429, with `retry_after` of several kinds |
    | server_error | `status` (500, 502, 503) with a `body` of `json`, `html` or nothing (`empty`) |
    | answer | `status` with `payload` as JSON, whatever they are: 403 `billing_error`, a redirect, an empty page |
    | not_json | 200 with a body that is not JSON |
    | truncated | 200 with half of the JSON, and a `content-length` that agrees with it |
    | cut | the connection is closed after half of the body |
    | drop | the connection is reset before the answer (a write is not done) |
    | drop_amid | the connection is reset after half of the body (a write is done) |
    | refuse | no connection at all (on a real socket the same as `drop`) |
    | stall | `seconds` of silence before the answer |
    | stall_amid | `seconds` of silence in the middle of the body |
    | huge | the answer is followed by blanks until it has `size` bytes: valid JSON still |
    | redirect | 302 to `location`, on another host |
    | vanish | the record that is asked for is deleted just before |
    | change | `change(workspace)` is called just before; by default some record is created, moved or deleted |
    | mangle | values of the wrong shape: see `Mangle` |
    | unknown_field | values have fields that Attio does not have yet |
    | unknown_enum | values name a type of actor that Attio does not have yet |

    A listing that ends early after three pages is `Fault(kind="answer", status=200, payload={"data": []}, on=["query"],
    at=range(4, 1_000_000))`; one with an empty page in the middle is the same with `at=[4]`.

    Attributes:
        kind: what happens.
        rate: how probable it is at each request that it can happen to. Without `rate` and `at`: every time.
        at: at which of the requests that it can happen to, counted from 1.
        on: the kinds of endpoint it can happen to (`query`, `values`, …); empty for all.
        records: the records (or entries) it can happen to; empty for all. Of a listing, `mangle`, `unknown_field`
            and `unknown_enum` touch these records only.
        times: how often it happens at most.
        burst: how many requests in a row it happens to, once it does.
    """

    kind: FaultKind
    rate: float | None = None
    at: Collection[int] = ()
    on: Collection[str] = ()
    records: Collection[str] = ()
    times: int | None = None
    burst: int = 1
    retry_after: RetryAfter = "next_second"
    status: int = 502
    body: Literal["json", "html", "empty"] = "html"
    payload: object = None
    seconds: float = 60.0
    size: int = 200_000_000
    location: str = "https://elsewhere.example.com/v2/self"
    change: Callable[[Workspace], object] | None = None
    mangle: Mangle = field(default_factory=Mangle)
    happened: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False, repr=False)
    _left: int = field(default=0, init=False, repr=False)

    def is_due(self, info: RequestInfo, chance: random.Random) -> bool:
        """Decide whether it is due at this request; whether it then happens depends on the others."""
        if self.on and info.kind not in self.on:
            return False
        touches_values = self.kind in ("mangle", "unknown_field", "unknown_enum")
        is_listing = touches_values and info.kind in ("query", "entries_query")
        if self.records and not is_listing and info.record_id not in self.records:
            return False
        self._seen += 1
        if self._left == 0:
            if self.times is not None and self.happened >= self.times:
                return False
            scheduled = self._seen in self.at or (self.rate is None and not self.at)
            if not scheduled and not (self.rate is not None and chance.random() < self.rate):
                return False
            self._left = self.burst
        self._left -= 1
        return True


class Faults:
    """The faults of a simulator: `Faults(Fault(kind="drop", rate=0.1), Fault(kind="stall", at=[3]), seed=7)`."""

    def __init__(self, *faults: Fault, seed: int = 0) -> None:
        self.faults = list(faults)
        self._random = random.Random(f"faults {seed}")

    def add(self, fault: Fault) -> Fault:
        """Add one more."""
        self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self.faults.clear()

    def due(self, info: RequestInfo, workspace: Workspace) -> Due:
        """Decide what happens to a request, and do what happens before it is answered."""
        if not self.faults:
            return NOTHING
        due = Due(_compatible([fault for fault in self.faults if fault.is_due(info, self._random)]), info)
        for fault in due.faults:
            fault.happened += 1
            if fault.kind == "vanish" and info.record_id in workspace.rows:
                workspace.delete_record(info.record_id)
            elif fault.kind == "change":
                if fault.change is None:
                    some_change(workspace, self._random)
                else:
                    fault.change(workspace)
        return due


def _compatible(faults: list[Fault]) -> list[Fault]:
    """Leave out what cannot happen together: one answer comes instead of Attio's, and a connection breaks once."""
    instead = next((fault for fault in faults if fault.kind in _INSTEAD), None)
    if instead is not None:
        return [fault for fault in faults if fault is instead or fault.kind == "stall"]
    broken = next((fault for fault in faults if fault.kind in _BROKEN), None)
    return [fault for fault in faults if fault is broken or fault.kind not in _BROKEN]


class Due:
    """What happens to one request."""

    def __init__(self, faults: list[Fault], info: RequestInfo) -> None:
        self.faults = faults
        self._info = info

    def instead(self, now: int) -> Answer | None:
        """Give the answer that comes instead of Attio's, if one does; a drop before it leaves nothing done."""
        fault = next((fault for fault in self.faults if fault.kind in _INSTEAD), None)
        return None if fault is None else _INSTEAD[fault.kind](fault, now)

    def change(self, payload: dict[str, Any]) -> None:
        """Change what Attio answers."""
        for fault in self.faults:
            if fault.kind == "mangle":
                alter_values(payload, self._info, fault.records, mangled(fault.mangle))
            elif fault.kind == "unknown_field":
                alter_values(payload, self._info, fault.records, with_unknown_field)
            elif fault.kind == "unknown_enum":
                alter_values(payload, self._info, fault.records, with_unknown_enum)

    def spoil(self, answer: Answer) -> None:
        """Change how the answer reaches the client."""
        for fault in self.faults:
            if fault.kind == "stall":
                answer.stall += fault.seconds
            elif not answer.body:
                continue
            elif fault.kind == "stall_amid":
                answer.stall_amid += fault.seconds
            elif fault.kind == "truncated":
                answer.body = answer.body[: len(answer.body) // 2]
            elif fault.kind == "huge":
                answer.padding = max(0, fault.size - len(answer.body))
            elif fault.kind in _BROKEN:
                answer.delivery = _BROKEN[fault.kind]


_BROKEN: dict[FaultKind, Delivery] = {"cut": "cut", "drop_amid": "drop_amid"}
NOTHING = Due([], RequestInfo(0, "", "", "", "", {}, b""))


def _retry_after(kind: RetryAfter, now: int) -> list[tuple[str, str]]:
    given = {
        "next_second": http_date(now + SECOND),
        "nonsense": "in a little while",
        "past": http_date(now - 3_600 * SECOND),
        "hour": http_date(now + 3_600 * SECOND),
        "seconds": "1",
    }
    return [("retry-after", given[kind])] if kind in given else []


def _rate_limited(fault: Fault, now: int) -> Answer:
    headers = [*JSON_HEADERS, *_retry_after(fault.retry_after, now)]
    return Answer(429, headers, json.dumps(rate_limited().body).encode())


def _server_error(fault: Fault, _: int) -> Answer:
    if fault.body == "json":
        body = b'{"status_code":%d,"type":"api_error","code":"internal_error","message":"Something went wrong."}'
        return Answer(fault.status, list(JSON_HEADERS), body % fault.status)
    return Answer(fault.status, list(HTML_HEADERS), HTML if fault.body == "html" else b"")


_INSTEAD: dict[str, Callable[[Fault, int], Answer]] = {
    "rate_limited": _rate_limited,
    "server_error": _server_error,
    "answer": lambda fault, _: Answer(fault.status, list(JSON_HEADERS), json.dumps(fault.payload).encode()),
    "not_json": lambda _, __: Answer(200, list(HTML_HEADERS), HTML),
    "redirect": lambda fault, _: Answer(302, [("location", fault.location)], b""),
    "drop": lambda _, __: Answer(200, [], b"", delivery="drop"),
    "refuse": lambda _, __: Answer(200, [], b"", delivery="refuse"),
}


def some_change(workspace: Workspace, chance: random.Random) -> None:
    """Change something in the first object that has a status: create, move or delete a record."""
    for collection in workspace.objects():
        attribute = next((one for one in collection.attributes if one.type == "status"), None)
        if attribute is None:
            continue
        status = chance.choice([one for one in attribute.statuses if not one.is_archived])
        what = chance.choice(("create", "move", "move", "delete"))
        if what == "create" or not collection.ids:
            workspace.create_record(collection.slug, status.id)
        elif what == "move":
            workspace.set_status(chance.choice(collection.ids), status.id, attribute=attribute.slug)
        else:
            workspace.delete_record(chance.choice(collection.ids))
        return
