"""What was measured, as a table for the terminal and as RESULTS.md."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")

SHOWN_VERSIONS = ("fivetran-connector-sdk", "httpx2", "pydantic", "anyio", "duckdb", "uvicorn")


@dataclass(frozen=True)
class Figure:
    """One line of the table. `met` is None where the goal is no number; `note` explains, above all a goal not met."""

    name: str
    goal: str
    measured: str
    met: bool | None
    note: str = ""

    @property
    def verdict(self) -> str:
        """As the table shows it."""
        return {True: "met", False: "**not met**", None: "–"}[self.met]


@dataclass(frozen=True)
class Section:
    """The figures of one measurement, and what stands below the table about them."""

    title: str
    figures: tuple[Figure, ...]
    body: str = ""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def figures_table(sections: Sequence[Section]) -> str:
    """The one table of all figures."""
    rows = [[f.name, f.goal, f.measured, f.verdict] for s in sections for f in s.figures]
    return table(["figure", "goal", "measured", ""], rows)


def notes(sections: Sequence[Section]) -> str:
    """What is to be said about the figures: one paragraph for each with a note, and the sections' own text."""
    parts: list[str] = []
    for section in sections:
        said = [f"- *{f.name}*: {f.note}" for f in section.figures if f.note]
        if said or section.body:
            parts.append("\n\n".join(filter(None, [f"## {section.title}", "\n".join(said), section.body])))
    return "\n\n".join(parts)


def machine() -> str:
    """The machine and the versions, in one paragraph."""
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    versions = ", ".join(f"{name} {version(name)}" for name in SHOWN_VERSIONS)
    return (
        f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, {platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}; {versions}"
    )


def document(sections: Sequence[Section], *, quick: bool, minutes: float) -> str:
    """RESULTS.md."""
    sizes = "small sizes (`--quick`): the goals are for the full ones" if quick else "full sizes"
    head = (
        "# Figures\n\n"
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {sizes}, in {minutes:.0f} minutes, by `make bench`.  \n"
        f"{machine()}.\n\n"
        "Every figure has a fresh simulator in its own process on loopback and the sync in another, so that processor "
        "time and memory are the sync's alone; in *virtual time*, both are in one process and waiting takes none."
    )
    return "\n\n".join(filter(None, [head, figures_table(sections), notes(sections)])) + "\n"


def updated(text: str, sections: Sequence[Section]) -> str:
    """RESULTS.md with these sections measured again: their rows and notes replaced or added, the date beneath each."""
    head, *blocks = text.rstrip("\n").split("\n\n## ")
    rows = {line.split(" | ")[0]: line for line in figures_table(sections).split("\n")[2:]}
    lines = [rows.pop(line.split(" | ")[0], line) for line in head.split("\n")]
    lines += rows.values()
    again = f"Measured again on {datetime.now(UTC):%Y-%m-%d}, with Python {platform.python_version()}."
    known = {block.partition("\n")[0]: block for block in blocks}
    for section in sections:
        block = notes([section]).removeprefix("## ")
        if block:
            known[section.title] = f"{block}\n\n{again}"
        else:
            known.pop(section.title, None)
    return "\n\n## ".join(["\n".join(lines), *known.values()]) + "\n"


LONG_PROFILE = "The long profile of the tests"


def long_profile(text: str) -> str:
    """What RESULTS.md says of the tests' long profile, which is no measurement and survives a new one."""
    return next((f"## {b}" for b in text.rstrip("\n").split("\n\n## ") if b.startswith(LONG_PROFILE)), "")


def plain(text: str) -> str:
    """For a terminal: without Markdown's marks."""
    return text.replace("**", "").replace("*", "")


def terminal_table(sections: Sequence[Section]) -> str:
    """The table, with its columns aligned."""
    rows = [["figure", "goal", "measured", ""]]
    rows += [[f.name, f.goal, f.measured, plain(f.verdict)] for s in sections for f in s.figures]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
