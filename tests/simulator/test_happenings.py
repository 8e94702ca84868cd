"""Changes of every kind: each changes what it says, and nothing else."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import PROFILE
from tests.simulator.support import START, Asking, Time
from tests.simulator.test_generator import everything

from attio_simulator import KINDS, Clock, Happenings, Limits, Simulator, Workspace, generate_crm
from attio_simulator.happenings import Kind, source_of

RECORDS = 60


@pytest.fixture
def crm(clock: Clock, time: Time) -> Workspace:
    workspace = generate_crm(RECORDS, seed=2, clock=clock)
    time.seconds += 3_600
    return workspace


def rows(workspace: Workspace) -> dict[str, str]:
    """Every record and entry with all that its attributes ever were."""
    return {
        record.id: json.dumps([workspace.history(record.id, one.slug) for one in record.collection.attributes])
        for record in workspace.rows.values()
    }


def happen(workspace: Workspace, kind: Kind, *, seed: int = 1) -> tuple[Any, dict[str, str], dict[str, str]]:
    before = rows(workspace)
    happening = Happenings(workspace, seed=seed).happen(kind)
    assert happening is not None
    assert happening.kind == kind
    return happening, before, rows(workspace)


def values(workspace: Workspace, happening: Any) -> tuple[list[Any], list[Any]]:
    history = workspace.history(happening.record_id, happening.attribute)
    return [one for one in history if one["active_until"] is None], [one for one in history if one["active_until"]]


def test_each_kind_changes_something_visible(crm: Workspace) -> None:
    shown = everything(crm)
    for seed in range(2 if PROFILE == "long" else 1):
        for kind in KINDS:
            assert Happenings(crm, seed=seed).happen(kind) is not None, kind
            before, shown = shown, everything(crm)
            assert shown != before, kind


@pytest.mark.parametrize(("kind", "more"), [("create", 1), ("import", 5), ("create_entry", 1), ("delete_entry", -1)])
def test_rows_come_and_go(crm: Workspace, kind: Kind, more: int) -> None:
    happening, before, after = happen(crm, kind)
    assert len(after) == len(before) + more
    assert (happening.record_id in after) is (more > 0)


def test_a_deleted_record_takes_its_entries_with_it(crm: Workspace) -> None:
    happening, before, after = happen(crm, "delete")
    assert happening.record_id in before
    assert happening.record_id not in after
    assert all(one.parent is None or one.parent.id in after for one in crm.rows.values())


def test_two_records_become_a_new_one(crm: Workspace) -> None:
    happening, before, after = happen(crm, "merge")
    assert happening.record_id in after.keys() - before.keys()
    assert len(before.keys() - after.keys()) == 2


@pytest.mark.parametrize("kind", ["move", "choose", "write"])
def test_a_value_is_replaced_by_another(crm: Workspace, kind: Kind) -> None:
    for seed in range(10):
        happening = Happenings(crm, seed=seed).happen(kind)
        assert happening is not None
        current, past = values(crm, happening)
        attribute = crm.attribute_of(crm.record(happening.record_id), happening.attribute)
        assert len(current) == 1
        assert (attribute.type == "status", attribute.type == "select") == (kind == "move", kind == "choose")
        if past and past[-1]["active_until"] == current[0]["active_from"]:
            assert {k: v for k, v in past[-1].items() if k[:6] != "active"} != current[0]


def test_of_several_values_one_is_added_or_taken_away(crm: Workspace) -> None:
    kinds: list[tuple[Kind, int]] = [("add_value", 1), ("take_away", -1)]
    for kind, more in kinds * 3:
        before = {one: rows_of_multiple(crm, one) for one in crm.rows}
        happening = Happenings(crm, seed=4).happen(kind)
        assert happening is not None
        slug = happening.attribute
        counts = before[happening.record_id].get(slug, 0), rows_of_multiple(crm, happening.record_id).get(slug, 0)
        assert counts[1] - counts[0] == more


def rows_of_multiple(workspace: Workspace, row_id: str) -> dict[str, int]:
    """How many current values each attribute of several values has."""
    record = workspace.record(row_id)
    counts: Counter[str] = Counter()
    for one in record.collection.attributes:
        if one.is_multiselect:
            counts[one.slug] = sum(value["active_until"] is None for value in workspace.history(row_id, one.slug))
    return counts


def test_a_cleared_attribute_has_no_current_value(crm: Workspace) -> None:
    happening, _, _ = happen(crm, "clear")
    current, past = values(crm, happening)
    assert (current, bool(past)) == ([], True)


def test_a_rewritten_past_leaves_what_is_current(crm: Workspace) -> None:
    for seed in range(10):
        shown = {one: crm.history(one, "stage") for one in crm.record_ids("deals")}
        happenings = Happenings(crm, seed=seed, sources=["deals.stage"])
        happening = happenings.happen("rewrite_past")
        assert happening is not None
        current, past = values(crm, happening)
        assert current == [one for one in shown[happening.record_id] if one["active_until"] is None]
        assert past != [one for one in shown[happening.record_id] if one["active_until"]]


def test_a_backdated_value_is_beyond_the_filter_of_what_changed_lately(crm: Workspace) -> None:
    happening = Happenings(crm, sources=["deals.stage"]).happen("backdate")
    assert happening is not None
    api = Asking(Simulator(crm, limits=Limits.off()))
    lately = {"stage": {"active_from": {"$gte": "2026-11-24T10:00:00Z"}}}
    assert api.ids("/v2/objects/deals/records/query", filter=lately) == []
    [value] = crm.history(happening.record_id, "stage")
    assert value["active_until"] is None


def test_the_same_seed_lets_the_same_happen() -> None:
    shown: list[str] = []
    for _ in range(2):
        clock = Clock(start=START, source=lambda: 0.0)
        workspace = generate_crm(60, seed=2, clock=clock)
        happenings = Happenings(workspace, seed=3)
        for _ in range(200):
            clock.move(timedelta(minutes=1))
            happenings.happen()
        assert len(happenings.happen_all()) > len(KINDS) - 3
        shown.append(everything(workspace))
    assert shown[0] == shown[1]


def test_nothing_happens_where_nothing_can() -> None:
    workspace = generate_crm(0)
    happenings = Happenings(workspace, sources=["people.name"])
    done = {one.kind for one in happenings.happen_all()}
    assert done <= {"create", "import", "delete", "merge", "write", "clear", "rewrite_past", "backdate", "change_member"}
    with pytest.raises(KeyError):
        source_of(workspace, "people.nothing")


def test_both_sides_of_relationships_agree_after_much_has_happened(crm: Workspace, time: Time) -> None:
    happenings = Happenings(crm, seed=7, sources=["people.company", "companies.team", "deals.stage"])
    for _ in range(400):
        time.seconds += 60
        happenings.happen()
    team = {
        (one["target_record_id"], company)
        for company in crm.record_ids("companies")
        for one in crm.history(company, "team")
        if one["active_until"] is None
    }
    people = {
        (person, one["target_record_id"])
        for person in crm.record_ids("people")
        for one in crm.history(person, "company")
        if one["active_until"] is None
    }
    assert team == people
    assert len(people) > 5
