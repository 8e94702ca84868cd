"""Random values of every type, for generators and for changes; all from one seeded `random.Random`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clock import SECOND, timestamp
from .schema import SYSTEM, Actor
from .values import same_as

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from .schema import Attribute, Option, Status
    from .store import Store

DAY = 86_400 * SECOND
PLACES = (("Example City", "DE"), ("Sample Town", "GB"), ("Testville", "US"), ("Ville Exemple", "FR"))
TRIES = 50


class Draws:
    """Draws values for the attributes of one workspace; `first` is below what it makes unique values of."""

    def __init__(self, store: Store, chance: random.Random, first: int = 0) -> None:
        self.store = store
        self.random = chance
        self._number = first

    def pick(self, several: Sequence[Any]) -> Any:
        """Pick one; `random.choice` takes three times as long."""
        return several[int(self.random.random() * len(several))]

    def actor(self) -> Actor:
        """Draw who does something: mostly a member, else the API token or the system."""
        draw = self.random.random()
        if draw < 0.7:  # noqa: PLR2004 - a probability
            return self.pick(self.store.members).actor
        return self.store.api_token if draw < 0.9 else SYSTEM  # noqa: PLR2004 - a probability

    def another(self, attribute: Attribute, held: Sequence[Any], at: int) -> Any:
        """Draw a value as of a moment that is none of those held; `None` where there is no other."""
        taken = {same_as(attribute, one) for one in held}
        for _ in range(TRIES):
            drawn = self.value(attribute, at)
            if drawn is not None and same_as(attribute, drawn) not in taken:
                return drawn
        return None

    def value(self, attribute: Attribute, at: int) -> Any:
        """Draw a value as of a moment, or `None` where there is none; what must be unique never comes twice."""
        return _DRAWS[attribute.type](self, attribute, at)

    def number(self) -> int:
        """Give a number that was not given before."""
        self._number += 1
        return self._number

    def share(self) -> float:
        """Draw a number from 0 to below 1."""
        return self.random.random()

    def choice(self, attribute: Attribute) -> Status | Option | None:
        """Draw a status or an option that is not archived."""
        choices = [one for one in (attribute.statuses or attribute.options) if not one.is_archived]
        return self.pick(choices) if choices else None

    def member(self) -> Actor:
        """Draw a member."""
        return self.pick(self.store.members).actor

    def reference(self, attribute: Attribute, at: int) -> tuple[str, str] | None:
        """Draw a record that may be referred to and was there already; `None` where there is none."""
        index = self.store.object(self.pick(attribute.targets)).by_creation
        for _ in range(TRIES if index else 0):
            stamped, record_id = self.pick(index)
            if stamped <= at:
                return self.store.rows[record_id].collection.slug, record_id
        return None


def _text(draws: Draws, attribute: Attribute, _: int) -> str:
    return f"{attribute.title} {draws.number() if attribute.is_unique else 1 + int(draws.share() * 500)}"


def _location(draws: Draws, _: Attribute, __: int) -> dict[str, str]:
    locality, country = draws.pick(PLACES)
    return {"line_1": f"{1 + int(draws.share() * 99)} Main Street", "locality": locality, "country_code": country}


def _interaction(draws: Draws, attribute: Attribute, at: int) -> tuple[str, int, Actor]:
    kind = "email" if "email" in attribute.slug else "meeting"
    return kind, at - int(draws.share() * 30) * DAY, draws.member()


_DRAWS: dict[str, Callable[[Draws, Attribute, int], Any]] = {
    "status": lambda draws, attribute, _: draws.choice(attribute),
    "select": lambda draws, attribute, _: draws.choice(attribute),
    "text": _text,
    "number": lambda draws, _, __: int(draws.share() * 1_000),
    "rating": lambda draws, _, __: int(draws.share() * 6),
    "checkbox": lambda draws, _, __: int(draws.share() * 2) == 1,
    "date": lambda draws, _, at: timestamp(at + int(draws.share() * 120) * DAY)[:10],
    "timestamp": lambda draws, _, at: at + int(draws.share() * 2_000_000) * SECOND,
    "currency": lambda draws, _, __: (round(draws.share() * 90_000, 2), draws.pick(("EUR", "USD"))),
    "location": _location,
    "personal-name": lambda draws, _, __: ("Person", str(draws.number())),
    "email-address": lambda draws, _, __: f"person.{draws.number()}@example.com",
    "domain": lambda draws, _, __: f"company-{draws.number()}.example.com",
    "phone-number": lambda draws, _, __: (f"+1555{draws.number() % 10_000_000:07d}", "US"),
    "actor-reference": lambda draws, _, __: draws.member(),
    "record-reference": lambda draws, attribute, at: draws.reference(attribute, at),
    "interaction": _interaction,
}
