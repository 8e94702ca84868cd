"""Where records go when they leave a status, since a day against before: on or lost, and back.

Each share is of those that left, so that a status that became slower does not look like one that leads nowhere. It must
differ both as it is and among those that had been there equally long: where many new ones came, the quick ways out are
seen first, and where records take longer, the same age is another stage. What survives both is neither.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import compress
from typing import NamedTuple

from attio_workbench.findings.finding import Finding
from attio_workbench.findings.paces import won_text
from attio_workbench.findings.pipelines import Pipeline, Spell, StatusName
from attio_workbench.findings.sentences import more_or_fewer, quoted, share_text, stamp
from attio_workbench.findings.statistics import Cases
from attio_workbench.findings.tested import (
    FEW,
    FEWEST_EXPECTED,
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

AGE_GROUPS = 4


class _Leaving(NamedTuple):
    """One that left: from which status, at which age (as a group of ages), when, and whether what one asks happened."""

    record_id: str
    status_id: str
    age_group: int
    left: float
    happened: bool


def compare_conversions(pipeline: Pipeline) -> Iterator[Tested | TooFew]:
    """One comparison for each status: of those that went on or were lost, how many went on."""

    def compare(status: StatusName) -> Tested | None:
        spells = [spell for spell in pipeline.spells[status.id] if spell.way in {"on", "lost"}]
        return _compare(
            pipeline,
            _leavings(status.id, spells, "on"),
            lambda change, p: _conversion_finding(pipeline, status, spells, change, p),
        )

    return of_each_status(pipeline, "who moves on from", compare)


def compare_moves_back(pipeline: Pipeline) -> Iterator[Tested | TooFew]:
    """One comparison for all statuses together, like with like: of those that left one, how many moved back."""
    leavings = [
        leaving
        for status in list(pipeline.left_again)[1:]
        for leaving in _leavings(status.id, [s for s in pipeline.spells[status.id] if s.way], "back")
    ]
    if leavings:
        tested = _compare(pipeline, leavings, lambda change, p: _back_finding(pipeline, leavings, change, p))
        yield tested or TooFew("moves back")


def _leavings(status_id: str, spells: Sequence[Spell], way: str) -> list[_Leaving]:
    """Those that left since the pipeline's begin, in groups of equally many by their age."""
    left = sorted((s for s in spells if s.has_left and s.end > 0), key=lambda s: s.end - s.entered)
    return [
        _Leaving(s.record_id, status_id, place * AGE_GROUPS // len(left), s.end, s.way == way)
        for place, s in enumerate(left)
    ]


def _compare(
    pipeline: Pipeline, leavings: Sequence[_Leaving], finding: Callable[[Change, float], Finding]
) -> Tested | None:
    happened = [one.happened for one in leavings]
    records = [one.record_id for one in leavings]
    as_it_is = Cases([one.status_id for one in leavings], happened, records)
    like_with_like = Cases([(one.status_id, one.age_group) for one in leavings], happened, records)
    all_happened = sum(happened)
    rarest = min(all_happened, len(leavings) - all_happened)

    def change_at(point: date) -> Change | None:
        day = pipeline.day(pipeline.start(point))
        are_now = [one.left > day for one in leavings]
        now = Side(sum(are_now), sum(compress(happened, are_now)))
        before = Side(len(leavings) - now.records, all_happened - now.events)
        smaller = min(now.records, before.records)
        if smaller < FEW or rarest * smaller / len(leavings) < FEWEST_EXPECTED:
            return None
        one, other = as_it_is.compare(are_now), like_with_like.compare(are_now)
        if not one or not other:
            return None
        z = min(one.z, other.z, key=abs) if one.z * other.z > 0 else 0.0
        return Change(point, z, one.odds_ratio, now, before, one.expected)

    return tested_change(pipeline, change_at, finding)


def _conversion_finding(
    pipeline: Pipeline,
    status: StatusName,
    spells: Sequence[Spell],
    change: Change,
    p: float,
) -> Finding:
    more = "more" if change.is_more else "fewer"
    on = [spell.next_status_id for spell in spells if spell.way == "on" and spell.next_status_id]
    following = max(sorted(set(on)), key=on.count, default="")
    return Finding(
        kind="conversion",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        subject_id=status.id,
        subject=status.title,
        since=change.point,
        sentence=f"Since {since(pipeline, change)}, {more} have moved on from {status.title} to a later status: "
        f"{_shares(change)} {pipeline.noun} that moved on or were lost, {FIRST_TIME}).",
        evidence=(
            evidence(
                pipeline,
                f"status_id = {quoted(status.id)}",
                f"left_at > {stamp(pipeline.begin)}",
                rule="each record's first stay in it, if the next status is won, lost, or open and later in the order; "
                f"those that left from {cut_text(pipeline, change)} on against those before",
                figures=change.figures("left", "went_on"),
            ),
            *won_evidence(pipeline, following),
        ),
        effect=change.effect,
        adjusted_p=p,
        worth=_conversion_worth(pipeline, following, change),
    )


def _conversion_worth(pipeline: Pipeline, most: str, change: Change) -> str:
    more = change.now.records * change.before.share - change.now.events
    number = round(abs(more))
    if not number or not most:
        return ""
    title = next(status.title for status in pipeline.statuses if status.id == most)
    moved = more_or_fewer(number, pipeline.noun, is_more=more > 0)
    won = won_text(number, won_of(pipeline, most))
    return f"At the earlier share, {moved} would have moved on, most of them to {title}{won}."


def _back_finding(pipeline: Pipeline, leavings: Sequence[_Leaving], change: Change, p: float) -> Finding:
    more = "more" if change.is_more else "fewer"
    day = pipeline.day(pipeline.start(change.point))
    titles = {status.id: status.title for status in pipeline.statuses}
    back = [titles[one.status_id] for one in leavings if one.left > day and one.happened]
    most = max(sorted(set(back)), key=back.count, default="")
    extra = round(change.now.events - change.now.records * change.before.share)
    return Finding(
        kind="moves back",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        since=change.point,
        sentence=f"Since {since(pipeline, change)}, {more} moves have gone back to an earlier status: "
        f"{_shares(change)} moves, first time out of each status only)." + (f" Most go back from {most}." if most else ""),
        evidence=(
            evidence(
                pipeline,
                f"left_at > {stamp(pipeline.begin)}",
                rule="each record's first stay in each open or paused status but the first in order; back is into one that "
                f"is earlier in it; those that left from {cut_text(pipeline, change)} on against those before",
                figures=change.figures("left", "went_back"),
            ),
        ),
        effect=change.effect,
        adjusted_p=p,
        worth=f"At the earlier share, {more_or_fewer(abs(extra), 'moves', is_more=extra < 0)} would have gone back.",
    )


def _shares(change: Change) -> str:
    """Both shares, and in a parenthesis that goes on, of how many they are."""
    now, before = change.now, change.before
    return (
        f"{share_text(now.share)}, compared with {share_text(before.share)} before ({now.records:,} and {before.records:,}"
    )
