"""Findings about a value of another attribute: where records came from against where the others did."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from benchmarks.planted import START
from tests.support.model_rows import HISTORY, models_of

from attio_simulator import Clock, LeakOf, Planted, generate_hiring_pipeline
from attio_workbench.findings import Finding, findings
from attio_workbench.models import Models, StatusStay

pytestmark = pytest.mark.slow  # whole pipelines are compared

SOURCE = "applications.source"
ENDS = {"Rejected", "Withdrawn"}


def models(*planted: LeakOf, applications: int = 900) -> Models:
    clock = Clock(start=START, source=lambda: 0.0)
    workspace = generate_hiring_pipeline(
        applications, seed=6, clock=clock, moved_share=0.9, planted=Planted(tuple(planted))
    )
    return models_of(workspace, START, has_sources=True)


@pytest.fixture(scope="module")
def leaking() -> Models:
    return models(LeakOf("Referral", 0.5))


def groups(rows: Models) -> list[Finding]:
    return [one for one in findings(rows) if one.kind == "group"]


def with_stays(rows: Models, history: str, stays: Sequence[StatusStay]) -> Models:
    return replace(rows, status_history=[*(one for one in rows.status_history if one.history != history), *stays])


def test_only_what_leaks_is_named_with_figures_that_can_be_counted_again(leaking: Models) -> None:
    [found] = groups(leaking)

    assert found == findings(leaking)[0]
    assert (found.subject, found.since) == ("Referral", None)
    source = {stay.record_id: stay.status_title for stay in leaking.status_history if stay.history == SOURCE}
    counted: Counter[tuple[bool, str, bool]] = Counter()
    seen: set[tuple[str, str]] = set()
    places = {stay.status_title: stay.status_order for stay in leaking.status_history if stay.history == HISTORY}
    for stay in sorted(leaking.status_history, key=lambda stay: stay.position):
        key = stay.record_id, stay.status_title
        if stay.history != HISTORY or stay.status_kind != "open" or key in seen:
            continue
        seen.add(key)
        after = stay.next_status_title
        if after in ENDS or (after and places[after] > stay.status_order):
            counted[source[stay.record_id] == "Referral", stay.status_title, after not in ENDS] += 1
    figures = found.evidence[0].figures
    status = str(figures["status"])

    def number(*, own: bool, title: str = "", only_on: bool = False) -> int:
        return sum(
            count
            for (is_own, its_title, went_on), count in counted.items()
            if is_own is own and title in {"", its_title} and (went_on or not only_on)
        )

    assert figures["left"] == number(own=True)
    assert figures["left_others"] == number(own=False)
    assert figures["went_on"] == number(own=True, only_on=True)
    assert figures["went_on_others"] == number(own=False, only_on=True)
    shares = [number(own=own, title=status, only_on=True) / number(own=own, title=status) for own in (True, False)]
    assert found.sentence.startswith(
        f"Fewer applications with source Referral move on to a later status: from {status}, for example, "
        f"{shares[0] * 100:.0f} %, compared with {shares[1] * 100:.0f} % of the others "
        f"({number(own=True, title=status)} and "
        f"{number(own=False, title=status):,} applications that moved on or were lost, first time there only)."
    )
    extra = float(figures["went_on_at_the_share_of_the_others"]) - number(own=True, only_on=True)
    [said] = re.findall(
        "^At the share of the others in each status, there would have been ([0-9]+) more moves to a later one.$",
        found.worth,
    )
    assert abs(int(said) - extra) <= 0.55
    assert 0 < shares[1] < 1
    assert f"status_id = '{found.subject_id}'" in found.evidence[0].rule


def test_two_that_leak_are_both_named_and_no_other_looks_better_beside_them() -> None:
    found = groups(models(LeakOf("Referral", 0.5), LeakOf("Agency", 0.4)))

    assert {(one.subject, one.sentence.split()[0]) for one in found} == {("Referral", "Fewer"), ("Agency", "Fewer")}


def test_a_value_that_is_set_when_a_record_is_lost_explains_nothing(leaking: Models) -> None:
    """Why it was lost is known of no other."""
    lost = [stay for stay in leaking.status_history if stay.history == HISTORY and stay.status_title in ENDS]
    template = next(stay for stay in leaking.status_history if stay.history == SOURCE)
    reasons = [
        replace(
            template,
            history="applications.reason",
            record_id=stay.record_id,
            status_id=f"reason-{place % 2}",
            status_title=f"Reason {place % 2}",
            entered_at=stay.entered_at + timedelta(minutes=place % 2),
        )
        for place, stay in enumerate(lost)
    ]

    assert [one.subject for one in groups(with_stays(leaking, "applications.reason", reasons))] == ["Referral"]


def test_what_counts_is_the_value_a_record_had_when_it_entered_the_status(leaking: Models) -> None:
    """Moved to another source since, it leaked under the one it had."""
    sources = [stay for stay in leaking.status_history if stay.history == SOURCE]
    other = next(stay for stay in sources if stay.status_title == "Agency")
    moved: list[StatusStay] = []
    for stay in sources:
        if stay.status_title == "Referral" and stay.record_id[0] in "01":  # few: it is still no pipeline
            later = START - timedelta(minutes=1)
            moved += [
                replace(stay, left_at=later, is_current=False),
                replace(other, record_id=stay.record_id, position=2, entered_at=later),
            ]
        else:
            moved.append(stay)
    [before], [after] = groups(leaking), groups(with_stays(leaking, SOURCE, moved))

    assert len(moved) > len(sources) + 10
    assert (after.subject, after.evidence[0].figures) == (before.subject, before.evidence[0].figures)


def test_with_few_of_a_value_it_says_so(leaking: Models) -> None:
    sources = [stay for stay in leaking.status_history if stay.history == SOURCE]
    rare = [replace(stay, status_id="rare", status_title="Fair") if n < 5 else stay for n, stay in enumerate(sources)]

    found = findings(with_stays(leaking, SOURCE, rare))

    assert [one.subject for one in found if one.kind == "group"] == ["Referral"]
    assert "who moves on with source Fair" in next(one.sentence for one in found if one.kind == "too few")


def test_of_more_values_than_one_can_ask_about_none_is_compared(leaking: Models) -> None:
    sources = [stay for stay in leaking.status_history if stay.history == SOURCE]
    many = [
        replace(stay, status_id=f"{stay.status_id}{n % 30}", status_title=f"{stay.status_title} {n % 30}")
        for n, stay in enumerate(sources)
    ]

    assert not [one for one in findings(with_stays(leaking, SOURCE, many)) if "source" in one.sentence]
