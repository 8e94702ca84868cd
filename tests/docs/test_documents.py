import re
from pathlib import Path
from typing import Any

import pytest
from tests.docs.documents import CONTRIBUTING, DOCUMENTS, MAKEFILE, README, ROOT, table_after

from attio_sync.parents import parse_parent
from attio_sync.settings import Settings, default_text
from attio_sync.sources import Source
from attio_sync.streams import tables
from attio_sync.tables import Table

HISTORY = Source(parse_parent("applications"), "workflow_status", "attio_workflow_status")
DESCRIBED = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@pytest.mark.parametrize("table", tables([HISTORY]), ids=lambda table: table.name)
def test_every_column_of_each_table_is_described(table: Table[Any]) -> None:
    rows = table_after(f"`{table.name}`: each row is one ", DESCRIBED)
    kinds = {name: kind.partition(",") for name, kind, _ in rows}
    declared = table.schema()

    assert [name for name, _, _ in rows] == list(declared["columns"])
    assert {name: kind for name, (kind, _, _) in kinds.items()} == declared["columns"]
    assert [name for name, (_, _, key) in kinds.items() if key.strip() == "key"] == declared["primary_key"]
    assert f"| `{table.name}` | " in README


def test_the_readme_has_every_setting_with_its_default() -> None:
    rows = table_after("| setting | default |")

    assert [(name, default) for name, default, _ in rows] == [
        (name, default_text(field)) for name, field in Settings.model_fields.items()
    ]


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= 1_000


def test_what_replaces_make_does_what_make_does() -> None:
    for target, command in (row[:2] for row in table_after("| make | without make |", CONTRIBUTING)):
        recipe = recipe_of(target.strip("`").removeprefix("make "))
        for one in command.strip("`").split(" && "):
            if one.startswith("uv run "):
                assert f"@{one} " in recipe.replace("$(RUN)", "uv run").replace("\n", " \n") + " ", one


@each_document
def test_every_file_that_is_linked_exists(document: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
        if not link.startswith("https://"):
            assert (document.parent / link).exists(), link


@each_document
def test_every_module_that_is_named_exists(document: Path) -> None:
    # What lies in an environment, such as dbt/.venv, is not ours.
    modules: set[str] = set()
    for _, folders, files in ROOT.walk():
        folders[:] = [name for name in folders if name[0] != "."]
        modules |= {name for name in files if name.endswith(".py")}
    named = set(re.findall(r"`(?:[\w/]+/)?(\w+\.py)`", document.read_text(encoding="utf-8")))

    assert named <= modules


@each_document
def test_every_task_of_make_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8")))

    assert named <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


@each_document
def test_no_document_names_a_place_that_only_one_machine_knows(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    assert not re.search(r"(?<![\w.])/(?:home|root|work|Users)/", text)
    assert not re.search(r"\b(?:pypi|registry|index|mirror)\.[a-z]+\.?[a-z]*\b", text)


@pytest.mark.parametrize("picture", sorted(ROOT.glob("docs/*.svg")), ids=lambda path: path.name)
def test_pictures_fetch_nothing(picture: Path) -> None:
    text = picture.read_text(encoding="utf-8")

    assert not re.search(r"url\(\s*['\"]?http|<image|<script|@import|href=\"http", text)


def recipe_of(target: str) -> str:
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found is not None, target
    return found[1]
