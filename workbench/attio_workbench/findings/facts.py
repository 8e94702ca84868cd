"""What there is, without any comparison: how many are open, how many are stuck, and where most of them are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from attio_workbench.findings.finding import Evidence, Finding
from attio_workbench.findings.sentences import noun_of, quoted, share_text
from attio_workbench.models import CurrentStatus, Models

STUCK = 0.9
"""Who is in its status longer than this share of the others were, is stuck."""


def plain_facts(models: Models, keys: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """For each (source_relation, history): how many are open and where most are; if any are stuck, how many and where."""
    of_history: defaultdict[tuple[str, str], list[CurrentStatus]] = defaultdict(list)
    for row in models.current_status:
        of_history[row.source_relation, row.history].append(row)
    for source_relation, history in keys:
        rows = of_history[source_relation, history]
        if not rows:
            continue
        noun = noun_of(history)
        own = f"source_relation = {quoted(source_relation)} and history = {quoted(history)}"
        still_open = [row for row in rows if row.outcome == "open"]
        sentence = f"{len(still_open):,} of {len(rows):,} {noun} {_is(still_open)} open{_most(still_open)}."
        yield Finding(
            kind="open",
            source_relation=source_relation,
            history=history,
            sentence=sentence,
            evidence=(_counted(f"{own} and outcome = 'open'", still_open),),
        )
        late = [row for row in still_open if row.is_past_target]
        long = [row for row in still_open if (row.percentile_in_status or 0.0) >= STUCK]
        if late or long:
            have = "has" if len(long) == 1 else "have"
            past = f"{len(late):,} {_is(late)} past the target time of their status{_most(late)}"
            longer = (
                f"{len(long):,} {have} been in their status for longer than {share_text(STUCK)} of others were{_most(long)}"
            )
            clauses = [past] * bool(late) + [longer] * bool(long)
            yield Finding(
                kind="stuck",
                source_relation=source_relation,
                history=history,
                sentence=f"Of the open {noun}, {'; '.join(clauses)}.",
                evidence=(
                    _counted(f"{own} and outcome = 'open' and is_past_target", late),
                    _counted(f"{own} and outcome = 'open' and percentile_in_status >= {STUCK}", long),
                ),
            )


def _is(rows: Sequence[CurrentStatus]) -> str:
    return "is" if len(rows) == 1 else "are"


def _by_status(rows: Sequence[CurrentStatus]) -> list[tuple[str, int]]:
    """The statuses with the most rows first, then by title."""
    return sorted(Counter(row.status_title or "no status" for row in rows).items(), key=lambda one: (-one[1], one[0]))


def _most(rows: Sequence[CurrentStatus]) -> str:
    by_status = _by_status(rows)
    if not by_status:
        return ""
    (title, count), *others = by_status
    if not others:
        return f", all in {title}" if count > 1 else f", in {title}"
    return f", {'most of them' if 2 * count > len(rows) else 'the most'} in {title} ({count:,})"


def _counted(where: str, rows: Sequence[CurrentStatus]) -> Evidence:
    return Evidence(
        model=CurrentStatus.model,
        where=where,
        rule="how many, and how many in each status",
        figures={"records": len(rows), **{f"in {title}": count for title, count in _by_status(rows)}},
    )
