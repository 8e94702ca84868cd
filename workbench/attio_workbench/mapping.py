"""`attio-sync mapping`: a guess at the order and kind of each status or option, as the seed file that dbt reads.

Attio says neither which status wins nor what order people have in mind. The package guesses by the same rules where no row
covers a status (`dbt/models/intermediate/int_attio__status.sql`); a test holds the two together.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from attio_sync.settings import Settings
from attio_sync.small_tables import STATUSES
from attio_sync.sources import Source
from attio_workbench.errors import WorkbenchError
from attio_workbench.held import DEFINED_BY, open_held
from attio_workbench.place import SEED, Place, checked_output
from attio_workbench.terminal import path_text

COLUMNS: tuple[str, ...] = ("history", "status_id", "status_title", "status_order", "status_kind", "waiting_on")

WANTED = {"status_kind": ("", "open", "won", "lost", "paused"), "waiting_on": ("", "us", "them")}
"""What a row may say; what it leaves empty is guessed, or not known."""

type Row = dict[str, str]

# In the order in which Attio lists them, then those it lists no more. Celebrated is won; then a status counts for what it
# is called, if that is unmistakable; where at least five came by a move and whence one in fifty at most went on is lost.
QUERY = """\
with numbered as (
    select *, row_number() over in_order as stay_number, lead(active_from) over in_order as next_from
    from tester."{table}_history"
    where not _fivetran_deleted
    window in_order as (partition by "{key}" order by position)
),
stays as (
    select
        {kind}_id,
        arg_max({kind}_title, (active_from, "{key}", position)) as title,
        min(active_from) as first_from,
        count(*) as stays,
        count(*) filter (active_until is not null or next_from is not null) as ended,
        count(*) filter (stay_number = 1) as first_stays
    from numbered
    group by {kind}_id
),
listed as (
    select * from tester.{listed} where object = ? and attribute = ? and not _fivetran_deleted
)
select
    coalesce(listed.{kind}_id, stays.{kind}_id) as id,
    coalesce(listed.title, stays.title, id),
    row_number() over (order by listed.position nulls last, stays.first_from, id),
    case
        when {is_won} or {known_as} in ('won', 'closed won', 'hired', 'done', 'completed') then 'won'
        when {known_as} in (
            'lost', 'closed lost', 'rejected', 'withdrawn', 'declined', 'disqualified', 'unqualified', 'churned'
        ) then 'lost'
        when {known_as} in ('paused', 'on hold') then 'paused'
        when stays >= 5 and ended <= 0.02 * stays and first_stays <= 0.5 * stays then 'lost'
        else 'open'
    end
from listed full join stays using ({kind}_id)
order by 3
"""


def read_guesses(place: Place, settings: Settings) -> list[Row]:
    """A row for each status and option of what the last local sync tracked.

    Raises:
        WorkbenchError: there is no database, or it holds no such history.
    """
    with open_held(place, settings) as held:
        return [row for source in held.pipelines() for row in _guesses(held.connection, source)]


def _guesses(connection: duckdb.DuckDBPyConnection, source: Source) -> list[Row]:
    kind, definition = DEFINED_BY[source.type.definition or ""]
    query = QUERY.format(
        table=source.table,
        key=source.parent.id_column,
        kind=kind,
        listed=definition.table,
        is_won="listed.celebration_enabled" if definition is STATUSES else "false",
        known_as="lower(trim(listed.title))" if definition is STATUSES else "''",
    )
    found = connection.execute(query, [str(source.parent), source.attribute]).fetchall()
    return [_row(source.name, value_id, title, str(order), guess, "") for value_id, title, order, guess in found]


def read_mapping(file: Path) -> list[Row]:
    """The rows of a seed file that people may have corrected; none if there is no such file.

    Raises:
        WorkbenchError: it is no such file, or one of its rows says what cannot be.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        text = ""
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = [(reader.line_num, row) for row in reader]
    if tuple(reader.fieldnames or ()) != COLUMNS or any(None in row or None in row.values() for _, row in rows):
        message = (
            f"{path_text(file)} is no mapping: its first line must be {','.join(COLUMNS)}, in UTF-8, and each other one "
            "must have as many values. It stays as it is"
        )
        raise WorkbenchError(message)
    for line, row in rows:
        for name, wanted in WANTED.items():
            if row[name].lower() not in wanted:
                said = ", ".join(wanted[1:])
                message = f"{path_text(file)}, line {line}: {name} is {row[name]!r} and must be one of {said}, or empty"
                raise WorkbenchError(message)
        if row["status_order"] and not row["status_order"].isdecimal():
            message = f"{path_text(file)}, line {line}: status_order is {row['status_order']!r} and must be a whole number"
            raise WorkbenchError(message)
    return [row for _, row in rows]


def with_guesses(kept: Sequence[Row], guesses: Iterable[Row]) -> list[Row]:
    """The rows that are there, as they are, and the guesses for statuses that none of them names, by id or by title."""
    ids = {(row["history"], row["status_id"]) for row in kept if row["status_id"]}
    titles = {(row["history"], row["status_title"].lower()) for row in kept if not row["status_id"]}
    new = [
        g
        for g in guesses
        if (g["history"], g["status_id"]) not in ids and (g["history"], g["status_title"].lower()) not in titles
    ]
    return [*kept, *new]


def mapping_text(rows: Iterable[Row]) -> str:
    """The rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_mapping(place: Place, settings: Settings, file: Path) -> str:
    """Adds the guess for each status that the file does not name, and says so.

    Raises:
        WorkbenchError: there is no database to guess from, the file is no mapping, or there is no folder for it.
    """
    kept = read_mapping(checked_output(file))
    rows = with_guesses(kept, read_guesses(place, settings))
    file.write_text(mapping_text(rows), encoding="utf-8")
    then = (
        "then run attio-sync report"
        if SEED.exists() and file.samefile(SEED)
        else f"then put it among the seeds of your dbt project (dbt/README.md); attio-sync report goes by {path_text(SEED)}"
    )
    return (
        f"{path_text(file)}: added as guessed: {len(rows) - len(kept)}, kept as it was: {len(kept)}. Correct "
        f"status_order, status_kind (open, won, lost, paused) and waiting_on (us, them or empty), {then}."
    )


def _row(*values: str) -> Row:
    return dict(zip(COLUMNS, values, strict=True))
