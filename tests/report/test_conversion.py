"""What becomes of those that entered a status: the picture and its table say what `attio__conversion` says."""

import re
from dataclasses import replace

from tests.report.conftest import Open, Opened
from tests.report.test_figures import assert_near, count_text, percent_text, statuses

from attio_workbench.models import Conversion, Models

DAYS = (7, 14, 30, 60, 90)


def by_key(models: Models) -> dict[tuple[str, str], list[Conversion]]:
    """The rows of each status and outcome by day, in the order of the page: as the statuses go, what wins first."""
    place = {status.status_id: number for number, status in enumerate(statuses(models))}
    rows = sorted(
        models.conversion,
        key=lambda row: (place[row.status_id], row.outcome_kind != "won", place[row.outcome_status_id], row.day),
    )
    found: dict[tuple[str, str], list[Conversion]] = {}
    for row in rows:
        found.setdefault((row.status_title, row.outcome_status_title), []).append(row)
    return found


def said_of(models: Models) -> list[str]:
    """The titles of the statuses, each once."""
    return list(dict.fromkeys(title for title, _ in by_key(models)))


def test_the_table_has_every_share_of_the_model(open_report: Open, models: Models) -> None:
    first = min(models.status, key=lambda status: status.status_order)
    known = replace(
        models,
        status=[replace(row, is_archived=False) for row in models.status],
        conversion=[replace(row, is_few=row.status_id == first.status_id) for row in models.conversion],
    )
    report = open_report(known)
    shown = report.rows("conversion")

    expected: list[list[str]] = []
    keys = list(by_key(known).items())
    for number, ((title, outcome), rows) in enumerate(keys):
        assert [row.day for row in rows] == list(DAYS)
        entered = count_text(rows[0].entered) + (" (few)" if rows[0].is_few else "")
        expected.append([f"{title} → {outcome}", entered, *(percent_text(row.share) for row in rows)])
        if number + 1 == len(keys) or keys[number + 1][0][0] != title:
            watched = [count_text(row.at_risk) for row in rows]
            expected.append([f"{title}, still on their way and watched", entered, *watched])
    assert len(expected) > 10
    assert any("–" in row for row in expected)
    assert_near(shown, expected)
    heads = report.page.locator("#conversion .entered").all_text_contents()
    assert [", few: " in head for head in heads] == [title == first.status_title for title in said_of(known)]


def test_each_status_has_a_picture_that_says_its_shares(report: Opened, models: Models) -> None:
    panels = report.page.locator("#conversion .panel")
    said = {
        str(panel.locator("strong").text_content()).removesuffix(" (archived)"): (
            str(panel.locator(".entered").text_content()).replace("\N{NO-BREAK SPACE}", " "),
            str(panel.locator(".chart").get_attribute("aria-label")),
        )
        for panel in panels.all()
    }

    assert list(said) == said_of(models)
    for (title, outcome), rows in by_key(models).items():
        head, described = said[title]
        *_, last = (row for row in rows if row.share is not None)
        shares = {row.day: percent_text(round(row.share, 6)) for row in rows if row.share is not None}
        assert head.startswith(f"{rows[0].entered:,} entered")
        assert (", few" in head) == rows[0].is_few
        assert f"by {last.day} d" in head
        if any(row.share for row in rows):
            assert f"{shares[last.day]} {outcome}" in head
            assert all(f"{text} by {day} days" in described for day, text in shares.items())
    assert report.page.locator("#conversion .chart svg pattern").count() >= len(said)


def test_a_bar_is_missing_where_nobody_was_watched_so_long(open_report: Open, models: Models) -> None:
    unknown = [replace(row, share=None) if row.day > 30 else row for row in models.conversion]
    report = open_report(replace(models, conversion=unknown))
    drawn = report.drawn("conversion")

    assert {row[-1] for row in report.rows("conversion") if "→" in row[0]} == {"–"}
    assert "90 d" in drawn
    heads = report.page.locator("#conversion .entered").all_text_contents()
    assert heads
    assert all("by 30 d" in head for head in heads)


def test_its_labels_are_shares_of_the_model(report: Opened, models: Models) -> None:
    labels = re.findall(r"^\d+ %$", report.drawn("conversion"), re.MULTILINE)
    axis = {"0 %", "50 %", "100 %"}

    shares = {percent_text(row.share and round(row.share, 4)) for row in models.conversion}
    assert len(set(labels) - axis) > 5
    assert set(labels) - axis <= shares
