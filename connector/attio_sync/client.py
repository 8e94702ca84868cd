"""AttioClient: one method for each endpoint we use. The only module that imports the HTTP library.

https://docs.attio.com/rest-api/overview
"""

import logging
import math
import ssl
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import anyio
import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from attio_sync import errors, wire
from attio_sync.attio_types.workspace import TokenIdentity
from attio_sync.limiter import ATTEMPTS, Effort, Limiter
from attio_sync.parents import Parent
from attio_sync.runtime import RequestCounts, utc_now
from attio_sync.settings import Settings
from attio_sync.small_tables import Definition, Place
from attio_sync.tables import as_array

type Transport = httpx2.AsyncBaseTransport
"""What carries requests and answers; a test hands in its own."""

REQUEST_SECONDS = 120.0
"""How long one attempt may take from sending to the last byte of the answer."""

SILENCE = httpx2.Timeout(30.0, connect=15.0)
"""How long Attio may stay silent within an attempt."""

ALL_REQUESTS_SECONDS = 1.0
"""How long a refused query may hold up requests that are no queries."""

MOST_DEFINITIONS = 10_000
"""More attributes than any object has."""

SECONDS_BETWEEN_LINES = 60.0
"""How often at most the log says that Attio refuses requests or cannot be reached."""

KEPT_CONNECTIONS = 10
"""Idle connections kept open. The pool looks at each of them at every request, which costs as much as a request itself."""

FROM_ENVIRONMENT = "HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE, SSL_CERT_DIR"

log = logging.getLogger(__name__)


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
        try:
            http = httpx2.AsyncClient(
                base_url=_checked(settings.attio_base_url),
                headers=headers,
                limits=limits,
                timeout=SILENCE,
                transport=transport,
                follow_redirects=False,
                # One that cannot be sent again would break every request after it.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                # http:// is for this machine only: through a proxy of the environment the token would leave it unencrypted.
                trust_env=settings.attio_base_url.startswith("https:"),
                verify=_trusted(),
            )
        except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
            message = f"a proxy or certificates that the environment names ({FROM_ENVIRONMENT}) cannot be used: {error}"
            raise errors.SettingsError(message) from None
        async with http:
            yield cls(http, Limiter(settings.requests_per_second, settings.concurrency), now)

    async def query(
        self, parent: Parent, body: dict[str, Any], attributes: Collection[str], refusals: int | None = None
    ) -> list[Any]:
        """One listing page, as Attio answers it, with the values of these attributes.

        Raises:
            RateLimitedError: refused more than `refusals` times in a row, if that is given.
        """
        return _as_list(await self._fetch(wire.query(parent, body, attributes), refusals), "records")

    async def fetch_values(self, parent: Parent, record_id: str, attribute: str, offset: int = 0) -> list[Any]:
        """The values of an attribute, past ones included, oldest first, from the `offset`-th on.

        Raises:
            RecordGoneError: there is no such record any more.
            MergeInProgressError: the record is being merged, and still is after some patience.
            NoHistoryError: Attio keeps no history of this attribute.
        """
        return _as_list(await self._fetch(wire.attribute_values(parent, record_id, attribute, offset)), "values")

    async def fetch_item(self, parent: Parent, record_id: str) -> Any:
        """One record or entry as a listing shows it."""
        return await self._fetch(wire.one_item(parent, record_id))

    async def fetch_definitions[T: BaseModel](
        self, definition: Definition[T], place: Place, enough: Callable[[list[T]], bool] | None = None
    ) -> list[T]:
        """What a small table says of a place, archived ones included: pages of it, until it is `enough` or all there is.

        Raises:
            UnknownNameError: there is no such object, list or attribute.
            ForbiddenError: the token lacks one of the scopes for it.
        """
        path, scopes = definition.path(place), definition.scopes(place)
        adapter, found = TypeAdapter(definition.model), dict[str, T]()
        while True:
            page = _as_list(await self._fetch(wire.definitions(path, len(found), scopes)), "definitions")
            items = [_validated(adapter, one, place) for place, one in enumerate(page)]
            fresh = {key: item for item in items if (key := repr(item)) not in found}
            found |= fresh
            # A page that brings nothing new is behind the last one: how many are in one is not documented.
            if not fresh or not definition.is_paged or (enough and enough(list(found.values()))):
                return list(found.values())
            if len(found) > MOST_DEFINITIONS:
                message = f"Attio lists more than {MOST_DEFINITIONS:,} at {path}: an endless list"
                raise errors.ContractChangedError(message)

    async def fetch_self(self) -> TokenIdentity:
        """Whom the token belongs to and what it may do.

        Raises:
            UnauthorizedError: Attio does not know the token, or it was revoked.
        """
        identity = _validated(TypeAdapter(TokenIdentity), await self._fetch(wire.identify()))
        if not identity.active:
            message = (
                f"Attio does not know this token, or it was revoked: create one {errors.TOKENS_ARE} and set attio_api_token"
            )
            raise errors.UnauthorizedError(message)
        return identity

    async def _fetch(self, request: wire.Request, refusals: int | None = None) -> Any:
        """Sends a request until it is answered, bounded in attempts and time."""
        effort = Effort()
        while True:
            await self.limiter.depart()
            started = anyio.current_time()
            try:
                return await self._send(request)
            except errors.RateLimitedError as error:
                self.counts.refused += 1
                wait = effort.wait_after_refusal(error, anyio.current_time())
                if refusals is not None and effort.refused > refusals:
                    raise
                so_far = f"{self.counts.refused:,} so far"
                self._wait_for(f"refuses requests (429), {so_far}; waiting until {self._clock_in(wait)}")
                await self._wait_after_refusal(request, wait)
            except errors.TryAgainError as error:
                took = anyio.current_time() - started
                try:
                    pause = effort.pause_after_failure(error, took)
                except errors.GaveUpError:
                    if isinstance(error, errors.MergeInProgressError):
                        raise error from None
                    raise
                until = self._clock_in(effort.seconds_left(took))
                tried = f"attempt {effort.failed} of {ATTEMPTS}; trying again until about {until}"
                self._wait_for(f"cannot answer, {tried}: {error}")
                self.counts.retried += 1
                await anyio.sleep(pause)

    async def _wait_after_refusal(self, request: wire.Request, seconds: float) -> None:
        """Everything waits as long as Attio asks, unless only queries are meant.

        The limit on all requests starts anew with each second. A query told to wait for longer, or refused while other
        requests pass, was refused for its score, which no other request has.
        https://docs.attio.com/rest-api/guides/rate-limiting
        """
        is_query = request.reads == "records"
        self.limiter.refused(min(seconds, ALL_REQUESTS_SECONDS) if is_query else seconds, cut=not is_query)
        if is_query:
            await anyio.sleep(seconds)

    async def _send(self, request: wire.Request) -> Any:
        self.counts.sent[request.reads] += 1
        started = anyio.current_time()
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

    async def _exchange(self, request: wire.Request) -> tuple[int, httpx2.Headers, bytearray]:
        url = f"{self._base_url}{request.target}"  # the client's own way of building a request parses it twice
        sent = httpx2.Request(request.method, url, headers=self._http.headers, json=request.body)
        async with aclosing(await self._http.send(sent, stream=True)) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > wire.MAX_BODY_BYTES:
                    message = f"{request.method} {request.path}: the body is larger than {wire.MAX_BODY_BYTES >> 20} MiB"
                    raise errors.UnreadableAnswerError(message)
            token = self._http.headers.get("Authorization", "").removeprefix("Bearer ").encode()
            if token and not response.is_success:  # it may repeat what it was sent, and its message is shown
                body = body.replace(token, b"[token]")
            return response.status_code, response.headers, body

    def _clock_in(self, seconds: float) -> str:
        return f"{self._now() + timedelta(seconds=seconds):%H:%M:%S} UTC"

    def _wait_for(self, what: str) -> None:
        self.waiting = f"{self._http.base_url.host} {what}"
        if anyio.current_time() - self._said_at >= SECONDS_BETWEEN_LINES:
            self._said_at = anyio.current_time()
            log.info(self.waiting)

    def _compare_clocks(self, headers: httpx2.Headers) -> None:
        if (date := wire.parse_http_date(headers.get("date", ""))) is not None:
            self.clock_lead_seconds = (self._now() - date).total_seconds()


def _as_list(answer: Any, what: str) -> list[Any]:
    array = as_array(answer)
    if array is None:
        message = f"Attio answered {what} that are not a list"
        raise errors.ContractChangedError(message)
    return array


def _validated[T](adapter: TypeAdapter[T], answer: Any, *place: int) -> T:
    """An answer, or what is at this place of it, in the shape that is documented, or ContractChangedError."""
    try:
        return adapter.validate_python(answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, (*place, *first["loc"])))
        message = f"Attio's answer does not have the documented shape: {where}: {first['msg']}"
        raise errors.ContractChangedError(message) from None


@cache
def _trusted() -> ssl.SSLContext:
    """Whom clients trust: to read all certificates again for each of them takes longer than a request."""
    return httpx2.create_ssl_context()


def _checked(base_url: str) -> httpx2.URL:
    """The address, if the HTTP library can send something there; it looks at the host only when a request is built."""
    try:
        url = httpx2.URL(base_url)
        httpx2.Request("GET", url)
    except (httpx2.InvalidURL, UnicodeError) as error:
        message = f"attio_base_url: {error}"
        raise errors.SettingsError(message) from None
    return url
