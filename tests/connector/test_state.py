"""The state: what is written is read back, old and broken ones load, and `last_sync` is never lost."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.warehouse import MemoryWarehouse

from attio_sync.bridge import Environment
from attio_sync.delivery import Delivery
from attio_sync.errors import ContractChangedError, StateError
from attio_sync.report import SyncReport
from attio_sync.settings import Settings, TrackedHistory, load_settings
from attio_sync.state import (
    MOST_CURSOR_IDS,
    MOST_INVALID_IDS,
    OLDEST_HISTORY,
    VERSION,
    Cursor,
    HistoryState,
    SyncState,
    Window,
    dump_state,
    fresh_window,
    full_pass_is_due,
    parse_state,
)

TOKEN = "f4k3-t0k3n-that-opens-nothing"  # noqa: S105 (it opens nothing)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DEFAULT = TrackedHistory("applications", "workflow_status", "attio_workflow_status")
DEALS = TrackedHistory("deals", "stage", "deal_stage")
THIRD = TrackedHistory("people", "phase", "phases")
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
record_ids = st.frozensets(st.uuids().map(str), max_size=5)
cursors = st.builds(
    Cursor, instants.map(lambda moment: f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}000Z"), record_ids
)
windows = st.builds(Window, st.none() | instants, instants, st.none() | cursors)
history_states = st.builds(
    HistoryState, st.none() | instants, st.none() | windows, st.none() | instants, st.booleans(), record_ids
)
sync_states = st.dictionaries(st.sampled_from(list(map(str, HISTORIES))), history_states).map(SyncState)


@given(sync_states)
def test_what_is_written_is_read_back(state: SyncState) -> None:
    assert parsed(saved(dump_state(state, SETTINGS))) == (state, [])


@given(sync_states)
def test_writing_what_was_read_changes_nothing(state: SyncState) -> None:
    dumped = saved(dump_state(state, SETTINGS))
    assert saved(dump_state(parsed(dumped)[0], SETTINGS)) == dumped


@given(sync_states)
def test_the_last_sync_outside_is_the_oldest_of_those_inside(state: SyncState) -> None:
    finished = [one.last_sync for one in state.histories.values() if one.last_sync]
    outside = dump_state(state, SETTINGS).get("last_sync")
    assert outside == (min(finished).isoformat(timespec="microseconds") if finished else None)


def test_a_state_looks_like_this() -> None:
    window = Window(NOW - timedelta(days=1), NOW, Cursor("2026-11-23T09:00:00.000000000Z", frozenset({"b", "a"})))
    state = SyncState({str(DEFAULT): HistoryState(NOW, window, NOW, rewriting=True, invalid=frozenset({"y", "x"}))})
    assert dump_state(state, SETTINGS) == {
        "last_sync": "2026-11-24T10:00:00.000000+00:00",
        "version": 1,
        "histories": {
            "applications.workflow_status=attio_workflow_status": {
                "last_sync": "2026-11-24T10:00:00.000000+00:00",
                "under_way": {
                    "since": "2026-11-23T10:00:00.000000+00:00",
                    "started_at": "2026-11-24T10:00:00.000000+00:00",
                    "created_at": "2026-11-23T09:00:00.000000000Z",
                    "record_ids": ["a", "b"],
                },
                "full_pass_at": "2026-11-24T10:00:00.000000+00:00",
                "rewriting": True,
                "invalid": ["x", "y"],
            }
        },
    }


def test_a_history_that_is_no_longer_tracked_is_forgotten() -> None:
    state = SyncState({str(DEFAULT): HistoryState(NOW), str(DEALS): HistoryState(NOW - timedelta(days=1))})
    dumped = dump_state(state, settings(history=str(DEFAULT)))
    assert parsed(dumped)[0] == SyncState({str(DEFAULT): HistoryState(NOW)})
    assert dumped["last_sync"] == "2026-11-24T10:00:00.000000+00:00"


def test_moving_one_history_on_leaves_the_others() -> None:
    state = SyncState({str(DEFAULT): HistoryState(NOW)})
    moved = state.put(DEALS, HistoryState(rewriting=True))
    assert (moved.of(DEFAULT), moved.of(DEALS), moved.of(THIRD)) == (
        HistoryState(NOW),
        HistoryState(rewriting=True),
        HistoryState(),
    )
    assert state.histories == {str(DEFAULT): HistoryState(NOW)}


def test_no_state_is_a_new_one() -> None:
    assert parsed({}) == (SyncState(), [])
    assert parsed({})[0].of(DEFAULT) == HistoryState()


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
def test_a_state_of_an_earlier_version_holds_only_the_last_sync(text: str, meaning: str) -> None:
    assert parsed({"last_sync": text}) == (SyncState({OLDEST_HISTORY: HistoryState(instant(meaning))}), [])
    assert str(DEFAULT) == OLDEST_HISTORY


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


# --- Newer states


@pytest.mark.parametrize("version", [VERSION + 1, 99, 10**30, "2", "one", 1.5, None, [], {}])
def test_a_state_whose_version_this_connector_cannot_know_is_refused_saying_what_to_do(version: object) -> None:
    with pytest.raises(StateError, match="deploy the newer connector again, or resync the connection"):
        parsed({"last_sync": "2026-11-24T10:00:00+00:00", "version": version})


@pytest.mark.parametrize("raw", [{"version": 1}, {"version": 0}, {}])
def test_this_version_and_those_before_are_read(raw: dict[str, Any]) -> None:
    last_sync = {"last_sync": "2026-11-24T10:00:00+00:00"}
    assert parsed(last_sync | raw)[0].of(DEFAULT) == HistoryState(NOW)


# --- Moved by hand


def dumped_with_a_window_under_way() -> dict[str, Any]:
    under_way = Window(NOW - timedelta(hours=2), NOW, Cursor("2026-11-23T09:00:00.000000000Z"))
    return saved(
        dump_state(
            SyncState(
                {
                    str(DEFAULT): HistoryState(NOW, full_pass_at=NOW),
                    str(DEALS): HistoryState(NOW - timedelta(hours=1), under_way),
                    str(THIRD): HistoryState(under_way=under_way),
                }
            ),
            SETTINGS,
        )
    )


def test_a_last_sync_that_somebody_moved_back_asks_every_history_for_everything_since_then() -> None:
    raw = dumped_with_a_window_under_way() | {"last_sync": "2026-11-01T00:00:00+00:00"}
    state, warnings = parsed(raw)
    moved = instant("2026-11-01T00:00:00+00:00")
    assert (state.of(DEFAULT), warnings) == (HistoryState(moved, full_pass_at=NOW), [])
    # Finishing the window under way would move last_sync forward again, over what was asked for.
    assert state.of(DEALS) == HistoryState(moved)
    # One that has never been finished begins with its backfill in any case.
    assert state.of(THIRD).last_sync is None


def test_a_history_that_is_behind_does_not_hold_the_others_back() -> None:
    state, _ = parsed(dumped_with_a_window_under_way())
    assert [state.of(history).last_sync for history in HISTORIES] == [NOW, NOW - timedelta(hours=1), None]


def test_a_last_sync_that_somebody_moved_forward_skips_nothing() -> None:
    raw = dumped_with_a_window_under_way()
    assert parsed(raw | {"last_sync": "2027-01-01T00:00:00+00:00"})[0] == parsed(raw)[0]


# --- Broken states

keys = ["last_sync", "version", "histories", "under_way", "since", "started_at", "created_at", "record_ids", "full_pass_at"]
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
json_values = st.recursive(
    scalars | st.just("2026-11-24T10:00:00+00:00"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*keys, "rewriting", "invalid", str(DEFAULT)]), inner, max_size=5)
    ),
    max_leaves=15,
)
states = st.dictionaries(
    st.sampled_from(["last_sync", "version", "histories", "else"]),
    json_values | st.dictionaries(st.just(str(DEFAULT)), json_values),
)


def use(state: SyncState) -> None:
    """Everything a sync does with a state before it asks Attio anything."""
    for history in HISTORIES:
        window = fresh_window(state.of(history), SETTINGS, NOW)
        assert window.since is not None
        assert window.since <= NOW == window.started_at
        assert full_pass_is_due(state.of(history), SETTINGS, NOW) in (True, False)
    assert len(json.dumps(dump_state(state, SETTINGS))) < 10_000_000


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
    raw = {"last_sync": "2026-11-24T10:00:00+00:00", "version": 1, "histories": {str(DEFAULT): broken}}
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
    assert parsed(raw)[0].of(DEFAULT) == HistoryState(NOW)


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
@pytest.mark.parametrize("key", ["last_sync", "full_pass_at"])
def test_an_instant_at_the_end_of_the_calendar_is_no_crash(key: str, text: str) -> None:
    raw = {"histories": {str(DEFAULT): {key: text}}, "last_sync": text}
    state, _ = parsed(raw)
    use(state)
    assert fresh_window(state.of(DEFAULT), SETTINGS, NOW).since is not None


# --- Size and secrets


def test_a_state_of_any_size_of_workspace_stays_below_ten_megabytes() -> None:
    ids = frozenset(f"{number:08d}-0000-4000-8000-000000000000" for number in range(55_000))
    window = Window(NOW, NOW, Cursor("2026-11-23T09:00:00.000000000Z", ids))
    one = HistoryState(NOW, window, NOW, rewriting=True, invalid=ids)
    histories = [TrackedHistory(f"object_{number}", "status", f"table_{number}") for number in range(6)]
    dumped = dump_state(
        SyncState({str(history): one for history in histories}), settings(history=",".join(map(str, histories)))
    )
    assert len(json.dumps(dumped)) < 10_000_000
    dumped = dump_state(SyncState({str(DEFAULT): one}), SETTINGS)
    assert len(dumped["histories"][str(DEFAULT)]["invalid"]) == MOST_INVALID_IDS
    assert len(dumped["histories"][str(DEFAULT)]["under_way"]["record_ids"]) == MOST_CURSOR_IDS


def test_more_invalid_records_than_a_state_can_hold_stop_the_sync_before_one_is_forgotten() -> None:
    delivery = Delivery(SETTINGS, SyncState(), MemoryWarehouse({}), Environment(), SyncReport(90))
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(MOST_INVALID_IDS)]
    delivery.put(DEFAULT, HistoryState(invalid=frozenset(ids[1:])))
    delivery.put(DEALS, HistoryState(invalid=frozenset(ids[:1])))
    assert parsed(dump_state(delivery.state, SETTINGS))[0] == delivery.state
    with pytest.raises(ContractChangedError, match="more than 50,000 records do not have the shape"):
        delivery.put(DEALS, HistoryState(invalid=frozenset(ids[:2])))


@given(sync_states)
def test_no_state_holds_the_token(state: SyncState) -> None:
    assert TOKEN not in json.dumps(dump_state(state, SETTINGS))


# --- Windows and full passes


def test_the_first_window_goes_back_as_far_as_backfill_days_says() -> None:
    assert fresh_window(HistoryState(), settings(backfill_days="7"), NOW) == Window(NOW - timedelta(days=7), NOW)
    assert fresh_window(HistoryState(), settings(backfill_days="all"), NOW) == Window(None, NOW)


def test_each_later_window_looks_again_at_what_is_before_the_last_sync() -> None:
    state = HistoryState(NOW - timedelta(days=1))
    expected = Window(NOW - timedelta(days=1, minutes=90), NOW)
    assert fresh_window(state, settings(buffer_minutes="90", backfill_days="all"), NOW) == expected


def test_a_last_sync_in_the_future_is_taken_for_now() -> None:
    assert fresh_window(HistoryState(NOW + timedelta(days=400)), SETTINGS, NOW).since == NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "configuration", "due"),
    [
        (HistoryState(NOW), {}, True),
        (HistoryState(full_pass_at=NOW), {}, False),
        (HistoryState(full_pass_at=NOW - timedelta(days=7)), {}, True),
        (HistoryState(full_pass_at=NOW - timedelta(days=6, hours=23)), {}, False),
        (HistoryState(full_pass_at=NOW - timedelta(hours=13)), {"full_pass_days": "0.5"}, True),
        (HistoryState(full_pass_at=NOW + timedelta(seconds=1)), {}, True),
        (HistoryState(NOW), {"full_pass_days": "0"}, False),
        (HistoryState(full_pass_at=NOW), {"full_pass": "now"}, True),
        (HistoryState(NOW), {"full_pass_days": "0", "full_pass": "now"}, True),
        (HistoryState(full_pass_at=NOW, rewriting=True), {}, True),
        (HistoryState(full_pass_at=NOW, rewriting=True), {"full_pass_days": "0"}, True),
    ],
)
def test_a_full_pass_is_due(state: HistoryState, configuration: dict[str, str], due: bool) -> None:  # noqa: FBT001 (an expected value)
    assert full_pass_is_due(state, settings(**configuration), NOW) is due
