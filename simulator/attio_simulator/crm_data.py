"""A whole workspace of any size, made from a seed: every type of attribute, with a past; same seed, same bytes."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .clock import MILLISECOND, SECOND, Clock
from .crm import LISTS, furnish_crm
from .draws import Draws
from .schema import Record, Value, held_values
from .values import same_as
from .writes import LATE, Workspace, stamp_lag

if TYPE_CHECKING:
    from .schema import Attribute, Collection

PERIOD = timedelta(days=180)

# Which part of the records each object has; and of the records of its object, which part each list.
SHARES = {"companies": 0.2, "people": 0.4, "workspaces": 0.05, "users": 0.1, "deals": 0.2, "projects": 0.05}
IN_LIST = {"sales": 0.5, "hiring": 0.1, "onboarding": 0.25}

# How probable each is.
HAS_VALUE = 0.7
HAS_STATUS = 0.97
MOVES = 0.4
MOVES_AGAIN = 0.5
IS_CLEARED = 0.1
IS_TAKEN_AWAY = 0.4
BEGAN_BEFORE = 0.02
LATE_SHARE = 1 / 24
MOST = 12
DAY = 86_400 * SECOND
STAY = 15 * DAY


def generate_crm(records: int = 20_000, *, seed: int = 1, clock: Clock | None = None) -> Workspace:
    """Make a workspace with people, companies, deals, users, workspaces, projects and three lists.

    Every attribute that keeps a history has one on part of the records; `TRACKED` in `crm.py` names the most varied.

    Args:
        records: how many records all objects have together; the lists have about an eighth of that in addition.
        seed: same seed and same start of the clock: the same workspace, byte for byte.
        clock: the workspace's clock; by default real time. Everything lies in the 180 days before its start.
    """
    clock = clock or Clock()
    # Everything is stamped from the start of the clock, not from now: generating takes time, and bytes must not.
    frozen = Clock(start=clock.start, source=lambda: 0.0)
    workspace = Workspace(clock=frozen, seed=seed, name="Example CRM")
    furnish_crm(workspace)
    _Generator(workspace, seed).generate(records)
    workspace.clock = clock
    workspace.late_share = LATE_SHARE
    return workspace


class _Generator:
    def __init__(self, workspace: Workspace, seed: int) -> None:
        self.workspace = workspace
        self.random = random.Random(f"crm {seed}")
        self.draws = Draws(workspace, self.random)
        self.end = workspace.clock.nanoseconds() - SECOND
        self.begin = self.end - int(PERIOD.total_seconds()) * SECOND
        # Of the two sides of a relationship that is written first; the other is made from it.
        self.mirrored = {"team", "associated_deals", "associated_users", "associated_workspaces", "users"}

    def generate(self, count: int) -> None:
        left = count
        for place, (slug, share) in enumerate(SHARES.items(), 1):
            here = left if place == len(SHARES) else min(left, round(count * share))
            left -= here
            self._object(self.workspace.object(slug), here)
        for slug, (_, parent, _) in LISTS.items():
            self._list(self.workspace.list(slug), self.workspace.object(parent), IN_LIST[slug])
        for collection in self.workspace.objects():
            for attribute in collection.attributes:
                if attribute.relationship is not None and attribute.slug not in self.mirrored:
                    self._mirror(collection, attribute, attribute.relationship[1])
        self.workspace.rename_status("In progress", "Negotiating", collection="deals")
        self.workspace.archive_status("Paused", collection="projects")

    def _object(self, collection: Collection, count: int) -> None:
        span = (self.end - self.begin) // MILLISECOND
        moments = sorted(self.begin + int(self.random.random() * span) * MILLISECOND for _ in range(count))
        collection.add_all([self._record(collection, created) for created in moments])
        self.workspace.rows.update(collection.records)

    def _list(self, collection: Collection, parents: Collection, share: float) -> None:
        entries: list[Record] = []
        for parent in parents.records.values():
            while self.random.random() < share:
                created = (
                    parent.created + int(self.random.random() * (self.end - parent.created) // MILLISECOND) * MILLISECOND
                )
                entry = self._record(collection, created, parent)
                entries.append(entry)
                self.workspace.entries_of.setdefault(parent.id, []).append(entry)
        collection.add_all(entries)
        self.workspace.rows.update(collection.records)

    def _record(self, collection: Collection, created: int, parent: Record | None = None) -> Record:
        by = self.draws.actor()
        late = self.draws.pick(LATE) * MILLISECOND if self.random.random() < LATE_SHARE else 0
        held: list[Any] = [None] * sum(1 for one in collection.attributes if one.index >= 0)
        for attribute in collection.attributes:
            if attribute.index < 0 or (attribute.relationship is not None and attribute.slug in self.mirrored):
                continue
            if self.random.random() < (HAS_STATUS if attribute.type == "status" else HAS_VALUE):
                values = self._values(attribute, created, created + late, by)
                is_plain = len(values) == 1 and values[0].active_from == created and not attribute.is_multiselect
                held[attribute.index] = values[0].data if is_plain and values[0].active_until is None else values or None
        stamped = created + stamp_lag(self.random.random())
        return Record(self.workspace.new_id(), created, stamped, by, collection, held, parent)

    def _values(self, attribute: Attribute, created: int, begun: int, by: Any) -> list[Value]:
        """Make the values that an attribute had since its record was created."""
        first = self.draws.value(attribute, created)
        if first is None:
            return []
        current = [Value(begun, None, by, first)]
        if not attribute.keeps_history:
            return current
        if self.random.random() < BEGAN_BEFORE:
            # Written later by somebody who knew better.
            current = [Value(created - (1 + int(self.random.random() * 90)) * DAY, None, by, first)]
        ended: list[Value] = []
        for moment in self._moments(begun):
            actor = self.draws.actor()
            other = self.draws.another(attribute, [one.data for one in current], moment)
            if attribute.is_multiselect and (other is None or self.random.random() < IS_TAKEN_AWAY):
                gone = current.pop(int(self.random.random() * len(current))) if current else None
                ended += [] if gone is None else [_ended(gone, moment)]
            elif attribute.is_multiselect:
                current.insert(0, Value(moment, None, actor, other))
            else:
                ended += [_ended(one, moment) for one in current]
                is_cleared = other is None or (bool(current) and self.random.random() < IS_CLEARED)
                current = [] if is_cleared else [Value(moment, None, actor, other)]
        return ended + current

    def _moments(self, begun: int) -> list[int]:
        """Draw when something changes: from never to a dozen times, at a pace that is the same in all the months."""
        moments: list[int] = []
        moment, chance = begun, MOVES
        while len(moments) < MOST and self.random.random() < chance:
            moment += MILLISECOND + int(self.random.expovariate() * STAY) // MILLISECOND * MILLISECOND
            if moment > self.end:
                break
            moments.append(moment)
            chance = MOVES_AGAIN
        return moments

    def _mirror(self, collection: Collection, attribute: Attribute, inverse_slug: str) -> None:
        """Make the other side of a relationship from this one."""
        other_side: dict[str, list[Value]] = {}
        for record in collection.records.values():
            for value in held_values(record, attribute):
                mirrored = value._replace(data=(collection.slug, record.id))
                other_side.setdefault(value.data[1], []).append(mirrored)
        for target_id, values in other_side.items():
            target = self.workspace.rows[target_id]
            inverse = self.workspace.attribute_of(target, inverse_slug)
            values.sort(key=lambda one: (one.active_from, one.data))
            ended = [one for one in values if one.active_until is not None]
            current = {same_as(inverse, one.data): one for one in values if one.active_until is None}
            target.values[inverse.index] = ended + list(current.values())[::-1]


def _ended(value: Value, moment: int) -> Value:
    return Value(value.active_from, moment, value.actor, value.data)
