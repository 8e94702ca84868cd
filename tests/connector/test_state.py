"""The state: what is written is read back, old and broken ones load, and `last_sync` is never lost."""

import json
import random
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.warehouse import MemoryWarehouse

from attio_sync.attribute_types import TYPES
from attio_sync.delivery import Delivery
from attio_sync.errors import ContractChangedError, InvalidValueError, StateError
from attio_sync.fingerprints import Fingerprint, fingerprint_of
from attio_sync.histories import parse_history
from attio_sync.ledger import MOST_RECENT, PAST, PRESENT, SLICES, Known, Ledger, new_ledger
from attio_sync.parents import parse_parent
from attio_sync.runtime import Environment, SyncReport
from attio_sync.schedule import (
    CHEAP_REQUESTS,
    Recheck,
    all_are_due_at_once,
    fresh_window,
    is_compared_in_every_sync,
    recheck_due,
    reconciliation_is_due,
)
from attio_sync.settings import Settings, load_settings
from attio_sync.sketch import Sketch
from attio_sync.sources import MOST_SOURCES, Source
from attio_sync.state import (
    MOST_CURSOR_IDS,
    MOST_INVALID_IDS,
    OLDEST_SOURCE,
    VERSION,
    Cursor,
    SourceState,
    SyncState,
    Window,
    dump_state,
    parse_state,
)

TOKEN = "f4k3-t0k3n-that-opens-nothing"  # noqa: S105 (it opens nothing)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DEFAULT = Source(parse_parent("applications"), "workflow_status", "attio_workflow_status")
DEALS = Source(parse_parent("deals"), "stage", "deal_stage")
THIRD = Source(parse_parent("people"), "phase", "phases")
TEXT = Source(parse_parent("lists/hiring"), "note", "notes", TYPES["text"])
HISTORIES = (DEFAULT, DEALS, THIRD)


def settings(**configuration: str) -> Settings:
    tracked = {"history": ",".join(map(str, HISTORIES))}
    return load_settings({"attio_api_token": TOKEN, **tracked, **configuration}, ())


SETTINGS = settings()


def parsed(raw: dict[str, Any]) -> tuple[SyncState, list[str]]:
    warnings: list[str] = []
    return parse_state(raw, warnings.append), warnings


def saved(raw: object) -> dict[str, Any]:
    """As Fivetran hands a state back: through JSON."""
    return json.loads(json.dumps(raw))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- What is written is read back

instants = st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 (UTC comes from timezones)
uuids = st.uuids().map(str)
cursors = st.builds(
    Cursor,
    instants.map(lambda moment: f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}000Z"),
    st.frozensets(uuids, max_size=5),
)
windows = st.builds(Window, st.none() | instants, instants, st.none() | cursors, st.none() | instants)
marks = st.builds(Fingerprint, st.integers(0, 2**40 - 1), st.integers(0, 50), st.integers(0, 2**120 - 1))
short_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """One that holds some records, some of them lately delivered, and does not know one of its slices."""
    ledger = Ledger(Sketch(24, PRESENT), [Sketch(8, PAST) for _ in range(SLICES)])
    for record_id, mark in draw(st.dictionaries(uuids, marks, max_size=4)).items():
        ledger.add(record_id, mark)
        if draw(st.booleans()):
            ledger.recent[record_id] = Known(mark, draw(st.integers(0, 2**62)))
    ledger.past[draw(st.integers(0, SLICES - 1))] = None
    ledger.overwritten = set(draw(st.lists(uuids, max_size=2)))
    ledger.recent_since, ledger.guesses = draw(st.integers(0, 2**62)), draw(st.integers(0, 99))
    return ledger


history_states = st.builds(
    SourceState,
    ledger=st.none() | ledgers(),
    last_sync=st.none() | instants,
    under_way=st.none() | windows,
    backfill=st.none() | windows,
    reconciled_at=st.none() | instants,
    rechecked_at=st.none() | instants,
    next_slice=st.integers(0, SLICES - 1),
    missing=st.integers(0, 10**6),
    unnamed=st.booleans(),
    short_pages=st.booleans(),
    blind=st.booleans(),
    invalid=st.dictionaries(uuids, short_texts, max_size=4),
)
sync_states = st.builds(
    SyncState,
    st.dictionaries(st.sampled_from(list(map(str, HISTORIES))), history_states),
    st.none() | uuids,
    st.dictionaries(short_texts, st.dictionaries(short_texts, short_texts, max_size=3), max_size=3),
)


def comparable(state: SyncState) -> object:
    """A state with what its ledgers say in the place of the ledgers."""
    ledgers_say = {key: one.ledger and one.ledger.dump() for key, one in state.sources.items()}
    without = {key: replace(one, ledger=None) for key, one in state.sources.items()}
    return ledgers_say, replace(state, sources=without)


@given(sync_states)
def test_what_is_written_is_read_back(state: SyncState) -> None:
    read, warnings = parsed(saved(dump_state(state)))
    assert (comparable(read), warnings) == (comparable(state), [])


@given(sync_states)
def test_writing_what_was_read_changes_nothing(state: SyncState) -> None:
    dumped = saved(dump_state(state))
    assert saved(dump_state(parsed(dumped)[0])) == dumped


@given(sync_states)
def test_the_last_sync_outside_is_the_oldest_of_those_inside(state: SyncState) -> None:
    finished = [one.last_sync for one in state.sources.values() if one.last_sync]
    outside = dump_state(state).get("last_sync")
    assert outside == (min(finished).isoformat(timespec="microseconds") if finished else None)


def test_a_state_looks_like_this() -> None:
    window = Window(NOW - timedelta(days=1), NOW, Cursor("2026-11-23T09:00:00.000000000Z", frozenset({"b", "a"})))
    rest = Window(None, NOW, before=NOW - timedelta(days=30))
    ledger = new_ledger(1)
    one = SourceState(
        ledger,
        NOW,
        window,
        rest,
        NOW,
        NOW,
        7,
        missing=90,
        unnamed=True,
        short_pages=True,
        blind=True,
        invalid={"y": "beef", "x": "cafe"},
    )
    state = SyncState({str(DEFAULT): one}, "w-1", {"attio_workspace_member": {"m-1": "f00d"}})
    assert dump_state(state) == {
        "last_sync": "2026-11-24T10:00:00.000000+00:00",
        "version": 3,
        "workspace_id": "w-1",
        "histories": {
            "applications.workflow_status=attio_workflow_status": {
                "last_sync": "2026-11-24T10:00:00.000000+00:00",
                "reconciled_at": "2026-11-24T10:00:00.000000+00:00",
                "rechecked_at": "2026-11-24T10:00:00.000000+00:00",
                "under_way": {
                    "since": "2026-11-23T10:00:00.000000+00:00",
                    "started_at": "2026-11-24T10:00:00.000000+00:00",
                    "created_at": "2026-11-23T09:00:00.000000000Z",
                    "record_ids": ["a", "b"],
                },
                "backfill": {
                    "since": None,
                    "started_at": "2026-11-24T10:00:00.000000+00:00",
                    "before": "2026-10-25T10:00:00.000000+00:00",
                },
                "unnamed": True,
                "short_pages": True,
                "blind": True,
                "invalid": {"x": "cafe", "y": "beef"},
                "next_slice": 7,
                "missing": 90,
                "ledger": ledger.dump(),
            }
        },
        "definitions": {"attio_workspace_member": {"m-1": "f00d"}},
    }


def test_a_history_that_is_no_longer_tracked_is_forgotten_with_its_errors() -> None:
    warehouse = MemoryWarehouse({"attio_sync_error": ["history", "record_id"]})
    for source, record_id in (("deals.stage", "r-1"), ("applications.workflow_status", "r-2")):
        warehouse.upsert("attio_sync_error", {"history": source, "record_id": record_id})
    state = SyncState(
        {str(DEFAULT): SourceState(last_sync=NOW, invalid={"r-2": ""}), str(DEALS): SourceState(invalid={"r-1": ""})}
    )
    delivery = Delivery(settings(history=str(DEFAULT)), state, warehouse, Environment(), SyncReport(90))
    delivery.start([DEFAULT])
    delivery.checkpoint()
    assert delivery.state == SyncState({str(DEFAULT): SourceState(last_sync=NOW, invalid={"r-2": ""})})
    assert warehouse.rows("attio_sync_error") == [{"history": "applications.workflow_status", "record_id": "r-2"}]
    assert warehouse.state == dump_state(delivery.state)


def test_moving_one_history_on_leaves_the_others() -> None:
    state = SyncState({str(DEFAULT): SourceState(last_sync=NOW)})
    moved = state.put(DEALS, SourceState(unnamed=True))
    assert (moved.of(DEFAULT), moved.of(DEALS), moved.of(THIRD)) == (
        SourceState(last_sync=NOW),
        SourceState(unnamed=True),
        SourceState(),
    )
    assert state.sources == {str(DEFAULT): SourceState(last_sync=NOW)}


def test_no_state_is_a_new_one() -> None:
    assert parsed({}) == (SyncState(), [])
    assert parsed({})[0].of(DEFAULT) == SourceState()


# --- Old states


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("2026-11-24T10:00:00.000000+00:00", "2026-11-24T10:00:00+00:00"),
        ("2026-11-24T10:00:00+00:00", "2026-11-24T10:00:00+00:00"),
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00+00:00"),
        ("2026-11-24T10:00:00", "2026-11-24T10:00:00+00:00"),
        ("2026-11-24T12:00:00+02:00", "2026-11-24T10:00:00+00:00"),
        ("2026-11-24 10:00:00", "2026-11-24T10:00:00+00:00"),
        ("2026-11-24", "2026-11-24T00:00:00+00:00"),
    ],
)
def test_a_state_of_the_first_version_holds_only_the_last_sync(text: str, meaning: str) -> None:
    assert parsed({"last_sync": text}) == (SyncState({OLDEST_SOURCE: SourceState(last_sync=instant(meaning))}), [])
    assert str(DEFAULT) == OLDEST_SOURCE


@pytest.mark.parametrize("wrong", ["yesterday", "", "2026-13-45T00:00:00", 7, 1.5, True, [], {}, ["2026-11-24"], "\ud800"])
def test_a_last_sync_that_is_none_counts_as_missing_and_is_said(wrong: object) -> None:
    state, warnings = parsed({"last_sync": wrong})
    assert state == SyncState()
    assert len(warnings) == 1
    assert "last_sync" in warnings[0]
    assert "is no timestamp and is ignored" in warnings[0]
    assert warnings[0].encode()


def test_what_is_said_about_a_last_sync_is_short() -> None:
    assert len(parsed({"last_sync": "x" * 1_000_000})[1][0]) < 200


def test_a_state_of_version_1_has_no_ledger_and_is_read_for_all_else() -> None:
    window = {
        "since": "2026-11-23T10:00:00.000000+00:00",
        "started_at": "2026-11-24T10:00:00.000000+00:00",
        "created_at": "2026-11-23T09:00:00.000000000Z",
        "record_ids": ["a"],
    }
    raw = {
        "last_sync": "2026-11-24T10:00:00.000000+00:00",
        "version": 1,
        "histories": {
            str(DEFAULT): {
                "last_sync": "2026-11-24T10:00:00.000000+00:00",
                "under_way": window,
                "full_pass_at": "2026-11-20T10:00:00.000000+00:00",
                "rewriting": True,
                "invalid": ["x", "y"],
            }
        },
    }
    cursor = Cursor("2026-11-23T09:00:00.000000000Z", frozenset({"a"}))
    expected = SourceState(
        last_sync=NOW, under_way=Window(NOW - timedelta(days=1), NOW, cursor), invalid={"x": "", "y": ""}
    )
    assert parsed(raw) == (SyncState({str(DEFAULT): expected}), [])


RECORDED = json.loads(Path(__file__).with_name("state_of_version_3.json").read_text("utf-8"))
"""A state, and the histories that it speaks of, as the connector left them that first wrote states of this version."""


def test_a_recorded_state_is_read_and_written_unchanged() -> None:
    state, warnings = parsed(RECORDED["state"])
    assert warnings == []
    assert saved(dump_state(state)) == RECORDED["state"]


def test_a_recorded_ledger_says_of_recorded_histories_what_it_said_then() -> None:
    ledger = parsed(RECORDED["state"])[0].of(DEFAULT).ledger
    assert ledger is not None
    marks = {r: fingerprint_of(parse_history(r, raw)) for r, raw in RECORDED["histories"].items()}
    assert ledger.recent
    assert {r: known.fingerprint for r, known in ledger.recent.items()} == {r: marks[r] for r in ledger.recent}
    for record_id, mark in marks.items():
        ledger.take_out(record_id, mark)
    assert [ledger.present.decode(), *(past and past.decode() for past in ledger.past)] == [{}] * (SLICES + 1)


def test_of_a_state_of_version_2_all_is_read_but_the_ledger() -> None:
    older, warnings = parsed({**RECORDED["state"], "version": 2})
    state, _ = parsed(RECORDED["state"])
    assert (older, warnings) == (state.put(DEFAULT, replace(state.of(DEFAULT), ledger=None)), [])


def test_a_doubt_that_does_not_say_what_was_doubted_is_forgotten() -> None:
    read, warnings = parsed({"version": 2, "histories": {str(DEFAULT): {"doubted": True}}})
    assert (read.of(DEFAULT), warnings) == (SourceState(), [])


# --- Newer states


@pytest.mark.parametrize("version", [VERSION + 1, 99, 10**30, "2", "one", 1.5, None, [], {}])
def test_a_state_whose_version_this_connector_cannot_know_is_refused_saying_what_to_do(version: object) -> None:
    with pytest.raises(StateError, match="deploy the newer connector again, or resync the connection"):
        parsed({"last_sync": "2026-11-24T10:00:00+00:00", "version": version})


@pytest.mark.parametrize("raw", [{"version": 2}, {"version": 1}, {"version": 0}, {}])
def test_this_version_and_those_before_are_read(raw: dict[str, Any]) -> None:
    last_sync = {"last_sync": "2026-11-24T10:00:00+00:00"}
    assert parsed(last_sync | raw)[0].of(DEFAULT) == SourceState(last_sync=NOW)


# --- Moved by hand


def dumped_with_a_window_under_way() -> dict[str, Any]:
    under_way = Window(NOW - timedelta(hours=2), NOW, Cursor("2026-11-23T09:00:00.000000000Z"))
    return saved(
        dump_state(
            SyncState(
                {
                    str(DEFAULT): SourceState(last_sync=NOW, reconciled_at=NOW),
                    str(DEALS): SourceState(last_sync=NOW - timedelta(hours=1), under_way=under_way),
                    str(THIRD): SourceState(under_way=under_way),
                }
            )
        )
    )


def test_a_last_sync_that_somebody_moved_back_asks_every_history_for_everything_since_then() -> None:
    raw = dumped_with_a_window_under_way() | {"last_sync": "2026-11-01T00:00:00+00:00"}
    state, warnings = parsed(raw)
    moved = instant("2026-11-01T00:00:00+00:00")
    assert (state.of(DEFAULT), warnings) == (SourceState(last_sync=moved, reconciled_at=NOW), [])
    # Finishing the window under way would move last_sync forward again, over what was asked for.
    assert state.of(DEALS) == SourceState(last_sync=moved)
    # One that has never been finished begins with its backfill in any case.
    assert state.of(THIRD).last_sync is None


def test_a_history_that_is_behind_does_not_hold_the_others_back() -> None:
    state, _ = parsed(dumped_with_a_window_under_way())
    assert [state.of(history).last_sync for history in HISTORIES] == [NOW, NOW - timedelta(hours=1), None]


def test_a_last_sync_that_somebody_moved_forward_skips_nothing() -> None:
    raw = dumped_with_a_window_under_way()
    assert parsed(raw | {"last_sync": "2027-01-01T00:00:00+00:00"})[0] == parsed(raw)[0]


# --- Broken states

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
outer = ["last_sync", "version", "workspace_id", "histories", "definitions", str(DEFAULT)]
inner_keys = [
    "ledger",
    "under_way",
    "backfill",
    "reconciled_at",
    "rechecked_at",
    "next_slice",
    "missing",
    "unnamed",
    "blind",
    "invalid",
]
window_keys = ["since", "started_at", "before", "created_at", "record_ids"]
ledger_keys = ["present", "past", "tallest", "recent", "recent_since", "sample", "guesses"]
keys = [*outer, *inner_keys, "short_pages", *window_keys, *ledger_keys]
json_values = st.recursive(
    scalars | st.just("2026-11-24T10:00:00+00:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(keys), inner, max_size=5),
    max_leaves=15,
)
states = st.dictionaries(
    st.sampled_from(["last_sync", "version", "workspace_id", "histories", "definitions", "else"]),
    json_values | st.dictionaries(st.just(str(DEFAULT)), json_values),
)


def use(state: SyncState) -> None:
    """Everything a sync does with a state before it asks Attio anything."""
    for history in HISTORIES:
        one = state.of(history)
        window = fresh_window(history, one, SETTINGS, NOW)
        assert window is not None
        assert window.since is not None
        assert window.since <= NOW == window.started_at
        assert reconciliation_is_due(one, SETTINGS, NOW) in (True, False)
        recheck = recheck_due(one, SETTINGS, NOW)
        assert recheck.slices <= set(range(SLICES))
        assert recheck.next_slice in range(SLICES)
    assert len(json.dumps(dump_state(state))) < 10_000_000


@given(states)
def test_any_json_at_all_is_a_state_that_can_be_used_or_refused_for_its_version(raw: dict[str, Any]) -> None:
    try:
        state, _ = parsed(raw)
    except StateError:
        assert type(raw["version"]) is not int or raw["version"] > VERSION
    else:
        use(state)


@given(st.dictionaries(st.sampled_from(["histories", "else"]), json_values))
def test_no_garbage_beside_it_loses_the_last_sync(garbage: dict[str, Any]) -> None:
    inside = garbage.get("histories")
    if isinstance(inside, dict) and inside:
        # Histories beside the default one; what is wrong within one is a matter of the tests below.
        garbage["histories"] = {**inside, str(DEFAULT): {"last_sync": "2026-11-24T10:00:00+00:00"}}
    state, _ = parsed({"last_sync": "2026-11-24T10:00:00+00:00"} | garbage)
    assert state.of(DEFAULT).last_sync == NOW


@pytest.mark.parametrize("broken", [None, 7, "text", [], ["x"], {"last_sync": "yesterday"}, {"last_sync": 7}, True])
def test_a_history_that_cannot_be_read_goes_on_from_the_last_sync_outside_and_that_is_said(broken: object) -> None:
    raw = {"last_sync": "2026-11-24T10:00:00+00:00", "version": 2, "histories": {str(DEFAULT): broken}}
    state, warnings = parsed(raw)
    assert state.of(DEFAULT).last_sync == NOW
    assert len(warnings) == 1


@pytest.mark.parametrize(
    "under_way",
    [
        7,
        [],
        {},
        {"since": None},
        {"started_at": "yesterday"},
        {"started_at": None, "since": "2026-11-24T09:00:00+00:00"},
        {"started_at": "2026-11-24T10:00:00+00:00", "since": "yesterday"},
        {"started_at": "2026-11-24T10:00:00+00:00", "since": 7},
    ],
)
def test_a_window_that_cannot_be_read_is_begun_anew(under_way: object) -> None:
    raw = {"histories": {str(DEFAULT): {"last_sync": "2026-11-24T10:00:00+00:00", "under_way": under_way}}}
    assert parsed(raw)[0].of(DEFAULT) == SourceState(last_sync=NOW)


@pytest.mark.parametrize(
    "cursor",
    [
        {},
        {"created_at": "yesterday", "record_ids": []},
        {"created_at": "2026-13-45T99:99:99.000000000Z", "record_ids": []},
        {"created_at": 7, "record_ids": []},
        {"created_at": "2026-11-24T09:00:00Z"},
        {"created_at": "2026-11-24T09:00:00Z", "record_ids": 7},
        {"record_ids": ["a"]},
    ],
)
def test_a_cursor_that_cannot_be_read_lists_its_window_from_the_start(cursor: dict[str, Any]) -> None:
    under_way = {"since": "2026-11-24T09:00:00+00:00", "started_at": "2026-11-24T10:00:00+00:00"}
    raw = {"histories": {str(DEFAULT): {"under_way": under_way | cursor}}}
    assert parsed(raw)[0].of(DEFAULT).under_way == Window(NOW - timedelta(hours=1), NOW)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+00:00", "0001-01-01", "1969-12-31T23:59:59+00:00", "9999-12-31T23:59:59+00:00"]
)
@pytest.mark.parametrize("key", ["last_sync", "reconciled_at", "rechecked_at"])
def test_an_instant_at_the_end_of_the_calendar_is_no_crash(key: str, text: str) -> None:
    raw = {"histories": {str(DEFAULT): {key: text}}, "last_sync": text}
    state, _ = parsed(raw)
    use(state)
    window = fresh_window(DEFAULT, state.of(DEFAULT), SETTINGS, NOW)
    assert window is not None
    assert window.since is not None


@pytest.mark.parametrize(
    "ledger", [{}, {"present": 7}, new_ledger(1).dump() | {"past": [None]}, new_ledger(1).dump() | {"present": "AAAA"}]
)
def test_a_ledger_that_cannot_be_read_makes_everything_be_delivered_anew_and_that_is_said(ledger: dict[str, Any]) -> None:
    raw = {"histories": {str(DEFAULT): {"last_sync": "2026-11-24T10:00:00+00:00", "ledger": ledger}}}
    state, warnings = parsed(raw)
    assert state.of(DEFAULT) == SourceState(last_sync=NOW)
    assert len(warnings) == 1
    assert "the ledger cannot be read" in warnings[0]


# --- Size and secrets


def full(ledger: Ledger, records: int, chance: random.Random) -> Ledger:
    for _ in range(records):
        record_id = str(uuid.UUID(int=chance.getrandbits(128)))
        mark = Fingerprint(chance.getrandbits(40), chance.randint(1, 20), chance.getrandbits(120))
        ledger.add(record_id, mark)
        ledger.recent[record_id] = Known(mark, chance.getrandbits(60))
    return ledger


def test_a_state_of_any_size_of_workspace_stays_below_four_megabytes() -> None:
    chance = random.Random(1)
    ids = frozenset(f"{number:08d}-0000-4000-8000-000000000000" for number in range(MOST_CURSOR_IDS + 500))
    window = Window(NOW, NOW, Cursor("2026-11-23T09:00:00.000000000Z", ids), NOW)
    histories = [Source(parse_parent(f"object_{number}"), "status", f"table_{number}") for number in range(3)]
    invalid = {f"{number:08d}-0000-4000-8000-000000000000": "0123456789ab" for number in range(MOST_INVALID_IDS // 3)}
    definitions = {"attio_status": dict.fromkeys(ids, "0123456789ab")}
    full_states: dict[str, SourceState] = {}
    for history in histories:
        ledger = full(new_ledger(3), MOST_RECENT // 3, chance)
        full_states[str(history)] = SourceState(ledger, NOW, window, window, NOW, NOW, 7, invalid=invalid)
    dumped = dump_state(SyncState(full_states, "w-1", definitions))
    # With thousands of options, which have no bound of their own.
    assert len(json.dumps(dumped)) < 4_000_000
    assert len(dumped["histories"][str(histories[0])]["under_way"]["record_ids"]) == MOST_CURSOR_IDS // 6


@pytest.mark.parametrize("number", [1, 3, MOST_SOURCES])
def test_however_many_sources_are_listed_together_their_cursors_share_their_room(number: int) -> None:
    ids = frozenset(f"{place:08d}-0000-4000-8000-000000000000" for place in range(MOST_CURSOR_IDS))
    window = Window(None, NOW, Cursor("2026-11-23T09:00:00.000000000Z", ids))
    sources = {f"people.attribute_{place}=table_{place}": SourceState(under_way=window) for place in range(number)}
    dumped = dump_state(SyncState(sources))["histories"].values()
    assert {len(one["under_way"]["record_ids"]) for one in dumped} == {MOST_CURSOR_IDS // number}
    assert len(json.dumps(list(dumped))) < 400_000


def test_more_invalid_records_than_a_state_can_hold_stop_the_sync_before_one_is_forgotten() -> None:
    delivery = Delivery(SETTINGS, SyncState(), MemoryWarehouse({}), Environment(), SyncReport(90))
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(MOST_INVALID_IDS)]
    delivery.put(DEFAULT, SourceState(invalid=dict.fromkeys(ids[1:], "")))
    delivery.put(DEALS, SourceState(invalid=dict.fromkeys(ids[:1], "")))
    assert parsed(dump_state(delivery.state))[0] == delivery.state
    with pytest.raises(ContractChangedError, match="more than 5,000 records cannot be read"):
        delivery.put(DEALS, SourceState(invalid=dict.fromkeys(ids[:2], "")))


def test_of_records_that_are_one_too_many_to_be_remembered_no_row_is_written() -> None:
    warehouse = MemoryWarehouse({"attio_sync_error": ["history", "record_id"]})
    delivery = Delivery(SETTINGS, SyncState(), warehouse, Environment(), SyncReport(90))
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(MOST_INVALID_IDS + 1)]
    errors = [InvalidValueError(record_id, "values", "are none", None) for record_id in ids]
    delivery.write_invalid(DEFAULT, errors[:-1])
    with pytest.raises(ContractChangedError, match="more than 5,000 records cannot be read"):
        delivery.write_invalid(DEFAULT, errors[-1:])
    delivery.checkpoint_what_is_delivered()
    delivery.reads_well(DEFAULT, ids)
    delivery.checkpoint()
    assert warehouse.rows("attio_sync_error") == []


@given(sync_states)
def test_no_state_holds_the_token(state: SyncState) -> None:
    assert TOKEN not in json.dumps(dump_state(state))


# --- What is due


def test_the_first_window_goes_back_as_far_as_backfill_days_says() -> None:
    assert fresh_window(DEFAULT, SourceState(), settings(backfill_days="7"), NOW) == Window(NOW - timedelta(days=7), NOW)
    assert fresh_window(DEFAULT, SourceState(), settings(backfill_days="all"), NOW) == Window(None, NOW)


def test_each_later_window_looks_again_at_what_is_before_the_last_sync() -> None:
    state = SourceState(last_sync=NOW - timedelta(days=1))
    expected = Window(NOW - timedelta(days=1, minutes=90), NOW)
    assert fresh_window(DEFAULT, state, settings(buffer_minutes="90", backfill_days="all"), NOW) == expected


def test_a_last_sync_in_the_future_is_taken_for_now() -> None:
    state = SourceState(last_sync=NOW + timedelta(days=400))
    assert fresh_window(DEFAULT, state, SETTINGS, NOW) == Window(NOW - timedelta(hours=1), NOW)


def test_what_attio_cannot_filter_has_one_window_of_everything() -> None:
    assert fresh_window(TEXT, SourceState(), settings(backfill_days="7"), NOW) == Window(None, NOW)
    assert fresh_window(TEXT, SourceState(last_sync=NOW - timedelta(days=1)), SETTINGS, NOW) is None


LEDGER, FULL, UNKNOWN = new_ledger(1), new_ledger(1), new_ledger(1)
FULL.guesses = 10**6
UNKNOWN.past[4] = None


@pytest.mark.parametrize(
    ("state", "configuration", "due"),
    [
        (SourceState(LEDGER), {}, True),
        (SourceState(LEDGER, reconciled_at=NOW), {}, False),
        (SourceState(LEDGER, reconciled_at=NOW), {"reconcile_hours": "0"}, True),
        (SourceState(LEDGER, reconciled_at=NOW - timedelta(hours=24)), {}, True),
        (SourceState(LEDGER, reconciled_at=NOW - timedelta(hours=23, minutes=59)), {}, False),
        (SourceState(LEDGER, reconciled_at=NOW - timedelta(minutes=31)), {"reconcile_hours": "0.5"}, True),
        (SourceState(LEDGER, reconciled_at=NOW + timedelta(seconds=1)), {}, True),
        (SourceState(FULL, reconciled_at=NOW), {}, True),
        (SourceState(UNKNOWN, reconciled_at=NOW), {}, True),
        # What is doubted must last.
        (SourceState(FULL, reconciled_at=NOW, missing=90), {}, False),
        (SourceState(UNKNOWN, reconciled_at=NOW, missing=90), {}, False),
        (SourceState(FULL, reconciled_at=NOW, unnamed=True), {}, True),
        # Not while nothing is there to compare with, or not everything.
        (SourceState(), {"reconcile_hours": "0"}, False),
        (SourceState(LEDGER, backfill=Window(None, NOW)), {"reconcile_hours": "0"}, False),
    ],
)
def test_a_reconciliation_is_due(state: SourceState, configuration: dict[str, str], due: bool) -> None:  # noqa: FBT001 (an expected value)
    assert reconciliation_is_due(state, settings(**configuration), NOW) is due


def ledger_of(records: int) -> Ledger:
    ledger = new_ledger(1)
    for number in range(records):
        ledger.add(str(uuid.UUID(int=number)), Fingerprint(1, 1, 1))
    return ledger


CHEAP, DEAR = ledger_of(CHEAP_REQUESTS * 2), ledger_of(CHEAP_REQUESTS * 2 + 1)


@pytest.mark.parametrize(
    ("source", "state", "due"),
    [
        (TEXT, SourceState(CHEAP, last_sync=NOW, reconciled_at=NOW), True),
        (TEXT, SourceState(DEAR, last_sync=NOW, reconciled_at=NOW), False),
        # Where Attio can be asked for what changed, that is cheaper still.
        (DEFAULT, SourceState(CHEAP, last_sync=NOW, reconciled_at=NOW), False),
        # Not while nothing is there to compare with, or not everything.
        (TEXT, SourceState(None, last_sync=NOW), False),
        (TEXT, SourceState(CHEAP), False),
        (TEXT, SourceState(CHEAP, last_sync=NOW, backfill=Window(None, NOW)), False),
    ],
)
def test_everything_is_compared_in_every_sync(source: Source, state: SourceState, due: bool) -> None:  # noqa: FBT001 (an expected value)
    assert is_compared_in_every_sync(source, state, settings(page_size="2")) is due


@pytest.mark.parametrize(
    ("configuration", "at_once"),
    [
        ({}, False),
        ({"recheck_days": "1"}, True),
        ({"recheck_days": "2"}, False),
        ({"recheck_days": "2", "reconcile_hours": "48"}, True),
        ({"recheck_days": "1", "reconcile_hours": "0"}, True),
    ],
)
def test_where_all_histories_are_due_in_each_comparison_none_is_taken_on_trust(
    configuration: dict[str, str],
    at_once: bool,  # noqa: FBT001 (an expected value)
) -> None:
    assert all_are_due_at_once(settings(**configuration)) is at_once


def test_the_slices_that_are_due_follow_each_other_a_days_worth_a_day() -> None:
    state = SourceState(LEDGER, rechecked_at=NOW - timedelta(days=2, hours=1), next_slice=29)
    assert recheck_due(state, SETTINGS, NOW) == Recheck(frozenset({29, 0}), NOW - timedelta(hours=1), 1)
    state = SourceState(LEDGER, rechecked_at=NOW - timedelta(hours=23), next_slice=29)
    assert recheck_due(state, SETTINGS, NOW) == Recheck(frozenset(), NOW - timedelta(hours=23), 29)
    state = SourceState(LEDGER, rechecked_at=NOW - timedelta(days=400), next_slice=29)
    assert recheck_due(state, SETTINGS, NOW) == Recheck(frozenset(range(SLICES)), NOW, 29)


@pytest.mark.parametrize("configuration", [{"recheck_days": "1"}, {"recheck_days": "7", "reconcile_hours": "168"}])
def test_all_slices_are_due_where_the_next_reconciliation_is_as_far_away_as_all_are_due(
    configuration: dict[str, str],
) -> None:
    state = SourceState(LEDGER, rechecked_at=NOW - timedelta(minutes=1), next_slice=5)
    assert recheck_due(state, settings(**configuration), NOW) == Recheck(frozenset(range(SLICES)), NOW, 0)


def test_a_slice_that_is_not_known_is_due_at_once() -> None:
    state = SourceState(UNKNOWN, rechecked_at=NOW - timedelta(days=1), next_slice=9)
    assert recheck_due(state, SETTINGS, NOW).slices == {4, 9}
    assert recheck_due(replace(state, rechecked_at=NOW), SETTINGS, NOW).slices == {4}


def test_no_slice_is_due_because_a_clock_was_wrong() -> None:
    for since in (None, NOW + timedelta(days=1)):
        state = SourceState(LEDGER, rechecked_at=since, next_slice=9)
        assert recheck_due(state, SETTINGS, NOW) == Recheck(frozenset(), NOW, 9)


@pytest.mark.parametrize("hours", [0.5, 6, 24, 100])
@pytest.mark.parametrize("days", [1, 3, 30, pytest.param(100, marks=pytest.mark.long)])
def test_every_slice_comes_up_within_recheck_days(hours: float, days: int) -> None:
    """However often everything is compared: a slice is late by no more than the time between two comparisons."""
    configured = settings(reconcile_hours=str(hours), recheck_days=str(days))
    state, now = SourceState(LEDGER, rechecked_at=NOW), NOW
    seen = dict.fromkeys(range(SLICES), NOW)
    while now < NOW + timedelta(days=2.5 * days):
        now += timedelta(hours=hours)
        recheck = recheck_due(state, configured, now)
        seen |= dict.fromkeys(recheck.slices, now)
        assert all(now - since <= timedelta(days=days, hours=hours) for since in seen.values())
        state = replace(state, rechecked_at=recheck.until, next_slice=recheck.next_slice)
