"""Statuses, owners and periods by number, as the page's data speak of them."""

from dataclasses import dataclass

from attio_workbench.actors import MEMBER, actor_text
from attio_workbench.models import Models, StatusStay


@dataclass(frozen=True, slots=True)
class ShownStatus:
    """A status as the page shows it."""

    status_id: str
    title: str
    order: int
    kind: str
    waiting_on: str | None
    target_days: float | None
    is_archived: bool


class Directory:
    """Gives statuses, owners and periods their numbers."""

    def __init__(self, models: Models) -> None:
        found = {
            row.status_id: ShownStatus(
                status_id=row.status_id,
                title=row.status_title,
                order=row.status_order,
                kind=row.status_kind,
                waiting_on=row.waiting_on,
                target_days=row.target_days,
                is_archived=row.is_archived,
            )
            for row in models.status
        }
        for stay in models.status_history:  # may speak of a status that Attio lists no more
            if stay.status_id not in found:
                found[stay.status_id] = ShownStatus(
                    status_id=stay.status_id,
                    title=stay.status_title,
                    order=stay.status_order,
                    kind=stay.status_kind,
                    waiting_on=stay.waiting_on,
                    target_days=None,
                    is_archived=True,
                )
        self.statuses = sorted(found.values(), key=lambda status: (status.order, status.status_id))
        self._status = {status.status_id: number for number, status in enumerate(self.statuses)}
        bearers: dict[str, set[str | None]] = {}
        for stay in models.status_history:
            if stay.moved_by_name:
                bearers.setdefault(stay.moved_by_name, set()).add(stay.moved_by_id)
        self._namesakes = {name for name, ids in bearers.items() if len(ids) > 1}
        self._people = {self.mover(stay) for stay in models.status_history if stay.moved_by_type == MEMBER}
        self.owners: list[str] = []
        self._owner: dict[str, int] = {}
        self._period: dict[str, int] = {}

    def status(self, status_id: str | None) -> int | None:
        """Its place in the order; None where there is none."""
        return None if status_id is None else self._status.get(status_id)

    def mover(self, stay: StatusStay) -> str:
        """Who moved it there; where the name does not tell people apart, with their id."""
        if stay.moved_by_name in self._namesakes:
            return f"{stay.moved_by_name} ({actor_text(stay.moved_by_type, stay.moved_by_id)})"
        return stay.mover

    @property
    def members(self) -> list[int]:
        """The numbers of the owners that are members of the workspace, not the system or an app."""
        return [number for number, name in enumerate(self.owners) if name in self._people]

    def owner(self, name: str) -> int:
        """Their number, given out as they come."""
        if name not in self._owner:
            self._owner[name] = len(self.owners)
            self.owners.append(name)
        return self._owner[name]

    @property
    def periods(self) -> list[str]:
        """The periods that have a number, in the order of these."""
        return list(self._period)

    def period(self, key: str) -> int:
        """The number of `all`, `month:2026-07-01` and their like, given out as they come."""
        return self._period.setdefault(key, len(self._period))
