"""What happens in a workspace: at random, and the same in every run."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

from attio_simulator import Workspace
from attio_simulator.clock import nanoseconds
from attio_simulator.schema import Record, Value, all_values

OBJECT = "applications"
MOVES = ("Screening", "Interview", "Offer", "Rejected", "Withdrawn")
HOUR = 3_600_000_000_000
SETTLED = 24 * HOUR
"""How much older than a late move a status must be."""


class Changes:
    """Changes the applications of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._chance = random.Random("benchmark")
        self._chosen: set[str] = set()

    def records(self) -> list[Record]:
        """All applications."""
        return list(self._workspace.object(OBJECT).records.values())

    def history(self, record: Record) -> list[Value]:
        """The statuses an application had, oldest first."""
        return all_values(record, self._workspace.attribute_of(record, None))

    def move(self, count: int) -> list[str]:
        """Moves applications to another status; the only change that may come to the same record twice."""
        chosen = self._chance.sample([r for r in self.records() if _is_open(self.history(r))], count)
        for record in chosen:
            now = self.history(record)[-1].data.title
            self._workspace.set_status(record.id, self._chance.choice([m for m in MOVES if m != now]))
        return [record.id for record in chosen]

    def move_through_all(self) -> None:
        """Moves one application through several statuses at once."""
        (record_id,) = self.move(1)
        for title in MOVES:
            self._workspace.set_status(record_id, title)

    def create(self, count: int) -> None:
        """New applications."""
        for _ in range(count):
            self._workspace.create_record(OBJECT, "Applied")

    def delete(self, count: int) -> None:
        """Deletes applications."""
        for record in self._some(count):
            self._workspace.delete_record(record.id)

    def merge(self, count: int) -> None:
        """Merges pairs: two records go, a new one comes."""
        pairs = self._some(2 * count)
        for first, second in zip(pairs[:count], pairs[count:], strict=True):
            self._workspace.merge_records(first.id, second.id)

    def clear(self, count: int) -> None:
        """Clears statuses: the current one ends and none begins."""
        for record in self._some(count):
            self._workspace.clear_value(record.id)

    def backdate(self, count: int) -> None:
        """Moves whole histories an hour back, as an integration would that corrects when somebody applied."""
        for record in self._some(count):
            self._write(record, [_earlier(value) for value in self.history(record)])

    def move_late(self, count: int) -> None:
        """Moves that become visible late: they carry a date of hours ago."""
        six_hours_ago = self._workspace.clock.now() - timedelta(hours=6)
        for record in self._some(count, lambda held: held[-1].active_from < nanoseconds(six_hours_ago) - SETTLED):
            now = self.history(record)[-1].data.title
            self._workspace.set_status(record.id, next(m for m in MOVES if m != now), at=six_hours_ago)

    def rewrite(self, count: int) -> None:
        """Dates the first of several statuses an hour back: the current one stays as it is."""
        for record in self._some(count, lambda held: len(held) > 1):
            first, *others = self.history(record)
            self._write(record, [first._replace(active_from=first.active_from - HOUR), *others])

    def _some(self, count: int, suits: Callable[[list[Value]], bool] = bool) -> list[Record]:
        """Records with a current status that nothing but a move has happened to."""
        fit = [r for r in self.records() if r.id not in self._chosen and _is_open(held := self.history(r)) and suits(held)]
        chosen = self._chance.sample(fit, count)
        self._chosen.update(record.id for record in chosen)
        return chosen

    def _write(self, record: Record, values: list[Value]) -> None:
        record.values[self._workspace.attribute_of(record, None).index] = values


def _is_open(held: Sequence[Value]) -> bool:
    return bool(held) and held[-1].active_until is None


def _earlier(value: Value) -> Value:
    until = None if value.active_until is None else value.active_until - HOUR
    return value._replace(active_from=value.active_from - HOUR, active_until=until)
