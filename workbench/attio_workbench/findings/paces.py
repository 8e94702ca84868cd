"""Paces at which records leave a status: how far they are compared, in words, and what another would have come to."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from attio_workbench.findings.pipelines import Pipeline, Spell, segments
from attio_workbench.findings.sentences import HALF, QUARTER, days_text, more_or_fewer, share_text
from attio_workbench.findings.survival import Survival, steps

FEW_EVENTS = 15.0
"""Groups in which one expects fewer events are not compared: the normal distribution would be a poor guide."""

STILL_THERE = 1 / 3
"""Paces are compared up to the age at which this share is left: many of those that stay on are never moved again, and of
a pace they tell nothing. With a quarter of them the test would find less than half of what it finds so."""

MONTH = 30.0


def compared_until(spells: Iterable[Spell]) -> float | None:
    """The age up to which paces are compared; None where more than `STILL_THERE` stay for good."""
    return curve(spells).age_at(STILL_THERE)


def until_text(until: float | None) -> str:
    """That age, in words."""
    if until is None:
        return "at all ages, as more than a third stay"
    return f"up to the age of {days_text(until)}, at which a third are left"


WORTH_RULE = "at the other pace each of these stays would have lasted, up to now, as the other curve says from its age on"
"""How it is found out what another pace would have come to."""


def slowness(hazard_ratio: float) -> float:
    """How many times as long it takes, where events come so many times as fast."""
    return 1 / hazard_ratio if hazard_ratio else math.inf


def curve(spells: Iterable[Spell]) -> Survival:
    """How many are left in the status by their age."""
    return Survival(steps(segments(spells)))


def two_curves(one: Survival, other: Survival, name: str, phrase: str) -> tuple[str, dict[str, float]]:
    """Two curves in words, and their figures: by the median, the quartile, or what is gone by a month.

    The other is called `name` in the figures, and `phrase` in words, behind its time.
    """
    for share, words in ((HALF, "half"), (QUARTER, "a quarter")):
        age, age_other = one.age_at(share), other.age_at(share)
        if age is not None and age_other is not None:
            figures = {f"days_{words.split()[-1]}": age, f"days_{words.split()[-1]}_{name}": age_other}
            return f"{words} leave within {days_text(age)}, compared with {days_text(age_other)} {phrase}", figures
    gone, gone_other = 1 - one.at(MONTH), 1 - other.at(MONTH)
    figures = {"left_by_30_days": gone, f"left_by_30_days_{name}": gone_other}
    return f"{share_text(gone)} leave within 30 days, compared with {share_text(gone_other)} {phrase}", figures


@dataclass(frozen=True, slots=True)
class OtherPace:
    """What another pace would have come to: how many more days of waiting in all, and how many more left by now."""

    days: float = 0.0
    left: float = 0.0

    def __add__(self, other: "OtherPace") -> "OtherPace":
        return OtherPace(self.days + other.days, self.left + other.left)

    @property
    def figures(self) -> dict[str, float]:
        """The same, by name."""
        return {"more_days_at_the_other_pace": round(self.days, 1), "more_left_at_the_other_pace": round(self.left, 1)}


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


def pace_worth(pipeline: Pipeline, other: OtherPace, pace: str, won: tuple[float, str] | None) -> str:
    """What another pace would have come to, in days, records and, where it is known, in outcomes."""
    days, number = round(abs(other.days)), round(abs(other.left))
    text = f"At {pace}, they would have waited {days:,} {'fewer' if other.days < 0 else 'more'} days in all"
    if not number:
        return f"{text}."
    moved = f"{more_or_fewer(number, pipeline.noun, is_more=other.left > 0)} would have left by now"
    return f"{text}, and {moved}{won_text(number, won)}."


def won_text(number: int, won: tuple[float, str] | None) -> str:
    """How many of a number one expects to be won in the end; nothing where it is not known or none."""
    outcomes = round(number * won[0]) if won else 0
    return f", about {outcomes:,} of them to {won[1]} in the end" if won and outcomes else ""
