"""As the stateful test of the status history, over sources of other types, of objects and of lists."""

import json
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.connector.test_stateful import BEHAVIOURS, EVERYTHING, MACHINE, faults, how_much
from tests.support.sources import assert_source_equals_attio, table_of
from tests.support.warehouse import Killed
from tests.support.world import World, make_world

from attio_simulator import Behaviour, Clock, Fault, Faults, Limits, Workspace
from attio_simulator.crm_data import generate_crm
from attio_simulator.happenings import KINDS, Happenings, source_of
from attio_sync.errors import AttioSyncError, UnknownNameError

SOURCES = (
    "deals.stage",
    "deals.products",
    "people.company",
    "people.job_title",
    "lists/hiring.stage",
    "lists/onboarding.due_at",
)


def fill(clock: Clock) -> Workspace:
    return generate_crm(24, seed=4, clock=clock)


class Sources(RuleBasedStateMachine):
    """One connection with several sources. `versions` holds every history that was ever true, by source and record."""

    behaviour = Behaviour()

    def __init__(self) -> None:
        super().__init__()
        self.world: World = make_world(fill, limits=Limits(latency=0.05), behaviour=self.behaviour)
        self.world.configuration |= {"history": ",".join(SOURCES), "page_size": "8", "backfill_days": "30"}
        self.world.track(",".join(SOURCES))
        self.happened = 0
        self.versions: dict[tuple[str, str], list[str]] = {}
        self.note()

    def note(self) -> None:
        """Remembers what is true now."""
        for written in SOURCES:
            collection, attribute = source_of(self.world.workspace, written)
            for row_id in collection.ids:
                history = identified(self.world.workspace.history(row_id, attribute.slug))
                known = self.versions.setdefault((written, row_id), [])
                if history not in known[-1:]:
                    known.append(history)

    @rule(kind=st.sampled_from(KINDS), seed=st.integers(0, 1_000))
    def something_happens(self, kind: Any, seed: int) -> None:
        self.happened += 1
        Happenings(self.world.workspace, seed=seed * 1_000 + self.happened, sources=SOURCES).happen(kind)
        self.world.pass_time(milliseconds=1)
        self.note()

    @rule(minutes=st.sampled_from([1, 59, 61, 60 * 12, 60 * 24 * 3]))
    def time_passes(self, minutes: int) -> None:
        self.world.pass_time(minutes=minutes)

    @rule(how=how_much)
    def sync(self, how: dict[str, str]) -> None:
        self.note()
        self.world.sync(**how)

    @rule(
        operation=st.sampled_from(["upsert", "delete", "checkpoint", "checkpointed"]),
        number=st.integers(1, 90),
        how=how_much,
    )
    def sync_that_is_killed(self, operation: str, number: int, how: dict[str, str]) -> None:
        self.note()
        self.world.die_at(operation, number)
        try:
            self.world.sync(**how)
        except Killed:
            return
        finally:
            self.world.live()

    @rule(faults=faults, seed=st.integers(0, 1_000), how=how_much)
    def sync_amid_faults(self, faults: list[Fault], seed: int, how: dict[str, str]) -> None:
        self.note()
        self.world.simulator.faults = Faults(*faults, seed=seed)
        changing = any(fault.kind in {"vanish", "change"} for fault in faults)
        remove = self.world.simulator.on_request(lambda _info: self.note() if changing else None)
        try:
            self.world.sync(**how)
        except AttioSyncError:
            return
        finally:
            remove()
            self.world.simulator.faults = Faults()
            self.note()

    @rule(every=st.integers(1, 4), how=how_much)
    def sync_with_a_token_that_sees_less(self, every: int, how: dict[str, str]) -> None:
        """What a member may not see is not deleted."""
        simulator = self.world.simulator
        collection, _ = source_of(self.world.workspace, "people.company")
        before = {row["record_id"] for row in self.world.warehouse.rows("attio_people_company")}
        simulator.hidden, simulator.token_level = set(list(collection.ids)[::every]), "user"
        self.note()
        try:
            self.world.sync(**how)
        except UnknownNameError:  # one list is private
            pass
        finally:
            simulator.hidden, simulator.token_level = set(), "workspace"
        after = {row["record_id"] for row in self.world.warehouse.rows("attio_people_company")}
        assert before <= after or not self.world.warehouse.state

    @rule()
    def sync_until_everything_is_equal(self) -> None:
        self.note()
        for _ in range(2):
            self.world.sync(**EVERYTHING)
        for written in SOURCES:
            assert_source_equals_attio(self.world.workspace, self.world.warehouse, written, table_of(written))
        upserts = self.world.warehouse.upserts
        self.world.sync(**EVERYTHING)
        assert self.world.warehouse.upserts == upserts

    @invariant()
    def whatever_is_in_the_destination_was_true_once(self) -> None:
        for written in SOURCES:
            slug = written.rpartition(".")[2]
            for row in self.world.warehouse.rows(table_of(written)):
                row_id = row.get("entry_id") or row["record_id"]
                shown = row[slug] if slug in row else row[f"{slug}_history"]
                assert identified(shown) in self.versions[written, row_id], (written, row_id)

    def teardown(self) -> None:
        self.sync_until_everything_is_equal()


def identified(history: list[Any]) -> str:
    """A history in no order of its own and without what statuses and options are called."""
    without_titles = ({k: v["id"] if k in {"status", "option"} else v for k, v in value.items()} for value in history)
    return "\n".join(sorted(json.dumps(value, sort_keys=True) for value in without_titles))


# The short profile has each of these things happen once, in test_sources.py and test_hostile_sources.py.
@pytest.mark.long
@pytest.mark.parametrize("name", BEHAVIOURS)
def test_several_sources_end_equal_to_attio(name: str) -> None:
    machine = type("Machine", (Sources,), {"behaviour": BEHAVIOURS[name]})
    run_state_machine_as_test(machine, settings=settings(MACHINE, stateful_step_count=12))
