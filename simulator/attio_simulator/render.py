"""What the endpoints return, as JSON objects with the keys in the order of the live API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from .clock import SECOND, timestamp
from .schema import SYSTEM, Value, active_values
from .values import ValueWriter, actor_json

if TYPE_CHECKING:
    from .schema import Attribute, Collection, Member, Record, View
    from .shapes import Json
    from .store import Store
    from .tokens import Token


class RecordWriter:
    """Writes the records (or entries) of one collection: every attribute is present, an empty one as `[]`."""

    def __init__(self, store: Store, collection: Collection, as_of: int | None = None) -> None:
        self.store = store
        self.collection = collection
        self.as_of = as_of
        self.writers = [
            (attribute, ValueWriter(store.id, collection, attribute))
            for attribute in collection.attributes
            if not attribute.is_archived
        ]
        self.web = f"https://app.attio.com/{store.slug}/{_web_path(collection)}/"

    def write(self, record: Record) -> Json:
        """Write one record or entry with its active values, or those that were active as of then."""
        values: dict[str, list[Json]] = {
            attribute.slug: [writer.write(value) for value in active_values(record, attribute, self.as_of)]
            if attribute.is_billed
            else []
            for attribute, writer in self.writers
        }
        collection = self.collection
        if record.parent is not None:
            return {
                "id": {"workspace_id": self.store.id, "list_id": collection.id, "entry_id": record.id},
                "parent_record_id": record.parent.id,
                "parent_object": record.parent.collection.slug,
                "created_at": timestamp(record.created),
                "entry_values": values,
            }
        return {
            "id": {"workspace_id": self.store.id, "object_id": collection.id, "record_id": record.id},
            "created_at": timestamp(record.created),
            "web_url": f"{self.web}{record.id}",
            "values": values,
        }


def _web_path(collection: Collection) -> str:
    if collection.is_standard:
        return collection.singular.lower()
    return f"custom/{quote(collection.slug, safe='')}/record"


def object_json(store: Store, one: Collection) -> Json:
    """Write one object."""
    return {
        "id": {"workspace_id": store.id, "object_id": one.id},
        "api_slug": one.slug,
        "singular_noun": one.singular,
        "plural_noun": one.plural,
        "created_at": timestamp(one.created),
    }


def list_json(store: Store, one: Collection) -> Json:
    """Write one list."""
    return {
        "id": {"workspace_id": store.id, "list_id": one.id},
        "api_slug": one.slug,
        "name": one.plural,
        "parent_object": [one.parent_object],
        "workspace_access": one.workspace_access,
        "workspace_member_access": [
            {"workspace_member_id": member_id, "level": level} for member_id, level in one.member_access.items()
        ],
        "created_by_actor": actor_json(one.actor),
        "created_at": timestamp(one.created),
    }


def view_json(store: Store, collection: Collection, one: View) -> Json:
    """Write a saved view; what it filters by is not shown."""
    kind = "list_id" if collection.is_list else "object_id"
    return {
        "id": {"workspace_id": store.id, kind: collection.id, "view_id": one.id},
        "title": one.title,
        "created_at": timestamp(one.created),
    }


def attribute_json(store: Store, collection: Collection, one: Attribute) -> Json:
    """Write one attribute."""
    targets = [found.id for slug in one.targets if (found := store.find(slug)) is not None]
    return {
        "id": {"workspace_id": store.id, "object_id": collection.id, "attribute_id": one.id},
        "title": one.title,
        "description": one.description,
        "api_slug": one.slug,
        "type": one.type,
        "is_system_attribute": one.is_system,
        "is_writable": one.is_writable,
        "is_required": one.is_required,
        "is_unique": one.is_unique,
        "is_multiselect": one.is_multiselect,
        "is_default_value_enabled": one.default is not None,
        "is_archived": one.is_archived,
        "default_value": _default_json(store, collection, one),
        "relationship": _relationship_json(store, one),
        "created_at": timestamp(one.created),
        "config": {
            "currency": {
                "default_currency_code": one.default_currency,
                "display_type": "symbol" if one.default_currency else None,
            },
            "record_reference": {"allowed_object_ids": targets or None},
        },
    }


def _default_json(store: Store, collection: Collection, one: Attribute) -> Json | None:
    if one.default is None:
        return None
    if one.default.type == "dynamic":
        days = one.default.template
        return {"type": "dynamic", "template": f"P{days}D" if isinstance(days, int) else days}
    writer = ValueWriter(store.id, collection, one)
    template = [writer.write(Value(one.created, None, SYSTEM, data)) for data in one.default.template]
    # A template is a value that nobody has set yet.
    for shown in template:
        for name in ("active_from", "active_until", "created_by_actor"):
            del shown[name]
    return {"type": "static", "template": template}


def _relationship_json(store: Store, one: Attribute) -> Json | None:
    found = None if one.relationship is None else store.find(one.relationship[0])
    other = None if found is None or one.relationship is None else found.attribute(one.relationship[1])
    if found is None or other is None:
        return None
    return {
        "id": {"workspace_id": store.id, "object_id": found.id, "attribute_id": other.id},
        "object_slug": found.slug,
        "title": other.title,
        "api_slug": other.slug,
        "is_multiselect": other.is_multiselect,
    }


def statuses_json(store: Store, collection: Collection, attribute: Attribute, *, archived: bool) -> list[Json]:
    """Write the statuses of an attribute, in the order of the board."""
    ids = {"workspace_id": store.id, "object_id": collection.id, "attribute_id": attribute.id}
    return [
        {
            "id": {**ids, "status_id": one.id},
            "title": one.title,
            "is_archived": one.is_archived,
            "celebration_enabled": one.celebration_enabled,
            "target_time_in_status": one.target_time_in_status,
        }
        for one in attribute.statuses
        if archived or not one.is_archived
    ]


def options_json(store: Store, collection: Collection, attribute: Attribute, *, archived: bool) -> list[Json]:
    """Write the options of a select attribute."""
    writer = ValueWriter(store.id, collection, attribute)
    return [writer.option(one) for one in attribute.options if archived or not one.is_archived]


def member_json(store: Store, one: Member) -> Json:
    """Write one workspace member."""
    return {
        "id": {"workspace_id": store.id, "workspace_member_id": one.id},
        "first_name": one.first_name,
        "last_name": one.last_name,
        "avatar_url": one.avatar_url,
        "email_address": one.email_address,
        "access_level": one.access_level,
        "created_at": timestamp(one.created),
    }


def record_entry_json(entry: Record) -> Json:
    """Write an entry as the list of a record's entries shows it."""
    return {
        "list_id": entry.collection.id,
        "list_api_slug": entry.collection.slug,
        "entry_id": entry.id,
        "created_at": timestamp(entry.created),
    }


def self_json(store: Store, token: Token) -> dict[str, Any]:
    """Write who the token is; see https://docs.attio.com/rest-api/endpoint-reference/meta/identify."""
    return {
        "active": True,
        "scope": " ".join(sorted(token.scopes)),
        "client_id": store.client_id,
        "token_type": "Bearer",
        "exp": None,
        "iat": store.created // SECOND,
        "sub": store.id,
        "aud": store.client_id,
        "iss": "attio.com",
        "token_level": token.level,
        "workspace_id": store.id,
        "workspace_name": store.name,
        "workspace_slug": store.slug,
        "workspace_logo_url": None,
        "authorized_by_workspace_member_id": token.member_id or (store.members[0].id if store.members else store.client_id),
    }
