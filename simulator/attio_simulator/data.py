"""A believable hiring pipeline of any size, made from a seed: same seed and same start, same bytes."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .clock import MILLISECOND, SECOND, Clock, timestamp
from .hiring import LIST_SLUG
from .planting import GOES_BACK, GOES_ON, PATH
from .schema import SYSTEM, Actor, Attribute, Collection, Option, Record, Status, Value
from .steady import ENDS, IS_TURNED_DOWN, LONG_HISTORY, PHONE_SCREEN, STAY, Steady
from .writes import Workspace, stamp_lag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .planting import Planted

PERIOD = timedelta(days=90)

# How probable each is.
WITHOUT_STATUS = 0.005
BY_AUTOMATION = 0.4
BY_RECRUITER = 0.7
MOVED_BY_RECRUITER = 0.6
MOVED_BY_AUTOMATION = 0.85
HAS_RECRUITER = 0.8
HAS_SCORE = 0.3
HAS_NOTES = 0.05
JOB_IS_OPEN = 0.7
IN_POOL = 0.03
POOL_MOVES = 0.5
JOBS = (
    "Data engineer",
    "Product designer",
    "Account executive",
    "Support specialist",
    "Backend engineer",
    "Office manager",
    "Data analyst",
    "Solutions engineer",
)


def generate_hiring_pipeline(  # noqa: PLR0913 - each is an option
    applications: int = 10_000,
    *,
    seed: int = 1,
    clock: Clock | None = None,
    moved_share: float = 0.6,
    planted: Planted | None = None,
    object_slug: str = "applications",
    attribute_slug: str = "workflow_status",
) -> Workspace:
    """Make a workspace with applications spread over the 90 days before the clock's start, or as many as `planted` says.

    Args:
        applications: how many.
        seed: same seed and same start of the clock: the same workspace, byte for byte.
        clock: the workspace's clock; by default real time.
        moved_share: the part of them that moved at least once; with `planted`, that will have in the end.
        planted: makes the pipeline steady but for what is planted. Without it the bytes are what they always were.
        object_slug: the slug of their object.
        attribute_slug: the slug of their status attribute.
    """
    clock = clock or Clock()
    # Everything is stamped from the start of the clock, not from now: generating takes time, and bytes must not.
    frozen = Clock(start=clock.start, source=lambda: 0.0)
    workspace = Workspace.hiring(clock=frozen, seed=seed, object_slug=object_slug, attribute_slug=attribute_slug)
    _Generator(workspace, workspace.object(object_slug), seed, planted).generate(applications, moved_share)
    workspace.clock = clock
    return workspace


class _Generator:
    def __init__(self, workspace: Workspace, collection: Collection, seed: int, planted: Planted | None) -> None:
        self.workspace = workspace
        self.collection = collection
        self.random = random.Random(f"pipeline {seed}")
        # A second before now, which leaves room for values that must lie a millisecond apart.
        self.end = workspace.clock.nanoseconds() - SECOND
        self.period = PERIOD if planted is None else timedelta(days=planted.days)
        self.begin = self.end - int(self.period.total_seconds()) * SECOND
        self.status: Attribute = next(one for one in collection.attributes if one.type == "status")
        self.statuses = {one.title: one for one in self.status.statuses}
        self.recruiters = [member.actor for member in workspace.members[1:]]
        self.automation = Actor("app", workspace.new_id())
        numbers = {actor: number for number, actor in enumerate(self.recruiters, 1)}
        self.steady = Steady(planted, self.random, self.end, self._mover, numbers) if planted else None

    def generate(self, count: int, moved_share: float) -> None:
        """Make everything."""
        workspace, chance = self.workspace, self.random
        jobs = self._jobs()
        self._people()
        size = sum(1 for one in self.collection.attributes if one.index >= 0)
        name, job, origin, recruiter, score, notes = (
            self._attribute(slug).index for slug in ("name", "job", "source", "recruiter", "score", "notes")
        )
        options = self._attribute("source").options
        moments = sorted(chance.randrange(self.begin // MILLISECOND, self.end // MILLISECOND) for _ in range(count))
        records: list[Record] = []
        for number, moment in enumerate(moments, 1):
            created = moment * MILLISECOND
            owner = self._pick(self.recruiters)
            draw = chance.random()
            by = self.automation if draw < BY_AUTOMATION else owner if draw < BY_RECRUITER else workspace.api_token
            held: list[Any] = [None] * size
            held[name] = f"Application {number:06d}"
            held[job] = self._pick(jobs)
            held[origin] = self._pick(options)
            held[recruiter] = owner if chance.random() < HAS_RECRUITER else None
            held[score] = 1 + int(chance.random() * 5) if chance.random() < HAS_SCORE else None
            held[notes] = "Came with a recommendation." if chance.random() < HAS_NOTES else None
            held[self.status.index] = self._history(created, by, owner, held[origin], moves=chance.random() < moved_share)
            stamped = created + stamp_lag(chance.random())
            records.append(Record(workspace.new_id(), created, stamped, by, self.collection, held))
        self.collection.add_all(records)
        workspace.rows.update((record.id, record) for record in records)
        self._pool(records)
        self._rename()

    def _attribute(self, slug: str) -> Attribute:
        return next(one for one in self.collection.attributes if one.slug == slug)

    def _pick(self, several: Sequence[Any]) -> Any:
        # `random.choice` takes three times as long, and this runs a million times for a large workspace.
        return several[int(self.random.random() * len(several))]

    def _history(self, created: int, by: Actor, owner: Actor, source: Option, *, moves: bool) -> Any:
        """Make the history of one application: the bare status of one that never moved, else all its values."""
        chance = self.random
        if not moves:
            return None if chance.random() < WITHOUT_STATUS else self.statuses[PATH[0]]
        if self.steady:
            stays = list(self.steady.way(created, by, owner, source.title))
            if len(stays) == 1:
                return self.statuses[PATH[0]]
            return [Value(since, until, actor, self.statuses[title]) for since, until, actor, title in stays]
        titles = self._journey()
        room = self.end - created
        # Some days in each status; a long history has to fit in.
        stay = min(STAY, room // len(titles))
        values: list[Value] = []
        since, actor = created, by
        for _ in titles[1:]:
            left = since + int(chance.expovariate() * stay) // MILLISECOND * MILLISECOND
            if left > self.end and values:
                # It has not come further yet.
                break
            until = max(min(left, self.end), since + MILLISECOND)
            values.append(Value(since, until, actor, self.statuses[titles[len(values)]]))
            since, actor = until, self._mover(owner)
        values.append(Value(since, None, actor, self.statuses[titles[len(values)]]))
        return values

    def _mover(self, owner: Actor) -> Actor:
        """Give who makes a move of an application."""
        draw = self.random.random()
        return owner if draw < MOVED_BY_RECRUITER else self.automation if draw < MOVED_BY_AUTOMATION else SYSTEM

    def _journey(self) -> list[str]:
        """Make the way of one application through the statuses: at least two of them."""
        chance = self.random
        if chance.random() < LONG_HISTORY:
            # A nightly automation that could not make up its mind.
            return [PATH[0], *(PATH[1 + turn % 2] for turn in range(150 + int(chance.random() * 150)))]
        titles = [PATH[0]]
        # Until the screen by phone was given up, some went through it.
        if chance.random() < PHONE_SCREEN:
            titles.append("Phone screen")
        place = 0
        while place < len(GOES_ON):
            if place and chance.random() < GOES_BACK:
                place -= 1
            elif len(titles) == 1 or chance.random() < GOES_ON[place]:
                place += 1
            else:
                if chance.random() < IS_TURNED_DOWN:
                    titles.append(self._pick(ENDS))
                break
            titles.append(PATH[place])
        return titles

    def _jobs(self) -> list[tuple[str, str]]:
        jobs: list[tuple[str, str]] = []
        for title in JOBS:
            values = {
                "title": title,
                "is_open": self.random.random() < JOB_IS_OPEN,
                "budget": (round(40_000 + self.random.random() * 60_000, -3), "EUR"),
                "opened_on": timestamp(self.begin)[:10],
                "positions": 1 + int(self.random.random() * 4),
            }
            jobs.append(("jobs", self.workspace.create_record("jobs", values=values)))
        return jobs

    def _people(self) -> None:
        workspace = self.workspace
        for number in range(1, 4):
            company = workspace.create_record(
                "companies", values={"name": f"Company {number}", "domains": [f"company-{number}.example.com"]}
            )
            owner = workspace.members[0].actor
            workspace.create_record(
                "people",
                values={
                    "name": ("Candidate", str(number)),
                    "email_addresses": [f"candidate.{number}@example.com"],
                    "description": "A candidate.",
                    "company": ("companies", company),
                    "phone_numbers": [(f"+1555010000{number}", "US")],
                    "primary_location": {"locality": "Example City", "country_code": "DE"},
                    "first_email_interaction": ("email", self.begin, owner),
                    "last_email_interaction": ("email", self.end, owner),
                    "strongest_connection_strength": "Good",
                },
            )

    def _pool(self, records: list[Record]) -> None:
        """Put some applications into the list, and move some of the entries."""
        workspace, chance = self.workspace, self.random
        pool = workspace.list(LIST_SLUG)
        stage = next(one for one in pool.attributes if one.type == "status")
        entries: list[Record] = []
        for record in records:
            if chance.random() >= IN_POOL:
                continue
            room = (self.end - record.created) // MILLISECOND
            created = record.created + int(chance.random() * room) * MILLISECOND
            owner = self._pick(self.recruiters)
            held: list[Any] = [self._pick(stage.statuses[:2]), owner, None]
            if chance.random() < POOL_MOVES:
                moved = created + (1 + int(chance.random() * (self.end - created) // MILLISECOND)) * MILLISECOND
                last: Status = stage.statuses[2 + int(chance.random() * 2)]
                held[0] = [Value(created, moved, owner, held[0]), Value(moved, None, self.automation, last)]
            entry = Record(workspace.new_id(), created, created + 33 * MILLISECOND, owner, pool, held, record)
            entries.append(entry)
            workspace.entries_of.setdefault(record.id, []).append(entry)
        pool.add_all(entries)
        workspace.rows.update((entry.id, entry) for entry in entries)

    def _rename(self) -> None:
        """One status was called something else during the first month."""
        status = self.statuses["Take-home task"]
        status.titles.insert(0, (status.titles[0][0] - int(self.period.total_seconds()) * SECOND, "Homework"))
        renamed = self.begin + 30 * 24 * 3_600 * SECOND
        status.titles[1] = (renamed, "Take-home task")
