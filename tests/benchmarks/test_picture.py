from xml.etree import ElementTree as ET

from benchmarks.picture import Bar, Panel, draw

TOOLS = ("this connector", "dlt", "airbyte-cdk", "singer-sdk & <others>")
PANEL = Panel(
    "First sync: seconds", tuple(Bar(tool, number * 10.0, f"{number * 10} s") for number, tool in enumerate(TOOLS))
)
MARKS = {tool: {"changes": True, "deletes": tool == "dlt"} for tool in TOOLS}
SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_is_well_formed_and_names_every_tool_in_bars_and_marks() -> None:
    root = ET.fromstring(draw((PANEL, PANEL, PANEL), MARKS))  # noqa: S314 (our own)

    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert all(texts.count(tool) == 4 for tool in TOOLS)
    assert texts.count("✓") == 5
    assert texts.count("✗") == 3


def test_ours_is_the_first_bar_and_every_bar_is_inside_the_picture() -> None:
    root = ET.fromstring(draw((PANEL, PANEL), MARKS))  # noqa: S314 (our own)

    bars = list(root.iter(f"{SVG}rect"))
    assert [bar.get("class") for bar in bars] == ["ours", "bar", "bar", "bar"] * 2
    assert all(float(bar.attrib["x"]) + float(bar.attrib["width"]) < float(root.attrib["width"]) for bar in bars)


def test_it_has_colours_for_a_dark_page_too() -> None:
    assert "@media (prefers-color-scheme: dark)" in draw((PANEL,), MARKS)
