"""Pure: what attributes hang on, an object or a list, and all in which the two differ."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from attio_sync.errors import UnknownNameError

LISTS = "lists/"
"""What a list's name begins with in the setting `history`; an object's name stands alone."""


@dataclass(frozen=True, slots=True)
class Parent:
    """An object or a list of the workspace. https://docs.attio.com/docs/objects-and-lists."""

    kind: Literal["objects", "lists"]
    slug: str

    def __str__(self) -> str:
        """As it is written in the setting: `applications`, `lists/hiring`."""
        return self.slug if self.kind == "objects" else f"{LISTS}{self.slug}"

    @property
    def is_list(self) -> bool:
        """Whether what it holds are entries."""
        return self.kind == "lists"

    @property
    def noun(self) -> str:
        """What one of its items is called."""
        return "entry" if self.is_list else "record"

    @property
    def id_field(self) -> str:
        """What the id of an item is called, within its `id`."""
        return f"{self.noun}_id"

    @property
    def values_field(self) -> str:
        """Where an item has its values."""
        return "entry_values" if self.is_list else "values"

    @property
    def id_column(self) -> str:
        """What the id of an item is called in our tables."""
        return "application_id" if str(self) == "applications" else self.id_field

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a token needs to read its items. https://docs.attio.com/rest-api/guides/authentication#scopes."""
        return LIST_SCOPES if self.is_list else OBJECT_SCOPES

    @property
    def path(self) -> str:
        """Where it is, below the base URL."""
        return f"/v2/{self.kind}/{segment(self.slug)}"

    @property
    def items_path(self) -> str:
        """Where its records or entries are."""
        return f"{self.path}/{'entries' if self.is_list else 'records'}"


OBJECT_SCOPES = ("record_permission:read", "object_configuration:read")
LIST_CONFIGURATION = "list_configuration:read"
LIST_SCOPES = ("list_entry:read", LIST_CONFIGURATION)


def parse_parent(text: str) -> Parent:
    """`applications` is an object, `lists/hiring` a list."""
    if text.startswith(LISTS):
        return Parent("lists", text.removeprefix(LISTS))
    return Parent("objects", text)


def segment(text: str) -> str:
    """One segment of a path: no slug or id can reach outside its place.

    Raises:
        UnknownNameError: it is empty or a dot segment, which on its way is dropped or takes the one before it along.
    """
    if text in {"", ".", ".."}:
        message = f"{text!r} is no name of an object, a list, an attribute or a record"
        raise UnknownNameError(message)
    return quote(text, safe="")
