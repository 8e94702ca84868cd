"""On a phone: nothing has to be pushed sideways to see who is stuck."""

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from tests.conftest import PROFILE
from tests.report.conftest import HEIGHT, Open, Opened

from attio_workbench.models import Models

LABELS = ["In it for", "Target", "Longer than", "Moved last by", "Since (UTC)", "Moves", "Back"]


def test_who_is_stuck_fits_into_the_window(open_report: Open) -> None:
    page = open_report().page
    for width in [320, 375, 700, 1160, 1161, 1280] if PROFILE == "long" else [320, 1160, 1161]:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        # By key, as pictures that are drawn anew for the width move the button away from a mouse.
        page.locator(".timeline-button").first.press("Enter")
        page.wait_for_selector(".timeline")

        # Pictures are drawn anew a moment after the window has changed. The page's policy forbids wait_for_function.
        for _ in range(100):
            if page.evaluate("document.documentElement.scrollWidth") <= width:
                break
            page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("(t => t.scrollWidth - t.clientWidth)(document.querySelector('#names-table'))") == 0, width
        page.locator(".timeline-button").first.press("Enter")


def test_a_narrow_picture_says_what_it_shows_and_when(lent_phone: Opened, seen: Opened) -> None:
    narrow = lent_phone
    cells = narrow.drawn("transitions").split("\n")

    sentence = "#transitions .shown > p:not([class])"
    assert "the share that went to the one above, in %. A dashed frame marks a move back." in narrow.page.inner_text(
        sentence
    )
    assert not [cell for cell in cells if "%" in cell or "↩" in cell or cell == "0"]
    wide = seen.page.inner_text(sentence)
    assert "to the one above, and how many they were. A dashed frame with ↩ marks a move back." in wide
    months = re.findall(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b", narrow.drawn("flow"))
    assert len(months) > 1


LONG = {"Screening": "Hiring manager screening call", "Interview": "Kennenlerngesprächsterminvereinbarung"}
BOXES = """(svg) => {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")].filter((one) => one.textContent);
  const boxes = texts.map((text) => ({ said: text.textContent, ...text.getBoundingClientRect().toJSON() }));
  const shared = (a, b) => ["right", "bottom"].map((end, n) => Math.min(a[end], b[end]) - Math.max(a.xy[n], b.xy[n]));
  for (const box of [frame, ...boxes]) box.xy = [box.left, box.top];
  const isCut = (box) => shared(box, frame).some((long, n) => long < [box.width, box.height][n] - 1);
  const meet = (a, b) => shared(a, b).every((long, n) => long > [1, 3][n]);
  return boxes.flatMap((box, n) => [
    ...(isCut(box) ? [`${box.said} is cut`] : []),
    ...boxes.slice(n + 1).filter((other) => meet(box, other)).map((other) => `${box.said} is on ${other.said}`),
  ]);
}"""
"""What of the texts in a picture is beyond its edge, or on another one."""


@pytest.mark.parametrize("width", [400, pytest.param(1280, marks=pytest.mark.long)])
def test_a_name_is_whole_in_every_picture_however_long_it_is(open_report: Open, models: Models, width: int) -> None:
    statuses = [replace(row, status_title=LONG.get(row.status_title, row.status_title)) for row in models.status]
    report = open_report(replace(models, status=statuses), width=width)
    report.page.locator("#with-outcomes").press("Space")
    names = {"Take-home task", *LONG.values()}

    for picture in ("flow", "ageing", "funnel", "transitions", "waiting"):
        report.drawn(picture)
        said = "".join(str(report.page.text_content(f"#{picture} .shown")).split())
        assert [name for name in names if name.replace(" ", "") not in said] == [], picture
        assert "…" not in said
        assert report.page.locator(f"#{picture} .chart svg").evaluate(BOXES) == [], picture


def test_what_is_focused_stays_so_when_pictures_are_drawn_anew(open_report: Open) -> None:
    page = open_report().page
    page.locator(".timeline-button").first.press("Enter")

    for change in ("theme", "width"):
        page.locator(".timeline .chart svg").evaluate("svg => svg.classList.add('before')")
        if change == "width":
            page.set_viewport_size({"width": 700, "height": HEIGHT})
        else:
            page.emulate_media(color_scheme="dark")
        page.wait_for_selector(".timeline .chart svg:not(.before)")
        assert page.evaluate("document.activeElement.className") == "timeline-button", change


def test_a_card_says_what_each_figure_is(lent_phone: Opened, seen: Opened) -> None:
    page = lent_phone.page
    cells = page.locator(".names > tbody > tr").first.locator("td")
    read = "cell => getComputedStyle(cell, '::before').content.replaceAll('\"', '')"

    labels = [str(cell.evaluate(read)) for cell in cells.all()]

    assert [label for label in labels if label != "none"] == LABELS
    wide = seen.page.locator(".names > tbody > tr").first.locator("td")
    assert {str(cell.evaluate(read)) for cell in wide.all()} == {"none"}


def test_cards_can_be_sorted_and_are_a_table_to_a_screen_reader(lent_phone: Opened) -> None:
    page = lent_phone.page
    page.locator("[data-sort=days]").click()

    assert page.get_by_role("table", name="Open records").count() == 1
    expect(page.get_by_role("columnheader", name="In it for")).to_have_attribute("aria-sort", "descending")
    assert page.get_by_role("rowheader").count() >= 5


def test_a_table_that_goes_on_to_the_right_shows_it(lent_phone: Opened) -> None:
    page = lent_phone.page
    page.locator("#ageing summary").click()
    scroll = page.locator("#ageing .scroll")
    scroll.locator("tbody th").first.wait_for()  # it opens a moment after the click
    begin = scroll.locator("tbody th").first.bounding_box()

    scroll.evaluate("element => element.scrollLeft = 200")

    assert scroll.evaluate("element => element.scrollLeft") > 0
    assert scroll.locator("tbody th").first.bounding_box() == begin  # what a row is of stays in sight
    assert "gradient" in str(scroll.evaluate("element => getComputedStyle(element).backgroundImage"))


@pytest.mark.parametrize(
    "width", [320, *(pytest.param(width, marks=pytest.mark.long) for width in (360, 640, 1024, 1280, 1920))]
)
def test_nothing_moves_when_a_picture_is_drawn_and_nothing_is_wider_than_the_window(open_report: Open, width: int) -> None:
    opened = open_report(width=width)
    tops = "[...document.querySelectorAll('section, details')].map(e => e.getBoundingClientRect().top + scrollY)"
    assert opened.page.locator(".chart svg").count() < opened.page.locator(".chart").count()
    before = opened.page.evaluate(tops)

    opened.scroll_through()

    assert opened.page.evaluate(tops) == before
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
