"""What all comparisons have in common: the least they need, how a change is dated, and where their rows are."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from functools import partial
from typing import NamedTuple

from attio_workbench.findings.finding import Evidence, Figure, Finding
from attio_workbench.findings.pipelines import Pipeline, StatusName
from attio_workbench.findings.sentences import quoted, since_text
from attio_workbench.findings.statistics import two_sided_p
from attio_workbench.models import Conversion, StatusStay

FEW = 30
"""Fewer records than this on one side are not compared."""

FEWEST_EXPECTED = 5.0
"""Of a two-by-two table, in each of its cells, as is usual."""

FIRST_TIME = "first time there only"
"""How a sentence says that a record counts in a status with its first stay; what else counts records counts them all."""

LEAST_RATIO = 1.25
"""What is less than this many times as long or as probable is not worth a sentence, however sure it is."""

HORIZON = 90
"""The day by which an outcome counts in what a finding is worth."""

NOT_IMPORTED = "not (is_late_entry and position = 1)"
"""Of a record that was imported it is not known since when it was in its first status: that stay is compared with none."""


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


class Side(NamedTuple):
    """The time since a change point, or the time before: how many records, and to how many of them it happened."""

    records: int
    events: int

    @property
    def share(self) -> float:
        """To what share of them."""
        return self.events / self.records


class Change(NamedTuple):
    """What differs since a change point: how surely, as a standard normal variable, and how many times as much."""

    point: date
    z: float
    effect: float
    now: Side
    before: Side
    expected: float
    """Of the events now, how many one would expect if nothing differed."""

    @property
    def is_more(self) -> bool:
        """Whether it is more since then."""
        return self.effect > 1

    def figures(self, records: str, events: str) -> dict[str, Figure]:
        """What was counted, each by its name."""
        return {
            f"{records}_now": self.now.records,
            f"{records}_before": self.before.records,
            f"{events}_now": self.now.events,
            f"{events}_now_expected": round(self.expected, 2),
            f"{events}_before": self.before.events,
        }


def tested_change(
    pipeline: Pipeline, change_at: Callable[[date], Change | None], finding: Callable[[Change, float], Finding]
) -> Tested | None:
    """Where it differs most of all change points; None where none has enough on both sides.

    Its p is multiplied by their number (Bonferroni), which is on the safe side, as they overlap.
    """
    changes = [change for point in pipeline.change_points() if (change := change_at(point))]
    if not changes:
        return None
    most = max(changes, key=lambda change: abs(change.z))
    return Tested(min(1.0, two_sided_p(most.z) * len(changes)), most.effect, partial(finding, most))


def of_each_status(
    pipeline: Pipeline, what: str, compare: Callable[[StatusName], Tested | None]
) -> Iterator[Tested | TooFew]:
    """One comparison for each status that records are meant to leave."""
    for status in pipeline.left_again:
        yield compare(status) or TooFew(what, status.title)


def where(pipeline: Pipeline, *conditions: str) -> str:
    """A condition in SQL: the pipeline's and others."""
    own = [f"source_relation = {quoted(pipeline.source_relation)}", f"history = {quoted(pipeline.history)}"]
    return " and ".join([*own, *conditions])


def evidence(pipeline: Pipeline, *conditions: str, rule: str, figures: Mapping[str, Figure]) -> Evidence:
    """Where the stays are that were compared."""
    return Evidence(model=StatusStay.model, where=where(pipeline, *conditions, NOT_IMPORTED), rule=rule, figures=figures)


def since(pipeline: Pipeline, change: Change) -> str:
    """A change point in a sentence."""
    return since_text(change.point, pipeline.as_of.astimezone(pipeline.zone).date())


def cut_text(pipeline: Pipeline, change: Change) -> str:
    """A change point in evidence, beside times that are UTC."""
    return f"{change.point}" if pipeline.zone == UTC else f"{change.point} in {pipeline.zone}"


def won_of(pipeline: Pipeline, status_id: str) -> tuple[float, str] | None:
    """Of those that enter a status, the share that is won within `HORIZON` days, and the title; None if not known well."""
    found = [
        (row.share, row.outcome_status_title)
        for row in pipeline.conversions
        if row.status_id == status_id
        and row.outcome_kind == "won"
        and row.day == HORIZON
        and row.share is not None
        and not row.is_few
    ]
    if not found:
        return None
    return sum(share for share, _ in found), " or ".join(title for _, title in found)


def won_evidence(pipeline: Pipeline, status_id: str) -> tuple[Evidence, ...]:
    """Where it is said how many are won in the end; nothing where that is not known well."""
    won = won_of(pipeline, status_id)
    if won is None:
        return ()
    condition = where(pipeline, f"status_id = {quoted(status_id)}", "outcome_kind = 'won'", f"day = {HORIZON}")
    rule = "of those that enter it, the share that is won in the end"
    return (Evidence(model=Conversion.model, where=condition, rule=rule, figures={won[1]: won[0]}),)
