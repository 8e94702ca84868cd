"""Pure: what is tracked, and the tables it goes to, as the setting `history` says."""

import re
from collections import Counter
from dataclasses import dataclass

_TABLE = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)

MOST_HISTORIES = 100
"""What is remembered of so many fits into 4 MB of state."""

RESERVED_TABLES = ("attio_status", "attio_workspace_member", "attio_sync_error")
"""Tables that every connection has, whatever it tracks."""


@dataclass(frozen=True, slots=True)
class TrackedHistory:
    """One attribute whose history is synced, and the table it goes to: `parent.attribute=table`."""

    parent: str
    attribute: str
    table: str

    def __str__(self) -> str:
        """As it is written in the setting."""
        return f"{self.parent}.{self.attribute}={self.table}"


def parse_histories(text: object) -> object:
    """The setting's text as histories; what is no text is left to the caller's validation.

    Raises:
        ValueError: it says what is wrong with the text.
    """
    if not isinstance(text, str):
        return text
    histories: list[TrackedHistory] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        source, _, table = (p.strip() for p in part.partition("="))
        parent, _, attribute = (p.strip() for p in source.partition("."))
        # A name becomes a segment of a path, which must be no dot segment.
        if not (parent and attribute and table) or attribute in {".", ".."} or "/" in part or not part.isprintable():
            message = f"{part!r} is not parent.attribute=table, as in applications.workflow_status=attio_workflow_status"
            raise ValueError(message)
        if _TABLE.fullmatch(table) is None:
            message = f"{table!r} is no table name: use small letters, digits and underscores"
            raise ValueError(message)
        histories.append(TrackedHistory(parent, attribute, table))
    _check_distinct(histories)
    return tuple(histories)


def _check_distinct(histories: list[TrackedHistory]) -> None:
    names = [name for h in histories for name in (h.table, f"{h.table}_history")]
    if not histories or len(set(names)) != len(names):
        message = "name at least one history, and a different table for each"
        raise ValueError(message)
    if len(histories) > MOST_HISTORIES:
        message = f"names {len(histories)} histories; more than {MOST_HISTORIES} need a second connection"
        raise ValueError(message)
    for name in set(names) & set(RESERVED_TABLES):
        message = f"the table {name} is there already and holds something else: choose another name"
        raise ValueError(message)
    # The rows of records that cannot be read would share a key.
    sources = Counter(f"{h.parent}.{h.attribute}" for h in histories)
    for source in [source for source, times in sources.items() if times > 1]:
        message = f"{source} is named twice: one table for each attribute"
        raise ValueError(message)
