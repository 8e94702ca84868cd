from collections import Counter
from datetime import UTC, datetime, timedelta

from attio_simulator import Clock, Workspace
from attio_workbench.changes import Changes, KnownStay, change, true_stays
from attio_workbench.demo import demo_workspace

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
SINCE = NOW - timedelta(seconds=15)


def changed() -> tuple[Workspace, Changes]:
    clock = Clock(SINCE, source=lambda: 0.0)
    workspace = demo_workspace(1_500, 1, clock)
    clock.move(NOW - SINCE)
    return workspace, change(workspace, 1, SINCE)


def test_what_comes_in_does_so_at_moments_of_its_own_and_is_no_import() -> None:
    workspace, changes = changed()

    began = [stay.active_from for stay in true_stays(workspace) if stay.active_from >= SINCE]
    ended = [stay.active_until for stay in true_stays(workspace) if stay.active_until and stay.active_until >= SINCE]
    assert (changes.new, changes.deals, changes.entries) == (30, 12, 2)
    # Some of those that moved were deleted thereafter.
    assert changes.new < len(began) <= changes.moved + changes.back + changes.new
    assert max(Counter(began).values()) <= 3
    assert max(began) < NOW
    assert max(began) - min(began) > (NOW - SINCE) * 0.9
    assert set(ended) <= set(began)


def test_one_seed_makes_the_same_changes() -> None:
    def stays_of(workspace: Workspace) -> list[KnownStay]:
        return sorted(true_stays(workspace))

    (once, changes), (again, changes_again) = changed(), changed()

    assert changes == changes_again
    assert stays_of(once) == stays_of(again)


def test_members_have_moved_entries_of_the_list() -> None:
    workspace = demo_workspace(1_500, 1)
    moves = [v for entry in workspace.record_ids("talent_pool") for v in workspace.history(entry)[1:]]
    assert len({v["created_by_actor"]["id"] for v in moves if v["created_by_actor"]["type"] == "workspace-member"}) > 3
