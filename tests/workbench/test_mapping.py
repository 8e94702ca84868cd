import csv
import os
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from tests.workbench.conftest import AttioSync, assert_one_line

from attio_simulator import Simulator
from attio_workbench.errors import WorkbenchError
from attio_workbench.mapping import read_mapping

HEAD = "history,status_id,status_title,status_order,status_kind,waiting_on\n"


def test_every_status_is_guessed_in_the_order_of_attio(attio_sync: AttioSync, synced: Path) -> None:
    finished = attio_sync("mapping", "--into", synced)
    lines = [line.split(",") for line in finished.out.splitlines()]

    assert (finished.code, finished.err) == (0, "")
    assert finished.out.startswith(HEAD)
    assert [(history, *rest) for history, _, *rest in lines[1:]] == [
        ("applications.workflow_status", "Applied", "1", "open", ""),
        ("applications.workflow_status", "Screening", "2", "open", ""),
        ("applications.workflow_status", "Phone screen", "3", "open", ""),
        ("applications.workflow_status", "Interview", "4", "open", ""),
        ("applications.workflow_status", "Take-home task", "5", "open", ""),
        ("applications.workflow_status", "Offer", "6", "open", ""),
        ("applications.workflow_status", "Hired", "7", "won", ""),
        ("applications.workflow_status", "Rejected", "8", "lost", ""),
        ("applications.workflow_status", "Withdrawn", "9", "lost", ""),  # by its name: too few went there to say
    ]
    assert all(len(status_id) == 36 for _, status_id, *_ in lines[1:])


def test_what_people_wrote_stays_and_only_the_rest_is_added(
    attio_sync: AttioSync, synced: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mapping.csv"
    attio_sync("mapping", file, "--into", synced)
    applied, screening, *others = file.read_text().splitlines()[1:]
    edited = [
        applied.replace(",1,open,", ",5,paused,us"),
        "applications.workflow_status,,SCREENING,7,open,them",
        *others[:-1],
    ]
    file.write_text(HEAD + "\n".join(edited) + "\n")

    finished = attio_sync("mapping", file, "--into", synced)

    said = " ".join(finished.out.split())
    assert "added as guessed: 1, kept as it was: 8" in said
    assert "then put it among the seeds of your dbt project (dbt/README.md); attio-sync report goes by" in said
    monkeypatch.setattr("attio_workbench.mapping.SEED", file)
    seed = tmp_path / "seed.csv"
    seed.symlink_to(file)
    assert attio_sync("mapping", seed, "--into", synced).out.split()[-4:] == ["then", "run", "attio-sync", "report."]
    assert file.read_text() == HEAD + "\n".join([*edited, others[-1]]) + "\n"
    assert screening.endswith(",Screening,2,open,")


def test_a_file_that_is_no_mapping_stays_as_it_is(attio_sync: AttioSync, synced: Path, tmp_path: Path) -> None:
    for content in (b"name,age\nx,1\n", b"\xff\xfe\x00", HEAD.encode() + b"applications.workflow_status,too,few\n"):
        file = tmp_path / "other.csv"
        file.write_bytes(content)

        assert_one_line(attio_sync("mapping", file, "--into", synced), "is no mapping")
        assert file.read_bytes() == content
    nowhere = tmp_path / "nowhere" / "other.csv"
    assert_one_line(attio_sync("mapping", nowhere, "--into", synced), "to write other.csv into: make it, or name another")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,win,", "line 3: status_kind is 'win' and must be one of open, won, lost, paused, or empty"),
        ("1,,candidate", "line 3: waiting_on is 'candidate' and must be one of us, them, or empty"),
        ("first,,", "line 3: status_order is 'first' and must be a whole number"),
    ],
)
def test_a_row_that_says_what_cannot_be_is_named(row: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "mapping.csv"
    file.write_text(f"{HEAD}applications.workflow_status,,New,1,Open,US\napplications.workflow_status,,Done,{row}\n")

    with pytest.raises(WorkbenchError) as caught:
        read_mapping(file)
    assert str(caught.value) == f"{file}, {said}"


@pytest.mark.usefixtures("attio")
def test_where_no_status_or_select_was_synced_that_is_said(
    attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", "applications.name")
    synced = attio_sync("sync", "--into", place)
    assert "\nLog  " in synced.out
    assert "\nNext  " not in synced.out  # there is nothing to report of

    said = "what was synced is no status or select (applications.name): name one in the setting history, and sync again"
    assert_one_line(attio_sync("mapping", "--into", place), said)


def test_without_a_database_it_says_what_to_run_first(attio_sync: AttioSync, place: Path) -> None:
    assert_one_line(attio_sync("mapping", "--into", place), "run attio-sync demo or attio-sync sync first")


@pytest.mark.usefixtures("crm")
def test_statuses_of_objects_and_lists_are_guessed_whoever_synced_them(
    attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = os.environ["ATTIO_HISTORY"]
    attio_sync("sync", "--into", place)
    monkeypatch.delenv("ATTIO_HISTORY")  # what was tracked, the database knows

    finished = attio_sync("mapping", "--into", place)

    assert (finished.code, finished.err) == (0, "")
    found = [
        (row["history"], row["status_title"], row["status_order"]) for row in csv.DictReader(finished.out.splitlines())
    ]
    assert found == [
        *(("deals.stage", title, str(n)) for n, title in enumerate(("Lead", "Negotiating", "Won 🎉", "Lost"), 1)),
        *(
            ("lists/hiring.stage", title, str(n))
            for n, title in enumerate(("Applied", "Interview", "Offer", "Hired", "Rejected"), 1)
        ),
    ]  # and none of lists/hiring.channels, which can have several values at a time

    # What another tool synced is what the setting names.
    monkeypatch.setenv("ATTIO_HISTORY", tracked)
    with duckdb.connect(str(place / "files" / "warehouse.db")) as connection:
        connection.execute("DROP TABLE attio_sync_origin")

    assert attio_sync("mapping", "--into", place) == finished

    monkeypatch.setenv("ATTIO_HISTORY", "people.lead_source")
    missing = attio_sync("mapping", "--into", place)
    assert_one_line(missing, "there is no table attio_people_lead_source_history of a status or select in the database")


def test_attributes_that_fivetran_calls_otherwise_are_found_in_their_tables(
    attio_sync: AttioSync, attio: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applications = attio.workspace.object("applications")
    record_id = attio.workspace.record_ids("applications")[0]
    record = attio.workspace.rows[record_id]
    for slug in ("stage2", "Active-From"):
        attribute = attio.workspace.add_attribute(applications, slug, slug, "status")
        status = attio.workspace.add_status(attribute, f"Open {slug}")
        attio.workspace.set_values(record, attribute, [status])
    monkeypatch.setenv("ATTIO_HISTORY", "applications.stage2,applications.Active-From")

    synced = attio_sync("sync", "--into", place)
    finished = attio_sync("mapping", "--into", place)

    assert (synced.code, synced.err, finished.err) == (0, "", "")
    found = [(row["history"], row["status_title"]) for row in csv.DictReader(finished.out.splitlines())]
    assert found == [("applications.stage2", "Open stage2"), ("applications.Active-From", "Open Active-From")]
    with duckdb.connect(str(place / "files" / "warehouse.db"), read_only=True) as connection:
        told = connection.execute("SELECT status_title, active_from, stays FROM tester.attio_applications_active_from")
        assert [(title, isinstance(since, datetime), stays) for title, since, stays in told.fetchall() if title] == [
            ("Open Active-From", True, 1)
        ]


def test_names_of_an_earlier_version_are_one_line(attio_sync: AttioSync, synced: Path) -> None:
    with duckdb.connect(str(synced / "files" / "warehouse.db")) as connection:
        connection.execute("UPDATE attio_sync_origin SET history = 'applications.stage2=attio_applications_stage2'")

    finished = attio_sync("mapping", "--into", synced)

    assert_one_line(finished, "an earlier version tracked applications.stage2=attio_applications_stage2 (Fivetran would")
    assert "run attio-sync sync" in finished.err
