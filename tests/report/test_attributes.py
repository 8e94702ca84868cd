"""Open records can be filtered by what else Attio says of them, such as where they came from."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from playwright.sync_api import Page
from tests.conftest import PROFILE
from tests.report.conftest import OF_SEGMENTS, PIPELINE, SOURCE, Open, Opened, chromium, html_of

from attio_workbench.findings import findings
from attio_workbench.findings.groups import MOST_VALUES
from attio_workbench.models import CurrentStatus, Models, Row, StatusStay
from attio_workbench.place import PACKAGE
from attio_workbench.report import command, records
from attio_workbench.report.attributes import attributes_of
from attio_workbench.report.command import report_of
from attio_workbench.report.content import split_histories
from attio_workbench.report.directory import Directory
from attio_workbench.report.segments import split_by_mover, why_unsplit

OPEN = f"""
    SELECT o.record_id, coalesce(s.status_title, '(none)') AS source, o.status_title AS status, o.moved_by_name AS owner,
        strftime(o.entered_on, '%Y-%m-01') AS month,
        coalesce(o.is_past_target, false) OR coalesce(o.percentile_in_status, 0) >= 0.9 AS is_stuck
    FROM dbt_attio.attio__current_status AS o
    LEFT JOIN dbt_attio.attio__current_status AS s ON s.record_id = o.record_id AND s.history = '{SOURCE}'
    WHERE o.history = '{PIPELINE}' AND o.outcome = 'open'
"""  # noqa: S608 (our own)


@pytest.fixture
def sql(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, with a view `opened` of the open applications and where each came from."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{warehouse}' AS warehouse (READ_ONLY)")
        connection.execute("USE warehouse")
        connection.execute(f"CREATE TEMP VIEW opened AS {OPEN}")
        yield connection


def ids_where(sql: duckdb.DuckDBPyConnection, condition: str, *values: object) -> list[str]:
    """The open applications of which this is so, as the page writes their ids."""
    found = sql.execute(f"SELECT record_id FROM opened WHERE {condition}", values).fetchall()  # noqa: S608 (our own)
    return sorted(f"{record_id[:8]}…" for (record_id,) in found)


def ids_shown(report: Opened) -> list[str]:
    """Those that the page lists, all of them."""
    report.list_all()
    while report.page.is_visible("#names-more"):
        report.page.click("#names-more")
    return sorted(row[0] for row in report.cells(".names tbody tr"))


def choose(page: Page, value: str) -> None:
    """Filters by a value, which an archived one may be."""
    options = page.locator("#attributes option").all_text_contents()
    [label] = [option for option in options if option.removesuffix(" (archived)") == value]
    page.get_by_role("combobox", name="Source").select_option(label=label)


def test_a_value_leaves_exactly_the_records_that_have_it(lent_sourced: Opened, sql: duckdb.DuckDBPyConnection) -> None:
    report = lent_sourced
    counted = sql.execute("SELECT source, count(*) FROM opened GROUP BY source").fetchall()

    assert len(counted) == 6
    assert "(none)" in dict(counted)
    for source, number in counted if PROFILE == "long" else [one for one in counted if one[0] == "(none)"]:
        choose(report.page, source)
        assert report.page.text_content("#shown") == f"{number} of {sum(n for _, n in counted)} open records"
        assert ids_shown(report) == ids_where(sql, "source = ?", source)


def test_the_package_splits_as_far_as_the_report_filters() -> None:
    assert f"attio_segment_values: {MOST_VALUES}\n" in (PACKAGE / "dbt_project.yml").read_text(encoding="utf-8")


def test_the_figures_are_those_of_the_value(lent_sourced: Opened, sourced: Models, sql: duckdb.DuckDBPyConnection) -> None:
    report = lent_sourced
    bands = {row[0]: row[2:5] for row in report.rows("ageing")}

    choose(report.page, "Referral")

    by_status = sql.execute("SELECT status, count(*) FROM opened WHERE source = 'Referral' GROUP BY status").fetchall()
    shown = {row[0].removesuffix(" (archived)"): int(row[1]) for row in report.rows("ageing")}
    assert {status: number for status, number in shown.items() if number} == dict(by_status)
    # How long others stayed is told of everybody's stays.
    assert all(row[2:5] == bands[row[0]] for row in report.rows("ageing"))
    stuck = len(ids_where(sql, "source = 'Referral' AND is_stuck"))
    assert stuck > 0
    assert sum(int(row[-1]) for row in report.rows("waiting")) == stuck
    assert str(report.page.text_content("#names-count")).startswith(f"{stuck} stuck record")
    for picture in ("ageing", "waiting", "names"):
        assert "Source Referral: only such records" in str(report.page.text_content(f"#{picture} .filter-note"))
    [referral] = [row.status_id for row in sourced.status if row.status_title == "Referral"]
    for picture in WHOLE:
        assert report.page.text_content(f"#{picture} .filter-note") == "Source Referral: only such records."
        rows = f" Here of rows where history = '{PIPELINE}[{SOURCE}={referral}]'."
        assert str(report.page.text_content(f"#{picture} .source")).endswith(rows)


@pytest.mark.parametrize("choice", ["Referral", pytest.param("(none)", marks=pytest.mark.long), "who moved last"])
def test_every_picture_is_of_the_records_that_are_chosen(
    open_report: Open, lent_sourced: Opened, sourced: Models, models: Models, choice: str
) -> None:
    ids = {row.status_title: row.status_id for row in split_histories(sourced)["", SOURCE].status}
    mover = next(stay for stay in models.status_history if stay.is_current and stay.moved_by_name)
    by = f"moved_by={mover.moved_by_id}" if choice == "who moved last" else f"{SOURCE}={ids.get(choice, '')}"
    alone = split_histories(sourced)["", f"{PIPELINE}[{by}]"]
    own: dict[str, Any] = {n: [replace(row, history=PIPELINE) for row in getattr(alone, n)] for n in OF_SEGMENTS}
    expected = open_report(replace(models, **own))
    report = lent_sourced
    unfiltered = figures(report)

    if choice == "who moved last":
        report.page.select_option("#owner", label=mover.moved_by_name)
    else:
        choose(report.page, choice)

    assert figures(report) == figures(expected)
    assert all(rows != unfiltered[picture] for picture, rows in figures(report).items())
    if choice == "Referral":
        # Where a label goes on in another line depends on how the browser measured it, which a busy one does otherwise.
        assert [report.drawn(one).split() for one in WHOLE] == [expected.drawn(one).split() for one in WHOLE]
    for picture in WHOLE:
        rows = f"Here of rows where history = '{PIPELINE}[{by}]'."
        assert rows in str(report.page.text_content(f"#{picture} .source"))
    report.page.click("#reset")
    assert "Here of rows" not in str(report.page.text_content("#pictures"))
    assert figures(report) == unfiltered


def test_who_has_no_id_of_their_own_is_not_told_apart(models: Models) -> None:
    """What Attio does itself has no id, nor has what nobody is named for: both are in one segment."""
    stays = [stay for stay in models.status_history if stay.is_current]
    kinds = [("system", None), (None, None), ("workspace-member", "m1"), ("workspace-member", "m2")]
    moved = [
        replace(stay, moved_by_type=kinds[n % 4][0], moved_by_id=kinds[n % 4][1], moved_by_name=None)
        for n, stay in enumerate(stays)
    ]
    directory = Directory(replace(models, status_history=moved))
    for stay in moved:
        directory.owner(directory.mover(stay))

    split = split_by_mover(replace(models, status_history=moved), directory)

    assert {directory.owners[int(key)]: value for key, value in split.value_ids.items()} == {
        "member m1": "m1",
        "member m2": "m2",
    }
    assert len(split.key_of) == len(stays)


def test_why_who_has_no_id_is_not_drawn_is_said(open_report: Open, sourced: Models) -> None:
    """The models have a segment of all that has no id, but neither of what Attio did nor of what nobody is named for."""

    def unnamed(stay: StatusStay, number: int) -> StatusStay:
        kind = "system" if number % 2 else None
        return replace(stay, moved_by_type=kind, moved_by_id=None, moved_by_name=None)

    stays = [unnamed(stay, n) if stay.history == PIPELINE else stay for n, stay in enumerate(sourced.status_history)]
    report = open_report(replace(sourced, status_history=stays))
    unfiltered = figures(report)

    report.page.select_option("#owner", label="Attio itself")

    assert figures(report) == unfiltered
    assert report.page.text_content("#flow .filter-note") == (
        "Not filtered by who moved last: in the models their id is not theirs alone."
    )


def test_where_nothing_was_to_be_drawn_pictures_come_back(open_report: Open, sourced: Models) -> None:
    def is_removed(row: CurrentStatus) -> bool:
        return row.moved_by_name == "Recruiter 5" and f"{row.entered_on}".startswith("2026-04")

    current = [row for row in sourced.current_status if not is_removed(row)]
    assert len(current) < len(sourced.current_status)
    report = open_report(replace(sourced, current_status=current))
    page = report.page

    page.select_option("#owner", label="Recruiter 5")
    page.select_option("#period", "month:2026-04-01")

    assert str(page.text_content("#shown")).startswith("0 of")
    assert page.locator("#ageing .chart .nothing, #waiting .chart .nothing").count() > 0

    page.click("#reset")
    report.drawn("ageing")
    report.drawn("waiting")

    assert page.locator(".chart .nothing").count() == 0


def test_pictures_are_of_one_value_at_a_time_and_what_ends_the_filters_is_beside_them(
    open_report: Open, sourced: Models
) -> None:
    report = open_report(also_called("channel", sourced))
    unfiltered = figures(report)

    for name, value in {"Source": "Referral", "Channel": "Job board"}.items():
        report.page.get_by_role("combobox", name=name).select_option(label=value)

    assert figures(report) == unfiltered
    for picture in WHOLE:
        note = "Not filtered by channel or source: it can follow one of them at a time at most."
        assert report.page.text_content(f"#{picture} .filter-note") == note
    button, shown = report.page.locator("#reset").bounding_box(), report.page.locator("#shown").bounding_box()
    assert button
    assert shown
    assert button["y"] < shown["y"] + shown["height"] / 2 < button["y"] + button["height"]


@pytest.mark.long  # of who moved last it is said in the same way
def test_where_the_models_have_no_segments_the_pictures_say_so(open_report: Open, sourced: Models) -> None:
    rest: dict[str, Any] = {name: [row for row in getattr(sourced, name) if "[" not in row.history] for name in OF_SEGMENTS}
    report = open_report(replace(sourced, **rest))
    unfiltered = figures(report)

    choose(report.page, "Referral")

    assert figures(report) == unfiltered
    assert (
        report.page.text_content("#flow .filter-note")
        == "Not filtered by source: attio_segments does not name it for the models, or its 6 values are more than "
        "attio_segment_values."
    )


def test_where_there_is_no_room_for_segments_the_pictures_say_so(
    open_report: Open, sourced: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "MOST_BYTES", 1_000_000)
    report = open_report(sourced)
    unfiltered = figures(report)

    choose(report.page, "Referral")

    assert figures(report) == unfiltered
    assert (
        report.page.text_content("#flow .filter-note")
        == "Not filtered by source: there is no room, as the file would be larger than 2 MB."
    )
    report.page.get_by_role("combobox", name="Source").select_option("all")
    report.page.select_option("#owner", index=1)
    assert "who moved last: there is no room" in str(report.page.text_content("#flow .filter-note"))


def test_why_there_are_no_segments_is_said_as_far_as_the_models_tell(models: Models) -> None:
    stays = [replace(stay, moved_by_id=f"m{n}", moved_by_name=None) for n, stay in enumerate(models.status_history)]
    split = split_by_mover(replace(models, status_history=stays), Directory(models))

    assert why_unsplit(split, [("moved_by", "m1")]) is None
    number = f"{len({stay.record_id for stay in stays if stay.is_current}):,}"
    why = f"attio_segments does not name it for the models, or its {number} values are more than attio_segment_values"
    assert why_unsplit(split, [(SOURCE, "m1")]) == why
    alone = split_by_mover(
        replace(models, status_history=[replace(one, moved_by_id="m1") for one in stays]), Directory(models)
    )
    assert why_unsplit(alone, [(SOURCE, "m1")]) == "all records have the same"


NOBODY, TWO_DAYS, ONE_DAY, ONE_COHORT, IMPORTED = "Agency", "Job board", "Referral", "Sourced", "Careers page"


@pytest.fixture
def various(sourced: Models, show: Callable[..., Opened]) -> Iterator[Opened]:
    """A report in which the applications from each source are special in their own way, opened once."""
    if "various" not in chromium.kept:
        chromium.kept["various"] = show(html_of(made_various(sourced), None))
    yield chromium.kept["various"]
    chromium.kept["various"].put_back()
    chromium.kept["various"].assert_in_order()


def made_various(sourced: Models) -> Models:
    """From one source nobody was ever in a status, from others all are of a day or two, or of one month."""
    last = max(row.date_day for row in sourced.status_daily)
    days = {segment(sourced, TWO_DAYS): 2, segment(sourced, ONE_DAY): 1}
    nobody, few = segment(sourced, NOBODY), segment(sourced, ONE_COHORT)
    rest: dict[str, Any] = {n: [row for row in getattr(sourced, n) if row.history != nobody] for n in OF_SEGMENTS}
    rest["time_in_status"] += [
        replace(row, stays=0, open_stays=0, median_days=None)
        for row in sourced.time_in_status
        if row.history == nobody and row.period_kind == "all"
    ]
    rest["status_daily"] = [r for r in rest["status_daily"] if (last - r.date_day).days < days.get(r.history, 1_000)]
    latest = max(months_of(sourced, few))
    rest["funnel"] = [r for r in rest["funnel"] if (r.history, r.cohort_kind) != (few, "month") or r.cohort_start == latest]
    return replace(sourced, status_history=every_other_imported(sourced), **rest)


def months_of(models: Models, history: str) -> set[date]:
    """In which months its cohorts came in."""
    return {row.cohort_start for row in models.funnel if row.history == history and row.cohort_kind == "month"}


def test_records_imported_with_a_value_are_counted(various: Opened, sourced: Models) -> None:
    records = {row.record_id for row in sourced.current_status if row.status_title == IMPORTED}
    entries = [stay for stay in every_other_imported(sourced) if stay.history == PIPELINE and stay.direction == "entry"]
    imported = [stay for stay in entries if stay.is_late_entry]

    choose(various.page, IMPORTED)

    number = sum(stay.record_id in records for stay in imported)
    assert 0 < number < len(imported)
    assert f"{number} imported records are in no cohort" in str(various.page.text_content("#funnel"))


def test_records_of_which_none_was_ever_in_a_status_are_drawn_as_nothing(various: Opened, sourced: Models) -> None:
    choose(various.page, NOBODY)

    assert not any(figures(various).values())
    assert segment(sourced, NOBODY) in str(various.page.text_content("#flow .source"))
    assert "Nothing to draw here" in str(various.page.text_content("#flow .chart"))


def test_that_all_records_are_of_one_day_is_said(various: Opened, sourced: Models) -> None:
    page = various.page
    last = max(row.date_day for row in sourced.status_daily)
    said = f"All these records are of one day, {last.day} {last:%b %Y}: there is little to draw yet."
    assert said not in str(page.text_content("#pictures"))

    choose(page, ONE_DAY)

    for picture in WHOLE:
        assert str(page.text_content(f"#{picture} .one-day")).startswith(said)
    choose(page, TWO_DAYS)
    assert TWO_DAYS in str(page.text_content("#flow .filter-note"))
    assert not page.locator(".one-day:visible").count()
    choose(page, ONE_DAY)
    page.click("#reset")
    assert not page.locator(".one-day:visible").count()


def test_a_value_with_few_cohorts_keeps_the_kind_that_is_chosen(various: Opened, sourced: Models) -> None:
    page = various.page
    assert len(months_of(sourced, segment(sourced, ONE_COHORT))) > 2
    assert page.input_value("#cohort") == "month"

    choose(page, ONE_COHORT)

    assert page.input_value("#cohort") == "month"
    assert str(page.text_content("#funnel caption")).startswith("Reached by month in which they came in")
    assert len(various.rows("funnel")) == 1


def segment(sourced: Models, source: str) -> str:
    """What the models call the applications from there."""
    [status_id] = [row.status_id for row in sourced.status if row.status_title == source]
    return f"{PIPELINE}[{SOURCE}={status_id}]"


def every_other_imported(sourced: Models) -> list[StatusStay]:
    return [
        replace(stay, is_late_entry=True) if stay.direction == "entry" and n % 2 else stay
        for n, stay in enumerate(sourced.status_history)
    ]


WHOLE = ("flow", "survival", "funnel", "conversion", "transitions")
"""Pictures without a line or a point for a record."""


def figures(report: Opened) -> dict[str, list[list[str]]]:
    """The tables beneath these pictures."""
    return {picture: report.rows(picture) for picture in WHOLE}


def also_called(name: str, models: Models) -> Models:
    """The models of a workspace in which another attribute says the same as the source."""

    def doubled(rows: Sequence[Row]) -> list[Row]:
        return [
            *rows,
            *(replace(r, history=r.history.replace(SOURCE, f"applications.{name}")) for r in rows if SOURCE in r.history),
        ]

    rows: dict[str, Any] = {n.name: doubled(getattr(models, n.name)) for n in fields(Models) if n.name != "as_of"}
    return replace(models, **rows)


def test_a_value_goes_with_owner_and_period_and_show_all_ends_them(
    lent_sourced: Opened, sql: duckdb.DuckDBPyConnection
) -> None:
    report = lent_sourced
    page = report.page
    source, owner, month = cast(
        "tuple[str, str, str]",
        sql.execute(
            "SELECT source, owner, month FROM opened WHERE owner IS NOT NULL GROUP BY ALL ORDER BY count(*) DESC LIMIT 1"
        ).fetchone(),
    )
    total = sql.execute("SELECT count(*) FROM opened").fetchall()[0][0]

    choose(page, source)
    page.select_option("#owner", label=owner)
    both = ids_where(sql, "source = ? AND owner = ?", source, owner)
    assert page.text_content("#shown") == f"{len(both)} of {total} open records"
    page.select_option("#period", f"month:{month}")
    all_three = ids_where(sql, "source = ? AND owner = ? AND month = ?", source, owner, month)
    assert 0 < len(all_three) < len(both)
    assert page.text_content("#shown") == f"{len(all_three)} of {total} open records"
    assert ids_shown(report) == all_three

    page.click("#reset")

    assert page.text_content("#shown") == f"{total} of {total} open records"
    assert page.get_by_role("combobox", name="Source").input_value() == "all"
    assert not page.is_visible("#reset")


def test_of_more_records_than_are_listed_all_are_counted_and_all_of_a_value(
    open_report: Open, sourced: Models, sql: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MOST_LISTED", 50)
    report = open_report(sourced)
    total, newest = cast("tuple[int, str]", sql.execute("SELECT count(*), max(month) FROM opened").fetchone())

    assert sum(int(row[1]) for row in report.rows("ageing")) == total
    report.list_all()
    assert report.page.text_content("#names-count") == (
        f"{total} open records with these filters, of which 50 are listed: of all open records there are lines for 50, "
        "those that are stuck first, and of them those that wait longest; 25 shown."
    )
    assert f"Points are drawn of 50 of the {total} open records" in str(report.page.text_content("#ageing .left-out"))

    choose(report.page, "Job board")

    those = ids_where(sql, "source = 'Job board'")
    assert sum(int(row[1]) for row in report.rows("ageing")) == len(those)
    assert str(report.page.text_content("#names-count")).startswith(
        f"{len(those)} open records with these filters, of which"
    )
    assert set(ids_shown(report)) < set(those)
    report.page.select_option("#period", f"month:{newest}")
    of_month = ids_where(sql, "source = 'Job board' AND month = ?", newest)
    assert sum(int(row[1]) for row in report.rows("ageing")) == len(of_month)


def test_a_timeline_says_where_its_record_came_from(lent_sourced: Opened, sql: duckdb.DuckDBPyConnection) -> None:
    page = lent_sourced.page
    page.locator(".timeline-button").first.click()
    record_id = page.locator(".timeline strong").text_content()

    [(source,)] = sql.execute("SELECT source FROM opened WHERE record_id = ?", [record_id]).fetchall()
    assert f" Source: {source}" in str(page.locator(".timeline p").text_content())


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "dark"), *(pytest.param(375, one, marks=pytest.mark.long) for one in ("light", "dark"))]
)
def test_the_filter_fits_on_a_phone_and_axe_finds_nothing_serious(
    open_report: Open, sourced: Models, width: int, scheme: str
) -> None:
    report = open_report(sourced, width=width, scheme=scheme)
    page = report.page
    choose(page, "Referral")
    page.locator("[data-sort=days]").click()
    page.locator(".timeline-button").first.click()
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('.filters').clientHeight") < 200
    assert report.serious() == []


def test_where_records_came_from_is_no_pipeline(lent_sourced: Opened, sourced: Models, models: Models) -> None:
    facts = {"open", "stuck"}
    assert [one for one in findings(sourced) if one.kind in facts] == [one for one in findings(models) if one.kind in facts]
    assert {one.history for one in findings(sourced)} == {PIPELINE}
    page = lent_sourced.page
    assert page.locator("h1").text_content() == "Applications by workflow status"
    assert not page.is_visible("#history")
    assert f"{len(models.current_status):,} records of {PIPELINE}, as of" in str(page.text_content("header p"))
    footer = str(page.text_content("footer"))
    assert f"Not shown as a pipeline: {SOURCE}. " in footer
    assert "can be filtered by them where there are from 2 to 20." in footer
    assert "Job board" not in footer  # nobody has to map what is no status
    assert "Not shown as a pipeline" not in report_of(models, findings(models), None)


def test_a_source_that_is_mapped_as_lost_or_alone_is_a_pipeline(sourced: Models) -> None:
    def kind(kind: str, *, is_mapped: bool) -> set[str]:
        """Which histories there is something to say of, where one source is this."""
        status = [
            replace(row, status_kind=kind, is_mapped=is_mapped) if row.status_title == "Referral" else row
            for row in sourced.status
        ]
        return {one.history for one in findings(replace(sourced, status=status))}

    assert kind("lost", is_mapped=True) == {PIPELINE, SOURCE}
    assert kind("lost", is_mapped=False) == {PIPELINE}  # a guess, where a few were corrected
    assert {one.history for one in findings(split_histories(sourced)["", SOURCE])} == {SOURCE}


def test_a_second_pipeline_stays_one_and_filters_too(open_report: Open, models: Models) -> None:
    second = "applications.check_status"

    def other[T](rows: list[T]) -> list[T]:
        return [*rows, *(replace(row, history=second) for row in rows)]  # type: ignore[type-var] # pyright: ignore[reportArgumentType, reportUnknownVariableType, reportUnknownArgumentType] (rows of any model)

    both = replace(
        models,
        current_status=other(list(models.current_status)),
        status=other(list(models.status)),
        status_history=other(list(models.status_history)),
    )

    assert {one.history for one in findings(both) if one.kind == "open"} == {PIPELINE, second}
    report = open_report(both)
    assert report.page.locator("#history option").all_text_contents() == [
        "Applications by check status",
        "Applications by workflow status",
    ]
    assert report.page.locator("#attributes label span").all_text_contents() == ["Workflow status"]
    # As both are the same, those with a value are those in the status.
    title, number = Counter(r.status_title for r in models.current_status if r.outcome == "open").most_common(1)[0]
    report.page.locator("#attributes select").select_option(label=title)
    assert str(report.page.text_content("#shown")).startswith(f"{number} of ")
    report.page.select_option("#owner", index=1)
    both_filters = report.page.text_content("#shown")
    report.page.select_option("#history", label="Applications by workflow status")
    assert report.page.locator("#attributes label span").all_text_contents() == ["Check status"]
    # Who moved it goes on; what there is no filter for is said, until there is one again or it is not wanted any more.
    assert report.page.locator("#owner").evaluate("owner => owner.selectedIndex") == 1
    for picture in ("ageing", "flow"):
        note = str(report.page.text_content(f"#{picture} .filter-note"))
        assert note.endswith(f"Not filtered by Workflow status {title}, which cannot be chosen in this pipeline.")
    # Also while something else is chosen there.
    report.page.select_option("#period", index=1)
    assert "cannot be chosen" in str(report.page.text_content("#ageing .filter-note"))
    report.page.select_option("#period", index=0)
    # On paper, which has no filters, it is said which history the pictures are of.
    assert not report.page.is_visible("#history-shown")
    report.page.emulate_media(media="print")
    assert report.page.inner_text("#history-shown") == "The pictures are of Applications by workflow status."
    report.page.emulate_media(media="screen")
    report.page.select_option("#history", label="Applications by check status")
    assert report.page.text_content("#shown") == both_filters
    assert "cannot be chosen" not in str(report.page.text_content("#pictures"))
    report.page.select_option("#history", label="Applications by workflow status")
    report.page.click("#reset")
    assert "Not filtered by" not in str(report.page.text_content("#pictures"))
    assert not report.page.is_visible("#reset")


def test_an_attribute_with_one_value_or_too_many_is_no_filter(sourced: Models) -> None:
    source = split_histories(sourced)["", SOURCE]
    ids = [row.record_id for row in source.current_status]
    template = source.status[0]

    def values(number: int) -> list[int]:
        """How many values the filters have, where records have so many."""
        status = [replace(template, status_id=str(n), status_title=str(n), status_order=n) for n in range(number)]
        current = [replace(row, status_id=str(n % number)) for n, row in enumerate(source.current_status)]
        given = replace(source, status=status, current_status=current, status_history=[])
        return [len(one.values) for one in attributes_of(ids, {SOURCE: given})]

    assert values(1) == []
    assert values(2) == [2]
    assert values(MOST_VALUES) == [MOST_VALUES]
    assert values(MOST_VALUES + 1) == []
