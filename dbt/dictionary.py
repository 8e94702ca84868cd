"""Writes docs/models.md, the dictionary of the public models, from their declarations."""

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
TARGET = FOLDER.parent / "docs" / "models.md"
HEAD = """\
# Models

What the dbt package [attio](../dbt/README.md) builds from [the tables](tables.md).
This page is made from the declarations in `dbt/models`.
"""


def dictionary() -> str:
    """The page: a table of columns for each public model."""
    parts = [HEAD]
    for path in sorted((FOLDER / "models").glob("*/*.yml")):
        declared: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        parts += [_model(one) for one in declared.get("models", []) if one["name"].startswith("attio__")]
    return "\n".join(parts)


def _model(model: dict[str, Any]) -> str:
    columns = "\n".join(f"| {one['name']} | {_line(one['description'])} |" for one in model["columns"])
    return f"## {model['name']}\n\n{_line(model['description'])}\n\n| column | |\n| --- | --- |\n{columns}\n"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(dictionary(), "utf-8")
