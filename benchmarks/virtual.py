"""A workspace and a connection to it in one process, in which time passes only when asked to."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from benchmarks.changes import OBJECT, Changes
from fivetran_connector_sdk import Logging
from tests.support import truth
from tests.support.virtual_time import VirtualTime

from attio_simulator import Clock, Limits, Simulator, generate_hiring_pipeline
from attio_sync.runtime import Environment, SyncReport
from attio_sync.settings import Settings, load_settings
from attio_sync.streams import error_table, schema
from attio_sync.sync import run_sync

LATENCY = 0.1
HISTORY = "attio_workflow_status_history"
SELDOM = "744"
"""The longest `reconcile_hours` there may be."""

type Key = tuple[Any, ...]
type Row = dict[str, Any]


@dataclass
class CountingSink:
    """A destination in memory that counts what each row that is written or deleted does to it.

    `did` counts rows that are `new`, `changed`, `same` (as they were), `deleted` and `absent` (deleted, though they were
    not there); `touched` are the rows that were one of the first four, as a month's bill counts them.
    """

    keys: dict[str, list[str]]
    tables: dict[str, dict[Key, Row]] = field(default_factory=dict[str, dict[Key, Row]])
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    did: Counter[str] = field(default_factory=Counter[str])
    touched: set[tuple[str, Key]] = field(default_factory=set[tuple[str, Key]])

    def upsert(self, table: str, row: Row) -> None:
        """Keeps the row."""
        rows, key = self.tables[table], self._key(table, row)
        self._count("new" if key not in rows else "same" if rows[key] == row else "changed", table, key)
        rows[key] = row

    def delete(self, table: str, key: Row) -> None:
        """Forgets the row."""
        found = self._key(table, key)
        self._count("absent" if self.tables[table].pop(found, None) is None else "deleted", table, found)

    def truncate(self, table: str) -> None:
        """Forgets all rows of a table."""
        self.tables[table] = {}

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Keeps the state."""
        self.state = state

    def warn(self, message: str) -> None:
        """No measurement is worth anything in which this happens.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(message)

    def forget(self) -> None:
        """Starts counting anew."""
        self.did.clear()
        self.touched.clear()

    @property
    def rows(self) -> int:
        """How many there are, of applications."""
        return sum(len(rows) for table, rows in self.tables.items() if table != error_table().name)

    def _count(self, what: str, table: str, key: Key) -> None:
        self.did[what] += 1
        if what != "absent":
            self.touched.add((table, key))

    def _key(self, table: str, row: Row) -> Key:
        return tuple(row[column] for column in self.keys[table])


@contextmanager
def _quiet() -> Generator[None]:
    """Without a line for each of hundreds of syncs."""
    level = Logging.LOG_LEVEL
    setattr(Logging, "LOG_LEVEL", Logging.Level.WARNING)  # noqa: B010 (typed as None in the SDK)
    try:
        yield
    finally:
        setattr(Logging, "LOG_LEVEL", level)  # noqa: B010


class VirtualWorld:
    """A generated workspace with Attio's limits and, by default, 100 ms from request to answer."""

    def __init__(self, records: int, latency: float | tuple[float, float] = LATENCY) -> None:
        self.time = VirtualTime()
        clock = Clock(start=self.time.start, source=self.time.monotonic)
        self.workspace = generate_hiring_pipeline(records, clock=clock)
        self.simulator = Simulator(self.workspace, limits=Limits(latency=latency))
        self.changes = Changes(self.workspace)
        tables = schema(self._settings().history.named)
        self.sink = CountingSink({t["table"]: t["primary_key"] for t in tables}, {t["table"]: {} for t in tables})

    def sync(self, **settings: str) -> SyncReport:
        """One sync with default settings but these."""
        environment = Environment(
            self.time.now, self.time.monotonic, self.simulator.transport(), loop_factory=self.time.loop_factory
        )
        with _quiet():
            return run_sync(self._settings(**settings), self.sink.state, self.sink, environment)

    def pass_time(self, **duration: float) -> None:
        """Nothing happens for so long."""
        self.time.sleep(timedelta(**duration).total_seconds())

    def moved(self) -> int:
        """How many records there are whose history a listing does not show."""
        histories = ((r, self.changes.history(r)) for r in self.changes.records())
        return sum(not (len(h) == 1 and h[0].active_until is None and h[0].active_from == r.created) for r, h in histories)

    @property
    def records(self) -> int:
        """How many applications there are."""
        return len(self.workspace.object(OBJECT).records)

    def wrong_rows(self) -> int:
        """How many stays the destination lacks, has too many, or has wrong."""
        expected = truth.history_table(self.workspace)
        found = self.sink.tables[HISTORY]
        wrong = sum(any(found.get(key, {}).get(c) != v for c, v in row.items()) for key, row in expected.items())
        return wrong + len(found.keys() - expected.keys())

    def _settings(self, **settings: str) -> Settings:
        return load_settings({"attio_api_token": self.simulator.token, **settings}, ())
