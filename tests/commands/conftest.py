"""What the commands run on: a copy of the connector, and simulators to read from."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.commands.projects import TOKEN, Attio, Project

from attio_simulator import Fault, Faults, Limits, Simulator, Workspace, generate_hiring_pipeline

type Serve = Callable[..., Attio]
type NewProject = Callable[[str], Project]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves simulators for as long as the test lasts; by default sixty applications, and no limits."""
    with ExitStack() as stack:

        def start(
            *faults: Fault, workspace: Workspace | None = None, limits: Limits | None = None, token: str = TOKEN
        ) -> Attio:
            simulator = Simulator(
                workspace or generate_hiring_pipeline(60, seed=1),
                limits=limits or Limits.off(),
                faults=Faults(*faults),
                token=token,
            )
            return Attio(simulator, stack.enter_context(simulator.serve()).url)

        yield start


@pytest.fixture
def attio(serve: Serve) -> Attio:
    return serve()


@pytest.fixture
def new_project(tmp_path: Path) -> NewProject:
    """Makes projects, each in a folder of its own."""
    return lambda name: Project(tmp_path / name)


@pytest.fixture
def project(new_project: NewProject) -> Project:
    return new_project("project")
