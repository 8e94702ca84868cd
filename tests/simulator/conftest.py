from __future__ import annotations

import pytest
from tests.simulator.support import START, Asking, Time

from attio_simulator import Behaviour, Clock, Faults, Limits, Simulator, Workspace


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def clock(time: Time) -> Clock:
    return Clock(start=START, source=time)


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    return Workspace.hiring(clock=clock, seed=3)


@pytest.fixture
def simulator(workspace: Workspace) -> Simulator:
    return Simulator(workspace, limits=Limits.off(), faults=Faults(), behaviour=Behaviour())


@pytest.fixture
def api(simulator: Simulator) -> Asking:
    return Asking(simulator)
