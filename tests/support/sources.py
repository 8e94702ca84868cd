"""What the tables of any source must hold, worked out from the simulated workspace alone: none of our code is asked."""

import json
from collections import Counter
from decimal import Decimal
from typing import Any, Protocol

from tests.support.truth import instant

from attio_simulator import Workspace
from attio_simulator.happenings import source_of

COMMON = {"active_from", "active_until", "created_by_actor", "attribute_type"}

NAMES = {
    "number": "number",
    "rating": "rating",
    "checkbox": "checkbox",
    "date": "date",
    "timestamp": "timestamp",
    "text": "text",
}
READS_AS = {
    "domain": "domain",
    "email-address": "email_address",
    "phone-number": "phone_number",
    "personal-name": "full_name",
}


class Tables(Protocol):
    """A destination."""

    def rows(self, table: str) -> list[dict[str, Any]]: ...


def table_of(source: str) -> str:
    """The table of a source for which none is named."""
    return "attio_" + source.removeprefix("lists/").replace(".", "_")


def typed(value: dict[str, Any]) -> dict[str, Any]:
    """The columns of a value's own type, without what a status or an option was called when it was read."""
    kind = value["attribute_type"]
    if kind == "status":
        return {"status_id": value["status"]["id"]["status_id"]}
    if kind == "select":
        return {"option_id": value["option"]["id"]["option_id"]}
    own = {name: part for name, part in value.items() if name not in COMMON}
    if kind == "currency":
        own["currency_value"] = _money(own["currency_value"])
    elif kind in NAMES:
        shown = instant(own["value"]) if kind == "timestamp" else own["value"]
        own = {NAMES[kind]: shown}
    elif kind in READS_AS:
        own["text"] = own[READS_AS[kind]]
    return own


def row_of(value: dict[str, Any]) -> str:
    """A row of the history table, without its key, as text that can be compared."""
    until = value["active_until"]
    row = {
        **typed(value),
        "active_from": instant(value["active_from"]),
        "active_until": until and instant(until),
        "is_active": until is None,
        "created_by_actor_type": value["created_by_actor"]["type"],
        "created_by_actor_id": value["created_by_actor"]["id"],
    }
    return _text(row)


def _money(amount: Any) -> str:
    return f"{Decimal(str(amount)).normalize():f}"


def _alike(column: str, value: Any) -> Any:
    """What a destination holds, as the workspace writes it: a number has no digits that say nothing."""
    if column == "currency_value" and value is not None:
        return _money(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, default=str)


def assert_source_equals_attio(workspace: Workspace, tables: Tables, written: str, table: str) -> None:
    """Both tables of a source, cell by cell; which of several values of one instant comes first is left open."""
    collection, attribute = source_of(workspace, written)
    id_column = "entry_id" if collection.is_list else "record_id"
    histories = {row_id: workspace.history(row_id, attribute.slug) for row_id in collection.ids}

    stays: dict[str, list[dict[str, Any]]] = {}
    for row in tables.rows(f"{table}_history"):
        stays.setdefault(row[id_column], []).append(row)
    described = {"status_title", "status_is_archived", "target_time_in_status", "option_title", "value"}
    for row_id, history in histories.items():
        rows = stays.pop(row_id, [])
        assert [row["position"] for row in rows] == list(range(1, len(history) + 1)), (written, row_id)
        assert [row["active_from"] for row in rows] == sorted(row["active_from"] for row in rows)
        shown = Counter(
            _text({k: _alike(k, v) for k, v in row.items() if k not in {id_column, "position", *described}}) for row in rows
        )
        assert shown == Counter(row_of(value) for value in history), (written, row_id)
    assert not stays, (written, "rows of what is not there")

    current = {row[id_column]: row for row in tables.rows(table)}
    assert current.keys() == histories.keys(), written
    for row_id, history in histories.items():
        row, now = current[row_id], [v for v in history if v["active_until"] is None]
        assert row["stays"] == len(history)
        assert row["active_from"] == (max(instant(v["active_from"]) for v in now) if now else None), (written, row_id)
        if collection.is_list:
            assert (row["parent_object"], row["parent_record_id"]) == _parent(workspace, row_id), (written, row_id)
        if attribute.is_multiselect:
            assert len(row["current_values"]) == len(now)
        elif now:
            for name, part in typed(now[0]).items():
                shown_now = _alike(name, row[name])
                assert str(shown_now) == str(part) or shown_now == part, (written, row_id, name)


def _parent(workspace: Workspace, entry_id: str) -> tuple[str, str]:
    parent = workspace.record(entry_id).parent
    assert parent is not None
    return parent.collection.slug, parent.id
