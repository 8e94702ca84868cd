"""`connector.py` as the SDK calls it: `schema` looks up what is tracked, and `update` syncs exactly that."""

import importlib
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fivetran_connector_sdk import Connector, Logging
from fivetran_connector_sdk_cli import core_adapter
from fivetran_connector_sdk_common import constants
from fivetran_connector_sdk_core.errors import ConnectorTask
from tests.commands.conftest import Serve
from tests.commands.projects import Attio, Project

from attio_simulator import Fault, RequestInfo
from attio_simulator.crm_data import generate_crm
from attio_simulator.happenings import Happenings
from attio_sync.errors import GaveUpError

connector: Any = importlib.import_module("connector")

DEFAULT = ["attio_workflow_status", "attio_workflow_status_history", "attio_sync_error"]


@pytest.fixture
def crm(serve: Serve) -> Attio:
    return serve(workspace=generate_crm(30, seed=1))


@pytest.fixture(autouse=True)
def run_by_the_sdk(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    package = logging.getLogger("attio_sync")
    before = (package.handlers[:], package.level, package.propagate)
    monkeypatch.setenv("HOME", str(project.home))
    monkeypatch.setattr(constants, "DEBUGGING", True)
    monkeypatch.setattr(Logging, "LOG_LEVEL", Logging.Level.DEBUG)
    yield
    package.handlers, package.level, package.propagate = before


def sync(project: Project, attio: Attio, **more: str) -> None:
    """A local run: the SDK calls `schema`, then `update`."""
    path = project.folder / "files" / "state.json"
    state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    core_adapter.run(connector.connector, str(project.folder), {**attio.settings, **more}, state)


def declared(attio: Attio, **more: str) -> dict[str, dict[str, Any]]:
    return {table["table"]: table["columns"] for table in connector.schema({**attio.settings, **more})}


def test_the_schema_is_that_of_what_the_names_mean_in_the_workspace(crm: Attio) -> None:
    tables = declared(crm, history="deals.value,deals.products=bought,lists/hiring.stage", definitions="no")
    assert list(tables) == [
        *("attio_deals_value", "attio_deals_value_history", "bought", "bought_history"),
        *("attio_hiring_stage", "attio_hiring_stage_history"),
        *("attio_sync_error", "attio_status", "attio_select_option", "attio_workspace_member"),
    ]
    assert tables["attio_deals_value"]["currency_value"] == {"type": "DECIMAL", "precision": 20, "scale": 4}
    assert tables["bought"]["current_values"] == "JSON"
    assert tables["bought_history"]["option_id"] == "STRING"
    assert {"entry_id", "parent_object", "parent_record_id", "status_id"} <= tables["attio_hiring_stage"].keys()


def test_of_the_default_nothing_is_asked(attio: Attio) -> None:
    assert list(declared(attio, definitions="no")) == [*DEFAULT, "attio_status", "attio_workspace_member"]
    assert attio.simulator.requests.total == 0


def test_what_does_not_exist_is_not_declared_and_what_does_is(crm: Attio) -> None:
    tables = declared(crm, history="deals.nothing,deals.stage,lists/nowhere.stage", definitions="no")
    assert list(tables)[:3] == ["attio_deals_stage", "attio_deals_stage_history", "attio_sync_error"]


def test_wrong_settings_have_no_schema(crm: Attio) -> None:
    assert connector.schema({**crm.settings, "page_size": "many"}) == []
    assert crm.simulator.requests.total == 0


def test_what_passes_by_itself_has_no_schema_either_and_is_raised(crm: Attio) -> None:
    # No table at all would be taken for what the connection has from now on.
    crm.simulator.faults.add(Fault(kind="rate_limited", retry_after="hour"))
    with pytest.raises(GaveUpError, match=r"Attio asks to wait another 3(600|599) s"):
        declared(crm, history="deals.value")


def test_what_the_schema_has_found_is_not_looked_up_again(project: Project, crm: Attio) -> None:
    asked: list[str] = []
    crm.simulator.on_request(lambda info: asked.append(info.kind))
    sync(project, crm, history="deals.value,deals.products,people.job_title", definitions="no")
    # Of each object; then the sync begins.
    assert asked[: asked.index("self")] == ["attributes"] * 2
    assert "attributes" not in asked[asked.index("self") :]
    assert len(project.rows("attio_deals_products")) == len(crm.workspace.record_ids("deals"))


def test_a_sync_writes_to_no_table_that_is_not_declared(project: Project, attio: Attio) -> None:
    people = attio.workspace.object("people")

    def add_a_status(info: RequestInfo) -> None:
        if info.kind == "self" and people.attribute("mood") is None:
            mood = attio.workspace.add_attribute(people, "mood", "Mood", "status", at_the_end=True)
            attio.workspace.add_status(mood, "Good")
            assert Happenings(attio.workspace, sources=("people.mood",)).happen("move")

    attio.simulator.on_request(add_a_status)
    sync(project, attio, history="*")
    tracked = {name.partition("=")[0] for name in project.state["histories"]}
    assert tracked == {"applications.workflow_status", "lists/talent_pool.stage"}

    sync(project, attio, history="*")
    assert {name.partition("=")[0] for name in project.state["histories"]} == {*tracked, "people.mood"}
    assert any(row["status_title"] == "Good" for row in project.rows("attio_people_mood"))


def test_what_was_found_is_for_one_sync_and_one_without_a_schema_looks_up_for_itself(project: Project, crm: Attio) -> None:
    configuration = {**crm.settings, "history": "deals.value", "definitions": "no"}
    tables = connector.schema(configuration)
    asked: list[str] = []
    crm.simulator.on_request(lambda info: asked.append(info.kind))

    def schema(configuration: dict[str, str]) -> list[dict[str, Any]]:
        del configuration
        return tables

    without_schema = Connector(update=connector.update, schema=schema)
    core_adapter.run(without_schema, str(project.folder), configuration, {})
    assert "attributes" not in asked
    asked.clear()
    core_adapter.run(without_schema, str(project.folder), configuration, project.state)
    assert asked[:3] == ["self", "attributes", "query"]


def test_what_the_schema_waits_for_is_said_in_the_log(crm: Attio, capsys: pytest.CaptureFixture[str]) -> None:
    crm.simulator.faults.add(Fault(kind="server_error", status=503, at=[1]))
    declared(crm, history="deals.value")
    assert "cannot answer, attempt 1 of 6" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"attio_api_token": "another", "history": "applications.source"},
            "Create one in Attio under Workspace settings → Developers and set attio_api_token",
        ),
        (
            {"history": "*,applications.source=attio_talent_pool_stage"},
            "history: two tables would be called attio_talent_pool_stage",
        ),
    ],
    ids=["a token that Attio does not know", "two sources that turn out to share a table"],
)
def test_what_the_look_up_of_the_schema_finds_wrong_fails_the_sync(
    project: Project, attio: Attio, capsys: pytest.CaptureFixture[str], more: dict[str, str], said: str
) -> None:
    with pytest.raises(ConnectorTask, match=re.escape(said)):
        sync(project, attio, **more)

    assert "SYNC FAILED" in capsys.readouterr().out
