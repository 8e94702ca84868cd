from __future__ import annotations

import statistics
from datetime import timedelta
from typing import Any

import pytest
from tests.simulator.support import QUERY, RECORDS, Asking, Time, values_url

from attio_simulator import Behaviour, Clock, Limits, Simulator, Workspace

LIMITED = {
    "status_code": 429,
    "type": "rate_limit_error",
    "code": "rate_limit_exceeded",
    "message": "Rate limit exceeded, please try again later",
}


def limited(workspace: Workspace, limits: Limits, behaviour: Behaviour | None = None) -> Asking:
    limits.latency = 0.0
    return Asking(Simulator(workspace, limits=limits, behaviour=behaviour))


def statuses(api: Asking, times: int, method: str = "GET", url: str = "/v2/self", body: Any = None) -> list[int]:
    return [api.answer(method, url, body).status for _ in range(times)]


def test_a_hundred_reads_pass_in_one_clock_second(workspace: Workspace, time: Time) -> None:
    api = limited(workspace, Limits(score_per_window=None))
    time.seconds = 0.7
    assert statuses(api, 60) + statuses(api, 42, "POST", QUERY) == [200] * 100 + [429] * 2
    time.seconds = 1.0
    assert statuses(api, 100) == [200] * 100
    assert api.simulator.requests.answered_429 == 2
    assert api.simulator.requests.maximum_per_second == 102


def test_writes_have_a_limit_of_their_own(workspace: Workspace, time: Time) -> None:
    api = limited(workspace, Limits())
    body = {"data": {"values": {"workflow_status": "Applied"}}}
    assert statuses(api, 27, "POST", RECORDS, body) == [200] * 25 + [429] * 2
    assert len(workspace.record_ids("applications")) == 25
    assert statuses(api, 100) == [200] * 100
    time.seconds = 1.0
    assert statuses(api, 1, "POST", RECORDS, body) == [200]


def test_a_429_says_when_to_come_back(workspace: Workspace, time: Time) -> None:
    api = limited(workspace, Limits(reads_per_second=0))
    time.seconds = 0.25
    answer = api.answer("GET", "/v2/self")
    assert dict(answer.headers)["retry-after"] == "Tue, 24 Nov 2026 10:00:01 GMT"
    assert dict(answer.headers)["date"] == "Tue, 24 Nov 2026 10:00:00 GMT"
    assert api.ask("GET", "/v2/self") == (429, LIMITED)


def test_the_dates_can_come_from_another_clock(workspace: Workspace) -> None:
    api = limited(workspace, Limits(reads_per_second=0), Behaviour(clock_offset=timedelta(hours=-1)))
    headers = dict(api.answer("GET", "/v2/self").headers)
    assert headers["retry-after"] == "Tue, 24 Nov 2026 09:00:01 GMT"
    assert headers["date"] == "Tue, 24 Nov 2026 09:00:00 GMT"


def test_the_limits_can_be_switched_off(workspace: Workspace) -> None:
    api = limited(workspace, Limits.off())
    assert set(statuses(api, 300)) == {200}
    assert set(statuses(api, 300, "POST", QUERY, {"filter": {"score": {"$gte": 1}}})) == {200}
    assert Limits.off().draw_latency() == 0.0


BY_CREATION = {"sorts": [{"direction": "asc", "attribute": "created_at"}]}


def test_queries_share_a_score_over_a_sliding_window(workspace: Workspace, time: Time) -> None:
    # Of ten records a sorted query costs 120.
    workspace.import_records("applications", 10)
    api = limited(workspace, Limits(score_per_window=1_200.0))
    assert statuses(api, 4, "POST", QUERY, BY_CREATION) == [200] * 4
    time.seconds = 5.5
    assert statuses(api, 7, "POST", QUERY, BY_CREATION) == [200] * 6 + [429]
    assert dict(api.answer("POST", QUERY, BY_CREATION).headers)["retry-after"] == "Tue, 24 Nov 2026 10:00:11 GMT"
    assert statuses(api, 1, "GET", "/v2/self") == [200]
    assert statuses(api, 20, "POST", QUERY) == [200] * 20
    time.seconds = 10.0
    assert statuses(api, 5, "POST", QUERY, BY_CREATION) == [200] * 4 + [429]


def test_a_query_costs_more_with_conditions_sorts_and_records(workspace: Workspace) -> None:
    workspace.import_records("applications", 10)
    api = limited(workspace, Limits(score_per_query=130.0))
    wanted = {"$and": [{"score": 1}, {"name": "x"}]}
    assert statuses(api, 1, "POST", QUERY, BY_CREATION) == [200]
    assert statuses(api, 1, "POST", QUERY, {"filter": wanted}) == [200]
    assert statuses(api, 3, "POST", QUERY, {"filter": wanted, **BY_CREATION}) == [429] * 3
    workspace.import_records("applications", 90)
    assert statuses(api, 1, "POST", QUERY, BY_CREATION) == [429]
    assert statuses(api, 1, "POST", QUERY) == [200]


def test_a_query_can_be_made_to_cost_by_the_rows_it_asks_for(workspace: Workspace) -> None:
    api = limited(workspace, Limits(score_per_query=10.0, score_per_row=0.1))
    assert statuses(api, 1, "POST", QUERY, {"limit": 500}) == [429]
    assert statuses(api, 1, "POST", QUERY, {"limit": 50}) == [200]


def test_a_clock_that_is_moved_back_does_not_leave_the_window_full(workspace: Workspace, clock: Clock) -> None:
    workspace.import_records("applications", 10)
    api = limited(workspace, Limits(score_per_window=240.0))
    assert statuses(api, 3, "POST", QUERY, BY_CREATION) == [200, 200, 429]
    clock.move(timedelta(hours=-1))
    assert statuses(api, 3, "POST", QUERY, BY_CREATION) == [200, 200, 429]


def test_another_client_takes_its_share_at_some_times(workspace: Workspace, time: Time) -> None:
    passed: dict[int, list[int]] = {}
    for seed in (1, 2):
        api = limited(workspace, Limits(reads_per_second=20, other_client_share=0.5, other_client_period=2, seed=seed))
        passed[seed] = []
        for second in range(40):
            time.seconds = float(second)
            passed[seed].append(statuses(api, 21).count(200))
    assert set(passed[1]) == set(passed[2]) == {10, 20}
    assert passed[1] != passed[2]
    assert passed[1][0::2] == passed[1][1::2]


def test_latency_is_fixed_or_spread() -> None:
    assert {Limits(latency=0.3).draw_latency() for _ in range(5)} == {0.3}
    limits = Limits(latency=(0.02, 0.3), seed=4)
    drawn = [limits.draw_latency() for _ in range(500)]
    assert min(drawn) >= 0.02
    assert max(drawn) <= 0.3
    assert statistics.mean(drawn) == pytest.approx(0.16, abs=0.02)
    again = Limits(latency=(0.02, 0.3), seed=4)
    assert [again.draw_latency() for _ in range(500)] == drawn
    assert 0 < Limits().draw_latency() < 0.2


def test_an_unauthorized_request_costs_nothing(workspace: Workspace) -> None:
    api = limited(workspace, Limits(reads_per_second=1))
    stranger = Asking(api.simulator, {"authorization": "Bearer wrong"})
    assert statuses(stranger, 3, url="/v2/objects") == [401] * 3
    record_id = workspace.create_record("applications", "Applied")
    assert statuses(api, 2, url=values_url(record_id)) == [200, 429]
