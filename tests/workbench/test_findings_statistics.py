"""The tests behind the findings, against figures that others have published or that can be worked out by hand."""

import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_workbench.findings.statistics import Cases, Comparison, adjusted, two_sided_p
from attio_workbench.findings.survival import (
    AT_ENTRY,
    CumulativeHazard,
    LogRank,
    Segment,
    Step,
    Survival,
    cut,
    hazard_ratio,
    log_rank,
    steps,
)

# Freireich and others (1963): weeks of remission of 42 children with leukaemia; + is censored. In every textbook.
TREATED = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"


def segments(text: str) -> list[Segment]:
    return [Segment(0.0, float(one.rstrip("+")), not one.endswith("+")) for one in text.split()]


def test_the_log_rank_test_gives_the_figures_of_the_textbooks() -> None:
    treated, placebo = segments(TREATED), segments(PLACEBO)

    found = log_rank(steps([*treated, *placebo]), treated)

    assert found.observed == 9
    assert found.events == 30
    assert found.expected == pytest.approx(19.2505, abs=1e-4)
    assert found.variance == pytest.approx(6.2570, abs=1e-4)
    assert found.z**2 == pytest.approx(16.793, abs=1e-3)
    assert found.z < 0
    assert found.hazard_ratio == pytest.approx((9 / 19.2505) / (21 / 10.7495), abs=1e-4)
    mirrored = log_rank(steps([*treated, *placebo]), placebo)
    assert mirrored.z == pytest.approx(-found.z)
    assert mirrored.hazard_ratio == pytest.approx(1 / found.hazard_ratio)


def test_the_likelihood_ratio_is_that_of_two_binomial_shares() -> None:
    """Of 30 events 9, of which half were expected: by hand, where the variance is the binomial one."""
    found = LogRank(9, 15.0, 7.5, 30)

    assert found.signed_root**2 == pytest.approx(2 * (9 * math.log(9 / 15) + 21 * math.log(21 / 15)))
    assert found._replace(observed=21).signed_root == pytest.approx(-found.signed_root)
    assert LogRank(0, 15.0, 7.5, 30).signed_root == pytest.approx(-math.sqrt(2 * 30 * math.log(2)))
    assert LogRank(0, 0.0, 0.0, 0).signed_root == 0
    assert LogRank(14900, 15000.0, 7500.0, 30000).signed_root == pytest.approx(-100 / math.sqrt(7500), rel=1e-4)


def test_of_chance_both_tails_of_the_likelihood_ratio_are_alike() -> None:
    """A tenth of 400 events in a group: how often it is far off must not depend on the side, as it does with `z`."""
    chance = random.Random(4)
    found = [LogRank(chance.binomialvariate(400, 0.1), 40.0, 36.0, 400) for _ in range(40_000)]

    roots, scores = ([getattr(one, name) for one in found] for name in ("signed_root", "z"))
    fewer, more = (sum(sign * one > 2.6 for one in roots) for sign in (-1, 1))
    fewer_by_score, more_by_score = (sum(sign * one > 2.6 for one in scores) for sign in (-1, 1))
    assert more_by_score > 1.8 * fewer_by_score
    assert 0.6 < fewer / more < 1.6


def test_a_kaplan_meier_curve_gives_the_figures_of_the_textbooks() -> None:
    treated, placebo = Survival(steps(segments(TREATED))), Survival(steps(segments(PLACEBO)))

    assert treated.at(5.99) == 1.0
    assert treated.at(6) == pytest.approx(0.857, abs=5e-4)
    assert treated.at(10) == pytest.approx(0.753, abs=5e-4)
    assert treated.at(23) == pytest.approx(0.448, abs=5e-4)
    assert treated.age_at(0.5) == 23
    assert placebo.age_at(0.5) == 8
    assert treated.age_at(0.25) is None


def test_a_curve_that_stands_at_a_half_has_its_median_there() -> None:
    curve = Survival([Step(float(age), 1, 10 - age) for age in range(10)])

    assert curve.age_at(0.5) == 4


def test_who_was_there_before_one_looked_is_at_risk_only_since_then() -> None:
    found = steps([Segment(0, 2, has_event=True), Segment(1, 5, has_event=True), Segment(3, 4, has_event=False)])

    assert found == [Step(2, 1, 2), Step(5, 1, 1)]
    late = [Segment(begin=8, end=10, has_event=True)] * 3
    assert steps([*late, Segment(0, 9, has_event=True)]) == [Step(9, 1, 4), Step(10, 3, 3)]
    assert CumulativeHazard([Step(2, 1, 2), Step(5, 1, 1)]).between(2, 5) == 1


def test_a_stay_can_be_over_as_it_begins() -> None:
    at_once = Segment(AT_ENTRY, 0, has_event=True)

    assert steps([at_once, at_once, Segment(AT_ENTRY, 3, has_event=True), Segment(0, 3, has_event=False)]) == [
        Step(0, 2, 3),
        Step(3, 1, 2),
    ]


def test_without_left_truncation_long_stays_would_be_overrated() -> None:
    """Of true stays of mean 4 one sees only what lasts over day 6: at risk from then on, the mean is still right."""
    chance = random.Random(1)
    began = [(chance.uniform(0, 6), chance.expovariate(1 / 4)) for _ in range(20_000)]
    seen = [Segment(6 - at, length, has_event=True) for at, length in began if at + length > 6]

    right, wrong = (Survival(steps(of)) for of in (seen, [one._replace(begin=0) for one in seen]))
    assert right.age_at(0.5) == pytest.approx(4 * math.log(2), rel=0.1)
    assert (wrong.age_at(0.5) or 0) > 5


def test_beyond_an_age_one_does_not_look() -> None:
    treated = segments(TREATED)

    assert cut(treated, None) == treated
    assert steps(cut(treated, 10)) == [step for step in steps(treated) if step.age <= 10]
    assert cut([Segment(12, 13, has_event=True)], 12) == []


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(0, 40))
def test_without_censoring_the_curve_is_the_share_that_is_left(ages: list[int], at: int) -> None:
    curve = Survival(steps([Segment(AT_ENTRY, age, has_event=True) for age in ages]))

    assert curve.at(at) == pytest.approx(sum(age > at for age in ages) / len(ages))
    assert curve.area(AT_ENTRY, at) == pytest.approx(sum(min(age, at) for age in ages) / len(ages))


def test_a_group_without_a_counterpart_has_no_ratio() -> None:
    assert hazard_ratio(5, 2.5, 5) == math.inf
    assert hazard_ratio(5, 0, 10) == math.inf
    assert LogRank(0, 0.0, 0.0, 0).z == 0


def test_a_normal_tail_is_what_tables_say() -> None:
    assert two_sided_p(1.959964) == pytest.approx(0.05, abs=1e-6)
    assert two_sided_p(-3.290527) == pytest.approx(0.001, abs=1e-8)
    assert two_sided_p(0) == 1


def test_adjusted_probabilities_are_benjamini_and_hochbergs() -> None:
    """As p.adjust(…, "BH") of R gives them."""
    assert adjusted([0.005, 0.04, 0.03, 0.9]) == pytest.approx([0.02, 0.16 / 3, 0.16 / 3, 0.9])
    assert adjusted([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05] * 5)
    assert adjusted([]) == []


type Case = tuple[object, bool, bool, str]
"""Stratum, whether it is in the now group, whether it happened, which record."""


def compared(cases: Sequence[Case]) -> Comparison | None:
    strata, are_now, happened, records = zip(*cases, strict=True) if cases else ((), (), (), ())
    return Cases(strata, happened, records).compare(are_now)


def cases(happened_now: int, now: int, happened_before: int, before: int, stratum: object = "") -> list[Case]:
    two = ((True, happened_now, now), (False, happened_before, before))
    return [
        (stratum, is_now, place < happened, f"{stratum} {is_now} {place}")
        for is_now, happened, count in two
        for place in range(count)
    ]


def test_two_shares_are_compared_as_by_hand() -> None:
    found = compared(cases(20, 50, 35, 50))

    assert found is not None
    assert found.z == pytest.approx((20 - 50 * 55 / 100) / math.sqrt(50 * 50 * 55 * 45 / (100 * 100 * 99)))
    assert found.odds_ratio == pytest.approx(20 * 15 / (30 * 35))
    assert found.expected == pytest.approx(50 * 55 / 100)


def test_like_is_compared_with_like() -> None:
    """In each stratum the shares are equal; all in all they are not, as the strata are of different sizes."""
    stratified = [*cases(18, 20, 90, 100, "a"), *cases(10, 100, 2, 20, "b")]

    found, pooled = compared(stratified), compared([("", *one[1:]) for one in stratified])
    assert found is not None
    assert pooled is not None
    assert found.z == pytest.approx(0)
    assert pooled.z < -5


def test_a_record_that_counts_often_does_not_make_a_finding_surer() -> None:
    once = cases(20, 50, 35, 50)
    found, repeated, others = (
        compared(once),
        compared(once * 9),
        compared([(*one[:3], str(n)) for n, one in enumerate(once * 9)]),
    )

    assert found is not None
    assert repeated is not None
    assert others is not None
    assert repeated.z == pytest.approx(found.z, rel=0.02)
    assert others.z == pytest.approx(3 * found.z, rel=0.02)


def test_where_there_is_nothing_to_compare_there_is_no_comparison() -> None:
    assert compared([]) is None
    assert compared(cases(5, 5, 0, 0)) is None
    assert compared(cases(5, 5, 5, 5)) is None
    everything = compared(cases(50, 50, 0, 50))
    assert everything is not None
    assert everything.odds_ratio == math.inf
