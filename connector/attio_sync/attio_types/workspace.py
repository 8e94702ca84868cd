"""Objects, attributes, statuses and the token itself, as far as the setup tests and messages need them."""

from pydantic import BaseModel, ConfigDict


class _AttioModel(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


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


class AttioStatus(_AttioModel):
    """A status that an attribute can have, archived ones included."""

    title: str
    is_archived: bool


class TokenIdentity(_AttioModel):
    """Which workspace a token is for and what it may do. https://docs.attio.com/rest-api/endpoint-reference/meta/identify.

    An unknown or revoked token is answered with `active` false and nothing else.
    """

    active: bool
    scope: str = ""
    """Space-separated."""
    token_level: str | None = None
    """`workspace`, or the level of one member."""
    workspace_id: str | None = None
    workspace_name: str | None = None
    workspace_slug: str | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes one by one."""
        return frozenset(self.scope.split())

    @property
    def sees_everything(self) -> bool:
        """Whether the token is the workspace's own; one without a level is from before there were any."""
        return self.token_level in (None, "workspace")
