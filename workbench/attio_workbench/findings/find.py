"""Everything that is compared, and what of it is not chance."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from attio_workbench.findings.facts import plain_facts
from attio_workbench.findings.finding import Evidence, Figure, Finding, Kind
from attio_workbench.findings.groups import compare_groups
from attio_workbench.findings.members import compare_members
from attio_workbench.findings.pipelines import LEAST_SIDE, Pipeline, pipeline_histories, pipelines
from attio_workbench.findings.sentences import heading_of, listed, noun_of
from attio_workbench.findings.statistics import adjusted
from attio_workbench.findings.tested import FEW, Tested, TooFew, where
from attio_workbench.findings.times import compare_time, compare_times
from attio_workbench.findings.ways import compare_conversions, compare_moves_back
from attio_workbench.models import Models, StatusStay

LEVEL = 0.001
"""Of what is said at most this share is wrong, on average; where nothing changed, one report in so many says otherwise.

At ten times as much somewhat smaller changes would be found, and one report in a hundred would say too much. How large they
must be at this level is in benchmarks/RESULTS.md.
"""


def findings(models: Models) -> list[Finding]:
    """What changed or differs and is not chance, the largest first; then how many are open and stuck; then what is unknown.

    All comparisons of all histories together are corrected for their number. Where none is left, that is a finding too.
    """
    keys = pipeline_histories(models)
    found = pipelines(models, keys)
    outcomes = [(one, _compare(one)) for one in found]
    tested = [one for _, several in outcomes for one in several if isinstance(one, Tested)]
    p_values = adjusted([one.p for one in tested])
    sure = [one.finding(p) for one, p in zip(tested, p_values, strict=True) if p < LEVEL and one.is_large]
    changes = [one for one in sure if not _is_echo(one, sure, found)]
    changes.sort(key=lambda one: -max(one.effect or 0, 1 / one.effect if one.effect else float("inf")))
    names = _names([(one.source_relation, one.history) for one in found])
    nothing = [_nothing(pipeline, len(tested)) for pipeline in found[:1] if tested and not changes]
    unknown = [_too_few(pipeline, made) for pipeline, made in outcomes if any(isinstance(one, TooFew) for one in made)]
    everything = [*changes, *nothing, *plain_facts(models, keys), *unknown]
    return [one if one.kind == "nothing" else _named(one, names) for one in everything] if len(names) > 1 else everything


def _compare(pipeline: Pipeline) -> list[Tested | TooFew]:
    return [
        *compare_times(pipeline),
        *compare_conversions(pipeline),
        *compare_moves_back(pipeline),
        *compare_members(pipeline),
        *compare_groups(pipeline),
    ]


def _is_echo(finding: Finding, sure: Sequence[Finding], found: Sequence[Pipeline]) -> bool:
    """Whether a status is slower only because of what a member moved there who is a finding already."""
    key = finding.source_relation, finding.history
    members = {one.subject_id for one in sure if one.kind == "member" and (one.source_relation, one.history) == key}
    if finding.kind != "time" or not members:
        return False
    pipeline = next(one for one in found if (one.source_relation, one.history) == key)
    status = next(one for one in pipeline.statuses if one.id == finding.subject_id)
    others = [spell for spell in pipeline.spells[status.id] if spell.mover not in members]
    tested = compare_time(replace(pipeline, spells={**pipeline.spells, status.id: others}), status)
    return tested is None or tested.p >= LEVEL or not tested.is_large


def _nothing(pipeline: Pipeline, number: int) -> Finding:
    return _said(
        pipeline,
        "nothing",
        f"In {number:,} comparisons, nothing has changed and nobody differs by more than chance.",
        "of each record's first stay in a status: time in it, who moves on from it, moves back, each since the 1st or 16th "
        "of a month against before; each member, and each value of other attributes, against the others",
        {"comparisons": number, "level": LEVEL},
    )


def _too_few(pipeline: Pipeline, made: Sequence[Tested | TooFew]) -> Finding:
    subjects: defaultdict[str, list[str]] = defaultdict(list)
    for one in made:
        if isinstance(one, TooFew):
            subjects[one.what].append(one.subject)
    names = [f"{what} {listed(about)}".rstrip() for what, about in subjects.items()]
    few = f"on one side of these comparisons there are too few {pipeline.noun}, or moves of them,"
    why = few if pipeline.change_points() else f"the history is too short, or {few}"
    return _said(
        pipeline,
        "too few",
        f"{why[0].upper()}{why[1:]} to say whether they have changed or differ: {'; '.join(names)}.",
        f"a comparison takes {FEW} stays on each side and enough moves that the test can be trusted; one of "
        f"before and now also the 1st or 16th of a month with {LEAST_SIDE.days} days on each side",
        {"comparisons": sum(map(len, subjects.values()))},
    )


def _said(pipeline: Pipeline, kind: Kind, sentence: str, rule: str, figures: Mapping[str, Figure]) -> Finding:
    """What is said of the comparisons as a whole."""
    return Finding(
        kind=kind,
        source_relation=pipeline.source_relation,
        history=pipeline.history,
        sentence=sentence,
        evidence=(Evidence(model=StatusStay.model, where=where(pipeline), rule=rule, figures=figures),),
    )


def _names(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What each history is called beside the others: by its records, by its attribute and connection as far as need be."""
    nouns = Counter((relation, noun_of(history)) for relation, history in keys)
    relations = {relation for relation, _ in keys}
    return {
        (relation, history): (f"{relation}: " if len(relations) > 1 else "")
        + (heading_of(history) if nouns[relation, noun_of(history)] > 1 else noun_of(history).capitalize())
        for relation, history in keys
    }


def _named(finding: Finding, names: Mapping[tuple[str, str], str]) -> Finding:
    """With what its history is called in front."""
    name = names.get((finding.source_relation, finding.history), finding.history)
    is_said = name.lower() in finding.sentence.lower()
    return finding if is_said else replace(finding, sentence=f"{name}: {finding.sentence}")
