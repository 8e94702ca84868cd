"""How long one request goes on being sent. A wait that Attio asks for counts neither as an attempt nor as time."""

from dataclasses import dataclass

import anyio

from attio_sync.errors import RateLimitedError, TryAgainError

ATTEMPTS = 6
"""How often a request that fails without being refused is sent."""

RETRY_SECONDS = 300.0
"""How long all attempts of one request may take together."""

REFUSED_SECONDS = 900.0
"""How long one request may be refused (429) without a break before the sync gives up; the next sync resumes."""

UNTOLD_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""How long to wait at the first, second, … refusal in a row, where Attio does not ask for longer."""


@dataclass(slots=True)
class Patience:
    """Until when the attempts of one request may go on. What it waits for the limiter is added."""

    until: float

    def allows_another_attempt(self, error: Exception) -> bool:
        """The whole verdict: a refusal has been waited for already."""
        is_worth_it = isinstance(error, TryAgainError) and not isinstance(error, RateLimitedError)
        return is_worth_it and anyio.current_time() < self.until


def seconds_to_wait(error: RateLimitedError, refused: int) -> float:
    """How long to wait at that many refusals in a row: as told, or longer where that has not helped."""
    least = UNTOLD_WAITS[min(refused, len(UNTOLD_WAITS)) - 1] if refused > 1 else 0.0
    told = UNTOLD_WAITS[0] if error.retry_after_seconds is None else error.retry_after_seconds
    return max(told, least)
