"""What tells one history from another, and what it was at an earlier moment, against a slow model."""

import random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.support.attribute_values import histories_of, moment

from attio_sync.attio_types.records import EntryOf, ListedRecord
from attio_sync.attribute_types import TYPES
from attio_sync.fingerprints import (
    MOST_MOMENTS,
    NOTHING_CURRENT,
    UNREADABLE,
    Fingerprint,
    changed_stays,
    fingerprint,
    fingerprint_before,
    fingerprint_of,
    fingerprint_with_current,
    is_nothing,
    listed_digest,
)
from attio_sync.histories import Stay, is_unbroken, parse_history, stays_of
from attio_sync.sources import FIRST

ENTRY = EntryOf("people", "5b0c8f6e-21c4-4f65-8a52-93f0f1d5b7aa")

# --- Digests stand in the states of every connection: those of statuses never change


def status(began: str, ended: str | None, status_id: str, actor: dict[str, str | None]) -> dict[str, Any]:
    return {
        "active_from": began,
        "active_until": ended,
        "created_by_actor": actor,
        "attribute_type": "status",
        "status": {
            "id": {"workspace_id": "w", "object_id": "o", "attribute_id": "a", "status_id": status_id},
            "title": "Applied",
            "is_archived": False,
            "target_time_in_status": None,
        },
    }


A, B, C = "2026-05-15T21:49:04.642000000Z", "2026-05-16T08:00:00.000000001Z", "2026-06-01T12:30:00Z"
MEMBER: dict[str, str | None] = {"type": "workspace-member", "id": "8f2c9c1e-5d1a-4b7e-9a50-0f6f3a1d2b11"}
THREE = [
    status(A, B, "0b6b4a0e-1111-4d0a-8a39-0c2f6a3d9e01", MEMBER),
    status(B, C, "0b6b4a0e-2222-4d0a-8a39-0c2f6a3d9e02", {"type": "system", "id": None}),
    status(C, None, "0b6b4a0e-3333-4d0a-8a39-0c2f6a3d9e03", {"type": None, "id": None}),
]

# Recorded with the connector that tracked statuses only.
RECORDED: dict[str, tuple[list[dict[str, Any]], Fingerprint, int]] = {
    "none": ([], Fingerprint(0, 0, 0), 0),
    "one": (
        [status(A, None, "0b6b4a0e-1111-4d0a-8a39-0c2f6a3d9e01", MEMBER)],
        Fingerprint(672364485020, 1, 918690367249117715163575233830363831),
        672364485020,
    ),
    "three": (THREE, Fingerprint(604572359226, 3, 485407511126594604721000967110527828), 604572359226),
    "cleared": (THREE[:2], Fingerprint(0, 2, 108205940949743775132323360400451684), 0),
    "strange": (
        [status(A, None, "naïve \ud800 \x00 id", {"type": "app", "id": "x y"})],
        Fingerprint(385997157370, 1, 699507414695884206464691921758508669),
        692834773528,
    ),
}


@pytest.mark.parametrize(("raw", "mark", "listed"), RECORDED.values(), ids=RECORDED)
def test_the_digests_of_statuses_are_those_of_earlier_versions(
    raw: list[dict[str, Any]], mark: Fingerprint, listed: int
) -> None:
    assert fingerprint_of(parse_history("r", raw)) == mark
    assert listed_digest(listing([v for v in raw if v["active_until"] is None]), FIRST) == listed


def listing(current: list[Any]) -> ListedRecord:
    return ListedRecord("r", A, A, current)


def test_what_cannot_be_read_in_a_listing_is_marked_as_in_earlier_versions() -> None:
    assert [listed_digest(listing(c), FIRST) for c in ([1, 2], [{"x": 1}], [None])] == [UNREADABLE] * 3
    assert (UNREADABLE, NOTHING_CURRENT) == (1099511627775, 0)


# --- One value at a time


def single(number: int, *, is_open: bool = True) -> list[Stay]:
    """So many stays, each of which ends when the next begins."""
    stays = [Stay(f"{moment(i)} status-{i}", moment(i + 1)) for i in range(number)]
    return [*stays[:-1], Stay(stays[-1].what, "")] if stays and is_open else stays


def first_stays(stays: list[Stay], count: int) -> list[Stay]:
    """The history as it was while its `count`-th stay lasted."""
    return [*stays[: count - 1], Stay(stays[count - 1].what, "")] if count else []


@given(number=st.integers(0, 12), known=st.integers(0, 12), is_open=st.booleans())
def test_a_history_that_was_appended_to_is_recognised_and_its_old_stays_are_not_written(
    number: int,
    known: int,
    is_open: bool,  # noqa: FBT001 (hypothesis passes by name)
) -> None:
    stays = single(number, is_open=is_open)
    before = fingerprint(first_stays(stays, min(known, number)))
    # The stay that lasted then has ended since, unless it is still the last one.
    unchanged = number if known >= number and is_open else max(0, min(known, number) - 1)
    assert changed_stays(stays, before) == list(range(unchanged, number))


@given(number=st.integers(1, 12), place=st.integers(1, 12))
def test_what_a_history_was_is_found_by_the_digest_of_its_current_value(number: int, place: int) -> None:
    stays = single(number)
    before = fingerprint(first_stays(stays, min(place, number)))
    assert fingerprint_with_current(stays, before.current) == before
    assert fingerprint_with_current(stays, before.current ^ 2) is None


@given(number=st.integers(1, 12), place=st.integers(0, 12))
def test_what_a_history_was_at_an_instant_is_what_began_before_it_with_the_last_one_open(number: int, place: int) -> None:
    stays = single(number)
    instant = moment(min(place, number))
    assert fingerprint_before(stays, instant) == fingerprint(first_stays(stays, min(place, number)))


def replaced(stays: list[Stay], place: int, are: list[Stay], were: int = 0) -> list[Stay]:
    """The history with other stays where some were."""
    return [*stays[:place], *are, *stays[place + were :]]


OTHERS = [Stay(f"{moment(90 + i)} other", "later") for i in range(3)]


@given(number=st.integers(0, 12), place=st.integers(0, 12), were=st.integers(0, 2), are=st.integers(0, 3), data=st.data())
def test_of_a_history_rewritten_in_one_place_only_what_is_otherwise_now_is_written(
    number: int, place: int, were: int, are: int, data: st.DataObject
) -> None:
    before = single(number, is_open=data.draw(st.booleans()))
    place, were = min(place, number), min(were, number - min(place, number))
    now = replaced(before, place, OTHERS[:are], were)
    # What stands at another position now has changed too.
    assert changed_stays(now, fingerprint(before)) == [i for i, stay in enumerate(now) if i >= number or stay != before[i]]


@given(number=st.integers(3, 12), data=st.data())
def test_a_history_rewritten_in_more_places_than_can_be_told_is_taken_for_another(number: int, data: st.DataObject) -> None:
    stays = single(number)
    first, second = sorted(data.draw(st.lists(st.integers(0, number - 1), min_size=2, max_size=2, unique=True)))
    assume(second - first > 1)
    for one, other in ((OTHERS[0], OTHERS[1]), (stays[second], stays[first])):
        before = replaced(replaced(stays, first, [one], 1), second, [other], 1)
        assert changed_stays(stays, fingerprint(before)) == list(range(number))


def test_a_long_history_of_which_a_stay_is_new_is_recognised_however_long_it_is() -> None:
    stays = single(5_000)
    assert changed_stays(stays, fingerprint(first_stays(stays, 4_999))) == [4_998, 4_999]
    assert changed_stays(stays, fingerprint(first_stays(stays, 1))) == list(range(5_000))
    last = MOST_MOMENTS - 1  # the moments are the beginnings
    assert fingerprint_with_current(stays, fingerprint(first_stays(stays, 5_000 - last)).current) is not None
    # Longer ago it is not looked for: all of it is written.
    assert fingerprint_with_current(stays, fingerprint(first_stays(stays, 100)).current) is None


def test_a_history_is_unbroken_if_each_stay_follows_another_from_when_the_record_was_created() -> None:
    stays = single(3)
    assert is_unbroken(stays, moment(0))
    assert not is_unbroken(stays, moment(1))
    assert not is_unbroken([stays[0], stays[2]], moment(0))
    assert not is_unbroken([], moment(0))


# --- Several values at a time

type Event = tuple[str, int, bool]


def events_of(stays: list[Stay]) -> list[Event]:
    """What happened, in order: when, to which stay, and whether it began; of one instant, beginnings first."""
    began = [(s.began, i, True) for i, s in enumerate(stays)]
    ended = [(s.until, i, False) for i, s in enumerate(stays) if s.until]
    return sorted(began + ended, key=lambda event: (event[0], not event[2], event[1]))


def replayed(stays: list[Stay], events: list[Event]) -> list[Stay]:
    """The history once these events, and no others, have happened."""
    was: dict[int, Stay] = {}
    for at, place, is_beginning in events:
        was[place] = Stay(stays[place].what, "" if is_beginning else at)
    return [was[place] for place in sorted(was)]


def versions(stays: list[Stay]) -> list[tuple[str, list[Stay]]]:
    """The history as it was behind each instant at which something happened, and before all."""
    events = events_of(stays)
    instants = sorted({at for at, _, _ in events})
    return [("", []), *((i, replayed(stays, [e for e in events if e[0] <= i])) for i in instants)]


def current_of(stays: list[Stay]) -> list[str]:
    return sorted(s.what for s in stays if not s.until)


@st.composite
def several(draw: st.DrawFn, *, lasting: bool = False) -> list[Stay]:
    """Values that come and go as they like, several at one instant; where they are `lasting`, none ends as it begins."""
    spans = draw(st.lists(st.tuples(st.integers(0, 6), st.integers(int(lasting), 5), st.booleans()), max_size=7))
    names = draw(st.permutations([f"value-{i}" for i in range(len(spans))]))
    stays = [
        Stay(f"{moment(began)} {name}", moment(began + length) if is_ended else "")
        for (began, length, is_ended), name in zip(spans, names, strict=True)
    ]
    return sorted(stays, key=lambda stay: stay.what)


@given(several(), st.data())
def test_of_several_values_exactly_what_changed_since_is_written(stays: list[Stay], data: st.DataObject) -> None:
    _, was = data.draw(st.sampled_from(versions(stays)))
    changed = [i for i, stay in enumerate(stays) if i >= len(was) or was[i] != stay]
    assert changed_stays(stays, fingerprint(was)) == changed


@given(several(), several())
def test_whatever_a_history_was_no_stay_that_changed_is_left_as_it_was(stays: list[Stay], other: list[Stay]) -> None:
    as_it_was = {i: stay for i, stay in enumerate(other) if i < len(stays)}
    assert as_it_was | {i: stays[i] for i in changed_stays(stays, fingerprint(other))} == dict(enumerate(stays))


@given(several(lasting=True), st.sampled_from([None, ENTRY]), st.data())
def test_of_several_values_what_was_current_says_what_a_history_was(
    stays: list[Stay], entry_of: EntryOf | None, data: st.DataObject
) -> None:
    was_then = versions(stays)[1:]
    assume(was_then)
    _, one = data.draw(st.sampled_from(was_then))
    found = fingerprint_with_current(stays, fingerprint(one, entry_of).current, entry_of)
    latest = next(was for _, was in reversed(was_then) if current_of(was) == current_of(one))
    assert found == fingerprint(latest, entry_of)


@given(several(), several(), st.sampled_from([None, ENTRY]))
def test_what_is_found_by_what_was_current_had_that(stays: list[Stay], other: list[Stay], entry_of: EntryOf | None) -> None:
    wanted = fingerprint(other, entry_of).current
    found = fingerprint_with_current(stays, wanted, entry_of)
    assert found is None or found.current == wanted


@given(several(), st.integers(0, 13), st.sampled_from([None, ENTRY]))
def test_what_a_history_of_several_values_was_before_an_instant_is_what_had_happened(
    stays: list[Stay], number: int, entry_of: EntryOf | None
) -> None:
    instant = moment(number)
    was = replayed(stays, [event for event in events_of(stays) if event[0] < instant])
    assert fingerprint_before(stays, instant, entry_of) == fingerprint(was, entry_of)


@given(several(), st.sampled_from([None, ENTRY]))
def test_a_digest_says_whether_there_is_a_current_value(stays: list[Stay], entry_of: EntryOf | None) -> None:
    mark = fingerprint(stays, entry_of)
    assert is_nothing(mark.current, of_entry=entry_of is not None) == (not current_of(stays))
    assert (mark.stays, mark.past) == (len(stays), fingerprint(stays).past)


@given(st.sampled_from(sorted(TYPES)), st.integers(), st.data())
def test_in_which_order_attio_shows_values_of_one_instant_does_not_matter(
    kind: str, seed: int, data: st.DataObject
) -> None:
    raw = data.draw(histories_of(kind, is_multiple=True))
    shuffled = random.Random(seed).sample(raw, len(raw))
    shuffled.sort(key=lambda value: value["active_from"])
    one, other = (parse_history("r", values, TYPES[kind], is_multiple=True) for values in (raw, shuffled))
    assert fingerprint_of(one) == fingerprint_of(other)
    assert [stay.what for stay in stays_of(one)] == sorted(stay.what for stay in stays_of(other))


@given(st.lists(st.integers(1, 9), min_size=2, max_size=4), st.integers(0, 10))
def test_of_equal_values_of_one_instant_those_that_ended_are_still_recognised(ends: list[int], read_at: int) -> None:
    def parsed(ended: list[int | None]) -> list[Stay]:
        values = [status(moment(0), None if one is None else moment(one), "s", MEMBER) for one in ended]
        return stays_of(parse_history("r", values, is_multiple=True))

    before = parsed([one if one <= read_at else None for one in ends])
    now = parsed(list(ends))
    expected = [i for i, stay in enumerate(now) if before[i] != stay]
    assert changed_stays(now, fingerprint(before)) == expected
