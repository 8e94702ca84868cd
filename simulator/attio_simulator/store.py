"""The truth: what a workspace holds, and the ways to look it up. Changing it is in `writes.py`."""

from __future__ import annotations

import functools
import random
import threading
import uuid
from typing import TYPE_CHECKING, Any, Concatenate

from .clock import SECOND, Clock
from .schema import Actor, Attribute, Collection, Member, Record, active_values, all_values
from .values import ValueWriter

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable

    from .values import PastTitles

_UUID_4 = (4 << 76) | (2 << 62)
_UUID_MASK = ~((0xF << 76) | (3 << 62)) & ((1 << 128) - 1)


AGE = 365 * 86_400 * SECOND
"""A workspace is a year old when it is opened, so that its records can have a past."""


def locked[S: Store, **P, R](method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Let a method run while no other thread reads or changes the workspace."""

    @functools.wraps(method)
    def wrapper(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return wrapper


class Store:
    """The objects, lists, records, entries and members of one workspace.

    Ids are made from the seed, so that the same calls in the same order give the same workspace, byte for byte.
    """

    def __init__(self, *, clock: Clock | None = None, seed: int = 0, name: str = "Example Hiring") -> None:
        self.lock = threading.RLock()
        self.clock = clock or Clock()
        self.random = random.Random(f"workspace {seed}")
        self.name = name
        self.slug = name.lower().replace(" ", "-")
        self.id = str(uuid.uuid5(uuid.UUID(self.new_id()), name))  # two of one seed are two workspaces
        self.client_id = self.new_id()
        self.api_token = Actor("api-token", self.new_id())
        self.created = self.clock.nanoseconds() - AGE
        # Of how many new records the values begin some milliseconds after the record; see `LATE` in `writes.py`.
        self.late_share = 0.0
        self.collections: dict[str, Collection] = {}
        self.members: list[Member] = []
        self.rows: dict[str, Record] = {}
        self.entries_of: dict[str, list[Record]] = {}
        self.merging: dict[str, int] = {}
        self.unfinished_merges: list[tuple[int, Record]] = []

    def new_id(self) -> str:
        """Make the next UUID of the seed's sequence."""
        bits = (self.random.getrandbits(128) & _UUID_MASK) | _UUID_4
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def objects(self) -> builtins.list[Collection]:
        """Give all objects, by id: the order in which Attio lists them."""
        return sorted((one for one in self.collections.values() if not one.is_list), key=lambda one: one.id)

    def lists(self) -> builtins.list[Collection]:
        """Give all lists, in the order of the sidebar."""
        return [one for one in self.collections.values() if one.is_list]

    def find(self, slug_or_id: str, *, is_list: bool = False) -> Collection | None:
        """Find an object, or a list, by slug or id."""
        return next(
            (one for one in self.collections.values() if slug_or_id in (one.slug, one.id) and one.is_list is is_list),
            None,
        )

    def object(self, slug_or_id: str) -> Collection:
        """Find an object by slug or id.

        Raises:
            KeyError: there is none.
        """
        found = self.find(slug_or_id)
        if found is None:
            raise KeyError(slug_or_id)
        return found

    def list(self, slug_or_id: str) -> Collection:
        """Find a list by slug or id.

        Raises:
            KeyError: there is none.
        """
        found = self.find(slug_or_id, is_list=True)
        if found is None:
            raise KeyError(slug_or_id)
        return found

    def record(self, record_id: str) -> Record:
        """Find a record or an entry by id.

        Raises:
            KeyError: it does not exist, or no longer.
        """
        return self.rows[record_id]

    def record_ids(self, slug_or_id: str) -> builtins.list[str]:
        """Give the ids of an object's records (or a list's entries), in the default order."""
        self.settle()
        found = self.find(slug_or_id) or self.list(slug_or_id)
        return list(found.ids)

    def attribute_of(self, record: Record, slug_or_id: str | None) -> Attribute:
        """Find an attribute of a record's object; without a name the first status attribute.

        Raises:
            KeyError: there is none.
        """
        collection = record.collection
        if slug_or_id is None:
            found = next((one for one in collection.attributes if one.type == "status"), None)
        else:
            found = collection.attribute(slug_or_id)
        if found is None:
            raise KeyError(slug_or_id or "status")
        return found

    def history(
        self, record_id: str, attribute: str | None = None, *, past_titles: PastTitles = "now"
    ) -> builtins.list[dict[str, Any]]:
        """Give every value an attribute ever had, as the API shows them, oldest first.

        Without `attribute`, that of the object's first status attribute (`workflow_status` of `applications`).

        Raises:
            KeyError: the record or the attribute does not exist.
        """
        record = self.record(record_id)
        found = self.attribute_of(record, attribute)
        writer = ValueWriter(self.id, record.collection, found, past_titles)
        return [writer.write(value) for value in all_values(record, found)]

    def current(self, record_id: str, attribute: str | None = None) -> dict[str, Any] | None:
        """Give the value an attribute has now, as the API shows it, or None."""
        record = self.record(record_id)
        found = self.attribute_of(record, attribute)
        writer = ValueWriter(self.id, record.collection, found)
        return next((writer.write(value) for value in active_values(record, found)), None)

    def is_merging(self, record_id: str) -> bool:
        """Tell whether a record is one of a merge that is not done."""
        return self.merging.get(record_id, 0) > self.clock.nanoseconds()

    def settle(self) -> None:
        """Let the merges finish whose time has come: only then can the new record be seen."""
        if not self.unfinished_merges:
            return
        now = self.clock.nanoseconds()
        done = [record for until, record in self.unfinished_merges if until <= now]
        self.unfinished_merges = [one for one in self.unfinished_merges if one[0] > now]
        for record in done:
            record.collection.add(record)
            self.rows[record.id] = record
