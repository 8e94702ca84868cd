"""Where records go when they leave a status, since a day against before: on or lost, and back.

Each share is of those that left, so that a status that became slower does not look like one that leads nowhere. It must
differ both as it is and among those that had been there equally long: where many new ones came, the quick ways out are
seen first, and where records take longer, the same age is another stage. What survives both is neither.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import compress
from typing import NamedTuple

from attio_workbench.findings.finding import Evidence, Finding
from attio_workbench.findings.pipelines import Pipeline, Spell, StatusName
from attio_workbench.findings.sentences import more_or_fewer, p_text, quoted, share_text, stamp
from attio_workbench.findings.statistics import Cases, Comparison
from attio_workbench.findings.tested import FEW, NOT_IMPORTED, Tested, TooFew, scanned_p, since, where, won_of
from attio_workbench.models import Conversion, StatusStay

AGE_GROUPS = 4
FEWEST_EXPECTED = 5.0
"""Of a two-by-two table, in each of its cells, as is usual."""


class _Leaving(NamedTuple):
    """One that left: from which status, at which age (as a group of ages), when, and whether what one asks happened."""

    record_id: str
    status_id: str
    age_group: int
    left: float
    happened: bool


class _Change(NamedTuple):
    point: datetime
    z: float
    comparison: Comparison
    now: int
    now_happened: int
    before: int
    before_happened: int


def compare_conversions(pipeline: Pipeline, conversions: Sequence[Conversion]) -> Iterator[Tested | TooFew]:
    """One comparison for each status: of those that went on or were lost, how many went on."""
    for status in pipeline.left_again:
        spells = [spell for spell in pipeline.spells[status.id] if spell.way in {"on", "lost"}]
        if not spells:
            continue
        tested = _compare_conversion(pipeline, status, spells, conversions)
        yield tested or TooFew("who goes on from", status.title)


def _compare_conversion(
    pipeline: Pipeline, status: StatusName, spells: list[Spell], conversions: Sequence[Conversion]
) -> Tested | None:
    changes = _changes(pipeline, _leavings(status.id, spells, "on"))
    if not changes:
        return None
    best = max(changes, key=lambda change: abs(change.z))
    worth = _conversion_worth(pipeline, spells, best, conversions)
    return Tested(
        scanned_p(best.z, changes),
        best.comparison.odds_ratio,
        lambda p: _conversion_finding(pipeline, status, best, p, worth),
    )


def compare_moves_back(pipeline: Pipeline) -> Iterator[Tested | TooFew]:
    """One comparison for all statuses together, like with like: of those that left one, how many moved back."""
    leavings = [
        leaving
        for status in list(pipeline.left_again)[1:]
        for leaving in _leavings(status.id, [s for s in pipeline.spells[status.id] if s.way], "back")
    ]
    if not leavings:
        return
    changes = _changes(pipeline, leavings)
    if not changes:
        yield TooFew("moves back")
        return
    best = max(changes, key=lambda change: abs(change.z))
    yield Tested(
        scanned_p(best.z, changes), best.comparison.odds_ratio, lambda p: _back_finding(pipeline, leavings, best, p)
    )


def _leavings(status_id: str, spells: Sequence[Spell], way: str) -> list[_Leaving]:
    """Those that left since the pipeline's begin, in groups of equally many by their age."""
    left = sorted((s for s in spells if s.has_left and s.end > 0), key=lambda s: s.end - s.entered)
    return [
        _Leaving(s.record_id, status_id, place * AGE_GROUPS // len(left), s.end, s.way == way)
        for place, s in enumerate(left)
    ]


def _changes(pipeline: Pipeline, leavings: Sequence[_Leaving]) -> list[_Change]:
    happened = [one.happened for one in leavings]
    records = [one.record_id for one in leavings]
    as_it_is = Cases([one.status_id for one in leavings], happened, records)
    like_with_like = Cases([(one.status_id, one.age_group) for one in leavings], happened, records)
    all_happened = sum(happened)
    rarest = min(all_happened, len(leavings) - all_happened)
    found: list[_Change] = []
    for point in pipeline.change_points():
        day = pipeline.day(point)
        are_now = [one.left > day for one in leavings]
        now, now_happened = sum(are_now), sum(compress(happened, are_now))
        before = len(leavings) - now
        smaller = min(now, before)
        if smaller < FEW or rarest * smaller / len(leavings) < FEWEST_EXPECTED:
            continue
        one, other = as_it_is.compare(are_now), like_with_like.compare(are_now)
        if one and other:
            z = min(one.z, other.z, key=abs) if one.z * other.z > 0 else 0.0
            found.append(_Change(point, z, one, now, now_happened, before, all_happened - now_happened))
    return found


def _conversion_finding(pipeline: Pipeline, status: StatusName, change: _Change, p: float, worth: str) -> Finding:
    fewer = "fewer" if change.z < 0 else "more"
    share_now, share_before = change.now_happened / change.now, change.before_happened / change.before
    return Finding(
        kind="conversion",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        subject_id=status.id,
        subject=status.title,
        since=change.point.date(),
        sentence=f"Since {since(pipeline, change.point)} {fewer} go on from {status.title}: {share_text(share_now)} of the "
        f"{change.now:,} that went on or were lost, before {share_text(share_before)} of {change.before:,} "
        f"({p_text(p)}, adjusted).",
        evidence=(
            Evidence(
                model=StatusStay.model,
                where=where(
                    pipeline, f"status_id = {quoted(status.id)}", f"left_at > {stamp(pipeline.begin)}", NOT_IMPORTED
                ),
                rule="each record's first stay in it, if the next status is won, lost, or open and later in the order; "
                f"those that left from {change.point:%Y-%m-%d} on against those before",
                figures=_figures(change, "went_on"),
            ),
        ),
        effect=change.comparison.odds_ratio,
        adjusted_p=p,
        worth=worth,
    )


def _conversion_worth(
    pipeline: Pipeline, spells: Sequence[Spell], change: _Change, conversions: Sequence[Conversion]
) -> str:
    more = change.now * change.before_happened / change.before - change.now_happened
    number = round(abs(more))
    if not number:
        return ""
    following = [spell.next_status_id for spell in spells if spell.way == "on" and spell.next_status_id]
    most = max(sorted(set(following)), key=following.count)
    title = next(status.title for status in pipeline.statuses if status.id == most)
    moved = more_or_fewer(number, pipeline.noun, is_more=more > 0)
    text = f"At the share before, {moved} would have gone on, most to {title}"
    won = won_of(conversions, pipeline, most)
    outcomes = round(number * won[0]) if won else 0
    return f"{text}, of which about {outcomes:,} to {won[1]}." if won and outcomes else f"{text}."


def _back_finding(pipeline: Pipeline, leavings: Sequence[_Leaving], change: _Change, p: float) -> Finding:
    more = "more" if change.z > 0 else "fewer"
    share_now, share_before = change.now_happened / change.now, change.before_happened / change.before
    day = pipeline.day(change.point)
    titles = {status.id: status.title for status in pipeline.statuses}
    back = [titles[one.status_id] for one in leavings if one.left > day and one.happened]
    most = max(sorted(set(back)), key=back.count, default="")
    extra = round(change.now_happened - change.now * share_before)
    return Finding(
        kind="moves back",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        since=change.point.date(),
        sentence=f"Since {since(pipeline, change.point)} {more} moves go back: {share_text(share_now)} of {change.now:,}, "
        f"before {share_text(share_before)} of {change.before:,} ({p_text(p)}, adjusted)."
        + (f" Most go back from {most}." if most else ""),
        evidence=(
            Evidence(
                model=StatusStay.model,
                where=where(pipeline, f"left_at > {stamp(pipeline.begin)}", NOT_IMPORTED),
                rule="each record's first stay in each open or paused status but the first in order; back is into one that "
                f"is earlier in it; those that left from {change.point:%Y-%m-%d} on against those before",
                figures=_figures(change, "went_back"),
            ),
        ),
        effect=change.comparison.odds_ratio,
        adjusted_p=p,
        worth=f"At the share before, {more_or_fewer(abs(extra), 'moves', is_more=extra < 0)} would have gone back.",
    )


def _figures(change: _Change, name: str) -> dict[str, int]:
    return {
        "left_now": change.now,
        f"{name}_now": change.now_happened,
        "left_before": change.before,
        f"{name}_before": change.before_happened,
    }
