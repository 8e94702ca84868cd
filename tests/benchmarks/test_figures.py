"""Figures end to end in a tiny size: real processes, a real socket, the real SDK."""

from pathlib import Path

import duckdb
import pytest
from benchmarks.figures import cost, findings, models, reconciliation
from benchmarks.figures.kill import read_though_safe
from benchmarks.figures.pace import share_kept_busy
from benchmarks.processes import simulator
from benchmarks.profiling import layer_of
from benchmarks.scale import TINY
from benchmarks.stays import difference, read_truth
from benchmarks.tools import let_days_pass, own_tool

from attio_sync.parents import parse_parent
from attio_sync.sources import Source
from attio_sync.streams import tables

HISTORY = Source(parse_parent("applications"), "workflow_status", "attio_workflow_status")


@pytest.mark.long
def test_the_cost_of_a_record_is_measured_with_and_without_the_sdk_and_profiled() -> None:
    (section,) = cost.measure(TINY)

    per_record, rows = section.figures
    assert 0.1 < float(per_record.measured.removesuffix(" ms")) < 100
    assert "100 records" in per_record.note
    assert "into DuckDB" in rows.measured
    assert "the HTTP library" in section.body


@pytest.mark.long
def test_this_connectors_rows_are_right_a_day_after_deletes_and_clears_and_a_month_after_rewritten_pasts(
    tmp_path: Path,
) -> None:
    own = own_tool()

    def is_right() -> bool:
        attio.ask("truth", path=str(tmp_path / "truth.json"))
        return difference(read_truth(tmp_path / "truth.json"), own.rows(tmp_path)).is_none

    with simulator(records=60, no_limits=True) as attio:
        first = own.sync(tmp_path, attio, False)  # noqa: FBT003 (not full)
        assert is_right()
        attio.ask("move", count=2)
        attio.ask("vanish", count=1)
        assert not is_right()
        let_days_pass(tmp_path, 1)
        own.sync(tmp_path, attio, False)  # noqa: FBT003
        assert is_right()
        attio.ask("rewrite", count=3)
        let_days_pass(tmp_path, 30)
        own.sync(tmp_path, attio, False)  # noqa: FBT003
        assert is_right()

    assert first.code == 0
    assert first.peak_mib > 10


@pytest.mark.long
def test_a_reconciliation_is_measured_in_requests_memory_time_and_state() -> None:
    (section,) = reconciliation.measure(TINY)

    requests, memory, processor, state = section.figures
    assert "100 records" in requests.name
    assert "removed" in requests.note
    assert memory.measured.endswith("MiB")
    assert "the parsing of the answers" in processor.note
    assert state.met
    assert "| function | µs a record |" in section.body


@pytest.mark.long
def test_what_is_planted_is_named_and_nothing_where_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "SIZES", findings.SIZES[2:3])
    monkeypatch.setattr(findings, "WORKSPACES", (600,))
    (section,) = findings.measure(TINY)

    *exact, false = section.figures
    assert [one.name.rpartition(", ")[2] for one in exact] == ["3 seeds", "3 other seeds"]
    for one in exact:
        assert one.measured == "3 of 3"
        assert ("0 are not; 0 are named that were not planted" in one.note, one.met) == (True, True)
    assert (false.measured, false.note, false.met) == ("0.0%", "0 of 3", True)
    assert section.body.endswith("| Screening takes 3 times as long | 100% |")


def test_the_share_kept_busy_leaves_refused_requests_out() -> None:
    stats = {"requests": 190, "refused": 9, "first": 100.0, "last": 102.0}

    assert share_kept_busy(stats) == 1.0


def test_a_history_read_twice_was_safe_if_the_cursor_had_passed_it() -> None:
    saved = {"created_at": "2026-05-16T00:00:00.001000000Z", "record_ids": ["at the cursor"]}
    cursor = 1_778_889_600_001_000_000
    twice = {"before": cursor - 1_000_000, "at the cursor": cursor, "beside it": cursor, "after": cursor + 1_000_000}

    assert read_though_safe(twice, saved) == ["before", "at the cursor"]


def test_a_file_belongs_to_the_layer_that_answers_for_it() -> None:
    packages = "/venv/lib/python3.12/site-packages"

    assert layer_of(f"{packages}/httpcore2/_async/http11.py") == "the HTTP library"
    assert layer_of(f"{packages}/fivetran_connector_sdk_core/destination/staging.py") == "DuckDB, called by the SDK"
    assert layer_of(f"{packages}/fivetran_connector_sdk_core/runner.py") == "the SDK's local run"
    assert layer_of("/usr/lib/python3.12/asyncio/events.py") == "the event loop"
    assert layer_of("/usr/lib/python3.12/json/decoder.py") is None


def test_what_the_models_are_measured_on_has_the_connectors_columns(tmp_path: Path) -> None:
    stays = models.generate(tmp_path / "warehouse.db", 500)
    declared = {table.name: {column.name for column in table.columns} for table in tables([HISTORY])}

    assert 2_000 < stays < 3_000
    with duckdb.connect(str(tmp_path / "warehouse.db")) as connection:
        for name in models.TABLES:
            columns = {column for column, *_ in connection.execute(f"describe attio.{name}").fetchall()}
            assert columns - {"_fivetran_deleted"} == declared[name]
        wrong = connection.execute(
            "select count(*) from attio.attio_workflow_status_history "
            "where active_until < active_from or is_active = (active_until is not null)"
        )
        assert wrong.fetchall() == [(0,)]
