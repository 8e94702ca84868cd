import platform

from benchmarks.results import Figure, Section, document, figures_table, long_profile, table, terminal_table, updated

SECTIONS = [
    Section("Pace", (Figure("share kept busy", "≥ 97 %", "98.2%", met=True, note="in 70 s"),), "How it was measured."),
    Section("Cost", (Figure("time | record", "≤ 1.2 ms", "1.50 ms", met=False), Figure("rows", "many", "9", met=None))),
]


def test_a_table_is_markdown_and_a_bar_in_a_cell_does_not_break_it() -> None:
    assert table(["a", "b"], [["1", "x|y"]]) == "| a | b |\n| --- | --- |\n| 1 | x\\|y |"


def test_every_figure_is_a_line_that_says_whether_its_goal_is_met() -> None:
    assert figures_table(SECTIONS).splitlines() == [
        "| figure | goal | measured |  |",
        "| --- | --- | --- | --- |",
        "| share kept busy | ≥ 97 % | 98.2% | met |",
        "| time \\| record | ≤ 1.2 ms | 1.50 ms | **not met** |",
        "| rows | many | 9 | – |",
    ]


def test_in_a_terminal_the_columns_are_aligned() -> None:
    assert terminal_table(SECTIONS).splitlines() == [
        "figure           goal      measured",
        "share kept busy  ≥ 97 %    98.2%     met",
        "time | record    ≤ 1.2 ms  1.50 ms   not met",
        "rows             many      9         –",
    ]


def test_the_document_says_when_where_and_why() -> None:
    text = document(SECTIONS, quick=True, minutes=3.2)

    assert text.startswith("# Figures\n\nMeasured on 20")
    assert "small sizes (`--quick`)" in text
    assert "httpx2 " in text
    assert "- *share kept busy*: in 70 s\n\nHow it was measured." in text


def test_figures_measured_again_replace_those_in_the_document() -> None:
    text = document(SECTIONS, quick=False, minutes=60)
    again = Section(
        "Cost", (Figure("time | record", "≤ 1.2 ms", "1.10 ms", met=True, note="on a quiet machine"),), "A profile."
    )

    new = updated(text, [again])

    assert "| time \\| record | ≤ 1.2 ms | 1.10 ms | met |" in new
    assert "1.50 ms" not in new
    assert "| share kept busy | ≥ 97 % | 98.2% | met |" in new
    assert "## Pace\n\n- *share kept busy*: in 70 s\n\nHow it was measured." in new
    assert "## Cost\n\n- *time | record*: on a quiet machine\n\nA profile.\n\nMeasured again on 20" in new
    assert f", with Python {platform.python_version()}.\n" in new
    assert updated(new, [again]) == new


def test_when_a_section_was_measured_again_stays_when_the_one_before_it_is() -> None:
    text = document(SECTIONS, quick=False, minutes=60)
    kill = Section("Killed", (), "With default settings.")
    new = updated(updated(text, [kill]), [SECTIONS[0], kill])

    assert new.count("\n\nMeasured again on 20") == 2
    assert updated(new, SECTIONS[:1]) == new


def test_a_figure_that_is_new_becomes_the_last_line_of_the_table() -> None:
    text = document(SECTIONS, quick=False, minutes=60)
    more = Section("State", (Figure("size", "< 1 MB", "0.9 MB", met=True),), "In one process.")

    new = updated(text, [more])

    assert "| rows | many | 9 | – |\n| size | < 1 MB | 0.9 MB | met |\n\n## Pace" in new
    assert "## State\n\nIn one process." in new


def test_what_is_said_of_the_long_profile_is_found_again() -> None:
    said = "## The long profile of the tests\n\n1,000 tests passed."
    text = f"{document(SECTIONS, quick=False, minutes=60)}\n{said}\n"

    assert long_profile(text) == said
    assert long_profile(updated(text, SECTIONS)).startswith(said)
    assert long_profile(document(SECTIONS, quick=False, minutes=60)) == ""
