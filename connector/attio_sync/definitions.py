"""The small tables beside the histories: what the rows in them mean. Read once a sync, written only where they changed."""

from collections.abc import Sequence

from attio_sync.attio_types import AttioStatus, AttioWorkspaceMember
from attio_sync.delivery import Delivery
from attio_sync.settings import TrackedHistory
from attio_sync.tables import ListedStatus, member_table, status_table


def deliver_statuses(delivery: Delivery, history: TrackedHistory, statuses: Sequence[AttioStatus]) -> None:
    """The statuses that an attribute can have, as Attio lists them."""
    listed = [ListedStatus(history, position, status) for position, status in enumerate(statuses, 1)]
    # No list at all is no reason to believe that all statuses are gone.
    delivery.write_definitions(status_table(), f"{history.parent}.{history.attribute}", listed, is_whole=bool(listed))


def deliver_members(delivery: Delivery, members: Sequence[AttioWorkspaceMember] | None) -> None:
    """The members of the workspace; None where the token may not see them, and the table stays as it is."""
    if members:
        delivery.write_definitions(member_table(), "", members)
