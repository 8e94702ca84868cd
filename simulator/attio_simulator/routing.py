"""From a request to the endpoint that answers it, and what an endpoint is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .errors import ApiError, bad_request, invalid_body, merge_in_progress, not_found
from .listing import whole_number
from .shapes import as_object

if TYPE_CHECKING:
    import builtins
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

    from .behaviour import Behaviour
    from .limits import Limits
    from .requests import Request
    from .schema import Attribute, Collection, Record
    from .shapes import Json
    from .tokens import Token
    from .writes import Workspace


@dataclass(slots=True)
class Call:
    """One request that has passed every check, on its way to an endpoint."""

    workspace: Workspace
    behaviour: Behaviour
    limits: Limits
    request: Request
    parts: dict[str, str]
    token: Token | None
    number: int
    now: int
    status: int = 200
    headers: builtins.list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def object(self) -> Collection:
        """Find the object of the path, or answer 404."""
        slug = self.parts["object"]
        found = self.workspace.find(slug)
        if found is None:
            raise not_found(message=f'Object with slug/ID "{slug}" not found.')
        return found

    def list(self) -> Collection:
        """Find the list of the path, or answer 404."""
        slug = self.parts["list"]
        found = self.workspace.find(slug, is_list=True)
        if found is None or not self.sees(found):
            raise not_found(message=f'List with slug/ID "{slug}" not found.')
        return found

    def target(self) -> Collection:
        """Find the object or list of a path that can be about either, or answer 404."""
        key = {"objects": "object", "lists": "list"}[self.parts["target"]]
        self.parts[key] = self.parts["identifier"]
        return self.object() if key == "object" else self.list()

    def attribute(self, collection: Collection) -> Attribute:
        """Find the attribute of the path, or answer 404."""
        slug = self.parts["attribute"]
        found = collection.attribute(slug)
        if found is None:
            raise not_found(message=f'Attribute with slug/ID "{slug}" not found.')
        return found

    def row(self) -> Record:
        """Find the record or the entry of the path, or answer 404."""
        is_entry = "entry_id" in self.parts
        collection = self.list() if is_entry else self.object()
        row_id = self.parts["entry_id" if is_entry else "record_id"]
        return self.row_of(collection, row_id)

    def row_of(self, collection: Collection, row_id: str) -> Record:
        """Find a record or an entry by id, or answer 404."""
        found = collection.records.get(row_id)
        is_out_of_sight = row_id in self.hidden or row_id in self.behaviour.unreadable
        if found is None or is_out_of_sight:
            if self.workspace.is_merging(row_id) and not is_out_of_sight:
                raise merge_in_progress(row_id)
            noun = "Entry" if collection.is_list else "Record"
            raise not_found(message=f'{noun} with ID "{row_id}" not found.')
        return found

    @property
    def hidden(self) -> AbstractSet[str]:
        """The records and entries that the token does not see."""
        return frozenset() if self.token is None else self.token.hidden

    def sees(self, collection: Collection) -> bool:
        """Tell whether the token sees an object or a list."""
        return self.token is None or self.token.sees(collection)

    def data(self) -> Json:
        """Read the `data` of the body, which must be an object, or answer 400."""
        found = as_object(self.request.json().get("data"))
        if found is None:
            raise invalid_body(["data"], "Expected object")
        return found

    def part(self, name: str) -> Json:
        """Read an object inside the `data` of the body, or answer 400."""
        found = as_object(self.data().get(name))
        if found is None:
            raise invalid_body(["data", name], "Expected object")
        return found

    def flag(self, name: str) -> bool:
        """Read a boolean of the query string; it defaults to false."""
        given = self.request.parameters().get(name, "false")
        if given not in ("true", "false"):
            raise bad_request(code="validation_type", message=f'Expected boolean for "{name}", received "{given}".')
        return given == "true"

    def paging(self, default: int | None, maximum: int | None) -> slice:
        """Read `limit` and `offset` of the query string."""
        numbers: dict[str, int | None] = {}
        parameters = self.request.parameters()
        for name in ("limit", "offset"):
            given = parameters.get(name)
            try:
                numbers[name] = None if given is None else whole_number(float(given), name, 0)
            except (ValueError, OverflowError):
                raise bad_request(
                    code="validation_type", message=f'Expected integer for "{name}", received "{given}".'
                ) from None
        limit = default if numbers["limit"] is None else numbers["limit"]
        if maximum is not None:
            limit = maximum if limit is None else min(limit, maximum)
        offset = numbers["offset"] or 0
        return slice(offset, None if limit is None else offset + limit)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: how its requests look, what they need, and who answers them."""

    kind: str
    method: str
    pattern: tuple[str, ...]
    handler: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    is_write: bool = False

    def scopes_for(self, parts: dict[str, str]) -> list[str]:
        """Give the scopes that a request needs; a path can be about the attributes of an object or of a list."""
        name = "list_configuration" if parts.get("target") == "lists" else "object_configuration"
        return [scope.replace("{target}_configuration", name) for scope in self.scopes]


def endpoint(kind: str, route: str, handler: Callable[[Call], Json], scopes: str = "", **more: Any) -> Endpoint:
    """Declare an endpoint: `route` is its method and path, `scopes` are separated by spaces."""
    method, _, path = route.partition(" ")
    return Endpoint(kind, method, tuple(path.strip("/").split("/")), handler, tuple(scopes.split()), **more)


class Router:
    """Finds the endpoint of a request."""

    def __init__(self, endpoints: tuple[Endpoint, ...]) -> None:
        self._by_shape: dict[tuple[str, int], list[Endpoint]] = {}
        for one in endpoints:
            self._by_shape.setdefault((one.method, len(one.pattern)), []).append(one)

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """Find the endpoint and the named parts of the path, each percent-decoded after splitting."""
        segments = path.strip("/").split("/")
        for one in self._by_shape.get((method, len(segments)), ()):
            parts: dict[str, str] = {}
            for wanted, given in zip(one.pattern, segments, strict=True):
                if wanted[0] == "{":
                    parts[wanted[1:-1]] = unquote(given) if "%" in given else given
                elif wanted != given:
                    break
            else:
                if parts.get("target", "objects") in ("objects", "lists"):
                    return one, parts
        return None


def unknown_endpoint(request: Request) -> ApiError:
    """404 for a path or a method that Attio does not have."""
    return not_found(message=f'Could not find endpoint "{request.method} {request.path}".')
