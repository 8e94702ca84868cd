"""A simulated workspace, a connection that syncs it, and time that passes only when asked to."""

import copyreg
import io
import pickle
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from tests.support import truth
from tests.support.virtual_time import VirtualTime
from tests.support.warehouse import Killed, MemoryWarehouse, nothing

from attio_simulator import Behaviour, Clock, Faults, Limits, Simulator, Workspace, generate_hiring_pipeline
from attio_simulator.crm_data import generate_crm
from attio_sync import ledger
from attio_sync.checks import find_sources
from attio_sync.checks import run as look_up
from attio_sync.runtime import Environment, SyncReport
from attio_sync.settings import Settings, load_settings
from attio_sync.sources import FIRST, Source
from attio_sync.streams import schema
from attio_sync.sync import run_sync

TABLE, HISTORY, ERRORS = "attio_workflow_status", "attio_workflow_status_history", "attio_sync_error"
STATUSES, MEMBERS = "attio_status", "attio_workspace_member"
CURRENT = ("status_id", "active_from", "stays")
AS_READ = {"status_title", "status_is_archived", "target_time_in_status"}
"""What a status was called when a history was read."""


def fast_limits() -> Limits:
    """Attio's limits with an answer time of 50 ms."""
    return Limits(latency=0.05)


@dataclass(slots=True)
class World:
    """One workspace and one connection to it. A sync that raises leaves the warehouse as a dead process would."""

    workspace: Workspace
    simulator: Simulator
    time: VirtualTime
    warehouse: MemoryWarehouse
    configuration: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def environment(self) -> Environment:
        return Environment(self.time.now, self.time.monotonic, self.simulator.transport(), self.time.loop_factory)

    def settings(self, **more: str) -> Settings:
        return _settings(tuple({"attio_api_token": self.simulator.token, **self.configuration, **more}.items()))

    def sync(self, **more: str) -> SyncReport:
        try:
            report = run_sync(self.settings(**more), self.warehouse.state, self.warehouse, self.environment)
        except BaseException:
            self.warehouse.die()
            raise
        self.warehouse.finish()
        return report

    def kept(self) -> bytes:
        """The world as it is now, to begin with `again`: what happens in the one does not in the other."""
        kept = io.BytesIO()
        pickler = pickle.Pickler(kept)
        pickler.dispatch_table = copyreg.dispatch_table | {type(self.workspace.lock): _new_lock}
        pickler.dump(self)
        return kept.getvalue()

    @staticmethod
    def again(kept: bytes) -> "World":
        """A world that was kept; deepcopy takes ten times as long."""
        return pickle.loads(kept)  # noqa: S301 (our own)

    def track(self, history: str) -> None:
        """Lets the destination know the tables of this setting."""
        found = look_up(self.settings(history=history), find_sources, self.environment)
        self.warehouse.keys.update(_keys(tuple(found.sources)))

    def die_at(self, operation: str, number: int) -> None:
        """Kills the process just before its `number`-th `operation`."""
        seen = 0

        def before(name: str) -> None:
            nonlocal seen
            seen += name == operation
            if name == operation and seen == number:
                raise Killed

        self.warehouse.before = before

    def die_amid_the_rest(self) -> None:
        """Kills the process at the first checkpoint behind which there is something older to deliver."""

        def before(name: str) -> None:
            if name == "checkpointed" and any("backfill" in one for one in self.warehouse.state["histories"].values()):
                raise Killed

        self.warehouse.before = before

    def live(self) -> None:
        """Nothing kills the process any more."""
        self.warehouse.before = nothing

    def pass_time(self, **duration: float) -> None:
        self.time.sleep(timedelta(**duration).total_seconds())

    @property
    def histories(self) -> dict[str, Any]:
        """What the first table holds, by application."""
        return {row["application_id"]: row["workflow_status"] for row in self.warehouse.rows(TABLE)}

    @property
    def stays(self) -> dict[tuple[str, int], dict[str, Any]]:
        """What the second table holds, by key and without what a status was called when it was read."""
        return {
            (row["application_id"], row["position"]): {k: v for k, v in row.items() if k not in AS_READ}
            for row in self.warehouse.rows(HISTORY)
        }

    def assert_equal_to_attio(self) -> None:
        """All tables; what a status was called when it was read may be any title it ever had."""
        self.assert_equal_to_attio_but_for_statuses()
        assert {r["status_id"]: r for r in self.warehouse.rows(STATUSES)} == truth.statuses(self.workspace)
        assert {r["workspace_member_id"]: r for r in self.warehouse.rows(MEMBERS)} == truth.members(self.workspace)

    def assert_equal_to_attio_but_for_statuses(self) -> None:
        """The two tables of the history."""
        histories = truth.status_table(self.workspace)
        assert {r: truth.as_identified(h) for r, h in self.histories.items()} == {
            r: truth.as_identified(h) for r, h in histories.items()
        }
        current = {r["application_id"]: {k: r[k] for k in CURRENT} for r in self.warehouse.rows(TABLE)}
        assert current == {r: truth.current_columns(h) for r, h in histories.items()}
        assert self.stays == truth.history_table(self.workspace)


def make_world(
    fill: Callable[[Clock], Workspace] | None = None,
    *,
    limits: Limits | None = None,
    faults: Faults | None = None,
    behaviour: Behaviour | None = None,
    seed: int = 0,
    **configuration: str,
) -> World:
    time = VirtualTime()
    clock = Clock(start=time.start, source=time.monotonic)
    workspace = fill(clock) if fill else Workspace.hiring(clock=clock, seed=seed)
    simulator = Simulator(workspace, limits=limits or fast_limits(), faults=faults, behaviour=behaviour)
    warehouse = MemoryWarehouse(dict(_keys((FIRST,))))
    return World(workspace, simulator, time, warehouse, {"backfill_days": "all", "definitions": "no", **configuration})


@dataclass(frozen=True, slots=True)
class Hiring:
    """Makes a pipeline of so many applications."""

    applications: int
    seed: int = 5

    def __call__(self, clock: Clock) -> Workspace:
        return generate_hiring_pipeline(self.applications, seed=self.seed, clock=clock)


@dataclass(frozen=True, slots=True)
class Crm:
    """Makes a CRM of so many records."""

    records: int
    seed: int

    def __call__(self, clock: Clock) -> Workspace:
        return generate_crm(self.records, seed=self.seed, clock=clock)


def make_synced_world(fill: Hiring | Crm, **configuration: str) -> World:
    """A world behind its first sync, with which most tests begin: that sync is made once, and nobody changes it."""
    return World.again(_first_sync(fill, tuple(configuration.items()), ledger.LEAST_CELLS))


@cache
def _first_sync(fill: Hiring | Crm, configuration: tuple[tuple[str, str], ...], cells: int) -> bytes:
    assert cells == ledger.LEAST_CELLS
    world = make_world(fill)
    world.configuration |= dict(configuration)
    if "history" in world.configuration:
        world.track(world.configuration["history"])
    world.sync()
    return world.kept()


@cache
def _settings(configuration: tuple[tuple[str, str], ...]) -> Settings:
    return load_settings(dict(configuration), ())


@cache
def _keys(sources: tuple[Source, ...]) -> dict[str, list[str]]:
    return {table["table"]: table["primary_key"] for table in schema(sources)}


def _new_lock(_: object) -> tuple[Callable[[], object], tuple[()]]:
    return threading.RLock, ()
