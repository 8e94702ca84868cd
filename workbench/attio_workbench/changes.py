"""What happens in the demo's workspace between its two syncs, and what the tables must then hold."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import duckdb

from attio_simulator import Workspace

FORWARD = {
    "Applied": "Screening",
    "Screening": "Interview",
    "Interview": "Take-home task",
    "Take-home task": "Offer",
    "Offer": "Hired",
}
MOVED_SHARE = 0.08
NEW_SHARE = 0.02
DELETED_SHARE = 0.01
BACK_SHARE = 0.1
"""Of those that move, the part that goes back to the first status."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How many applications moved, went back, came in and were deleted."""

    moved: int
    back: int
    new: int
    deleted: int


class Stay(NamedTuple):
    """A row of the history table, as far as it can be compared with the workspace."""

    application_id: str
    active_from: datetime
    status_id: str
    active_until: datetime | None


def change(workspace: Workspace, seed: int, since: datetime) -> Changes:
    """Moves some applications, adds some new ones and deletes a few, each at a moment of its own since then.

    All at one instant would be an import, of which the models know no ages.
    """
    chance = random.Random(f"changes {seed}")  # noqa: S311 (the same in every run)
    passed = workspace.clock.now() - since
    recruiters = [member.actor for member in workspace.members[1:]]
    ids = workspace.record_ids("applications")
    moved = back = 0
    for record_id in chance.sample(ids, round(len(ids) * MOVED_SHARE)):
        current = workspace.current(record_id)
        title = current["status"]["title"] if current else None
        if title not in FORWARD:
            continue
        goes_back = title != "Applied" and chance.random() < BACK_SHARE
        following = "Applied" if goes_back else FORWARD[title]
        workspace.set_status(record_id, following, actor=chance.choice(recruiters), at=since + passed * chance.random())
        moved, back = moved + (not goes_back), back + goes_back
    new = max(1, round(len(ids) * NEW_SHARE))
    for moment in sorted(chance.random() for _ in range(new)):
        workspace.create_record("applications", "Applied", at=since + passed * moment)
    deleted = chance.sample(ids, max(1, round(len(ids) * DELETED_SHARE)))
    for record_id in deleted:
        workspace.delete_record(record_id)
    return Changes(moved, back, new, len(deleted))


def histories_to_read(workspace: Workspace, since: datetime | None) -> int:
    """How many applications a sync of what changed since then asks about: a listing cannot prove that they never moved."""
    start = "" if since is None else f"{since:%Y-%m-%dT%H:%M:%S}"
    histories = (workspace.history(record_id) for record_id in workspace.record_ids("applications"))
    return sum(len(h) != 1 and (since is None or (bool(h) and h[-1]["active_from"] >= start)) for h in histories)


def true_stays(workspace: Workspace) -> Iterator[Stay]:
    """Every stay that the workspace knows of."""
    for record_id in workspace.record_ids("applications"):
        for value in workspace.history(record_id):
            until = value["active_until"]
            yield Stay(
                record_id,
                datetime.fromisoformat(value["active_from"]),
                value["status"]["id"]["status_id"],
                datetime.fromisoformat(until) if until else None,
            )


def delivered_stays(connection: duckdb.DuckDBPyConnection) -> Iterator[Stay]:
    """Every stay that the warehouse holds."""
    query = """
        SELECT application_id, active_from, status_id, active_until
        FROM tester.attio_workflow_status_history WHERE NOT _fivetran_deleted
    """
    return (Stay(*row) for row in connection.execute(query).fetchall())
