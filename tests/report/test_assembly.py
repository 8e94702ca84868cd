"""What the file is put together from, without a browser."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from attio_workbench.findings import findings
from attio_workbench.models import Models
from attio_workbench.report import page as page_module
from attio_workbench.report.command import report_of
from attio_workbench.report.page import ECHARTS, json_block, policy, render, title_of

EVIL = "</script><img src=x onerror=\"document.title='taken'\"><!-- & -->"


def test_the_policy_has_no_exception() -> None:
    said = policy(["a", "b"], "c")

    assert said.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in said
    assert said.count("'sha256-") == 3


def test_json_cannot_end_its_script() -> None:
    block = json_block({"title": EVIL})

    assert not re.search("[<>&]", block)
    assert json.loads(block) == {"title": EVIL}


def test_echarts_is_as_apache_released_it(models: Models) -> None:
    script = ECHARTS.read_bytes()
    sums = (ECHARTS.parent / "SHA256SUMS").read_text(encoding="utf-8")

    assert sums == f"{hashlib.sha256(script).hexdigest()}  echarts.min.js\n"
    assert b"Licensed to the Apache Software Foundation" in script
    assert "Apache License" in (ECHARTS.parent / "echarts.LICENSE").read_text(encoding="utf-8")
    assert "Apache ECharts" in (ECHARTS.parent / "echarts.NOTICE").read_text(encoding="utf-8")
    assert script.decode() in report_of(models, [], None)


def test_a_heading_says_what_a_person_would() -> None:
    assert title_of(["deals.stage"]) == "Deals by stage"
    assert title_of(["lists/talent_pool.current_stage"]) == "Talent pool entries by current stage"
    assert title_of(["deals.stage", "deals.stage"]) == "Deals by stage"
    assert title_of(["deals.stage", "applications.workflow_status"]) == "Deals and applications"
    assert title_of(["deals.stage", "deals.health"]) == "Deals"
    five = [f"{name}.stage" for name in ("deals", "users", "people", "workspaces", "companies")]
    assert title_of(five) == "Deals, users, people and 2 more"


@pytest.mark.parametrize("path", sorted(Path(page_module.__file__).parent.rglob("*.[jp]*")), ids=lambda path: path.name)
def test_no_part_is_longer_than_a_reader_can_hold(path: Path) -> None:
    if path.parent.name != "vendor" and path.suffix in {".py", ".js"}:
        assert len(path.read_text(encoding="utf-8").splitlines()) < 300


def test_rendering_needs_nothing_but_values(models: Models) -> None:
    assert render.__module__ == page_module.__name__
    assert report_of(models, findings(models), None) == report_of(models, findings(models), None)
