"""What the SDK thinks of the declared dependencies: it scans the imports and asks PyPI about each package."""

import json
import threading
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from typing import Any, override

from tests.commands.projects import PROGRAMS, ROOT, Attio, Project, assert_succeeded

SCAN_THERE = """#!/bin/sh
# What the scan itself warns about is not ours.
unset PYTHONWARNINGS
exec "{program}" --pypi-server "{server}" "$@"
"""

SCAN_AS_IT_IS = """#!/bin/sh
unset PYTHONWARNINGS
exec "{program}" "$@"
"""


def canonical(name: str) -> str:
    return name.lower().replace("_", "-")


def pinned(text: str) -> dict[str, str]:
    """Names and versions of a file of pins, and of nothing but pins."""
    pins = [line.split("==") for line in text.splitlines()]
    return {canonical(name): version for name, version in pins}


@contextmanager
def pypi() -> Generator[tuple[str, set[str]]]:
    """PyPI's JSON API on this machine, and the names it has been asked for. The newest version is the installed one."""
    asked: set[str] = set()

    class PyPI(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.removeprefix("/pypi/").removesuffix("/json")
            asked.add(name)
            try:
                found = metadata.metadata(name)
            except metadata.PackageNotFoundError:
                self.send_error(404)
                return
            info = {
                "name": found["Name"],
                "version": found["Version"],
                "package_url": f"https://example.com/project/{name}/",
            }
            body = json.dumps({"info": info, "releases": {found["Version"]: []}}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), PyPI) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/pypi/", asked
        finally:
            server.shutdown()
            thread.join()


def test_requirements_are_the_declared_dependencies_as_locked_and_no_sdk() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = {package["name"]: package["version"] for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    declared = {requirement.split(">=")[0] for requirement in project["dependencies"]}

    requirements = pinned((ROOT / "connector" / "requirements.txt").read_text())

    assert requirements == {name: locked[name] for name in declared}
    assert not any("fivetran" in name for name in requirements)
    assert not (ROOT / "connector" / "pyproject.toml").exists()


def test_where_pypi_can_be_reached_nothing_is_said_about_dependencies(project: Project, attio: Attio) -> None:
    with pypi() as (server, asked):
        project.install("pipreqs", SCAN_THERE.format(program=PROGRAMS / "pipreqs", server=server))
        finished = project.run("fivetran", "debug", **attio.variables)
        # Packaging, the SDK itself calls what one of its dependencies has deprecated.
        packaged = project.run("fivetran", "package", PYTHONWARNINGS="")

    assert_succeeded(finished)
    assert "pydantic_settings" in asked
    assert packaged.code == 0, packaged.text
    for complaint in ("not needed", "Include the following", "We recommend", "WARNING"):
        assert complaint not in packaged.text


def test_the_scan_as_it_is_never_stops_a_sync(project: Project, attio: Attio) -> None:
    """Without PyPI it fails after thirteen seconds, and the sync runs all the same."""
    project.install("pipreqs", SCAN_AS_IT_IS.format(program=PROGRAMS / "pipreqs"))

    finished = project.run("fivetran", "debug", **attio.variables)

    assert (finished.code, finished.err) == (0, "")
    assert "SYNC SUCCEEDED" in finished.out
    assert "not needed" not in finished.out
    assert "Include the following" not in finished.out
    if "pipreqs check failed" in finished.out:
        assert "skipping requirements.txt validation; continuing with debug" in finished.out
    project.assert_holds_history_of(attio.workspace)
