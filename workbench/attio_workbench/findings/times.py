"""Time in a status since a day against before, by the log-rank test.

Both are cut out of the calendar: a stay that lasts over the day counts before it as not over, and from it on as under
way at its age. So it does not matter when records came, nor how long each has been watched. Compared is up to the age
at which a third is left (`tested.py` says why).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from attio_workbench.findings.finding import Evidence, Finding
from attio_workbench.findings.pipelines import Pipeline, StatusName
from attio_workbench.findings.sentences import HALF, QUARTER, days_text, more_or_fewer, p_text, quoted, share_text, stamp
from attio_workbench.findings.survival import LogRank, Survival, cut, log_rank, steps
from attio_workbench.findings.tested import (
    FEW,
    FEW_EVENTS,
    NOT_IMPORTED,
    OtherPace,
    Tested,
    TooFew,
    at_another_pace,
    compared_until,
    scanned_p,
    since,
    where,
    won_of,
)
from attio_workbench.models import Conversion, StatusStay

MONTH = 30.0


class _Change(NamedTuple):
    point: datetime
    rank: LogRank
    now: int
    before: int


def compare_times(pipeline: Pipeline, conversions: Sequence[Conversion]) -> Iterator[Tested | TooFew]:
    """One comparison for each status that records leave, at the change point where it differs most."""
    for status in pipeline.left_again:
        tested = compare_time(pipeline, status, conversions)
        yield tested or TooFew("time in", status.title)


def compare_time(pipeline: Pipeline, status: StatusName, conversions: Sequence[Conversion]) -> Tested | None:
    """The comparison for one status; None with too few stays."""
    spells = pipeline.spells[status.id]
    until = compared_until(spells)
    of_all = steps(cut([segment for spell in spells if (segment := spell.segment())], until))
    changes: list[_Change] = []
    for point in pipeline.change_points():
        day = pipeline.day(point)
        before = sum(spell.entered < day and spell.end > 0 for spell in spells)
        now = [segment for spell in spells if (segment := spell.segment(day))]
        if min(len(now), before) >= FEW:
            rank = log_rank(of_all, cut(now, until))
            if min(rank.expected, rank.events - rank.expected) >= FEW_EVENTS:
                changes.append(_Change(point, rank, len(now), before))
    if not changes:
        return None
    best = max(changes, key=lambda change: abs(change.rank.z))
    slowness = 1 / best.rank.hazard_ratio if best.rank.hazard_ratio else float("inf")
    return Tested(
        scanned_p(best.rank.z, changes),
        slowness,
        lambda p: _finding(pipeline, status, best, p, conversions),
    )


def _sides(pipeline: Pipeline, status: StatusName, change: _Change) -> tuple[Survival, Survival]:
    """The curves since the change point and before."""
    spells, day = pipeline.spells[status.id], pipeline.day(change.point)
    now = [segment for spell in spells if (segment := spell.segment(day))]
    before = [segment for spell in spells if (segment := spell.segment_until(day))]
    return Survival(steps(now)), Survival(steps(before))


def _finding(
    pipeline: Pipeline, status: StatusName, change: _Change, p: float, conversions: Sequence[Conversion]
) -> Finding:
    is_slower = change.rank.z < 0
    now, before = _sides(pipeline, status, change)
    text, figures = two_curves(now, before, "before")
    counts = f"{change.now:,} and {change.before:,} stays"
    since_then = since(pipeline, change.point)
    longer = "longer" if is_slower else "less time"
    return Finding(
        kind="time",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        subject_id=status.id,
        subject=status.title,
        since=change.point.date(),
        sentence=f"{status.title} takes {longer} since {since_then}: {text} ({counts}; log-rank {p_text(p)}, adjusted).",
        evidence=(
            Evidence(
                model=StatusStay.model,
                where=where(
                    pipeline,
                    f"status_id = {quoted(status.id)}",
                    f"(left_at is null or left_at > {stamp(pipeline.begin)})",
                    NOT_IMPORTED,
                ),
                rule=f"each record's first stay in it, cut at {change.point:%Y-%m-%d} into before and now, compared up "
                "to the age at which a third is left",
                figures={
                    "stays_now": change.now,
                    "stays_before": change.before,
                    "left_now": change.rank.observed,
                    "left_now_expected": round(change.rank.expected, 2),
                    "left_before": change.rank.events - change.rank.observed,
                    **figures,
                },
            ),
        ),
        effect=1 / change.rank.hazard_ratio if change.rank.hazard_ratio else float("inf"),
        adjusted_p=p,
        worth=_worth(pipeline, status, change, conversions),
    )


def two_curves(one: Survival, other: Survival, name: str) -> tuple[str, dict[str, float]]:
    """Two curves in words, and their figures: by the median, the quartile, or what is gone by a month."""
    for share, words in ((HALF, "half"), (QUARTER, "a quarter")):
        age, age_other = one.age_at(share), other.age_at(share)
        if age is not None and age_other is not None:
            figures = {f"days_{words.split()[-1]}": age, f"days_{words.split()[-1]}_{name}": age_other}
            return f"{words} leave within {days_text(age)}, {name} {days_text(age_other)}", figures
    gone, gone_other = 1 - one.at(MONTH), 1 - other.at(MONTH)
    figures = {"left_by_30_days": gone, f"left_by_30_days_{name}": gone_other}
    return f"{share_text(gone)} leave within 30 days, {name} {share_text(gone_other)}", figures


def _worth(pipeline: Pipeline, status: StatusName, change: _Change, conversions: Sequence[Conversion]) -> str:
    day = pipeline.day(change.point)
    there = [spell for spell in pipeline.spells[status.id] if spell.end > day]
    _, pace = _sides(pipeline, status, change)
    other = at_another_pace(there, day, pipeline.day(pipeline.as_of), pace)
    return pace_worth(pipeline, other, "before", won_of(conversions, pipeline, status.id))


def pace_worth(pipeline: Pipeline, other: OtherPace, name: str, won: tuple[float, str] | None) -> str:
    """What another pace would have come to, in days, records and, where it is known, in outcomes."""
    days, number = round(abs(other.days)), round(abs(other.left))
    text = f"At the pace {name} they would have waited {days:,} days {'less' if other.days < 0 else 'more'} in all"
    if not number:
        return f"{text}."
    text += f", and {more_or_fewer(number, pipeline.noun, is_more=other.left > 0)} would have moved on by now"
    outcomes = round(number * won[0]) if won else 0
    return f"{text}, of which about {outcomes:,} to {won[1]}." if won and outcomes else f"{text}."
