import json
import os
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from tests.docs.documents import ROOT
from tests.support.ocel import SCHEMA
from tests.workbench.conftest import AttioSync, assert_one_line

from attio_simulator import Simulator
from attio_workbench.ocel import Member, Move, events, members, records

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
UV = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")

READ = """
import json, sys, pm4py
log = pm4py.read_ocel2_json(sys.argv[1])
graph = pm4py.discover_ocdfg(log)
flat = pm4py.ocel_flattening(log, "applications")
print(json.dumps({
    "events": len(log.events), "objects": len(log.objects), "relations": len(log.relations),
    "object types": sorted(pm4py.ocel_get_object_types(log)), "activities": sorted(graph["activities"]),
    "moved by": int((log.relations["ocel:qualifier"] == "moved by").sum()), "changes": len(log.object_changes),
    "cases": int(flat["case:concept:name"].nunique()), "first": str(log.events["ocel:timestamp"].min()),
}))
"""


def exported(attio_sync: AttioSync, place: Path, *options: str) -> dict[str, Any]:
    file = place / "log.json"
    finished = attio_sync("export", "--ocel", file, "--into", place, *options)
    assert (finished.code, finished.err) == (0, "")
    return json.loads(file.read_text(encoding="utf-8"))


def move(position: int, title: str, since: int, until: int | None, actor_id: str | None = None) -> Move:
    """A move of one record, with days since the start."""
    began, ended = START + timedelta(days=since), None if until is None else START + timedelta(days=until)
    kind = "workspace-member" if actor_id else "system"
    return Move("deals", "stage", "r", position, f"id of {title}", title, began, ended, kind, actor_id)


def test_each_move_is_an_event_of_its_record_and_of_who_made_it() -> None:
    first, second = events([move(1, "Lead", 0, 1), move(2, "Won", 1, None, "m")])

    assert first == {
        "id": "deals.stage/r/1",
        "type": "Lead",
        "time": "2026-09-01T08:00:00.000000Z",
        "attributes": [
            {"name": "history", "value": "deals.stage"},
            {"name": "status_id", "value": "id of Lead"},
            {"name": "moved_by_type", "value": "system"},
        ],
        "relationships": [{"objectId": "r", "qualifier": "moved"}],
    }
    assert (second["type"], second["time"]) == ("Won", "2026-09-02T08:00:00.000000Z")
    assert {"name": "previous_status", "value": "Lead"} in second["attributes"]
    assert second["relationships"] == [
        {"objectId": "r", "qualifier": "moved"},
        {"objectId": "m", "qualifier": "moved by"},
    ]


def test_a_status_that_was_cleared_is_an_event_too() -> None:
    found = list(events([move(1, "Lead", 0, 1), move(2, "Lead", 3, 4)]))

    assert [(one["type"], one["time"][:10]) for one in found] == [
        ("Lead", "2026-09-01"),
        ("(cleared)", "2026-09-02"),
        ("Lead", "2026-09-04"),
        ("(cleared)", "2026-09-05"),
    ]
    assert len({one["id"] for one in found}) == 4


def test_a_record_has_its_statuses_with_the_time_from_which_on() -> None:
    [record] = records([move(1, "Lead", 0, 1), move(2, "Won", 1, None)])

    assert record == {
        "id": "r",
        "type": "deals",
        "attributes": [
            {"name": "stage", "value": "Lead", "time": "2026-09-01T08:00:00.000000Z"},
            {"name": "stage", "value": "Won", "time": "2026-09-02T08:00:00.000000Z"},
        ],
    }


def test_who_is_no_longer_a_member_is_an_object_without_a_name() -> None:
    found = list(members([Member("a", "Ada", "admin"), Member("idle", "Never moved anything", None)], ["b", "a"]))

    assert [one["id"] for one in found] == ["a", "b"]
    assert [one["value"] for one in found[0]["attributes"]] == ["Ada", "admin"]
    assert found[1]["attributes"] == []


def test_an_exported_log_is_valid_and_says_what_the_workspace_says(
    attio_sync: AttioSync, attio: Simulator, place: Path
) -> None:
    workspace = attio.workspace
    cleared = workspace.create_record("applications", "Applied", at=START)
    workspace.clear_value(cleared, "workflow_status", at=START + timedelta(days=1))
    workspace.rename_status("Interview", "Talk")
    assert attio_sync("sync", "--into", place).code == 0

    log = exported(attio_sync, place)

    jsonschema.validate(log, SCHEMA, format_checker=jsonschema.FormatChecker())
    stays = {one: workspace.history(one) for one in workspace.record_ids("applications")}
    moved = Counter(value["status"]["title"] for history in stays.values() for value in history)
    assert Counter(event["type"] for event in log["events"]) == moved + Counter({"(cleared)": 1})
    assert moved["Talk"]
    assert not moved["Interview"]
    titles = {
        one["id"]: [value["value"] for value in one["attributes"]]
        for one in log["objects"]
        if one["type"] == "applications"
    }
    assert titles == {one: [value["status"]["title"] for value in history] for one, history in stays.items() if history}
    assert "Recruiter 1" in json.dumps(log)
    assert_all_is_declared(log)


def assert_all_is_declared(log: dict[str, Any]) -> None:
    """Every type, every attribute and every object that something refers to is there, once."""
    ids = [one["id"] for one in log["objects"]]
    assert len(set(ids)) == len(ids)
    assert len({one["id"] for one in log["events"]}) == len(log["events"])
    for types, things in (("eventTypes", "events"), ("objectTypes", "objects")):
        declared = {one["name"]: {attribute["name"] for attribute in one["attributes"]} for one in log[types]}
        assert {one["type"] for one in log[things]} <= declared.keys()
        for one in log[things]:
            assert {attribute["name"] for attribute in one["attributes"]} <= declared[one["type"]]
            assert {to["objectId"] for to in one.get("relationships", [])} <= set(ids)


def test_names_of_members_can_be_left_out(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    record = attio.workspace.record_ids("applications")[0]
    title = attio.workspace.history(record)[-1]["status"]["title"]
    attio.workspace.set_status(record, "Offer" if title != "Offer" else "Hired", actor=attio.workspace.members[1].actor)
    assert attio_sync("sync", "--into", place).code == 0

    log = exported(attio_sync, place, "--no-names")

    assert "Recruiter" not in json.dumps(log)
    assert attio.workspace.members[1].id in {one["id"] for one in log["objects"]}
    assert_all_is_declared(log)


def test_of_several_histories_a_record_is_one_object(
    attio_sync: AttioSync, attio: Simulator, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applications = attio.workspace.object("applications")
    second = attio.workspace.add_attribute(applications, "check", "Check", "status")
    attio.workspace.add_status(second, "Asked")
    record = attio.workspace.record_ids("applications")[0]
    attio.workspace.set_status(record, "Asked", attribute="check")
    monkeypatch.setenv("ATTIO_HISTORY", "applications.workflow_status=one,applications.check=two")
    assert attio_sync("sync", "--into", place).code == 0

    log = exported(attio_sync, place)

    [found] = [one for one in log["objects"] if one["id"] == record]
    assert {value["name"] for value in found["attributes"]} == {"workflow_status", "check"}
    assert [event["id"] for event in log["events"] if event["type"] == "Asked"] == [f"applications.check/{record}/1"]
    assert_all_is_declared(log)


def test_where_several_values_hold_at_a_time_each_is_entered_and_left_by_itself() -> None:
    several = [
        replace(move(n, *stay), is_one_of_several=True) for n, stay in enumerate((("Email", 0, 2), ("Phone", 1, None)), 1)
    ]

    found = list(events(several))

    assert [(one["type"], one["time"][:10]) for one in found] == [
        ("Email", "2026-09-01"),
        ("(cleared)", "2026-09-03"),
        ("Phone", "2026-09-02"),
    ]
    assert not [a for one in found[::2] for a in one["attributes"] if a["name"] == "previous_status"]


def test_entries_of_lists_and_options_are_in_the_log_and_say_what_they_are_about(
    attio_sync: AttioSync, crm: Simulator, place: Path
) -> None:
    workspace = crm.workspace
    person = workspace.create_record("people")
    entry = workspace.create_entry("hiring", person, "Applied", at=START, values={"channels": "Email"})
    assert attio_sync("sync", "--into", place).code == 0

    log = exported(attio_sync, place)

    jsonschema.validate(log, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert_all_is_declared(log)
    assert {one["name"] for one in log["objectTypes"]} == {"deals", "lists/hiring", "people", "workspace_member"}
    [found] = [one for one in log["objects"] if one["id"] == entry]
    assert {value["name"]: value["value"] for value in found["attributes"]} == {"stage": "Applied", "channels": "Email"}
    assert found["relationships"] == [{"objectId": person, "qualifier": "about"}]
    of_entry = [one for one in log["events"] if one["id"].endswith(f"{entry}/1")]
    assert sorted(one["type"] for one in of_entry) == ["Applied", "Email"]
    assert all({"objectId": person, "qualifier": "about"} in one["relationships"] for one in of_entry)


def test_without_a_database_or_its_table_it_is_one_line(
    attio_sync: AttioSync, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTIO_HISTORY", "deals.stage=deal_stage")
    file = place / "log.json"
    assert_one_line(
        attio_sync("export", "--ocel", file, "--into", place), "yet: run attio-sync demo or attio-sync sync first"
    )

    (place / "files").mkdir(parents=True)
    with duckdb.connect(str(place / "files" / "warehouse.db")) as connection:
        connection.execute("CREATE SCHEMA tester")
    said = attio_sync("export", "--ocel", file, "--into", place)
    assert_one_line(
        said, "there is no table deal_stage_history of a status or select in the database: run attio-sync sync first"
    )
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_one_line_and_what_was_there_stays(
    attio_sync: AttioSync, synced: Path, tmp_path: Path
) -> None:
    place = synced
    missing = tmp_path / "nowhere" / "log.json"
    assert_one_line(
        attio_sync("export", "--ocel", missing, "--into", place),
        f"there is no folder {missing.parent} to write log.json into: make it",
    )
    assert_one_line(attio_sync("export", "--ocel", tmp_path / "place", "--into", place), "is a folder: name a file in it")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "place"]


@pytest.mark.long
def test_pm4py_reads_what_is_exported(attio_sync: AttioSync, attio: Simulator, place: Path) -> None:
    assert len(attio.workspace.record_ids("applications")) == 40
    assert attio_sync("sync", "--into", place).code == 0
    log = exported(attio_sync, place)

    command = [UV, "run", "--locked", "--quiet", "--isolated", "--only-group", "mining", "python", "-c", READ]
    finished = subprocess.run(  # noqa: S603 (our own)
        [*command, str(place / "log.json")], cwd=ROOT, capture_output=True, text=True, check=True
    )

    found = json.loads(finished.stdout.splitlines()[-1])
    relations = [one["qualifier"] for event in log["events"] for one in event["relationships"]]
    assert found == {
        "events": len(log["events"]),
        "objects": len(log["objects"]),
        "relations": len(relations),
        "object types": ["applications", "workspace_member"],
        "activities": sorted({event["type"] for event in log["events"]}),
        "moved by": relations.count("moved by"),
        "changes": found["changes"],
        "cases": sum(one["type"] == "applications" for one in log["objects"]),
        "first": found["first"],
    }
    assert found["first"].startswith(min(event["time"] for event in log["events"]).replace("T", " ")[:19])
    assert found["changes"] > 0
