"""Pure: what identifies a history, in a few bytes.

A stay is its status, its times and who set it. The title beside it is not part of it: renaming a status changes no history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import Any, NamedTuple

from attio_sync.attio_types import AttributeHistory, sortable_timestamp

DIGEST_BYTES = 5
"""One change in 10¹² goes unseen by a digest of this size."""

MOST_STAYS = 2**16 - 1
"""A history longer than this is taken for an endless one: no larger number has room where stays are counted."""

NOTHING_CURRENT = 0
"""The digest of a record without a current value."""

UNREADABLE = (1 << 8 * DIGEST_BYTES) - 1
"""Stands for a current value that does not have the documented shape: no history has it, so the record is read."""


class Stay(NamedTuple):
    """One stay: `what` identifies it, `until` is when it ended; empty while it lasts."""

    what: str
    until: str

    @property
    def began(self) -> str:
        """When it began."""
        return self.what.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What is compared of a history: its current value, how many stays it has, and all of them."""

    current: int
    stays: int
    past: int


def stays_of(history: AttributeHistory) -> list[Stay]:
    """The stays of a history, oldest first."""
    return [
        Stay(
            _what(v.active_from, v.status.id.status_id, v.created_by_actor.type, v.created_by_actor.id),
            sortable_timestamp(v.active_until) if v.active_until else "",
        )
        for v in history.values
    ]


def fingerprint(stays: Sequence[Stay]) -> Fingerprint:
    """The fingerprint of these stays."""
    current = _digest(stays[-1].what) if stays and not stays[-1].until else NOTHING_CURRENT
    return Fingerprint(current, len(stays), _digest("\n".join(f"{s.what} {s.until}" for s in stays)))


def first_stays(stays: Sequence[Stay], count: int) -> list[Stay]:
    """The history as it was while its `count`-th stay lasted."""
    return [*stays[: count - 1], Stay(stays[count - 1].what, "")] if count else []


def fingerprint_before(stays: Sequence[Stay], instant: str) -> Fingerprint:
    """What the history was at an instant, unless its past was rewritten since: what began before it, the last one open."""
    began = [s for s in stays if s.began < instant]
    still_open = bool(began) and (not began[-1].until or began[-1].until >= instant)
    return fingerprint(first_stays(began, len(began)) if still_open else began)


def fingerprint_with_current(stays: Sequence[Stay], current: int) -> Fingerprint | None:
    """What the history was while its current value had this digest; None if it never had."""
    for count in range(len(stays), 0, -1):
        if _digest(stays[count - 1].what) == current:
            return fingerprint(first_stays(stays, count))
    return None


def unchanged_stays(stays: Sequence[Stay], before: Fingerprint) -> int | None:
    """How many of the oldest stays are as they were in a history with that fingerprint; None if it was another history."""
    count = before.stays
    if count > len(stays):
        return None
    if fingerprint(stays[:count]).past == before.past:
        return count
    return count - 1 if count and fingerprint(first_stays(stays, count)).past == before.past else None


def is_unbroken(stays: Sequence[Stay], created_at: str) -> bool:
    """Whether a listing can have shown each stay as it began: none came before the record, none was cleared."""
    follow = all(earlier.until == later.began for earlier, later in pairwise(stays))
    return bool(stays) and stays[0].began >= created_at and follow


def listed_digest(current: Sequence[Any]) -> int:
    """The digest of the current values a listing shows."""
    if not current:
        return NOTHING_CURRENT
    try:
        value = current[-1]
        actor = value["created_by_actor"]
        what = _what(value["active_from"], value["status"]["id"]["status_id"], actor["type"], actor["id"])
        return _digest(what) if len(current) == 1 else UNREADABLE
    except (LookupError, TypeError, ValueError):
        return UNREADABLE


def _what(active_from: str, status_id: str, actor_type: str | None, actor_id: str | None) -> str:
    return f"{sortable_timestamp(active_from)} {status_id} {actor_type} {actor_id}"


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "backslashreplace"), digest_size=DIGEST_BYTES).digest())
