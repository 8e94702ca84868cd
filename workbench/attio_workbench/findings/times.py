"""Time in a status since a day against before, by the log-rank test.

Both are cut out of the calendar: a stay that lasts over the day counts before it as not over, and from it on as under
way at its age. So it does not matter when records came, nor how long each has been watched. Compared is up to the age
at which a third is left (`paces.py` says why).
"""

from collections.abc import Iterator
from datetime import date

from attio_workbench.findings.finding import Finding
from attio_workbench.findings.paces import (
    FEW_EVENTS,
    WORTH_RULE,
    at_another_pace,
    compared_until,
    pace_worth,
    slowness,
    two_curves,
    until_text,
)
from attio_workbench.findings.pipelines import Pipeline, StatusName, segments
from attio_workbench.findings.sentences import quoted, stamp
from attio_workbench.findings.survival import Survival, cut, log_rank, steps
from attio_workbench.findings.tested import (
    FEW,
    FIRST_TIME,
    Change,
    Side,
    Tested,
    TooFew,
    cut_text,
    evidence,
    of_each_status,
    since,
    tested_change,
    won_evidence,
    won_of,
)


def compare_times(pipeline: Pipeline) -> Iterator[Tested | TooFew]:
    """One comparison for each status that records leave, at the change point where it differs most."""
    return of_each_status(pipeline, "time in", lambda status: compare_time(pipeline, status))


def compare_time(pipeline: Pipeline, status: StatusName) -> Tested | None:
    """The comparison for one status; None with too few stays."""
    spells = pipeline.spells[status.id]
    until = compared_until(spells)
    of_all = steps(cut(segments(spells), until))

    def change_at(point: date) -> Change | None:
        day = pipeline.day(pipeline.start(point))
        now = segments(spells, day)
        before = sum(spell.entered < day and spell.end > 0 for spell in spells)
        if min(len(now), before) < FEW:
            return None
        rank = log_rank(of_all, cut(now, until))
        if min(rank.expected, rank.events - rank.expected) < FEW_EVENTS:
            return None
        sides = Side(len(now), rank.observed), Side(before, rank.events - rank.observed)
        return Change(point, rank.signed_root, slowness(rank.hazard_ratio), *sides, rank.expected)

    return tested_change(pipeline, change_at, lambda change, p: _finding(pipeline, status, change, p, until))


def _finding(
    pipeline: Pipeline,
    status: StatusName,
    change: Change,
    p: float,
    until: float | None,
) -> Finding:
    spells, day = pipeline.spells[status.id], pipeline.day(pipeline.start(change.point))
    now = Survival(steps(segments(spells, day)))
    before = Survival(steps([segment for spell in spells if (segment := spell.segment_until(day))]))
    over = sum(spell.entered < day < spell.end for spell in spells)
    text, figures = two_curves(now, before, "before", "before")
    counts = f"{change.now.records:,} and {change.before.records:,} {pipeline.noun}, {FIRST_TIME}"
    length = "longer" if change.is_more else "less time"
    other = at_another_pace([spell for spell in spells if spell.end > day], day, pipeline.day(pipeline.as_of), before)
    return Finding(
        kind="time",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        subject_id=status.id,
        subject=status.title,
        since=change.point,
        sentence=f"{status.title} has taken {length} since {since(pipeline, change)}: {text} ({counts}).",
        evidence=(
            evidence(
                pipeline,
                f"status_id = {quoted(status.id)}",
                f"(left_at is null or left_at > {stamp(pipeline.begin)})",
                rule=f"each record's first stay in it, cut at {cut_text(pipeline, change)} into before and now; "
                f"those that last over it, {over:,}, count on both sides; compared {until_text(until)}; {WORTH_RULE}",
                figures=change.figures("stays", "left_by_that_age") | figures | other.figures,
            ),
            *won_evidence(pipeline, status.id),
        ),
        effect=change.effect,
        adjusted_p=p,
        worth=pace_worth(pipeline, other, "the earlier pace", won_of(pipeline, status.id)),
    )
