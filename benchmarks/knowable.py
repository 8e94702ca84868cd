"""Whether anybody could be sure of what was planted: one who is told of each finding what it is, of whom and since when.

Planted findings can take each other's records away: where most are lost early, few are left for a later status to be
slower with. So each is tested directly, its two groups known, and must be significant after Bonferroni's correction for
everything that a report looks at, which who is told nothing has to look at.
"""

import math
from collections.abc import Callable, Sequence
from datetime import timedelta

from attio_simulator import Leak, LeakOf, Slower, Waiting
from attio_simulator.planting import Finding as PlantedFinding
from attio_workbench.findings import LEVEL
from attio_workbench.findings.paces import compared_until
from attio_workbench.findings.pipelines import Pipeline, Spell, StatusName, pipeline_histories, pipelines, segments
from attio_workbench.findings.statistics import Cases, two_sided_p
from attio_workbench.findings.survival import Segment, cut, log_rank, steps
from attio_workbench.models import Models


def are_knowable(models: Models, planted: Sequence[PlantedFinding]) -> bool:
    """Whether each of these is, in the one history that there is."""
    [pipeline] = pipelines(models, pipeline_histories(models))
    return all(told_p(pipeline, one) * looks(pipeline) < LEVEL for one in planted)


def looks(pipeline: Pipeline) -> int:
    """At how many pairs of groups a report looks at most: at every change point, but members and other groups once."""
    statuses = len(list(pipeline.left_again))
    values = sum(len(grouping.titles) for grouping in pipeline.groupings)
    return (2 * statuses + 1) * len(pipeline.change_points()) + len(pipeline.members) + values


def told_p(pipeline: Pipeline, one: PlantedFinding) -> float:
    """The p of the direct test of something planted: the log-rank test of times, Mantel and Haenszel's of shares."""
    if isinstance(one, Waiting):
        member = next(key for key, name in pipeline.members.items() if name == f"Recruiter {one.recruiter}")
        return _log_rank_p(
            pipeline, list(pipeline.left_again), lambda spell: spell.segment() if spell.mover == member else None
        )
    if isinstance(one, LeakOf):
        return _leak_of_p(pipeline, one)
    day = pipeline.day(pipeline.as_of - timedelta(days=one.days_ago))
    of_it = [status for status in pipeline.left_again if status.title == getattr(one, "status", status.title)]
    if isinstance(one, Slower):
        return _log_rank_p(pipeline, of_it, lambda spell: spell.segment(day))
    way, ways = ("on", {"on", "lost"}) if isinstance(one, Leak) else ("back", {"on", "lost", "back", "elsewhere"})
    spells = [(status.id, s) for status in of_it for s in pipeline.spells[status.id] if s.way in ways and s.end > 0]
    cases = Cases([status for status, _ in spells], [s.way == way for _, s in spells], [s.record_id for _, s in spells])
    comparison = cases.compare([s.end > day for _, s in spells])
    return two_sided_p(comparison.z) if comparison else 1.0


def _leak_of_p(pipeline: Pipeline, one: LeakOf) -> float:
    [grouping] = pipeline.groupings
    spells = [
        (status.id, s) for status in pipeline.left_again for s in pipeline.spells[status.id] if s.way in {"on", "lost"}
    ]
    cases = Cases([status for status, _ in spells], [s.way == "on" for _, s in spells], [s.record_id for _, s in spells])
    values = (grouping.value_at(s.record_id, s.entered) for _, s in spells)
    comparison = cases.compare([grouping.titles[value or ""] == one.source for value in values])
    return two_sided_p(comparison.z) if comparison else 1.0


def _log_rank_p(pipeline: Pipeline, statuses: Sequence[StatusName], segment_of: Callable[[Spell], Segment | None]) -> float:
    """Of the spells with a segment against the others, status by status, up to the age at which a third is left."""
    difference = variance = 0.0
    for status in statuses:
        spells = pipeline.spells[status.id]
        until = compared_until(spells)
        group = [segment for spell in spells if (segment := segment_of(spell))]
        rank = log_rank(steps(cut(segments(spells), until)), cut(group, until))
        difference += rank.observed - rank.expected
        variance += rank.variance
    return two_sided_p(difference / math.sqrt(variance)) if variance else 1.0
