"""What ARCHITECTURE shows as the whole change for a column, an attribute type and a table is the whole change."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from attio_simulator import Limits, Simulator
from attio_simulator.crm_data import generate_crm

ROOT = Path(__file__).parents[2]
CHANGES = re.findall(r"```diff\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.DOTALL)

SYNC = """
import json, sys
from attio_sync.checks import find_sources, run
from attio_sync.settings import load_settings
from attio_sync.streams import schema
from attio_sync.sync import run_sync

class Sink:
    def __init__(self): self.rows = {}
    def upsert(self, table, row): self.rows.setdefault(table, []).append(row)
    def delete(self, table, key): pass
    def truncate(self, table): pass
    def checkpoint(self, state): pass
    def warn(self, message): raise RuntimeError(message)

settings = load_settings({"attio_api_token": sys.argv[1], "attio_base_url": sys.argv[2], "history": "deals.stage"}, ())
declared = {t["table"]: t["columns"] for t in schema(run(settings, find_sources).sources)}
sink = Sink()
run_sync(settings, {}, sink)
print(json.dumps({"declared": declared, "rows": sink.rows}, default=str))
"""

TYPE = """
from attio_sync.attribute_types import TYPES
from attio_sync.histories import parse_history
from attio_sync.parents import parse_parent
from attio_sync.sources import Source
from attio_sync.streams import history_rows, history_table

value = {
    "active_from": "2026-01-01T00:00:00.000000000Z", "active_until": None,
    "created_by_actor": {"type": "system", "id": None}, "attribute_type": "percentage", "value": 12.5,
}
source = Source(parse_parent("deals"), "share", "attio_deals_share", TYPES["percentage"])
history = parse_history("00000000-0000-4000-8000-000000000000", [value], source.type)
[row] = history_rows(history_table(source), history, [0])
print(row["percentage"])
"""


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the connector with all that is shown."""
    folder = tmp_path_factory.mktemp("scratch")
    shutil.copytree(ROOT / "connector", folder / "connector", ignore=shutil.ignore_patterns("files", "__pycache__"))
    assert len(CHANGES) == 3
    for change in CHANGES:
        applied = subprocess.run(
            ["git", "apply", "-"],  # noqa: S607 (git is where it is)
            cwd=folder,
            input=change,
            text=True,
            capture_output=True,
            check=False,
        )
        assert applied.returncode == 0, f"ARCHITECTURE.md shows a change that no longer fits: {applied.stderr}"
    return folder / "connector"


def ran(connector: Path, program: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", program, *arguments], cwd=connector, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_column_and_a_table_are_delivered_by_what_is_shown(changed: Path) -> None:
    workspace = generate_crm(12, seed=1)
    with Simulator(workspace, limits=Limits.off()).serve() as server:
        found = json.loads(ran(changed, SYNC, "simulated-attio-token", server.url))
    assert "avatar_url" in found["declared"]["attio_workspace_member"]
    assert all(row["avatar_url"] for row in found["rows"]["attio_workspace_member"])
    views = {view.id for collection in workspace.collections.values() for view in collection.views}
    assert views
    assert {row["view_id"] for row in found["rows"]["attio_view"]} == views


def test_an_attribute_type_has_its_rows_by_what_is_shown(changed: Path) -> None:
    assert ran(changed, TYPE).strip() == "12.5"


def test_a_change_shown_is_small() -> None:
    for change in CHANGES:
        added = [line for line in change.splitlines() if line.startswith("+") and not line.startswith("+++")]
        assert len(added) < 30
