"""Writes docs/commands.md from what `--help` says: `uv run python docs/commands.py`."""  # noqa: INP001 (a script)

import os
import subprocess
import sys
from pathlib import Path

COMMANDS = ("", "demo", "check", "sync", "history", "report", "export", "mapping", "simulate")

HEAD = """\
# The commands of `attio-sync`

`uv run attio-sync …`, or `.venv/bin/attio-sync …`. Made by `docs/commands.py`.
"""


def main() -> None:
    """One block for each command."""
    blocks = [f"## attio-sync {command}".rstrip() + f"\n```text\n{help_of(command)}```\n" for command in COMMANDS]
    (Path(__file__).parent / "commands.md").write_text("\n".join([HEAD, *blocks]), encoding="utf-8")


def help_of(command: str) -> str:
    """What the command's help says in a terminal of a hundred columns."""
    return subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, "-m", "attio_workbench", *filter(None, [command]), "--help"],
        env={**os.environ, "COLUMNS": "100"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


if __name__ == "__main__":
    main()
