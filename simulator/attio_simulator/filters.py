"""Attio's filters: a JSON object becomes a predicate over records.

The grammar is that of https://docs.attio.com/rest-api/guides/filtering-and-sorting: several keys mean and; `$and`,
`$or`, `$not`; an attribute with a scalar (shorthand), with operators, or with properties of its values; a value
matches when any of the current values of the attribute does. What Attio refuses is refused with `filter_error`, or
with the code of its own that recordings of the live API show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .clock import SECOND, parse_date, parse_timestamp
from .comparisons import COMPARISONS, reader
from .errors import filter_error, unknown_filter_attribute, unknown_filter_option
from .schema import active_values
from .shapes import as_array, as_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from .behaviour import Behaviour
    from .schema import Attribute, Collection, Record, Value

MAXIMUM_DEPTH = 20

EQUALITY = frozenset({"$eq", "$in"})
TEXT = EQUALITY | {"$contains", "$starts_with", "$ends_with", "$not_empty"}
RANGE = frozenset({"$lt", "$lte", "$gt", "$gte"})
ORDERED = EQUALITY | RANGE | {"$not_empty"}
CHOICE = EQUALITY | {"$not_empty"}

# What can be asked of each type of attribute: its properties, the first being meant when none is named, and the
# operators each takes (https://docs.attio.com/docs/attribute-types).
PROPERTIES: dict[str, dict[str, frozenset[str]]] = {
    "text": {"value": TEXT},
    "number": {"value": ORDERED},
    "rating": {"value": ORDERED},
    "checkbox": {"value": EQUALITY},
    "date": {"value": ORDERED},
    "timestamp": {"value": ORDERED},
    "currency": {"currency_value": ORDERED, "currency_code": EQUALITY},
    "status": {"status": CHOICE, "active_from": RANGE},
    "select": {"option": CHOICE, "active_from": RANGE},
    "record-reference": {"target_record_id": CHOICE, "target_object": EQUALITY},
    "actor-reference": {"referenced_actor_id": CHOICE, "referenced_actor_type": EQUALITY},
    "personal-name": dict.fromkeys(("full_name", "first_name", "last_name"), TEXT),
    "email-address": dict.fromkeys(
        ("email_address", "original_email_address", "email_domain", "email_root_domain", "email_local_specifier"),
        TEXT,
    ),
    "domain": {"domain": TEXT, "root_domain": TEXT},
    "phone-number": {"phone_number": TEXT, "original_phone_number": TEXT, "country_code": EQUALITY},
    "location": dict.fromkeys(("locality", "region", "postcode", "country_code", "line_1", "line_2"), TEXT),
    "interaction": {"interacted_at": ORDERED, "interaction_type": EQUALITY},
}


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

    def __init__(self, collection: Collection, behaviour: Behaviour, as_of: int | None = None) -> None:
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

    def _attribute(self, slug: str, operand: object, *, is_certain: bool) -> Callable[[Record], bool]:
        attribute = self.collection.attribute(slug)
        if attribute is None:
            raise unknown_filter_attribute(slug, self._path)
        main = next(iter(PROPERTIES[attribute.type]))
        tests: list[Callable[[Record], bool]] = []
        wanted = as_object(operand)
        if wanted is None:
            wanted = {"$eq": operand}
        elif not wanted:
            raise filter_error()
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
            wanted = [self._operand(attribute, name, one) for one in several]
        else:
            wanted = self._operand(attribute, name, operand)
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
            wanted = _moment(operand)
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

    def _operand(self, attribute: Attribute, name: str, operand: object) -> Any:  # noqa: ANN401 - data of any type
        """Check what a value is compared with, and bring it into the form it is compared in."""
        if name in ("status", "option"):
            found = attribute.choice(operand) if isinstance(operand, str) else None
            if found is None and name == "option" and isinstance(operand, str):
                raise unknown_filter_option(operand, self._path)
            if found is None:
                raise filter_error(message=f'Cannot find {attribute.type} "{operand}" of attribute "{attribute.slug}".')
            return found
        kind = {"currency_value": "number", "interacted_at": "timestamp"}.get(name, attribute.type)
        if not _IS_COMPARABLE.get(kind, _is_text)(operand):
            raise filter_error()
        return _moment(cast("str", operand)) if kind == "timestamp" and name in ("value", "interacted_at") else operand


def _is_text(operand: object) -> bool:
    return isinstance(operand, str)


def _is_number(operand: object) -> bool:
    return isinstance(operand, int | float) and not isinstance(operand, bool)


def _is_date(operand: object) -> bool:
    try:
        parse_date(cast("str", operand))
    except (TypeError, ValueError):
        return False
    return True


_IS_COMPARABLE: dict[str, Callable[[object], bool]] = {
    "number": _is_number,
    "rating": _is_number,
    "checkbox": lambda operand: isinstance(operand, bool),
    "date": _is_date,
}


def _moment(text: str) -> int:
    try:
        return parse_timestamp(text)
    except ValueError:
        # Date *and* time are required: https://docs.attio.com/docs/attribute-types/attribute-types-timestamp
        raise filter_error() from None


def _all(tests: list[Callable[[Record], bool]]) -> Callable[[Record], bool]:
    if len(tests) == 1:
        return tests[0]
    return lambda record: all(test(record) for test in tests)


def _any(tests: list[Callable[[Record], bool]]) -> Callable[[Record], bool]:
    return lambda record: any(test(record) for test in tests)


def _not(test: Callable[[Record], bool]) -> Callable[[Record], bool]:
    return lambda record: not test(record)
