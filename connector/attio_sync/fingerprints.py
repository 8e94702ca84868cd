"""Pure: what tells one history from another, in a few bytes, and what of a history those few bytes say has changed.

The past of a history is three sums over digests of its stays: of them, of them times their place, and times its square. As
in a Reed-Solomon code, where the sums of two histories differ they say which stay was replaced, or which two beside each
other.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nlargest

from attio_sync.attio_types.records import EntryOf, ListedRecord
from attio_sync.histories import AttributeHistory, Stay, identity_of, stays_of
from attio_sync.sources import Source

DIGEST_BYTES = 5
"""One change in 10¹² goes unseen by a digest of this size."""

_PRIME = 2**40 - 87
PAST_BYTES = 3 * DIGEST_BYTES

MOST_MOMENTS = 64
"""How many of the latest moments of a history are looked at to find out what it was; if none fits, all of it is written."""

MOST_REPLACED = 2
"""How many stays beside each other, gone or replaced, three sums can tell: moving a boundary replaces two."""

NOTHING_CURRENT = 0
"""The digest of a record without a current value."""

UNREADABLE = (1 << 8 * DIGEST_BYTES) - 1
"""Stands for a current value that does not have the documented shape: no history has it, so the record is read."""

type Sums = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of a history: its current value, how many stays it has, and all of them."""

    current: int
    stays: int
    past: int


def fingerprint(stays: Sequence[Stay], entry_of: EntryOf | None = None) -> Fingerprint:
    """The fingerprint of these stays; what an entry is about can change too, and is part of it."""
    current = _digest_of_current([s.what for s in stays if not s.until], entry_of)
    return Fingerprint(current, len(stays), _past_of(stays))


def fingerprint_of(history: AttributeHistory) -> Fingerprint:
    """The fingerprint of a history."""
    return fingerprint(stays_of(history), history.entry_of)


def fingerprint_before(stays: Sequence[Stay], instant: str, entry_of: EntryOf | None = None) -> Fingerprint:
    """What the history was just before an instant, unless its past was rewritten since."""
    began = [s for s in stays if s.began < instant]
    return fingerprint([Stay(s.what, "") if s.until >= instant else s for s in began], entry_of)


def fingerprint_with_current(stays: Sequence[Stay], current: int, entry_of: EntryOf | None = None) -> Fingerprint | None:
    """What the history was while its current value had this digest; None if it never had, or too long ago."""
    moments = {moment for s in stays for moment in (s.began, s.until) if moment}
    for moment in nlargest(MOST_MOMENTS, moments):
        for version in _versions(stays, bisect_right(stays, moment, key=lambda s: s.began), [moment]):
            if _digest_of_current([s.what for s in version if not s.until], entry_of) == current:
                return fingerprint(version, entry_of)
    return None


def changed_stays(stays: Sequence[Stay], before: Fingerprint) -> list[int]:
    """The positions, from 0, of the stays that are not as they were in a history with that fingerprint.

    All of them if it was another history, of which more was replaced than can be told.
    """
    count = before.stays
    if count <= len(stays):
        since = stays[count - 1].began if count else ""
        until = stays[count].began if count < len(stays) else "~"
        moments = {since, *(s.until for s in stays[:count] if since <= s.until <= until)}
        for version in _versions(stays, count, nlargest(MOST_MOMENTS, moments)):
            if _past_of(version) == before.past:
                return [i for i, stay in enumerate(stays) if i >= count or version[i] != stay]
    return list(_replaced(stays, before))


def listed_digest(record: ListedRecord, source: Source) -> int:
    """The digest of the current values of a source that a listing shows."""
    try:
        if len(record.current) > 1 and not source.is_multiple:
            return UNREADABLE
        return _digest_of_current([identity_of(source.type, value) for value in record.current], record.entry_of)
    except (LookupError, TypeError, ValueError):
        return UNREADABLE


def is_nothing(digest: int, *, of_entry: bool) -> bool:
    """Whether the digest of a current value says that there is none."""
    return bool(digest & 1) if of_entry else digest == NOTHING_CURRENT


def _versions(stays: Sequence[Stay], count: int, moments: Iterable[str]) -> Iterator[list[Stay]]:
    """What the oldest `count` stays were at these moments: what ended later was still there."""
    for moment in moments:
        version = [Stay(s.what, "") if s.until > moment else s for s in stays[:count]]
        yield version
        if version and version[-1].until == moment:  # and just before
            yield [*version[:-1], Stay(version[-1].what, "")]


def _replaced(stays: Sequence[Stay], before: Fingerprint) -> range:
    """The positions that changed where the history was the same but for a few stays beside each other.

    Those few may have been others, or more, or fewer than they are now; what stands behind them then has other positions,
    and has changed too.
    """
    shift = before.stays - len(stays)
    # Of each sum what the stays in front bring, and what those behind brought where they were.
    front, behind = _sums_so_far(stays, 1), _sums_so_far(stays, 1 + shift)
    past = _unpacked(before.past)
    for were in range(min(MOST_REPLACED, before.stays) + 1):
        are = were - shift
        for place in range(before.stays - were, -1, -1) if are >= 0 else ():
            sums = zip(past, front[place], behind[-1], behind[place + are], strict=True)
            zeroth, first, second = (p - f - b + up_to for p, f, b, up_to in sums)
            if _can_bring(were, place + 1, (zeroth, first, second)):
                return range(place, len(stays) if shift else place + are)
    return range(len(stays))


def _can_bring(number: int, place: int, sums: Sums) -> bool:
    """Whether so many stays, the first of them at this place, counted from 1, can bring these sums."""
    zeroth, first, second = sums
    other = first - place * zeroth if number > 1 else 0
    one = zeroth - other if number else 0
    brought = one + other, place * one + (place + 1) * other, place**2 * one + (place + 1) ** 2 * other
    return not any((b - s) % _PRIME for b, s in zip(brought, (zeroth, first, second), strict=True))


def _past_of(stays: Sequence[Stay]) -> int:
    return _packed(_sums_so_far(stays, 1)[-1])


def _sums_so_far(stays: Sequence[Stay], first_place: int) -> list[Sums]:
    """The sums of none, one, two, … of these stays, of which the first has this place.

    The place is in the digest too, or two stays that change places would cancel as two others would.
    """
    zeroth = first = second = 0
    sums = [(0, 0, 0)]
    for place, stay in enumerate(stays, first_place):
        digest = _digest(f"{place} {stay.what} {stay.until}")
        zeroth, first, second = zeroth + digest, first + place * digest, second + place * place * digest
        sums.append((zeroth, first, second))
    return sums


def _packed(sums: Sums) -> int:
    zeroth, first, second = (one % _PRIME for one in sums)
    bits = 8 * DIGEST_BYTES
    return (zeroth << bits | first) << bits | second


def _unpacked(past: int) -> Sums:
    bits = 8 * DIGEST_BYTES
    return past >> 2 * bits, past >> bits & (1 << bits) - 1, past & (1 << bits) - 1


def _digest_of_current(current: list[str], entry_of: EntryOf | None) -> int:
    """Of an entry, its last bit says that it has no current value."""
    if entry_of is None:
        return _digest("\n".join(sorted(current))) if current else NOTHING_CURRENT
    digest = _digest("\n".join([" ".join(entry_of), *sorted(current)])) & ~1
    return digest if current else digest | 1


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "backslashreplace"), digest_size=DIGEST_BYTES).digest())
