import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.stays import Difference, Messages, Stay, difference, milliseconds, stay

SINCE = "2026-05-15T21:49:04.642000000Z"
UNTIL = "2026-05-16T00:00:00.000000000Z"
SINCE_MS = 1_778_881_744_642
UNTIL_MS = 1_778_889_600_000


def test_timestamps_of_every_form_are_the_same_moment() -> None:
    moment = datetime.fromtimestamp(SINCE_MS // 1000, UTC) + timedelta(milliseconds=642)

    assert milliseconds(SINCE) == SINCE_MS
    assert milliseconds(moment) == SINCE_MS
    assert milliseconds(moment.replace(tzinfo=None)) == SINCE_MS
    assert milliseconds("2026-05-15T23:49:04.642+02:00") == SINCE_MS
    assert milliseconds(None) is None


def test_a_difference_counts_what_is_missing_what_is_wrong_and_what_is_there_twice() -> None:
    a: Stay = ("a", 1, 2, "s")
    b: Stay = ("b", 1, None, "s")

    assert difference([a, b], [b, a]) == Difference(0, 0)
    assert difference([a, b], [a]) == Difference(1, 0)
    assert difference([a], [a, a, b]) == Difference(0, 2)
    assert str(difference([a], [b])) == "1 missing, 1 wrong"


def _record(until: str | None) -> dict[str, Any]:
    return {"record_id": "r", "active_from": SINCE, "active_until": until, "status": {"id": {"status_id": "s"}}}


def _airbyte(data: dict[str, Any]) -> str:
    return json.dumps({"type": "RECORD", "record": {"stream": "status_history", "data": data, "emitted_at": 1}})


def test_airbytes_records_replace_those_with_the_same_key_and_its_last_states_are_kept() -> None:
    def state(name: str, value: int) -> dict[str, Any]:
        return {"type": "STREAM", "stream": {"stream_descriptor": {"name": name}, "stream_state": {"at": value}}}

    without_until = {key: value for key, value in _record(None).items() if value is not None}
    rows = Messages()
    rows.apply_airbyte(
        [
            '{"type": "LOG", "log": {"level": "INFO", "message": "hello"}}',
            "a warning of some library",
            _airbyte(without_until),
            json.dumps({"type": "STATE", "state": state("a", 1)}),
            _airbyte(_record(UNTIL)),
            json.dumps({"type": "STATE", "state": state("a", 2)}),
            json.dumps({"type": "STATE", "state": state("b", 1)}),
        ]
    )

    assert rows.stays() == [("r", SINCE_MS, UNTIL_MS, "s")]
    assert rows.state == [state("a", 2), state("b", 1)]


def _singer(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "stream": "status_history", **fields})


def test_singers_activated_version_removes_the_rows_of_others(tmp_path: Path) -> None:
    rows = Messages()
    rows.apply_singer(
        [
            _singer("RECORD", record=_record(None)),
            json.dumps({"type": "RECORD", "stream": "applications", "record": {"record_id": "r"}}),
            json.dumps({"type": "STATE", "value": {"bookmarks": {}}}),
        ]
    )
    rows.save(tmp_path / "rows.json")
    later = Messages.load(tmp_path / "rows.json")
    later.apply_singer(
        [
            _singer("RECORD", record={**_record(None), "record_id": "q"}, version=7),
            _singer("ACTIVATE_VERSION", version=7),
        ]
    )

    assert rows.stays() == [("r", SINCE_MS, None, "s")]
    assert rows.state == {"bookmarks": {}}
    assert later.stays() == [("q", SINCE_MS, None, "s")]


def test_a_row_of_a_database_is_the_same_stay() -> None:
    assert stay(("r", datetime(2026, 5, 16, tzinfo=UTC), None, "s")) == ("r", UNTIL_MS, None, "s")
