"""What stands at the top of the page: sentences, each with where a reader finds the rows behind it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from attio_workbench.models import Models
from attio_workbench.report.directory import Directory
from attio_workbench.report.records import open_records


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence; `evidence` is (model, condition in SQL, what is done with the rows), `strength` how sure it is."""

    sentence: str
    evidence: tuple[tuple[str, str, str], ...]
    strength: str = ""
    worth: str = ""


def plain_facts(models: Models) -> Iterator[Sentence]:
    """How things stand in one history: how many are open, where they wait, who is stuck, which status takes longest."""
    directory = Directory(models)
    opened = open_records(models, directory)
    total = len(models.current_status)
    if not opened:
        yield Sentence(
            sentence=f"None of the {total:,} records of {models_history(models)} is open.",
            evidence=(("attio__current_status", "outcome = 'open'", "no rows"),),
        )
        return
    stuck = [one for one in opened if one.is_stuck]
    where = "outcome = 'open'"
    most, in_most = Counter(one.status for one in opened).most_common(1)[0]
    yield Sentence(
        sentence=f"{len(opened):,} of {total:,} records are open; most of them, {in_most:,}, are in {directory.statuses[most].title}.",
        evidence=(("attio__current_status", where, "counted, all together and by status_id"),),
    )
    if stuck:
        at, number = Counter(one.status for one in stuck).most_common(1)[0]
        yield Sentence(
            sentence=f"{len(stuck):,} are stuck: past their target time, or longer in their status than nine in ten were. "
            f"{number:,} of these are in {directory.statuses[at].title}.",
            evidence=(
                (
                    "attio__current_status",
                    f"{where} and (is_past_target or percentile_in_status >= 0.9)",
                    "counted, all together and by status_id",
                ),
            ),
        )
    slow = [
        row
        for row in models.time_in_status
        if row.period_kind == "all" and row.status_kind == "open" and row.median_days and not row.is_few
    ]
    if slow:
        row = max(slow, key=lambda one: one.median_days or 0.0)
        yield Sentence(
            sentence=f"Records stay longest in {row.status_title}: half have left after {row.median_days:.1f} days. This rests on "
            f"{row.stays:,} stays, {row.open_stays:,} of which still last.",
            evidence=(
                (
                    "attio__time_in_status",
                    "period_kind = 'all' and status_kind = 'open' and not is_few",
                    "the row with the largest median_days (Kaplan–Meier)",
                ),
            ),
        )


def models_history(models: Models) -> str:
    """Which history these models are of."""
    return next((row.history for row in models.current_status), "this history")
