"""Objects, attributes, statuses and the token itself, as far as the setup tests and messages need them."""

from pydantic import BaseModel, ConfigDict


class _AttioModel(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


SCOPES = ("record_permission:read", "object_configuration:read")
"""What reading records and their configuration takes."""

MEMBERS_SCOPE = "user_management:read"
"""Giving a token this scope is the consent to names and e-mail addresses in the warehouse."""


class AttioObject(_AttioModel):
    """An object of the workspace, such as people, companies or a custom one. https://docs.attio.com/docs/objects-and-lists."""

    api_slug: str | None
    singular_noun: str | None = None
    plural_noun: str | None = None


class AttioAttribute(_AttioModel):
    """An attribute of an object. https://docs.attio.com/docs/attribute-types."""

    api_slug: str
    title: str
    type: str


class AttioStatusId(_AttioModel):
    """Which status it is."""

    status_id: str


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
