from __future__ import annotations

from datetime import UTC, datetime

from attio_simulator import Clock, Workspace, add_deals, generate_hiring_pipeline

START = datetime(2026, 9, 1, tzinfo=UTC)


def made() -> Workspace:
    workspace = generate_hiring_pipeline(50, clock=Clock(START, source=lambda: 0.0))
    add_deals(workspace, 200)
    return workspace


def test_deals_have_a_stage_and_a_value_with_a_past_moved_by_members() -> None:
    workspace = made()

    stays = {deal: workspace.history(deal, "stage") for deal in workspace.record_ids("deals")}
    assert len(stays) == 200
    assert {history[0]["status"]["title"] for history in stays.values()} == {"Lead"}
    assert {history[-1]["status"]["title"] for history in stays.values()} == {"Lead", "In progress", "Won 🎉", "Lost"}
    assert all(history[-1]["active_from"] < "2026-09-01" for history in stays.values())
    moved_by = {stay["created_by_actor"]["id"] for history in stays.values() for stay in history}
    assert moved_by == {member.id for member in workspace.members[1:]}
    values = [workspace.history(deal, "value") for deal in stays]
    assert 20 < sum(len(history) == 2 for history in values) < 120
    assert all(history[-1]["currency_value"] <= history[0]["currency_value"] for history in values)


def test_one_seed_makes_the_same_deals_and_leaves_the_applications_as_they_were() -> None:
    once, again = made(), made()

    assert once.record_ids("deals") == again.record_ids("deals")
    assert [once.history(deal, "stage") for deal in once.record_ids("deals")] == [
        again.history(deal, "stage") for deal in again.record_ids("deals")
    ]
    alone = generate_hiring_pipeline(50, clock=Clock(START, source=lambda: 0.0))
    assert alone.record_ids("applications") == once.record_ids("applications")
