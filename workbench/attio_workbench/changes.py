"""What happens in the demo's workspace between its two syncs, and what the tables must then hold."""

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import duckdb

from attio_simulator import Workspace
from attio_sync.attio_types.timestamps import parse_timestamp
from attio_sync.sources import FIRST, Source, tables_of

FORWARD = {
    "Applied": "Screening",
    "Screening": "Interview",
    "Interview": "Take-home task",
    "Take-home task": "Offer",
    "Offer": "Hired",
}
FORWARD_ELSEWHERE = {
    "deals": {"Lead": "In progress", "In progress": "Won 🎉"},
    "talent_pool": {"To contact": "In conversation", "In conversation": "Referred"},
}
MOVED_SHARE = 0.08
NEW_SHARE = 0.02
DELETED_SHARE = 0.01
POOL_SHARE = 0.5
BACK_SHARE = 0.1
"""Of those that move, the part that goes back to the first status."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How many applications moved, went back, came in and were deleted, and how many deals and entries moved."""

    moved: int
    back: int
    new: int
    deleted: int
    deals: int
    entries: int


class KnownStay(NamedTuple):
    """A row of a history table, as far as it can be compared with the workspace; `what` identifies the value."""

    source: str
    record_id: str
    active_from: datetime
    what: str
    active_until: datetime | None


def change(workspace: Workspace, seed: int, since: datetime) -> Changes:
    """Moves some applications, deals and entries, adds some applications and deletes a few, each at a moment of its own.

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
    others = (_moved_on(workspace, slug, chance, since) for slug in FORWARD_ELSEWHERE)
    return Changes(moved, back, new, len(deleted), *others)


def work_the_pool(workspace: Workspace, seed: int) -> None:
    """Members move half of the list's entries on, each some time after its last move: generated, only apps move them."""
    chance = random.Random(f"pool {seed}")  # noqa: S311 (the same in every run)
    now, following = workspace.clock.now(), FORWARD_ELSEWHERE["talent_pool"]
    members = [member.actor for member in workspace.members[1:]]
    for entry in workspace.record_ids("talent_pool"):
        current = workspace.current(entry)
        if current and current["status"]["title"] in following and chance.random() < POOL_SHARE:
            since = parse_timestamp(current["active_from"])
            moment = since + (now - since) * chance.uniform(0.1, 0.9)
            workspace.set_status(entry, following[current["status"]["title"]], actor=chance.choice(members), at=moment)


def _moved_on(workspace: Workspace, slug: str, chance: random.Random, since: datetime) -> int:
    """Moves a share of those that can go on; how many."""
    passed = workspace.clock.now() - since
    following, members = FORWARD_ELSEWHERE[slug], [member.actor for member in workspace.members[1:]]
    current = {item: value["status"]["title"] for item in workspace.record_ids(slug) if (value := workspace.current(item))}
    movable = [item for item, title in current.items() if title in following]
    moving = chance.sample(movable, min(len(movable), max(1, round(len(current) * MOVED_SHARE))))
    for item in moving:
        workspace.set_status(
            item, following[current[item]], actor=chance.choice(members), at=since + passed * chance.random()
        )
    return len(moving)


def histories_to_read(workspace: Workspace, since: datetime | None, sources: Iterable[Source] = (FIRST,)) -> int:
    """How many histories a sync of what changed since then reads: those of which a listing cannot prove that it is all."""
    start = "" if since is None else f"{since:%Y-%m-%dT%H:%M:%S}"
    histories = (history for source in sources for history in _histories(workspace, source).values())
    return sum(len(h) != 1 and (since is None or (bool(h) and h[-1]["active_from"] >= start)) for h in histories)


def true_stays(workspace: Workspace, sources: Iterable[Source] = (FIRST,)) -> Iterator[KnownStay]:
    """Every stay that the workspace knows of."""
    for source in sources:
        for record_id, history in _histories(workspace, source).items():
            for value in history:
                until = value["active_until"]
                yield KnownStay(
                    source.name,
                    record_id,
                    parse_timestamp(value["active_from"]),
                    source.type.identity(value),
                    parse_timestamp(until) if until else None,
                )


def _histories(workspace: Workspace, source: Source) -> dict[str, list[dict[str, Any]]]:
    return {item: workspace.history(item, source.attribute) for item in workspace.record_ids(source.parent.slug)}


def delivered_stays(connection: duckdb.DuckDBPyConnection, sources: Iterable[Source] = (FIRST,)) -> Iterator[KnownStay]:
    """Every stay that the warehouse holds."""
    for source in sources:
        is_defined = source.type.definition is not None
        value = source.type.columns[0].name if is_defined else "value"
        query = f"""
            SELECT "{source.parent.id_column}", active_from, {value}, active_until
            FROM tester."{tables_of(source)[1]}" WHERE NOT _fivetran_deleted
        """  # noqa: S608 (names that the setting allows, quoted)
        for record_id, since, what, until in connection.execute(query).fetchall():
            yield KnownStay(
                source.name, record_id, since, what if is_defined else source.type.identity(json.loads(what)), until
            )
