"""What is found: a sentence, what it rests on, and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

type Kind = Literal["time", "conversion", "moves back", "member", "group", "nothing", "open", "stuck", "too few"]
"""The first five are comparisons; the others say what there is."""

type Figure = str | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a reader finds the rows behind a sentence.

    Args:
        model: the dbt model.
        where: a condition in SQL that selects its rows.
        rule: what is done with them, in words.
        figures: what comes of it; times in days, shares from 0 to 1.
    """

    model: str
    where: str
    rule: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding.

    Args:
        kind: what was compared or counted.
        source_relation, history: whose, as in the models.
        subject_id, subject: the status, member or value it is about, by id and by name; empty where it is about all.
        since: the day from which on; None where no two times are compared.
        sentence: it in plain English.
        evidence: what it rests on.
        effect: how many times as slow (by hazards), or as probable (by odds), as what it is compared with; None of a fact.
        adjusted_p: how probable at most something as large is by chance, all that was tested considered.
        worth: what it comes to in records and outcomes, a sentence; empty where the data do not carry it.
    """

    kind: Kind
    source_relation: str
    history: str
    subject_id: str = ""
    subject: str = ""
    since: date | None = None
    sentence: str
    evidence: tuple[Evidence, ...]
    effect: float | None = None
    adjusted_p: float | None = None
    worth: str = ""

    @property
    def compares(self) -> bool:
        """Whether it says that something changed, or differs from something else."""
        return self.effect is not None
