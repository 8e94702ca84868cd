"""AttioClient: one method for each endpoint we use. The only module that imports the HTTP library.

https://docs.attio.com/rest-api/overview
"""

import math
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import anyio
import httpx2
import stamina
from pydantic import TypeAdapter

from attio_sync import errors, logs, wire
from attio_sync.answers import as_list, validated
from attio_sync.attio_types import AttioAttribute, AttioObject, AttioStatus, AttioWorkspaceMember, TokenIdentity
from attio_sync.limiter import Limiter
from attio_sync.patience import ATTEMPTS, REFUSED_SECONDS, RETRY_SECONDS, Patience, seconds_to_wait
from attio_sync.report import RequestCounts
from attio_sync.settings import Settings

type Transport = httpx2.AsyncBaseTransport
"""What carries requests and answers; a test hands in its own."""

REQUEST_SECONDS = 120.0
"""How long one attempt may take from sending to the last byte of the answer."""

SILENCE = httpx2.Timeout(30.0, connect=15.0)
"""How long Attio may stay silent within an attempt."""

ALL_REQUESTS_SECONDS = 1.0
"""How long a refused query may hold up requests that are no queries."""

MOST_ATTRIBUTES = 10_000
"""More attributes than any object has."""

SECONDS_BETWEEN_LINES = 60.0
"""How often at most the log says that Attio refuses requests or cannot be reached."""

KEPT_CONNECTIONS = 10
"""Idle connections kept open. The pool looks at each of them at every request, which costs as much as a request itself."""

# By default each retry is a line on standard error; here the log has one line a minute at most.
stamina.instrumentation.set_on_retry_hooks(())


def utc_now() -> datetime:
    """This machine's time."""
    return datetime.now(UTC)


class AttioClient:
    """Sends requests at the limiter's pace, repeats what may be repeated, and returns decoded data.

    Every method raises an error of `attio_sync.errors`, and nothing else.
    """

    def __init__(self, http: httpx2.AsyncClient, limiter: Limiter, now: Callable[[], datetime] = utc_now) -> None:
        self._http = http
        self._base_url = str(http.base_url).rstrip("/")
        self._now = now
        self.limiter = limiter
        self.counts = RequestCounts()
        self.clock_lead_seconds: float | None = None
        """How far this machine's clock is ahead of Attio's at most, once an answer has told."""
        self.accurate_at: datetime | None = None
        """How fresh the last listing page is."""
        self.waiting = ""
        """What is waited for, in words, while Attio refuses requests or cannot be reached."""
        self._said_at = -math.inf

    @classmethod
    @asynccontextmanager
    async def connect(
        cls, settings: Settings, transport: Transport | None = None, now: Callable[[], datetime] = utc_now
    ) -> AsyncGenerator["AttioClient"]:
        """A client for these settings. It follows no redirect: the token goes to `attio_base_url` and nowhere else."""
        headers = {
            "Authorization": f"Bearer {settings.attio_api_token.get_secret_value()}",
            "Accept": "application/json",
            "User-Agent": "attio-history-connector",
        }
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=KEPT_CONNECTIONS)
        async with httpx2.AsyncClient(
            base_url=_checked(settings.attio_base_url),
            headers=headers,
            limits=limits,
            transport=transport,
            follow_redirects=False,
            # One that cannot be sent again would break every request after it.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            # http:// is for this machine only: through a proxy of the environment the token would leave it unencrypted.
            trust_env=settings.attio_base_url.startswith("https:"),
        ) as http:
            yield cls(http, Limiter(settings.requests_per_second, settings.concurrency), now)

    async def query_records(self, object_slug: str, body: dict[str, Any], refusals: int | None = None) -> list[Any]:
        """One listing page, as Attio answers it.

        Raises:
            RateLimitedError: refused more than `refusals` times in a row, if that is given.
        """
        return as_list(await self._fetch(wire.query_records(object_slug, body), refusals), "records")

    async def fetch_values(self, object_slug: str, record_id: str, attribute: str, offset: int = 0) -> list[Any]:
        """The values of an attribute, past ones included, oldest first, from the `offset`-th on.

        Raises:
            RecordGoneError: there is no such record any more.
            MergeInProgressError: the record is being merged, and still is after some patience.
            NoHistoryError: Attio keeps no history of this attribute.
        """
        async with self.limiter.reading():
            answer = await self._fetch(wire.attribute_values(object_slug, record_id, attribute, offset))
        return as_list(answer, "values")

    async def fetch_objects(self) -> list[AttioObject]:
        """All objects of the workspace."""
        return validated(TypeAdapter(list[AttioObject]), await self._fetch(wire.list_objects()))

    async def fetch_attributes(self, object_slug: str) -> list[AttioAttribute]:
        """All attributes of an object.

        Raises:
            UnknownNameError: there is no such object.
        """
        found: dict[str, AttioAttribute] = {}
        while True:
            page = await self._fetch(wire.list_attributes(object_slug, len(found)))
            attributes = validated(TypeAdapter(list[AttioAttribute]), page)
            fresh = {a.api_slug: a for a in attributes if a.api_slug not in found}
            if not fresh:
                return list(found.values())
            found |= fresh
            if len(found) > MOST_ATTRIBUTES:
                message = f"Attio lists more than {MOST_ATTRIBUTES:,} attributes of {object_slug}: an endless list"
                raise errors.ContractChangedError(message)

    async def fetch_statuses(self, object_slug: str, attribute: str) -> list[AttioStatus]:
        """All statuses of a status attribute, archived ones included."""
        return validated(TypeAdapter(list[AttioStatus]), await self._fetch(wire.list_statuses(object_slug, attribute)))

    async def fetch_members(self) -> list[AttioWorkspaceMember]:
        """All members of the workspace.

        Raises:
            ForbiddenError: the token lacks the scope `user_management:read`.
        """
        return validated(TypeAdapter(list[AttioWorkspaceMember]), await self._fetch(wire.list_members()))

    async def fetch_self(self) -> TokenIdentity:
        """Whom the token belongs to and what it may do.

        Raises:
            UnauthorizedError: Attio does not know the token, or it was revoked.
        """
        identity = validated(TypeAdapter(TokenIdentity), await self._fetch(wire.identify()))
        if not identity.active:
            message = (
                "Attio does not know this token, or it was revoked: create one in Attio under Workspace settings → "
                "Developers and set attio_api_token"
            )
            raise errors.UnauthorizedError(message)
        return identity

    async def _fetch(self, request: wire.Request, refusals: int | None = None) -> Any:  # noqa: ANN401
        """Sends a request until it is answered, bounded in attempts and time."""
        patience = Patience(anyio.current_time() + RETRY_SECONDS)
        attempts = 0
        try:
            async for attempt in stamina.retry_context(
                on=patience.allows_another_attempt,
                attempts=ATTEMPTS,
                timeout=None,
                wait_initial=0.5,
                wait_max=30.0,
                wait_jitter=0.5,
            ):
                with attempt:
                    attempts = attempt.num
                    self.counts.retried += attempts > 1
                    try:
                        return await self._fetch_when_allowed(request, refusals, patience)
                    except errors.TryAgainError as error:
                        self._wait_for(f"cannot answer, attempt {attempts} of {ATTEMPTS}: {error}")
                        raise
        except (errors.MergeInProgressError, errors.RateLimitedError):
            raise
        except errors.TryAgainError as error:
            message = f"gave up after {attempts} attempts: {error}"
            raise errors.GaveUpError(message + errors.advice(error)) from None
        raise AssertionError  # pragma: no cover (stamina returns or raises)

    async def _fetch_when_allowed(self, request: wire.Request, refusals: int | None, patience: Patience) -> Any:  # noqa: ANN401
        """Sends a request as often as it is refused with 429; a refusal is not a failed attempt."""
        refused_since: float | None = None
        refused = 0
        while True:
            try:
                return await self._send(request, patience)
            except errors.RateLimitedError as error:
                self.counts.refused += 1
                refused += 1
                now = anyio.current_time()
                refused_since = now if refused_since is None else refused_since
                if refusals is not None and refused > refusals:
                    raise
                wait = seconds_to_wait(error, refused)
                if now + wait - refused_since > REFUSED_SECONDS:
                    message = (
                        f"Attio asks to wait another {wait:.0f} s after {now - refused_since:.0f} s of refusals: {error}"
                    )
                    raise errors.GaveUpError(message) from None
                until = f"{self._now() + timedelta(seconds=wait):%H:%M:%S} UTC"
                self._wait_for(f"refuses requests (429), {self.counts.refused:,} so far; waiting until {until}")
                patience.until += await self._wait_after_refusal(request, wait)

    async def _wait_after_refusal(self, request: wire.Request, seconds: float) -> float:
        """Everything waits as long as Attio asks, unless only queries are meant.

        The limit on all requests starts anew with each second. A query told to wait for longer, or refused while other
        requests pass, was refused for its score, which no other request has. Returns the seconds this request slept.
        https://docs.attio.com/rest-api/guides/rate-limiting
        """
        is_query = request.reads == "records"
        self.limiter.refused(min(seconds, ALL_REQUESTS_SECONDS) if is_query else seconds, cut=not is_query)
        if not is_query:
            return 0.0
        await anyio.sleep(seconds)
        return seconds

    async def _send(self, request: wire.Request, patience: Patience) -> Any:  # noqa: ANN401
        queued = anyio.current_time()
        await self.limiter.depart()
        self.counts.sent[request.reads] += 1
        started = anyio.current_time()
        patience.until += started - queued
        try:
            with anyio.fail_after(REQUEST_SECONDS):
                status, headers, body = await self._exchange(request)
        except (httpx2.TransportError, TimeoutError) as error:
            raise errors.UnreachableError(self._base_url, f"{request.method} {request.path}", error) from None
        except (httpx2.DecodingError, httpx2.StreamError) as error:
            message = f"{request.method} {request.path}: the body cannot be read ({type(error).__name__})"
            raise errors.UnreadableAnswerError(message) from None
        self._compare_clocks(headers)
        data = wire.decode(request, status, headers, body, self._now())
        self.waiting = ""
        if request.reads == "records":
            self.accurate_at = wire.parse_accurate_at(headers)
        if request.reads == "values":
            self.limiter.answered(anyio.current_time() - started)
        return data

    async def _exchange(self, request: wire.Request) -> tuple[int, httpx2.Headers, bytes]:
        # Built whole: put together by the library from base, path and parameters, a URL is parsed three times.
        url = f"{self._base_url}{request.path}" + (f"?{urlencode(request.params)}" if request.params else "")
        timeout = {"timeout": SILENCE.as_dict()}
        built = httpx2.Request(request.method, url, headers=self._http.headers, json=request.body, extensions=timeout)
        async with aclosing(await self._http.send(built, stream=True)) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > wire.MAX_BODY_BYTES:
                    message = f"{request.method} {request.path}: the body is larger than {wire.MAX_BODY_BYTES >> 20} MiB"
                    raise errors.UnreadableAnswerError(message)
            token = self._http.headers.get("Authorization", "").removeprefix("Bearer ").encode()
            if token and not response.is_success:  # it may repeat what it was sent, and its message is shown
                body = body.replace(token, b"[token]")
            return response.status_code, response.headers, bytes(body)

    def _wait_for(self, what: str) -> None:
        self.waiting = f"{self._http.base_url.host} {what}"
        if anyio.current_time() - self._said_at >= SECONDS_BETWEEN_LINES:
            self._said_at = anyio.current_time()
            logs.info(self.waiting)

    def _compare_clocks(self, headers: httpx2.Headers) -> None:
        if (date := wire.parse_http_date(headers.get("date", ""))) is not None:
            self.clock_lead_seconds = (self._now() - date).total_seconds()


def _checked(base_url: str) -> httpx2.URL:
    """The address, if the HTTP library can send something there; it looks at the host only when a request is built."""
    try:
        url = httpx2.URL(base_url)
        httpx2.Request("GET", url)
    except (httpx2.InvalidURL, UnicodeError) as error:
        message = f"attio_base_url: {error}"
        raise errors.SettingsError(message) from None
    return url
