"""Pure: a table is declared once, and both `schema()` and its rows come from that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
