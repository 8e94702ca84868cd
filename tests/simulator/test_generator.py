from __future__ import annotations

import json
import time
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.support import START, Asking

from attio_simulator import Behaviour, Clock, Limits, Simulator, Workspace, generate_hiring_pipeline
from attio_simulator.schema import Record

FROZEN = Clock(start=START, source=lambda: 0.0)


def everything(workspace: Workspace) -> str:
    """All that the API can show of a workspace."""
    behaviour = Behaviour(listing_page_maximum=None, past_titles="then")
    api = Asking(Simulator(workspace, limits=Limits.off(), behaviour=behaviour))
    shown: list[Any] = [api.get("/v2/objects"), api.get("/v2/lists"), api.get("/v2/workspace_members")]
    for one in [*workspace.objects(), *workspace.lists()]:
        target = "lists" if one.is_list else "objects"
        shown.append(api.get(f"/v2/{target}/{one.slug}/attributes?show_archived=true"))
        attributes = [f"/v2/{target}/{one.slug}/attributes/{attribute.slug}" for attribute in one.attributes]
        shown += [api.get(f"{url}/{name}?show_archived=true") for url in attributes for name in ("statuses", "options")]
        shown.append(api.query(f"/v2/{target}/{one.slug}/{'entries' if one.is_list else 'records'}/query", limit=10_000))
        for row_id in workspace.record_ids(one.slug):
            shown += [workspace.history(row_id, attribute.slug) for attribute in one.attributes]
    return json.dumps(shown)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(), count=st.integers(0, 60), days=st.integers(0, 4000))
def test_the_same_seed_and_start_make_the_same_bytes(seed: int, count: int, days: int) -> None:
    start = START - timedelta(days=days, seconds=seed % 1_000)
    first, second = (
        generate_hiring_pipeline(count, seed=seed, clock=Clock(start=start, source=source))
        for source in (time.perf_counter, lambda: 0.0)
    )
    assert everything(first) == everything(second)


def test_another_seed_makes_another_workspace() -> None:
    first, second = (generate_hiring_pipeline(20, seed=seed, clock=FROZEN) for seed in (1, 2))
    assert first.record_ids("applications") != second.record_ids("applications")


def test_what_is_written_later_has_ids_of_its_own() -> None:
    workspace = generate_hiring_pipeline(20, seed=1, clock=FROZEN)
    before = set(workspace.rows)
    assert workspace.create_record("applications", "Applied") not in before


@pytest.fixture(scope="module")
def pipeline() -> Workspace:
    return generate_hiring_pipeline(5_000, seed=1, clock=Clock(start=START, source=lambda: 0.0))


@pytest.fixture(scope="module")
def histories(pipeline: Workspace) -> list[list[dict[str, Any]]]:
    return [pipeline.history(record_id, past_titles="then") for record_id in pipeline.record_ids("applications")]


def test_the_share_that_moved_is_as_asked(histories: list[list[dict[str, Any]]]) -> None:
    assert sum(len(history) > 1 for history in histories) / len(histories) == pytest.approx(0.6, abs=0.02)
    for share in (0.0, 1.0):
        workspace = generate_hiring_pipeline(100, seed=1, clock=FROZEN, moved_share=share)
        lengths = [len(workspace.history(record_id)) for record_id in workspace.record_ids("applications")]
        assert {length > 1 for length in lengths} == {share > 0}


def test_histories_are_without_gaps_and_lie_between_creation_and_now(
    pipeline: Workspace, histories: list[list[dict[str, Any]]]
) -> None:
    now = "2026-11-24T10:00:00.000000000Z"
    for record_id, history in zip(pipeline.record_ids("applications"), histories, strict=True):
        for earlier, later in pairwise(history):
            assert earlier["active_from"] < earlier["active_until"] == later["active_from"]
        if history:
            [created_by] = pipeline.history(record_id, "created_by")
            assert history[0]["active_from"] == created_by["active_from"]
            assert history[-1]["active_until"] is None
            assert "2026-08-26" <= history[0]["active_from"] <= history[-1]["active_from"] < now


def test_the_pipeline_is_believable(histories: list[list[dict[str, Any]]]) -> None:
    ways = [[value["status"]["title"] for value in history] for history in histories]
    assert all(way[0] == "Applied" for way in ways if way)
    assert [] in ways
    assert max(map(len, ways)) > 100
    order = ("Applied", "Screening", "Interview", "Take-home task", "Offer", "Hired")
    steps = Counter((one, two) for way in ways for one, two in pairwise(way))
    assert sum(steps[pair] for pair in pairwise(order)) > sum(steps[two, one] for one, two in pairwise(order)) > 20
    ends = Counter(way[-1] for way in ways if way)
    assert {"Applied", "Rejected", "Hired", "Withdrawn", "Interview", "Offer"} <= ends.keys()
    values = [value for history in histories for value in history]
    assert {value["created_by_actor"]["type"] for value in values} == {"workspace-member", "app", "system", "api-token"}
    assert len({value["created_by_actor"]["id"] for value in values}) > 6
    assert any(value["status"]["is_archived"] for value in values)
    assert any(value["status"]["title"] == "Homework" for value in values)


def test_the_other_objects_and_the_list_are_filled_too(pipeline: Workspace) -> None:
    assert all(pipeline.record_ids(slug) for slug in ("jobs", "people", "companies", "talent_pool"))
    moved = [entry for entry in pipeline.record_ids("talent_pool") if len(pipeline.history(entry, "stage")) > 1]
    assert moved


class Counted(dict[str, Record]):
    """Records that count how often one of them is looked at."""

    looked_at = 0

    def __getitem__(self, record_id: str) -> Record:
        self.looked_at += 1
        return super().__getitem__(record_id)


def test_a_page_by_creation_looks_at_no_more_records_than_it_must(pipeline: Workspace) -> None:
    collection = pipeline.object("applications")
    records = collection.records
    counted = collection.records = Counted(records)
    api = Asking(Simulator(pipeline, limits=Limits.off()))
    sorts = [{"direction": "asc", "attribute": "created_at"}]
    since = {"created_at": {"$gte": "2026-10-01T00:00:00Z"}}
    assert len(api.query(sorts=sorts, filter=since, limit=100)) == 100
    collection.records = records
    assert counted.looked_at <= 101
