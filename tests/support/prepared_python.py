"""A Python that has imported libraries, and forks for each script that is to run: `prepared.py` asks it.

None of them looks at the environment when it is imported. Fivetran's SDK, which then notes where the home is, DuckDB, which
starts a thread, and what is ours each script imports itself.
"""

import gc
import importlib
import json
import os
import runpy
import site
import socket
import sys
from contextlib import suppress
from pathlib import Path

LIBRARIES = (
    *("anyio._backends._asyncio", "anyio.from_thread", "dotenv", "httpx2", "msgspec", "pydantic_settings"),
    *("cryptography.hazmat.primitives.ciphers.aead", "html.parser", "pathspec", "prompt_toolkit", "requests", "tqdm"),
    *("_duckdb", "importlib.metadata", "inspect", "zipfile"),
)


def be_the_next_script(requests: socket.socket) -> list[str]:
    """Returns in a process of its own for each, where everything is as it asks; another one says how that has ended."""
    with requests:
        while True:
            message, descriptors, _, _ = socket.recv_fds(requests, 1 << 20, 3)
            if not message:
                raise SystemExit
            if not os.fork():
                break
            for descriptor in descriptors:
                os.close(descriptor)
            with suppress(ChildProcessError):
                while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG):
                    pass
    if script := os.fork():
        os.write(descriptors[2], b"%d\n" % script)
        os.write(descriptors[2], b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(script, 0)[1]))
        os._exit(0)
    os.setsid()
    for number, descriptor in enumerate(descriptors[:2], 1):
        os.dup2(descriptor, number)
    os.closerange(3, max(descriptors) + 1)
    folder, environment, arguments = json.loads(message)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    return arguments


if __name__ == "__main__":
    for library in LIBRARIES:
        importlib.import_module(library)
    gc.freeze()
    sys.argv = be_the_next_script(socket.socket(fileno=int(sys.argv[1])))
    path = Path(sys.argv[0]).resolve()
    sys.path[:1] = [str(path.parent), *os.environ["PYTHONPATH"].split(os.pathsep)]
    site.execsitecustomize()
    runpy.run_path(str(path), run_name="__main__")
