"""Draws the pictures of the README from what the commands print: `uv run python -m docs.draw`."""  # noqa: INP001 (a script)

import io
import os
import re
import tempfile
from pathlib import Path

import duckdb
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from tests.support.browser import open_chromium

from attio_sync.settings import load_settings
from attio_workbench.asked import Asked
from attio_workbench.demo import run_demo
from attio_workbench.drawing import draw
from attio_workbench.history import read_histories
from attio_workbench.place import Place

PICTURES = Path(__file__).parent
APPLICATIONS = 1_500
SEED = 1
STAYS_DRAWN = 8

_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main() -> None:
    """Runs a demo in a temporary folder and keeps what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        place = Place(Path(folder) / "connector")
        console = _recorder(104)
        run_demo(console, place, APPLICATIONS, SEED)
        _save(console, "demo", "make demo")

        record_id = _one_that_moved(place.database)
        console = _recorder(112)
        _photograph(place.files / "report.html")
        found = read_histories(load_settings({"attio_api_token": "none"}, ()), place, Asked(record_id))
        for history, values in found.own:
            draw(console, history, values, found.names)
        _save(console, "history", f"attio-sync history {record_id}")


def _photograph(report: Path) -> None:
    """What a reader sees first of the report: the sentences and the first picture."""
    with open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 900}, color_scheme="light")
        page.goto(report.as_uri())
        page.locator("#flow").scroll_into_view_if_needed()
        page.wait_for_selector("#flow .chart svg")
        page.evaluate("scrollTo(0, 0)")
        below = page.evaluate("document.querySelector('#flow .source').getBoundingClientRect().bottom + 24")
        page.screenshot(path=PICTURES / "report.png", full_page=True, clip={"x": 0, "y": 0, "width": 1100, "height": below})


def _one_that_moved(database: Path) -> str:
    query = """
        SELECT application_id FROM tester.attio_workflow_status_history
        GROUP BY 1 HAVING count(*) = ? ORDER BY 1 LIMIT 1
    """
    with duckdb.connect(str(database), read_only=True) as connection:
        row = connection.execute(query, [STAYS_DRAWN]).fetchone()
    return str(row[0]) if row else ""


def _recorder(width: int) -> Console:
    return Console(
        record=True, width=width, file=io.StringIO(), color_system="truecolor", highlight=False, force_terminal=False
    )


def _save(console: Console, name: str, title: str) -> None:
    svg = console.export_svg(title=title, theme=DIMMED_MONOKAI, unique_id=name)
    # The fonts would be fetched from elsewhere; every machine has a monospaced one.
    svg = _FONT_FACE.sub("", svg).replace("Fira Code", "ui-monospace, SFMono-Regular, Menlo, Consolas")
    # Whoever types the command has no temporary folder to name.
    svg = svg.replace("&#160;--into&#160;connector", "")
    lines = (line.rstrip() for line in svg.splitlines())
    (PICTURES / f"{name}.svg").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
