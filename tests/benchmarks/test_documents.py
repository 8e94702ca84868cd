"""What the README and the picture show is what was measured: the figures of benchmarks/RESULTS.md."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[2]
RESULTS = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"


def rows_behind(text: str, start: str) -> list[list[str]]:
    """The rows of the first table behind these words, without its head."""
    table = re.search(r"(?:^\|.*\n)+", text[text.index(start) :], re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[0].splitlines()[2:]]


def seconds(text: str) -> int:
    units = {"min": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+) (min|s)", text))


def test_the_readme_says_of_the_cost_what_was_measured() -> None:
    measured = rows_behind(RESULTS, "Default settings, one sync a day with its reconciliation")
    said = rows_behind((ROOT / "README.md").read_text(encoding="utf-8"), "## What it costs")

    assert len(said) == len(measured) == 3
    for (records, first, first_time, _, daily, daily_time, rows), line in zip(measured, said, strict=True):
        numbers = [line[0], line[1].removesuffix(" requests"), line[3].removesuffix(" requests"), line[5]]
        assert numbers == [records.removesuffix(" (computed)"), first, daily, rows]
        # Of minutes the README leaves the seconds out.
        assert abs(seconds(line[2]) - seconds(first_time)) <= (30 if "min" in line[2] else 0)
        assert seconds(line[4]) == seconds(daily_time)


def test_the_picture_of_the_comparison_shows_what_was_measured() -> None:
    first, changes, daily = (
        {row[0].split(" ")[0] if row[0] != "this connector" else row[0]: row for row in rows_behind(RESULTS, title)}
        for title in ("### First sync", "### Next sync, after moves", "### The daily sync, after")
    )
    measured = {
        "First sync: seconds": {tool: f"{float(row[1]):.0f} s" for tool, row in first.items()},
        "First sync: requests": {tool: row[2] for tool, row in first.items()},
        "First sync: peak memory": {tool: f"{row[4]} MiB" for tool, row in first.items()},
        "Sync after changes: seconds": {tool: f"{float(row[1]):.0f} s" for tool, row in changes.items()},
        "Daily sync: requests": {tool: row[2] for tool, row in daily.items()},
        "After it: rows missing or wrong": {
            tool: str(sum(map(int, re.findall(r"\d+", row[6])))) for tool, row in daily.items()
        },
    }
    picture = ET.parse(ROOT / "benchmarks" / "comparison.svg")  # noqa: S314 (our own)
    texts = [one.text or "" for one in picture.iter(f"{SVG}text")]

    for title, bars in measured.items():
        at = texts.index(title) + 1
        shown = texts[at : at + 2 * len(bars)]
        assert dict(zip(shown[::2], shown[1::2], strict=True)) == bars
