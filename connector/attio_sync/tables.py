"""Pure: what a row can hold, and tables, each declared once: both `schema()` and its rows come from that."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, cast

type Row = dict[str, Any]
type ColumnType = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column[T]:
    """A column: its name, how its value comes from what the row is made of, and its type.

    Every type is declared, also where Fivetran would infer it: a column that is not declared exists only once a row has a
    value for it, and until then every query and every model that names it fails.
    https://fivetran.com/docs/connector-sdk/troubleshooting/missing-tables-columns
    """

    name: str
    value: Callable[[T], Any]
    type: ColumnType = "STRING"
    key: bool = False


@dataclass(frozen=True, slots=True)
class Table[T]:
    """A table: its name and its columns, in order."""

    name: str
    columns: tuple[Column[T], ...]

    def schema(self) -> dict[str, Any]:
        """As Fivetran's `schema()` takes it."""
        return {
            "table": self.name,
            "primary_key": [c.name for c in self.columns if c.key],
            "columns": {c.name: c.type for c in self.columns},
        }

    def row(self, item: T) -> Row:
        """One row, with every column."""
        return {c.name: c.value(item) for c in self.columns}

    def key(self, *values: object) -> Row:
        """The key of a row: what a delete needs."""
        return dict(zip((c.name for c in self.columns if c.key), values, strict=True))


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


def warehouse_name(name: str) -> str:
    """What Fivetran makes of the name of a table or column: our own are so already.

    Names that become one would share a table or a column, and what is looked for under the other would not be found.
    https://fivetran.com/docs/connector-sdk/troubleshooting/schema-table-name-normalization
    """
    word = re.sub(r"[^A-Za-z0-9_]", "_", name)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[^0-9])|(?<![0-9])(?=[0-9])", "_", word)
    return re.sub("_+", "_", words.lower())


type Digests = Mapping[str, str]
"""The rows of a small table by key, each with a digest of what it says."""


def digest(row: Mapping[str, Any]) -> str:
    """What tells a row of a small table from another one, in a few characters."""
    return blake2b(json.dumps(row, sort_keys=True, default=str).encode(), digest_size=6).hexdigest()
