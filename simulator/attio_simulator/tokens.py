"""Tokens: what each may do, for whom it acts, and what it does not see.

See https://docs.attio.com/rest-api/guides/authentication.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .schema import Collection

TokenLevel = Literal["workspace", "user"]

ALL_SCOPES = frozenset(
    {
        "record_permission:read-write",
        "object_configuration:read-write",
        "list_entry:read-write",
        "list_configuration:read-write",
        "user_management:read",
    }
)
# Attio's tokens have 64 characters. What it takes for one at all is not known; names such as `wrong` it does not.
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{16,}")
DEFAULT_TOKEN = "simulated-attio-token"  # noqa: S105 - opens nothing but the simulator


@dataclass(slots=True)
class Token:
    """One token; all of it can be changed at any time, also that a token of the workspace loses sight of a record.

    Attributes:
        text: the token itself.
        scopes: what it may do; `read-write` includes `read`.
        level: for whom it acts: the whole `workspace`, or one `user`.
        member_id: the member who made it, and for whom one of the level `user` acts; by default the first member.
        hidden: ids of records and entries that it does not see: no query lists them, and by id they are not found.
    """

    text: str
    scopes: frozenset[str] = ALL_SCOPES
    level: TokenLevel = "workspace"
    member_id: str | None = None
    hidden: set[str] = field(default_factory=set[str])

    def lacks(self, scopes: Iterable[str]) -> list[str]:
        """Give those scopes that it does not have."""
        return [one for one in scopes if one not in self.scopes and f"{one}-write" not in self.scopes]

    def sees(self, collection: Collection) -> bool:
        """Tell whether it sees an object or a list: a private list is for the members it was given to."""
        if self.level == "workspace" or collection.workspace_access is not None:
            return True
        return self.member_id in collection.member_access


def token_of(header: str | None) -> str:
    """Read the token of an `Authorization` header, an empty one where there is none; Basic has it as user name."""
    kind, _, credentials = (header or "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except ValueError:
            return ""
    return credentials.strip() if kind.lower() == "bearer" else ""
