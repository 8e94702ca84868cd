"""What a workspace is made of, and the token itself."""

from pydantic import BaseModel, ConfigDict

from attio_sync.attio_types.timestamps import AttioTimestamp


class _AttioModel(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


MEMBERS_SCOPE = "user_management:read"
"""Giving a token this scope is the consent to names and e-mail addresses in the warehouse."""


class AttioObjectId(_AttioModel):
    """Which object it is."""

    object_id: str


class AttioObject(_AttioModel):
    """An object of the workspace, such as people, companies or a custom one. https://docs.attio.com/docs/objects-and-lists."""

    id: AttioObjectId
    api_slug: str | None
    singular_noun: str | None = None
    plural_noun: str | None = None
    created_at: AttioTimestamp | None = None


class AttioListId(_AttioModel):
    """Which list it is."""

    list_id: str


class AttioList(_AttioModel):
    """A list, which holds entries about records of an object. https://docs.attio.com/docs/objects-and-lists."""

    id: AttioListId
    api_slug: str | None
    name: str | None = None
    parent_object: list[str] | None = None
    created_at: AttioTimestamp | None = None


class AttioAttributeId(_AttioModel):
    """Which attribute it is."""

    attribute_id: str


class AttioAttribute(_AttioModel):
    """An attribute of an object or a list. https://docs.attio.com/docs/attribute-types."""

    id: AttioAttributeId
    api_slug: str
    title: str
    type: str
    description: str | None = None
    is_multiselect: bool = False
    is_required: bool | None = None
    is_unique: bool | None = None
    is_archived: bool = False
    created_at: AttioTimestamp | None = None


class AttioOptionId(_AttioModel):
    """Which option it is."""

    option_id: str


class AttioOption(_AttioModel):
    """An option that a select can have, archived ones included.

    https://docs.attio.com/rest-api/endpoint-reference/attributes/list-select-options.
    """

    id: AttioOptionId
    title: str
    is_archived: bool


class AttioStatusId(_AttioModel):
    """Which status it is, and of which attribute."""

    status_id: str
    attribute_id: str = ""


class AttioStatus(_AttioModel):
    """A status that an attribute can have, archived ones included.

    https://docs.attio.com/rest-api/endpoint-reference/attributes/list-statuses.
    """

    id: AttioStatusId
    title: str
    is_archived: bool
    celebration_enabled: bool | None = None
    target_time_in_status: str | None = None
    """ISO 8601 duration."""


class AttioWorkspaceMemberId(_AttioModel):
    """Which member it is."""

    workspace_member_id: str


class AttioWorkspaceMember(_AttioModel):
    """A member of the workspace. https://docs.attio.com/rest-api/endpoint-reference/workspace-members."""

    id: AttioWorkspaceMemberId
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
        return bool(self.scopes & {scope, f"{scope}-write"})

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes one by one."""
        return frozenset(self.scope.split())
