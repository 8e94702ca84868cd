"""The command: from a local sync to a file, and what it says where it cannot."""

import shutil
from pathlib import Path

import duckdb
import pytest
from tests.report.conftest import PIPELINE, SOURCE

from attio_workbench.cli import main
from attio_workbench.errors import WorkbenchError
from attio_workbench.models import Models
from attio_workbench.report.warehouse import Warehouse, fetch_models

NEW = "'new' AS status_id, 'Brand new' AS status_title"
UNUSED = (
    f"{NEW}, 0 AS stays, 0 AS open_stays, 0 AS late_entries, NULL AS lower_quartile_days, NULL AS median_days, "
    "NULL AS upper_quartile_days, NULL AS mean_days_to_horizon, NULL AS horizon_days, true AS is_few"
)
"""What the models say of a status that nobody was ever in."""


def run(*arguments: str | Path) -> object:
    """The exit code of a command in this process."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return end.value.code


def place_of(warehouse: Path, folder: Path) -> Path:
    """A copy of the synced database in a place of its own, with what dbt parsed for an earlier report."""
    (folder / "files").mkdir(parents=True)
    shutil.copy(warehouse, folder / "files" / "warehouse.db")
    shutil.copytree(warehouse.parents[2] / "dbt", folder / "files" / "dbt")
    return folder


def test_a_local_sync_becomes_a_report_with_links_and_every_status_but_no_select_of_several_values(
    warehouse: Path,
    models: Models,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = place_of(warehouse, tmp_path / "place")
    with duckdb.connect(str(place / "files" / "warehouse.db")) as connection:
        tracked = f"'{PIPELINE},{SOURCE},lists/hiring.channels' AS history"
        claimed = f"'https://api.attio.com' AS origin, 'id' AS workspace_id, 'acme' AS workspace_slug, {tracked}"
        connection.execute(f"CREATE OR REPLACE TABLE attio_sync_origin AS SELECT {claimed}")
        # A select of which several hold at a time is no pipeline.
        connection.execute(
            "CREATE TABLE tester.attio_hiring_channels AS SELECT *, NULL::JSON AS current_values "
            "FROM tester.attio_applications_source"
        )
        connection.execute(
            "CREATE TABLE tester.attio_hiring_channels_history AS FROM tester.attio_applications_source_history"
        )
        # What a build would bring back.
        connection.execute("DELETE FROM dbt_attio.attio__current_status WHERE outcome <> 'open'")
        # A status that was never used has no figures, and stops nothing.
        for table, values, where in (
            ("attio__status", NEW, "true"),
            ("attio__time_in_status", UNUSED, "period_kind = 'all'"),
        ):
            connection.sql(
                f"SELECT * REPLACE ({values}) FROM dbt_attio.{table} WHERE {where} AND history = '{PIPELINE}' LIMIT 1"  # noqa: S608 (our own)
            ).insert_into(f"dbt_attio.{table}")

    monkeypatch.setenv("COLUMNS", "1000")

    assert run("report", "--no-build", "--into", place, "--output", tmp_path / "a" / "b.html") == 1
    assert f"error: there is no folder {tmp_path / 'a'} to write b.html into" in capsys.readouterr().err
    several = "left out, since there can be several values at a time: lists/hiring.channels"
    assert run("report", "--no-build", "--into", place, "--output", tmp_path / "b.html") == 0

    shown = capsys.readouterr()
    said = shown.out.splitlines()
    text = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert shown.err == ""
    assert "Brand new" in text
    still_open = sum(row.outcome == "open" for row in models.current_status)
    assert said[:3] == [several, "Reading the models …", f"Report  {tmp_path / 'b.html'}"]
    assert f'<p class="said">{said[3]}</p>' in text
    assert f"{still_open:,} records of applications.workflow_status" in text
    assert "https://app.attio.com/acme/custom/applications/record/" in text
    assert not (place / "files" / "dbt" / "models").exists()
    assert run("mapping", tmp_path / "mapping.csv", "--into", place) == 0
    assert "hiring" not in (tmp_path / "mapping.csv").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "warehouse.db yet: run attio-sync demo or attio-sync sync first"),
        (("--vars", "attio_schema: attio"), "must be a JSON object"),
        (("--vars", "[]"), "must be a JSON object"),
        (("--profile", "nobody_has_this", "--profiles-dir", "."), "nobody_has_this"),
    ],
    ids=["no database", "no JSON", "no object", "no profile"],
)
def test_what_is_missing_is_one_line(
    options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("report", "--into", tmp_path / "place", *options) == 1

    out, err = capsys.readouterr()
    assert out == ("Building the models with dbt …\n" if "--profile" in options else "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert said in err


def test_without_uv_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr("attio_workbench.report.warehouse.CONNECTOR", tmp_path / "connector")
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))

    with pytest.raises(WorkbenchError, match="pip install uv"):
        fetch_models(Warehouse(variables={}), tmp_path / "dbt")


def test_a_uv_beside_python_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setattr("attio_workbench.report.warehouse.CONNECTOR", tmp_path / "connector")
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").write_text("#!/bin/sh\necho this is the uv beside python; exit 3\n")
    (tmp_path / "bin" / "uv").chmod(0o755)

    with pytest.raises(WorkbenchError, match="this is the uv beside python"):
        fetch_models(Warehouse(variables={}), tmp_path / "dbt")
