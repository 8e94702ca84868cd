"""What a destination should hold, and how far it is from it: one stay is one record in one status for some time.

Every tool's rows are brought into this one form before they are compared with the simulator's truth.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

type Stay = tuple[str, int, int | None, str]
"""Record, from and until in milliseconds since 1970, status."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Difference:
    """How many stays of the truth are missing, and how many rows there are that it does not have."""

    missing: int
    wrong: int

    @property
    def is_none(self) -> bool:
        """Whether the rows are right."""
        return not (self.missing or self.wrong)

    @property
    def rows(self) -> int:
        """Missing and wrong ones together."""
        return self.missing + self.wrong

    def __str__(self) -> str:
        """As the table shows it."""
        return "right" if self.is_none else f"{self.missing} missing, {self.wrong} wrong"


def difference(truth: Iterable[Stay], rows: Iterable[Stay]) -> Difference:
    """Compares rows with the truth; a row that is there twice is wrong once."""
    expected, found = set(truth), list(rows)
    present = set(found)
    return Difference(len(expected - present), len(present - expected) + len(found) - len(present))


def milliseconds(moment: str | datetime | None) -> int | None:
    """A timestamp in milliseconds since 1970; Attio's nine digits are cut to the six that Python reads."""
    if moment is None:
        return None
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def stay(row: Sequence[Any]) -> Stay:
    """(record, from, until, status), with the times in any form."""
    record, since, until, status = row
    return str(record), milliseconds(since) or 0, milliseconds(until), str(status)


def read_truth(path: Path) -> list[Stay]:
    """What the simulator wrote."""
    return [(r, since, until, status) for r, since, until, status in json.loads(path.read_text(encoding="utf-8"))]


class Messages:
    """The destination behind a source that only writes messages: rows by key, as a target would keep them."""

    def __init__(self, rows: Mapping[str, list[Any]] | None = None) -> None:
        self.rows: dict[str, list[Any]] = dict(rows or {})
        self.state: Any = None

    @classmethod
    def load(cls, path: Path) -> "Messages":
        """What an earlier sync left."""
        return cls(json.loads(path.read_text(encoding="utf-8")) if path.exists() else {})

    def save(self, path: Path) -> None:
        """For the next sync."""
        path.write_text(json.dumps(self.rows), encoding="utf-8")

    def apply_airbyte(self, lines: Iterable[str]) -> None:
        """Upserts the records of Airbyte's protocol by primary key; keeps the last state of each stream."""
        states: dict[str, Any] = {}
        for line in lines:
            message = _json(line)
            if message.get("type") == "RECORD" and message["record"]["stream"] == "status_history":
                self._upsert(message["record"]["data"], version=None)
            elif message.get("type") == "STATE":
                state = message["state"]
                states[json.dumps(state.get("stream", {}).get("stream_descriptor"))] = state
        self.state = list(states.values()) or None

    def apply_singer(self, lines: Iterable[str]) -> None:
        """Upserts Singer's records by key properties; an activated version removes the rows of all others."""
        for line in lines:
            message = _json(line)
            kind = message.get("type")
            if kind == "STATE":
                self.state = message["value"]
            elif message.get("stream") != "status_history":
                continue
            elif kind == "RECORD":
                self._upsert(message["record"], message.get("version"))
            elif kind == "ACTIVATE_VERSION":
                self.rows = {key: row for key, row in self.rows.items() if row[4] == message["version"]}

    def stays(self) -> list[Stay]:
        """The rows, in the common form."""
        return [stay(row[:4]) for row in self.rows.values()]

    def _upsert(self, record: dict[str, Any], version: int | None) -> None:
        key = f"{record['record_id']} {record['active_from']}"
        status = record["status"]["id"]["status_id"]
        self.rows[key] = [record["record_id"], record["active_from"], record.get("active_until"), status, version]


def _json(line: str) -> dict[str, Any]:
    """A message; a line that is none (a warning of some library) is passed over, as destinations do."""
    try:
        found: object = json.loads(line)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
