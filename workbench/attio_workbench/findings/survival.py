"""Times to an event of which some are not over yet, and some were under way before one began to look.

Ages are in days. Who is looked at from one age to another is at risk within (begin, end]: that is left truncation and
right censoring.
"""

import math
import operator
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

AT_ENTRY = -1.0
"""The begin of what is looked at from its entry on: at risk at age 0 too, for a stay can be over as it begins."""


class Segment(NamedTuple):
    """One that is looked at from one age to another, and whether the event came at the end."""

    begin: float
    end: float
    has_event: bool


def cut(segments: Iterable[Segment], age: float | None) -> list[Segment]:
    """The segments up to an age, as if one had looked no further; all of them up to None."""
    if age is None:
        return list(segments)
    return [
        segment if segment.end <= age else Segment(segment.begin, age, has_event=False)
        for segment in segments
        if segment.begin < age
    ]


class Step(NamedTuple):
    """An age at which events came: how many, of how many at risk."""

    age: float
    events: int
    at_risk: int


class _AtRisk:
    """How many are at risk, asked for ages in rising order."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._begins = sorted(segment.begin for segment in segments)
        self._ends = sorted(segment.end for segment in segments)
        self._begun = self._ended = 0

    def at(self, age: float) -> int:
        begins, ends = self._begins, self._ends
        while self._begun < len(begins) and begins[self._begun] < age:
            self._begun += 1
        while self._ended < len(ends) and ends[self._ended] < age:
            self._ended += 1
        return self._begun - self._ended


def steps(segments: Sequence[Segment]) -> list[Step]:
    """The ages at which events came, in rising order."""
    at_risk = _AtRisk(segments)
    events = Counter(segment.end for segment in segments if segment.has_event)
    return [Step(age, events[age], at_risk.at(age)) for age in sorted(events)]


class Survival:
    """The Kaplan–Meier curve: the share for which the event has not come by an age."""

    def __init__(self, found: Sequence[Step]) -> None:
        self._ages = [step.age for step in found]
        self._shares: list[float] = [1.0, *accumulate((1 - step.events / step.at_risk for step in found), operator.mul)]
        begins = [0.0, *self._ages]
        pieces = (share * (end - begin) for begin, end, share in zip(begins, self._ages, self._shares, strict=False))
        self._areas: list[float] = [0.0, *accumulate(pieces)]

    def at(self, age: float) -> float:
        """The share at an age."""
        return self._shares[bisect_right(self._ages, age)]

    def area(self, begin: float, end: float) -> float:
        """How many days somebody spends there from one age to another, on average of all that come."""
        return self._area_to(end) - self._area_to(max(begin, 0.0))

    def _area_to(self, age: float) -> float:
        place = bisect_right(self._ages, age)
        return self._areas[place] + (age - (self._ages[place - 1] if place else 0.0)) * self._shares[place]

    def age_at(self, share: float) -> float | None:
        """The first age at which the curve is at the share or below; None where it does not get there."""
        # A curve that stands at a half says .5, not .5000000001: rounding must not carry it past the age.
        found = zip(self._ages, self._shares[1:], strict=True)
        return next((age for age, left in found if left <= share + 1e-12), None)


class CumulativeHazard:
    """Nelson and Aalen's estimate: how many events one expects of somebody at risk from one age to another."""

    def __init__(self, found: Sequence[Step]) -> None:
        self._ages = [step.age for step in found]
        self._sums = [0.0, *accumulate(step.events / step.at_risk for step in found)]

    def between(self, begin: float, end: float) -> float:
        """The expectation within (begin, end]."""
        return self._sums[bisect_right(self._ages, end)] - self._sums[bisect_right(self._ages, begin)]


class LogRank(NamedTuple):
    """The log-rank comparison of a group with all others: events observed and expected in the group, and in all."""

    observed: int
    expected: float
    variance: float
    events: int

    @property
    def z(self) -> float:
        """Above 0 where events came sooner than in the others."""
        return (self.observed - self.expected) / math.sqrt(self.variance) if self.variance > 0 else 0.0

    @property
    def signed_root(self) -> float:
        """Like `z`, but by the likelihood ratio, which is no less sure of fewer events than of more.

        That of a binomial share, in the variance of the test; with few expected, `z` alone is skewed. See
        https://doi.org/10.1093/biomet/73.2.307.
        """
        if self.variance <= 0:
            return 0.0
        pairs = (self.observed, self.expected), (self.events - self.observed, self.events - self.expected)
        deviance = 2 * sum(observed * math.log(observed / expected) for observed, expected in pairs if observed)
        scale = self.expected * (1 - self.expected / self.events) / self.variance
        return math.copysign(math.sqrt(max(deviance, 0.0) * scale), self.observed - self.expected)

    @property
    def hazard_ratio(self) -> float:
        """How many times as fast events came as in the others; 0 or infinite where they came in one group only."""
        return hazard_ratio(self.observed, self.expected, self.events)


def hazard_ratio(observed: float, expected: float, events: float) -> float:
    """Observed over expected in a group, over the same in all others."""
    others_observed, others_expected = events - observed, events - expected
    if expected <= 0 or others_expected <= 0 or others_observed <= 0:
        return math.inf
    return (observed / expected) / (others_observed / others_expected)


def log_rank(of_all: Sequence[Step], group: Sequence[Segment]) -> LogRank:
    """Compares a group with the others, by the steps of all and the segments of the group."""
    at_risk = _AtRisk(group)
    expected = variance = 0.0
    for age, events, everyone in of_all:
        share = at_risk.at(age) / everyone
        expected += events * share
        if everyone > 1:
            variance += events * share * (1 - share) * (everyone - events) / (everyone - 1)
    return LogRank(sum(segment.has_event for segment in group), expected, variance, sum(step.events for step in of_all))
