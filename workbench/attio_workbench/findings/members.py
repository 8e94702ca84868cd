"""Those whose records wait: what a member moved into a status against what others moved there, by the log-rank test.

Like is compared with like, stays in the same status that began in the same month. Stays of one record may depend on
each other: of the usual variance and the one that allows for that, the larger is taken. Who differs most is taken out
before the others are compared, or else everybody beside somebody slow would look quick.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from attio_workbench.findings.finding import Finding
from attio_workbench.findings.paces import (
    FEW_EVENTS,
    WORTH_RULE,
    OtherPace,
    at_another_pace,
    compared_until,
    curve,
    pace_worth,
    slowness,
    two_curves,
)
from attio_workbench.findings.pipelines import Pipeline, Spell
from attio_workbench.findings.sentences import days_text, quoted, stamp
from attio_workbench.findings.statistics import two_sided_p
from attio_workbench.findings.survival import CumulativeHazard, Segment, cut, hazard_ratio, steps
from attio_workbench.findings.tested import FEW, Tested, TooFew, evidence

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
            yield TooFew("waits after moves by", name)
            continue
        yield _tested(pipeline, strata, compared)


def _strata(pipeline: Pipeline) -> _Strata:
    spells: defaultdict[tuple[str, int], list[Spell]] = defaultdict(list)
    until: dict[str, float | None] = {}
    months = pipeline.months()
    for status in pipeline.left_again:
        until[status.id] = compared_until(pipeline.spells[status.id])
        for spell in pipeline.spells[status.id]:
            if spell.mover and spell.end > 0:
                spells[status.id, bisect_right(months, spell.entered)].append(spell)
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
    effect = slowness(hazard_ratio(sums.observed, sums.expected, sums.expected + sums.others))
    return Tested(two_sided_p(sums.z), effect, lambda p: _finding(pipeline, strata, compared, effect, p))


def _finding(pipeline: Pipeline, strata: _Strata, compared: _Compared, effect: float, p: float) -> Finding:
    name = pipeline.members[compared.member]
    own, others = _by_status(strata, {compared.member}), _by_status(strata, compared.rest)
    status_id = max(sorted(own.keys() & others.keys()), key=lambda status: len(own[status]))
    titles = {status.id: status.title for status in pipeline.statuses}
    text, figures = two_curves(curve(own[status_id]), curve(others[status_id]), "others", "for those that others moved")
    counts = f"{compared.sums.stays:,} and {sum(map(len, others.values())):,} moves, all statuses together"
    wait = "wait longer" if effect > 1 else "leave sooner"
    now = pipeline.day(pipeline.as_of)
    other = sum(
        (at_another_pace(spells, 0.0, now, curve(others[status])) for status, spells in own.items() if status in others),
        start=OtherPace(),
    )
    ages = ", ".join(f"{_age_text(strata.until[status])} in {titles[status]}" for status in own)
    return Finding(
        kind="member",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        subject_id=compared.member,
        subject=name,
        sentence=f"{pipeline.noun.capitalize()} that {name} moved {wait}: in {titles[status_id]}, {text} ({counts}, first "
        "time in each only). The data do not say why.",
        evidence=(
            evidence(
                pipeline,
                "moved_by_type = 'workspace-member'",
                f"(left_at is null or left_at > {stamp(pipeline.begin)})",
                rule="each record's first stay in each open or paused status; those with "
                f"moved_by_id = {quoted(compared.member)} against those of {len(compared.rest)} others, "
                f"by status and month of entry, compared up to the age at which a third are left: {ages}; {WORTH_RULE}",
                figures={
                    "stays": compared.sums.stays,
                    "left_by_those_ages": compared.sums.observed,
                    "left_by_those_ages_expected": round(compared.sums.expected, 2),
                    "status": titles[status_id],
                    **figures,
                    **other.figures,
                },
            ),
        ),
        effect=effect,
        adjusted_p=p,
        worth=pace_worth(pipeline, other, "the pace of the others", None),
    )


def _age_text(until: float | None) -> str:
    return "any" if until is None else days_text(until)


def _by_status(strata: _Strata, members: frozenset[str] | set[str]) -> dict[str, list[Spell]]:
    found: defaultdict[str, list[Spell]] = defaultdict(list)
    for (status_id, _), spells in strata.spells.items():
        found[status_id] += [spell for spell in spells if spell.mover in members]
    return {status_id: spells for status_id, spells in found.items() if spells}
