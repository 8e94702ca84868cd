"""Takes along what Python has compiled: `python tests/support/compiled.py ENVIRONMENT`."""

import shutil
import sys
import sysconfig
from pathlib import Path


def take_along_what_is_compiled(folder: Path) -> None:
    """What Python has compiled of the same packages here; of other files than these it takes no notice."""
    ours, theirs = (Path(sysconfig.get_path("purelib", vars={"base": str(base)})) for base in (sys.prefix, folder))
    for package in (one for one in theirs.iterdir() if one.is_dir()):
        for cache in (ours / package.name).rglob("__pycache__"):
            beside = theirs / cache.relative_to(ours).parent
            if beside.is_dir():
                shutil.copytree(cache, beside / cache.name, dirs_exist_ok=True)


if __name__ == "__main__":
    take_along_what_is_compiled(Path(sys.argv[1]))
