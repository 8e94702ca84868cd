"""The generated workspace with every object, list and type of attribute, as the API and independent judges see it."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attio import SDK
from tests.simulator.reference import needs_reference, recording, shape, validator
from tests.simulator.support import START, Asking
from tests.simulator.test_generator import everything

from attio_simulator import TRACKED, Clock, Limits, Simulator, Workspace, generate_crm
from attio_simulator.happenings import source_of
from attio_simulator.schema import active_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attio_simulator.schema import Collection

RECORDS = 600
OBJECTS = ["companies", "deals", "people", "projects", "users", "workspaces"]
LISTS = ["sales", "hiring", "onboarding"]
ENDLESS = 10_000


@pytest.fixture(scope="module")
def crm() -> Workspace:
    return generate_crm(RECORDS, seed=5, clock=Clock(start=START, source=lambda: 0.0))


@pytest.fixture(scope="module")
def asking(crm: Workspace) -> Asking:
    return Asking(Simulator(crm, limits=Limits.off()))


@pytest.fixture(scope="module")
def sdk(crm: Workspace) -> Iterator[SDK]:
    with Simulator(crm, limits=Limits.off()).serve() as server, httpx.Client() as client:
        yield SDK(oauth2="simulated-attio-token", server_url=server.url, client=client)


def rows_of(asking: Asking, collection: Collection) -> list[dict[str, Any]]:
    where = f"lists/{collection.slug}/entries" if collection.is_list else f"objects/{collection.slug}/records"
    return asking.query(f"/v2/{where}/query", limit=500)


@pytest.mark.parametrize("count", [0, 1, 40])
def test_the_same_seed_and_start_make_the_same_bytes(count: int) -> None:
    first, second = (
        generate_crm(count, seed=9, clock=Clock(start=START, source=source)) for source in (time.perf_counter, lambda: 0.0)
    )
    assert everything(first) == everything(second)
    if count:
        other = generate_crm(count, seed=10, clock=Clock(start=START, source=lambda: 0.0))
        assert everything(other) != everything(first)


def test_it_has_as_many_records_as_asked_for_and_entries_in_every_list(crm: Workspace) -> None:
    assert sorted(one.slug for one in crm.objects()) == OBJECTS
    assert sum(len(crm.record_ids(slug)) for slug in OBJECTS) == RECORDS
    assert [one.slug for one in crm.lists()] == LISTS
    assert all(crm.record_ids(slug) for slug in [*OBJECTS, *LISTS])


def test_every_type_that_keeps_a_history_has_one(crm: Workspace) -> None:
    kinds, lacking = set[str](), 0
    for collection, attribute in (source_of(crm, one) for one in TRACKED):
        histories = [crm.history(row_id, attribute.slug) for row_id in collection.ids]
        lengths = {len(one) for one in histories}
        assert {1, 2} <= lengths, attribute.slug
        lacking += 0 in lengths
        kinds.add(attribute.type)
        for history in histories:
            begun = [one["active_from"] for one in history]
            assert begun == sorted(begun)
            for earlier, later in pairwise(history if not attribute.is_multiselect else ()):
                assert earlier["active_from"] < earlier["active_until"] <= later["active_from"]
    every = {one.type for collection in crm.collections.values() for one in collection.attributes}
    assert len(every) == 17
    assert kinds == every - {"interaction"}
    assert lacking > len(TRACKED) / 2


def test_some_have_several_values_gaps_pasts_before_their_record_and_late_starts(crm: Workspace) -> None:
    now, several, gaps, older, late, plain = START.isoformat(), 0, 0, 0, 0, 0
    for collection, attribute in (source_of(crm, one) for one in TRACKED):
        for record in collection.records.values():
            history = crm.history(record.id, attribute.slug)
            several += len(active_values(record, attribute)) > 1
            ended = [one["active_until"] for one in history if one["active_until"]]
            assert all(moment < now for moment in ended)
            if not history or attribute.slug == "team":
                continue
            gaps += not attribute.is_multiselect and history[-1]["active_until"] is not None
            [own] = crm.history(record.id, "created_by")
            older += history[0]["active_from"] < own["active_from"]
            late += 0 < _milliseconds(history[0]["active_from"]) - record.created // 1_000_000 < 100
            plain += history[0]["active_from"] == own["active_from"]
    assert min(several, gaps, older, late) > 10
    assert 0.02 < late / (late + plain) < 0.07


def _milliseconds(shown: str) -> int:
    from attio_simulator.clock import parse_timestamp  # noqa: PLC0415 - for this alone

    return parse_timestamp(shown) // 1_000_000


def test_both_sides_of_every_relationship_agree(crm: Workspace) -> None:
    links = 0
    for collection in crm.objects():
        for attribute in collection.attributes:
            if attribute.relationship is None:
                continue
            for record in collection.records.values():
                for value in active_values(record, attribute):
                    other = crm.record(value.data[1])
                    inverse = other.collection.attribute(attribute.relationship[1])
                    assert inverse is not None
                    assert (collection.slug, record.id) in [one.data for one in active_values(other, inverse)]
                    links += 1
    assert links > RECORDS


def test_what_must_be_unique_is(crm: Workspace) -> None:
    unique = 0
    for collection in crm.objects():
        for attribute in (one for one in collection.attributes if one.is_unique):
            values = [one.data for record in collection.records.values() for one in active_values(record, attribute)]
            assert len(values) == len(set(values))
            unique += len(values) > 1
    # Ids of six objects, and five attributes.
    assert unique == 11


def test_what_attio_finds_out_keeps_no_history(asking: Asking, crm: Workspace) -> None:
    person = crm.record_ids("people")[0]
    for slug in ("last_email_interaction", "description", "strongest_connection_strength"):
        url = f"/v2/objects/people/records/{person}/attributes/{slug}/values?show_historic=true"
        assert asking.refusal("GET", url)[:2] == (400, "validation_type")


def test_attributes_added_later_come_last(asking: Asking) -> None:
    slugs = [one["api_slug"] for one in asking.get("/v2/objects/deals/attributes")]
    assert slugs[:2] == ["record_id", "name"]
    assert slugs[-5:] == ["created_at", "created_by", "close_date", "products", "confidence"]
    assert "lost_because" in [one["api_slug"] for one in asking.get("/v2/objects/deals/attributes?show_archived=true")]


def test_members_have_avatars_and_one_list_is_private(asking: Asking, crm: Workspace) -> None:
    assert all(one["avatar_url"].startswith("https://") for one in asking.get("/v2/workspace_members"))
    access = {one["api_slug"]: one["workspace_access"] for one in asking.get("/v2/lists")}
    assert access == {"sales": "full-access", "hiring": "full-access", "onboarding": None}
    seller = asking.simulator.add_token("token-of-a-seller", level="user", member_id=crm.members[1].id)
    shown = Asking(asking.simulator, {"authorization": f"Bearer {seller.text}"}).get("/v2/lists")
    assert [one["api_slug"] for one in shown] == ["sales", "hiring"]


def test_a_saved_view_shows_what_it_filters(asking: Asking) -> None:
    [view] = asking.get("/v2/objects/deals/views")
    won = asking.query("/v2/objects/deals/records/query", filter_view_id=view["id"]["view_id"])
    assert {row["values"]["stage"][0]["status"]["title"] for row in won} == {"Won 🎉"}


# The client from PyPI, which refuses every response that is not exactly as documented.


def test_the_client_reads_everything_that_is_served(sdk: SDK, crm: Workspace) -> None:
    assert sdk.meta.get_v2_self().active is True
    for slug in [str(one.api_slug) for one in sdk.objects.get_v2_objects().data]:
        sdk.objects.get_v2_objects_object_(object=slug)
        sdk.objects.get_v2_objects_object_views(object=slug)
        read_attributes(sdk, "objects", slug)
        listed = sdk.records.post_v2_objects_object_records_query(object=slug, limit=25, offset=0).data
        assert [row.id.record_id for row in listed] == crm.record_ids(slug)[:25]
        for row in listed[:3]:
            record_id = row.id.record_id
            got = sdk.records.get_v2_objects_object_records_record_id_(object=slug, record_id=record_id)
            assert got.data.model_dump()["values"] == row.model_dump()["values"]
            sdk.records.get_v2_objects_object_records_record_id_entries(object=slug, record_id=record_id)
    for slug in [str(one.api_slug) for one in sdk.lists.get_v2_lists().data]:
        sdk.lists.get_v2_lists_list_(list_id=slug)
        sdk.lists.get_v2_lists_list_views(list_id=slug)
        read_attributes(sdk, "lists", slug)
        entries = sdk.entries.post_v2_lists_list_entries_query(list_id=slug, limit=25, offset=0).data
        assert [row.id.entry_id for row in entries] == crm.record_ids(slug)[:25]
        for row in entries[:3]:
            sdk.entries.get_v2_lists_list_entries_entry_id_(list_id=slug, entry_id=row.id.entry_id)
    for member in sdk.workspace_members.get_v2_workspace_members().data:
        wanted = member.id.workspace_member_id
        sdk.workspace_members.get_v2_workspace_members_workspace_member_id_(workspace_member_id=wanted)


def read_attributes(sdk: SDK, target: Any, slug: str) -> None:
    for one in sdk.attributes.get_v2_target_identifier_attributes(
        target=target, identifier=slug, limit=100, offset=0, show_archived=True
    ).data:
        where: dict[str, Any] = {"target": target, "identifier": slug, "attribute": one.api_slug}
        assert sdk.attributes.get_v2_target_identifier_attributes_attribute_(**where).data == one
        if one.type == "status":
            assert sdk.attributes.get_v2_target_identifier_attributes_attribute_statuses(**where, show_archived=True).data
        if one.type == "select":
            assert sdk.attributes.get_v2_target_identifier_attributes_attribute_options(**where, show_archived=True).data


def test_the_client_reads_the_longest_history_of_every_attribute(sdk: SDK, crm: Workspace) -> None:
    for collection in crm.collections.values():
        for attribute in collection.attributes:
            row_id = max(collection.ids, key=lambda one, slug=attribute.slug: len(crm.history(one, slug)))
            options: dict[str, Any] = {
                "attribute": attribute.slug,
                "show_historic": attribute.keeps_history,
                "limit": 100,
                "offset": 0,
            }
            if collection.is_list:
                values = sdk.entries.get_v2_lists_list_entries_entry_id_attributes_attribute_values(
                    list_id=collection.slug, entry_id=row_id, **options
                )
            else:
                values = sdk.records.get_v2_objects_object_records_record_id_attributes_attribute_values(
                    object=collection.slug, record_id=row_id, **options
                )
            if attribute.is_billed:
                assert len(values.data) == len(crm.history(row_id, attribute.slug))


def test_the_client_writes_choices_and_filters_by_views_and_paths(sdk: SDK) -> None:
    attributes = sdk.attributes
    added = attributes.post_v2_target_identifier_attributes_attribute_options(
        target="objects", identifier="workspaces", attribute="plan", data={"title": "Trial"}
    )
    attributes.patch_v2_target_identifier_attributes_attribute_options_option_(
        target="objects",
        identifier="workspaces",
        attribute="plan",
        option=added.data.id.option_id,
        data={"title": "Test", "is_archived": True},
    )
    stage = attributes.post_v2_target_identifier_attributes_attribute_statuses(
        target="lists", identifier="sales", attribute="stage", data={"title": "Renewal"}
    )
    attributes.patch_v2_target_identifier_attributes_attribute_statuses_status_(
        target="lists", identifier="sales", attribute="stage", status=stage.data.id.status_id, data={"is_archived": True}
    )
    [view] = sdk.lists.get_v2_lists_list_views(list_id="sales").data
    urgent = sdk.entries.post_v2_lists_list_entries_query(list_id="sales", filter_view_id=view.id.view_id).data
    for row in urgent[:2]:
        path: dict[str, Any] = {
            "path": [["sales", "parent_record"], ["companies", "record_id"]],
            "constraints": {"value": row.parent_record_id},
        }
        found = sdk.entries.post_v2_lists_list_entries_query(list_id="sales", filter_=path).data
        assert row.id.entry_id in [one.id.entry_id for one in found]
    assert urgent


# Attio's OpenAPI document and recordings.


@needs_reference
def test_rows_and_attributes_are_as_the_document_says(asking: Asking, crm: Workspace) -> None:
    of_attributes = validator("/v2/{target}/{identifier}/attributes", "get", 200)
    of_records = validator("/v2/objects/{object}/records/query", "post", 200)
    of_entries = validator("/v2/lists/{list}/entries/query", "post", 200)
    for collection in crm.collections.values():
        target = "lists" if collection.is_list else "objects"
        of_attributes.validate(asking.ask("GET", f"/v2/{target}/{collection.slug}/attributes?show_archived=true")[1])
        judge = of_entries if collection.is_list else of_records
        judge.validate({"data": rows_of(asking, collection)[:60:6]})
    validator("/v2/lists", "get", 200).validate(asking.ask("GET", "/v2/lists")[1])
    validator("/v2/workspace_members", "get", 200).validate(asking.ask("GET", "/v2/workspace_members")[1])


@needs_reference
def test_a_person_has_the_attributes_of_a_recorded_one(asking: Asking) -> None:
    recorded = recording("03_POST_people_records_query_no_sort.json")["response"]["data"][0]
    shown = asking.query("/v2/objects/people/records/query", limit=1)[0]
    assert shape({**shown, "values": 0}) == shape({**recorded, "values": 0})
    # An old attribute that new workspaces no longer have; the workspace's own come last.
    standard = [slug for slug in recorded["values"] if slug != "strongest_connection_strength_legacy"]
    assert list(shown["values"])[: len(standard)] == standard
