"""Pure: what JSON of unknown shape turns out to be, and how it is stored."""

import math
from typing import Any, cast


def as_object(value: object) -> dict[str, Any] | None:
    """The value, if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def as_array(value: object) -> list[Any] | None:
    """The value, if it is a JSON array."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def printable(raw: Any, depth: int = 0) -> Any:
    """Raw JSON as every warehouse can store it: bounded in depth, without lone surrogates, NULs, infinite numbers."""
    if depth > 50:  # noqa: PLR2004 (Attio's values are four levels deep)
        return "…"
    if (shape := as_object(raw)) is not None:
        return {printable(key): printable(value, depth + 1) for key, value in shape.items()}
    if (array := as_array(raw)) is not None:
        return [printable(value, depth + 1) for value in array]
    return _printable_scalar(raw)


def _printable_scalar(raw: object) -> object:
    if isinstance(raw, str):
        return raw.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\u0000")
    if isinstance(raw, float) and not math.isfinite(raw):
        return str(raw)
    if isinstance(raw, int) and raw.bit_length() > 63:  # noqa: PLR2004 (what a warehouse's integers hold)
        return "an integer of more than 63 bits"
    return raw
