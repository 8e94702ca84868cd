"""`attio-sync sync`: a local sync into DuckDB, with progress."""

from typing import Any

import anyio
from rich.console import Console
from rich.markup import escape

from attio_sync.attio_types.workspace import TokenIdentity
from attio_sync.catalog import Catalog, Found
from attio_sync.errors import summed_up
from attio_sync.schedule import left_behind
from attio_sync.settings import Settings
from attio_workbench.asking import asking, find_all, looking_up
from attio_workbench.figures import figures_table
from attio_workbench.local_run import run_locally
from attio_workbench.origin import Origin, claim, clear_of_other_keys
from attio_workbench.place import Place
from attio_workbench.progress import SyncProgress
from attio_workbench.terminal import path_text, warn


def run_local_sync(console: Console, settings: Settings, place: Place, *, full: bool) -> None:
    """Syncs once and says what happened.

    Raises:
        AttioSyncError: the sync could not go on; what it delivered before is kept.
        ExceptionGroup: something cannot be tracked, and nothing was written.
        WorkbenchError: the database is open elsewhere, cannot be used, or holds another workspace.
        KeyboardInterrupt: somebody interrupted it; it says what is kept.
    """
    identity, found = anyio.run(_look, console, settings)
    if found.failures:
        what = "what cannot be tracked"
        raise ExceptionGroup(what, summed_up(found.failures.values()))
    if place.read_state() and not place.database.exists():
        warn(
            f"{path_text(place.state)} says how far an earlier sync came, but its database is gone: this one brings only "
            "what changed since. Delete the state to have everything"
        )
    if said := clear_of_other_keys(place, found.sources):
        warn(said)
    if said := claim(place, Origin.of(settings.attio_base_url, identity, found.sources)):
        warn(said)
    if full:
        settings = settings.model_copy(update={"reconcile_hours": 0.0, "recheck_days": 1})
    place.log.unlink(missing_ok=True)
    before = place.read_state()
    try:
        with SyncProgress(console, f"From {settings.attio_base_url}") as progress:
            run = run_locally(settings, place, progress.on_progress, found)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(kept_text(before, place)) from None
    for warning in run.warnings + left_behind(*(state.get("histories", {}) for state in (before, place.read_state()))):
        warn(warning)
    console.print(figures_table({"this sync": run.report}))
    console.print(
        f"\nDatabase  {escape(path_text(place.database))}, schema tester\n"
        f"State     {escape(path_text(place.state))}\n"
        f"Log       {escape(path_text(place.log))}",
        soft_wrap=True,
    )
    if any(source.type.definition and not source.is_multiple for source in found.sources):
        console.print(f"Next      {escape(place.command('report'))}", soft_wrap=True)


def kept_text(before: dict[str, Any], place: Place) -> str:
    """What is left of a sync that was interrupted. A checkpoint commits rows and state together, so the state tells."""
    if place.read_state() == before:
        return (
            "interrupted before the first checkpoint: nothing of this sync is kept, and the next one begins where it began"
        )
    return "interrupted: what was delivered until the last checkpoint is kept, and the next sync goes on from there"


async def _look(console: Console, settings: Settings) -> tuple[TokenIdentity, Found]:
    """Whom the token belongs to, and what is to be tracked."""
    async with asking(console, settings) as client:
        with looking_up(client):
            return await client.fetch_self(), await find_all(Catalog(client), settings)
