"""The command: from a local sync to a file, and what it says where it cannot."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.report.conftest import PIPELINE, SLUG, SOURCE, Reported, run

from attio_sync.settings import load_settings
from attio_workbench.errors import WorkbenchError
from attio_workbench.findings import findings
from attio_workbench.models import Models
from attio_workbench.place import Place
from attio_workbench.report.command import ReportOptions, checked_slug, report_of, warehouse_of
from attio_workbench.report.warehouse import Warehouse, fetch_models


@pytest.fixture
def place(warehouse: Path, tmp_path: Path) -> Path:
    """Where a sync and dbt have been, for one test alone."""
    (tmp_path / "place" / "files").mkdir(parents=True)
    shutil.copy(warehouse, tmp_path / "place" / "files" / "warehouse.db")
    return tmp_path / "place"


def test_a_local_sync_becomes_a_report_with_links_but_no_select_of_several_values(
    reported: Reported, models: Models, shared: Path
) -> None:
    files = shared / "report" / "files"
    assert (reported.code, [line for line in reported.err.splitlines() if not line.endswith(" so far")]) == (0, [])
    several, building, drawing, written, said = reported.out.splitlines()[:5]
    assert several == "left out, since there can be several values at a time: lists/hiring.channels"
    assert (building, drawing) == (
        "Building the models with dbt …",
        "Looking for what is not chance, and drawing the rest …",
    )
    assert written == f"Report  {files / 'report.html'}"
    assert f'<p class="said">{said}</p>' in reported.html
    assert f"{len(models.current_status):,} records of applications.workflow_status" in reported.html
    assert f"https://app.attio.com/{SLUG}/custom/applications/record/" in reported.html
    assert not (files / "dbt" / "models").exists()


def test_what_cannot_be_written_is_refused(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read = ("report", "--no-build", "--into", place, "--output")
    assert run(*read, tmp_path / "a" / "b.html") == 1
    assert f"error: there is no folder {tmp_path / 'a'} to write b.html into" in capsys.readouterr().err
    assert run(*read, tmp_path) == 1
    assert f"error: {tmp_path} is a folder: name a file in it\n" in capsys.readouterr().err
    assert run(*read, "/proc/report.html") == 1
    said = capsys.readouterr()
    assert "error: No such file or directory: /proc/report.html\n" in said.err
    assert "Reading the models" not in said.out


def test_a_select_of_several_values_is_no_pipeline_to_map(place: Path, tmp_path: Path) -> None:
    assert run("mapping", tmp_path / "mapping.csv", "--into", place) == 0
    assert "hiring" not in (tmp_path / "mapping.csv").read_text()


@pytest.mark.long  # dbt's own tests and the next one show the same of each side
def test_without_building_the_models_are_read_as_they_are(reported: Reported, shared: Path, tmp_path: Path) -> None:
    place = shared / "report"
    built = place / "files" / "dbt" / "target" / "run_results.json"
    before = built.read_bytes()

    assert reported.code == 0
    assert run("report", "--no-build", "--into", place, "--output", tmp_path / "b.html") == 0

    assert built.read_bytes() == before
    html = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert f"{reported.out.splitlines()[4]}</p>" in html
    assert html.count("records of applications.workflow_status") == 1


@pytest.mark.parametrize("options", [(), ("--no-build",), ("--profile", "mine", "--target", "there")])
def test_what_dbt_is_told_is_what_the_command_was(
    options: tuple[str, ...],
    place: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the place of uv stands what says with what it was called, and fails."""
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho \"$@\" | tr '\\n' ' '; exit 3\n")
    uv.chmod(0o755)
    monkeypatch.setenv("UV", str(uv))

    assert run("report", "--into", place, *options) == 1

    [error] = [line for line in capsys.readouterr().err.splitlines() if not line.endswith(" so far")]
    assert error.startswith("error: dbt could not build or read the models: run --quiet --locked --no-dev --project ")
    assert " ".join(options) in error
    assert [" --no-build " in error, "leave out --no-build" in error] == ["--no-build" in options] * 2


@pytest.mark.long  # dbt starts for it
def test_an_adapter_that_is_not_installed_is_said_with_what_installs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = {"mine": {"target": "there", "outputs": {"there": {"type": "teradata", "schema": "s"}}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profile))

    assert run("report", "--into", tmp_path, "--profile", "mine", "--profiles-dir", tmp_path) == 1

    error = capsys.readouterr().err
    assert "Could not find adapter type teradata!" in error
    assert error.endswith(". make dbt-setup installs the adapters of Snowflake, BigQuery, Redshift and Databricks\n")


def test_what_a_sync_brought_is_split_where_dbt_is_told_nothing_else(place: Path) -> None:
    settings = load_settings({"attio_api_token": "none", "history": f"{PIPELINE},{SOURCE}"}, ())

    given = warehouse_of(Console(quiet=True), Place(place), settings, ReportOptions(variables="attio_time_zone: UTC"))

    assert {"history": PIPELINE, "by": SOURCE} in given.variables["attio_segments"]
    assert list(given.options())[-1] == "attio_time_zone: UTC"


@pytest.mark.long
def test_histories_that_are_named_for_dbt_need_not_be_those_of_the_sync(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", f"{PIPELINE},{SOURCE}")

    code = run("report", "--into", place, "--vars", f"attio_histories: {PIPELINE}=attio_workflow_status")

    assert "error: " not in capsys.readouterr().err
    assert code == 0


def test_variables_that_would_change_nothing_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", "--no-build", "--vars", "attio_time_zone: Europe/Berlin", "--into", tmp_path) == 1
    said = "error: --no-build reads the models as they were built, so --vars would change nothing: leave one of them out\n"
    assert capsys.readouterr().err == said


def test_of_a_wrong_mapping_no_models_are_built(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (place / "files" / "warehouse.db").read_bytes()
    seed = tmp_path / "seeds" / "attio_status_mapping.csv"
    seed.parent.mkdir()
    head = "history,status_id,status_title,status_order,status_kind,waiting_on"
    seed.write_text(f"{head}\n{PIPELINE},,Hired,7,win,\n")
    monkeypatch.setattr("attio_workbench.report.command.SEED", seed)
    monkeypatch.chdir(tmp_path)

    assert run("report", "--into", place) == 1
    said = "status_kind is 'win' and must be one of open, won, lost, paused, or empty"
    assert capsys.readouterr().err == f"error: seeds/attio_status_mapping.csv, line 2: {said}\n"
    assert (place / "files" / "warehouse.db").read_bytes() == before


@pytest.mark.parametrize(
    "given", ["acme-2", "https://app.attio.com/acme-2", "https://app.attio.com/acme-2/custom/applications"]
)
def test_a_workspace_is_named_by_its_name_or_any_of_its_addresses(given: str) -> None:
    assert checked_slug(given) == "acme-2"


def test_a_status_that_was_never_used_has_no_figures_and_stops_nothing(models: Models) -> None:
    unused = replace(models.status[0], status_id="new", status_title="Brand new")
    none: dict[str, Any] = {"stays": 0, "open_stays": 0, "late_entries": 0, "lower_quartile_days": None}
    none |= {"median_days": None, "upper_quartile_days": None, "mean_days_to_horizon": None, "horizon_days": None}
    template = next(row for row in models.time_in_status if row.period_kind == "all")
    times = replace(template, status_id="new", status_title="Brand new", is_few=True, **none)
    given = replace(models, status=[*models.status, unused], time_in_status=[*models.time_in_status, times])

    assert "Brand new" in report_of(given, findings(given), None)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "warehouse.db yet: run attio-sync demo or attio-sync sync first"),
        pytest.param(("--profile", "nobody_has_this", "--profiles-dir", "."), "nobody_has_this", marks=pytest.mark.long),
        (("--workspace", "acme/custom"), "'acme/custom' is no workspace: write SLUG, as in https://app.attio.com/SLUG"),
    ],
    ids=["no database", "no profile", "no workspace"],
)
def test_what_is_missing_is_one_line(
    options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("report", "--into", tmp_path / "place", *options) == 1

    out, err = capsys.readouterr()
    assert out == ("Building the models with dbt …\n" if "--profile" in options else "")
    [error] = [line for line in err.splitlines() if not line.endswith(" so far")]
    assert error.startswith("error: ")
    assert said in error


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
