"""What both tables must hold, worked out from the simulated workspace alone: none of the connector's code is asked."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from attio_simulator import Workspace

type Row = dict[str, Any]
type Titles = Literal["now", "then"]


def instant(text: str) -> datetime:
    """Attio's nine digits, cut to the six Python keeps."""
    seconds, fraction = text.removesuffix("Z").split(".")
    whole = datetime.strptime(seconds, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    return whole + timedelta(microseconds=int(fraction) // 1000)


def status_table(workspace: Workspace, titles: Titles = "now") -> dict[str, list[Any]]:
    """Every application's whole history, by its id; past values with the titles of `now` or of `then`."""
    return {r: workspace.history(r, past_titles=titles) for r in workspace.record_ids("applications")}


def history_table(workspace: Workspace, titles: Titles = "now") -> dict[tuple[str, datetime, str], Row]:
    """Every stay, by its key; without `read_at`, which only the reader knows."""
    rows: dict[tuple[str, datetime, str], Row] = {}
    for record_id, values in status_table(workspace, titles).items():
        for value in values:
            row: Row = {
                "application_id": record_id,
                "active_from": instant(value["active_from"]),
                "status_id": value["status"]["id"]["status_id"],
                "active_until": value["active_until"] and instant(value["active_until"]),
                "is_active": value["active_until"] is None,
                "status_title": value["status"]["title"],
                "status_is_archived": value["status"]["is_archived"],
                "target_time_in_status": value["status"]["target_time_in_status"],
                "created_by_actor_type": value["created_by_actor"]["type"],
                "created_by_actor_id": value["created_by_actor"]["id"],
            }
            rows[record_id, row["active_from"], row["status_id"]] = row
    return rows
