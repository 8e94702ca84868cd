"""The simulator: one way from a request to its answer, used in-process and over sockets alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .asgi import SimulatorApp
from .behaviour import Behaviour
from .clock import SECOND, duration, http_date, nanoseconds, timestamp
from .definitions import DEFINITIONS
from .endpoints import READS
from .errors import ApiError, missing_scopes, unauthorized, unrecognised_token
from .faults import JSON_HEADERS, Faults
from .limits import Limits, RateLimited
from .mutations import WRITES
from .requests import Answer, Request, RequestCounters, RequestInfo
from .routing import Call, Endpoint, Router, unknown_endpoint
from .sockets import RunningServer, serve
from .tokens import ALL_SCOPES, DEFAULT_TOKEN, WELL_FORMED, Token, TokenLevel, token_of
from .transport import SimulatorTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from .shapes import Json
    from .writes import Workspace

MULTIPLE_CHOICES = 300


class Simulator:
    """A stand-in for `https://api.attio.com` in front of one workspace.

    Args:
        workspace: the truth it answers from.
        limits: how fast it may be asked; by default as Attio documents, with a modest latency.
        faults: what goes wrong; by default nothing.
        behaviour: what Attio's documentation leaves open.
        token: the token it knows; `add_token` makes more.
        scopes: what that token may do; by default everything. `read-write` includes `read`.
        token_level: for whom it acts: the whole `workspace`, or one `user`. What a user does not see is `hidden`.
        hidden: ids of records and entries that the token does not see. All of these can be changed at any time.
    """

    def __init__(  # noqa: PLR0913 - each is a part that can be replaced
        self,
        workspace: Workspace,
        *,
        limits: Limits | None = None,
        faults: Faults | None = None,
        behaviour: Behaviour | None = None,
        token: str = DEFAULT_TOKEN,
        scopes: Iterable[str] | None = None,
        token_level: TokenLevel = "workspace",  # noqa: S107 - no password
        hidden: Iterable[str] = (),
    ) -> None:
        self.workspace = workspace
        self.limits = limits or Limits()
        self.faults = faults or Faults()
        self.behaviour = behaviour or Behaviour()
        self.token = token
        self.scopes = ALL_SCOPES if scopes is None else frozenset(scopes)
        self.token_level: TokenLevel = token_level
        self.hidden = set(hidden)
        self.tokens: dict[str, Token] = {}
        self.requests = RequestCounters()
        self.app = SimulatorApp(self)
        self._number = 0
        self._hooks: list[Callable[[RequestInfo], None]] = []
        self._router = Router(READS + WRITES + DEFINITIONS)

    def transport(self) -> SimulatorTransport:
        """Give an httpx2 transport that answers in this process, without a socket."""
        return SimulatorTransport(self)

    def serve(self, *, port: int = 0, host: str = "127.0.0.1") -> AbstractContextManager[RunningServer]:
        """Serve over HTTP on loopback, in a thread, while the context lasts; port 0 takes any free one."""
        return serve(self.app, host=host, port=port)

    def add_token(
        self,
        text: str,
        *,
        scopes: Iterable[str] | None = None,
        level: TokenLevel = "workspace",
        member_id: str | None = None,
    ) -> Token:
        """Make one more token known; what it may do and see can be changed at any time.

        One of the level `user` acts for a member, by default the first, and sees the lists that the member may see.
        """
        member = member_id or self.workspace.members[0].id
        self.tokens[text] = Token(text, ALL_SCOPES if scopes is None else frozenset(scopes), level, member)
        return self.tokens[text]

    def on_request(self, hook: Callable[[RequestInfo], None]) -> Callable[[], None]:
        """Call a hook before each request is answered; what it raises, the client sees. Returns how to remove it."""
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def answer(self, request: Request) -> Answer:
        """Answer one request that arrives now."""
        with self.workspace.lock:
            return self._answer(request)

    def draw_latency(self) -> float:
        """Draw how many seconds one request and its answer are on the way."""
        return self.limits.draw_latency()

    def _answer(self, request: Request) -> Answer:
        now = nanoseconds(self.workspace.clock.now())
        self._number += 1
        found = self._router.find(request.method, request.path)
        kind = "unknown" if found is None else found[0].kind
        parts = {} if found is None else found[1]
        info = RequestInfo(self._number, kind, request.method, request.path, request.query, parts, request.body)
        self.requests.total += 1
        self.requests.by_kind[kind] += 1
        self.requests.by_second[now // SECOND] += 1
        for hook in tuple(self._hooks):
            hook(info)
        self.workspace.settle()
        faults = self.faults.due(info, self.workspace)
        ahead = duration(self.behaviour.clock_offset) // SECOND * SECOND
        answer = faults.instead(now + ahead)
        if answer is None:
            retry_at, more = None, list[tuple[str, str]]()
            try:
                status, payload, more = self._do(request, found, now)
            except ApiError as error:
                status, payload = error.status, error.body
            except RateLimited as refusal:
                status, payload, retry_at = 429, refusal.body, refusal.retry_at
            faults.change(payload)
            answer = Answer(status, [*JSON_HEADERS, *more], _encode(payload))
            if retry_at is not None:
                answer.headers.append(("retry-after", http_date(retry_at + ahead)))
        if self.behaviour.accurate_at and answer.status < MULTIPLE_CHOICES and JSON_HEADERS[0] in answer.headers:
            accurate_at = self.workspace.clock.nanoseconds() - duration(self.behaviour.staleness)
            answer.headers.append(("x-accurate-at", timestamp(accurate_at)))
        faults.spoil(answer)
        answer.headers.append(("date", http_date(now + ahead)))
        self.requests.by_status[0 if answer.delivery in ("refuse", "drop") else answer.status] += 1
        return answer

    def _do(
        self, request: Request, found: tuple[Endpoint, dict[str, str]] | None, now: int
    ) -> tuple[int, Json, list[tuple[str, str]]]:
        """Do what the request asks for and give status, body and further headers, or raise what Attio answers instead."""
        if found is None:
            raise unknown_endpoint(request)
        endpoint, parts = found
        token = self._authorize(request, endpoint, parts)
        self.limits.count(now, is_write=endpoint.is_write)
        call = Call(self.workspace, self.behaviour, self.limits, request, parts, token, self._number, now)
        payload = endpoint.handler(call)
        return call.status, payload, call.headers

    def _authorize(self, request: Request, endpoint: Endpoint, parts: dict[str, str]) -> Token | None:
        """Find the token of a request and check what it may do; `None` for an unknown one that asks who it is."""
        given = request.headers.get("authorization")
        text = token_of(given)
        if text == self.token:
            token = Token(text, self.scopes, self.token_level, None, self.hidden)
        else:
            token = self.tokens.get(text)
        if endpoint.kind == "self":
            if token is None and WELL_FORMED.fullmatch(text) is None:
                raise unrecognised_token()
            return token
        if given is None:
            raise unauthorized(message="The Authorization header was not provided.")
        if token is None:
            raise unauthorized(message="The access token is invalid or has been revoked.")
        missing = token.lacks(endpoint.scopes_for(parts))
        if missing:
            raise missing_scopes(missing)
        return token


def _encode(payload: Json) -> bytes:
    try:
        return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair, in a text that a client wrote: it can only be shown escaped.
        return json.dumps(payload, separators=(",", ":")).encode()
