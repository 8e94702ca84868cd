"""The page in a browser: filters, keyboard, screen reader, paper, and what it must not do."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request
from tests.conftest import PROFILE
from tests.report.conftest import Open, Opened
from tests.report.test_figures import opened

from attio_workbench.findings import findings
from attio_workbench.models import Models
from attio_workbench.report.command import report_of

PAPER = 700
"""How wide the page is on paper."""
EVIL = "</script><img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"


def test_an_owner_is_applied_where_the_model_has_one_and_said_where_not(lent: Opened, models: Models) -> None:
    name = Counter(row.moved_by_name for row in opened(models) if row.moved_by_name).most_common(1)[0][0]
    before = {picture: lent.rows(picture) for picture in ("flow", "survival", "funnel", "transitions")}

    lent.page.select_option("#owner", label=name)

    own = [row for row in opened(models) if row.moved_by_name == name]
    assert lent.page.text_content("#shown") == f"{len(own)} of {len(opened(models))} open records"
    assert sum(int(row[1]) for row in lent.rows("ageing")) == len(own)
    assert [row[0] for row in lent.rows("waiting")] == [name]
    for picture, rows in before.items():
        assert lent.rows(picture) == rows
        assert "Not filtered by who moved last: attio_segments does not name it for the models" in str(
            lent.page.text_content(f"#{picture} .filter-note")
        )
    for picture in ("ageing", "waiting", "names"):
        assert name in str(lent.page.text_content(f"#{picture} .filter-note"))

    lent.page.click("#reset")

    assert lent.page.text_content("#shown") == f"{len(opened(models))} of {len(opened(models))} open records"
    assert lent.page.text_content("#flow .filter-note") == ""


def test_a_period_is_applied_where_the_model_has_one_and_said_where_not(lent: Opened, models: Models) -> None:
    month = sorted({r.period_start for r in models.time_in_status if r.period_kind == "month" and r.period_start})[-2]
    moves = lent.rows("transitions")

    lent.page.select_option("#period", f"month:{month.isoformat()}")

    text = f"{month:%b} {month.year}"
    assert all(text in row[0] for row in lent.rows("flow"))
    ends = {
        row[0].removesuffix(f", {text}").removesuffix(" (archived)")
        for row in lent.rows("survival")
        if row[0].endswith(text)
    }
    assert ends == {
        row.status_title for row in models.time_in_status if row.period_start == month and row.period_kind == "month"
    } & {row.status_title for row in models.status if row.status_kind == "open"}
    own = [row for row in opened(models) if row.entered_on and f"{row.entered_on:%Y-%m}" == f"{month:%Y-%m}"]
    assert sum(int(row[1]) for row in lent.rows("ageing")) == len(own)
    assert lent.rows("transitions") == moves
    assert "Not filtered by period." in str(lent.page.text_content("#transitions .filter-note"))


def test_several_histories_are_shown_one_at_a_time(open_report: Open, models: Models) -> None:
    def other[T](rows: list[T]) -> list[T]:
        return [replace(row, history="deals.stage") for row in rows]  # type: ignore[type-var] # pyright: ignore[reportArgumentType] (rows of any model)

    few = models.current_status[:5]
    both = replace(
        models,
        current_status=[*models.current_status, *other(list(few))],
        status=[*models.status, *other(list(models.status))],
        status_history=[
            *models.status_history,
            *other([s for s in models.status_history if s.record_id in {row.record_id for row in few}]),
        ],
    )
    report = open_report(both)
    page = report.page

    def said() -> set[str]:
        """Whose facts can be seen; changes are seen whatever is chosen."""
        texts = [str(one.text_content()) for one in page.locator(".sentences .said:visible").all()]
        return {
            noun
            for text in texts
            for noun in ("applications", "deals")
            if re.search(f"of [0-9,]+ {noun} (is|are) open", text)
        }

    assert said() == {"applications"}
    assert report.page.locator("h1").text_content() == "Applications and deals"
    report.page.select_option("#history", label="Deals by stage")
    still_open = sum(row.outcome == "open" for row in few)
    assert report.page.text_content("#shown") == f"{still_open} of {still_open} open records"
    assert report.rows("flow") == []
    assert said() == {"deals"}
    page.locator("#more-said").press("Enter")
    assert said() == {"deals", "applications"}
    page.locator("#more-said").press("Enter")
    assert said() == {"deals"}


def test_everything_can_be_done_with_a_keyboard(lent: Opened, models: Models) -> None:
    report = lent
    page = report.page
    sort = page.locator("[data-sort=days]")

    sort.focus()
    page.keyboard.press("Enter")

    days = [
        row.days_in_status or 0 for row in opened(models) if row.is_past_target or (row.percentile_in_status or 0) >= 0.9
    ]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    longest = max(days)
    assert longest - 1 <= float(report.cells(".names tbody tr")[0][2].removesuffix(" d")) <= longest + 1
    assert page.evaluate("document.activeElement.dataset.sort") == "days"
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"

    page.locator("#owner").focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#owner").input_value() != "-1"
    assert page.is_visible("#reset")

    timeline = page.locator(".timeline-button").first
    timeline.focus()
    page.keyboard.press("Enter")
    assert page.locator(".timeline").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    page.keyboard.press("Enter")
    assert page.locator(".timeline").count() == 0


def test_what_is_missing_comes_last_however_names_are_sorted(open_report: Open, models: Models) -> None:
    some = {row.record_id for row in models.current_status[:60:3] if row.outcome == "open"}
    fewer = [
        replace(row, target_days=None, is_past_target=None, percentile_in_status=None) if row.record_id in some else row
        for row in models.current_status[:60]
    ]
    report = open_report(replace(models, current_status=fewer))
    report.list_all()
    while report.page.is_visible("#names-more"):
        report.page.click("#names-more")

    for key, column in (("target", 3), ("percentile", 4)):
        directions = set[str | None]()
        for _ in range(2):
            report.page.locator(f"[data-sort={key}]").press("Enter")
            directions.add(report.page.locator("th[aria-sort]").get_attribute("aria-sort"))
            shown = [row[column] for row in report.cells(".names tbody tr")]
            missing = shown.count("–")
            assert 0 < len(some) <= missing < len(shown)
            assert set(shown[-missing:]) == {"–"}
        assert directions == {"descending", "ascending"}


def test_a_timeline_has_every_stay_of_the_record(lent: Opened, models: Models) -> None:
    report = lent
    page = report.page
    report.list_all()  # else who has moved most may not be listed
    page.locator("[data-sort=moves]").click()
    page.locator(".timeline-button").first.click()
    record_id = str(page.locator(".timeline strong").text_content())

    stays = sorted((s for s in models.status_history if s.record_id == record_id), key=lambda stay: stay.position)
    shown = report.cells(".timeline tbody tr")

    assert len(stays) >= 3
    assert [row[0] for row in shown] == [stay.status_title for stay in stays][-41:]
    assert [row[2] for row in shown] == [f"{stay.entered_at:%Y-%m-%d %H:%M}" for stay in stays][-41:]
    assert shown[-1][3] == "now"
    assert page.locator("#timeline-chart svg path").count() >= min(len(stays), 41)


def test_a_point_leads_to_its_line(lent: Opened) -> None:
    report = lent
    report.drawn("ageing")
    report.page.locator("#ageing .chart svg path[fill-opacity], #ageing .chart svg path[opacity]").last.click(force=True)

    assert report.page.locator(".timeline").count() == 1


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])  # a phone's is dark
def test_axe_finds_nothing_serious(open_report: Open, scheme: str) -> None:
    report = open_report(scheme=scheme)
    page = report.page
    page.locator(".timeline-button").first.click()
    page.select_option("#period", index=1)
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    report.drawn("flow")

    assert report.serious() == []


def test_each_picture_is_described(report: Opened, models: Models) -> None:
    described: list[str] = report.page.eval_on_selector_all(
        ".chart[role=img]", "charts => charts.map(chart => chart.getAttribute('aria-label'))"
    )
    assert len(described) >= 5 + len({row.status_id for row in models.status_history if row.status_kind == "open"})
    assert all(len(text) > 60 for text in described)
    # Patterns beside the colours.
    assert report.page.locator("#flow svg pattern").count() >= 3


def test_no_text_from_attio_is_ever_markup(open_report: Open, models: Models) -> None:
    evil = replace(
        models,
        status=[replace(row, status_title=EVIL) for row in models.status],
        status_history=[replace(row, status_title=EVIL, moved_by_name=EVIL) for row in models.status_history],
        current_status=[replace(row, status_title=EVIL, moved_by_name=EVIL) for row in models.current_status],
    )
    report = open_report(evil)
    report.draw_all()
    page = report.page
    page.locator(".timeline-button").first.click()
    page.hover("#flow .chart", position={"x": 300, "y": 300})
    page.hover("#transitions .chart", position={"x": 320, "y": 80})

    assert page.title() == "Applications by workflow status"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 3
    assert str(page.locator(".names tbody td").first.text_content()).removesuffix(" (archived)") == EVIL


def test_the_policy_stops_whatever_was_not_written_by_us(free_page: Opened, models: Models, tmp_path: Path) -> None:
    html = report_of(models, findings(models), None)
    tampered = html.replace(
        "</footer>", "</footer><script>document.title = 'taken'</script><img src='https://example.com/x'>"
    )
    (tmp_path / "tampered.html").write_text(tampered, encoding="utf-8")
    sent: list[str] = []

    def on_finished(request: Request) -> None:
        sent.append(request.url)

    free_page.page.on("requestfinished", on_finished)
    free_page.show(tmp_path / "tampered.html")
    free_page.page.remove_listener("requestfinished", on_finished)

    assert free_page.page.title() == "Applications by workflow status"
    assert [url for url in sent if not url.startswith("file:")] == []


def test_the_theme_can_be_changed(open_report: Open) -> None:
    report = open_report(scheme="dark")
    dark = background(report.page)

    report.page.click("#theme")

    assert background(report.page) != dark
    assert report.page.text_content("#theme") == "Dark"
    report.drawn("flow")


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def as_wide_as_can_be(models: Models) -> Models:
    """The same of a thousand times as many records, which are late in archived statuses."""
    return replace(
        models,
        status=[replace(row, is_archived=True) for row in models.status],
        current_status=[replace(row, days_in_status=2345, target_days=1234) for row in models.current_status],
        time_in_status=[replace(row, stays=row.stays * 997, is_few=True) for row in models.time_in_status],
        funnel=[replace(row, reached=row.reached * 997, cohort_records=row.cohort_records * 997) for row in models.funnel],
    )


def test_paper_has_every_picture_and_table_and_evidence_goes_on_over_pages_and_no_number_over_lines(
    free_page: Opened, models: Models, bare: Models, tmp_path: Path
) -> None:
    [one, *_] = findings(models)
    [rule, *_] = one.evidence
    long = replace(one, evidence=(replace(rule, rule="a rule of the comparison " * 100),))

    def pages(given: Models, number: int) -> int:
        path = tmp_path / "report.html"
        path.write_text(report_of(given, [long] * number, None), encoding="utf-8")
        free_page.show(path)
        paper = free_page.page.pdf(format="A4", prefer_css_page_size=True)
        assert paper.startswith(b"%PDF")
        return len(re.findall(rb"/Type /Page\b", paper))

    # Each takes a little more than half a page; were none cut in two, each would begin a page.
    assert 4 <= pages(bare, 8) - pages(bare, 1) <= 6

    wide = as_wide_as_can_be(models)
    if PROFILE == "long":
        assert pages(wide, 1) > 4
    path = tmp_path / "wide.html"
    path.write_text(report_of(wide, [one], None), encoding="utf-8")
    free_page.show(path)
    page = free_page.page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    widths: list[int] = page.eval_on_selector_all("table", "tables => tables.map(table => table.scrollWidth)")
    assert max(widths) <= PAPER
    broken: list[str] = page.eval_on_selector_all(
        "td.number",
        "cells => cells.flatMap(cell => [...cell.childNodes]).filter(part => {"
        " const range = document.createRange();"
        " range.selectNodeContents(part);"
        " return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size > 1;"
        "}).map(part => part.textContent)",
    )
    assert broken == []
    assert page.locator(".chart svg").count() >= 9
    assert page.locator("details:not([open])").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0
    assert page.evaluate("document.documentElement.dataset.theme") is None
    free_page.assert_in_order()


def test_links_lead_to_the_workspace(open_report: Open, report: Opened, models: Models) -> None:
    with_links = open_report(slug="acme").page
    without = report.page

    ids = {row.record_id for row in models.current_status}
    hrefs: list[str] = with_links.eval_on_selector_all(".names tbody a", "links => links.map(link => link.href)")
    found = [re.fullmatch("https://app.attio.com/acme/custom/applications/record/([^/]+)/overview", href) for href in hrefs]
    assert hrefs
    assert all(match and match[1] in ids for match in found)
    assert without.locator(".names tbody a").count() == 0


def test_links_of_entries_lead_to_what_they_are_about(open_report: Open, models: Models) -> None:
    ids = [row.record_id for row in models.current_status]
    about = dict(zip(ids, reversed(ids), strict=True))
    objects = {record_id: ("companies", "people", "users")[n % 3] for n, record_id in enumerate(ids)}
    entries = [
        replace(row, parent_object=objects[row.record_id], parent_record_id=about[row.record_id])
        for row in models.current_status
    ]

    page = open_report(replace(models, current_status=entries), slug="acme").page

    titles: list[str] = page.eval_on_selector_all(".names tbody a", "links => links.map(link => link.title)")
    hrefs: list[str] = page.eval_on_selector_all(".names tbody a", "links => links.map(link => link.href)")
    listed = [title.removesuffix(": the record that it is about, in Attio") for title in titles]
    paths = {"companies": "company", "people": "person"}
    assert {objects[one] for one in listed} == set(paths)
    assert hrefs == [f"https://app.attio.com/acme/{paths[objects[one]]}/{about[one]}/overview" for one in listed]
    # No page of a user is known.
    bare: list[str] = page.eval_on_selector_all(".names tbody th code", "codes => codes.map(code => code.title)")
    assert {objects[one] for one in bare} == {"users"}
