"""Kaplan–Meier and Aalen–Johansen in SQL against lifelines, and where moments tie against exact fractions."""

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.exceptions import StatError
from lifelines.utils import restricted_mean_survival_time

from synthetic import START, Stay, load, stays_of
from test_build import WITHOUT_TESTS, repr_of_key, same
from test_read_models import queries
from warehouses import PROFILE, DuckDB, Postgres, Warehouse

pytestmark = pytest.mark.slow  # figures are compared with those of lifelines

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
SINCE = datetime(2026, 2, 10, tzinfo=UTC)
STATUSES = [("Applied", False), ("Interview", False), ("Hired", True), ("Rejected", False), ("Withdrawn", False)]
DAY_US = 86_400_000_000
HORIZON = 45
DAYS = (7, 14, 30, 60, 90)
UNTIED, TIED = "untied", "tied"
KINDS = ("all", "month", "quarter")


@dataclass(frozen=True, slots=True)
class Seen:
    """One subject: its ages when it came under observation and was last seen, in microseconds, and what it came to."""

    entry: int
    exit: int
    outcome: str | None


def pipeline(records: int, seed: int, unit: timedelta) -> list[Stay]:
    """Records that come in over five months and move at multiples of a unit; some never move, some are cleared."""
    chance = random.Random(seed)
    stays: list[Stay] = []
    for number in range(records):
        entered = START + unit * int(chance.uniform(0, timedelta(days=150) / unit))
        path: list[tuple[str, timedelta | None]] = []
        for status in ("Applied", "Interview"):
            path.append((status, unit * int(chance.expovariate(1 / 12) * (timedelta(days=1) / unit))))
            if chance.random() < 0.4:
                break
        path.append((chance.choice(("Hired", "Rejected", "Rejected", "Withdrawn")), None))
        if chance.random() < 0.05:
            path = path[:-1]  # its status was cleared
        stays += [s for s in stays_of(f"r{number}", entered, *path) if s.entered <= AS_OF]
    return [Stay(s.record, s.position, s.status, s.entered, s.left if s.left and s.left <= AS_OF else None) for s in stays]


DATA = {UNTIED: pipeline(400, 1, timedelta(microseconds=1)), TIED: pipeline(300, 2, timedelta(days=1))}


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory: pytest.TempPathFactory) -> DuckDB:
    work = tmp_path_factory.mktemp("statistics")
    warehouse = DuckDB(work, "duckdb", work / "warehouse.db")
    build(warehouse, "--exclude-resource-type", "unit_test")
    return warehouse


@pytest.fixture(scope="module")
def on_postgres(server: Path, tmp_path_factory: pytest.TempPathFactory) -> Postgres:
    warehouse = Postgres(tmp_path_factory.mktemp("statistics"), "postgres", server, "attio").create()
    build(warehouse, *WITHOUT_TESTS)  # they have passed in DuckDB
    return warehouse.renamed("statistics")


def build(warehouse: Warehouse, *options: str) -> None:
    """Builds both data sets as two connections, seen since one moment."""
    for name, stays in DATA.items():
        load(warehouse, stays, STATUSES, schema=name)
    warehouse.build(
        "build",
        *options,
        attio_sources=[{"name": name, "schema": name} for name in DATA],
        attio_as_of=AS_OF.isoformat(),
        attio_observed_since=SINCE.isoformat(),
        attio_late_entries=[],
        attio_horizon_days=HORIZON,
    )


@pytest.fixture(params=["duckdb", "postgres"] if PROFILE == "long" else ["duckdb"])
def built(request: pytest.FixtureRequest) -> Warehouse:
    """Either of them."""
    return request.getfixturevalue(f"on_{request.param}")


def test_both_warehouses_thin_curves_alike(on_duckdb: DuckDB, server: Path, tmp_path: Path) -> None:
    postgres = Postgres(tmp_path, "postgres", server, "curves").create()
    described = on_duckdb.query("describe dbt_attio.attio__survival")
    columns = {name: "double precision" if kind == "DOUBLE" else kind for name, kind, *_ in described}
    postgres.load("dbt_attio.attio__survival", columns, on_duckdb.query("from dbt_attio.attio__survival"))
    query = queries()["attio__survival"].replace("{relation}", "dbt_attio.attio__survival")
    one, other = (sorted(warehouse.query(query), key=repr_of_key) for warehouse in (on_duckdb, postgres))
    [(every,)] = on_duckdb.query("select count(*) from dbt_attio.attio__survival")

    assert 0 < len(one) < every
    for a, b in zip(one, other, strict=True):
        assert all(same(x, y) for x, y in zip(a, b, strict=True)), (a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_survival_is_that_of_lifelines(built: Warehouse, kind: str) -> None:
    compared = 0
    for name in DATA:
        for key, steps in curves_of(built, name, kind).items():
            try:
                fitted = fit(name, kind, key)
            except StatError:  # it declines where all that were seen early ended; the exact curve is compared below
                continue
            expected = fitted.survival_function_at_times([days for days, *_ in steps]).to_list()
            assert [survival for *_, survival in steps] == pytest.approx(expected, abs=1e-9, rel=0)
            compared += len(steps)
    assert compared > 400


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_is_that_of_the_exact_curve(built: Warehouse, kind: str) -> None:
    for name in DATA:
        curves, observations = curves_of(built, name, kind), durations(name, kind)
        assert set(curves) == set(observations)
        for key, steps in curves.items():
            seen = observations[key]
            exact = exact_survival(seen)
            for days, at_risk, ended, survival in steps:
                at = round(days * DAY_US)
                assert at_risk == sum(is_at_risk(s, at) for s in seen)
                assert ended == sum(s.exit == at and s.outcome is not None for s in seen)
                assert survival == pytest.approx(float(exact[at]), abs=1e-9, rel=0)
            assert sum(ended for _, _, ended, _ in steps) == sum(s.outcome is not None for s in seen)


def test_quartiles_are_those_of_the_exact_curve(built: Warehouse) -> None:
    for name in DATA:
        rows = built.query(
            "select status_id, lower_quartile_days, median_days, upper_quartile_days from dbt_attio.attio__time_in_status "
            f"where source_relation = '{name}' and period_kind = 'all'"
        )
        assert len(rows) == len(STATUSES)
        for status, *quartiles in rows:
            exact = exact_survival(durations(name, "all").get((status, None), []))
            expected = [
                next((at / DAY_US for at, left in exact.items() if left <= share), None)
                for share in (Fraction(3, 4), Fraction(1, 2), Fraction(1, 4))
            ]
            assert quartiles == expected


def test_the_mean_is_lifelines_restricted_mean(built: Warehouse) -> None:
    rows = built.query(
        "select source_relation, status_id, mean_days_to_horizon, horizon_days from dbt_attio.attio__time_in_status "
        "where period_kind = 'all' and horizon_days is not null"
    )
    assert {horizon for *_, horizon in rows} >= {HORIZON}
    for name, status, mean, horizon in rows:
        fitted = fit(name, "all", (status, None))
        assert mean == pytest.approx(restricted_mean_survival_time(fitted, t=horizon), abs=1e-9, rel=0)


def test_conversion_is_that_of_lifelines(built: Warehouse) -> None:
    compared = 0
    for (status, outcome), shares in conversions_of(built, UNTIED).items():
        seen = outcomes(UNTIED, status)
        codes = {title: code for code, (title, _) in enumerate(STATUSES, 1)}
        fitted = AalenJohansenFitter(calculate_variance=False, seed=1).fit(
            [s.exit / DAY_US for s in seen],
            [codes[s.outcome] if s.outcome else 0 for s in seen],
            event_of_interest=codes[outcome],
            entry=[s.entry / DAY_US for s in seen],
        )
        curve = fitted.cumulative_density_.iloc[:, 0]
        for day, share, _, _ in shares:
            if share is not None:
                assert share == pytest.approx(curve[curve.index <= day].iloc[-1], abs=1e-9, rel=0)
                compared += 1
    assert compared > 20


def test_conversion_is_exact_where_moments_tie(built: Warehouse) -> None:
    for (status, outcome), shares in conversions_of(built, TIED).items():
        seen = outcomes(TIED, status)
        for day, share, entered, at_risk in shares:
            assert entered == len(seen)
            assert at_risk == sum(is_at_risk(s, day * DAY_US) for s in seen)
            assert share == pytest.approx(exact_incidence(seen, outcome, day), abs=1e-9, rel=0)


@cache  # of both warehouses the same
def fit(name: str, kind: str, key: tuple[str, str | None]) -> KaplanMeierFitter:
    seen = durations(name, kind)[key]
    return KaplanMeierFitter().fit(
        [s.exit / DAY_US for s in seen], [s.outcome is not None for s in seen], entry=[s.entry / DAY_US for s in seen]
    )


@cache
def durations(name: str, kind: str) -> dict[tuple[str, str | None], list[Seen]]:
    """All stays that were seen, by status and first day of the period."""
    found: dict[tuple[str, str | None], list[Seen]] = {}
    for stay in DATA[name]:
        if stay.left is not None and stay.left <= SINCE:
            continue
        months = {"month": stay.entered.month, "quarter": (stay.entered.month - 1) // 3 * 3 + 1}
        period = None if kind == "all" else f"{stay.entered.year}-{months[kind]:02}-01"
        seen = Seen(late_by(stay.entered), stay.microseconds(AS_OF), "left" if stay.left else None)
        found.setdefault((stay.status, period), []).append(seen)
    return found


def outcomes(name: str, status: str) -> list[Seen]:
    """What became of the records that were ever in a status, from when they first entered it."""
    by_record: dict[str, list[Stay]] = {}
    for stay in DATA[name]:
        by_record.setdefault(stay.record, []).append(stay)
    found: list[Seen] = []
    for stays in by_record.values():
        start = next((s for s in stays if s.status == status), None)
        if start is None:
            continue
        end = next(
            (s for s in stays if s.position > start.position and s.status in {"Hired", "Rejected", "Withdrawn"}), None
        )
        at = end.entered if end else stays[-1].left or AS_OF
        if at > SINCE:
            found.append(
                Seen(late_by(start.entered), (at - start.entered) // timedelta(microseconds=1), end.status if end else None)
            )
    return found


def late_by(entered: datetime) -> int:
    return max(0, (SINCE - entered) // timedelta(microseconds=1))


def is_at_risk(subject: Seen, at: int) -> bool:
    return (subject.entry < at or subject.entry == 0) and at <= subject.exit


def exact_survival(seen: list[Seen]) -> dict[int, Fraction]:
    """The share that is left after each moment at which anybody came or went."""
    left = Fraction(1)
    curve: dict[int, Fraction] = {}
    for at in sorted({s.exit for s in seen} | {s.entry for s in seen}):
        at_risk = sum(is_at_risk(s, at) for s in seen)
        left *= 1 - Fraction(sum(s.exit == at and s.outcome is not None for s in seen), at_risk) if at_risk else 1
        curve[at] = left
    return curve


def exact_incidence(seen: list[Seen], outcome: str, day: int) -> float | None:
    """The share that came to an outcome by a day; None if nobody was watched for so long and some were on their way."""
    left, share = Fraction(1), Fraction(0)
    for at in sorted({s.exit for s in seen}):
        at_risk = sum(is_at_risk(s, at) for s in seen)
        came = [s.outcome for s in seen if s.exit == at and s.outcome]
        if at <= day * DAY_US:
            share += left * Fraction(came.count(outcome), at_risk)
        left *= 1 - Fraction(len(came), at_risk)
    return float(share) if left == 0 or max(s.exit for s in seen) >= day * DAY_US else None


def curves_of(built: Warehouse, name: str, kind: str) -> dict[tuple[str, str | None], list[tuple[float, int, int, float]]]:
    rows = built.query(
        "select status_id, cast(period_start as varchar), days, at_risk, ended, survival from dbt_attio.attio__survival "
        f"where source_relation = '{name}' and period_kind = '{kind}' order by days"
    )
    found: dict[tuple[str, str | None], list[tuple[float, int, int, float]]] = {}
    for status, period, *step in rows:
        found.setdefault((status, period), []).append((step[0], step[1], step[2], step[3]))
    assert all(math.isfinite(survival) for steps in found.values() for *_, survival in steps)
    return found


def conversions_of(built: Warehouse, name: str) -> dict[tuple[str, str], list[tuple[int, float | None, int, int]]]:
    rows = built.query(
        "select status_id, outcome_status_id, day, share, entered, at_risk from dbt_attio.attio__conversion "
        f"where source_relation = '{name}' order by day"
    )
    found: dict[tuple[str, str], list[tuple[int, float | None, int, int]]] = {}
    for status, outcome, *rest in rows:
        found.setdefault((status, outcome), []).append((rest[0], rest[1], rest[2], rest[3]))
    assert len(found) == 6
    assert all([day for day, *_ in shares] == list(DAYS) for shares in found.values())
    return found
