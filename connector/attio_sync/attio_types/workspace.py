"""What a workspace is made of, and the token itself."""

from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field

from attio_sync.attio_types.timestamps import AttioTimestamp


class _AttioModel(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


def _within_id(name: str, *, default: Any = ...) -> Any:
    """A part of what Attio calls the `id` of something, which says where that belongs too."""
    return Field(default, validation_alias=AliasPath("id", name))


MEMBERS_SCOPE = "user_management:read"
"""Giving a token this scope is the consent to names and e-mail addresses in the warehouse."""


class AttioObject(_AttioModel):
    """An object of the workspace, such as people, companies or a custom one. https://docs.attio.com/docs/objects-and-lists."""

    object_id: str = _within_id("object_id")
    api_slug: str | None
    singular_noun: str | None = None
    plural_noun: str | None = None
    created_at: AttioTimestamp | None = None


class AttioList(_AttioModel):
    """A list, which holds entries about records of an object. https://docs.attio.com/docs/objects-and-lists."""

    list_id: str = _within_id("list_id")
    api_slug: str | None
    name: str | None = None
    parent_object: list[str] | None = None
    created_at: AttioTimestamp | None = None


class AttioAttribute(_AttioModel):
    """An attribute of an object or a list. https://docs.attio.com/docs/attribute-types."""

    attribute_id: str = _within_id("attribute_id")
    api_slug: str
    title: str
    type: str
    description: str | None = None
    is_multiselect: bool = False
    is_required: bool | None = None
    is_unique: bool | None = None
    is_archived: bool = False
    created_at: AttioTimestamp | None = None


class AttioOption(_AttioModel):
    """An option that a select can have, archived ones included.

    https://docs.attio.com/rest-api/endpoint-reference/attributes/list-select-options.
    """

    option_id: str = _within_id("option_id")
    title: str
    is_archived: bool


class AttioStatus(_AttioModel):
    """A status that an attribute can have, archived ones included.

    https://docs.attio.com/rest-api/endpoint-reference/attributes/list-statuses.
    """

    status_id: str = _within_id("status_id")
    attribute_id: str = _within_id("attribute_id", default="")
    title: str
    is_archived: bool
    celebration_enabled: bool | None = None
    target_time_in_status: str | None = None
    """ISO 8601 duration."""


class AttioWorkspaceMember(_AttioModel):
    """A member of the workspace. https://docs.attio.com/rest-api/endpoint-reference/workspace-members."""

    workspace_member_id: str = _within_id("workspace_member_id")
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    access_level: str | None = None


class TokenIdentity(_AttioModel):
    """Which workspace a token is for and what it may do. https://docs.attio.com/rest-api/endpoint-reference/meta/identify.

    An unknown or revoked token is answered with `active` false and nothing else.
    """

    active: bool
    scope: str = ""
    """Space-separated."""
    workspace_id: str | None = None
    workspace_name: str | None = None
    workspace_slug: str | None = None
    token_level: str | None = None
    """`workspace`, or whose token it is: one of a member sees what that member may see."""

    @property
    def sees_everything(self) -> bool:
        """Whether it is a token of the workspace, as those are that do not say."""
        return self.token_level in (None, "workspace")

    def has_scope(self, scope: str) -> bool:
        """Whether the token may do this; `…:read-write` includes `…:read`."""
        return not {scope, f"{scope}-write"}.isdisjoint(self.scope.split())
