"""Pure: what is tracked, as the setting `history` says, and what Attio says of it."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from attio_sync.attribute_types import STATUS, AttributeType
from attio_sync.parents import LISTS, Parent, parse_parent
from attio_sync.tables import warehouse_name

_TABLE = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)

MOST_SOURCES = 64
"""What is remembered of so many fits into 4 MB of state."""

EVERYTHING = "*"
"""Stands in the setting for every status attribute that the token can see."""


@dataclass(frozen=True, slots=True)
class Source:
    """One attribute whose history is synced, and the table it goes to: `parent.attribute=table`."""

    parent: Parent
    attribute: str
    table: str
    type: AttributeType = STATUS
    is_multiple: bool = False
    attribute_id: str = field(default="", compare=False)
    """Which attribute has this name now; empty where nothing was asked."""

    @property
    def name(self) -> str:
        """What is tracked, without its table."""
        return f"{self.parent}.{self.attribute}"

    @property
    def kind(self) -> str:
        """What its values are, as the state remembers it: `status`, `select*` where there can be several at a time."""
        return f"{self.type.name}{'*' if self.is_multiple else ''}"

    def __str__(self) -> str:
        """As it is written in the setting."""
        return f"{self.name}={self.table}"

    def __hash__(self) -> int:
        """No two that are tracked have one table, and sources are looked up for every record."""
        return hash(self.table)


@dataclass(frozen=True, slots=True)
class Tracked:
    """What the setting `history` names, and whether it asks for every status attribute besides."""

    named: tuple[Source, ...]
    everything: bool = False

    def __str__(self) -> str:
        """As it is written in the setting."""
        return ",".join([*map(str, self.named), *([EVERYTHING] if self.everything else [])])


FIRST = Source(Parent("objects", "applications"), "workflow_status", "attio_workflow_status")
"""What is tracked where nothing is said. That it is a status need not be asked."""


def table_for(parent: Parent, attribute: str) -> str:
    """The table of a source for which none is named: `attio_deals_stage`."""
    if (parent, attribute) == (FIRST.parent, FIRST.attribute):
        return FIRST.table
    return _table_name(f"attio_{parent.slug}_{attribute}")


def _table_name(name: str) -> str:
    """As Fivetran leaves it, also with `_history` behind it."""
    return warehouse_name(name).rstrip("_")


def parse_tracked(text: object, reserved: Collection[str]) -> object:
    """The setting's text; what is no text is left to the caller's validation.

    Raises:
        ValueError: it says what is wrong with the text.
    """
    if not isinstance(text, str):
        return text
    parts = [part for p in text.split(",") if (part := p.strip())]
    tracked = Tracked(tuple(_parse_source(p) for p in parts if p != EVERYTHING), EVERYTHING in parts)
    if not parts:
        message = "name at least one attribute, such as applications.workflow_status, or * for every status"
        raise ValueError(message)
    check_distinct(tracked.named, reserved)
    return tracked


def _parse_source(part: str) -> Source:
    name, is_table_named, table = (p.strip() for p in part.partition("="))
    place, _, attribute = (p.strip() for p in name.partition("."))
    parent = parse_parent(place)
    # A name becomes a segment of a path, which must be no dot segment.
    is_name = parent.slug and attribute and not {parent.slug, attribute} & {".", ".."}
    if (
        not is_name
        or bool(is_table_named) != bool(table)
        or "/" in f"{parent.slug}{attribute}{table}"
        or not part.isprintable()
    ):
        message = (
            f"{part!r} is not object.attribute or {LISTS}list.attribute, with =table behind it if need be, as in "
            f"{FIRST}, deals.stage or lists/hiring.stage"
        )
        raise ValueError(message)
    if table and _TABLE.fullmatch(table) is None:
        message = f"{table!r} is no table name: use small letters, digits and underscores, a letter first"
        raise ValueError(message)
    if table != (called := _table_name(table)):
        message = f"Fivetran would call the table {table!r} {called!r}: write that"
        raise ValueError(message)
    return Source(parent, attribute, table or table_for(parent, attribute))


def check_distinct(sources: Sequence[Source], reserved: Collection[str]) -> None:
    """That each source has tables of its own, and none that is `reserved` for something else.

    Raises:
        ValueError: it says which do not.
    """
    if len(sources) > MOST_SOURCES:
        message = f"names {len(sources)} histories; more than {MOST_SOURCES} need a second connection"
        raise ValueError(message)
    # The rows of records that cannot be read would share a key.
    for source, times in Counter(s.name for s in sources).items():
        if times > 1:
            message = f"{source} is named twice: one table for each attribute"
            raise ValueError(message)
    tables = Counter(name for s in sources for name in tables_of(s))
    for source in sources:
        for name in tables_of(source):
            if name in reserved:
                message = f"the table {name} is there already and holds something else: name another one for {source.name}"
                raise ValueError(message)
            if tables[name] > 1:
                message = f"two tables would be called {name}: name a different one for each, as in {source.name}=another"
                raise ValueError(message)


def tables_of(source: Source) -> tuple[str, str]:
    """The names of its two tables."""
    return source.table, f"{source.table}_history"
