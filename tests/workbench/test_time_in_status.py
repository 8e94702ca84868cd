import io
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from tests.workbench.conftest import AttioSync

from attio_workbench.time_in_status import QUERY_TO_PASTE, TimeInStatus, time_in_status_table

ROWS = [
    TimeInStatus("Applied", 1_500, 300, 86_400.0),
    TimeInStatus("Take-home task", 500, 30, 43_200.0),
    TimeInStatus("Offer", 400, 20, 60.0),
    TimeInStatus("Hired", 380, 380, None),
]


@pytest.mark.parametrize(("width", "longest"), [(120, 20), (72, 20), (66, 15), (60, 9)])
def test_bars_are_to_one_scale_however_narrow_the_terminal(width: int, longest: int) -> None:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(time_in_status_table(ROWS))
    lines = console.export_text().splitlines()
    at = lines[0].index("to scale")

    bars = [line[at:].rstrip() for line in lines[1:]]
    assert bars == ["█" * longest, "█" * (longest // 2) + "▌" * (longest % 2), "▏", ""]


def test_the_query_to_paste_works_as_it_is_and_draws_bars_too(attio_sync: AttioSync, place: Path) -> None:
    out = attio_sync("demo", "--no-report", "--records", "24", "--into", place).out

    printed = "\n".join(line.removeprefix("  ") for line in out.splitlines())
    assert QUERY_TO_PASTE in printed
    with duckdb.connect(str(place / "files" / "warehouse.db"), read_only=True) as connection:
        rows = connection.execute(QUERY_TO_PASTE).fetchall()
    assert rows[0][0] == "Applied"
    assert any("█" in (to_scale or "") for *_, to_scale in rows)
