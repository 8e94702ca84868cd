"""A process that dies at any moment: what it leaves, and that the next sync ends as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from attio_sync.full_pass import Spool
from tests.conftest import PROFILE
from tests.support import truth
from tests.support.sdk import LocalRun
from tests.support.warehouse import Killed
from tests.support.world import ERRORS, HISTORY, TABLE, World, make_world

from attio_simulator import Behaviour, Clock, Limits, RequestInfo, Simulator, Workspace, generate_hiring_pipeline
from attio_sync.attio_types import parse_history
from attio_sync.bridge import Environment
from attio_sync.errors import SpoolError

APPLICATIONS = 260
KEY = "applications.workflow_status=attio_workflow_status"


class CrashError(Exception):
    """What nobody thought of, in the middle of a request."""


def pipeline(applications: int, clock: Clock) -> Workspace:
    return generate_hiring_pipeline(applications, seed=7, clock=clock)


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **more}


def run_program(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, *arguments],
        env=_environment(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def slow_world(applications: int) -> World:
    """Answers take so long that a checkpoint is due after every page."""
    return make_world(partial(pipeline, applications), limits=Limits(latency=28.0), page_size="10", concurrency="2")


def sync_until_killed(world: World, operation: str, number: int) -> bool:
    """Whether the process lived to see that operation, and died of it."""
    world.die_at(operation, number)
    try:
        world.sync()
    except Killed:
        return True
    finally:
        world.live()
    return False


def operations(world: World, **configuration: str) -> dict[str, int]:
    """How often each operation happens in such a sync."""
    counted: dict[str, int] = {}

    def before(name: str) -> None:
        counted[name] = counted.get(name, 0) + 1

    world.warehouse.before = before
    world.sync(**configuration)
    return counted


def seconds_between_checkpoints(world: World) -> list[float]:
    """Of one sync, from its start on."""
    moments: list[float] = []

    def before(name: str) -> None:
        if name == "checkpoint":
            moments.append(world.time.seconds)

    world.warehouse.before = before
    world.sync()
    return [later - earlier for earlier, later in zip([0.0, *moments], moments, strict=False)]


def test_a_checkpoint_is_made_at_most_once_a_minute_and_at_least_every_ten() -> None:
    world = slow_world(400)
    gaps = seconds_between_checkpoints(world)
    assert len(gaps) > 5
    assert all(60 <= gap <= 600 for gap in gaps[:-1])


def test_checkpoints_go_on_while_no_page_is_completed() -> None:
    one_page = Behaviour(listing_page_maximum=None)
    world = make_world(
        partial(pipeline, 2_000), limits=Limits(latency=1.0), behaviour=one_page, page_size="2000", concurrency="1"
    )
    assert max(seconds_between_checkpoints(world)) <= 600
    world.assert_equal_to_attio()


@pytest.mark.parametrize("moment", ["checkpoint", "checkpointed"])
def test_a_kill_at_every_checkpoint_loses_nothing_and_repeats_one_page_at_most(moment: str) -> None:
    number = 0
    killed = True
    while killed:
        number += 1
        world = slow_world(APPLICATIONS)
        killed = sync_until_killed(world, moment, number)
        under_way = world.warehouse.state.get("histories", {}).get(KEY, {}).get("under_way")
        before = set(world.histories)
        report = world.sync()
        world.assert_equal_to_attio()
        if under_way:
            # Beyond what the cursor names only one page may come again, and a few of the last hour in the fresh window.
            assert report.listed <= APPLICATIONS - len(before) + 10 + 5
        assert "under_way" not in world.warehouse.state["histories"][KEY]
    assert number > 10


def test_a_kill_at_any_row_loses_nothing() -> None:
    total = operations(slow_world(60))["upsert"]
    for number in random.Random(1).sample(range(1, total + 1), 40 if PROFILE == "short" else total):
        world = slow_world(60)
        assert sync_until_killed(world, "upsert", number)
        world.sync()
        world.assert_equal_to_attio()


def changed_world() -> World:
    """A workspace that an incremental sync cannot follow: only a full pass can."""
    world = slow_world(150)
    world.sync()
    world.pass_time(days=9)
    ids = world.workspace.record_ids("applications")
    world.workspace.delete_record(ids[3])
    world.workspace.merge_records(ids[10], ids[11])
    world.workspace.clear_value(ids[20], "workflow_status")
    world.workspace.replace_history(ids[30], [("Applied", world.time.start, None)])
    world.workspace.set_status(ids[40], "Offer")
    return world


def test_a_full_pass_makes_the_destination_equal_to_attio() -> None:
    world = changed_world()
    world.sync(full_pass_days="0")
    assert set(world.histories) != set(world.workspace.record_ids("applications"))
    report = world.sync()
    assert report.full_passes == 1
    world.assert_equal_to_attio()
    assert world.sync().full_passes == 0


def test_a_full_pass_that_is_killed_while_it_reads_changes_nothing() -> None:
    world = changed_world()
    world.sync(full_pass_days="0")
    before = (world.histories, world.stays)
    for request in (10, 40, 80):
        number = world.simulator.requests.total + request

        def die(info: RequestInfo, number: int = number) -> None:
            if info.number >= number:
                raise CrashError

        remove = world.simulator.on_request(die)
        with pytest.raises(CrashError):
            world.sync()
        remove()
        assert (world.histories, world.stays) == before
    world.sync()
    world.assert_equal_to_attio()


def test_a_kill_at_every_point_of_the_rewriting_is_healed_by_the_next_sync() -> None:
    counted = operations(changed_world())
    moments = [("truncate", n) for n in range(1, counted["truncate"] + 1)]
    moments += [("checkpoint", n) for n in range(1, counted["checkpoint"] + 1)]
    moments += [("checkpointed", n) for n in range(1, counted["checkpoint"] + 1)]
    moments += [("upsert", n) for n in range(1, counted["upsert"] + 1, 50 if PROFILE == "short" else 7)]
    for operation, number in moments:
        world = changed_world()
        before = world.histories
        sync_until_killed(world, operation, number)
        state = world.warehouse.state["histories"][KEY]
        if not state.get("rewriting"):
            # Nothing has been truncated, or all has been written: no row is missing.
            assert set(before) - set(world.histories) <= set(before) - set(world.workspace.record_ids("applications"))
        world.sync()
        world.assert_equal_to_attio()
        assert "rewriting" not in world.warehouse.state["histories"][KEY]


def test_incremental_changes_are_delivered_even_when_the_full_pass_cannot_finish() -> None:
    world = changed_world()
    moved = world.workspace.record_ids("applications")[50]
    world.workspace.set_status(moved, "Offer")
    queries = 0

    def fail(info: object) -> None:
        nonlocal queries
        if (
            world.warehouse.state["histories"][KEY].get("last_sync", "") > "2026-11-10"
            and getattr(info, "kind", "") == "values"
        ):
            raise CrashError

    remove = world.simulator.on_request(fail)
    with pytest.raises(CrashError):
        world.sync()
    remove()
    assert world.histories[moved] == world.workspace.history(moved)
    world.sync()
    world.assert_equal_to_attio()


def test_not_enough_disk_is_a_clear_error_and_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = changed_world()
    world.sync(full_pass_days="0")
    before = (world.histories, world.stays)
    missing = tmp_path / "no-such-folder"
    monkeypatch.setattr("tempfile.tempdir", str(missing))
    with pytest.raises(SpoolError, match=r"cannot keep what it reads in .*no-such-folder.*Nothing was changed; make room"):
        world.sync()
    assert (world.histories, world.stays) == before
    monkeypatch.undo()
    world.sync()
    world.assert_equal_to_attio()


def test_a_full_disk_shows_before_anything_is_truncated_however_little_was_to_be_kept() -> None:
    history = parse_history("a record", [], datetime.now(UTC))
    # Everything fits into the file's buffer; only /dev/full says that it would not fit onto the disk.
    with Path("/dev/full").open("w+", buffering=1 << 16, encoding="utf-8") as file:
        with pytest.raises(SpoolError, match=r"No space left on device\. Nothing was changed"):
            Spool(file).append([history])
        with suppress(OSError):  # closing tries once more
            file.close()


def test_a_full_disk_is_a_clear_error_and_changes_nothing() -> None:
    """In a process of its own, which may write files of 20 kB at most."""
    done = run_program([str(Path(__file__).with_name("full_disk.py"))], {})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "File too large. Nothing was changed; make room there" in done.stdout


def test_a_full_pass_never_due_is_never_made() -> None:
    world = make_world(partial(pipeline, 50), full_pass_days="0")
    world.sync()
    for _ in range(5):
        world.pass_time(days=30)
        assert world.sync().full_passes == 0


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
            "ATTIO_BACKFILL_DAYS": "all",
            "ATTIO_PAGE_SIZE": "25",
            "ATTIO_REQUESTS_PER_SECOND": "400",
        }

    @property
    def program(self) -> list[str]:
        return [str(Path(__file__).with_name("one_sync.py")), str(self.folder)]

    def sync_and_kill(self, requests: int) -> None:
        """SIGKILL once the sync has sent so many requests."""
        process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, *self.program],
            env=_environment(self.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        target = self.simulator.requests.total + requests
        while self.simulator.requests.total < target and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def assert_the_next_sync_completes(self) -> None:
        done = run_program(self.program, self.environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SYNC SUCCEEDED" in done.stdout
        run = LocalRun(self.folder, Environment())
        stays = {
            (r["application_id"], r["active_from"], r["status_id"]): {k: v for k, v in r.items() if k != "read_at"}
            for r in run.rows(HISTORY)
        }
        assert stays == truth.history_table(self.simulator.workspace)
        rows = {r["application_id"]: json.loads(r["workflow_status"]) for r in run.rows(TABLE)}
        assert rows == truth.status_table(self.simulator.workspace)
        assert run.rows(ERRORS) == []
        assert {path.name for path in (self.folder / "files").iterdir()} <= {"warehouse.db", "state.json", "uploads"}


@contextmanager
def killable(applications: int, folder: Path) -> Generator[Killable]:
    workspace = generate_hiring_pipeline(applications, seed=9)
    simulator = Simulator(workspace, limits=Limits(reads_per_second=None, latency=0.01, score_per_window=None))
    with simulator.serve() as server:
        yield Killable(simulator, server.url, folder)


@pytest.mark.parametrize("hit", range(4 if PROFILE == "short" else 50))
def test_sigkill_at_a_random_moment_leaves_a_destination_that_the_next_sync_completes(hit: int, tmp_path: Path) -> None:
    with killable(300, tmp_path) as connection:
        connection.sync_and_kill(random.Random(hit).randint(0, 190))
        connection.assert_the_next_sync_completes()


def test_a_connection_killed_ten_times_in_a_row_ends_exactly_where_attio_is(tmp_path: Path) -> None:
    applications = 300 if PROFILE == "short" else 10_000
    moment = random.Random(applications)
    with killable(applications, tmp_path) as connection:
        for _ in range(10):
            connection.sync_and_kill(moment.randint(1, applications // 20))
        connection.assert_the_next_sync_completes()
