"""Delivers the small tables beside the histories: what the rows in those mean."""

import logging
from collections.abc import Sequence
from typing import Any

from attio_sync.attio_types import TokenIdentity
from attio_sync.delivery import Delivery
from attio_sync.errors import AttioSyncError, ForbiddenError, GaveUpError, UnauthorizedError
from attio_sync.parents import LISTS as LISTS_PREFIX
from attio_sync.parents import parse_parent
from attio_sync.reader import Reader
from attio_sync.small_tables import LISTS, OBJECTS, Definition, Place, definitions_for
from attio_sync.sources import Source

log = logging.getLogger(__name__)


def deliver_definitions(
    delivery: Delivery, reader: Reader, sources: Sequence[Source], identity: TokenIdentity, *, daily: bool
) -> dict[str, AttioSyncError]:
    """Every small table that is due. Returns the sources whose statuses or options cannot be read, by name."""
    failures: dict[str, AttioSyncError] = {}
    parents: list[Place] = []
    for definition in definitions_for(sources, definitions=delivery.wants_definitions):
        if (definition.daily and not daily) or not (definition.scope is None or identity.has_scope(definition.scope)):
            continue
        for place in _places(definition, sources, parents):
            try:
                items = reader.definitions(definition, place)
            except (GaveUpError, UnauthorizedError):
                raise
            except AttioSyncError as error:
                if isinstance(error, ForbiddenError) and definition.of in {"workspace", "parent"}:
                    log.info("%s is left as it is: %s", definition.table, error)
                else:
                    failures[str(place)] = error
                continue
            delivery.write_definitions(definition, place, items)
            if definition in (OBJECTS, LISTS):
                prefix = LISTS_PREFIX if definition is LISTS else ""
                parents += [Place(parse_parent(f"{prefix}{i.api_slug}")) for i in items if i.api_slug]
    return failures


def _places(definition: Definition[Any], sources: Sequence[Source], parents: Sequence[Place]) -> list[Place]:
    match definition.of:
        case "workspace":
            return [Place()]
        case "parent":
            return list(parents)
        case kind:
            return [Place(s.parent, s.attribute) for s in sources if s.type.definition == kind]
