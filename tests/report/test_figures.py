"""The figures on the page are those of the models."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tests.report.conftest import Open, Opened

from attio_workbench.findings import findings
from attio_workbench.models import CurrentStatus, Models, Status

BANDS = (0.5, 0.75, 0.9)


def count_text(number: int) -> str:
    return f"{number:,}"


def percent_text(share: float | None) -> str:
    if share is None:
        return "–"
    return f"{share * 100:.1f} %" if 0 < share < 0.0995 else f"{share * 100:.0f} %"


def length_text(days: float | None) -> str:
    if days is None:
        return "–"
    if days < 1 / 24:
        return f"{days * 1440:.0f} min"
    if days < 2:
        return f"{days * 24:.0f} h"
    return f"{days:.1f} d" if days < 9.95 else f"{days:,.0f} d"


def day_text(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def month_text(day: date) -> str:
    return f"{day:%b} {day.year}"


def week_text(day: date) -> str:
    return f"week of {day_text(day)}"


def quarter_text(day: date) -> str:
    return f"Q{(day.month + 2) // 3} {day.year}"


def near(shown: str, expected: str) -> bool:
    """Equal but for how the last digit was rounded: the page has two or four digits of what the model says."""
    if shown == expected:
        return True
    numbers = [[float(n.replace(",", "")) for n in re.findall(r"[\d.,]*\d", text)] for text in (shown, expected)]
    units = [re.sub(r"[\d.,]*\d", "", text) for text in (shown, expected)]
    digits = 1 if "." in expected else 0
    step = 10.0**-digits
    return units[0] == units[1] and all(abs(a - b) <= step * 1.001 for a, b in zip(*numbers, strict=True))


def assert_near(shown: Sequence[Sequence[str]], expected: Sequence[Sequence[str]]) -> None:
    assert len(shown) == len(expected)
    for row, wanted in zip(shown, expected, strict=True):
        assert len(row) == len(wanted), (row, wanted)
        assert [cell for cell, want in zip(row, wanted, strict=True) if not near(cell, want)] == [], (row, wanted)


def statuses(models: Models) -> list[Status]:
    return sorted(models.status, key=lambda one: (one.status_order, one.status_id))


def title_of(models: Models, status_id: str | None) -> str:
    """A status as the page names it."""
    [status] = (status for status in models.status if status.status_id == status_id)
    return status.status_title + (" (archived)" if status.is_archived else "")


def opened(models: Models) -> list[CurrentStatus]:
    return [row for row in models.current_status if row.outcome == "open"]


def edges_of(models: Models, status: Status) -> list[float | None]:
    steps = [row for row in models.survival if row.status_id == status.status_id and row.period_kind == "all"]
    steps.sort(key=lambda row: row.days)
    return [next((row.days for row in steps if row.survival <= 1 - part + 1e-9), None) for part in BANDS]


def test_the_sentences_are_the_findings(report: Opened, models: Models) -> None:
    page = report.page

    assert page.locator(".said").all_text_contents() == [one.sentence for one in findings(models)]
    evidence = page.locator(".sentences > li").first.locator(".evidence")
    assert findings(models)[0].evidence[0].where in (evidence.text_content() or "")
    says_the_order = sum(one.effect is not None for one in findings(models)) > 1
    assert page.get_by_text("What has changed or differs most, in proportion, comes first").is_visible() is says_the_order


def test_flow_shows_each_day_as_the_model_has_it(report: Opened, models: Models) -> None:
    drawn = [one for one in statuses(models) if one.status_kind == "open"]
    drawn = [one for one in drawn if any(row.in_status for row in models.status_daily if row.status_id == one.status_id)]
    in_status = {(row.date_day, row.status_id): row.in_status for row in models.status_daily}
    days = sorted({day for day, _ in in_status}, reverse=True)
    step = -(-len(days) // 26)

    expected = [[day_text(day), *(count_text(in_status[day, one.status_id]) for one in drawn)] for day in days[::step]]

    assert report.rows("flow") == expected
    labels = report.drawn("flow")
    for one in drawn:
        assert f"{title_of(models, one.status_id)} {in_status[days[0], one.status_id]:,}" in labels


def test_flow_shows_those_that_ended_when_asked(lent: Opened, models: Models) -> None:
    lent.page.check("#with-outcomes")

    last = max(row.date_day for row in models.status_daily)
    for row in models.status_daily:
        if row.date_day == last and row.status_kind != "open" and row.in_status:
            assert f"{row.status_title} {row.in_status:,}" in lent.drawn("flow")


def test_ageing_counts_every_open_record_in_its_band(report: Opened, models: Models) -> None:
    shown = report.rows("ageing")

    expected: list[list[str]] = []
    for status in statuses(models):
        own = [row for row in opened(models) if row.status_id == status.status_id]
        if not own:
            continue
        bands = Counter(
            None if row.percentile_in_status is None else sum(row.percentile_in_status >= edge for edge in BANDS)
            for row in own
        )
        past = sum(bool(row.is_past_target) for row in own)
        expected.append(
            [
                title_of(models, status.status_id),
                count_text(len(own)),
                *map(length_text, edges_of(models, status)),
                *(count_text(bands[band]) for band in (0, 1, 2, 3, None)),
                length_text(status.target_days),
                "–" if status.target_days is None and not past else count_text(past),
            ]
        )
    assert_near(shown, expected)


def test_ageing_draws_a_point_for_each_open_record(report: Opened, models: Models) -> None:
    paths: list[str] = report.page.eval_on_selector_all(
        "#ageing .chart svg path[fill-opacity], #ageing .chart svg path[opacity]", "paths => paths.map(p => p.id)"
    )
    assert len(paths) == len(opened(models))


def test_survival_shows_the_quartiles_and_shares_of_the_models(report: Opened, models: Models) -> None:
    shown = {row[0]: row[1:] for row in report.rows("survival")}

    checked = 0
    for row in models.time_in_status:
        if row.period_kind != "all" or row.status_kind != "open":
            continue
        steps = sorted(
            (one for one in models.survival if one.status_id == row.status_id and one.period_kind == "all"),
            key=lambda one: one.days,
        )
        shares: list[str] = []
        for day in (1, 3, 7, 14, 30, 60, 90):
            before = [one for one in steps if one.days <= day]
            beyond = len(before) == len(steps) and steps[-1].survival > 0 and day > steps[-1].days
            share = before[-1].survival if before else 1.0
            # All that were watched so long have left, but some still stay: whether they will is not known.
            shares.append("–" if beyond or (share == 0 and row.open_stays) else percent_text(share))
        expected = [
            f"{row.stays:,}{' (few)' if row.is_few else ''}",
            count_text(row.open_stays),
            *map(length_text, (row.lower_quartile_days, row.median_days, row.upper_quartile_days)),
            *shares,
        ]
        assert_near([shown[f"{title_of(models, row.status_id)}, All time"]], [expected])
        checked += 1
    assert checked >= 5


def test_where_few_stays_are_known_their_number_stands_in_the_place_of_a_picture(open_report: Open, models: Models) -> None:
    first = min(models.status, key=lambda status: status.status_order)
    times = [replace(row, stays=6) if row.status_id == first.status_id else row for row in models.time_in_status]
    report = open_report(replace(models, time_in_status=times))

    panels = report.page.locator("#survival .panel").all_text_contents()

    assert any(f"{first.status_title}6 stays: too few to draw. The figures have them." in panel for panel in panels)
    assert report.page.locator("#survival .nothing").count() == 1


def test_of_a_month_quarters_are_those_that_it_is_in(lent: Opened) -> None:
    page = lent.page
    page.select_option("#period", "month:2026-04-01")
    for kind, said in (("quarter", "only the quarter that it is in"), ("month", "only cohorts that began in it")):
        page.select_option("#cohort", kind)
        assert said in str(page.text_content("#funnel .filter-note"))


def test_the_funnel_shows_what_each_cohort_reached(lent: Opened, models: Models) -> None:
    opened_report = lent
    for kind, text in (("quarter", quarter_text), ("month", month_text), ("week", week_text)):
        opened_report.page.select_option("#cohort", kind)
        rows = [row for row in models.funnel if row.cohort_kind == kind]
        used = {row.status_id for row in rows if row.reached}
        rank = {"open": 0, "paused": 1, "won": 2, "lost": 3}
        order = sorted(
            (one for one in statuses(models) if one.status_id in used),
            key=lambda one: (rank[one.status_kind], one.status_order, one.status_id),
        )
        cohorts = sorted({row.cohort_start for row in rows}, reverse=True)
        cell = {(row.cohort_start, row.status_id): row for row in rows}
        expected = [
            [
                text(start),
                count_text(cell[start, order[0].status_id].cohort_records),
                "yes" if cell[start, order[0].status_id].is_mature else "too young",
                *(
                    f"{cell[start, one.status_id].reached:,} ({percent_text(cell[start, one.status_id].share)})"
                    for one in order
                ),
            ]
            for start in cohorts
        ]
        assert_near(opened_report.rows("funnel"), expected)

    bars = [cell[start, one.status_id] for start in cohorts for one in order]
    number, row = next((number, row) for number, row in enumerate(bars) if row.median_days)
    opened_report.drawn("funnel")
    opened_report.page.locator("#funnel .chart svg text", has_text="%").nth(number).hover(force=True)
    told = [
        f"{text(row.cohort_start)}: {title_of(models, row.status_id)}",
        f"{row.reached:,} of {row.cohort_records:,}",
        percent_text(row.share),
        length_text(row.median_days),
        "more may still come",
    ]
    assert_near([opened_report.page.locator("#funnel .tip :is(strong, b)").all_text_contents()], [told])


def test_transitions_show_every_move(report: Opened, models: Models) -> None:
    order = {one.status_id: number for number, one in enumerate(statuses(models))}
    rows = sorted(models.status_transitions, key=lambda row: (order[row.from_status_id], -row.moves))
    expected = [
        [
            title_of(models, row.from_status_id),
            title_of(models, row.to_status_id),
            count_text(row.moves),
            percent_text(row.share),
            length_text(row.median_days_before),
            "back" if row.is_back else "on",
        ]
        for row in rows
    ]
    assert_near(sorted(report.rows("transitions")), sorted(expected))
    cells = report.drawn("transitions").split("\n")
    assert all(count_text(row.moves) in cells for row in rows)


def test_waiting_counts_open_records_by_who_moved_them(report: Opened, models: Models) -> None:
    shown = report.rows("waiting")

    newest = {stay.record_id: stay for stay in models.status_history if stay.is_current}
    expected: Counter[str] = Counter()
    stuck: Counter[str] = Counter()
    for row in opened(models):
        name = newest[row.record_id].mover
        expected[name] += 1
        stuck[name] += bool(row.is_past_target) or (row.percentile_in_status or 0) >= 0.9
    sides = len({row.waiting_on for row in opened(models)})
    assert {row[0]: sum(int(n) for n in row[1 : 1 + sides]) for row in shown} == expected
    assert {row[0]: int(row[-1]) for row in shown} == stuck


def test_two_sides_wait_where_it_is_known(open_report: Open, models: Models) -> None:
    waits = {"Applied": "us", "Screening": "us", "Interview": "them"}
    known = replace(models, status=[replace(row, waiting_on=waits.get(row.status_title)) for row in models.status])
    opened_report = open_report(known)

    assert "waiting for us" in opened_report.drawn("waiting")
    head = opened_report.cells("#waiting .figures thead tr")[0]
    assert head[1:4] == ["waiting for us", "waiting for them", "not said who must act"]
    us = sum(int(row[1]) for row in opened_report.rows("waiting"))
    assert us == sum(waits.get(row.status_title or "") == "us" for row in opened(models))


def test_names_are_those_that_are_stuck(lent: Opened, models: Models) -> None:
    opened_report = lent
    while opened_report.page.is_visible("#names-more"):
        opened_report.page.click("#names-more")
    shown = opened_report.cells(".names tbody tr")

    stuck = [r for r in opened(models) if bool(r.is_past_target) or (r.percentile_in_status or 0) >= 0.9]
    assert Counter(row[0] for row in shown) == Counter(f"{row.record_id[:8]}…" for row in stuck)
    by_id = {f"{row.record_id[:8]}…": row for row in stuck}
    for row in shown:
        record = by_id[row[0]]
        assert row[1] == title_of(models, record.status_id)
        assert near(row[2], length_text(record.days_in_status))
        assert row[3] == length_text(record.target_days) + (" ◆ past" if record.is_past_target else "")
        assert near(row[4].removesuffix(" ▲"), percent_text(record.percentile_in_status))
        assert row[4].endswith("▲") == ((record.percentile_in_status or 0) >= 0.9)
        assert record.entered_at is not None
        assert row[6] == f"{record.entered_at:%Y-%m-%d %H:%M}"
        assert (row[7], row[8]) == (str(record.moves), str(record.moves_back))
