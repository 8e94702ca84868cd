"""What both tables must hold, worked out from the simulated workspace alone: none of the connector's code is asked."""

from datetime import UTC, datetime
from typing import Any, Literal

from attio_simulator import Workspace

type Row = dict[str, Any]
type Titles = Literal["now", "then"]


def instant(text: str) -> datetime:
    """Attio's nine digits, cut to the six Python keeps."""
    seconds, fraction = text.removesuffix("Z").split(".")
    return datetime.fromisoformat(f"{seconds}.{fraction[:6]}").replace(tzinfo=UTC)


def status_table(workspace: Workspace, titles: Titles = "now") -> dict[str, list[Any]]:
    """Every application's whole history, by its id; past values with the titles of `now` or of `then`."""
    return {r: workspace.history(r, past_titles=titles) for r in workspace.record_ids("applications")}


def as_identified(history: list[Any]) -> list[Any]:
    """A history without what its statuses are called today: that changes `attio_status`, and no history."""
    return [{**value, "status": value["status"]["id"]} for value in history]


def current_columns(history: list[Any]) -> Row:
    """What the first table says beside the history itself."""
    last = history[-1] if history and history[-1]["active_until"] is None else None
    return {
        "status_id": last and last["status"]["id"]["status_id"],
        "active_from": last and instant(last["active_from"]),
        "stays": len(history),
    }


def history_table(workspace: Workspace) -> dict[tuple[str, int], Row]:
    """Every stay, by its key; without what its status was called when it was read."""
    return {
        (record_id, position): {
            "application_id": record_id,
            "position": position,
            "status_id": value["status"]["id"]["status_id"],
            "active_from": instant(value["active_from"]),
            "active_until": value["active_until"] and instant(value["active_until"]),
            "is_active": value["active_until"] is None,
            "created_by_actor_type": value["created_by_actor"]["type"],
            "created_by_actor_id": value["created_by_actor"]["id"],
        }
        for record_id, values in status_table(workspace).items()
        for position, value in enumerate(values, 1)
    }


def statuses(workspace: Workspace) -> dict[str, Row]:
    """Every status of the tracked attribute, by its id."""
    attribute = workspace.object("applications").attribute("workflow_status")
    assert attribute is not None
    return {
        status.id: {
            "status_id": status.id,
            "object": "applications",
            "attribute": "workflow_status",
            "position": position,
            "title": status.title,
            "is_archived": status.is_archived,
            "celebration_enabled": status.celebration_enabled,
            "target_time_in_status": status.target_time_in_status,
        }
        for position, status in enumerate(attribute.statuses, 1)
    }


def members(workspace: Workspace) -> dict[str, Row]:
    """Every member, by id."""
    return {
        member.id: {
            "workspace_member_id": member.id,
            "first_name": member.first_name,
            "last_name": member.last_name,
            "email_address": member.email_address,
            "access_level": member.access_level,
        }
        for member in workspace.members
    }
