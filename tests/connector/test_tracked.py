"""What the setting `history` says: objects and lists, their attributes, and the tables these go to."""

from typing import Any

import pytest
from fivetran_connector_sdk_core.renaming import Renaming
from hypothesis import assume, given
from hypothesis import strategies as st

from attio_sync.attribute_types import STATUS
from attio_sync.errors import UnknownNameError
from attio_sync.parents import Parent, parse_parent, segment
from attio_sync.small_tables import RESERVED_TABLES
from attio_sync.sources import (
    FIRST,
    MOST_SOURCES,
    Source,
    Tracked,
    parse_tracked,
    table_for,
    tables_of,
)
from attio_sync.streams import schema
from attio_sync.tables import warehouse_name


def tracked(text: str) -> Tracked:
    found = parse_tracked(text, RESERVED_TABLES)
    assert isinstance(found, Tracked)
    return found


def problem(text: str) -> str:
    with pytest.raises(ValueError, match=r".+") as caught:
        parse_tracked(text, RESERVED_TABLES)
    return str(caught.value)


names = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=".=,/*"), min_size=1, max_size=8)
table_names = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True).map(lambda name: warehouse_name(name).rstrip("_"))
parents = st.builds(Parent, st.sampled_from(["objects", "lists"]), names)
sources = st.builds(Source, parents, names, table_names)


# --- Objects and lists


@given(parents)
def test_an_object_or_a_list_reads_as_it_is_written(parent: Parent) -> None:
    assert parse_parent(str(parent)) == parent
    assert str(parent).startswith("lists/") == parent.is_list


def test_what_an_object_and_a_list_differ_in() -> None:
    def told(parent: Parent) -> tuple[object, ...]:
        return (parent.noun, parent.id_field, parent.id_column, parent.values_field, parent.items_path, parent.scopes)

    of_records = ("record_permission:read", "object_configuration:read")
    assert told(parse_parent("deals")) == (
        "record",
        "record_id",
        "record_id",
        "values",
        "/v2/objects/deals/records",
        of_records,
    )
    assert told(parse_parent("applications"))[1:3] == ("record_id", "application_id")
    assert told(parse_parent("lists/deals")) == (
        "entry",
        "entry_id",
        "entry_id",
        "entry_values",
        "/v2/lists/deals/entries",
        ("list_entry:read", "list_configuration:read"),
    )
    assert told(parse_parent("lists/applications"))[2] == "entry_id"


@given(names | st.sampled_from(["a b", "?x", "#", "a/../b", "%2e%2e", "ä"]))
def test_no_name_reaches_outside_its_place_in_a_path(name: str) -> None:
    path = Parent("lists", name).path
    assert path.startswith("/v2/lists/")
    assert path.count("/") == 3
    assert not set(path) & set("?# ")


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_is_no_segment_of_a_path_is_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="is no name of an object, a list, an attribute or a record"):
        segment(name)


# --- Sources


@given(st.lists(sources, min_size=1, max_size=4, unique_by=(lambda s: s.name, lambda s: s.table)), st.booleans())
def test_what_is_tracked_reads_as_it_is_written(named: list[Source], everything: bool) -> None:  # noqa: FBT001 (hypothesis passes it)
    wanted = Tracked(tuple(named), everything)
    tables = [name for one in named for name in tables_of(one)]
    assume(len(set(tables)) == len(tables))
    assert tracked(str(wanted)) == wanted


@given(sources)
def test_a_source_without_a_table_has_one_of_its_own_name(source: Source) -> None:
    name = table_for(source.parent, source.attribute)
    [found] = tracked(source.name).named
    assert (found.name, found.table, found.type, found.is_multiple) == (source.name, name, STATUS, False)
    # It can be written down, and means the same.
    assert tracked(str(found)).named == (found,)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("deals.stage", "deals.stage=attio_deals_stage"),
        ("lists/hiring.stage", "lists/hiring.stage=attio_hiring_stage"),
        ("people.E-Mail", "people.E-Mail=attio_people_e_mail"),
        ("applications.workflow_status", "applications.workflow_status=attio_workflow_status"),
        ("applications.workflow_status=status", "applications.workflow_status=status"),
        ("lists/applications.workflow_status", "lists/applications.workflow_status=attio_applications_workflow_status"),
        (" deals . stage = t , people.job ", "deals.stage=t,people.job=attio_people_job"),
        ("*", "*"),
        ("*,deals.stage", "deals.stage=attio_deals_stage,*"),
        ("deals.stage,,", "deals.stage=attio_deals_stage"),
    ],
)
def test_what_is_written_means(text: str, written: str) -> None:
    assert str(tracked(text)) == written


def test_a_source_has_two_tables_and_the_first_one_is_known_to_be_a_status() -> None:
    assert tables_of(FIRST) == ("attio_workflow_status", "attio_workflow_status_history")
    assert (FIRST.name, str(FIRST)) == (
        "applications.workflow_status",
        "applications.workflow_status=attio_workflow_status",
    )
    assert FIRST.type is STATUS


NO_SOURCES = (
    "applications",
    ".workflow_status",
    "applications.",
    "applications.=t",
    "=t",
    ".",
    "a.b=",
    "a/b.c",
    "a.b/c",
    "a.b=c/d",
    "lists/.stage",
    "lists/a/b.stage",
    "lists/...stage",
    "objects/a.stage",
    "applications...",
    "applications..",
    "...stage",
    "a\x00.b",
    "a.b\ud800",
    "a.b=t\n=u",
    "**",
)


@pytest.mark.parametrize("text", NO_SOURCES)
def test_what_is_no_attribute_is_refused_with_what_one_looks_like(text: str) -> None:
    said = problem(f"deals.stage,{text}")
    assert said == (
        f"{text!r} is not object.attribute or lists/list.attribute, with =table behind it if need be, as in "
        "applications.workflow_status=attio_workflow_status, deals.stage or lists/hiring.stage"
    )


@pytest.mark.parametrize("table", ["My Table", "1t", 't"; drop', "tä", "T", "t-u"])
def test_what_is_no_name_of_a_table_is_refused(table: str) -> None:
    assert (
        problem(f"a.b={table}") == f"{table!r} is no table name: use small letters, digits and underscores, a letter first"
    )


@pytest.mark.parametrize(("table", "called"), [("stage2", "stage_2"), ("a__b", "a_b"), ("attio__status", "attio_status")])
def test_a_table_that_fivetran_would_call_otherwise_is_refused(table: str, called: str) -> None:
    assert problem(f"a.b={table}") == f"Fivetran would call the table {table!r} {called!r}: write that"


@pytest.mark.parametrize("text", ["deals.stage2,deals.stage_2", "deals.my-stage,deals.myStage", "a.b2=t,deals.x=t,c.d"])
def test_what_fivetran_would_put_into_one_table_is_refused(text: str) -> None:
    assert "two tables would be called" in problem(text)


@given(sources)
def test_fivetran_leaves_the_names_of_our_tables_as_they_are(source: Source) -> None:
    [found] = tracked(source.name).named
    for name in tables_of(found):
        assert Renaming(apply=True).table(name) == name


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_a_setting_that_names_nothing_says_what_it_could(text: str) -> None:
    assert "name at least one attribute, such as applications.workflow_status, or * for every status" in problem(text)


@pytest.mark.parametrize("text", ["a.b=t,c.d=t", "a.b=t,c.d=t_history", "a.b=t_history,c.d=t"])
def test_no_two_tables_have_one_name(text: str) -> None:
    said = problem(text)
    assert "two tables would be called t" in said
    assert "name a different one for each, as in" in said


def test_an_attribute_is_tracked_once() -> None:
    assert problem("a.b=t,a.b=u") == "a.b is named twice: one table for each attribute"
    assert problem("a.b,a.b") == "a.b is named twice: one table for each attribute"


@pytest.mark.parametrize("name", RESERVED_TABLES)
def test_no_history_takes_a_table_that_a_connection_has(name: str) -> None:
    assert f"the table {name} is there already" in problem(f"c.d=t,a.b={name}")
    # Of the two tables of a history, the second counts as well.
    assert [s.table for s in tracked(f"a.b={name}_of_ours").named] == [f"{name}_of_ours"]


def test_the_tables_that_nobody_may_take_are_those_that_there_are() -> None:
    small = {table["table"] for table in schema([FIRST])} - set(tables_of(FIRST))
    assert small == set(RESERVED_TABLES)


def test_one_attribute_of_two_parents_and_two_attributes_of_one_can_be_tracked() -> None:
    assert len(tracked("a.x=t,b.x=u,lists/a.x=v,a.y=w").named) == 4


def test_more_histories_than_a_state_has_room_for_need_a_second_connection() -> None:
    assert len(tracked(",".join(f"a.x{i}" for i in range(MOST_SOURCES))).named) == 64
    said = problem(",".join(f"a.x{i}" for i in range(MOST_SOURCES + 1)))
    assert said == "names 65 histories; more than 64 need a second connection"


@pytest.mark.parametrize("value", [None, 7, ["a.b"], {"a": 1}, Tracked((FIRST,))])
def test_what_is_no_text_is_left_as_it_is(value: Any) -> None:
    assert parse_tracked(value, ()) is value


@given(st.text(max_size=20))
def test_whatever_is_written_is_tracked_or_wrong(text: str) -> None:
    try:
        found = tracked(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017 (either way is right)
    else:
        assert tracked(str(found)) == found
