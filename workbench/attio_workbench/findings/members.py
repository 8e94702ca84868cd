"""Those whose records wait: what a member moved into a status against what others moved there, by the log-rank test.

Like is compared with like, stays in the same status that began in the same month. Stays of one record may depend on
each other: of the usual variance and the one that allows for that, the larger is taken. Who differs most is taken out
before the others are compared, or else everybody beside somebody slow would look quick.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from attio_workbench.findings.finding import Evidence, Finding
from attio_workbench.findings.pipelines import Pipeline, Spell
from attio_workbench.findings.sentences import p_text, quoted, stamp, times_text
from attio_workbench.findings.statistics import two_sided_p
from attio_workbench.findings.survival import CumulativeHazard, Segment, Survival, cut, hazard_ratio, steps
from attio_workbench.findings.tested import (
    FEW,
    FEW_EVENTS,
    NOT_IMPORTED,
    OtherPace,
    Tested,
    TooFew,
    at_another_pace,
    compared_until,
    where,
)
from attio_workbench.findings.times import pace_worth, two_curves
from attio_workbench.models import StatusStay

APART = 0.01
"""With a p below this, divided by how many there are, somebody is no longer part of what others are compared with."""


@dataclass(frozen=True, slots=True)
class _Strata:
    """The stays that members began, by status and month; and the age up to which they are compared, by status."""

    spells: Mapping[tuple[str, int], list[Spell]]
    until: Mapping[str, float | None]


@dataclass(slots=True)
class _Sums:
    """What a member's stays come to, beside what the pace of all lets one expect."""

    stays: int = 0
    observed: int = 0
    expected: float = 0.0
    others: float = 0.0
    """Expected of the others, in the same strata."""
    variance: float = 0.0
    residuals: defaultdict[str, float] = field(default_factory=lambda: defaultdict[str, float](float))

    @property
    def z(self) -> float:
        share = self.others / (self.expected + self.others) if self.expected else 0.0
        variance = max(self.variance, share * sum(r * r for r in self.residuals.values()))
        return (self.observed - self.expected) / math.sqrt(variance) if variance > 0 else 0.0

    @property
    def is_enough(self) -> bool:
        return self.stays >= FEW and min(self.expected, self.others) >= FEW_EVENTS


class _Compared(NamedTuple):
    member: str
    sums: _Sums
    rest: frozenset[str]
    """Who the member is compared with."""


def compare_members(pipeline: Pipeline) -> Iterator[Tested | TooFew]:
    """One comparison for each member who moved enough."""
    strata = _strata(pipeline)
    everyone = sorted({spell.mover for spells in strata.spells.values() for spell in spells if spell.mover})
    if len(everyone) < 2:  # noqa: PLR2004 (nobody to compare with)
        return
    for compared in _all_compared(strata, everyone):
        name = pipeline.members[compared.member]
        if not compared.sums.is_enough:
            yield TooFew("who waits for", name)
            continue
        yield _tested(pipeline, strata, compared)


def _strata(pipeline: Pipeline) -> _Strata:
    spells: defaultdict[tuple[str, int], list[Spell]] = defaultdict(list)
    until: dict[str, float | None] = {}
    months: dict[int, int] = {}
    for status in pipeline.left_again:
        until[status.id] = compared_until(pipeline.spells[status.id])
        for spell in pipeline.spells[status.id]:
            if spell.mover and spell.end > 0:
                day = math.floor(spell.entered)
                if day not in months:
                    moment = pipeline.begin + timedelta(days=day)
                    months[day] = moment.year * 12 + moment.month
                spells[status.id, months[day]].append(spell)
    return _Strata(spells, until)


def _all_compared(strata: _Strata, everyone: Sequence[str]) -> list[_Compared]:
    """Each with those that are not apart: who differs most from them is taken out, as often as somebody does."""
    apart: dict[str, _Compared] = {}
    while True:
        rest = frozenset(everyone) - apart.keys()
        sums = _sums(strata, rest)
        compared = [_Compared(one, sums[one], rest - {one}) for one in sorted(rest)]
        able = [one for one in compared if one.sums.is_enough]
        furthest = max(able, key=lambda one: abs(one.sums.z), default=None)
        if furthest is None or two_sided_p(furthest.sums.z) * len(everyone) >= APART:
            return [*apart.values(), *compared]
        apart[furthest.member] = furthest


def _sums(strata: _Strata, members: frozenset[str]) -> Mapping[str, _Sums]:
    found: defaultdict[str, _Sums] = defaultdict(_Sums)
    for (status_id, _), spells in strata.spells.items():
        until = strata.until[status_id]
        of_them = [(s, segment) for s in spells if s.mover in members and (segment := _compared_part(s, until))]
        hazard = CumulativeHazard(steps([segment for _, segment in of_them]))
        expected: defaultdict[str, float] = defaultdict(float)
        events = 0
        for spell, segment in of_them:
            expectation = hazard.between(segment.begin, segment.end)
            member = spell.mover or ""
            events += segment.has_event
            expected[member] += expectation
            sums = found[member]
            sums.stays += 1
            sums.observed += segment.has_event
            sums.residuals[spell.record_id] += segment.has_event - expectation
        for member, number in expected.items():
            found[member].expected += number
            found[member].others += events - number
            # The share of the member among those at risk taken as the same at all ages, which is never too small.
            found[member].variance += number * (1 - number / events) if events else 0.0
    return found


def _compared_part(spell: Spell, until: float | None) -> Segment | None:
    segment = spell.segment()
    return next(iter(cut([segment], until)), None) if segment else None


def _tested(pipeline: Pipeline, strata: _Strata, compared: _Compared) -> Tested:
    sums = compared.sums
    ratio = hazard_ratio(sums.observed, sums.expected, sums.expected + sums.others)
    slowness = 1 / ratio if ratio else math.inf
    return Tested(two_sided_p(sums.z), slowness, lambda p: _finding(pipeline, strata, compared, slowness, p))


def _finding(pipeline: Pipeline, strata: _Strata, compared: _Compared, slowness: float, p: float) -> Finding:
    name = pipeline.members[compared.member]
    own, others = _by_status(strata, {compared.member}), _by_status(strata, compared.rest)
    status_id = max(sorted(own.keys() & others.keys()), key=lambda status: len(own[status]))
    title = next(status.title for status in pipeline.statuses if status.id == status_id)
    text, figures = two_curves(_curve(own[status_id]), _curve(others[status_id]), "others")
    counts = f"{compared.sums.stays:,} and {sum(map(len, others.values())):,} stays"
    words = "waits" if slowness > 1 else "moves on sooner"
    pace = times_text(1 / slowness if slowness else math.inf)
    now = pipeline.day(pipeline.as_of)
    other = sum(
        (at_another_pace(spells, 0.0, now, _curve(others[status])) for status, spells in own.items() if status in others),
        start=OtherPace(0.0, 0.0),
    )
    return Finding(
        kind="member",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        subject_id=compared.member,
        subject=name,
        sentence=f"What {name} moved into a status {words}: it leaves at {pace} the pace of what others moved "
        f"there in the same month ({counts}; log-rank {p_text(p)}, adjusted). In {title}, {text}.",
        evidence=(
            Evidence(
                model=StatusStay.model,
                where=where(
                    pipeline,
                    "moved_by_type = 'workspace-member'",
                    f"(left_at is null or left_at > {stamp(pipeline.begin)})",
                    NOT_IMPORTED,
                ),
                rule="each record's first stay in each open or paused status; those with "
                f"moved_by_id = {quoted(compared.member)} against those of {len(compared.rest)} others, "
                "by status and month of entry, compared up to the age at which a third is left in the status",
                figures={
                    "stays": compared.sums.stays,
                    "left": compared.sums.observed,
                    "left_expected": round(compared.sums.expected, 2),
                    "status": title,
                    **figures,
                },
            ),
        ),
        effect=slowness,
        adjusted_p=p,
        worth=pace_worth(pipeline, other, "of the others", None),
    )


def _by_status(strata: _Strata, members: frozenset[str] | set[str]) -> dict[str, list[Spell]]:
    found: defaultdict[str, list[Spell]] = defaultdict(list)
    for (status_id, _), spells in strata.spells.items():
        found[status_id] += [spell for spell in spells if spell.mover in members]
    return {status_id: spells for status_id, spells in found.items() if spells}


def _curve(spells: Sequence[Spell]) -> Survival:
    return Survival(steps([segment for spell in spells if (segment := spell.segment())]))
