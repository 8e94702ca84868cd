"""What an OCEL 2.0 log in JSON must look like: https://www.ocel-standard.org/specification/formats/json/.

The published schema (https://www.ocel-standard.org/2.0/ocel20-schema-json.json), with nothing allowed beside what it names.
"""

from typing import Any

TEXT = {"type": "string"}
TIME = {"type": "string", "format": "date-time"}


def listed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """A list of objects with these fields and no others."""
    properties = required | (optional or {})
    item = {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}
    return {"type": "array", "items": item}


TYPES = listed({"name": TEXT, "attributes": listed({"name": TEXT, "type": {"enum": ["string", "time"]}})})
RELATIONSHIPS = listed({"objectId": TEXT, "qualifier": TEXT})

SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "eventTypes": TYPES,
        "objectTypes": TYPES,
        "events": listed(
            {"id": TEXT, "type": TEXT, "time": TIME},
            {"attributes": listed({"name": TEXT, "value": TEXT}), "relationships": RELATIONSHIPS},
        ),
        "objects": listed(
            {"id": TEXT, "type": TEXT},
            {"attributes": listed({"name": TEXT, "value": TEXT, "time": TIME}), "relationships": RELATIONSHIPS},
        ),
    },
    "required": ["eventTypes", "objectTypes", "events", "objects"],
    "additionalProperties": False,
}
