"""Every fault, alone and mixed: what the user sees, that the destination is right, and that the next sync completes it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.world import ERRORS, HISTORY, TABLE, Hiring, World, make_synced_world, make_world

from attio_simulator import (
    ALL_SCOPES,
    Behaviour,
    Fault,
    Faults,
    Limits,
    Mangle,
    RequestInfo,
    Workspace,
)
from attio_simulator.faults import FaultKind
from attio_simulator.mangling import with_unknown_enum, with_unknown_field
from attio_sync.errors import (
    AttioSyncError,
    ContractChangedError,
    GaveUpError,
    MissingScopesError,
    NoHistoryError,
    RequestRefusedError,
    StateError,
    UnauthorizedError,
    UnknownNameError,
)
from attio_sync.limiter import ATTEMPTS
from attio_sync.runtime import SyncReport

APPLICATIONS = 60
EVERYTHING = {"reconcile_hours": "0", "recheck_days": "1"}


pipeline = Hiring(APPLICATIONS)


def some_id(world: World, position: int = 12) -> str:
    """An application that has moved, so that its history is asked for."""
    moved = [r for r, h in truth.status_table(world.workspace).items() if len(h) > 2]
    return moved[position]


def assert_nothing_wrong(world: World) -> None:
    """Every row is as Attio has it; some may still be missing."""
    assert world.histories.items() <= truth.status_table(world.workspace).items()
    assert set(world.stays) <= set(truth.history_table(world.workspace))


@dataclass(frozen=True)
class Survived:
    """A fault that costs requests and nothing else. `seen` finds in the report what the user is told."""

    name: str
    faults: Callable[[], list[Fault]]
    seen: Callable[[SyncReport], bool]


def repeated(report: SyncReport) -> bool:
    return report.retried > 0 and "repeated" in report.summary()


def refused(report: SyncReport) -> bool:
    return report.refused > 0 and f"{report.refused:,} refused with 429" in report.summary()


SURVIVED = [
    *(
        Survived(
            f"429 with Retry-After {kind}",
            lambda kind=kind: [Fault(kind="rate_limited", retry_after=kind, rate=0.1, burst=3)],  # pyrefly: ignore[bad-argument-type] (those below)
            refused,
        )
        for kind in ("next_second", "absent", "nonsense", "past", "seconds")
        if PROFILE == "long" or kind in {"next_second", "past"}
    ),
    *(
        Survived(
            f"{status} with a body of {body}",
            lambda status=status, body=body: [Fault(kind="server_error", status=status, body=body, rate=0.1)],  # pyrefly: ignore[bad-argument-type] (those below)
            repeated,
        )
        for status in (500, 502, 503)
        for body in ("json", "html", "empty")
        if PROFILE == "long" or (status, body) in {(500, "json"), (502, "html"), (503, "empty")}
    ),
    *(
        Survived(kind, lambda kind=kind: [Fault(kind=kind, rate=0.1)], repeated)  # pyrefly: ignore[bad-argument-type] (those below)
        for kind in ("not_json", "truncated", "cut", "drop", "drop_amid", "refuse")
    ),
    Survived("a stall before the answer", lambda: [Fault(kind="stall", rate=0.05, seconds=60)], repeated),
    Survived("a stall amid the answer", lambda: [Fault(kind="stall_amid", rate=0.05, seconds=60)], repeated),
    Survived("a body without end", lambda: [Fault(kind="huge", at=(5,), size=200_000_000)], repeated),
    Survived(
        "all of them mixed",
        lambda: [
            Fault(kind="rate_limited", rate=0.03, burst=4),
            Fault(kind="server_error", rate=0.03),
            Fault(kind="not_json", rate=0.03),
            Fault(kind="cut", rate=0.03),
            Fault(kind="drop", rate=0.03),
            Fault(kind="drop_amid", rate=0.03),
            Fault(kind="stall", rate=0.02, seconds=45),
        ],
        lambda report: repeated(report) and refused(report),
    ),
]


@pytest.mark.parametrize("case", SURVIVED, ids=lambda case: case.name)
def test_a_fault_that_passes_costs_requests_and_nothing_else(case: Survived) -> None:
    world = make_world(Hiring(60), faults=Faults(*case.faults(), seed=11))
    report = world.sync(page_size="20")
    assert case.seen(report)
    world.assert_equal_to_attio()
    assert world.sync().rows_written == 0


@pytest.mark.parametrize(("kind", "change"), [("unknown_field", with_unknown_field), ("unknown_enum", with_unknown_enum)])
def test_what_attio_adds_is_delivered_as_it_comes(kind: FaultKind, change: Callable[[Any], Any]) -> None:
    world = make_world(pipeline, faults=Faults(Fault(kind=kind)))
    report = world.sync()
    assert (report.invalid, world.warehouse.rows(ERRORS)) == (0, [])
    expected = {r: [change(value) for value in h] for r, h in truth.status_table(world.workspace).items()}
    assert world.histories == expected
    world.simulator.faults.clear()
    world.sync(**EVERYTHING)
    # A field that is not known identifies no history; a status, a time and who set it do.
    if kind == "unknown_field":
        assert world.histories == expected
    else:
        world.assert_equal_to_attio()


@dataclass(frozen=True)
class Stopped:
    """A fault that stops the sync. `told` is what the message must say."""

    name: str
    fault: Fault
    error: type[AttioSyncError]
    told: list[str] = field(default_factory=list[str])


LASTING = 100_000

STOPPED = [
    Stopped(
        "Attio is down",
        Fault(kind="server_error", on=("values",), at=(20,), burst=LASTING),
        GaveUpError,
        ["gave up after 6 attempts", "502", "the next sync goes on from there"],
    ),
    Stopped(
        "the network is gone",
        Fault(kind="refuse", on=("query", "values"), at=(20,), burst=LASTING),
        GaveUpError,
        ["gave up after 6 attempts", "ConnectError", "the next sync goes on from there"],
    ),
    Stopped(
        "every body is cut short",
        Fault(kind="cut", on=("values",), at=(20,), burst=LASTING),
        GaveUpError,
        ["gave up after 6 attempts", "the next sync goes on from there"],
    ),
    Stopped(
        "Attio refuses without end",
        Fault(kind="rate_limited", at=(20,), burst=LASTING),
        GaveUpError,
        ["s of refusals", "429", "the next sync goes on from there"],
    ),
    Stopped(
        "Attio asks to wait an hour",
        Fault(kind="rate_limited", retry_after="hour", at=(20,), burst=LASTING),
        GaveUpError,
        ["asks to wait another 3", "s after 0 s of refusals", "the next sync goes on from there"],
    ),
    Stopped(
        "Attio redirects",
        Fault(kind="redirect", on=("values",), at=(20,), burst=LASTING),
        RequestRefusedError,
        ["302"],
    ),
]


@pytest.mark.parametrize("case", STOPPED, ids=lambda case: case.name)
def test_a_fault_that_lasts_stops_the_sync_and_the_next_one_completes_it(case: Stopped) -> None:
    world = make_world(pipeline, faults=Faults(case.fault))
    with pytest.raises(case.error) as stopped:
        world.sync(page_size="10")
    for words in case.told:
        assert words in str(stopped.value)
    assert world.simulator.token not in str(stopped.value)
    assert 0 < len(world.histories) < APPLICATIONS
    assert_nothing_wrong(world)
    assert "last_sync" not in world.warehouse.state
    world.simulator.faults.clear()
    world.sync()
    world.assert_equal_to_attio()


@pytest.mark.parametrize("token", ["no-token", "0123456789abcdef0123456789abcdef"], ids=["malformed", "unknown"])
def test_a_bad_token_stops_at_once_and_says_where_to_get_one(token: str) -> None:
    world = make_world(pipeline)
    world.configuration["attio_api_token"] = token
    with pytest.raises(UnauthorizedError, match=r"in Attio under Workspace settings → Developers and set attio_api_token"):
        world.sync()
    assert world.simulator.requests.total == 1
    assert world.warehouse.checkpoints == 0
    del world.configuration["attio_api_token"]
    world.sync()
    world.assert_equal_to_attio()


def test_a_missing_scope_stops_at_once_and_names_the_scopes() -> None:
    world = make_world(pipeline)
    world.simulator.scopes = frozenset({"note:read"})
    lacking = r"record_permission:read \(for {0}\) and object_configuration:read \(for {0}\)".format(
        r"applications\.workflow_status"
    )
    with pytest.raises(MissingScopesError, match=f"^the token lacks {lacking}: add them in Attio under"):
        world.sync()
    assert world.simulator.requests.by_kind == {"self": 1 + 1, "query": 1}
    assert world.histories == {}


def test_a_scope_that_is_missed_only_when_the_statuses_are_read_is_named_too() -> None:
    world = make_synced_world(pipeline)
    world.simulator.scopes = frozenset({"record_permission:read"})
    lacking = r"object_configuration:read \(for applications\.workflow_status\)"
    with pytest.raises(MissingScopesError, match=f"^the token lacks {lacking}: add it in Attio under"):
        world.sync()
    world.simulator.scopes = ALL_SCOPES
    world.sync()
    world.assert_equal_to_attio()


def test_an_unknown_object_stops_naming_those_that_exist() -> None:
    world = make_world(pipeline, history="aplications.workflow_status=t")
    with pytest.raises(
        UnknownNameError,
        match=r"no object 'aplications'; did you mean applications\? — the objects are applications, .*people",
    ):
        world.sync()


@pytest.mark.parametrize("days", ["30", "all"])
def test_an_unknown_attribute_stops_naming_those_that_exist(days: str) -> None:
    world = make_world(pipeline, history="applications.status=t", backfill_days=days)
    with pytest.raises(
        UnknownNameError, match=r"no attribute 'status'.*the attributes of applications are .*workflow_status"
    ):
        world.sync()


def test_an_attribute_taken_for_a_status_stops_before_anything_is_written() -> None:
    # That the default is a status is not asked for.
    world = make_world(pipeline)
    applications = world.workspace.object("applications")
    status, name = applications.attribute("workflow_status"), applications.attribute("name")
    assert status is not None
    assert name is not None
    status.slug, name.slug = "stage", "workflow_status"
    with pytest.raises(ContractChangedError, match=r"60 of 60 records.*names an attribute that is no status"):
        world.sync()
    assert [world.warehouse.rows(table) for table in (TABLE, HISTORY, ERRORS)] == [[], [], []]


def test_an_attribute_of_a_type_without_history_stops_before_anything_is_asked_of_it() -> None:
    world = make_world(history="people.first_email_interaction=t")
    world.workspace.create_record("people", values={"name": ("Recruiter", "One")})
    with pytest.raises(NoHistoryError, match="is of the type interaction, of which Attio keeps no history"):
        world.sync()
    assert world.simulator.requests.by_kind["values"] == 0


def test_an_archived_attribute_stops_no_other_of_its_listing() -> None:
    world = make_world(pipeline, history="applications.name=names,applications.notes=notes", reconcile_hours="0")
    world.track("applications.name=names,applications.notes=notes")
    world.sync()
    applications = world.workspace.object("applications")
    name, notes = applications.attribute("name"), applications.attribute("notes")
    assert name is not None
    assert notes is not None
    kept = world.warehouse.rows("notes")
    renamed = some_id(world)
    notes.is_archived = True
    world.workspace.set_values(world.workspace.record(renamed), name, ["Another name"])
    with pytest.raises(
        UnknownNameError, match=r"applications\.notes is archived in Attio: restore it there, or take it out"
    ):
        world.sync()
    assert {row["application_id"]: row["text"] for row in world.warehouse.rows("names")}[renamed] == "Another name"
    assert world.warehouse.rows("notes") == kept
    notes.is_archived = False
    assert world.sync().rows_written == 0


def test_an_attribute_without_history_stops_and_says_so() -> None:
    world = make_world(history="people.strongest_connection_strength=t")
    world.workspace.create_record("people", values={"name": ("Recruiter", "One")})
    with pytest.raises(NoHistoryError, match="keeps no history of this attribute"):
        world.sync()


def test_a_record_that_vanishes_between_listing_and_reading_is_skipped_and_counted() -> None:
    world = make_world(pipeline)
    gone = some_id(world)
    world.simulator.faults.add(Fault(kind="vanish", records=(gone,)))
    report = world.sync()
    assert report.gone == 1
    assert "1 deleted or merged since they were listed" in report.summary()
    world.assert_equal_to_attio()


def test_a_merge_in_progress_is_tried_again_then_skipped_and_a_reconciliation_brings_the_merged_record() -> None:
    world = make_world(pipeline)
    first, second = some_id(world, 5), some_id(world, 18)
    merged = False

    def merge(info: object) -> None:
        nonlocal merged
        if not merged and getattr(info, "record_id", None) == first:
            merged = True
            world.workspace.merge_records(first, second, merging_for=timedelta(minutes=30))

    world.simulator.on_request(merge)
    report = world.sync()
    # Each of the two was asked for as often as a request is sent.
    assert (report.retried, report.gone) == (2 * (ATTEMPTS - 1), 0)
    assert world.histories.keys() & {first, second} == set()
    assert_nothing_wrong(world)
    world.pass_time(days=1)
    world.sync()
    world.assert_equal_to_attio()


def test_a_listing_refused_for_its_score_asks_for_smaller_pages_and_completes() -> None:
    limits = Limits(latency=0.05, score_per_query=600.0, score_per_row=1.0, score_per_window=3_000.0)
    world = make_world(pipeline, limits=limits)
    report = world.sync()
    assert report.refused > 0
    world.assert_equal_to_attio()


def test_a_listing_refused_for_its_score_without_end_gives_up_and_says_so() -> None:
    world = make_world(pipeline, faults=Faults(Fault(kind="rate_limited", on=("query",))))
    started = world.time.seconds
    with pytest.raises(GaveUpError, match="refusals"):
        world.sync()
    assert world.time.seconds - started < 3_600


@pytest.mark.parametrize(("hours", "accurate_at"), [(-1, True), (1, True), (1, False)])
def test_clocks_an_hour_apart_miss_nothing(hours: int, accurate_at: bool) -> None:  # noqa: FBT001 (parametrized)
    world = make_world(pipeline, buffer_minutes="0", behaviour=Behaviour(accurate_at=accurate_at))
    world.time.ours_ahead = timedelta(hours=hours)
    world.simulator.faults.add(Fault(kind="rate_limited", rate=0.05))
    world.sync()
    for minutes in (1, 20, 45, 90):
        world.pass_time(minutes=minutes)
        world.workspace.set_status(some_id(world, minutes // 5), "Offer")
        world.sync()
        world.assert_equal_to_attio()
    assert world.time.seconds < 4 * 3_600


def test_a_window_ends_when_the_sync_began_though_a_date_is_ahead_of_every_clock() -> None:
    world = make_synced_world(pipeline, buffer_minutes="0", reconcile_hours="744", page_size="10")
    world.simulator.behaviour = Behaviour(clock_offset=timedelta(hours=3), accurate_at=False)
    world.pass_time(hours=1)
    for record_id in world.workspace.record_ids("applications")[:30]:
        world.workspace.set_status(record_id, "Offer")
    read: list[str] = []

    def move_what_was_read(info: RequestInfo) -> None:
        if info.kind == "values" and info.record_id:
            read.append(info.record_id)
            if len(read) == 25:
                world.workspace.set_status(read[0], "Interview")

    remove = world.simulator.on_request(move_what_was_read)
    world.sync()
    remove()
    assert len(read) > 25
    world.pass_time(hours=1)
    world.sync()
    world.assert_equal_to_attio()


def test_our_clock_moved_back_between_syncs_misses_nothing() -> None:
    world = make_world(pipeline)
    world.time.ours_ahead = timedelta(hours=5)
    world.sync()
    world.time.ours_ahead = timedelta(hours=-5)
    for position in (1, 2, 3):
        world.pass_time(minutes=30)
        world.workspace.set_status(some_id(world, position), "Offer")
        world.sync()
        world.assert_equal_to_attio()


def test_a_state_in_the_future_misses_nothing_from_now_on() -> None:
    world = make_synced_world(pipeline)
    world.warehouse.state = {**world.warehouse.state, "last_sync": "2030-01-01T00:00:00+00:00"}
    for one in world.warehouse.state["histories"].values():
        one["last_sync"] = "2030-01-01T00:00:00+00:00"
    world.workspace.set_status(some_id(world), "Offer")
    world.sync()
    world.assert_equal_to_attio()


def test_a_state_of_a_newer_version_is_refused_plainly() -> None:
    world = make_world(pipeline)
    world.warehouse.state = {"version": 99, "last_sync": "2026-11-01T00:00:00+00:00"}
    with pytest.raises(StateError, match="deploy the newer connector again, or resync"):
        world.sync()
    assert world.simulator.requests.total == 0


def test_an_object_whose_slug_needs_escaping_is_read() -> None:
    slug = "bewerbungen & café?#%2F"
    world = make_world(lambda clock: Workspace.hiring(clock=clock, object_slug=slug), history=f"{slug}.workflow_status=t")
    world.track(f"{slug}.workflow_status=t")
    record_id = world.workspace.create_record(slug, "Applied")
    world.pass_time(days=1)
    world.workspace.set_status(record_id, "Screening")
    world.sync()
    assert [row["workflow_status"] for row in world.warehouse.rows("t")] == [world.workspace.history(record_id)]


def test_one_invalid_record_stops_no_other_and_is_reported_until_it_reads_well() -> None:
    world = make_world(pipeline)
    broken = some_id(world)
    world.simulator.faults.add(Fault(kind="mangle", records=(broken,), on=("values",), mangle=Mangle(field="status.title")))
    report = world.sync()
    assert report.invalid == 1
    [row] = world.warehouse.rows(ERRORS)
    assert (row["record_id"], row["field"], row["reason"]) == (broken, "0.status.title", "Field required")
    assert row["raw"]
    assert row["history"] == "applications.workflow_status"
    assert any(broken in warning and "attio_sync_error" in warning for warning in world.warehouse.warnings)
    assert set(world.histories) == set(truth.status_table(world.workspace)) - {broken}
    world.warehouse.upserts = 0
    # Between two reconciliations it costs no request, and while it is as it was its row stays.
    for hours, requests in ((2, 0), (24, 1)):
        world.pass_time(hours=hours)
        world.simulator.requests.reset()
        world.sync(recheck_days="365")
        assert world.simulator.requests.by_kind["values"] == requests
        assert (world.warehouse.rows(ERRORS), world.warehouse.upserts) == ([row], 0)
    world.simulator.faults.clear()
    world.pass_time(days=1)
    world.sync()
    assert world.warehouse.rows(ERRORS) == []
    world.assert_equal_to_attio()


def test_an_invalid_record_that_is_deleted_is_taken_off_the_list() -> None:
    world = make_world(pipeline)
    broken = some_id(world)
    fault = Fault(kind="mangle", records=(broken,), on=("values",), mangle=Mangle(how="not_an_object"))
    world.simulator.faults.add(fault)
    world.sync()
    assert [row["record_id"] for row in world.warehouse.rows(ERRORS)] == [broken]
    world.workspace.delete_record(broken)
    world.pass_time(days=1)
    world.sync()
    assert world.warehouse.rows(ERRORS) == []
    world.assert_equal_to_attio()


def test_an_invalid_record_that_is_gone_when_it_is_read_again_is_taken_off_the_list_at_once() -> None:
    world = make_synced_world(pipeline, reconcile_hours="744")
    broken = some_id(world)
    world.simulator.faults.add(Fault(kind="mangle", records=(broken,), on=("values",)))
    world.workspace.set_status(broken, "Offer")
    world.sync()
    assert [row["record_id"] for row in world.warehouse.rows(ERRORS)] == [broken]
    world.pass_time(hours=2)
    world.workspace.set_status(broken, "Screening")
    world.simulator.on_request(lambda info: world.workspace.delete_record(broken) if info.kind == "values" else None)
    report = world.sync()
    assert (report.gone, report.reconciled) == (1, 0)
    assert world.warehouse.rows(ERRORS) == []


def test_an_invalid_record_keeps_the_rows_it_had_and_a_reconciliation_takes_it_off_the_list() -> None:
    world = make_world(pipeline)
    broken = some_id(world)
    world.sync()
    before = world.histories[broken]
    world.workspace.set_status(broken, "Offer")
    world.simulator.faults.add(
        Fault(kind="mangle", records=(broken,), on=("values",), mangle=Mangle(how="null", field="active_from"))
    )
    world.sync()
    assert world.histories[broken] == before
    assert [row["record_id"] for row in world.warehouse.rows(ERRORS)] == [broken]
    world.simulator.faults.clear()
    world.sync(**EVERYTHING)
    assert world.warehouse.rows(ERRORS) == []
    assert world.warehouse.state["histories"]
    world.assert_equal_to_attio()


def test_more_than_a_tenth_of_invalid_records_stops_before_anything_wrong_is_written() -> None:
    world = make_synced_world(pipeline)
    before = (world.histories, world.warehouse.state["last_sync"])
    world.pass_time(days=1)
    for record_id in truth.status_table(world.workspace):
        world.workspace.set_status(record_id, "Screening")
    world.simulator.faults.add(Fault(kind="mangle", on=("values",), mangle=Mangle(how="wrong_type", field="active_until")))
    with pytest.raises(ContractChangedError, match=r"of \d+ records cannot be read.*active_until"):
        world.sync()
    assert (world.histories, world.warehouse.state["last_sync"]) == before
    assert world.warehouse.rows(ERRORS) == []
    world.simulator.faults.clear()
    world.sync()
    world.assert_equal_to_attio()


def test_an_empty_answer_for_a_record_with_a_status_is_invalid_and_keeps_its_rows() -> None:
    world = make_synced_world(pipeline)
    world.pass_time(hours=2)
    moved = some_id(world)
    before = world.histories[moved]
    world.workspace.set_status(moved, "Offer")
    attribute = world.workspace.object("applications").attribute("workflow_status")
    assert attribute is not None

    def stop_billing(info: RequestInfo) -> None:
        attribute.is_billed = info.kind != "values"

    remove = world.simulator.on_request(stop_billing)
    world.sync()
    assert world.histories[moved] == before
    assert [row["reason"] for row in world.warehouse.rows(ERRORS)] == ["no values, though the record has had some"]
    remove()
    attribute.is_billed = True
    world.sync(reconcile_hours="0")
    world.assert_equal_to_attio()
    assert world.warehouse.rows(ERRORS) == []


@pytest.mark.parametrize("seed", range(1 if PROFILE == "short" else 4))
def test_faults_of_all_kinds_mixed_still_end_in_the_truth(seed: int) -> None:
    kinds = ("rate_limited", "server_error", "not_json", "truncated", "cut", "drop", "drop_amid", "refuse", "change")
    faults = Faults(*(Fault(kind=kind, rate=0.03) for kind in kinds), seed=seed)
    world = make_world(pipeline, faults=faults)
    world.sync(page_size="50")
    faults.clear()
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()


def test_a_consumer_that_stalls_stalls_the_lister(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.attribute_fetcher.LISTED_AHEAD", 12)
    world = make_world(Hiring(180))
    listed_when_stalled = 0

    def stall(operation: str) -> None:
        nonlocal listed_when_stalled
        if operation == "upsert" and not listed_when_stalled:
            world.time.stall()
            listed_when_stalled = world.simulator.requests.by_kind["query"]

    world.warehouse.before = stall
    world.sync(page_size="12")
    # Of fifteen pages.
    assert 0 < listed_when_stalled <= 8
    world.assert_equal_to_attio()
