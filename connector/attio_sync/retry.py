"""How long one request goes on being sent. A wait that Attio asks for counts neither as an attempt nor as time."""

import random
from dataclasses import dataclass

from attio_sync.errors import GaveUpError, RateLimitedError, TryAgainError, advice

ATTEMPTS = 6
"""How often a request that fails without being refused is sent."""

RETRY_SECONDS = 300.0
"""How long all attempts of one request may take together, with the pauses between them."""

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How long to wait behind the first, second, … failed attempt; up to half a second more is left to chance."""

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
        pause = PAUSES[min(self.failed, len(PAUSES)) - 1] + random.random() / 2  # noqa: S311 (no secret)
        self.seconds += seconds + pause
        if self.failed < ATTEMPTS and self.seconds < RETRY_SECONDS:
            return pause
        message = f"gave up after {self.failed} attempts: {error}"
        raise GaveUpError(message + advice(error)) from None

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
