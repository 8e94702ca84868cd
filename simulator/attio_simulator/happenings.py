"""Changes of every kind that can happen in a workspace, at random but seeded: for tests and demonstrations."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from .clock import SECOND
from .crm import TRACKED
from .draws import DAY, TRIES, Draws
from .schema import Record, active_values, all_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .schema import Attribute, Collection, Value
    from .writes import Workspace

Kind = Literal[
    "create",
    "import",
    "delete",
    "merge",
    "create_entry",
    "delete_entry",
    "move",
    "choose",
    "write",
    "add_value",
    "take_away",
    "clear",
    "rewrite_past",
    "backdate",
    "rename_choice",
    "archive_choice",
    "change_member",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
IMPORTED = 5


class Happening(NamedTuple):
    """What happened, to which record or entry, and to which attribute; empty where it is about none."""

    kind: Kind
    record_id: str = ""
    attribute: str = ""


class Source(NamedTuple):
    """One attribute to which something can happen."""

    collection: Collection
    attribute: Attribute


class Held(NamedTuple):
    """An attribute of a record or an entry, with the values that it has now."""

    row: Record
    attribute: Attribute
    values: list[Value]


class Happenings:
    """Lets something happen in a workspace, always in the same way with the same seed.

    | kind | what happens |
    | --- | --- |
    | create, import | a record is created, or several in one millisecond |
    | delete, merge | a record is deleted with its entries, or two become a new one |
    | create_entry, delete_entry | a record is added to a list, or taken from it |
    | move, choose, write | a status, a select, or a value of another type is replaced by another |
    | add_value, take_away | of several values at a time one is added before the others, or one ends |
    | clear | all current values end |
    | rewrite_past | the past is replaced by another one; the current values stay |
    | backdate | the history is replaced by one value that is said to have begun long ago |
    | rename_choice, archive_choice | a status or an option has another title, or is archived or back |
    | change_member | a member has another level of access |

    Args:
        workspace: where it happens, at the clock's now.
        seed: same seed, same workspace: the same happenings.
        sources: to which attributes it happens, each written `object.attribute` or `lists/list.attribute`.
    """

    def __init__(self, workspace: Workspace, *, seed: int = 0, sources: Sequence[str] = TRACKED) -> None:
        self.workspace = workspace
        self.random = random.Random(f"happenings {seed}")
        self.draws = Draws(workspace, self.random, first=1_000_000 * (1 + seed))
        self.sources = [source_of(workspace, one) for one in sources]
        self._by_kind: dict[Kind, Callable[[], Happening | None]] = {
            "create": self._create,
            "import": self._import,
            "delete": lambda: self._delete(is_list=False),
            "merge": self._merge,
            "create_entry": self._create_entry,
            "delete_entry": lambda: self._delete(is_list=True),
            "move": lambda: self._replace("move", lambda one: one.type == "status"),
            "choose": lambda: self._replace("choose", lambda one: one.type == "select"),
            "write": lambda: self._replace("write", lambda one: one.type not in ("status", "select")),
            "add_value": self._add_value,
            "take_away": self._take_away,
            "clear": self._clear,
            "rewrite_past": self._rewrite_past,
            "backdate": self._backdate,
            "rename_choice": self._rename_choice,
            "archive_choice": self._archive_choice,
            "change_member": self._change_member,
        }

    def happen(self, kind: Kind | None = None) -> Happening | None:
        """Let one thing happen, of a kind or of any; `None` where nothing of that kind can."""
        with self.workspace.lock:
            return self._by_kind[kind or self.draws.pick(KINDS)]()

    def happen_all(self) -> list[Happening]:
        """Let one thing of each kind happen, and tell what did."""
        return [one for one in map(self.happen, KINDS) if one is not None]

    def _collection(self, *, is_list: bool) -> Collection | None:
        several = [one.collection for one in self.sources if one.collection.is_list is is_list]
        return self.draws.pick(several) if several else None

    def _row(self, collection: Collection | None) -> Record | None:
        return collection.records[self.draws.pick(collection.ids)] if collection is not None and collection.ids else None

    def _held(self, suits: Callable[[Attribute], bool], *, least: int = 1) -> Held | None:
        """Find a record with at least so many current values of an attribute that suits."""
        several = [one for one in self.sources if suits(one.attribute)]
        for _ in range(TRIES if several else 0):
            source: Source = self.draws.pick(several)
            row = self._row(source.collection)
            values = [] if row is None else active_values(row, source.attribute)
            if row is not None and len(values) >= least:
                return Held(row, source.attribute, values)
        return None

    def _drawn(self, collection: Collection) -> dict[str, Any]:
        """Draw values for the attributes of a new row."""
        now = self.workspace.clock.nanoseconds()
        drawn = {
            one.attribute.slug: self.draws.value(one.attribute, now)
            for one in self.sources
            if one.collection is collection and one.attribute.is_writable
        }
        return {slug: data for slug, data in drawn.items() if data is not None}

    def _create(self) -> Happening | None:
        collection = self._collection(is_list=False)
        if collection is None:
            return None
        actor, values = self.draws.actor(), self._drawn(collection)
        return Happening("create", self.workspace.create_record(collection.slug, actor=actor, values=values))

    def _import(self) -> Happening | None:
        collection = self._collection(is_list=False)
        return (
            None if collection is None else Happening("import", self.workspace.import_records(collection.slug, IMPORTED)[0])
        )

    def _delete(self, *, is_list: bool) -> Happening | None:
        row = self._row(self._collection(is_list=is_list))
        if row is None:
            return None
        self.workspace.delete_record(row.id)
        return Happening("delete_entry" if is_list else "delete", row.id)

    def _merge(self) -> Happening | None:
        collection = self._collection(is_list=False)
        if collection is None or len(collection.ids) <= 1:
            return None
        first, second = self.random.sample(collection.ids, 2)
        return Happening("merge", self.workspace.merge_records(first, second))

    def _create_entry(self) -> Happening | None:
        collection = self._collection(is_list=True)
        parent = None if collection is None else self._row(self.workspace.find(collection.parent_object or ""))
        if collection is None or parent is None:
            return None
        values = self._drawn(collection)
        entry_id = self.workspace.create_entry(collection.slug, parent.id, actor=self.draws.actor(), values=values)
        return Happening("create_entry", entry_id)

    def _set(self, kind: Kind, held: Held, data: Sequence[Any]) -> Happening:
        self.workspace.set_values(held.row, held.attribute, data, actor=self.draws.actor())
        return Happening(kind, held.row.id, held.attribute.slug)

    def _another(self, held: Held) -> Any:
        now = self.workspace.clock.nanoseconds()
        return self.draws.another(held.attribute, [one.data for one in held.values], now)

    def _replace(self, kind: Kind, suits: Callable[[Attribute], bool]) -> Happening | None:
        held = self._held(lambda one: suits(one) and not one.is_multiselect, least=0)
        other = None if held is None else self._another(held)
        return None if held is None or other is None else self._set(kind, held, [other])

    def _add_value(self) -> Happening | None:
        for _ in range(TRIES):
            held = self._held(lambda one: one.is_multiselect, least=0)
            other = None if held is None else self._another(held)
            if held is not None and other is not None:
                return self._set("add_value", held, [other, *(one.data for one in held.values)])
        return None

    def _take_away(self) -> Happening | None:
        held = self._held(lambda one: one.is_multiselect)
        if held is None:
            return None
        gone = self.draws.pick(held.values)
        return self._set("take_away", held, [one.data for one in held.values if one is not gone])

    def _clear(self) -> Happening | None:
        held = self._held(lambda _: True)
        return None if held is None else self._set("clear", held, [])

    def _rewrite_past(self) -> Happening | None:
        held = self._held(lambda _: True)
        past = None if held is None else self._another(held)
        if held is None or past is None:
            return None
        row, attribute, values = held
        began = min(one.active_from for one in all_values(row, attribute))
        until = min(one.active_from for one in values)
        since = began - (1 + int(self.random.random() * 30)) * DAY
        now = [(one.data, one.active_from, None) for one in values]
        self.workspace.write_history(row, attribute, [(past, since, until), *now], actor=values[0].actor)
        return Happening("rewrite_past", row.id, attribute.slug)

    def _backdate(self) -> Happening | None:
        held = self._held(lambda _: True)
        other = None if held is None else self._another(held)
        if held is None or other is None:
            return None
        since = held.row.created - int(self.random.random() * 30 * DAY) // SECOND * SECOND
        self.workspace.write_history(held.row, held.attribute, [(other, since, None)], actor=self.draws.actor())
        return Happening("backdate", held.row.id, held.attribute.slug)

    def _choosable(self) -> Attribute | None:
        several = [one.attribute for one in self.sources if one.attribute.type in ("status", "select")]
        return self.draws.pick(several) if several else None

    def _rename_choice(self) -> Happening | None:
        attribute = self._choosable()
        if attribute is None:
            return None
        choice = self.draws.pick([*attribute.statuses, *attribute.options])
        self.workspace.rename(choice, f"Choice {self.draws.number()}")
        return Happening("rename_choice", attribute=attribute.slug)

    def _archive_choice(self) -> Happening | None:
        attribute = self._choosable()
        if attribute is None:
            return None
        choices = [*attribute.statuses, *attribute.options]
        # Two are left to move between.
        is_spare = sum(not one.is_archived for one in choices) > 2  # noqa: PLR2004 - two
        several = [one for one in choices if one.is_archived or is_spare]
        if not several:
            return None
        choice = self.draws.pick(several)
        choice.is_archived = not choice.is_archived
        return Happening("archive_choice", attribute=attribute.slug)

    def _change_member(self) -> Happening | None:
        member = self.draws.pick(self.workspace.members)
        level = {"admin": "member", "member": "suspended", "suspended": "admin"}[member.access_level]
        self.workspace.change_member(member.id, access_level=level)
        return Happening("change_member")


def source_of(workspace: Workspace, written: str) -> Source:
    """Find an attribute written as `object.attribute` or `lists/list.attribute`.

    Raises:
        KeyError: there is none.
    """
    slug, _, name = written.rpartition(".")
    collection = workspace.list(slug.removeprefix("lists/")) if slug.startswith("lists/") else workspace.object(slug)
    attribute = collection.attribute(name)
    if attribute is None:
        raise KeyError(written)
    return Source(collection, attribute)
