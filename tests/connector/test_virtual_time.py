"""The clock that jumps: what happens is the same, and in the same order, on any machine."""

import time
from collections.abc import Callable

import pytest
from tests.support.world import Hiring, World, make_world

from attio_simulator import Limits, RequestInfo

SECONDS = 0.002
"""Long enough for the other thread to go on, if it may."""


def nobody(_world: World) -> None:
    """Both threads run as the machine lets them."""


def slow_reader(world: World) -> None:
    world.simulator.on_request(lambda info: time.sleep(SECONDS * (info.number % 7 == 0)))


def slow_writer(world: World) -> None:
    before, upserts = world.warehouse.before, 0

    def wait(operation: str) -> None:
        nonlocal upserts
        upserts += 1
        time.sleep(SECONDS * (upserts % 20 == 0))
        before(operation)

    world.warehouse.before = wait


def what_happens(hold_up: Callable[[World], None], latency: float) -> list[tuple[float, str]]:
    """All that is asked for and all that is written in a sync, in which a checkpoint is due now and then, and when."""
    world = make_world(Hiring(70, seed=7), limits=Limits(latency=latency), page_size="40", backfill_days="60")
    happened: list[tuple[float, str]] = []

    def note(info: RequestInfo) -> None:
        happened.append((world.time.seconds, info.path))

    def note_operation(operation: str) -> None:
        happened.append((world.time.seconds, operation))
        world.time.sleep(0.25 * (operation == "upsert"))

    world.simulator.on_request(note)
    world.warehouse.before = note_operation
    hold_up(world)
    world.sync()
    return happened


@pytest.mark.parametrize("values_ahead", [10_000, 3])
@pytest.mark.parametrize("latency", [0.05, pytest.param(28.0, marks=pytest.mark.slow)])
def test_everything_happens_in_the_same_order_whichever_thread_is_held_up(
    latency: float, values_ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attio_sync.pages.VALUES_AHEAD", values_ahead)
    expected = what_happens(nobody, latency)
    assert len(expected) > 200
    for hold_up in (slow_reader, slow_writer):
        assert what_happens(hold_up, latency) == expected
