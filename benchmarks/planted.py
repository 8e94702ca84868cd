"""Workspaces in which something is planted, and whether the findings name exactly that."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from benchmarks.knowable import are_knowable
from tests.support.model_rows import models_of

from attio_simulator import Clock, Leak, LeakOf, MovesBack, Planted, Slower, Waiting, generate_hiring_pipeline
from attio_simulator.hiring import SOURCES
from attio_simulator.planting import Finding as PlantedFinding
from attio_workbench.findings import Finding, findings

START = datetime(2026, 11, 24, 10, tzinfo=UTC)
MOVED_SHARE = 0.9
COMPARED = ("time", "conversion", "moves back", "member", "group")

type Name = tuple[str, str, bool]
"""What a finding is: its kind, what it is about, and whether it is longer or more often than before or than others."""


def planted_for(seed: int, attempt: int = 0) -> tuple[PlantedFinding, ...]:
    """One to three findings of different kinds, drawn by the seed; so are their places, days and sizes."""
    chance = random.Random(f"planted {seed} {attempt}" if attempt else f"planted {seed}")
    everything: list[PlantedFinding] = [
        Slower(chance.choice(("Screening", "Interview")), chance.uniform(60, 120), chance.uniform(3, 5)),
        Waiting(chance.randint(1, 6), chance.uniform(2.5, 4)),
        Leak(chance.choice(("Applied", "Screening", "Interview")), chance.uniform(60, 120), chance.uniform(0.5, 0.8)),
        MovesBack(chance.uniform(60, 120), chance.uniform(0.3, 0.45)),
        LeakOf(chance.choice(SOURCES), chance.uniform(0.35, 0.6)),
    ]
    return tuple(chance.sample(everything, chance.randint(1, 3)))


@dataclass(frozen=True)
class Trial:
    """One workspace: what was planted in it and what was found."""

    planted: tuple[PlantedFinding, ...]
    found: tuple[Finding, ...]
    is_knowable: bool
    set_aside: tuple["Trial", ...] = ()
    """What was drawn before for the same seed, and is not knowable."""

    @property
    def is_exact(self) -> bool:
        """Whether everything that was planted was found, and nothing else."""
        return {name_of_planted(one) for one in self.planted} == {name_of(one) for one in self.found}

    @property
    def false(self) -> list[Finding]:
        """What was found and not planted."""
        names = {name_of_planted(one) for one in self.planted}
        return [one for one in self.found if name_of(one) not in names]

    def found_of(self, one: PlantedFinding) -> Finding | None:
        """What was found of something planted."""
        return next((other for other in self.found if name_of(other) == name_of_planted(one)), None)


def trial(seed: int, planted: Sequence[PlantedFinding], applications: int) -> Trial:
    """Makes a workspace and looks for findings in it."""
    workspace = generate_hiring_pipeline(
        applications,
        seed=seed,
        clock=Clock(start=START, source=lambda: 0.0),
        moved_share=MOVED_SHARE,
        planted=Planted(tuple(planted)),
    )
    models = models_of(workspace, START, has_sources=True)
    found = tuple(one for one in findings(models) if one.kind in COMPARED)
    return Trial(tuple(planted), found, are_knowable(models, planted))


def knowable_trial(seed: int, applications: int) -> Trial:
    """Plants what is drawn by the seed, anew until it is knowable, and looks for findings."""
    set_aside: list[Trial] = []
    while not (one := trial(seed, planted_for(seed, len(set_aside)), applications)).is_knowable:
        set_aside.append(one)
    return replace(one, set_aside=tuple(set_aside))


def name_of(finding: Finding) -> Name:
    """The name of something found."""
    return finding.kind, finding.subject, (finding.effect or 0) > 1


def name_of_planted(one: PlantedFinding) -> Name:
    """The name of something planted."""
    match one:
        case Slower():
            return "time", one.status, one.factor > 1
        case Waiting():
            return "member", f"Recruiter {one.recruiter}", one.factor > 1
        case Leak():
            return "conversion", one.status, False
        case MovesBack():
            return "moves back", "", True
        case LeakOf():
            return "group", one.source, False


def days_off(one: PlantedFinding, since: date) -> int:
    """How many days a finding's date is from when it was planted."""
    if isinstance(one, Waiting | LeakOf):
        return 0
    return abs(((START - timedelta(days=one.days_ago)).date() - since).days)
