"""The documents, and what can be read in them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / name
    for name in (
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "docs/commands.md",
        "docs/deploy.md",
        "docs/findings.md",
        "docs/process-mining.md",
        "docs/tables.md",
        "docs/models.md",
        "docs/troubleshooting.md",
        "simulator/README.md",
        "dbt/README.md",
        "dbt/DECISIONLOG.md",
        "dbt/CHANGELOG.md",
    )
]
README, DEPLOY, CONTRIBUTING, TABLES = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/deploy.md", "CONTRIBUTING.md", "docs/tables.md")
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

_BLOCK = re.compile(r"(?:<!-- not run: (?P<why>[^\n]*) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `not_run` says why, if it is not."""

    language: str
    text: str
    not_run: str | None


def blocks(language: str) -> list[Block]:
    """The blocks in a language of what tells people what to type, in order."""
    found = [
        Block(m["language"], m["text"], m["why"])
        for text in (README, DEPLOY, CONTRIBUTING, TABLES)
        for m in _BLOCK.finditer(text)
    ]
    return [block for block in found if block.language == language]


def table_after(start: str, text: str = README) -> list[list[str]]:
    """The rows of the first table after the place where a text occurs, without its head."""
    lines = iter(text[text.index(start) :].splitlines())
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    return rows[2:]
