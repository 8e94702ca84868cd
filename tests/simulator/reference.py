"""What Attio's OpenAPI document and recordings of the live API say, where they lie beside the repository."""

from __future__ import annotations

import functools
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

REFERENCE = Path(__file__).parents[2].parent / "shared" / "attio"
needs_reference = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference data is not beside the repository")


@functools.cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / "openapi.json").read_text())
    return found


def nullable(schema: Any) -> Any:
    """Write what can be null as JSON Schema does: the document mixes the dialects of OpenAPI 3.0 and 3.1."""
    if isinstance(schema, list):
        return [nullable(one) for one in schema]  # pyright: ignore[reportUnknownVariableType] - any JSON
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {key: nullable(one) for key, one in schema.items()}  # pyright: ignore[reportUnknownVariableType]
    if changed.pop("nullable", False):
        changed["type"] = [changed["type"], "null"]
    if "enum" in changed and "null" in changed.get("type", ""):
        # The document's own example of a currency has null where its list of currencies has not.
        changed["enum"] = [*changed["enum"], None]
    return changed


@functools.cache
def validator(path: str, method: str, status: int) -> jsonschema.Draft202012Validator:
    response = document()["paths"][path][method]["responses"][str(status)]
    schema = deepcopy(response["content"]["application/json"]["schema"])
    schema["components"] = document()["components"]
    return jsonschema.Draft202012Validator(nullable(schema))


def recording(name: str) -> Any:
    return json.loads((REFERENCE / "recordings" / name).read_text())


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        pairs: list[tuple[Any, Any]] = list(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return [(key, shape(one)) for key, one in pairs]
    if isinstance(value, list):
        return "array"
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
