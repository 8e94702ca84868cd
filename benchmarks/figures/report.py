"""What a report takes, of a workspace and of a large one: reading the models, writing the file, opening it in Chromium."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures.models import generate
from benchmarks.processes import ROOT, say
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale
from tests.support.browser import open_chromium

MOST_MEGABYTES = 2.0
MOST_PAINT_SECONDS = 2.0
DRAWN = "[...document.querySelectorAll('.shown')].every(picture => picture.querySelector('svg, .nothing'))"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime / 1000"


@dataclass(frozen=True)
class Measured:
    """What one report took."""

    records: int
    process: dict[str, Any]
    megabytes: float
    painted: float
    drawn: float


def measure(scale: Scale) -> list[Section]:
    """A report of as many records as the goal for its size is for, and one of many more."""
    found = [_measure(records) for records in (scale.reported, scale.large)]
    figures = [figure for one in found for figure in _figures(one)]
    return [Section("Report", tuple(figures), _body(found))]


def _measure(records: int) -> Measured:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        say(f"report: making {records:,} records")
        generate(folder / "warehouse.db", records)
        job = {
            "database": str(folder / "warehouse.db"),
            "folder": str(folder / "dbt"),
            "output": str(folder / "report.html"),
            "result": str(folder / "result.json"),
        }
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        say("report: building the models, reading them and writing the file")
        command = [sys.executable, "-m", "benchmarks.report_process", str(folder / "job.json")]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "DO_NOT_TRACK": "1"}, check=True)  # noqa: S603 (our own module)
        painted, drawn = _open(folder / "report.html")
        say(f"report: painted after {painted:.2f} s")
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        return Measured(records, result, (folder / "report.html").stat().st_size / 1e6, painted, drawn)


def _open(report: Path) -> tuple[float, float]:
    """Seconds until something is painted, and until every picture is drawn, scrolled through as fast as it goes."""
    with open_chromium() as browser:
        # What is waited for is looked at by a script that the page's policy does not let in.
        page = browser.new_page(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        page.set_default_timeout(120_000)
        page.goto(report.as_uri())
        page.wait_for_function(PAINTED)
        painted = float(page.evaluate(PAINTED))
        for picture in page.locator(".picture").all():
            picture.scroll_into_view_if_needed()
        page.wait_for_function(DRAWN)
        drawn = float(page.evaluate("performance.now() / 1000"))
    return painted, drawn


def _figures(one: Measured) -> list[Figure]:
    of = f"{one.records:,} records with {one.process['stays']:,} stays"
    return [
        Figure(
            f"size of the report of {of}",
            f"< {MOST_MEGABYTES:.0f} MB",
            f"{one.megabytes:.2f} MB",
            one.megabytes < MOST_MEGABYTES,
        ),
        Figure(
            f"time to first paint of the report of {of}",
            f"< {MOST_PAINT_SECONDS:.0f} s",
            f"{one.painted:.2f} s",
            one.painted < MOST_PAINT_SECONDS,
            note=f"every picture was drawn after {one.drawn:.1f} s, the page scrolled through as fast as it goes",
        ),
    ]


def _body(found: list[Measured]) -> str:
    rows = [
        [
            f"{one.records:,}",
            f"{one.process['stays']:,}",
            f"{one.process['open']:,}",
            *(f"{one.process[step]:.1f}" for step in ("dbt", "reading", "finding", "writing")),
            f"{one.process['dbt_mib']:.0f}",
            f"{one.process['peak_mib']:.0f}",
        ]
        for one in found
    ]
    header = ["records", "stays", "open", "dbt, s", "reading, s", "finding, s", "writing, s", "dbt, MiB", "attio-sync, MiB"]
    return f"{REPORT}\n\n{table(header, rows)}"


REPORT = (
    "`attio-sync report` on DuckDB, in Chromium without a window, 1,280 pixels wide; who moved records last has pictures "
    "of their own as far as there is room. Every model is built and read by dbt in a process of its own, which writes its "
    "rows line by line, of the curves only those steps that the page can show; attio-sync reads these, finds what there is "
    "to say and writes the file: seconds of the processor, and the peak memory of each process. All records are counted, "
    "and drawn as aggregates; of the open ones as many as `MOST_LISTED` have lines and points of their own, those that are "
    "stuck first, and the page says so."
)
