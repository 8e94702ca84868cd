"""A destination in memory that behaves as the SDK's local run does; a test holds the two against each other."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

type Row = dict[str, Any]


class Killed(BaseException):
    """The process died. Not an Exception: nothing in the connector may catch it."""


def nothing(_operation: str) -> None:
    """Before an operation nothing happens."""


@dataclass(slots=True)
class MemoryWarehouse:
    """Rows wait until a checkpoint, and are lost if the process dies before it; unless it `keeps` them, and only the state
    is lost.

    `keys` names the key columns of each table. `before` is called with every operation's name before it is carried out.
    """

    keys: dict[str, list[str]]
    tables: dict[str, dict[tuple[Any, ...], Row]] = field(default_factory=dict[str, dict[tuple[Any, ...], Row]])
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    warnings: list[str] = field(default_factory=list[str])
    checkpoints: int = 0
    upserts: int = 0
    keeps: bool = False
    before: Callable[[str], None] = nothing
    _waiting: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def upsert(self, table: str, row: Row) -> None:
        self.before("upsert")
        key = self._key(table, row)
        if any(value is None for value in key):
            message = f"null key in {table}: {row}"
            raise ValueError(message)
        kept = copy.copy(row)
        self.upserts += 1
        self._waiting.append(lambda: self.tables.setdefault(table, {}).__setitem__(key, kept))

    def delete(self, table: str, key: Row) -> None:
        self.before("delete")
        wanted = self._key(table, key)

        def apply() -> None:
            self.tables.setdefault(table, {}).pop(wanted, None)

        self._waiting.append(apply)

    def truncate(self, table: str) -> None:
        self.before("truncate")
        self._waiting.append(lambda: self.tables.setdefault(table, {}).clear())

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.before("checkpoint")
        self._commit()
        self.state = json.loads(json.dumps(state))
        self.checkpoints += 1
        self.before("checkpointed")

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def finish(self) -> None:
        """The sync ended well: what still waits is written."""
        self._commit()

    def die(self) -> None:
        """The sync ended otherwise: what still waits is lost, or all that is left of it."""
        if self.keeps:
            self._commit()
        self._waiting.clear()

    def rows(self, table: str) -> list[Row]:
        return [row for _, row in sorted(self.tables.get(table, {}).items())]

    def _key(self, table: str, row: Row) -> tuple[Any, ...]:
        return tuple(row[column] for column in self.keys[table])

    def _commit(self) -> None:
        for apply in self._waiting:
            apply()
        self._waiting.clear()
