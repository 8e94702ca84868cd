"""The setup form: a field for every setting, and tests that pass, or fail with a sentence that says what to do."""

import html
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import httpx2
import pytest
from fivetran_connector_sdk import form_field
from hypothesis import given
from hypothesis import strategies as st
from tests.support.world import World, make_world

from attio_simulator import Fault, Limits, Mangle, Simulator, Workspace
from attio_simulator.crm_data import generate_crm
from attio_sync import fivetran
from attio_sync.attio_types.workspace import MEMBERS_SCOPE
from attio_sync.checks import Check, check_histories, check_names, check_reach, check_scopes, check_token, run
from attio_sync.errors import (
    AttioSyncError,
    ContractChangedError,
    ForbiddenError,
    MissingScopesError,
    UnauthorizedError,
    UnknownNameError,
)
from attio_sync.fivetran import build_form, dashboard_text
from attio_sync.runtime import Environment
from attio_sync.settings import Settings, default_text, load_settings

SCOPES = ("record_permission:read", "object_configuration:read")
LIST_SCOPES = ("list_entry:read", "list_configuration:read")
TESTS: list[Callable[[dict[str, Any]], object]] = [
    fivetran.token_is_valid,
    fivetran.token_has_scopes,
    fivetran.token_sees_everything,
    fivetran.histories_exist,
    fivetran.history_is_kept,
]
CHECKS = [check_token, check_scopes, check_reach, check_names, check_histories]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A setup test sends what the package logs to Fivetran's log."""
    package = logging.getLogger("attio_sync")
    before = (package.handlers[:], package.level, package.propagate)
    yield
    package.handlers, package.level, package.propagate = before


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    workspace = Workspace.hiring()
    workspace.create_record("applications", "Applied")
    workspace.create_record("jobs", values={"title": "Data engineer"})
    return Simulator(workspace, limits=Limits.off())


@pytest.fixture(scope="module")
def url(simulator: Simulator) -> Iterator[str]:
    with simulator.serve() as server:
        yield server.url


@pytest.fixture
def configuration(simulator: Simulator, url: str) -> Iterator[dict[str, Any]]:
    """A configuration as Fivetran hands it over; what a test changed of the simulator is put back."""
    scopes = simulator.scopes
    yield {
        "attio_api_token": simulator.token,
        "attio_base_url": url,
        "history": "applications.workflow_status=attio_workflow_status",
    }
    simulator.scopes = scopes
    simulator.faults.clear()


def failure(result: object, configuration: dict[str, Any]) -> str:
    """The sentence that Fivetran shows; it never holds the token."""
    found: Any = result
    assert found.success is None
    said = cast("str", found.failure)
    assert configuration["attio_api_token"] not in said
    assert "\n" not in said
    return said


# --- The form


def test_every_setting_has_a_field_with_label_help_and_default() -> None:
    fields = {field.name: field for field in build_form().to_response().fields}
    assert list(fields) == list(Settings.model_fields)
    for key, setting in Settings.model_fields.items():
        field, default = fields[key], default_text(setting)
        assert field.label == setting.title
        assert field.description is not None
        assert field.description.startswith(f"{setting.description}.")
        assert field.placeholder == (default or None)
        assert (f" Default: {default}." in field.description) == bool(default)
        assert field.required == (key == "attio_api_token")


def test_what_is_yes_or_no_is_chosen_and_never_said_by_not_touching_it() -> None:
    [definitions] = [field for field in build_form().to_response().fields if field.name == "definitions"]
    assert [one.value for one in definitions.dropdown_options or ()] == ["yes", "no"]
    assert definitions.placeholder == "yes"


def test_the_token_is_the_one_password() -> None:
    fields = build_form().to_response().fields
    passwords = [field.name for field in fields if field.text_field == form_field.TextField.password]
    assert passwords == ["attio_api_token"]
    assert {field.name for field in fields if field.text_field is None} == {"definitions"}


def test_the_setup_tests_are_these_in_this_order() -> None:
    assert [(test.name, test.label) for test in build_form().to_response().tests] == [
        ("token_is_valid", "The token is valid"),
        ("token_has_scopes", "The token has the scopes it needs"),
        ("token_sees_everything", "The token sees the whole workspace"),
        ("histories_exist", "What is to be tracked exists"),
        ("history_is_kept", "Attio keeps its history"),
    ]


def test_the_form_is_what_fivetran_reads_from_a_package() -> None:
    assert b"attio_api_token" in build_form()._to_proto().SerializeToString()  # pyright: ignore[reportPrivateUsage] (its only way)


# --- All is well


@pytest.mark.parametrize("test", TESTS)
def test_each_test_passes_against_a_workspace_in_order(test: Any, configuration: dict[str, Any]) -> None:
    result = test(configuration)
    assert (result.success, result.failure) == (True, None)


def test_what_was_found_is_said(simulator: Simulator, configuration: dict[str, Any]) -> None:
    settings = load_settings(configuration, ())
    assert [run(settings, check) for check in CHECKS] == [
        f"the token is for the workspace {simulator.workspace.name!r} ({simulator.workspace.slug})",
        f"the token has {SCOPES[0]}, {SCOPES[1]} and user_management:read",
        "the token sees the whole workspace",
        "tracking applications.workflow_status=attio_workflow_status",
        "1 history read",
    ]


def test_reading_is_enough_where_writing_is_not_allowed(simulator: Simulator, configuration: dict[str, Any]) -> None:
    simulator.scopes = frozenset(SCOPES)
    assert all(cast("Any", test(configuration)).success for test in TESTS)


def test_what_is_missing_without_the_scope_for_members_is_said(simulator: Simulator, configuration: dict[str, Any]) -> None:
    simulator.scopes = frozenset(SCOPES)
    said = run(load_settings(configuration, ()), check_scopes)
    assert said == (
        f"the token has {SCOPES[0]} and {SCOPES[1]}, but not user_management:read: without that one attio_workspace_member "
        "gets no rows, and who moved a record is an id without a name"
    )
    simulator.scopes = frozenset({*SCOPES, f"{MEMBERS_SCOPE}-write"})
    assert run(load_settings(configuration, ()), check_scopes).endswith(" and user_management:read")


def test_an_object_without_records_is_no_failure() -> None:
    world = make_world()
    environment = Environment(transport=world.simulator.transport())
    assert run(world.settings(), check_histories, environment) == "there are no records yet"


def test_several_histories_are_each_looked_up(simulator: Simulator, configuration: dict[str, Any]) -> None:
    configuration["history"] += ",jobs.salary,jobs.titel=t"
    said = failure(fivetran.histories_exist(configuration), configuration)
    attributes = "the attributes of jobs are " + ", ".join(slugs(simulator, "jobs"))
    assert said == (
        f"jobs has no attribute 'salary' — {attributes}. Correct the setting history (jobs.salary=attio_jobs_salary); "
        f"jobs has no attribute 'titel'; did you mean title? — {attributes}. Correct the setting history (jobs.titel=t)"
    )


def slugs(simulator: Simulator, object_slug: str) -> list[str]:
    """The attributes whose type has a history."""
    attributes = simulator.workspace.object(object_slug).attributes
    return sorted(one.slug for one in attributes if one.type != "interaction")


def test_a_history_of_any_type_is_read_and_every_status_is_found(configuration: dict[str, Any]) -> None:
    configuration["history"] = "applications.source,jobs.title=titles,*"
    settings = load_settings(configuration, ())
    assert run(settings, check_names) == (
        "tracking applications.source=attio_applications_source, jobs.title=titles, "
        "applications.workflow_status=attio_workflow_status, lists/talent_pool.stage=attio_talent_pool_stage"
    )
    assert run(settings, check_histories) == "3 histories read"


# --- What can be wrong


@pytest.mark.parametrize("test", TESTS)
def test_an_unknown_token_fails_every_test_and_says_where_to_get_one(test: Any, configuration: dict[str, Any]) -> None:
    configuration["attio_api_token"] = "a-token-of-somebody-else"  # noqa: S105 (it opens nothing)
    said = failure(test(configuration), configuration)
    assert "Workspace settings → Developers" in said
    assert "set attio_api_token" in said


def identified(**identity: object) -> Environment:
    """An Attio that answers this when asked whom a token belongs to."""
    answer = {"active": True, "scope": " ".join(SCOPES), **identity}
    return Environment(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer)))


@pytest.mark.parametrize("level", ["workspace-member", "user", ""])
def test_a_token_of_one_member_is_refused_and_says_which_one_to_create(level: str) -> None:
    with pytest.raises(ForbiddenError) as caught:
        run(make_world().settings(), check_reach, identified(token_level=level))
    assert str(caught.value) == (
        f"the token is of the level {level!r} and may see only a part of the workspace: records would be missed, and "
        "nothing could be taken for deleted; create one for the workspace in Attio under Workspace settings → Developers "
        "and set attio_api_token"
    )


@pytest.mark.parametrize("identity", [{}, {"token_level": None}, {"token_level": "workspace"}])
def test_a_token_of_the_workspace_or_without_a_level_sees_everything(identity: dict[str, Any]) -> None:
    assert run(make_world().settings(), check_reach, identified(**identity)) == "the token sees the whole workspace"


def test_a_malformed_token_says_where_to_get_one() -> None:
    refusal = {"status_code": 400, "code": "missing_value", "message": "Token was not recognised as a valid token."}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(400, json=refusal))
    with pytest.raises(UnauthorizedError) as caught:
        run(make_world().settings(), check_token, Environment(transport=transport))
    assert "GET /v2/self answered 400 missing_value: Token was not recognised" in str(caught.value)
    assert "Create one in Attio under Workspace settings → Developers and set attio_api_token" in str(caught.value)


def test_what_attio_or_the_configuration_says_becomes_no_part_of_the_dashboards_page(configuration: dict[str, Any]) -> None:
    configuration["history"] = "<b>.a&b=t"
    said = failure(fivetran.histories_exist(configuration), configuration)
    assert said.startswith("there is no object '&lt;b&gt;' — the objects are")


@given(st.text())
def test_a_text_for_the_dashboard_is_one_that_html_reads_back(text: str) -> None:
    shown = dashboard_text(text)
    assert not set(shown) & set("<>")
    assert html.unescape(shown) == text


def test_a_text_for_the_dashboard_is_of_bounded_length() -> None:
    shown = dashboard_text("<" * 10_000)
    assert html.unescape(shown) == "<" * 1_999 + "…"
    assert dashboard_text("x" * 2_000) == "x" * 2_000


@pytest.mark.parametrize(
    ("missing", "them"), [(SCOPES[:1], "it"), (SCOPES[1:], "it"), (SCOPES, "them")], ids=lambda m: str(len(m))
)
def test_missing_scopes_are_named(
    missing: tuple[str, ...], them: str, simulator: Simulator, configuration: dict[str, Any]
) -> None:
    simulator.scopes = frozenset(SCOPES) - set(missing)
    lacking = " and ".join(f"{scope} (for applications.workflow_status)" for scope in missing)
    expected = f"the token lacks {lacking}: add {them} in Attio under Workspace settings → Developers"
    assert failure(fivetran.token_has_scopes(configuration), configuration) == expected
    assert cast("Any", fivetran.token_is_valid(configuration)).success
    said = failure(fivetran.history_is_kept(configuration), configuration)
    assert said == expected


@pytest.fixture(scope="module")
def crm() -> World:
    """A workspace with lists, and objects that a workspace for hiring has not."""
    return make_world(lambda clock: generate_crm(30, seed=1, clock=clock))


SOURCES = "deals.stage,people.job_title,lists/hiring.stage,lists/sales.priority"
OF_LISTS = "lists/hiring.stage, lists/sales.priority"
BY_SOURCE = [
    ({"list_entry:read"}, "list_entry:read (for lists/hiring.stage, lists/sales.priority): add it in"),
    ({"list_configuration:read"}, "list_configuration:read (for lists/hiring.stage, lists/sales.priority): add it in"),
    ({"record_permission:read"}, "record_permission:read (for deals.stage, people.job_title): add it in"),
    (
        {"object_configuration:read", *LIST_SCOPES},
        (
            f"object_configuration:read (for deals.stage, people.job_title), {LIST_SCOPES[0]} (for {OF_LISTS}) "
            f"and {LIST_SCOPES[1]} (for {OF_LISTS}): add them in"
        ),
    ),
]


@pytest.mark.parametrize(("missing", "lacking"), BY_SOURCE, ids=lambda one: f"{len(one)}")
def test_which_scope_is_missing_is_said_source_by_source(crm: World, missing: set[str], lacking: str) -> None:
    crm.simulator.scopes = frozenset({*SCOPES, *LIST_SCOPES}) - missing
    with pytest.raises(ForbiddenError) as caught:
        run(crm.settings(history=SOURCES), check_scopes, crm.environment)
    assert str(caught.value) == f"the token lacks {lacking} Attio under Workspace settings → Developers"


def test_only_what_is_tracked_needs_its_scopes(crm: World) -> None:
    for history, scopes in (("deals.stage", SCOPES), ("lists/hiring.stage", LIST_SCOPES)):
        crm.simulator.scopes = frozenset({*scopes, MEMBERS_SCOPE})
        settings = crm.settings(history=history)
        said = f"the token has {scopes[0]}, {scopes[1]} and {MEMBERS_SCOPE}"
        assert run(settings, check_scopes, crm.environment) == said
        assert run(settings, check_names, crm.environment).startswith(f"tracking {history}=")
        assert run(settings, check_histories, crm.environment) == "1 history read"


def test_every_status_needs_the_scopes_of_objects_and_takes_lists_where_it_may(crm: World) -> None:
    settings = crm.settings(history="*")
    crm.simulator.scopes = frozenset({"record_permission:read", *LIST_SCOPES})
    with pytest.raises(ForbiddenError, match=r"^the token lacks object_configuration:read \(for \*\): add it in Attio"):
        run(settings, check_scopes, crm.environment)
    crm.simulator.scopes = frozenset(SCOPES)
    of_lists = (
        f"{LIST_SCOPES[0]} and {LIST_SCOPES[1]}: without them * brings nothing of lists; nor {MEMBERS_SCOPE}: without"
    )
    assert run(settings, check_scopes, crm.environment).startswith(
        f"the token has {SCOPES[0]} and {SCOPES[1]}, but not {of_lists}"
    )
    said = run(settings, check_names, crm.environment).removeprefix("tracking ")
    assert sorted(said.split(", ")) == ["deals.stage=attio_deals_stage", "projects.phase=attio_projects_phase"]
    crm.simulator.scopes = frozenset({*SCOPES, *LIST_SCOPES})
    assert run(settings, check_names, crm.environment).count("=") == 5
    every = [*SCOPES, *LIST_SCOPES, MEMBERS_SCOPE]
    crm.simulator.scopes = frozenset(every)
    assert run(settings, check_scopes, crm.environment) == f"the token has {', '.join(every[:-1])} and {MEMBERS_SCOPE}"
    named = run(crm.settings(history=f"*,{SOURCES}"), check_scopes, crm.environment)
    assert named.count("list_") == len(LIST_SCOPES)
    crm.simulator.scopes = frozenset(every) - {LIST_SCOPES[0]}
    with pytest.raises(MissingScopesError, match=f"lacks {LIST_SCOPES[0]} .for [*]"):
        run(settings, check_scopes, crm.environment)
    crm.simulator.scopes = frozenset(every) - {LIST_SCOPES[1]}
    assert run(settings, check_scopes, crm.environment).endswith(
        f", but not {LIST_SCOPES[1]}: without that one * brings nothing of lists"
    )


@pytest.mark.parametrize("check", [check_names, check_histories])
def test_a_source_whose_scopes_are_missing_is_told_from_those_that_can_be_read(crm: World, check: Check) -> None:
    crm.simulator.scopes = frozenset(SCOPES)
    with pytest.raises(ForbiddenError) as caught:
        run(crm.settings(history="deals.stage,lists/hiring.stage"), check, crm.environment)
    lacking = [f"{scope} (for lists/hiring.stage)" for scope in LIST_SCOPES]
    assert f"the token lacks {' and '.join(lacking)}: add them in Attio under" in str(caught.value)
    assert "deals" not in str(caught.value)


WRONG = [
    ("deals.stge", "deals has no attribute 'stge'; did you mean stage? — the attributes of deals are "),
    ("deals.close", "deals has no attribute 'close'; did you mean close_date? — the attributes of deals are "),
    ("deals.zzz", "deals has no attribute 'zzz' — the attributes of deals are "),
    (
        "dales.stage",
        "there is no object 'dales'; did you mean deals or lists/sales? — the objects are companies, deals, people",
    ),
    ("deal.stage", "there is no object 'deal'; did you mean deals? — the objects are companies, deals, people"),
    ("nope.stage", "there is no object 'nope' — the objects are companies, deals, people, "),
    ("hiring.stage", "there is no object 'hiring'; did you mean lists/hiring? — the objects are companies, deals, people"),
    (
        "lists/deals.stage",
        "there is no list 'deals'; did you mean deals or lists/sales? — the lists are lists/hiring, lists/onboarding, ",
    ),
    ("lists/hirring.stage", "there is no list 'hirring'; did you mean lists/hiring? — the lists are lists/hiring, "),
    ("lists/hiring.stages", "lists/hiring has no attribute 'stages'; did you mean stage? — the attributes of lists/hiring"),
]


@pytest.mark.parametrize(("entry", "said"), WRONG)
def test_a_wrong_entry_is_refused_with_the_nearest_names_that_exist(crm: World, entry: str, said: str) -> None:
    crm.simulator.scopes = frozenset({*SCOPES, *LIST_SCOPES})
    for history in (f"{entry}=t", f"deals.owner,{entry}=t,lists/sales.priority"):
        with pytest.raises(UnknownNameError) as caught:
            run(crm.settings(history=history), check_names, crm.environment)
        assert str(caught.value).startswith(said)
        assert str(caught.value).endswith(f". Correct the setting history ({entry}=t)")


def test_all_wrong_entries_are_named_at_once(crm: World) -> None:
    crm.simulator.scopes = frozenset({*SCOPES, *LIST_SCOPES})
    history = "dales.stage,deals.stge,people.first_interaction,deals.stage"
    with pytest.raises(AttioSyncError) as caught:
        run(crm.settings(history=history), check_names, crm.environment)
    said = str(caught.value)
    assert [said.count(one) for one in ("no object 'dales'", "no attribute 'stge'", "type interaction")] == [1, 1, 1]


def test_an_unknown_object_is_named_with_those_that_exist(configuration: dict[str, Any]) -> None:
    configuration["history"] = "aplications.workflow_status=t"
    said = failure(fivetran.histories_exist(configuration), configuration)
    assert said == (
        "there is no object 'aplications'; did you mean applications? — the objects are applications, companies, jobs, "
        "people. Correct the setting history (aplications.workflow_status=t)"
    )


def test_where_the_default_does_not_exist_it_says_how_to_track_something_else(
    simulator: Simulator, configuration: dict[str, Any]
) -> None:
    applications = simulator.workspace.object("applications")
    applications.slug = "requests"
    said = failure(fivetran.histories_exist(configuration), configuration)
    applications.slug = "applications"
    assert said == (
        "there is no object 'applications' — the objects are companies, jobs, people, requests. The setting history says "
        "what to track, such as deals.stage, or * for every status; unset it is applications.workflow_status="
        "attio_workflow_status"
    )


def test_an_unknown_attribute_is_named_with_those_that_exist(simulator: Simulator, configuration: dict[str, Any]) -> None:
    configuration["history"] = "applications.status=t"
    said = failure(fivetran.histories_exist(configuration), configuration)
    assert said == (
        "applications has no attribute 'status'; did you mean workflow_status? — the attributes of applications are "
        + ", ".join(slugs(simulator, "applications"))
        + ". Correct the setting history (applications.status=t)"
    )


def test_an_attribute_of_a_type_without_history_is_refused(configuration: dict[str, Any]) -> None:
    configuration["history"] = "people.first_email_interaction=t"
    said = failure(fivetran.histories_exist(configuration), configuration)
    assert said == (
        "people.first_email_interaction is of the type interaction, of which Attio keeps no history: take it out of the "
        "setting history. The status attributes of people are: none"
    )


def test_an_attribute_that_keeps_no_history_is_refused(simulator: Simulator, configuration: dict[str, Any]) -> None:
    workspace = simulator.workspace
    with workspace.lock:
        deals = workspace.find("deals") or workspace.add_object("deals", "Deal", "Deals")
        stage = workspace.add_attribute(deals, "stage", "Stage", "status", keeps_history=False)
        workspace.add_status(stage, "Lead")
        workspace.create_record("deals", "Lead")
    configuration["history"] = "deals.stage=t"
    assert cast("Any", fivetran.histories_exist(configuration)).success
    said = failure(fivetran.history_is_kept(configuration), configuration)
    assert "Cannot set show_historic" in said
    assert "Attio keeps no history of this attribute; take it out of the setting history" in said
    del workspace.collections[deals.id]


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    ("key", "text"), [("attio_base_url", "http://attio.example.com"), ("history", "applications"), ("page_size", "many")]
)
def test_a_wrong_setting_fails_every_test_and_is_named(
    test: Any,
    key: str,
    text: str,
    configuration: dict[str, Any],
) -> None:
    configuration[key] = text
    assert failure(test(configuration), configuration).startswith(f"{key}: ")


def test_a_fault_on_the_way_is_no_failure(simulator: Simulator, configuration: dict[str, Any]) -> None:
    simulator.faults.add(Fault(kind="drop", at=[1]))
    simulator.faults.add(Fault(kind="rate_limited", retry_after="past", at=[2]))
    assert cast("Any", fivetran.token_is_valid(configuration)).success


def test_no_server_at_all_is_said(configuration: dict[str, Any]) -> None:
    # Waits between attempts take no time here; on a real clock they are half a minute.
    world = make_world()

    def refuse(request: httpx2.Request) -> httpx2.Response:
        message = "All connection attempts failed"
        raise httpx2.ConnectError(message, request=request)

    environment = replace(world.environment, transport=httpx2.MockTransport(refuse))
    settings = load_settings(configuration, ())
    with pytest.raises(AttioSyncError) as caught:
        run(settings, check_token, environment)
    assert str(caught.value) == (
        f"gave up after 6 attempts: nothing answers at {settings.attio_base_url} (GET /v2/self: ConnectError: All "
        "connection attempts failed): look at attio_base_url, the network, and any proxy or firewall between"
    )
    assert world.time.seconds < timedelta(minutes=2).total_seconds()


@pytest.mark.parametrize(
    "record", [7, None, {}, {"id": {"record_id": ".."}}, {"id": {"record_id": "../../self"}}, {"id": []}]
)
def test_an_answer_cannot_choose_the_path_of_the_next_request(record: object) -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        return httpx2.Response(200, json={"data": [record]})

    with pytest.raises(ContractChangedError):
        run(make_world().settings(), check_histories, Environment(transport=httpx2.MockTransport(answer)))
    assert asked == ["/v2/objects/applications/records/query"]


def test_a_history_of_another_shape_does_not_matter_yet(simulator: Simulator, configuration: dict[str, Any]) -> None:
    # Such a record goes to the table of errors; the connection works.
    simulator.faults.add(Fault(kind="mangle", mangle=Mangle(how="wrong_type"), on=["values"]))
    assert cast("Any", fivetran.history_is_kept(configuration)).success


@pytest.mark.parametrize("message", ["two\nlines\r\n", "\ud800", "nul\x00", "\x1b[31mred"])
def test_whatever_attio_says_can_be_shown_on_one_line(message: str) -> None:
    body = json.dumps({"status_code": 400, "code": message, "message": message})

    def answer(request: httpx2.Request) -> httpx2.Response:
        del request
        return httpx2.Response(400, content=body.encode())

    with pytest.raises(AttioSyncError) as caught:
        run(make_world().settings(), check_token, Environment(transport=httpx2.MockTransport(answer)))
    assert str(caught.value).encode()
    assert str(caught.value).isprintable()
