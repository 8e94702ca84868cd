"""What the page says of its figures besides: whose dates they are, what is left out, guessed or not to be compared."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.conftest import PROFILE
from tests.report.conftest import Open, Opened
from tests.report.test_figures import opened

from attio_workbench.findings import findings
from attio_workbench.models import Models
from attio_workbench.report.command import report_of
from attio_workbench.report.page import strength_text


def test_the_period_is_that_of_the_dates_of_the_models(open_report: Open, models: Models) -> None:
    moved = next(row.record_id for row in opened(models) if f"{row.entered_on:%Y-%m}" == "2026-04")

    def later(models: Models) -> Models:
        """One record entered its status a day later, as some clocks have it, and in another month."""
        rows = [
            replace(row, entered_on=row.entered_on.replace(day=1) - timedelta(days=1))
            if row.record_id == moved and row.entered_on
            else row
            for row in models.current_status
        ]
        return replace(models, current_status=rows)

    elsewhere = later(models)
    months = Counter(f"{row.entered_on:%Y-%m-01}" for row in opened(elsewhere) if row.entered_on)
    [month] = {f"{r.entered_on:%Y-%m-01}" for r in opened(elsewhere) if r.record_id == moved}
    started = {r.period_start for r in models.time_in_status if r.period_kind == "month" and r.period_start}
    report = open_report(elsewhere)
    near = {start for start in started if f"{start:%Y-%m}" in {"2026-04", month[:7]}}
    for start in sorted(started if PROFILE == "long" else near):
        report.page.select_option("#period", f"month:{start.isoformat()}")
        number = months[f"{start:%Y-%m-01}"]
        assert str(report.page.text_content("#shown")).startswith(f"{number:,} of ")
        report.list_all()
        assert str(report.page.text_content("#names-count")).startswith(f"{number:,} open record")
    assert month in {start.isoformat() for start in started}


def test_the_page_says_whose_dates_they_are(open_report: Open, seen: Opened, models: Models) -> None:
    berlin = replace(models, status_daily=[replace(row, time_zone="Europe/Berlin") for row in models.status_daily])

    assert models.time_zone == "UTC"
    assert str(seen.page.text_content("header p")).endswith(" UTC")
    page = open_report(berlin).page
    assert str(page.text_content("header p")).endswith(" UTC; days begin at midnight in Europe/Berlin")
    assert "periods and cohorts are dates in Europe/Berlin" in str(page.text_content("footer"))


def test_the_funnel_says_how_many_were_imported(open_report: Open, seen: Opened, models: Models) -> None:
    imported = {row.record_id for row in models.current_status[:31]}
    given = replace(
        models,
        status_history=[
            replace(stay, is_late_entry=stay.direction == "entry" and stay.record_id in imported)
            for stay in models.status_history
        ],
    )
    number = sum(stay.is_late_entry for stay in given.status_history)
    with_some = open_report(given)
    with_some.drawn("funnel")

    said = f"{number} imported records are in no cohort: when they came in is not known."
    assert number > 20
    assert with_some.page.text_content("#funnel .left-out") == said
    assert said in str(with_some.page.text_content("#funnel caption"))
    assert not seen.page.is_visible("#funnel .left-out")


def test_the_funnel_of_a_phone_says_that_it_has_no_lost_statuses(lent_phone: Opened) -> None:
    report = lent_phone
    [head] = report.cells("#funnel .figures thead tr")
    drawn = report.drawn("funnel")

    assert "Rejected" in head
    assert "Rejected" not in drawn
    assert "has no lost statuses; the figures have them." in str(report.page.text_content("#funnel .left-out"))


def test_a_cohort_that_was_not_all_watched_is_not_called_too_young(open_report: Open, seen: Opened, models: Models) -> None:
    start = sorted({row.cohort_start for row in models.funnel if row.cohort_kind == "month"})[-2]
    funnel = [
        replace(row, is_observed=row.cohort_start >= start, is_mature=row.cohort_start == start) for row in models.funnel
    ]
    partly = open_report(replace(models, funnel=funnel))
    partly.page.select_option("#cohort", "month")
    drawn = partly.drawn("funnel")
    compared = [row[2] for row in partly.rows("funnel")]

    assert compared == ["too young", "yes", *["not all watched"] * (len(compared) - 2)]
    assert len(compared) > 2
    assert drawn.count("came in, not all watched") == len(compared) - 2
    assert drawn.count("came in, too young") == 1
    assert partly.page.is_visible("#funnel .partial")
    assert not seen.page.is_visible("#funnel .partial")


def test_what_is_guessed_is_said_and_how_to_say_better(models: Models) -> None:
    some = [replace(row, is_mapped=row.status_order != 2) for row in models.status]
    guessed = [row.status_title for row in some if not row.is_mapped]
    given = [
        replace(models, status=rows)
        for rows in (models.status, some, [replace(row, is_mapped=True) for row in models.status])
    ]
    pages = [report_of(one, findings(one), None) for one in given]
    heads, footers = ([part_of(page, part) for page in pages] for part in ("header", "footer"))

    assert "Order and kind (open, won, lost, paused) of all statuses are guessed." in footers[0]
    assert "attio-sync mapping dbt/seeds/attio_status_mapping.csv" in footers[0]
    assert f"of 1 of the {len(some)} statuses are guessed: {guessed[0]}." in footers[1]
    assert "is guessed for all statuses: see the end of the page." in heads[0]
    assert f"is guessed for 1 of {len(some)} statuses: see the end of the page." in heads[1]
    assert "guessed" not in heads[2] + footers[2]


def test_an_archived_status_is_marked_wherever_it_is_named(open_report: Open, models: Models) -> None:
    archived = replace(models, status=[replace(row, is_archived=True) for row in models.status])
    for width in (375, 1280) if PROFILE == "long" else (375,):
        report = open_report(archived, width=width)
        report.draw_all()
        for picture in ("flow", "ageing", "funnel", "transitions"):
            named = report.drawn(picture)
            assert named.count("(archived)") >= 3, (picture, width)
            edges: list[tuple[float, float]] = report.page.eval_on_selector_all(
                f"#{picture} .chart svg text",
                "texts => texts.filter(text => text.textContent.includes('(archived)'))"
                ".map(text => text.getBoundingClientRect()).map(box => [box.left, box.right])",
            )
            assert all(0 <= left <= right <= width for left, right in edges), (picture, width)  # not cut
        for picture in ("survival", "conversion"):
            named = report.page.locator(f"#{picture} figcaption strong").all_text_contents()
            assert named
            assert all(title.endswith(" (archived)") for title in named)
        keys = report.page.locator("#waiting .keys li, #conversion .keys li").all_text_contents()
        assert [key for key in keys if not key.endswith(" (archived)")] == ["still on their way"]
        assert all(row[0].endswith(" (archived)") for row in report.rows("ageing"))
        assert all(row[1].endswith(" (archived)") for row in report.rows("transitions"))
        assert all(row[1].endswith(" (archived)") for row in report.cells(".names tbody tr"))
    known = replace(models, status=[replace(row, is_archived=False) for row in models.status])
    assert "(archived)" not in str(open_report(known).page.text_content("body main"))


@pytest.mark.parametrize(
    ("adjusted_p", "times"), [(0.001, "1,000"), (0.00099, "1,000"), (1.77e-5, "50,000"), (9e-30, "1,000,000")]
)
def test_how_sure_a_finding_is_is_said_as_the_share_of_false_ones(adjusted_p: float, times: str) -> None:
    assert strength_text(adjusted_p) == (
        f"Almost certainly no coincidence: of findings at least this clear, on average at most one in {times} is one, "
        "however much is compared."
    )


def test_a_p_value_stands_in_the_evidence_only(models: Models, bare: Models) -> None:
    plain = findings(models)[-1]
    html = report_of(bare, [replace(plain, effect=2.0, adjusted_p=1.77e-5)], None)
    said, _, evidence = part_of(html, "ol").partition("<details>")

    assert "at most one in 50,000 is one" in said
    assert "adjusted p" not in said
    assert "adjusted p (Benjamini and Hochberg): 1.77e-05" in evidence


def test_what_a_stay_is_is_said_where_the_word_is_met_first(seen: Opened) -> None:
    seen.draw_all()
    text = seen.page.inner_text("main").replace("How long records stay", "")
    first = re.search(r"\bstays?\b", text)

    assert first is not None
    assert text[: first.end()].endswith("A stay")
    assert text[first.end() :].startswith(" is one time in a status: a record that comes back has another, and here each ")
    assert not re.search(r"\bhistor(y|ies)\b|\bgo(es)? on\b|\bgone on\b", text)


def test_pictures_that_count_more_than_the_sentences_say_so(seen: Opened) -> None:
    said = {one: str(seen.page.text_content(f"#{one} .shown")) for one in ("ageing", "survival", "transitions")}

    assert "how long others stayed in its status, counting every time:" in said["ageing"]
    assert "here each counts, in the sentences above only the first." in said["survival"]
    assert "Every move counts, in the sentences above only the first out of a status." in said["transitions"]


def part_of(html: str, name: str) -> str:
    """What an element of a file says that no script has to write."""
    [part] = re.findall(f"<{name}.*?</{name}>", html, re.DOTALL)
    return str(part)


def test_who_moved_it_is_said_as_everywhere(seen: Opened, models: Models) -> None:
    newest = {stay.record_id: stay for stay in models.status_history if stay.is_current}
    words = {newest[row.record_id].mover for row in opened(models)}
    offered = seen.page.locator("#owner option").all_text_contents()

    assert set(offered) == {"Everyone", *words}
    assert {word.split(" ")[0] for word in words} >= {"app", "Attio"}
