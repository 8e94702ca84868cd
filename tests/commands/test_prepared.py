"""A script for which libraries have been imported beforehand finds everything as in a Python that it alone has."""

import json
import signal
import sys

import pytest
from tests.commands.projects import Project, finish
from tests.support.prepared import Prepared

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="on Linux only")

LOOK_AROUND = """
import json, os, signal, sys, tempfile, warnings

ours = ("attio_", "connector", "duckdb", "fivetran")
imported = [name for name in sys.modules if name.startswith(ours)]

from attio_sync.env_files import CONNECTOR
from fivetran_connector_sdk_cli.cli_helpers import telemetry

found = {
    "arguments": sys.argv[1:],
    "connector": str(CONNECTOR),
    "environment": dict(os.environ),
    "files": len(os.listdir("/proc/self/fd")),
    "folder": os.getcwd(),
    "flags": list(sys.flags),
    "home": telemetry._config_path,
    "imported": imported,
    "module": [__name__, __file__],
    "path": sys.path,
    "session": os.getsid(0) == os.getpid(),
    "signals": [str(signal.getsignal(number)) for number in sorted(signal.valid_signals())],
    "streams": [[file.encoding, file.errors, file.isatty()] for file in (sys.stdin, sys.stdout, sys.stderr)],
    "temporary": tempfile.gettempdir(),
    "threads": len(os.listdir("/proc/self/task")),
    "warnings": sorted(str((action, kind.__name__, module)) for action, _, kind, module, _ in warnings.filters),
}
print(json.dumps(found))
print("and failed", file=sys.stderr)
sys.exit(3)
"""


@pytest.fixture
def looking(project: Project) -> Project:
    project.is_prepared = True
    (project.folder / "look.py").write_text(LOOK_AROUND)
    (project.folder / "wait.py").write_text("import signal\nsignal.pause()\n")
    return project


def test_it_finds_and_leaves_everything_as_it_would_there(looking: Project) -> None:
    command, variables = ("python", "look.py", "--at", "ü"), {"ATTIO_PAGE_SIZE": "7", "PYTHONASYNCIODEBUG": "1"}
    prepared = looking.start(*command, **variables)
    assert isinstance(prepared, Prepared)
    looking.is_prepared = False
    alone, finished = looking.run(*command, **variables), finish(prepared)

    found = json.loads(alone.out)
    assert json.loads(finished.out) == found
    assert finished == alone
    assert (alone.code, alone.err) == (3, "and failed\n")
    assert (found["imported"], found["home"][: len(str(looking.home))]) == ([], str(looking.home))


def test_it_is_killed_as_it_would_be_there(looking: Project) -> None:
    waiting = looking.start("python", "wait.py")
    assert isinstance(waiting, Prepared)
    assert waiting.poll() is None

    waiting.send_signal(signal.SIGTERM)
    assert finish(waiting).code == -signal.SIGTERM


def test_what_python_looks_at_only_when_it_starts_has_it_started(looking: Project) -> None:
    (looking.folder / "streams.py").write_text("import sys\nprint(sys.stdout.encoding)\n")
    assert not isinstance(process := looking.start("python", "streams.py", PYTHONIOENCODING="latin-1"), Prepared)
    assert finish(process).out == "iso8859-1\n"
