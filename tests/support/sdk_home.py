"""A home in which Fivetran's SDK has just asked PyPI for newer versions of itself, and said how its core is licensed."""

import json
import time
from pathlib import Path


def furnished(home: Path) -> Path:
    """Makes it: the SDK has a folder in the home, and else would ask every six hours."""
    asked_at = int(time.time())
    sdk, core = (home / ".fivetran" / name for name in ("connector_sdk", "connector_sdk_core"))
    for folder in (sdk, core):
        folder.mkdir(parents=True)
    (sdk / "_last_version_check").write_text(str(asked_at))
    (core / "_config.json").write_text(json.dumps({"lastVersionCheck": asked_at, "licenseNoticeShown": True}))
    return home
