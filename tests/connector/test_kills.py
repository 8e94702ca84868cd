"""A process that dies at any moment: what it leaves, and that the next sync ends as if nothing had happened."""

import os
import pickle
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.sdk import LocalRun
from tests.support.warehouse import Killed
from tests.support.world import Hiring, World, make_world

from attio_simulator import Actor, Fault, Limits, RequestInfo, Simulator, generate_hiring_pipeline
from attio_sync.errors import GaveUpError
from attio_sync.runtime import Environment

KEY = "applications.workflow_status=attio_workflow_status"
EVERYTHING = {"reconcile_hours": "0", "recheck_days": "1"}


class CrashError(Exception):
    """What nobody thought of, in the middle of a request."""


def slow_world(applications: int, backfill_days: str = "all", page_size: str = "10") -> World:
    """Answers take so long that a checkpoint is due after every page."""
    return make_world(
        Hiring(applications, seed=7),
        limits=Limits(latency=28.0),
        page_size=page_size,
        concurrency="2",
        backfill_days=backfill_days,
    )


@cache
def slow_and_synced(applications: int, page_size: str) -> bytes:
    world = slow_world(applications, page_size=page_size)
    world.sync()
    return world.kept()


# --- How often


def seconds_between_checkpoints(world: World) -> list[float]:
    """Of one sync, from its start on."""
    moments: list[float] = []
    world.warehouse.before = lambda name: moments.append(world.time.seconds) if name == "checkpoint" else None
    world.sync()
    world.live()
    return [later - earlier for earlier, later in zip([0.0, *moments], moments, strict=False)]


def test_a_checkpoint_is_made_at_most_once_a_minute_and_at_least_every_ten() -> None:
    gaps = seconds_between_checkpoints(slow_world(90))
    assert len(gaps) >= 3
    assert all(60 <= gap <= 600 for gap in gaps[:-1])


def test_checkpoints_go_on_while_no_page_is_completed() -> None:
    world = make_world(Hiring(70, seed=7), limits=Limits(latency=28.0), concurrency="1")
    # Fifty histories are a page, one at a time.
    gaps = seconds_between_checkpoints(world)
    assert len(gaps) > 2
    assert max(gaps) <= 600
    world.assert_equal_to_attio()


def test_so_many_rows_do_not_wait_for_a_minute_to_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.delivery.ROWS_BETWEEN_CHECKPOINTS", most := 60)
    world = make_world(Hiring(160, seed=7), page_size="20")
    waiting, waited = 0, list[int]()

    def count(operation: str) -> None:
        nonlocal waiting
        if operation == "checkpoint":
            waited.append(waiting)
            waiting = 0
        waiting += operation in {"upsert", "delete"}

    world.warehouse.before = count
    for checkpoints in (5, 2):  # what is written, and what is deleted
        waited.clear()
        started = world.time.seconds
        world.sync()
        assert world.time.seconds - started < 60
        assert len(waited) >= checkpoints
        # A page is written whole; what comes last is what is left.
        assert min(waited[:-1]) >= most
        assert max(waited) < most + 100
        for record_id in world.workspace.record_ids("applications")[::6]:
            world.workspace.delete_record(record_id)
        world.pass_time(hours=25)


# --- At every checkpoint


@dataclass(frozen=True)
class Life:
    """A connection about to make a sync, which is killed over and over: each time from where it was before."""

    world: World
    configuration: dict[str, str]

    def killed(self, moments: Callable[[dict[str, int]], list[tuple[str, int]]]) -> Generator[tuple[str, int]]:
        """Each of those moments of the sync, once the process has died of it; the sync's operations are counted first."""
        warehouse, counted = self.world.warehouse, dict[str, int]()
        before = pickle.dumps((warehouse.tables, warehouse.state))

        def count(name: str) -> None:
            counted[name] = counted.get(name, 0) + 1

        warehouse.before = count
        self.world.sync(**self.configuration)
        for operation, number in moments(counted):
            warehouse.tables, warehouse.state = pickle.loads(before)  # noqa: S301 (our own)
            self.world.die_at(operation, number)
            try:
                self.world.sync(**self.configuration)
            except Killed:
                self.world.live()
                yield operation, number
            self.world.live()


def every_checkpoint(counted: dict[str, int]) -> list[tuple[str, int]]:
    """Before each, in the short profile each eighth. To die behind one is to die before the next, but for the last."""
    each = range(1, counted["checkpoint"] + 1, 8 if PROFILE == "short" else 1)
    return [("checkpoint", number) for number in each] + [("checkpointed", 1)]


def first_sync() -> Life:
    """Two phases: the last thirty days, then everything older."""
    return Life(slow_world(40, backfill_days="30"), {})


def incremental_sync() -> Life:
    """So many changes of every kind that a listing sees that they take several checkpoints."""
    world = World.again(slow_and_synced(60, "5"))
    world.pass_time(hours=5)
    there = world.workspace.record_ids("applications")
    for record_id in there[::3]:
        world.workspace.set_status(record_id, "Interview")
    for record_id in there[::6]:
        world.workspace.set_status(record_id, "Offer")
    for number in range(15):
        world.workspace.create_record("applications", "Applied" if number % 3 else None)
        world.pass_time(minutes=1)
    return Life(world, {"reconcile_hours": "744"})


def reconciliation() -> Life:
    """Differences of every kind, so many that to mend them takes several checkpoints; every history is read again."""
    world = World.again(slow_and_synced(50, "5"))
    world.pass_time(hours=25)
    there, workspace, now = world.workspace.record_ids("applications"), world.workspace, world.workspace.clock.now()
    for record_id in there[:4]:
        workspace.delete_record(record_id)
    for first, second in zip(there[4:8:2], there[5:8:2], strict=True):
        workspace.merge_records(first, second)
    for record_id in there[8:17]:
        workspace.clear_value(record_id, "workflow_status")
    for record_id in there[17:26]:
        # Another past, of fewer stays or more; what is there now began before the last sync.
        stays = [("Screening", now - timedelta(days=200 - n), now - timedelta(days=199 - n)) for n in range(3)]
        workspace.replace_history(record_id, [*stays, ("Interview", now - timedelta(days=90), None)])
    for record_id in there[26:40]:
        if (values := workspace.history(record_id)) and values[-1]["active_until"] is None:
            # Another past of the same present: no listing shows it.
            current = truth.instant(values[-1]["active_from"])
            older = [("Applied", current - timedelta(days=2), current - timedelta(days=1))] * (len(values) > 1)
            actor = Actor(**values[-1]["created_by_actor"])
            stays = [*older, (values[-1]["status"]["id"]["status_id"], current, None)]
            workspace.replace_history(record_id, stays, actor=actor)
    for record_id in there[40:44]:
        workspace.set_status(record_id, "Offer")
    for number in range(6):
        workspace.create_record("applications", "Applied" if number % 3 else None)
        world.pass_time(milliseconds=1)
    return Life(world, EVERYTHING)


def assert_nothing_right_is_gone(world: World, before: dict[str, object]) -> None:
    """What was delivered once and still exists is there, and everything there was once true."""
    exist = set(world.workspace.record_ids("applications"))
    assert before.keys() & exist <= world.histories.keys()
    found = truth.status_table(world.workspace)
    for record_id, history in world.histories.items():
        assert history in (before.get(record_id), found.get(record_id))


@pytest.mark.parametrize("life", [first_sync, incremental_sync, reconciliation], ids=lambda life: life.__name__)
def test_a_kill_at_every_checkpoint_is_healed_by_the_next_sync(life: Callable[[], Life]) -> None:
    connection = life()
    world, before = connection.world, dict(connection.world.histories)
    killed = 0
    for _ in connection.killed(every_checkpoint):
        killed += 1
        assert_nothing_right_is_gone(world, before)
        world.sync(**EVERYTHING)
        world.assert_equal_to_attio()
        one = world.warehouse.state["histories"][KEY]
        assert "under_way" not in one
        assert "backfill" not in one
    assert killed > (1 if PROFILE == "short" else 3)


def test_a_kill_between_the_parts_of_a_page_is_healed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_sync.pages.VALUES_AHEAD", 3)
    test_a_kill_at_every_checkpoint_is_healed_by_the_next_sync(first_sync)


@pytest.mark.parametrize(
    ("page_size", "values_ahead"), [("500", 10_000), ("40", 10_000), ("500", 3)], ids=["parts of a page", "pages", "less"]
)
def test_a_window_goes_on_exactly_where_it_was_killed(
    page_size: str, values_ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attio_sync.pages.VALUES_AHEAD", values_ahead)
    world = make_world(limits=Limits(latency=4.0), page_size=page_size, concurrency="2")
    # What was created at one instant is told apart by its ids alone.
    imported = world.workspace.import_records("applications", 210, "Applied")
    world.pass_time(hours=1)
    for record_id in imported:
        world.workspace.set_status(record_id, "Screening")
    world.pass_time(hours=2)
    killed = 0
    while len(world.histories) < len(imported) and killed < 99:
        world.die_at("checkpointed", 2)
        with suppress(Killed):
            world.sync()
        world.live()
        killed += 1
    assert killed >= 2
    assert world.sync().reconciled == 0
    world.assert_equal_to_attio()
    # And each row was written once.
    assert world.warehouse.upserts == sum(len(rows) for rows in world.warehouse.tables.values())


def test_that_a_short_page_is_not_the_last_is_known_too_while_everything_is_delivered_anew() -> None:
    world = slow_world(60, backfill_days="0")
    world.simulator.behaviour.listing_page_maximum = 7
    world.sync()
    world.warehouse.state["histories"][KEY]["kind"] = "number"
    world.die_at("truncate", 2)
    with pytest.raises(Killed):
        world.sync()
    world.die_amid_the_rest()
    with pytest.raises(Killed):
        world.sync()
    world.live()
    for _ in range(20):
        world.workspace.create_record("applications", "Applied")
        world.pass_time(milliseconds=1)
    assert world.sync().reconciled == 0
    world.assert_equal_to_attio()


def test_a_window_that_was_killed_ends_no_later_than_its_stalest_page() -> None:
    world = World.again(slow_and_synced(60, "5"))
    world.configuration |= {"buffer_minutes": "0", "reconcile_hours": "744"}
    [_, first], *_, [_, other] = world.workspace.object("applications").by_creation
    there = set(world.workspace.record_ids("applications")) - {first, other}
    world.pass_time(hours=5)
    for record_id in sorted(there)[:30]:
        world.workspace.set_status(record_id, "Interview")
    world.pass_time(hours=2)
    world.workspace.set_status(first, "Offer")
    world.pass_time(minutes=30)
    world.simulator.behaviour.staleness = timedelta(minutes=90)
    world.die_at("checkpointed", 1)
    with pytest.raises(Killed):
        world.sync()
    world.live()
    world.simulator.behaviour.staleness = timedelta()
    world.sync()
    world.assert_equal_to_attio()


def some_rows(counted: dict[str, int]) -> list[tuple[str, int]]:
    chance = random.Random(1)
    moments = [("upsert", n) for n in range(1, counted["upsert"] + 1)]
    moments += [("delete", n) for n in range(1, counted.get("delete", 0) + 1)]
    return chance.sample(moments, min(len(moments), 3 if PROFILE == "short" else 100))


# In the short profile only where rows are deleted too.
@pytest.mark.parametrize(
    "life",
    [reconciliation] if PROFILE == "short" else [first_sync, incremental_sync, reconciliation],
    ids=lambda life: life.__name__,
)
@pytest.mark.parametrize("keeps", [True] if PROFILE == "short" else [True, False])
def test_a_kill_at_any_row_is_healed_by_the_next_sync(life: Callable[[], Life], keeps: bool) -> None:  # noqa: FBT001 (parametrized)
    """Whether the rows since the last checkpoint stay or are lost with the state."""
    connection = life()
    connection.world.warehouse.keeps = keeps
    killed = 0
    for _ in connection.killed(some_rows):
        killed += 1
        connection.world.sync(**EVERYTHING)
        connection.world.assert_equal_to_attio()
    assert killed >= 2


def test_a_reconciliation_that_is_killed_while_it_lists_changes_nothing() -> None:
    connection = reconciliation()
    world = connection.world
    world.sync(reconcile_hours="744")
    before = (world.histories, world.stays)
    for requests in (5, 20, 40):
        last = world.simulator.requests.total + requests

        def die(_info: RequestInfo, last: int = last) -> None:
            if world.simulator.requests.total >= last:
                raise CrashError

        remove = world.simulator.on_request(die)
        with pytest.raises(CrashError):
            world.sync(**EVERYTHING)
        remove()
        assert (world.histories, world.stays) == before
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()


def test_what_changed_is_delivered_even_where_the_reconciliation_cannot_finish() -> None:
    world = reconciliation().world
    moved = world.workspace.record_ids("applications")[45]
    world.workspace.set_status(moved, "Offer")
    last_sync = world.warehouse.state["last_sync"]
    # The first listing of a sync is of what changed; here that is fewer than two pages.
    world.simulator.faults.add(Fault(kind="server_error", on=("query",), at=range(2, 10_000)))
    with pytest.raises(GaveUpError):
        world.sync(page_size="500")
    assert world.histories[moved] == world.workspace.history(moved)
    assert world.warehouse.state["last_sync"] > last_sync
    world.simulator.faults.clear()
    world.sync(**EVERYTHING)
    world.assert_equal_to_attio()


# --- A real process


def run_program(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, *arguments],
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


@dataclass(frozen=True)
class Killable:
    """A connection whose syncs run in processes of their own, against a served workspace."""

    simulator: Simulator
    url: str
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ATTIO_API_TOKEN": self.simulator.token,
            "ATTIO_BASE_URL": self.url,
            "ATTIO_PAGE_SIZE": "25",
            "ATTIO_REQUESTS_PER_SECOND": "400",
            "ATTIO_DEFINITIONS": "no",
        }

    @property
    def program(self) -> list[str]:
        return [str(Path(__file__).with_name("one_sync.py")), str(self.folder)]

    def sync_and_kill(self, requests: int) -> None:
        """SIGKILL once the sync has sent so many requests."""
        sent, last = threading.Event(), self.simulator.requests.total + requests
        remove = self.simulator.on_request(lambda _info: sent.set() if self.simulator.requests.total >= last else None)
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, *self.program],
            env=_environment(self.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not sent.wait(0.1) and process.poll() is None:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        remove()

    def assert_the_next_sync_completes(self) -> None:
        done = run_program(self.program, self.environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SYNC SUCCEEDED" in done.stdout
        LocalRun(self.folder, Environment()).assert_equal_to_attio(self.simulator.workspace)
        assert {path.name for path in (self.folder / "files").iterdir()} <= {"warehouse.db", "state.json", "uploads"}


@contextmanager
def killable(applications: int, folder: Path) -> Generator[Killable]:
    workspace = generate_hiring_pipeline(applications, seed=9)
    simulator = Simulator(workspace, limits=Limits(reads_per_second=None, latency=0.01, score_per_window=None))
    with simulator.serve() as server:
        yield Killable(simulator, server.url, folder)


@pytest.mark.long
@pytest.mark.parametrize("hit", range(50))
def test_sigkill_at_a_random_moment_leaves_a_destination_that_the_next_sync_completes(hit: int, tmp_path: Path) -> None:
    with killable(200, tmp_path) as connection:
        connection.sync_and_kill(random.Random(hit).randint(0, 130))
        connection.assert_the_next_sync_completes()


@pytest.mark.slow
def test_a_connection_whose_process_is_killed_ends_exactly_where_attio_is(tmp_path: Path) -> None:
    applications, times = (60, 1) if PROFILE == "short" else (10_000, 10)
    moment = random.Random(applications)
    with killable(applications, tmp_path) as connection:
        for _ in range(times):
            connection.sync_and_kill(moment.randint(1, max(applications // 20, 20)))
        connection.assert_the_next_sync_completes()
