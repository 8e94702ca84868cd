"""Attio's limits on how fast it is asked, and how long its answers are on the way.

See https://docs.attio.com/rest-api/guides/rate-limiting.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .clock import SECOND
from .errors import rate_limited

if TYPE_CHECKING:
    from .listing import Query


SCORE_OF_SORT, SCORE_OF_CONDITION = 120, 20
"""What a sort and a condition cost, times the logarithm of how many rows there are."""


@dataclass(slots=True, kw_only=True)
class Limits:
    """The limits, each of which can be changed, or switched off with `None` (`Limits.off()` switches off all).

    They count, so each belongs to one simulator.

    Attributes:
        reads_per_second: reads answered in one second of the workspace's clock; queries count as reads.
        writes_per_second: writes answered in one second of the workspace's clock.
        score_per_window: what the queries of any `score_window` seconds may cost together. Attio publishes no
            numbers, so these are not Attio's.
        score_per_query: what a single query may cost: one above it is always refused.
        score_window: length of the sliding window in seconds.
        score_per_row: what each row that a query asks for adds to its cost (Attio names filters, sorts and the
            object's size; this is for tests of clients that ask for smaller pages when refused).
        other_client_share: the part of the reads (0 to 1) that another client of the workspace takes at times.
        other_client_busy: how much of the time it does.
        other_client_period: for how many seconds it stays busy or quiet.
        latency: seconds from request to answer: fixed, or (shortest, longest) for a spread one. Half of it passes
            before the request arrives.
        seed: the seed of everything random here.
    """

    reads_per_second: int | None = 100
    writes_per_second: int | None = 25
    score_per_window: float | None = 60_000.0
    score_per_query: float | None = 5_000.0
    score_window: float = 10.0
    score_per_row: float = 0.0
    other_client_share: float = 0.0
    other_client_busy: float = 0.5
    other_client_period: int = 5
    latency: float | tuple[float, float] = 0.05
    seed: int = 0
    _second: int = field(default=-1, init=False, repr=False)
    _reads: int = field(default=0, init=False, repr=False)
    _writes: int = field(default=0, init=False, repr=False)
    _scores: deque[tuple[int, float]] = field(default_factory=deque[tuple[int, float]], init=False, repr=False)
    _random: random.Random = field(default_factory=random.Random, init=False, repr=False)

    def __post_init__(self) -> None:
        """Seed the latency."""
        self._random.seed(f"latency {self.seed}")

    @classmethod
    def off(cls) -> Limits:
        """Give limits that never refuse, and no latency."""
        return cls(reads_per_second=None, writes_per_second=None, score_per_window=None, score_per_query=None, latency=0.0)

    def draw_latency(self) -> float:
        """Give the latency of the next request, in seconds."""
        if isinstance(self.latency, tuple):
            return self._random.uniform(*self.latency)
        return self.latency

    def count(self, now: int, *, is_write: bool) -> None:
        """Count a request that arrives now (nanoseconds since 1970).

        Raises:
            RateLimited: it is one too many for this clock second.
        """
        second = now // SECOND
        if second != self._second:
            self._second, self._reads, self._writes = second, 0, 0
        limit = self.writes_per_second if is_write else self.reads_per_second
        taken = self._writes if is_write else self._reads
        if limit is None:
            return
        if not is_write:
            limit -= self.taken_by_other(second)
        if taken >= limit:
            raise RateLimited((second + 1) * SECOND)
        if is_write:
            self._writes += 1
        else:
            self._reads += 1

    def taken_by_other(self, second: int) -> int:
        """Give how many reads of a clock second another client takes."""
        if not self.other_client_share or self.reads_per_second is None:
            return 0
        period = second // self.other_client_period
        busy = random.Random(f"other client {self.seed} {period}").random() < self.other_client_busy
        return round(self.reads_per_second * self.other_client_share) if busy else 0

    def score(self, query: Query) -> int:
        """Give what a query costs, as `x-attio-record-query-score` says it.

        Recorded are 0 without sorts, and with one by creation what 120·log10(records) fits. What conditions cost is
        not known.
        """
        work = SCORE_OF_SORT * len(query.sorts) + SCORE_OF_CONDITION * query.filter.conditions
        size = math.log10(max(1, len(query.collection.records)))
        return round(work * size + query.limit * self.score_per_row)

    def charge(self, now: int, query: Query) -> int:
        """Charge a query that arrives now to the sliding window, and give what it costs.

        Raises:
            RateLimited: it costs too much, alone or with those before it.
        """
        cost = self.score(query)
        window = int(self.score_window * SECOND)
        if self.score_per_query is not None and cost > self.score_per_query:
            raise RateLimited((now // SECOND + 1) * SECOND)
        if self.score_per_window is None:
            return cost
        # What is stamped later than now was charged before the clock was moved back.
        self._scores = deque(one for one in self._scores if now - window < one[0] <= now)
        spent = sum(score for _, score in self._scores)
        if spent + cost > self.score_per_window:
            free = now
            for at, score in self._scores:
                free, spent = at + window, spent - score
                if spent + cost <= self.score_per_window:
                    break
            raise RateLimited((free // SECOND + 1) * SECOND)
        self._scores.append((now, cost))
        return cost


class RateLimited(Exception):  # noqa: N818 - it is an answer, not a mistake
    """An answer 429 that says when to come back."""

    def __init__(self, retry_at: int) -> None:
        super().__init__(f"until {retry_at}")
        self.retry_at = retry_at
        self.body = rate_limited().body


def parse_latency(text: str) -> float | tuple[float, float]:
    """Read milliseconds as seconds: `50`, or `20-300` for a spread latency.

    Raises:
        ValueError: it is neither.
    """
    low, dash, high = text.partition("-")
    shortest, longest = float(low) / 1000, float(high if dash else low) / 1000
    if not 0 <= shortest <= longest < math.inf:
        message = f"{text!r} is no latency"
        raise ValueError(message)
    return (shortest, longest) if dash else shortest
