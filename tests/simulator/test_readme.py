from __future__ import annotations

import re
from pathlib import Path

import pytest

from attio_simulator import DEFAULT_TOKEN, TRACKED, generate_crm
from attio_simulator.happenings import source_of
from attio_simulator.server import main

README = (Path(__file__).parents[2] / "simulator" / "README.md").read_text()


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        fewer = code.replace("10_000", "50").replace("20_000", "200")
        exec(compile(fewer, "README.md", "exec"), {})  # noqa: S102 - our own README
    assert re.fullmatch(rf"http://127\.0\.0\.1:\d+ {DEFAULT_TOKEN}\n", capsys.readouterr().out)


def test_the_options_of_the_readme_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    options = set(re.findall(r"--[a-z][a-z-]+", README))
    assert options <= set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    assert len(options) > 5


def test_what_is_counted_is_so() -> None:
    kinds = {source_of(generate_crm(0), one).attribute.type for one in TRACKED}
    assert f"{len(TRACKED)} attributes of {len(kinds)} types" in README


def test_every_module_of_the_readme_exists() -> None:
    table = README.partition("## Where to change what")[2]
    named = set(re.findall(r"`([a-z_]+)`", table))
    modules = {path.stem for path in Path(__file__).parents[2].joinpath("simulator/attio_simulator").glob("[a-z]*.py")}
    # What is left is used by all of them.
    assert modules - named == {"clock", "errors", "shapes"}
    assert named <= modules
