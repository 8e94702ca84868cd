"""Histories made up for a test, in the tables in which the connector delivers them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from warehouses import Warehouse

COMMON = {"_fivetran_deleted": "boolean"}
STAYS = {
    "position": "bigint",
    "status_id": "text",
    "active_from": "timestamptz",
    "active_until": "timestamptz",
    "is_active": "boolean",
    "status_title": "text",
    "status_is_archived": "boolean",
    "target_time_in_status": "text",
    "created_by_actor_type": "text",
    "created_by_actor_id": "text",
    **COMMON,
}
STATUSES = {
    "status_id": "text",
    "object": "text",
    "attribute": "text",
    "position": "bigint",
    "title": "text",
    "is_archived": "boolean",
    "celebration_enabled": "boolean",
    "target_time_in_status": "text",
    **COMMON,
}
MEMBERS = {
    "workspace_member_id": "text",
    "first_name": "text",
    "last_name": "text",
    "email_address": "text",
    "access_level": "text",
    **COMMON,
}
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay; `left` is None while it lasts."""

    record: str
    position: int
    status: str
    entered: datetime
    left: datetime | None

    def microseconds(self, as_of: datetime) -> int:
        """How long it lasted, or has lasted up to then."""
        return ((self.left or as_of) - self.entered) // timedelta(microseconds=1)


def stays_of(record: str, entered: datetime, *path: tuple[str, timedelta | None]) -> list[Stay]:
    """The stays of a record that goes through statuses, staying so long in each; None is for good."""
    stays: list[Stay] = []
    for position, (status, lasts) in enumerate(path, 1):
        left = None if lasts is None else entered + lasts
        stays.append(Stay(record, position, status, entered, left))
        entered = left or entered
    return stays


def load(
    warehouse: Warehouse,
    stays: Iterable[Stay],
    statuses: Sequence[tuple[str, bool]],
    schema: str = "tester",
    history: str = "applications.workflow_status=attio_workflow_status",
) -> None:
    """Fills the tables of one history; each status is (title, whether it is celebrated), its id is its title."""
    source, _, table = history.partition("=")
    parent, _, attribute = source.partition(".")
    key = "application_id" if parent == "applications" else "record_id"
    rows = list(stays)
    by_record: dict[str, list[Stay]] = {}
    for stay in rows:
        by_record.setdefault(stay.record, []).append(stay)
    warehouse.load(
        f"{schema}.{table}_history",
        {key: "text", **STAYS},
        [
            (
                s.record,
                s.position,
                s.status,
                s.entered,
                s.left,
                s.left is None,
                s.status,
                False,
                "P5D",
                "workspace-member",
                "m1",
                False,
            )
            for s in rows
        ],
    )
    warehouse.load(
        f"{schema}.{table}",
        {key: "text", "status_title": "text", "stays": "bigint", **COMMON},
        [(record, of_it[-1].status, len(of_it), False) for record, of_it in by_record.items()],
    )
    if attribute == "workflow_status":
        warehouse.load(
            f"{schema}.attio_status",
            STATUSES,
            [
                (title, parent, attribute, n, title, False, is_won, "P5D", False)
                for n, (title, is_won) in enumerate(statuses, 1)
            ],
        )
        warehouse.load(
            f"{schema}.attio_workspace_member", MEMBERS, [("m1", "Hiring", "Lead", "lead@example.com", "admin", False)]
        )
