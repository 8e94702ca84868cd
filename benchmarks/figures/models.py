"""How long the dbt package takes to build all its models, and test them, on DuckDB."""

import os
import subprocess
import tempfile
import time
from pathlib import Path

import duckdb
from benchmarks.processes import ROOT, say
from benchmarks.results import Figure, Section
from benchmarks.scale import Scale

MOST_SECONDS = 60.0
PACKAGE = ROOT / "dbt"

# Records come in over 1,000 days and make up to nine stays of eight days in the mean; those with more than three end in one
# of three outcomes.
STAYS = """
create temp table stays as
with records as (
    select
        i as record,
        timestamptz '2023-01-01' + to_microseconds(cast(random() * 1000 * 86400e6 as bigint)) as begun,
        1 + cast(floor(random() * 9) as integer) as stays
    from range({records}) as numbers (i)
),
lasting as (
    select
        *,
        cast(-ln(1 - random()) * 8 * 86400e6 as bigint) as us,
        case
            when position = stays and position > 3 then 7 + cast(floor(random() * 3) as integer)
            else least(6, position + cast(floor(random() * 2) as integer))
        end as status
    from records, range(1, 10) as numbers (position)
    where position <= stays
)
select *, begun + to_microseconds(cast(sum(us) over (partition by record order by position) - us as bigint)) as entered
from lasting
"""
TABLES = {
    "attio_workflow_status_history": """
        select
            md5('r' || record) as application_id,
            cast(position as integer) as position,
            md5('s' || status) as status_id,
            entered as active_from,
            case when position < stays then entered + to_microseconds(us) end as active_until,
            position = stays as is_active,
            'Status ' || status as status_title,
            false as status_is_archived,
            'P0Y0M5DT0H0M0S' as target_time_in_status,
            'workspace-member' as created_by_actor_type,
            'm' || (record % 8) as created_by_actor_id
        from stays order by record, position""",
    "attio_workflow_status": """
        select
            md5('r' || record) as application_id,
            cast('[]' as json) as workflow_status,
            md5('s' || max_by(status, position)) as status_id,
            'Status ' || max_by(status, position) as status_title,
            max_by(entered, position) as active_from,
            count(*) as stays
        from stays group by record""",
    "attio_status": """
        select
            md5('s' || i) as status_id,
            'applications' as object,
            'workflow_status' as attribute,
            i as position,
            'Status ' || i as title,
            false as is_archived,
            i = 7 as celebration_enabled,
            'P0Y0M5DT0H0M0S' as target_time_in_status
        from range(1, 10) as numbers (i)""",
    "attio_workspace_member": """
        select
            'm' || i as workspace_member_id,
            'Member' as first_name,
            cast(i as varchar) as last_name,
            '' as email_address,
            'member' as access_level
        from range(8) as numbers (i)""",
}


def generate(file: Path, records: int) -> int:
    """Makes the connector's tables in a new file, five stays a record in the mean; returns how many stays there are."""
    with duckdb.connect(str(file)) as connection:
        connection.execute("set TimeZone = 'UTC'; select setseed(0.5); create schema attio")
        connection.execute(STAYS.format(records=records))
        for table, query in TABLES.items():
            connection.execute(f"create table attio.{table} as select *, false as _fivetran_deleted from ({query})")  # noqa: S608 (our own)
        [(stays,)] = connection.execute("select count(*) from attio.attio_workflow_status_history").fetchall()
    return stays


def measure(scale: Scale) -> list[Section]:
    """One `dbt build`, its tests included."""
    with tempfile.TemporaryDirectory() as folder:
        stays = generate(Path(folder) / "warehouse.db", scale.large)
        say(f"models: {stays:,} stays generated")
        seconds, said = build(Path(folder))
    say(f"models: {seconds:.1f} s")
    figure = Figure(
        f"`dbt build` of all models and their tests on DuckDB, {scale.large:,} records with {stays:,} stays",
        f"< {MOST_SECONDS:.0f} s",
        f"{seconds:.1f} s",
        seconds < MOST_SECONDS,
        note=said,
    )
    return [Section("Models", (figure,))]


def build(folder: Path) -> tuple[float, str]:
    """Builds in the folder's file; returns the seconds it took, start of dbt included, and dbt's last line."""
    dbt = PACKAGE / ".venv" / "bin" / "dbt"
    if not dbt.exists():
        message = "dbt is not installed: run make test-dbt first, which does so"
        raise FileNotFoundError(message)
    environment = os.environ | {"ATTIO_DBT_FILE": str(folder / "warehouse.db"), "DO_NOT_TRACK": "1"}
    command = [
        str(dbt),
        "--no-use-colors",
        "build",
        "--project-dir",
        str(PACKAGE),
        "--profiles-dir",
        str(PACKAGE / "profiles"),
    ]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    started = time.monotonic()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    seconds = time.monotonic() - started
    if ended.returncode:
        raise RuntimeError(ended.stdout[-2000:])
    return seconds, ended.stdout.strip().splitlines()[-1].partition("  ")[2]
