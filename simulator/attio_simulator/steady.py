"""One application's way through a pipeline in which nothing changes but what is planted, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .clock import MILLISECOND, SECOND
from .planting import GOES_ON, PATH

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from .planting import Planted
    from .schema import Actor

STAY = 4 * 24 * 3_600 * SECOND
NIGHT = 24 * 3_600 * SECOND
ENDS = ("Rejected", "Rejected", "Rejected", "Withdrawn")

# How probable each is.
LONG_HISTORY = 0.002
PHONE_SCREEN = 0.1
IS_TURNED_DOWN = 0.7


class SteadyStay(NamedTuple):
    """A stay in a status; `until` is None while it lasts."""

    since: int
    until: int | None
    actor: Actor
    title: str


class Steady:
    """Makes ways of applications.

    Args:
        planted: what is planted.
        chance: where chance comes from.
        end: when the story ends, in nanoseconds since 1970; moments are in whole milliseconds.
        next_actor: who makes a move of an application, by its owner.
        recruiters: the number of a recruiter, for those that are one.
    """

    def __init__(
        self,
        planted: Planted,
        chance: random.Random,
        end: int,
        next_actor: Callable[[Actor], Actor],
        recruiters: dict[Actor, int],
    ) -> None:
        self._planted = planted
        self._chance = chance
        self._end = end
        self._next_actor = next_actor
        self._patience = {actor: planted.patience(number) for actor, number in recruiters.items()}

    def way(self, created: int, by: Actor, owner: Actor, source: str) -> Iterator[SteadyStay]:
        """Give the stays of an application from a source, oldest first; the last one lasts."""
        chance = self._chance
        # A nightly automation that could not make up its mind.
        is_long = chance.random() < LONG_HISTORY
        place, title, since, actor = 0, PATH[0], created, by
        is_first = True
        while title in PATH[:-1] or title == "Phone screen":
            mean = NIGHT if is_long else int(STAY * self._patience.get(actor, 1.0))
            length = int(chance.expovariate() * mean) // MILLISECOND * MILLISECOND + MILLISECOND
            until = self._planted.kept_longer(title, since, length, self._end) // MILLISECOND * MILLISECOND
            if until > self._end:
                break
            if is_long:
                place = 1 - place
                following: str | None = PATH[place]
            elif is_first and chance.random() < PHONE_SCREEN:
                following = "Phone screen"
            else:
                place, following = self._leave(place, title, source, until, is_sure=is_first)
            if following is None:
                break
            yield SteadyStay(since, until, actor, title)
            title, since, actor, is_first = following, until, self._next_actor(owner), False
        yield SteadyStay(since, None, actor, title)

    def _leave(self, place: int, title: str, source: str, at: int, *, is_sure: bool) -> tuple[int, str | None]:
        """Give where it goes, and its place on the path then; nowhere: it stays for ever."""
        chance, planted = self._chance, self._planted
        if place and chance.random() < planted.goes_back(at, self._end):
            return place - 1, PATH[place - 1]
        if is_sure or chance.random() < GOES_ON[place]:
            if chance.random() >= planted.lost(title, source, at, self._end):
                return place + 1, PATH[place + 1]
        elif chance.random() >= IS_TURNED_DOWN:
            return place, None
        return place, ENDS[int(chance.random() * len(ENDS))]
