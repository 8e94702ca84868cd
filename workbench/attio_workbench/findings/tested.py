"""What all comparisons have in common: the least they need, what they come to, and where their rows are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from attio_workbench.findings.finding import Finding
from attio_workbench.findings.pipelines import Pipeline, Spell
from attio_workbench.findings.sentences import quoted, since_text
from attio_workbench.findings.statistics import two_sided_p
from attio_workbench.findings.survival import Survival, steps
from attio_workbench.models import Conversion

FEW = 30
"""Fewer records than this on one side are not compared."""

FEW_EVENTS = 15.0
"""Nor are groups in which one expects fewer events: the normal distribution would be a poor guide."""

STILL_THERE = 1 / 3
"""Paces are compared up to the age at which this share is left: many of those that stay on are never moved again, and of
a pace they tell nothing. With a quarter of them the test would find less than half of what it finds so."""

LEAST_RATIO = 1.25
"""What is less than this many times as long or as probable is not worth a sentence, however sure it is."""

HORIZON = 90
"""The day by which an outcome counts in what a finding is worth."""


@dataclass(frozen=True, slots=True)
class Tested:
    """One comparison that was made: `p` has its change points accounted for, `effect` is a ratio."""

    p: float
    effect: float
    finding: Callable[[float], Finding]
    """Makes the finding, by its adjusted p."""

    @property
    def is_large(self) -> bool:
        """Whether it would be worth a sentence."""
        return not 1 / LEAST_RATIO < self.effect < LEAST_RATIO


@dataclass(frozen=True, slots=True)
class TooFew:
    """A comparison that was not made: `subject` names what it would have been about, if there are several such."""

    what: str
    subject: str = ""


def scanned_p(z: float, points: Sequence[object]) -> float:
    """The p of the best of several change points: Bonferroni's, which is on the safe side as they overlap."""
    return min(1.0, two_sided_p(z) * len(points))


def where(pipeline: Pipeline, *conditions: str) -> str:
    """A condition in SQL: the pipeline's and others."""
    own = [f"source_relation = {quoted(pipeline.source_relation)}", f"history = {quoted(pipeline.history)}"]
    return " and ".join([*own, *conditions])


def since(pipeline: Pipeline, day: datetime) -> str:
    """A change point in a sentence."""
    return since_text(day, pipeline.as_of)


@dataclass(frozen=True, slots=True)
class OtherPace:
    """What another pace would have come to: how many more days of waiting in all, and how many more left by now."""

    days: float
    left: float

    def __add__(self, other: "OtherPace") -> "OtherPace":
        return OtherPace(self.days + other.days, self.left + other.left)


def at_another_pace(spells: Iterable[Spell], day: float, until: float, pace: Survival) -> OtherPace:
    """What it would have come to for spells, up to now.

    Args:
        spells: those that were there after `day`.
        day: since when their pace is another, in days since the pipeline's begin; 0 for all along.
        until: now, likewise.
        pace: the curve they are compared with.
    """
    days = left = 0.0
    for spell in spells:
        segment, age_now = spell.segment(day), until - spell.entered
        there = pace.at(segment.begin) if segment else 0.0
        if segment and there > 0:
            days += pace.area(segment.begin, age_now) / there - (segment.end - max(segment.begin, 0.0))
            left += 1 - pace.at(age_now) / there - segment.has_event
    return OtherPace(days, left)


def compared_until(spells: Iterable[Spell]) -> float | None:
    """The age up to which paces are compared; None where more than `STILL_THERE` stay for good."""
    return Survival(steps([segment for spell in spells if (segment := spell.segment())])).age_at(STILL_THERE)


def won_of(conversions: Iterable[Conversion], pipeline: Pipeline, status_id: str) -> tuple[float, str] | None:
    """Of those that enter a status, the share that is won within `HORIZON` days, and the title; None if not known well."""
    found = [
        (row.share, row.outcome_status_title)
        for row in conversions
        if row.status_id == status_id
        and row.outcome_kind == "won"
        and row.day == HORIZON
        and (row.source_relation, row.history) == (pipeline.source_relation, pipeline.history)
        and row.share is not None
        and not row.is_few
    ]
    if not found:
        return None
    return sum(share for share, _ in found), " or ".join(title for _, title in found)


NOT_IMPORTED = "not (is_late_entry and position = 1)"
"""Of a record that was imported it is not known since when it was in its first status: that stay is compared with none."""
