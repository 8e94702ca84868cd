"""Attio's filters: a JSON object becomes a predicate over records.

The grammar is that of https://docs.attio.com/rest-api/guides/filtering-and-sorting: several keys mean and; `$and`,
`$or`, `$not`; an attribute with a scalar (shorthand), with operators, or with properties of its values; a value
matches when any of the current values of the attribute does; `path` and `constraints` reach through references. What
Attio refuses is refused with `filter_error`, or with the code of its own that recordings of the live API show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .clock import SECOND, parse_date
from .comparisons import COMPARISONS, reader
from .conditions import NAMED, PROPERTIES, parse_moment, parse_operand
from .errors import filter_error, unknown_filter_attribute
from .references import filterable, parse_route, reached
from .schema import active_values
from .shapes import as_array, as_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from .behaviour import Behaviour
    from .schema import Attribute, Collection, Record, Value
    from .store import Store

MAXIMUM_DEPTH = 20


@dataclass(slots=True)
class Filter:
    """A compiled filter.

    Attributes:
        matches: whether a record passes.
        conditions: how many conditions it has, for the score of the query.
        since: no record passes whose `created_at` attribute is earlier (nanoseconds since 1970).
        until: no record passes whose `created_at` attribute is later.
    """

    matches: Callable[[Record], bool] | None = None
    conditions: int = 0
    since: int | None = None
    until: int | None = None

    def require(self, test: Callable[[Record], bool]) -> None:
        """Let no record pass that fails a further test."""
        self.matches = test if self.matches is None else _all([test, self.matches])

    def narrow(self, operator: str, operand: int) -> None:
        """Note a condition on `created_at` that every match must meet."""
        if operator in ("$gte", "$gt", "$eq") and (self.since is None or operand > self.since):
            self.since = operand
        if operator in ("$lte", "$lt", "$eq") and (self.until is None or operand < self.until):
            self.until = operand


class FilterCompiler:
    """Compiles the filters of queries on one collection."""

    def __init__(self, store: Store, collection: Collection, behaviour: Behaviour, as_of: int | None = None) -> None:
        self.store = store
        self.collection = collection
        self.behaviour = behaviour
        self.as_of = as_of
        self._path: tuple[str, ...] = ()
        self.result = Filter()

    def compile(self, wanted: object) -> Filter:
        """Compile the `filter` of a query.

        Raises:
            ApiError: 400 `filter_error`, `unknown_filter_attribute_slug` or `unknown_filter_select_option_slug`.
        """
        if wanted is None or wanted == {}:
            return self.result
        self.result.matches = self._group(wanted, (), is_certain=True)
        return self.result

    def _group(self, wanted: object, path: tuple[str, ...], *, is_certain: bool) -> Callable[[Record], bool]:
        """Compile the object of conditions at `path`; `is_certain` says that every match must meet all of them."""
        conditions = as_object(wanted)
        if conditions is None or sum(key.startswith("$") for key in path) > MAXIMUM_DEPTH:
            raise filter_error()
        parts: list[Callable[[Record], bool]] = []
        if "path" in conditions and "constraints" in conditions:
            conditions = dict(conditions)
            parts.append(self._at_the_end(conditions.pop("path"), conditions.pop("constraints"), path))
        for key, operand in conditions.items():
            if key in ("$and", "$or"):
                groups = as_array(operand)
                if not groups:
                    raise filter_error()
                certain = is_certain and (key == "$and" or len(groups) == 1)
                several = [
                    self._group(one, (*path, key, str(place)), is_certain=certain) for place, one in enumerate(groups)
                ]
                parts.append(_all(several) if key == "$and" else _any(several))
            elif key == "$not":
                parts.append(_not(self._group(operand, (*path, key), is_certain=False)))
            elif key.startswith("$"):
                raise filter_error(message=f'Unknown operator "{key}".')
            else:
                self._path = (*path, key)
                parts.append(self._attribute(key, operand, is_certain=is_certain))
        return _all(parts)

    def _at_the_end(self, given: object, constraints: object, path: tuple[str, ...]) -> Callable[[Record], bool]:
        """Compile the constraints on what is at the end of a path along references."""
        route = parse_route(self.store, self.collection, given, (*path, "path"))
        if as_object(constraints) is None:
            raise filter_error()
        there = FilterCompiler(self.store, route.collection, self.behaviour, self.as_of)
        there._path = (*path, "constraints")
        test = there._attribute(route.attribute.slug, constraints, is_certain=False)
        self.result.conditions += there.result.conditions
        store, as_of = self.store, self.as_of
        return lambda record: any(test(one) for one in reached(store, route, record, as_of))

    def _attribute(self, slug: str, operand: object, *, is_certain: bool) -> Callable[[Record], bool]:
        attribute = filterable(self.collection, slug)
        if attribute is None:
            raise unknown_filter_attribute(slug, self._path)
        properties = PROPERTIES[attribute.type]
        main = next(iter(properties))
        tests: list[Callable[[Record], bool]] = []
        wanted = as_object(operand)
        if wanted is None:
            wanted = {"$eq": operand}
        elif not wanted:
            raise filter_error()
        if attribute.type in NAMED and any(key.startswith("$") for key in wanted):
            raise filter_error(message=f'"{attribute.slug}" ({attribute.type}) is filtered by {", ".join(properties)}.')
        if attribute.type == "record-reference" and wanted.keys() != properties.keys():
            raise filter_error(message=f'"{attribute.slug}" is filtered by target_object and target_record_id together.')
        for key, inner in wanted.items():
            if key.startswith("$"):
                tests.append(self._condition(attribute, main, key, inner, is_certain=is_certain))
            else:
                pairs = (as_object(inner) or {"$eq": inner}).items()
                tests += [self._condition(attribute, key, op, one, is_certain=is_certain) for op, one in pairs]
        return _all(tests)

    def _condition(
        self, attribute: Attribute, name: str, operator: str, operand: object, *, is_certain: bool
    ) -> Callable[[Record], bool]:
        self.result.conditions += 1
        allowed = PROPERTIES[attribute.type].get(name)
        if allowed is None:
            raise filter_error(message=f'Cannot filter "{attribute.slug}" ({attribute.type}) by "{name}".')
        if operator not in allowed:
            raise filter_error(message=f'Cannot use "{operator}" on "{attribute.slug}" ({attribute.type}).')
        as_of = self.as_of
        if operator == "$not_empty":
            if not isinstance(operand, bool):
                raise filter_error()
            return lambda record: bool(active_values(record, attribute, as_of)) is operand
        if name == "active_from":
            return self._active_from(attribute, operator, operand)
        wanted: Any
        if operator == "$in":
            several = as_array(operand)
            if several is None:
                raise filter_error()
            wanted = [parse_operand(attribute, name, one, self._path) for one in several]
        else:
            wanted = parse_operand(attribute, name, operand, self._path)
        if attribute.slug == "created_at" and attribute.index < 0:
            if is_certain and operator != "$in":
                self.result.narrow(operator, wanted)
            compare = COMPARISONS[operator]
            return lambda record: compare(record.stamped, wanted)
        read, compare = reader(attribute, name), COMPARISONS[operator]
        return lambda record: any(compare(read(one.data), wanted) for one in active_values(record, attribute, as_of))

    def _active_from(self, attribute: Attribute, operator: str, operand: object) -> Callable[[Record], bool]:
        """When the current value was set; see https://docs.attio.com/docs/attribute-types/attribute-types-status."""
        taken, refusal = self.behaviour.active_from_filter, filter_error(code=self.behaviour.active_from_filter_code)
        if taken == "refused" or not isinstance(operand, str):
            raise refusal
        try:
            wanted = parse_date(operand)
        except ValueError:
            if taken == "dates":
                raise refusal from None
            wanted = parse_moment(operand)
        compare = COMPARISONS[operator]
        unit = SECOND if self.behaviour.active_from_precision == "second" else 1
        wanted //= unit
        index, as_of = attribute.index, self.as_of
        if as_of is not None or attribute.is_multiselect:
            return lambda record: any(
                compare(value.active_from // unit, wanted) for value in active_values(record, attribute, as_of)
            )

        def matches(record: Record) -> bool:
            values = record.values
            held = values[index] if index < len(values) else None
            if held is None:
                return False
            if isinstance(held, list):
                last = cast("list[Value]", held)[-1]
                return last.active_until is None and compare(last.active_from // unit, wanted)
            return compare(record.created // unit, wanted)

        return matches


def _all(tests: list[Callable[[Record], bool]]) -> Callable[[Record], bool]:
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def _any(tests: list[Callable[[Record], bool]]) -> Callable[[Record], bool]:
    return lambda record: any(test(record) for test in tests)


def _not(test: Callable[[Record], bool]) -> Callable[[Record], bool]:
    return lambda record: not test(record)
