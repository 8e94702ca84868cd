"""The curves of the steps that the warehouse is asked for are those of all steps."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
from tests.report.conftest import PIPELINE

from attio_workbench.model_rows import parse_rows
from attio_workbench.models import Models, SurvivalStep
from attio_workbench.report.curves import LEVELS, QUERIES, SHOWN_DAYS, build_curves

MODEL = SurvivalStep.model
STEP = SurvivalStep(
    source_relation="",
    history="deals.stage",
    status_id="lead",
    status_title="Lead",
    period_kind="all",
    period_start=None,
    days=1.0,
    at_risk=10,
    ended=1,
    survival=1.0,
)


def asked_for(connection: duckdb.DuckDBPyConnection, query: str) -> list[SurvivalStep]:
    """The rows that a query gives, as the report reads them."""
    found = connection.execute(query)
    columns = [column[0] for column in found.description]
    return parse_rows(SurvivalStep, (dict(zip(columns, row, strict=True)) for row in found.fetchall()))


def in_duckdb(steps: Sequence[SurvivalStep], file: Path) -> duckdb.DuckDBPyConnection:
    """A model with these rows, which a file of JSON brings there."""
    file.write_text("".join(f"{json.dumps(asdict(step), default=str)}\n" for step in steps), encoding="utf-8")
    types = dict.fromkeys((column.name for column in fields(SurvivalStep)), "VARCHAR")
    types |= {"period_start": "DATE", "days": "DOUBLE", "at_risk": "BIGINT", "ended": "BIGINT", "survival": "DOUBLE"}
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE {MODEL} AS SELECT * FROM read_json('{file}', columns = {types})")  # noqa: S608 (our own)
    return connection


def curve(steps: int, chance: random.Random, template: SurvivalStep, *, ends: bool = True) -> Iterator[SurvivalStep]:
    """One that falls by chance, with some moments at which nobody left, and who is at risk coming and going."""
    days, left = 0.0, 1.0
    for number in range(steps, 0, -1):
        days += chance.expovariate() * 150 / steps
        if number < steps and chance.random() < 0.9:
            left *= 1 - 1 / (number + 1) if ends or number > steps / 3 else 1.0
        at_risk = max(1, number + chance.randrange(-6, 7))
        yield replace(template, days=days, at_risk=at_risk, survival=left)


def all_steps() -> list[SurvivalStep]:
    """Long curves and short ones, of every kind of period."""
    chance = random.Random(5)
    made: list[SurvivalStep] = []
    for number, (kind, steps) in enumerate((kind, steps) for kind in LEVELS for steps in (1, 2, 5, 30, 3_000, 3_000)):
        start = None if kind == "all" else date(2026, 1 + number % 9, 1)
        template = replace(STEP, status_id=f"status {number}", period_kind=kind, period_start=start)
        made += curve(steps, chance, template, ends=number % 2 == 0)
    # Days that are shown and edges of bands, to the last bit; and one that nobody ever left.
    exact = replace(STEP, status_id="exact")
    made += [replace(exact, days=float(day), survival=0.5 ** (n + 1)) for n, day in enumerate(SHOWN_DAYS)]
    made += [replace(STEP, status_id="nobody left", days=200.0)]
    chance.shuffle(made)
    return made


def test_curves_are_the_same_of_the_rows_that_are_asked_for(tmp_path: Path) -> None:
    steps = all_steps()
    with in_duckdb(steps, tmp_path / "steps.json") as connection:
        thinned = asked_for(connection, QUERIES[MODEL].replace("{relation}", MODEL))

    assert curves(thinned) == curves(steps)
    assert len(thinned) < len(steps) / 5
    assert set(thinned) < set(steps)


def test_curves_of_a_report_are_those_of_every_row_of_the_model(warehouse: Path, models: Models) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        steps = asked_for(connection, f"SELECT * FROM dbt_attio.{MODEL} WHERE history = '{PIPELINE}'")  # noqa: S608 (our own)

    assert curves(models.survival) == curves(steps)
    assert len(models.survival) < len(steps)


def curves(steps: Sequence[SurvivalStep]) -> list[str]:
    """All that the page is given of them, in one order."""
    numbers = {status: number for number, status in enumerate(sorted({step.status_id for step in steps}))}
    return sorted(map(str, build_curves(Models(as_of=datetime.now(UTC), survival=steps), numbers.get)))
