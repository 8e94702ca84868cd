import re

import pytest
from tests.docs.documents import ROOT

from attio_workbench.cli import main

COMMANDS = ROOT / "docs" / "commands.md"
HELP = dict(re.findall(r"^## attio-sync ?(\w*)\n```text\n(.*?)```", COMMANDS.read_text("utf-8"), re.DOTALL | re.MULTILINE))


def test_every_command_is_described() -> None:
    listed = re.findall(r"^  (\w+)  ", HELP[""].partition("Commands:")[2], re.MULTILINE)

    assert ["", *listed] == list(HELP)


@pytest.mark.parametrize("command", HELP)
def test_what_is_described_is_what_help_says(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        main([*filter(None, [command]), "--help"])

    assert capsys.readouterr().out == HELP[command], "run: uv run python docs/commands.py"
