import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_file_of_either_environment_opens_in_the_other() -> None:
    versions = [
        package["version"]
        for lock in (ROOT / "uv.lock", ROOT / "dbt" / "uv.lock")
        for package in tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
        if package["name"] == "duckdb"
    ]

    assert len(versions) == 2
    assert versions[0] == versions[1]
