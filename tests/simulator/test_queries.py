from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.support import QUERY, START, Asking

from attio_simulator import Behaviour, Clock, Limits, Simulator, Workspace, generate_hiring_pipeline
from attio_simulator.clock import MILLISECOND, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE = "/v2/objects/people/records/query"
JOBS = "/v2/objects/jobs/records/query"
ENTRIES = "/v2/lists/talent_pool/entries/query"
BY_CREATION = [{"direction": "asc", "attribute": "created_at"}]
COUNT = 700


@pytest.fixture(scope="module")
def pipeline() -> Workspace:
    return generate_hiring_pipeline(COUNT, seed=5, clock=Clock(start=START, source=lambda: 0.0))


@pytest.fixture
def many(pipeline: Workspace) -> Asking:
    return Asking(Simulator(pipeline, limits=Limits.off()))


def test_without_sorts_records_come_by_id(many: Asking, pipeline: Workspace) -> None:
    ids = pipeline.record_ids("applications")
    assert ids == sorted(ids)
    assert many.ids() == ids[:500]
    assert many.ids(limit=300, offset=500) == ids[500:]
    assert many.ids(limit=10.0, offset=20.0) == ids[20:30]
    assert many.ids(limit=None, offset=None, filter=None, sorts=None) == ids[:500]
    assert many.ids(limit=0) == []


def test_limit_and_offset_in_the_query_string_are_ignored(many: Asking) -> None:
    assert many.ids(f"{QUERY}?limit=3&offset=10") == many.ids()


def test_no_page_is_larger_than_the_maximum(many: Asking, pipeline: Workspace) -> None:
    assert len(many.ids(limit=COUNT)) == 500
    many.simulator.behaviour = Behaviour(listing_page_maximum=70)
    assert len(many.ids(limit=COUNT)) == len(many.ids()) == 70
    many.simulator.behaviour = Behaviour(listing_page_maximum=None)
    assert many.ids(limit=COUNT) == pipeline.record_ids("applications")


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_sorting_by_creation_follows_the_attribute(many: Asking, direction: str) -> None:
    many.simulator.behaviour = Behaviour(listing_page_maximum=None)
    rows = many.query(sorts=[{"direction": direction, "attribute": "created_at"}], limit=COUNT)
    moments = [row["values"]["created_at"][0]["value"] for row in rows]
    assert moments == sorted(moments, reverse=direction == "desc")
    assert len(rows) == COUNT


def test_key_set_pages_read_everything_once(many: Asking, pipeline: Workspace) -> None:
    seen: dict[str, None] = {}
    since = "1970-01-01T00:00:00Z"
    while True:
        rows = many.query(sorts=BY_CREATION, filter={"created_at": {"$gte": since}}, limit=100)
        new = [row["id"]["record_id"] for row in rows if row["id"]["record_id"] not in seen]
        if not new:
            break
        seen.update(dict.fromkeys(new))
        since = rows[-1]["values"]["created_at"][0]["value"]
    assert sorted(seen) == pipeline.record_ids("applications")


def test_sorting_by_other_attributes_puts_what_is_missing_last(many: Asking) -> None:
    many.simulator.behaviour = Behaviour(listing_page_maximum=None)
    sorts = [{"direction": "asc", "attribute": "score"}, {"direction": "desc", "attribute": "name"}]
    rows = many.query(sorts=sorts, limit=COUNT)
    keys = [
        (row["values"]["score"][0]["value"] if row["values"]["score"] else math.inf, row["values"]["name"][0]["value"])
        for row in rows
    ]
    assert keys == sorted(sorted(keys, key=lambda key: key[1], reverse=True), key=lambda key: key[0])
    by_status = many.query(sorts=[{"direction": "asc", "attribute": "workflow_status"}], limit=COUNT)
    order = [one["title"] for one in many.get("/v2/objects/applications/attributes/workflow_status/statuses")]
    shown = [row["values"]["workflow_status"] for row in by_status]
    places = [order.index(held[0]["status"]["title"]) for held in shown if held and not held[0]["status"]["is_archived"]]
    assert places == sorted(places)
    assert shown[-1] == []


def test_ties_come_in_any_order_that_is_asked_for(api: Asking) -> None:
    workspace = api.simulator.workspace
    ids = workspace.import_records("applications", 40, "Applied")
    orders: dict[str, list[list[str]]] = {}
    choices: list[Literal["id", "shuffled", "reshuffled"]] = ["id", "shuffled", "reshuffled"]
    for ties in choices:
        api.simulator.behaviour = Behaviour(ties=ties, seed=9)
        orders[ties] = [api.ids(sorts=BY_CREATION) for _ in range(2)]
    assert orders["id"] == [sorted(ids)] * 2
    assert orders["shuffled"][0] == orders["shuffled"][1] != orders["id"][0]
    assert orders["reshuffled"][0] != orders["reshuffled"][1]
    assert all(sorted(order) == sorted(ids) for both in orders.values() for order in both)


def matching(many: Asking, wanted: Any) -> set[str]:
    many.simulator.behaviour = Behaviour(listing_page_maximum=None)
    return set(many.ids(filter=wanted, limit=COUNT))


def having(workspace: Workspace, test: Callable[[dict[str, Any]], bool]) -> set[str]:
    found: set[str] = set()
    for record_id in workspace.record_ids("applications"):
        value = workspace.current(record_id)
        if value is not None and test(value):
            found.add(record_id)
    return found


def test_statuses_are_matched_by_title_and_by_id(many: Asking, pipeline: Workspace) -> None:
    attribute = pipeline.object("applications").attribute("workflow_status")
    assert attribute is not None
    offer = attribute.choice("Offer")
    assert offer is not None
    expected = having(pipeline, lambda value: value["status"]["title"] == "Offer")
    assert expected
    for wanted in (
        {"workflow_status": "Offer"},
        {"workflow_status": offer.id},
        {attribute.id: {"$eq": "Offer"}},
        {"workflow_status": {"status": "Offer"}},
        {"workflow_status": {"status": {"$eq": offer.id}}},
        {"workflow_status": {"status": {"$in": ["Offer"]}}},
        {"$and": [{"workflow_status": "Offer"}]},
        {"$or": [{"workflow_status": "Offer"}]},
        {"$not": {"$not": {"workflow_status": "Offer"}}},
    ):
        assert matching(many, wanted) == expected, wanted


def test_logic_and_emptiness(many: Asking, pipeline: Workspace) -> None:
    everything = set(pipeline.record_ids("applications"))
    with_status = having(pipeline, lambda _: True)
    assert with_status < everything
    assert matching(many, {}) == everything
    assert matching(many, {"workflow_status": {"$not_empty": True}}) == with_status
    assert matching(many, {"workflow_status": {"$not_empty": False}}) == everything - with_status
    either = matching(many, {"$or": [{"workflow_status": "Offer"}, {"workflow_status": "Hired"}]})
    assert either == matching(many, {"workflow_status": {"$in": ["Offer", "Hired"]}})
    assert matching(many, {"$not": {"workflow_status": {"$in": ["Offer", "Hired"]}}}) == everything - either
    both = {"workflow_status": "Applied", "score": {"$gte": 4}}
    assert matching(many, both) == matching(many, {"workflow_status": "Applied"}) & matching(many, {"score": {"$gte": 4}})


@pytest.mark.parametrize("operator", ["$lt", "$lte", "$gt", "$gte"])
def test_active_from_compares_with_the_current_value(many: Asking, pipeline: Workspace, operator: str) -> None:
    values = [pipeline.current(record_id) for record_id in pipeline.record_ids("applications")]
    moments = sorted(value["active_from"] for value in values if value is not None)
    middle = moments[len(moments) // 2]
    found = matching(many, {"workflow_status": {"active_from": {operator: middle}}})
    assert found == having(pipeline, lambda value: COMPARE[operator](value["active_from"], middle))
    assert 0 < len(found) < len(moments)


def test_active_from_exists_on_selects_too(many: Asking, pipeline: Workspace) -> None:
    assert matching(many, {"source": {"active_from": {"$gte": "2020-01-01T00:00:00Z"}}}) == set(
        pipeline.record_ids("applications")
    )


def test_a_cleared_status_is_beyond_the_active_from_filter(api: Asking, clock: Clock) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    wanted = {"workflow_status": {"active_from": {"$gte": "2020-01-01"}}}
    assert api.ids(filter=wanted) == [record_id]
    clock.move(timedelta(days=1))
    workspace.clear_value(record_id)
    assert api.ids(filter=wanted) == []


@pytest.mark.parametrize(
    ("taken", "operand", "is_taken"),
    [
        ("timestamps", "2026-11-24T09:00:00.000Z", True),
        ("timestamps", "2026-11-24", True),
        ("timestamps", "yesterday", False),
        ("timestamps", 5, False),
        ("dates", "2026-11-24", True),
        ("dates", "2026-11-24T09:00:00.000Z", False),
        ("refused", "2026-11-24", False),
        ("refused", "2026-11-24T09:00:00.000Z", False),
    ],
)
def test_what_the_active_from_filter_takes_can_be_switched(
    api: Asking,
    taken: Literal["timestamps", "dates", "refused"],
    operand: str,
    is_taken: bool,  # noqa: FBT001
) -> None:
    api.simulator.behaviour = Behaviour(active_from_filter=taken)
    record_id = api.simulator.workspace.create_record("applications", "Applied")
    body: dict[str, Any] = {"filter": {"workflow_status": {"active_from": {"$gte": operand}}}}
    if is_taken:
        assert api.ids(**body) == [record_id]
    else:
        assert api.refusal("POST", QUERY, body)[:2] == (400, "filter_error")


def test_the_active_from_filter_can_be_made_to_ignore_fractions(api: Asking, clock: Clock) -> None:
    clock.move(timedelta(milliseconds=900))
    record_id = api.simulator.workspace.create_record("applications", "Applied")
    after = {"workflow_status": {"active_from": {"$gt": "2026-11-24T10:00:00.000Z"}}}
    assert api.ids(filter=after) == [record_id]
    api.simulator.behaviour = Behaviour(active_from_precision="second")
    assert api.ids(filter=after) == []


def test_the_created_at_filter_follows_the_attribute_to_the_millisecond(api: Asking) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    stamped = workspace.record(record_id).stamped
    at, later = timestamp(stamped), timestamp(stamped + MILLISECOND)
    assert api.ids(filter={"created_at": at}) == [record_id]
    assert api.ids(filter={"created_at": {"$gte": at, "$lt": later}}) == [record_id]
    assert api.ids(filter={"created_at": {"value": {"$gt": at}}}) == []
    assert api.ids(filter={"$not": {"created_at": {"$gt": at}}}, sorts=BY_CREATION) == [record_id]
    assert api.ids(filter={"created_at": {"$in": [at]}}, sorts=BY_CREATION) == [record_id]


def test_each_type_of_attribute_can_be_filtered(api: Asking) -> None:
    workspace = api.simulator.workspace
    recruiter = workspace.members[1]
    company = workspace.create_record("companies", values={"name": "Company 1", "domains": ["one.example.com"]})
    person = workspace.create_record(
        "people",
        values={
            "name": ("Candidate", "One"),
            "email_addresses": ["First@Example.com", "second@example.org"],
            "company": ("companies", company),
            "phone_numbers": [("020 7946 0000", "GB")],
            "primary_location": {"locality": "Example City", "country_code": "DE"},
            "last_email_interaction": ("email", 0, recruiter.actor),
        },
    )
    workspace.create_record("people")
    matched: list[dict[str, Any]] = [
        {"name": "Candidate One"},
        {"name": {"last_name": {"$starts_with": "on"}}},
        {"email_addresses": "first@example.com"},
        {"email_addresses": {"email_domain": {"$ends_with": ".ORG"}}},
        {"email_addresses": {"$contains": "first@"}},
        {"company": {"target_object": "companies", "target_record_id": company}},
        {"company": {"target_object": {"$eq": "companies"}, "target_record_id": {"$in": [company]}}},
        {"phone_numbers": "+4402079460000"},
        {"phone_numbers": {"country_code": "GB"}},
        {"primary_location": {"country_code": "DE", "locality": {"$contains": "city"}}},
        {"last_email_interaction": {"interacted_at": {"$lte": "1970-01-01T00:00:00Z"}}},
        {"last_email_interaction": {"interaction_type": "email"}},
        {"record_id": {"$in": [person, company]}},
    ]
    for wanted in matched:
        assert api.ids(PEOPLE, filter=wanted) == [person], wanted
    job = workspace.create_record(
        "jobs",
        values={"title": "Engineer", "is_open": True, "budget": (60_000, "EUR"), "opened_on": "2026-01-15", "positions": 2},
    )
    for wanted in (
        {"is_open": True},
        {"budget": {"$gt": 50_000.5}},
        {"budget": {"currency_code": "EUR"}},
        {"opened_on": {"$lt": "2026-02-01"}},
        {"positions": {"$in": [1, 2]}},
        {"created_by": workspace.api_token.id},
        {"created_by": {"referenced_actor_type": "api-token"}},
    ):
        assert api.ids(JOBS, filter=wanted) == [job], wanted


def test_entries_are_filtered_and_sorted_alike(api: Asking) -> None:
    workspace = api.simulator.workspace
    record_id = workspace.create_record("applications", "Applied")
    entries = [workspace.create_entry("talent_pool", record_id, stage) for stage in ("To contact", "Referred")]
    assert api.ids(ENTRIES, filter={"stage": "Referred"}) == entries[1:]
    assert api.ids(ENTRIES, filter={"stage": {"active_from": {"$gte": "2020-01-01"}}}, sorts=BY_CREATION, limit=1)
    assert api.ids(ENTRIES, filter={"entry_id": entries[0]}) == entries[:1]


@pytest.mark.parametrize(
    "wanted",
    [
        [],
        "Offer",
        {"$nor": []},
        {"$and": {}},
        {"$or": []},
        {"$not": []},
        {"workflow_status": {}},
        {"workflow_status": "No such status"},
        {"workflow_status": None},
        {"workflow_status": {"status": {}}},
        {"workflow_status": {"$gte": "Offer"}},
        {"workflow_status": {"$in": "Offer"}},
        {"workflow_status": {"title": "Offer"}},
        {"workflow_status": {"$not_empty": "yes"}},
        {"workflow_status": {"active_from": {"$eq": "2026-11-24"}}},
        {"name": {"active_from": {"$gte": "2026-11-24"}}},
        {"created_at": {"active_from": {"$gte": "2026-11-24"}}},
        {"created_at": {"$gte": "2026-11-24"}},
        {"created_at": {"$gte": 5}},
        {"score": {"$gte": "4"}},
        {"score": True},
        {"name": 5},
        {"name": {"$lt": "x"}},
        {"recruiter": {"$contains": "x"}},
    ],
)
def test_what_attio_refuses_is_a_filter_error(api: Asking, wanted: Any) -> None:
    status, body = api.ask("POST", QUERY, {"filter": wanted})
    assert (status, body["type"], body["code"]) == (400, "invalid_request_error", "filter_error")


@pytest.mark.parametrize(
    "wanted",
    [
        {"company": "a record"},
        {"company": {"$eq": "a record"}},
        {"company": {"$not_empty": True}},
        {"company": {"target_record_id": "a record"}},
        {"company": {"target_object": "companies"}},
        {"company": {"target_object": "companies", "target_record_id": {"$not_empty": True}}},
        {"company": {"target_object": "companies", "target_record_id": {"$contains": "a"}}},
        {"last_email_interaction": "email"},
        {"last_email_interaction": {"$gte": "2026-11-24T10:00:00Z"}},
        {"last_email_interaction": {"$not_empty": True}},
        {"path": [], "constraints": {"value": "x"}},
        {"path": "company", "constraints": {"value": "x"}},
        {"path": [["people"]], "constraints": {"value": "x"}},
        {"path": [["companies", "name"]], "constraints": {"value": "x"}},
        {"path": [["people", "name"], ["companies", "name"]], "constraints": {"value": "x"}},
        {"path": [["people", "company"], ["nothing", "name"]], "constraints": {"value": "x"}},
        {"path": [["people", "company"], ["companies", "name"]], "constraints": "x"},
        {"path": [["people", "company"], ["companies", "name"]], "constraints": {}},
    ],
)
def test_references_and_interactions_are_filtered_by_name_only(api: Asking, wanted: dict[str, Any]) -> None:
    assert api.refusal("POST", PEOPLE, {"filter": wanted})[:2] == (400, "filter_error")


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"parent_record": {"target_object": "companies", "target_record_id": "x"}}, ["parent_record"]),
        (
            {"$not": {"path": [["people", "company"], ["companies", "nothing"]], "constraints": {"value": "x"}}},
            ["$not", "path", "1", "1"],
        ),
        ({"path": [["people", "nothing"], ["companies", "name"]], "constraints": {"value": "x"}}, ["path", "0", "1"]),
    ],
)
def test_an_unknown_attribute_in_a_path_is_refused_with_where_it_is(
    api: Asking, wanted: dict[str, Any], path: list[str]
) -> None:
    status, body = api.ask("POST", PEOPLE, {"filter": wanted})
    assert (status, body["code"], body["path"]) == (400, "unknown_filter_attribute_slug", path)


@pytest.mark.parametrize("wanted", [{"is_open": "yes"}, {"opened_on": "2026"}, {"opened_on": 5}, {"budget": "x"}])
def test_operands_of_the_wrong_type_are_refused(api: Asking, wanted: dict[str, Any]) -> None:
    assert api.refusal("POST", JOBS, {"filter": wanted})[1] == "filter_error"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"nothing": 1}, ["nothing"]),
        ({"workflow_status": "Offer", "nothing": {"$eq": 1}}, ["nothing"]),
        ({"$or": [{"name": "x"}, {"nothing": {"$contains": "x"}}]}, ["$or", "1", "nothing"]),
        ({"$and": [{"$not": {"nothing": 1}}]}, ["$and", "0", "$not", "nothing"]),
    ],
)
def test_an_unknown_attribute_is_refused_with_its_path(api: Asking, wanted: dict[str, Any], path: list[str]) -> None:
    assert api.ask("POST", QUERY, {"filter": wanted}) == (
        400,
        {
            "status_code": 400,
            "type": "invalid_request_error",
            "code": "unknown_filter_attribute_slug",
            "message": "Unknown attribute slug: nothing.",
            "path": path,
        },
    )


@pytest.mark.parametrize("wanted", ["Nowhere", {"$in": ["Referral", "Nowhere"]}, {"option": {"$eq": "Nowhere"}}])
def test_an_unknown_option_is_refused_with_its_path(api: Asking, wanted: object) -> None:
    assert api.ask("POST", QUERY, {"filter": {"$or": [{"source": wanted}]}}) == (
        400,
        {
            "status_code": 400,
            "type": "invalid_request_error",
            "code": "unknown_filter_select_option_slug",
            "message": "Unknown select option name for option field constraint: Nowhere",
            "path": ["$or", "0", "source"],
        },
    )


def test_an_attribute_of_several_fields_is_sorted_by_one_that_is_named(api: Asking) -> None:
    workspace = api.simulator.workspace
    names = [("Ada", "Two"), ("Bea", "One")]
    ids = [workspace.create_record("people", values={"name": name}) for name in names]
    sort = {"direction": "asc", "attribute": "name"}
    assert api.refusal("POST", PEOPLE, {"sorts": [sort]})[:2] == (400, "missing_sort_field")
    assert api.ids(PEOPLE, sorts=[{**sort, "field": "last_name"}]) == ids[::-1]


@pytest.mark.parametrize("code", ["filter_error", "unknown_filter_attribute_slug", "validation_type"])
def test_the_code_of_a_refused_active_from_filter_can_be_switched(api: Asking, code: str) -> None:
    body = {"filter": {"workflow_status": {"active_from": {"$gte": "2026-11-24T09:00:00Z"}}}}
    api.simulator.behaviour = Behaviour(active_from_filter="dates", active_from_filter_code=code)
    assert api.refusal("POST", QUERY, body)[:2] == (400, code)
    api.simulator.behaviour.active_from_filter = "refused"
    assert api.refusal("POST", QUERY, body)[:2] == (400, code)
    assert api.refusal("POST", QUERY, {"filter": []})[:2] == (400, "filter_error")


def test_a_filter_that_is_nested_too_deeply_is_refused(api: Asking) -> None:
    wanted: dict[str, Any] = {"workflow_status": "Offer"}
    for _ in range(30):
        wanted = {"$not": wanted}
    assert api.refusal("POST", QUERY, {"filter": wanted})[1] == "filter_error"


# A model of filtering that knows nothing of the simulator's: it reads the rows as the API shows them.

CONDITIONS = st.one_of(
    st.sampled_from(["Applied", "Offer", "Rejected"]).map(lambda title: {"workflow_status": title}),
    st.booleans().map(lambda wanted: {"score": {"$not_empty": wanted}}),
    st.tuples(st.sampled_from(["$lt", "$lte", "$gt", "$gte"]), st.integers(0, 6)).map(
        lambda pair: {"score": {pair[0]: pair[1]}}
    ),
    st.tuples(
        st.sampled_from(["workflow_status", "created_at"]),
        st.sampled_from(["$lt", "$lte", "$gt", "$gte"]),
        st.integers(0, COUNT - 1),
    ).map(lambda drawn: {"moment": drawn}),
)
FILTERS = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"$and": several}),
        st.lists(inner, min_size=1, max_size=3).map(lambda several: {"$or": several}),
        inner.map(lambda one: {"$not": one}),
    ),
    max_leaves=6,
)
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
    "$gt": lambda a, b: a > b,
    "$gte": lambda a, b: a >= b,
}


def placed(wanted: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Replace the number of a row by a moment of that row."""
    [(key, inner)] = wanted.items()
    if key in ("$and", "$or"):
        return {key: [placed(one, rows) for one in inner]}
    if key == "$not":
        return {key: placed(inner, rows)}
    if key != "moment":
        return wanted
    slug, operator, number = inner
    condition: dict[str, Any] = {operator: rows[number]["values"]["created_at"][0]["value"]}
    return {slug: {"active_from": condition} if slug == "workflow_status" else condition}


def passes(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    [(key, inner)] = wanted.items()
    if key in ("$and", "$or"):
        results = [passes(row, one) for one in inner]
        return all(results) if key == "$and" else any(results)
    if key == "$not":
        return not passes(row, inner)
    held = row["values"][key]
    if isinstance(inner, str):
        return any(value["status"]["title"] == inner for value in held)
    [(operator, operand)] = inner.items()
    if operator == "$not_empty":
        return bool(held) is operand
    name = "value"
    if operator == "active_from":
        name = operator
        [(operator, operand)] = operand.items()
    return any(COMPARE[operator](value[name], operand) for value in held)


@dataclass
class Drawn:
    """A query as hypothesis draws it."""

    wanted: dict[str, Any]
    sort: Literal["asc", "desc"] | None
    limit: int
    offset: int


DRAWN = st.builds(
    Drawn,
    wanted=FILTERS,
    sort=st.sampled_from([None, "asc", "desc"]),
    limit=st.integers(1, 700),
    offset=st.integers(0, COUNT),
)


@settings(max_examples=60, deadline=None)
@given(drawn=DRAWN)
def test_any_filter_sort_and_page_agree_with_the_model(
    rows: list[dict[str, Any]], pipeline: Workspace, drawn: Drawn
) -> None:
    api = Asking(Simulator(pipeline, limits=Limits.off()))
    wanted = placed(drawn.wanted, rows)
    expected = [row for row in rows if passes(row, wanted)]
    if drawn.sort is not None:
        expected.sort(key=lambda row: row["values"]["created_at"][0]["value"], reverse=drawn.sort == "desc")
    sorts = [] if drawn.sort is None else [{"direction": drawn.sort, "attribute": "created_at"}]
    found = api.ids(filter=wanted, sorts=sorts, limit=drawn.limit, offset=drawn.offset)
    page = expected[drawn.offset : drawn.offset + min(drawn.limit, 500)]
    assert found == [row["id"]["record_id"] for row in page]


@pytest.fixture(scope="module")
def rows(pipeline: Workspace) -> list[dict[str, Any]]:
    api = Asking(Simulator(pipeline, limits=Limits.off(), behaviour=Behaviour(listing_page_maximum=None)))
    return api.query(limit=COUNT)
