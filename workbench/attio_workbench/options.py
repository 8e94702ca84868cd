"""Options that several commands of `attio-sync` have."""
# ruff: noqa: PLC0415 (what a command needs is imported when it runs: --help answers at once)

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from attio_workbench.place import Place

Configuration = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A configuration.json as Fivetran's commands take it. Without it: the environment, then .env.",
        show_default=False,
    ),
]
Into = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Database and state are in FOLDER/files. Without it: connector/files.", show_default=False
    ),
]


def place_of(folder: Path | None, state: Path | None = None) -> "Place":
    """The place that `--into` and `--state` name."""
    from attio_workbench.place import Place

    state = state.absolute() if state else None
    return Place(folder.resolve(), state) if folder else Place(chosen_state=state)
