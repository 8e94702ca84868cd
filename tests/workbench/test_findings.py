"""What is said of a pipeline: what was planted in it, with figures that can be counted again, and nothing else."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from benchmarks.knowable import are_knowable, looks, told_p
from benchmarks.planted import START, Trial, days_off, planted_for, trial
from tests.support.model_rows import HISTORY, models_of

from attio_simulator import Clock, Leak, MovesBack, Planted, Slower, Waiting, generate_hiring_pipeline
from attio_simulator.planting import Finding as PlantedFinding
from attio_workbench.findings import LEVEL, Finding, findings
from attio_workbench.findings.pipelines import pipeline_histories, pipelines
from attio_workbench.models import Conversion, CurrentStatus, Models, StatusStay

pytestmark = pytest.mark.slow  # whole pipelines are compared

APPLICATIONS = 1_000


@cache
def models(*planted: PlantedFinding, applications: int = APPLICATIONS, seed: int = 1, days: int = 270) -> Models:
    workspace = generate_hiring_pipeline(
        applications,
        seed=seed,
        clock=Clock(start=START, source=lambda: 0.0),
        moved_share=0.9,
        planted=Planted(planted, days),
    )
    return models_of(workspace, START)


def only(found: Sequence[Finding], kind: str) -> Finding:
    [one] = [one for one in found if one.kind == kind]
    return one


@pytest.fixture(scope="module")
def quiet() -> Models:
    return models()


@pytest.mark.parametrize("seed", [901, pytest.param(902, marks=pytest.mark.long)])
def test_exactly_what_is_planted_is_named(seed: int) -> None:
    found = trial(seed, planted_for(seed), APPLICATIONS)

    assert found.is_exact, found
    for one in found.planted:
        named = found.found_of(one)
        assert named is not None
        assert named.since is None or days_off(one, named.since) <= 31


@pytest.mark.long
def test_exactly_what_is_planted_is_named_over_many_seeds() -> None:
    trials = [trial(seed, planted_for(seed), APPLICATIONS) for seed in range(1_001, 1_101)]

    assert sum(one.is_exact for one in trials) >= 95


@pytest.mark.parametrize("seed", [901, 902, *(pytest.param(n, marks=pytest.mark.long) for n in range(903, 907))])
def test_where_nothing_is_planted_nothing_is_named(seed: int) -> None:
    assert trial(seed, (), APPLICATIONS).found == ()


@pytest.mark.long
def test_where_nothing_is_planted_hardly_anything_is_named_over_many_seeds() -> None:
    trials: list[Trial] = [trial(seed, (), 600) for seed in range(1_001, 1_201)]

    assert sum(bool(one.found) for one in trials) <= 10


def test_a_slower_status_is_said_with_medians_and_stays_that_can_be_counted_again() -> None:
    rows = models(Slower("Interview", 85, 4))

    found = findings(rows)[0]

    assert (found.kind, found.subject, found.since) == ("time", "Interview", date(2026, 9, 1))
    figures = found.evidence[0].figures
    cut = datetime(2026, 9, 1, tzinfo=UTC)
    firsts: dict[str, StatusStay] = {}
    for stay in sorted(rows.status_history, key=lambda stay: -stay.position):
        if stay.status_title == "Interview":
            firsts[stay.record_id] = stay
    now = [stay for stay in firsts.values() if stay.left_at is None or stay.left_at > cut]
    before = [stay for stay in firsts.values() if stay.entered_at < cut]
    assert (figures["stays_now"], figures["stays_before"]) == (len(now), len(before))
    over = len(now) + len(before) - len(firsts)
    assert over > 0
    assert f"; those that last over it, {over}, count on both sides; " in found.evidence[0].rule
    assert found.sentence == (
        f"Interview has taken longer since September: half leave within {figures['days_half']:.1f} days, compared with "
        f"{figures['days_half_before']:.1f} days before ({len(now)} and {len(before)} applications, first "
        "time there only)."
    )
    assert float(figures["days_half"]) > 2 * float(figures["days_half_before"])
    assert found.adjusted_p is not None
    assert found.adjusted_p < LEVEL
    assert found.effect is not None
    assert 2 < found.effect < 6
    assert found.worth.startswith("At the earlier pace, they would have waited ")
    assert " fewer days in all, and " in found.worth


def test_how_many_left_is_counted_up_to_the_age_that_the_evidence_names() -> None:
    rows = models(Slower("Interview", 85, 4))

    evidence = findings(rows)[0].evidence[0]
    named = re.search(r"compared up to the age of ([0-9.]+) days, at which a third are left", evidence.rule)
    assert named is not None
    age, cut = timedelta(days=float(named[1])), datetime(2026, 9, 1, tzinfo=UTC)
    firsts: dict[str, StatusStay] = {}
    for stay in sorted(rows.status_history, key=lambda stay: -stay.position):
        if stay.status_title == "Interview":
            firsts[stay.record_id] = stay
    left = [stay.left_at for stay in firsts.values() if stay.left_at and stay.left_at - stay.entered_at <= age]
    counted = [evidence.figures[f"left_by_that_age_{side}"] for side in ("now", "before")]
    assert counted == pytest.approx([sum((at > cut) is is_now for at in left) for is_now in (True, False)], abs=3)
    assert float(evidence.figures["left_by_that_age_now_expected"]) > 1.5 * float(counted[0])


def test_a_change_in_the_middle_of_a_month_is_said_with_its_day() -> None:
    found = findings(models(Slower("Interview", 69, 4)))[0]

    assert found.since == date(2026, 9, 16)
    assert found.sentence.startswith("Interview has taken longer since 16 September: half leave within ")


def test_what_another_finding_took_the_records_from_is_not_knowable() -> None:
    """The log-rank test, told the status and the very day, is sure of it only without the leak."""
    waiting, slower, leak = Waiting(5, 3.28), Slower("Interview", 61.3, 4.3), Leak("Applied", 77.83, 0.688)
    leaking = models(waiting, slower, leak, applications=1_500, seed=59)

    [pipeline] = pipelines(leaking, pipeline_histories(leaking))
    assert LEVEL / looks(pipeline) < told_p(pipeline, slower) < LEVEL
    assert [are_knowable(leaking, [one]) for one in (waiting, slower, leak)] == [True, False, True]
    assert are_knowable(models(waiting, slower, applications=1_500, seed=59), [waiting, slower])


@pytest.mark.parametrize(
    "planted", [Slower("Interview", 85, 4), Waiting(3, 3.5), Leak("Screening", 85, 0.6), MovesBack(85, 0.4)]
)
def test_only_what_is_planted_is_knowable(quiet: Models, planted: PlantedFinding) -> None:
    assert are_knowable(models(planted), [planted])
    assert not are_knowable(quiet, [planted])


def test_a_status_that_became_slower_is_not_said_to_leak() -> None:
    assert {one.kind for one in trial(5, (Slower("Screening", 90, 4),), 3_000).found} == {"time"}


def test_a_status_that_became_quicker_is_said_too() -> None:
    found = findings(models(Slower("Interview", 85, 0.25)))[0]

    assert found.sentence.startswith("Interview has taken less time since September: half leave within ")
    assert found.effect is not None
    assert found.effect < 0.5
    assert " more days in all" in found.worth


def test_a_leak_is_said_with_shares_that_can_be_counted_again() -> None:
    rows = models(Leak("Screening", 85, 0.6))

    found = findings(rows)[0]

    assert (found.kind, found.subject, found.since) == ("conversion", "Screening", date(2026, 9, 1))
    counted: Counter[tuple[bool, bool]] = Counter()
    seen: set[str] = set()
    for stay in sorted(rows.status_history, key=lambda stay: stay.position):
        if stay.status_title == "Screening" and stay.record_id not in seen:
            seen.add(stay.record_id)
            if stay.left_at and stay.next_status_title not in {"Applied", "Phone screen"}:
                went_on = stay.next_status_title not in {"Rejected", "Withdrawn"}
                counted[stay.left_at >= datetime(2026, 9, 1, tzinfo=UTC), went_on] += 1
    now, before = (sum(counted[side, went_on] for went_on in (True, False)) for side in (True, False))
    assert found.evidence[0].figures == {
        "left_now": now,
        "left_before": before,
        "went_on_now": counted[True, True],
        "went_on_now_expected": round(now * (counted[True, True] + counted[False, True]) / (now + before), 2),
        "went_on_before": counted[False, True],
    }
    assert found.sentence.startswith(
        f"Since September, fewer have moved on from Screening to a later status: {counted[True, True] / now:.0%}, "
        f"compared with {counted[False, True] / before:.0%} before ".replace("%", " %")
        + f"({now} and {before} applications that moved on or were lost, first time there only)."
    )
    missing = round(now * counted[False, True] / before - counted[True, True])
    assert (
        found.worth == f"At the earlier share, {missing} more applications would have moved on, most of them to Interview."
    )


def test_what_a_leak_is_worth_in_outcomes_is_said_where_the_conversions_say_it() -> None:
    rows = models(Leak("Screening", 85, 0.6))
    interview = next(stay for stay in rows.status_history if stay.status_title == "Interview")
    hired = next(stay for stay in rows.status_history if stay.status_title == "Hired")
    conversion = Conversion(
        source_relation="",
        history=HISTORY,
        status_id=interview.status_id,
        status_title="Interview",
        status_order=4,
        outcome_status_id=hired.status_id,
        outcome_status_title="Hired",
        outcome_kind="won",
        day=90,
        entered=400,
        at_risk=100,
        share=0.25,
        is_few=False,
    )

    plain = findings(rows)[0].worth
    missing = int(plain.split()[4])
    assert findings(replace(rows, conversion=[conversion]))[0].worth == (
        plain.removesuffix(".") + f", about {round(missing / 4)} of them to Hired in the end."
    )
    for unknown in (replace(conversion, is_few=True), replace(conversion, day=60), replace(conversion, share=None)):
        assert findings(replace(rows, conversion=[unknown]))[0].worth == plain


def test_more_moves_back_are_said_with_the_status_they_come_from() -> None:
    found = findings(models(MovesBack(85, 0.4)))[0]

    assert (found.kind, found.subject, found.since) == ("moves back", "", date(2026, 9, 1))
    figures = {name: int(figure) for name, figure in found.evidence[0].figures.items()}
    now, before = (figures[f"went_back_{side}"] / figures[f"left_{side}"] for side in ("now", "before"))
    assert found.sentence.startswith(
        f"Since September, more moves have gone back to an earlier status: {now * 100:.0f} %, compared with "
        f"{before * 100:.0f} % before ({figures['left_now']:,} and "
        f"{figures['left_before']:,} moves, first time out of each status only)."
    )
    assert found.sentence.endswith(" Most go back from Screening.")
    assert found.worth.endswith("fewer moves would have gone back.")


def test_a_recruiter_whose_applications_wait_is_named_and_nobody_beside_them() -> None:
    found = findings(models(Waiting(3, 3.5)))

    assert [one.subject for one in found if one.kind == "member"] == ["Recruiter 3"]
    figures = found[0].evidence[0].figures
    assert found[0].sentence.startswith(
        f"Applications that Recruiter 3 moved wait longer: in {figures['status']}, half leave within "
        f"{figures['days_half']:.1f} days, compared with {figures['days_half_others']:.1f} days for those that others moved"
    )
    assert found[0].sentence.endswith(" moves, all statuses together, first time in each only). The data do not say why.")
    assert "against those of 5 others" in found[0].evidence[0].rule
    assert re.search(r"a third are left: \d\.\d days in Applied, \d\.\d days in Screening, ", found[0].evidence[0].rule)
    assert found[0].worth.startswith("At the pace of the others, they would have waited ")


def test_without_names_a_member_is_called_by_the_id() -> None:
    rows = models(Waiting(3, 3.5))
    nameless = replace(rows, status_history=[replace(stay, moved_by_name=None) for stay in rows.status_history])

    found = findings(nameless)[0]
    assert found.subject == f"member {found.subject_id[:8]}"


def test_a_status_is_not_slower_where_only_somebody_new_in_it_is_slow() -> None:
    """From September on somebody slow moves half of everything to Interview: then that is said, and no more."""
    rows = models(applications=3_000)
    slow, cut = timedelta(days=12), datetime(2026, 9, 1, tzinfo=UTC)
    chance = random.Random(3)
    stays = [
        replace(_later(stay, slow), moved_by_type="workspace-member", moved_by_id="new", moved_by_name="Somebody new")
        if stay.status_title == "Interview" and stay.entered_at > cut and chance.random() < 0.5
        else stay
        for stay in rows.status_history
    ]

    found = [one for one in findings(replace(rows, status_history=stays)) if one.effect]
    assert [(one.kind, one.subject) for one in found] == [("member", "Somebody new")]


def _later(stay: StatusStay, by: timedelta) -> StatusStay:
    """The stay, longer."""
    if stay.left_at is None:
        return stay
    left = stay.left_at + by
    return replace(stay, left_at=left if left < START else None, is_current=left >= START)


def test_imported_records_are_left_out_until_they_move(quiet: Models) -> None:
    """Before an import nobody knows how long they had been there: taken as entries they would look quick."""
    imported = datetime(2026, 7, 15, tzinfo=UTC)
    template = next(stay for stay in quiet.status_history if stay.status_title == "Screening")
    late = [
        replace(
            template,
            record_id=f"imported {number}",
            position=1,
            entered_at=imported,
            left_at=imported + timedelta(hours=number % 40),
            moved_by_type="api-token",
            next_status_id=None,
            is_late_entry=True,
        )
        for number in range(400)
    ]

    def compared(rows: Sequence[StatusStay]) -> list[Finding]:
        return [one for one in findings(replace(quiet, status_history=rows)) if one.effect]

    assert compared([*quiet.status_history, *late]) == []
    assert compared([*quiet.status_history, *(replace(stay, is_late_entry=False) for stay in late)]) != []


def test_stays_that_end_as_they_begin_are_stays(quiet: Models) -> None:
    """Two moves at one instant; an automation passes everything on."""
    passed_on = [
        replace(stay, left_at=stay.entered_at) if stay.status_title == "Offer" else stay for stay in quiet.status_history
    ]

    assert not [one for one in findings(replace(quiet, status_history=passed_on)) if one.effect]


def test_nothing_found_is_said_with_the_number_of_comparisons(quiet: Models) -> None:
    found = findings(quiet)

    nothing = only(found, "nothing")
    assert found[0] is nothing
    assert nothing.sentence == "In 17 comparisons, nothing has changed and nobody differs by more than chance."


def test_with_too_few_records_it_says_so_and_names_what_it_cannot_say() -> None:
    found = findings(models(Slower("Interview", 85, 4), applications=50))

    assert [one.kind for one in found] == ["open", "stuck", "too few"]
    assert found[-1].sentence.startswith(
        "On one side of these comparisons there are too few applications, or moves of them, to say whether they have "
        "changed or differ: time in Applied, Screening, "
    )
    assert "; moves back; waits after moves by Recruiter " in found[-1].sentence


def test_a_history_of_less_than_two_months_is_too_short() -> None:
    found = only(findings(models(days=50)), "too few")

    assert found.sentence.startswith("The history is too short, or on one side of these comparisons there are too few")


def test_of_several_histories_each_finding_says_which() -> None:
    rows = models(Slower("Interview", 85, 4))
    deals = [replace(stay, history="deals.stage") for stay in models(seed=2).status_history]

    found = findings(replace(rows, status_history=[*rows.status_history, *deals]))

    assert [one.history for one in found if one.effect] == [HISTORY]
    assert " applications, first time there only)" in found[0].sentence


def test_histories_of_the_same_records_are_told_apart_by_their_attribute(quiet: Models) -> None:
    second = [replace(stay, history="applications.check_status") for stay in quiet.status_history]
    elsewhere = [replace(stay, source_relation="emea") for stay in quiet.status_history]

    def names(*more: StatusStay) -> set[str]:
        rows = replace(quiet, status_history=[*quiet.status_history, *more])
        current = [
            replace(row, history=stay.history, source_relation=stay.source_relation)
            for stay in more[:1]
            for row in quiet.current_status
        ]
        found = findings(replace(rows, current_status=[*quiet.current_status, *current]))
        return {one.sentence.rpartition(": ")[0] for one in found if one.kind == "open"}

    assert names(*second) == {"Applications by workflow status", "Applications by check status"}
    assert names(*elsewhere) == {": Applications", "emea: Applications"}


def test_histories_are_never_compared_with_each_other(quiet: Models) -> None:
    """Deals in statuses of the same ids are far slower and began later: as within each nothing changed, nothing is said."""
    deals = [
        replace(_later(stay, timedelta(days=30)), history="deals.stage", record_id=f"deal {stay.record_id}")
        for stay in quiet.status_history
        if stay.entered_at > START - timedelta(days=150)
    ]

    found = findings(replace(quiet, status_history=[*quiet.status_history, *deals]))
    assert not [one for one in found if one.effect]


def test_all_histories_are_corrected_together() -> None:
    """The p of one history's finding is the larger, the more comparisons of other histories were made."""
    rows = models(Slower("Interview", 85, 4))
    deals = [replace(stay, history="deals.stage") for stay in models(seed=2).status_history]

    alone, beside = (findings(replace(rows, status_history=[*rows.status_history, *more]))[0] for more in ([], deals))
    assert (alone.subject, beside.subject) == ("Interview", "Interview")
    assert alone.adjusted_p is not None
    assert beside.adjusted_p == pytest.approx(alone.adjusted_p * 2, rel=0.2)


def test_that_nothing_changed_is_said_once_for_several_histories(quiet: Models) -> None:
    deals = [replace(stay, history="deals.stage") for stay in quiet.status_history]

    found = findings(replace(quiet, status_history=[*quiet.status_history, *deals]))

    nothing = only(found, "nothing")
    assert nothing.sentence == "In 34 comparisons, nothing has changed and nobody differs by more than chance."


def test_of_no_rows_nothing_is_said() -> None:
    assert findings(Models(as_of=START)) == []


def test_who_is_open_and_who_is_stuck_is_counted(quiet: Models) -> None:
    template = next(row for row in quiet.current_status if row.outcome == "open")

    def rows(count: int, title: str, percentile: float, *, is_late: bool | None) -> list[CurrentStatus]:
        row = replace(template, status_title=title, percentile_in_status=percentile, is_past_target=is_late)
        return [replace(row, record_id=f"{title} {n}") for n in range(count)]

    current = [
        *rows(3, "Applied", 0.95, is_late=None),
        *rows(4, "Offer", 0.5, is_late=True),
        *rows(2, "Screening", 0.9, is_late=True),
        *(replace(row, outcome="won") for row in rows(5, "Hired", 1.0, is_late=True)),
    ]
    found = findings(Models(as_of=START, current_status=current))

    assert [one.sentence for one in found] == [
        "9 of 14 applications are open, the most in Offer (4).",
        (
            "Of the open applications, 6 are past the target time of their status, most of them in Offer (4); "
            "5 have been in their status for longer than 90 % of others were, most of them in Applied (3)."
        ),
    ]
    assert found[1].evidence[0].figures == {"records": 6, "in Offer": 4, "in Screening": 2}
    assert found[1].evidence[1].where.endswith("and outcome = 'open' and percentile_in_status >= 0.9")
    alone = findings(Models(as_of=START, current_status=rows(1, "Offer", 0.1, is_late=False)))
    assert [one.sentence for one in alone] == ["1 of 1 applications is open, in Offer."]


def test_a_quote_in_a_name_does_not_leave_the_condition(quiet: Models) -> None:
    rows = [replace(row, history="o'brien.stage") for row in quiet.current_status]

    found = findings(Models(as_of=START, current_status=rows))
    assert "history = 'o''brien.stage'" in found[0].evidence[0].where
