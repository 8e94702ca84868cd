import re
from pathlib import Path
from typing import Any

import pytest
from tests.docs.documents import CONTRIBUTING, DOCUMENTS, MAKEFILE, README, ROOT, table_after

from attio_sync.attribute_types import TYPES
from attio_sync.parents import parse_parent
from attio_sync.settings import Settings, default_text
from attio_sync.sources import FIRST, Source
from attio_sync.streams import current_table, history_table, tables
from attio_sync.tables import Table

FIRST_TABLE, HISTORY_TABLE = (make(FIRST).schema()["columns"] for make in (current_table, history_table))
DESCRIBED = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@pytest.mark.parametrize("table", tables([FIRST]), ids=lambda table: table.name)
def test_every_column_of_each_table_is_described(table: Table[Any]) -> None:
    rows = table_after(f"`{table.name}`: each row is one ", DESCRIBED)
    kinds = {name: kind.partition(",") for name, kind, _ in rows}
    declared = table.schema()

    assert [name for name, _, _ in rows] == list(declared["columns"])
    assert {name: kind for name, (kind, _, _) in kinds.items()} == declared["columns"]
    assert [name for name, (_, _, key) in kinds.items() if key.strip() == "key"] == declared["primary_key"]
    assert f"`{table.name}`" in README


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("is_multiple", [False, True], ids=["one value", "several values"])
@pytest.mark.parametrize("place", ["deals", "lists/hiring"])
def test_every_column_of_the_tables_of_any_attribute_is_described(name: str, place: str, is_multiple: bool) -> None:  # noqa: FBT001 (a case)
    source = Source(parse_parent(place), "thing", "things", TYPES[name], is_multiple)
    own = {
        row[0]: re.findall(r"`(\w+)` ([A-Z_]+(?:\(\d+, \d+\))?)", row[1])
        for row in table_after("| type | columns |", DESCRIBED)
    }
    besides = {row[0]: (row[1].partition(",")[0], row[2]) for row in table_after("| column | type | in |", DESCRIBED)}

    current, stays = (table.schema()["columns"] for table in (current_table(source), history_table(source)))
    of_type = dict(own[name])
    for columns, default, where in ((current, FIRST_TABLE, "current"), (stays, HISTORY_TABLE, "history")):
        for column, declared in columns.items():
            if column in of_type:
                assert of_type[column] == written(declared)
            elif column in besides:
                assert besides[column][0] == declared
                assert besides[column][1] in {where, "both"}
            elif column != "thing":
                assert default[column] == declared
    assert own.keys() == TYPES.keys()
    assert list(of_type) == [column.name for column in TYPES[name].columns]
    shown = list(of_type)[:2] if name == "status" else list(of_type)
    of_list = ["parent_object", "parent_record_id"] if source.parent.is_list else []
    assert list(current) == [
        source.parent.id_column,
        "thing",
        *of_list,
        *(["current_values"] if is_multiple else shown),
        "active_from",
        "stays",
    ]
    assert set(of_type) <= stays.keys()
    assert ("value" in stays) == (name not in {"status", "select"})


def written(declared: str | dict[str, Any]) -> str:
    """A type as the document writes it."""
    return declared if isinstance(declared, str) else "{type}({precision}, {scale})".format(**declared)


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
                assert f"\t@{one}" in recipe.replace("$(RUN)", "uv run").splitlines(), one


@each_document
def test_every_file_that_is_linked_exists(document: Path) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
        if not link.startswith("https://"):
            file, _, heading = link.partition("#")
            assert (document.parent / file).exists(), link
            text = (document.parent / file if file else document).read_text(encoding="utf-8") if heading else ""
            assert not heading or heading in headings(text), link


def headings(text: str) -> set[str]:
    """What a document's headings are called in links."""
    return {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


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
    """What a target runs, with what the targets run that it makes."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert found is not None, target
    made = re.findall(r"\$\(MAKE\)([a-z0-9= -]*)", found[1])
    return found[1] + "".join(recipe_of(name) for names in made for name in names.split() if not name.startswith("--"))
