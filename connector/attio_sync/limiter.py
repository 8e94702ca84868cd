"""When the next request may leave, how many may be under way, and how long one goes on being sent.

Attio counts by the clock second (https://docs.attio.com/rest-api/guides/rate-limiting), so requests leave evenly spaced
and never in a burst. A refusal stops everything until the moment Attio names and cuts the rate, which then grows back.
"""

import math
import random
from dataclasses import dataclass

import anyio

from attio_sync.errors import GaveUpError, RateLimitedError, TryAgainError, advice

START_IN_FLIGHT = 10
LEAST_IN_FLIGHT = 4
MOST_IN_FLIGHT = 40

CATCH_UP_SECONDS = 0.05
"""How far behind its schedule the limiter may catch up. A late wake-up then costs nothing, and no burst can follow."""

CUT = 0.85
"""What a refusal leaves of the rate."""

GROWTH_PER_SECOND = 0.15
"""What the rate gains back each second, as a share of the full rate."""

LEAST_SHARE = 0.02
"""The rate never falls below this share of the full one."""

HEADROOM = 1.5
"""Answers vary in time; this many times rate × latency keeps the pipe full."""


class Limiter:
    """Paces requests and bounds how many histories are read at once.

    `requests_per_second` is the full rate. `concurrency` is the number of histories read at once, or None to let it follow
    rate × latency between 4 and 40. All times are those of the event loop's clock.
    """

    def __init__(self, requests_per_second: float, concurrency: int | None = None) -> None:
        self.full_rate = requests_per_second
        self.rate = requests_per_second
        self._adapts = concurrency is None
        self._in_flight = anyio.CapacityLimiter(START_IN_FLIGHT if concurrency is None else concurrency)
        self._latency: float | None = None
        self._next_departure = -math.inf
        self._not_before = -math.inf
        self._grown_at = -math.inf
        self._cut_at = -math.inf

    @property
    def most_in_flight(self) -> int:
        """How many histories may be read at once, now."""
        return int(self._in_flight.total_tokens)

    async def take_place(self, reading: object) -> None:
        """Takes one of the places for histories under way, once there is one."""
        await self._in_flight.acquire_on_behalf_of(reading)

    def leave_place(self, reading: object) -> None:
        """Leaves it to the next one."""
        self._in_flight.release_on_behalf_of(reading)

    async def depart(self) -> None:
        """Returns when the next request may leave."""
        while True:
            now = anyio.current_time()
            self._grow(now)
            departure = max(self._next_departure, now - CATCH_UP_SECONDS, self._not_before)
            self._next_departure = departure + 1 / self.rate
            if departure > now:
                await anyio.sleep_until(departure)
            # A refusal may have come while we waited: then nothing leaves, and everybody queues anew.
            if departure >= self._not_before:
                return

    def refused(self, wait_seconds: float, *, cut: bool) -> None:
        """Nothing leaves for `wait_seconds`; the rate is cut if `cut`, at most once for all that was under way."""
        now = anyio.current_time()
        until = now + wait_seconds
        if until > self._not_before:
            self._not_before = until
            # Moments behind `until` are taken by those who wait already, and they keep them.
            self._next_departure = max(self._next_departure, until)
        if cut and now - self._cut_at > 1.0:
            self._grow(now)
            self.rate = max(self.full_rate * LEAST_SHARE, self.rate * CUT)
            self._cut_at = self._grown_at = now

    def answered(self, latency_seconds: float) -> None:
        """Takes note of how long an answer took and lets the number in flight follow."""
        self._latency = latency_seconds if self._latency is None else self._latency * 0.9 + latency_seconds * 0.1
        if self._adapts:
            wanted = math.ceil(self.full_rate * self._latency * HEADROOM) + 2
            self._in_flight.total_tokens = min(MOST_IN_FLIGHT, max(LEAST_IN_FLIGHT, wanted))

    def _grow(self, now: float) -> None:
        if self.rate < self.full_rate:
            gained = (now - self._grown_at) * GROWTH_PER_SECOND * self.full_rate
            self.rate = min(self.full_rate, self.rate + gained)
            self._grown_at = now


ATTEMPTS = 6
"""How often a request that fails without being refused is sent."""

RETRY_SECONDS = 300.0
"""How long all attempts of one request may take together, with the pauses between them."""

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How long to wait behind the first, second, … failed attempt."""

SPREAD_SECONDS = 0.5
"""Up to so much more is left to chance, so that what failed together does not come back together."""

REFUSED_SECONDS = 900.0
"""How long one request may be refused (429) without a break before the sync gives up; the next sync resumes."""

UNTOLD_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""How long to wait at the first, second, … refusal in a row, where Attio does not ask for longer."""


@dataclass(slots=True)
class Effort:
    """What one request has cost so far: failed attempts, the seconds that went into them, and refusals in a row."""

    failed: int = 0
    seconds: float = 0.0
    refused: int = 0
    refused_since: float = 0.0

    def pause_after_failure(self, error: TryAgainError, seconds: float) -> float:
        """How long to wait before the next attempt; this one took so many seconds.

        Raises:
            GaveUpError: there is none.
        """
        self.failed += 1
        self.refused = 0
        pause = PAUSES[min(self.failed, len(PAUSES)) - 1] + SPREAD_SECONDS * random.random()  # noqa: S311 (no secret)
        self.seconds += seconds + pause
        if self.failed < ATTEMPTS and self.seconds < RETRY_SECONDS:
            return pause
        message = f"gave up after {self.failed} attempts: {error}"
        raise GaveUpError(message + advice(error)) from None

    def seconds_left(self, seconds: float) -> float:
        """About how long it will be tried if every further attempt fails after so many seconds."""
        waiting, *pauses = (pause + SPREAD_SECONDS / 2 for pause in PAUSES[self.failed - 1 :])
        ahead = seconds
        for pause in pauses:  # the pause of now is in `self.seconds` already
            if self.seconds + ahead + pause >= RETRY_SECONDS:
                break
            ahead += pause + seconds
        return waiting + ahead

    def wait_after_refusal(self, error: RateLimitedError, now: float) -> float:
        """How long to wait at this refusal: as told, or longer where that has not helped.

        Raises:
            GaveUpError: it has been refused for too long.
        """
        self.refused += 1
        if self.refused == 1:
            self.refused_since = now
        least = UNTOLD_WAITS[min(self.refused, len(UNTOLD_WAITS)) - 1] if self.refused > 1 else 0.0
        told = UNTOLD_WAITS[0] if error.retry_after_seconds is None else error.retry_after_seconds
        wait = max(told, least)
        if now + wait - self.refused_since > REFUSED_SECONDS:
            message = f"Attio asks to wait another {wait:.0f} s after {now - self.refused_since:.0f} s of refusals: {error}"
            raise GaveUpError(message)
        return wait
