"""What is planted into a pipeline is in it, and nothing else changes; without a plan the bytes are what they were."""

from __future__ import annotations

import hashlib
import statistics
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.simulator.support import START

from attio_simulator import Clock, Leak, LeakOf, MovesBack, Planted, Slower, Waiting, Workspace, generate_hiring_pipeline
from attio_simulator.clock import SECOND, nanoseconds
from attio_simulator.planting import parse_finding
from attio_simulator.schema import Value, all_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attio_simulator.planting import Finding

DAY = 86_400 * SECOND
DAYS_AGO = 100
BEGAN = nanoseconds(START - timedelta(days=DAYS_AGO))


def pipeline(*findings: Finding, applications: int = 6_000, seed: int = 1, days: int = 300) -> Workspace:
    return generate_hiring_pipeline(
        applications,
        seed=seed,
        clock=Clock(start=START, source=lambda: 0.0),
        moved_share=1.0,
        planted=Planted(findings, days),
    )


def ways(workspace: Workspace) -> Iterator[list[Value]]:
    """The histories of all applications, but for those of the automation that cannot make up its mind."""
    collection = workspace.object("applications")
    attribute = next(one for one in collection.attributes if one.slug == "workflow_status")
    for record in collection.records.values():
        values = all_values(record, attribute)
        if len(values) < 20:
            yield values


def lengths(workspace: Workspace, title: str, *, is_since: bool) -> float:
    """The mean stay in a status of those that entered it in the sixty days since a hundred days ago, or before."""
    begin = BEGAN if is_since else BEGAN - 60 * DAY
    stays = [
        (value.active_until - value.active_from) / DAY
        for values in ways(workspace)
        for value in values
        if value.data.title == title and begin <= value.active_from < begin + 20 * DAY and value.active_until
    ]
    assert len(stays) > 60
    return statistics.mean(stays)


def shares(workspace: Workspace, title: str) -> dict[tuple[bool, str], float]:
    """Where one goes from a status, since the day and before: share by (since, next title)."""
    moves = Counter(
        (later.active_from >= BEGAN, later.data.title)
        for values in ways(workspace)
        for earlier, later in pairwise(values)
        if earlier.data.title == title
    )
    totals = Counter[bool]()
    for (is_since, _), count in moves.items():
        totals[is_since] += count
    return {key: count / totals[key[0]] for key, count in moves.items()}


def test_without_a_plan_the_bytes_are_what_they_always_were() -> None:
    """The digest is of a version whose planting changed nothing of what was there before (with the id of today)."""
    workspace = generate_hiring_pipeline(300, seed=7, clock=Clock(start=START, source=lambda: 0.0))
    digest = hashlib.sha256()
    for one in [*workspace.objects(), *workspace.lists()]:
        for row_id in one.ids:
            for attribute in one.attributes:
                digest.update(repr(workspace.history(row_id, attribute.slug, past_titles="then")).encode())

    assert digest.hexdigest() == "687888c4be790fc6cc0e7a5e8756d2c38fe6cbee4dfaa3feb2c407e544481ecf"


def test_the_same_plan_and_seed_make_the_same_histories() -> None:
    plan = (Slower("Offer", 50), Waiting(2), Leak("Interview", 50), MovesBack(50))
    first, second, other = (repr(list(ways(pipeline(*plan, applications=200, seed=seed)))) for seed in (3, 3, 4))

    assert first == second
    assert first != other


def test_a_pipeline_in_which_nothing_is_planted_is_steady() -> None:
    workspace = pipeline()

    for title in ("Applied", "Screening", "Interview"):
        assert lengths(workspace, title, is_since=True) == pytest.approx(4, rel=0.2)
        assert lengths(workspace, title, is_since=False) == pytest.approx(4, rel=0.2)
    for (is_since, title), share in shares(workspace, "Screening").items():
        assert share == pytest.approx(shares(workspace, "Screening")[not is_since, title], abs=0.05)
    last = [values[-1] for values in ways(workspace)]
    assert all(value.active_until is None for value in last)
    titles = Counter(value.data.title for value in last)
    assert min(titles[title] for title in ("Applied", "Interview", "Offer", "Hired", "Rejected", "Withdrawn")) > 10


def test_stays_that_last_are_not_squeezed_in_before_now() -> None:
    workspace = pipeline(days=20)

    recent = [values for values in ways(workspace) if values[0].active_from > nanoseconds(START) - 2 * DAY]
    assert sum(len(values) == 1 for values in recent) / len(recent) > 0.7


def test_histories_are_without_gaps_between_creation_and_now() -> None:
    workspace = pipeline(Slower("Applied", 50, 3), Waiting(1), Leak("Offer", 50), MovesBack(50), applications=500)
    attribute = next(one for one in workspace.object("applications").attributes if one.slug == "workflow_status")
    for record in workspace.object("applications").records.values():
        values = all_values(record, attribute)
        if values:
            assert values[0].active_from == record.created
        for earlier, later in pairwise(values):
            assert earlier.active_from < (earlier.active_until or 0) == later.active_from < nanoseconds(START)


def test_a_slower_status_is_slower_since_the_day_and_no_other_is() -> None:
    workspace = pipeline(Slower("Screening", DAYS_AGO, 3))

    assert lengths(workspace, "Screening", is_since=False) == pytest.approx(4, rel=0.2)
    assert lengths(workspace, "Screening", is_since=True) == pytest.approx(12, rel=0.2)
    assert lengths(workspace, "Interview", is_since=True) == pytest.approx(4, rel=0.2)


def test_who_is_in_a_status_as_it_becomes_slower_is_slower_from_then_on() -> None:
    plan = Planted((Slower("Offer", 10, 3),))
    end = 100 * DAY

    assert plan.kept_longer("Offer", 80 * DAY, 5 * DAY, end) == 85 * DAY
    assert plan.kept_longer("Offer", 88 * DAY, 4 * DAY, end) == 96 * DAY
    assert plan.kept_longer("Offer", 95 * DAY, 1 * DAY, end) == 98 * DAY
    assert plan.kept_longer("Applied", 95 * DAY, 1 * DAY, end) == 96 * DAY


def test_what_one_recruiter_moved_waits_and_what_others_moved_does_not() -> None:
    workspace = pipeline(Waiting(4, 3))
    names = {member.id: member.last_name for member in workspace.members}
    stays: dict[str, list[float]] = {}
    for values in ways(workspace):
        for value in values:
            if value.active_until and value.active_from < BEGAN and value.actor.type == "workspace-member":
                length = (value.active_until - value.active_from) / DAY
                stays.setdefault(names[value.actor.id or ""], []).append(length)

    means = {name: statistics.mean(of_one) for name, of_one in stays.items()}
    assert means.pop("4") == pytest.approx(12, rel=0.1)
    assert [*means.values()] == pytest.approx([4.0] * 5, rel=0.1)


def test_a_leak_turns_those_down_that_would_have_gone_on() -> None:
    found = shares(pipeline(Leak("Screening", DAYS_AGO, 0.5)), "Screening")

    assert found[True, "Interview"] == pytest.approx(found[False, "Interview"] / 2, abs=0.05)
    assert found[True, "Applied"] == pytest.approx(found[False, "Applied"], abs=0.03)
    assert found[True, "Rejected"] > found[False, "Rejected"] + 0.15
    assert not {title for is_since, title in found if is_since} - {"Interview", "Applied", "Rejected", "Withdrawn"}


def test_more_moves_go_back_since_the_day() -> None:
    for title, before in (("Screening", "Applied"), ("Interview", "Screening")):
        found = shares(pipeline(MovesBack(DAYS_AGO, 0.4)), title)
        assert found[False, before] == pytest.approx(0.09, abs=0.03)
        assert found[True, before] == pytest.approx(0.43, abs=0.05)


def test_the_automation_that_cannot_make_up_its_mind_is_in_steady_pipelines_too() -> None:
    collection = pipeline(applications=2_000).object("applications")
    attribute = next(one for one in collection.attributes if one.slug == "workflow_status")

    assert max(len(all_values(record, attribute)) for record in collection.records.values()) > 100


def test_of_one_source_fewer_go_on_and_of_no_other() -> None:
    workspace = pipeline(LeakOf("Referral", 0.5), Leak("Interview", DAYS_AGO, 0.5))
    collection = workspace.object("applications")
    source = next(one for one in collection.attributes if one.slug == "source")
    from_referrals = {r.id for r in collection.records.values() if all_values(r, source)[0].data.title == "Referral"}

    def share(*, referred: bool) -> float:
        """Of those that left Applied, where all others go on, how many did."""
        status = next(one for one in collection.attributes if one.slug == "workflow_status")
        moved = [
            values[1].data.title
            for record in collection.records.values()
            if (record.id in from_referrals) is referred and len(values := all_values(record, status)) > 1
        ]
        return sum(title not in {"Rejected", "Withdrawn"} for title in moved) / len(moved)

    assert 0.1 < len(from_referrals) / len(collection.records) < 0.3
    assert share(referred=True) == pytest.approx(0.5, abs=0.1)
    assert share(referred=False) == 1
    both = Planted((LeakOf("Referral", 0.5), Leak("Interview", 30, 0.5)))
    end = nanoseconds(START)
    assert both.lost("Interview", "Referral", end, end) == 0.75
    assert both.lost("Interview", "Agency", end, end) == 0.5


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Slower("Hired", 30), "'Hired' is no status that is left again: they are Applied, Screening, Interview, "),
        (lambda: Slower("Offer", 0), "days_ago must be above 0, not 0"),
        (lambda: Slower("Offer", 30, -1), "factor must be above 0, not -1"),
        (lambda: Waiting(7), "there is no recruiter 7: they are 1 to 6"),
        (lambda: Waiting(1, 0), "factor must be above 0, not 0"),
        (lambda: Leak("Nowhere", 30), "'Nowhere' is no status that is left again"),
        (lambda: Leak("Offer", -1), "days_ago must be above 0, not -1"),
        (lambda: Leak("Offer", 30, 1.5), "lost is a share from 0 to 1, not 1.5"),
        (lambda: LeakOf("Hearsay"), "'Hearsay' is no source: they are Job board, Referral, "),
        (lambda: LeakOf("Agency", 2), "lost is a share from 0 to 1, not 2"),
        (lambda: MovesBack(30, -0.1), "share is a share from 0 to 1, not -0.1"),
        (lambda: MovesBack(0), "days_ago must be above 0, not 0"),
        (lambda: Planted(days=0), "days must be above 0, not 0"),
        (lambda: Planted((Slower("Offer", 90),), days=90), "began before the first record, which is 90 days old"),
        (lambda: Planted((Slower("Offer", 30), Slower("Offer", 60))), "of one kind only one can be planted in a status"),
        (lambda: Planted((Waiting(1, 2), Waiting(1, 3))), "of one kind only one can be planted"),
        (lambda: Planted((LeakOf("Agency", 0.1), LeakOf("Agency"))), "of one kind only one can be planted"),
        (lambda: Planted((MovesBack(30), MovesBack(60))), "of one kind only one can be planted"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        wrong()
    assert message in str(caught.value)


def test_one_kind_can_be_planted_in_two_statuses() -> None:
    plan = Planted((Slower("Offer", 30, 2), Slower("Interview", 60, 3), Waiting(1, 2), Waiting(2, 0.5)))

    assert plan.patience(2) == 0.5
    assert plan.patience(3) == 1


def test_what_is_planted_can_be_written_in_a_word() -> None:
    assert parse_finding("slower=Take-home task:90:3") == Slower("Take-home task", 90, 3)
    assert parse_finding("slower=Offer:90") == Slower("Offer", 90)
    assert parse_finding("waiting=3") == Waiting(3)
    assert parse_finding("waiting=3:0.5") == Waiting(3, 0.5)
    assert parse_finding("leak=Offer:30:0.7") == Leak("Offer", 30, 0.7)
    assert parse_finding("leak-of=Careers page") == LeakOf("Careers page")
    assert parse_finding("leak-of=Agency:0.3") == LeakOf("Agency", 0.3)
    assert parse_finding("moves-back=60:0.4") == MovesBack(60, 0.4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("slow=Offer:30", "'slow=Offer:30' cannot be planted: write as in slower=Interview:90:2.5, "),
        ("slower=Offer", "'slower=Offer' cannot be planted"),
        ("waiting=me", "'waiting=me' cannot be planted"),
        ("waiting=1.5", "'waiting=1.5' cannot be planted"),
        ("waiting=1:2:3", "'waiting=1:2:3' cannot be planted"),
        ("moves-back", "'moves-back' cannot be planted"),
        ("slower=Nowhere:30", "'Nowhere' is no status that is left again"),
    ],
)
def test_what_cannot_be_planted_is_said_with_what_can(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_finding(text)
    assert message in str(caught.value)
