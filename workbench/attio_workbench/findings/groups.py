"""Which records go on: those with one value of another attribute, such as where they came from, against the others.

Like is compared with like, those that left the same status in the same month. What counts is the value a record had when
it entered the status: one that is set as it is lost, such as why it was, would otherwise explain itself. Whatever differs
most is taken out before the others are compared, or else all others beside one that leaks would look better than they are.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from attio_workbench.findings.finding import Finding
from attio_workbench.findings.members import APART
from attio_workbench.findings.pipelines import Grouping, Pipeline
from attio_workbench.findings.sentences import attribute_of, more_or_fewer, quoted, share_text, stamp
from attio_workbench.findings.statistics import Cases, Comparison, two_sided_p
from attio_workbench.findings.tested import FEW, FEWEST_EXPECTED, FIRST_TIME, Side, Tested, TooFew, evidence

MOST_VALUES = 20
"""An attribute with more values is neither compared nor a filter: nobody reads such a list."""


class _Left(NamedTuple):
    """One that went on or was lost: with which value, from which status, in which month, and whether it went on."""

    record_id: str
    value: str
    status_id: str
    month: int
    went_on: bool


class _Compared(NamedTuple):
    """A value, and those with it against those with one of the rest."""

    value: str
    comparison: Comparison | None
    own: Sequence[_Left]
    others: Sequence[_Left]

    @property
    def is_enough(self) -> bool:
        """Whether there are enough on both sides, and enough of both outcomes that the test can be trusted."""
        every = [*self.own, *self.others]
        went_on = sum(one.went_on for one in every)
        smaller = min(len(self.own), len(self.others))
        rarest = min(went_on, len(every) - went_on)
        return smaller >= FEW and rarest * smaller / len(every) >= FEWEST_EXPECTED and self.comparison is not None

    @property
    def z(self) -> float:
        """How surely they differ."""
        return self.comparison.z if self.comparison else 0.0


def compare_groups(pipeline: Pipeline) -> Iterator[Tested | TooFew]:
    """One comparison for each value, of each attribute with several, that enough records had."""
    for grouping in pipeline.groupings:
        left = _left(pipeline, grouping)
        values = sorted({one.value for one in left})
        if not 1 < len(values) <= MOST_VALUES:
            continue
        for compared in _all_compared(left, values):
            if not compared.is_enough or compared.comparison is None:
                yield TooFew(f"who moves on with {attribute_of(grouping.history)}", grouping.titles[compared.value])
                continue
            yield _tested(pipeline, grouping, compared, compared.comparison)


def _left(pipeline: Pipeline, grouping: Grouping) -> list[_Left]:
    months = pipeline.months()
    return [
        _Left(spell.record_id, value, status.id, bisect_right(months, spell.end), spell.way == "on")
        for status in pipeline.left_again
        for spell in pipeline.spells[status.id]
        if spell.way in {"on", "lost"} and spell.end > 0 and (value := grouping.value_at(spell.record_id, spell.entered))
    ]


def _all_compared(left: Sequence[_Left], values: Sequence[str]) -> list[_Compared]:
    """Each with those that are not apart, as with members."""
    apart: dict[str, _Compared] = {}
    while True:
        rest = [one for one in left if one.value not in apart]
        cases = Cases(
            [(one.status_id, one.month) for one in rest], [one.went_on for one in rest], [r.record_id for r in rest]
        )
        compared = [_compared(cases, rest, value) for value in values if value not in apart]
        furthest = max((one for one in compared if one.is_enough), key=lambda one: abs(one.z), default=None)
        if furthest is None or two_sided_p(furthest.z) * len(values) >= APART:
            return [*apart.values(), *compared]
        apart[furthest.value] = furthest


def _compared(cases: Cases, rest: Sequence[_Left], value: str) -> _Compared:
    has_it = [one.value == value for one in rest]
    own, others = ([one for one, has in zip(rest, has_it, strict=True) if has is wanted] for wanted in (True, False))
    return _Compared(value, cases.compare(has_it), own, others)


def _tested(pipeline: Pipeline, grouping: Grouping, compared: _Compared, comparison: Comparison) -> Tested:
    return Tested(
        two_sided_p(comparison.z),
        comparison.odds_ratio,
        lambda p: _finding(pipeline, grouping, compared, comparison, p),
    )


def _finding(pipeline: Pipeline, grouping: Grouping, compared: _Compared, comparison: Comparison, p: float) -> Finding:
    value = grouping.titles[compared.value]
    own, others = _sides(compared.own), _sides(compared.others)
    titles = {status.id: status.title for status in pipeline.statuses}
    # Where nobody or everybody goes on, a share says less.
    status = max(sorted(own.keys() & others.keys()), key=lambda one: (0 < others[one].share < 1, own[one].records))
    missed = _missed(own, others)
    more = "More" if comparison.odds_ratio > 1 else "Fewer"
    return Finding(
        kind="group",
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        subject_id=compared.value,
        subject=value,
        sentence=f"{more} {pipeline.noun} with {attribute_of(grouping.history)} {value} move on to a later status: "
        f"from {titles[status]}, for example, {share_text(own[status].share)}, compared with "
        f"{share_text(others[status].share)} of the others ({own[status].records:,} and "
        f"{others[status].records:,} {pipeline.noun} that moved on or were lost, "
        f"{FIRST_TIME}). The data do not say why.",
        evidence=(
            evidence(
                pipeline,
                f"left_at > {stamp(pipeline.begin)}",
                rule="each record's first stay in each open or paused status, if the next status is won, lost, or open and "
                f"later in the order, by status and month of leaving; those that on entering it had a stay of history = "
                f"{quoted(grouping.history)} with status_id = {quoted(compared.value)}, against those with "
                f"{len({one.value for one in compared.others})} others",
                figures={
                    "left": len(compared.own),
                    "went_on": sum(one.went_on for one in compared.own),
                    "went_on_expected": round(comparison.expected, 2),
                    "went_on_at_the_share_of_the_others": round(sum(one.went_on for one in compared.own) + missed, 1),
                    "left_others": len(compared.others),
                    "went_on_others": sum(one.went_on for one in compared.others),
                    "status": titles[status],
                    "left_status": own[status].records,
                    "went_on_status": own[status].events,
                    "left_status_others": others[status].records,
                    "went_on_status_others": others[status].events,
                },
            ),
        ),
        effect=comparison.odds_ratio,
        adjusted_p=p,
        worth=_worth(missed),
    )


def _sides(left: Sequence[_Left]) -> Mapping[str, Side]:
    """How many left each status, and how many of them went on."""
    records = Counter(one.status_id for one in left)
    went_on: defaultdict[str, int] = defaultdict(int)
    for one in left:
        went_on[one.status_id] += one.went_on
    return {status: Side(number, went_on[status]) for status, number in records.items()}


def _missed(own: Mapping[str, Side], others: Mapping[str, Side]) -> float:
    """How many more would have gone on at the share of the others, counted status by status."""
    return sum(side.records * others[one].share - side.events for one, side in own.items() if one in others)


def _worth(missed: float) -> str:
    if not round(abs(missed)):
        return ""
    moves = more_or_fewer(round(abs(missed)), "moves", is_more=missed > 0)
    return f"At the share of the others in each status, there would have been {moves} to a later one."
