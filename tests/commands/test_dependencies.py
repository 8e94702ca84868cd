"""What the SDK thinks of the declared dependencies: it scans the imports and asks PyPI about each package."""

import json
import subprocess
import threading
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from typing import Any, override

import pytest
from tests.commands.projects import PROGRAMS, ROOT, Attio, Finished, Project

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
    pins = [line.partition(" ;")[0].split("==") for line in text.splitlines()]
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


@cache
def locked() -> dict[str, dict[str, Any]]:
    return {package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}


def brought_along(names: set[str]) -> set[str]:
    """What these packages need, and what that needs, except in a browser."""
    needed, packages = set[str](), locked()
    waiting = list(names)
    while waiting:
        for each in packages[waiting.pop()].get("dependencies", []):
            if "== 'emscripten'" not in each.get("marker", "") and each["name"] not in needed:
                needed.add(each["name"])
                waiting.append(each["name"])
    return needed - names


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = {requirement.split(">=")[0] for requirement in PROJECT["dependencies"]}
REQUIREMENTS = (ROOT / "connector" / "requirements.txt").read_text()


def test_requirements_are_the_dependencies_and_what_they_bring_along_as_locked_and_no_sdk() -> None:
    requirements = pinned(REQUIREMENTS)

    assert requirements == {name: locked()[name]["version"] for name in DECLARED | brought_along(DECLARED)}
    assert not any("fivetran" in name for name in requirements)
    assert not (ROOT / "connector" / "pyproject.toml").exists()


def test_what_is_written_for_those_without_make_exports_the_requirements_as_make_does() -> None:
    makefile, contributing = ((ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "CONTRIBUTING.md"))
    [exported] = [line.partition("EXPORT = ")[2] for line in makefile.splitlines() if line.startswith("EXPORT = ")]

    assert f"\n{exported.replace('$(UV)', 'uv')} > connector/requirements.txt\n" in contributing


def test_where_there_is_no_newer_python_it_is_said_and_nothing_fails() -> None:
    command = ["make", "--no-print-directory", "test-newer", "UV=false"]  # a uv that finds nothing
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 (no input)

    assert done.stdout.splitlines() == [
        f"There is no Python {version} here, so the connector was not tested on it." for version in ("3.13", "3.14")
    ]


def assert_only_what_is_brought_along_is_not_needed(said: Finished) -> None:
    assert said.code == 0, said.text
    lines = said.out.splitlines()
    [told] = [number for number, line in enumerate(lines) if "not needed" in line]
    assert {canonical(name) for name in lines[told + 1].split()} == brought_along(DECLARED)
    rest = "\n".join(lines[:told] + lines[told + 2 :])
    for complaint in ("Include the following", "We recommend", "WARN", "SEVERE"):
        assert complaint not in rest


# The SDK's scan is the same for both; packaging takes no sync.
@pytest.mark.slow
@pytest.mark.parametrize("command", [pytest.param("debug", marks=pytest.mark.long), "package"])
def test_where_pypi_can_be_reached_nothing_is_said_but_that_pins_are_not_needed(
    project: Project, attio: Attio, command: str
) -> None:
    with pypi() as (server, asked):
        project.install("pipreqs", SCAN_THERE.format(program=PROGRAMS / "pipreqs", server=server))
        # Packaging, the SDK itself calls what one of its dependencies has deprecated.
        variables = attio.variables if command == "debug" else {"PYTHONWARNINGS": ""}
        assert_only_what_is_brought_along_is_not_needed(project.run("fivetran", command, **variables))

    assert "pydantic_settings" in asked
    # It is said, and nothing is done about it.
    assert (project.folder / "requirements.txt").read_text() == REQUIREMENTS


@pytest.mark.long
def test_the_scan_as_it_is_never_stops_a_sync(project: Project, attio: Attio) -> None:
    """Without PyPI it fails after thirteen seconds, and the sync runs all the same."""
    project.install("pipreqs", SCAN_AS_IT_IS.format(program=PROGRAMS / "pipreqs"))

    finished = project.run("fivetran", "debug", **attio.variables)

    assert (finished.code, finished.err) == (0, "")
    assert "SYNC SUCCEEDED" in finished.out
    assert "Include the following" not in finished.out
    if "pipreqs check failed" in finished.out:
        assert "skipping requirements.txt validation; continuing with debug" in finished.out
    project.assert_holds_history_of(attio.workspace)
