"""Pure: what JSON of unknown shape turns out to be."""

from typing import Any, cast


def as_object(value: object) -> dict[str, Any] | None:
    """The value, if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_array(value: object) -> list[Any] | None:
    """The value, if it is a JSON array."""
    return cast("list[Any]", value) if isinstance(value, list) else None
