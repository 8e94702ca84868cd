"""Telling the shapes of JSON apart, in a way that a type checker can follow."""

from __future__ import annotations

from typing import Any, cast

Json = dict[str, Any]


def as_object(given: object) -> Json | None:
    """Give a JSON object as such, and None for all else."""
    return cast("Json", given) if isinstance(given, dict) else None


def as_array(given: object) -> list[Any] | None:
    """Give a JSON array as such, and None for all else."""
    return cast("list[Any]", given) if isinstance(given, list) else None
