"""Where rows go: a narrow protocol, and the one implementation that calls Fivetran's operations."""

from typing import Any, Protocol

from fivetran_connector_sdk import Operations

from attio_sync.logs import dashboard_text


class Sink(Protocol):
    """What a sync needs of a destination. Nothing is safe before the checkpoint that follows it."""

    def upsert(self, table: str, row: dict[str, Any]) -> None:
        """Inserts the row, or replaces the one with the same key."""

    def delete(self, table: str, key: dict[str, Any]) -> None:
        """Marks the row with this key as deleted."""

    def truncate(self, table: str) -> None:
        """Marks every row of the table that was written before this call as deleted."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Commits everything before it together with the state; returns when that is done."""

    def warn(self, message: str) -> None:
        """Shows a warning on Fivetran's dashboard."""


class FivetranSink:
    """Fivetran's operations. https://fivetran.com/docs/connector-sdk/technical-reference/connector-sdk-code/connector-sdk-methods."""

    def upsert(self, table: str, row: dict[str, Any]) -> None:
        """Inserts or replaces a row."""
        Operations.upsert(table, row)

    def delete(self, table: str, key: dict[str, Any]) -> None:
        """Soft-deletes a row."""
        Operations.delete(table, key)

    def truncate(self, table: str) -> None:
        """Soft-deletes all rows written so far."""
        Operations.truncate(table)

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Commits rows and state."""
        Operations.checkpoint(state)

    def warn(self, message: str) -> None:
        """Shows a warning on the dashboard."""
        Operations.warning(dashboard_text(message))
